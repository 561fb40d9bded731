"""What a pack holds besides its pages: the workbook of all tables, the search index, style and security policy."""

from __future__ import annotations

import base64
import csv
import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from markupsafe import Markup

from orgline.content import Content
from orgline.graph import make_name_index
from orgline.render.html.style import read_style
from orgline.render.html.templates import page_words, render_template, template_text
from orgline.render.pack.pack_pages import LanguagePages
from orgline.text import TABLE_TYPES, Sheet, build_workbook, escape_formula, folded


def tables_address(paths: Iterable[Path], day: date) -> str:
    """Return the CSV tables of a build at `paths` as one workbook, in a data: address; `day` is its date."""
    sheets = [Sheet(path.stem, path.stem, *_read_table(path)) for path in paths]
    data = build_workbook(sheets, "orgline", day, "yyyy-mm-dd")
    return f"data:{TABLE_TYPES['xlsx']};base64,{base64.b64encode(data).decode()}"


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of a table, without the apostrophes that keep formulas from running in CSV.

    A workbook states the type of each cell, so that a text is never taken for a formula.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file)
    return headings, [[_unescape_cell(cell) for cell in row] for row in rows]


def _unescape_cell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell


def search_index(store: ox.Store, base: str, content: Content, languages: list[LanguagePages]) -> dict[str, Any]:
    """Return what pack.js searches: each page by its names without accents, and what abbreviations stand for."""
    rows = make_name_index(store, base).execute("SELECT iri, names FROM thing ORDER BY number")
    first = languages[0]
    pages = [([language.things[iri] for language in languages], names) for iri, names in rows if iri in first.things]
    others = zip(*([*language.charts, *language.views, *language.questions] for language in languages), strict=True)
    for same_page in others:
        names = "|".join(dict.fromkeys(folded(page.title) for page in same_page))
        pages.append((list(same_page), names))
    return {
        "languages": [language.lang for language in languages],
        "words": [{key: language.words[key] for key in ("found", "found_none")} for language in languages],
        "short": {
            folded(short): [folded(text) for text in full]
            for short, full in content.abbreviations.items()
            if folded(short)
        },
        "pages": [
            [same_page[0].number, names, [page.title for page in same_page], [page.kind for page in same_page]]
            for same_page, names in pages
        ],
    }


def pack_style(content: Content) -> Markup:
    """Return the style sheet of a pack: that of the pages, the colours of the content, the switch of languages."""
    files = [template_text(name) for name in ("page.css", "served.css", "pack.css")]
    look, langs = read_style(content)["page"], list(page_words(content))
    text = render_template("pack-colours.css", look=look, langs=langs, files=files)
    return Markup(text.strip())  # noqa: S704 no text of the data is in it


def content_policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """Return the Content Security Policy of the file: only these `scripts` and `styles`, by hash, and nothing else."""

    def hashes(texts: Iterable[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {hashes(scripts)}; style-src {hashes(styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
