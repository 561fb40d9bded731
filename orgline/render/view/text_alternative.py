"""Outline: a picture in words, for screen readers and print: the same boxes and lines, each with who says so."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from orgline.graph import STATED
from orgline.render.view.picture import Picture, Texts
from orgline.render.view.view_layout import Layout

_LINE = re.compile(r"L(\d+)")


def outline(
    picture: Picture,
    layout: Layout,
    style: Mapping[str, Any],
    look: Mapping[str, Any],
    words: Mapping[str, Texts],
    *,
    grouped: bool,
) -> list[dict[str, Any]]:
    """Return the picture in words: sections of nested items, each with its sources and lines."""
    below: dict[str, list[str]] = defaultdict(list)
    order = sorted(picture.boxes, key=lambda one: (layout.placed[one].x, layout.placed[one].y, one))
    for name in order:
        below["" if grouped else layout.parents.get(name, "")].append(name)

    def item(name: str) -> dict[str, Any]:
        """Return a box in words, with what stands below it."""
        box = picture.boxes[name]
        return {
            "title": box.title,
            "subtitle": box.subtitle,
            "kind": style["kinds"].get(box.kind, {}).get("legend", {}),
            "mark": box.mark,
            "cited": _citations(box.about, picture, words),
            "items": [item(child) for child in below[name]],
        }

    titles = style["kinds"] if grouped else look.get("panel", {})
    sections: dict[str, list[dict[str, Any]]] = {key: [] for key in titles}
    for name in below[""]:
        box = picture.boxes[name]
        sections.setdefault(box.kind if grouped else box.panel, []).append(item(name))
    return [
        {"title": titles.get(key, {}).get("legend", {}), "items": items} for key, items in sections.items() if items
    ]


def relations(picture: Picture, style: Mapping[str, Any], words: Mapping[str, Texts]) -> list[dict[str, Any]]:
    """Return the lines in words, in the order of the style file."""
    order = {key: number for number, key in enumerate(style["lines"])}
    return [
        {
            "kind": style["lines"].get(line.kind, {}).get("legend", dict.fromkeys(words, line.kind)),
            "turned": _is_reversed(style["lines"].get(line.kind, {})),
            "start": picture.boxes[line.start].title,
            "end": picture.boxes[line.end].title,
            "mark": line.mark,
            "cited": _citations(line.about, picture, words),
        }
        for line in sorted(picture.lines, key=lambda one: (order.get(one.kind, len(order)), one.id))
    ]


def _is_reversed(look: Mapping[str, Any]) -> bool:
    """Tell whether a line of this look is read from its end to its start."""
    return bool(look.get("turned", look.get("arrow") == "from"))


def _citations(about: Iterable[str], picture: Picture, words: Mapping[str, Texts]) -> list[dict[str, Any]]:
    """Return who says what the things `about` say: a source with its lines, each once, and the reasons."""
    found: dict[str, dict[str, Any]] = {}
    facts = [fact for node in about for fact in picture.facts[node]]
    for fact in facts:
        key = str((fact["source"], fact["mark"], fact["standing"]))
        one = found.setdefault(key, {**fact, "lines": [], "reasons": {lang: [] for lang in words}})
        one["lines"] += [line for line in fact["lines"] if line not in one["lines"]]
        for lang in words:
            one["reasons"][lang] += [text for text in fact["reasons"][lang] if text not in one["reasons"][lang]]
    return [
        {
            "text": {
                lang: f"{one['source'].get(lang, '')}, {locator_text(one['lines'], said)}"
                for lang, said in words.items()
            },
            "mark": {lang: said[one["mark"]] for lang, said in words.items()},
            "sure": one["mark"] == STATED,
            "reasons": {lang: " ".join(one["reasons"][lang]) for lang in words},
        }
        for one in found.values()
    ]


def locator_text(locators: Iterable[str], words: Texts) -> str:
    """Return the places in a source as people say them: "lines 5, 11"; other kinds of place as they are."""
    found = sorted(locators, key=lambda one: (len(one), one))
    if found and all(_LINE.fullmatch(one) for one in found):
        key = "line_of_file" if len(found) == 1 else "lines_of_file"
        return words[key].format(", ".join(one[1:] for one in found))
    return ", ".join(found)
