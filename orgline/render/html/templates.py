"""Template: pages of HTML that fetch nothing, run no script but their own and keep words as words."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape

from orgline.content import Content
from orgline.text import ContentError, Problem, folded

MAX_FILE_STEM = 80
TEMPLATES = Path(__file__).parents[1] / "templates"
_PAGE_KEYS = ("text", "muted", "line", "paper", "ground", "accent", "font")
_REQUIRED_KEYS = {
    "kinds": ("legend", "fill", "border"),
    "forms": ("legend", "shape"),
    "lines": ("legend", "colour"),
    "marks": ("legend",),
}
_VALUE_TYPES: tuple[tuple[str, type | tuple[type, ...], str], ...] = (
    ("legend", dict, "words by language"),
    *((key, str, "text") for key in ("fill", "border", "colour", "shape", "arrow", "sign", "direction", "layout")),
    *((key, (int, float), "number") for key in ("width", "gap", "tree")),
    *((key, list, "list") for key in ("dash", "panels")),
    ("panel", dict, "table"),
)
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_SCRIPT_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
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
    """Return the page made from the template `name`; its scripts carry a nonce made from `values`."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    nonce = hashlib.sha256(text.encode()).hexdigest()[:32]
    return _environment().get_template(name).render(**values, nonce=nonce)


def render_template(name: str, **values: Any) -> str:
    """Return the page made from the template `name`, with no more than `values`: its nonce is the caller's."""
    return _environment().get_template(name).render(**values)


def data_script(value: Any) -> Markup:
    """Return `value` as JSON that no HTML parser can read as anything else."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign, safe in _SCRIPT_ESCAPES.items():
        text = text.replace(sign, safe)
    return Markup(text)  # noqa: S704 every sign with a meaning in HTML has been written as \uXXXX


def language_spans(texts: Mapping[str, str], langs: Iterable[str] = ()) -> Markup:
    """Return `texts`, by language, as spans of which the page shows one; once if they are the same.

    With `langs`, the languages of the page, there is a span for each; what one lacks is said in another.
    """
    said = {lang: text for lang, text in texts.items() if text}
    langs = list(langs)
    if said and langs:
        instead = next(said[lang] for lang in (*langs, *said) if lang in said)
        said = {lang: said.get(lang, instead) for lang in langs}
    if len(set(said.values())) <= 1:
        return escape(next(iter(said.values()), ""))
    spans = (f'<span lang="{escape(lang)}">{escape(text)}</span>' for lang, text in said.items())
    return Markup("".join(spans))  # noqa: S704 every part has been escaped


@jinja2.pass_context
def _page_language_spans(context: Context, texts: Mapping[str, str]) -> Markup:
    """Return `texts` as `language_spans` does, in the languages of the page that is made."""
    return language_spans(texts, context["languages"])


class RequiredWords(dict[str, Any]):
    """Words by their keys; to ask for one that no language has is told as a mistake of the content."""

    def __missing__(self, key: str) -> Any:
        """Tell that the word `key` stands in no file of words."""
        raise ContentError([Problem("viz/words", f'no language has the word "{key}"', f"Add {key} to its files")])


def languages(content: Content) -> list[str]:
    """Return the languages of the pages, in the order of the content.

    Raises ContentError when there is none, or a file of words is not named after a language.
    """
    wrong = [
        Problem(f"viz/words/{lang}.po", "is not named after a language", "Name it by its code, as en.po")
        for lang in content.words
        if not _LANGUAGE_TAG.fullmatch(lang)
    ]
    if wrong or not content.words:
        raise ContentError(wrong or [Problem("viz/words", "holds no words of any language", "Add such as en.po")])
    return list(content.words)


def page_words(content: Content) -> dict[str, RequiredWords]:
    """Return the words of the pages by language, then key; what one language lacks is said in another."""
    langs, words = languages(content), content.words
    keys = dict.fromkeys(key for lang in langs for key in words[lang])
    filled = {
        lang: RequiredWords({key: next(words[one][key] for one in (lang, *langs) if key in words[one]) for key in keys})
        for lang in langs
    }
    for lang in langs:
        filled[lang]["language_name"] = words[lang].get("language_name", lang)
    return filled


def read_style(content: Content) -> dict[str, Any]:
    """Return what viz/style.toml says, once it has all that pages need.

    Raises ContentError with all that is missing or wrong in it, CannotRun when there is no such file.
    """
    style, place = content.style, content.place(content.root / "viz" / "style.toml")
    views = _style_tables(style, "views")
    looks = {part: _style_tables(style, part) for part in _REQUIRED_KEYS}
    looks |= {"views": views, **{f"views.{name}.panel": _style_tables(look, "panel") for name, look in views.items()}}
    wrong = [(part, "is missing") for part in ("page", *_REQUIRED_KEYS) if not isinstance(style.get(part), Mapping)]
    wrong += [("page", f"has no {key}") for key in _PAGE_KEYS if not isinstance(style.get("page", {}).get(key), str)]
    for part, tables in looks.items():
        for name, look in tables.items():
            wrong += [(f"{part}.{name}", what) for what in _style_errors(look, _REQUIRED_KEYS.get(part, ()))]
    todo = "Write it as in orgline's own viz/style.toml"
    if wrong:
        raise ContentError(Problem(place, f"[{part}] {what}", todo) for part, what in wrong)
    return style


def _style_tables(table: Any, key: str) -> dict[str, Any]:
    found = table.get(key, {}) if isinstance(table, Mapping) else {}
    return dict(found) if isinstance(found, Mapping) else {key: found}


def _style_errors(look: Any, needed: Iterable[str]) -> Iterable[str]:
    """Yield what is wrong with one `look` of the style, which has all of the texts `needed`."""
    if not isinstance(look, Mapping):
        yield "is no table"
        return
    for key in needed:
        if key not in look:
            yield f"has no {key}"
    for key, kinds, what in _VALUE_TYPES:
        value = look.get(key)
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
            yield f"has a {key} that is no {what}"
    if isinstance(look.get("legend"), Mapping) and not all(isinstance(text, str) for text in look["legend"].values()):
        yield "has a legend that is no words by language"
    if not all(isinstance(row, list) for row in look.get("panels") or []):
        yield "has panels that are no list of rows"


def words_by_key(words: Mapping[str, Mapping[str, str]]) -> RequiredWords:
    """Return page words by key, then language."""
    turned = RequiredWords()
    for lang, said in words.items():
        for key, text in said.items():
            turned.setdefault(key, {})[lang] = text
    return turned


def template_text(name: str) -> Markup:
    """Return the text of a file of our own templates, to stand in a page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 our own file


def unique_file_names(called: Iterable[str]) -> list[str]:
    """Return a name for the file of each page so `called`, of plain letters; one that is taken gets a number.

    >>> unique_file_names(["one", "Đề án: A?", "đề-án a"])
    ['one.html', 'de-an-a.html', 'de-an-a-2.html']
    """
    names: dict[str, None] = {}
    for text in called:
        name = stem = folded(text).replace(" ", "-")[:MAX_FILE_STEM].strip("-") or "view"
        number = 1
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names[name] = None
    return [f"{name}.html" for name in names]


def is_number(value: Any) -> bool:
    """Tell whether `value` is a number, or text that is one."""
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def write_page(path: Path, text: str) -> Path:
    """Write a page in UTF-8, with the same line ends everywhere; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
