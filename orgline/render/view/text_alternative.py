"""The text alternative of a picture, for screen readers and print: the same boxes and lines with their sources."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from orgline.graph import STATED
from orgline.render.view.picture import Picture, Texts
from orgline.render.view.view_layout import Layout

_LINE_LOCATOR = re.compile(r"L(\d+)")


def picture_outline(
    picture: Picture,
    layout: Layout,
    style: Mapping[str, Any],
    look: Mapping[str, Any],
    words: Mapping[str, Texts],
    *,
    grouped: bool,
) -> list[dict[str, Any]]:
    """Return the boxes of the picture as sections of nested items, each item with its citations.

    `look` is the part of `style` for this view; `words` are the page's texts by language. The sections are the kinds of
    boxes on a page of groups (`grouped`), else the panels.
    """
    children: dict[str, list[str]] = defaultdict(list)
    order = sorted(picture.boxes, key=lambda name: (layout.boxes[name].x, layout.boxes[name].y, name))
    for name in order:
        children["" if grouped else layout.parents.get(name, "")].append(name)

    def item(name: str) -> dict[str, Any]:
        box = picture.boxes[name]
        return {
            "title": box.title,
            "subtitle": box.subtitle,
            "kind": style["kinds"].get(box.kind, {}).get("legend", {}),
            "mark": box.mark,
            "citations": _citations(box.about, picture, words),
            "items": [item(child) for child in children[name]],
        }

    titles = style["kinds"] if grouped else look.get("panel", {})
    sections: dict[str, list[dict[str, Any]]] = {key: [] for key in titles}
    for name in children[""]:
        box = picture.boxes[name]
        sections.setdefault(box.kind if grouped else box.panel, []).append(item(name))
    return [
        {"title": titles.get(key, {}).get("legend", {}), "items": items} for key, items in sections.items() if items
    ]


def picture_relations(picture: Picture, style: Mapping[str, Any], words: Mapping[str, Texts]) -> list[dict[str, Any]]:
    """Return the lines of the picture as relations with their citations, in the order of the style file."""
    rank = {key: number for number, key in enumerate(style["lines"])}
    return [
        {
            "kind": style["lines"].get(line.kind, {}).get("legend", dict.fromkeys(words, line.kind)),
            "is_reversed": is_reversed(style["lines"].get(line.kind, {})),
            "start": picture.boxes[line.start].title,
            "end": picture.boxes[line.end].title,
            "mark": line.mark,
            "citations": _citations(line.about, picture, words),
        }
        for line in sorted(picture.lines, key=lambda line: (rank.get(line.kind, len(rank)), line.id))
    ]


def is_reversed(look: Mapping[str, Any]) -> bool:
    """Return whether a line of this look is read from its end to its start: `turned`, or an arrow at the start."""
    return bool(look.get("turned", look.get("arrow") == "from"))


def _citations(about: Iterable[str], picture: Picture, words: Mapping[str, Texts]) -> list[dict[str, Any]]:
    """Return the sources of the nodes `about`, each once with its lines, certainty and reasons, by language."""
    merged: dict[str, dict[str, Any]] = {}
    facts = [fact for node in about for fact in picture.facts[node]]
    for fact in facts:
        key = str((fact["source"], fact["mark"], fact["standing"]))
        citation = merged.setdefault(key, {**fact, "lines": [], "reasons": {lang: [] for lang in words}})
        citation["lines"] += [line for line in fact["lines"] if line not in citation["lines"]]
        for lang, reasons in citation["reasons"].items():
            reasons += [text for text in fact["reasons"][lang] if text not in reasons]
    return [
        {
            "text": {
                lang: f"{citation['source'].get(lang, '')}, {locator_text(citation['lines'], texts)}"
                for lang, texts in words.items()
            },
            "mark": {lang: texts[citation["mark"]] for lang, texts in words.items()},
            "is_stated": citation["mark"] == STATED,
            "reasons": {lang: " ".join(citation["reasons"][lang]) for lang in words},
        }
        for citation in merged.values()
    ]


def locator_text(locators: Iterable[str], words: Texts) -> str:
    """Return `locators` (L5, L11) as text ("lines 5, 11"); locators that are no line numbers unchanged."""
    ordered = sorted(locators, key=lambda locator: (len(locator), locator))
    if ordered and all(_LINE_LOCATOR.fullmatch(locator) for locator in ordered):
        key = "line_of_file" if len(ordered) == 1 else "lines_of_file"
        return words[key].format(", ".join(locator[1:] for locator in ordered))
    return ", ".join(ordered)
