"""Renders the Jinja templates: pages of HTML that load nothing, run only their own scripts, and escape all text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape

from orgline.content import LANGUAGE_TAG, Content
from orgline.text import ContentError, Problem

TEMPLATES = Path(__file__).parents[1] / "templates"
# Characters that could end a script element or, in old browsers, a string in it.
_SCRIPT_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """Return the Jinja environment of all pages: it escapes, and refuses a variable that is not set."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["both"] = _page_language_spans
    return environment


def render_page(name: str, **values: Any) -> str:
    """Return the page made from the template `name`; the nonce of its scripts is a hash of `values`.

    A page on disk so has the same bytes in each build of the same content.
    """
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    nonce = hashlib.sha256(text.encode()).hexdigest()[:32]
    return render_template(name, **values, nonce=nonce)


def render_template(name: str, **values: Any) -> str:
    """Return the text made from the template `name` with `values`."""
    return _environment().get_template(name).render(**values)


def data_script(value: Any) -> Markup:
    """Return `value` as JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in _SCRIPT_ESCAPES.items():
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704 every character with a meaning in HTML has been escaped


def language_spans(texts: Mapping[str, str], langs: Iterable[str] = ()) -> Markup:
    """Return `texts`, by language, as spans of which the page shows one; the text alone where all are the same.

    With `langs`, the languages of the page, there is a span for each; a missing text is taken from another language.
    """
    shown = {lang: text for lang, text in texts.items() if text}
    langs = list(langs)
    if shown and langs:
        default = next(shown[lang] for lang in (*langs, *shown) if lang in shown)
        shown = {lang: shown.get(lang, default) for lang in langs}
    if len(set(shown.values())) <= 1:
        return escape(next(iter(shown.values()), ""))
    spans = (f'<span lang="{escape(lang)}">{escape(text)}</span>' for lang, text in shown.items())
    return Markup("".join(spans))  # noqa: S704 every part has been escaped


@jinja2.pass_context
def _page_language_spans(context: Context, texts: Mapping[str, str]) -> Markup:
    """Return `texts` as `language_spans` does, in the languages of the rendered page: the filter ``both``."""
    return language_spans(texts, context["languages"])


class RequiredWords(dict[str, Any]):
    """Texts of pages by key. A key that no language has is an error of the content, not of the program."""

    def __missing__(self, key: str) -> Any:
        """Raise ContentError."""
        raise ContentError([Problem("viz/words", f'no language has the word "{key}"', f"Add {key} to its files")])


def languages(content: Content) -> list[str]:
    """Return the languages of the pages, in the order of the content.

    Raises ContentError where there is none, or where a catalogue is not named after a language.
    """
    problems = [
        Problem(f"viz/words/{lang}.po", "is not named after a language", "Name it by its code, as en.po")
        for lang in content.words
        if not LANGUAGE_TAG.fullmatch(lang)
    ]
    if problems or not content.words:
        raise ContentError(problems or [Problem("viz/words", "holds no words of any language", "Add such as en.po")])
    return list(content.words)


def page_words(content: Content) -> dict[str, RequiredWords]:
    """Return the texts of the pages by language, then by key; a text that one language lacks is taken from another."""
    langs, words = languages(content), content.words
    keys = dict.fromkeys(key for lang in langs for key in words[lang])
    filled = {}
    for lang in langs:
        order = [words[other] for other in (lang, *langs)]
        filled[lang] = RequiredWords({key: next(texts[key] for texts in order if key in texts) for key in keys})
        filled[lang]["language_name"] = words[lang].get("language_name", lang)
    return filled


def words_by_key(words: Mapping[str, Mapping[str, str]]) -> RequiredWords:
    """Return the texts of the pages by key, then by language."""
    by_key = RequiredWords()
    for lang, texts in words.items():
        for key, text in texts.items():
            by_key.setdefault(key, {})[lang] = text
    return by_key


def template_text(name: str) -> Markup:
    """Return the text of one of our own styles or scripts, to be written into a page unescaped."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 our own file


def write_page(path: Path, text: str) -> Path:
    """Write a page in UTF-8 with the same line ends on every system; return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
