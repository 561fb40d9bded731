"""Template: pages of HTML that fetch nothing, run no script but their own and keep words as words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from orgline.content import Content

FIRST = "vi"
TEMPLATES = Path(__file__).parent / "templates"
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["both"] = both
    return environment


def render(name: str, **values: Any) -> str:
    """Return the page made from the template `name`; its scripts carry a nonce made from `values`."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    nonce = hashlib.sha256(text.encode()).hexdigest()[:32]
    return _environment().get_template(name).render(**values, nonce=nonce)


def data_script(value: Any) -> Markup:
    """Return `value` as JSON that no HTML parser can read as anything else."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign, safe in _UNSAFE.items():
        text = text.replace(sign, safe)
    return Markup(text)  # noqa: S704 every sign with a meaning in HTML has been written as \uXXXX


def both(texts: Mapping[str, str]) -> Markup:
    """Return `texts`, by language, as spans of which the page shows one; once if they are the same."""
    said = {lang: text for lang, text in texts.items() if text}
    if len(set(said.values())) <= 1:
        return escape(next(iter(said.values()), ""))
    spans = (f'<span lang="{escape(lang)}">{escape(text)}</span>' for lang, text in said.items())
    return Markup("".join(spans))  # noqa: S704 every part has been escaped


def languages(content: Content) -> list[str]:
    """Return the languages of the pages, Vietnamese first if it is one of them."""
    return sorted(content.words, key=lambda lang: (lang != FIRST, lang))


def by_key(words: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return page words by key, then language."""
    turned: dict[str, dict[str, str]] = {}
    for lang, said in words.items():
        for key, text in said.items():
            turned.setdefault(key, {})[lang] = text
    return turned


def asset(name: str) -> Markup:
    """Return the text of a file of our own templates, to stand in a page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 our own file


def write(path: Path, text: str) -> Path:
    """Write a page in UTF-8, with the same line ends everywhere; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
