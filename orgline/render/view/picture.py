"""Picture: the boxes and lines of one page of a view, with words by language and their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Texts = Mapping[str, str]


@dataclass
class PictureBox:
    """A box of the picture: its words by language, its look, what it is about and where it belongs."""

    id: str
    title: Texts
    subtitle: Texts
    kind: str
    form: str
    mark: str
    about: list[str]
    within: str | None
    panel: str
    order: float
    groups: dict[str, list[str]]


@dataclass
class PictureLine:
    """A line of the picture between the boxes `start` and `end`."""

    id: str
    start: str
    end: str
    kind: str
    mark: str
    about: list[str]


@dataclass
class Picture:
    """All of one page of `view`, whose file is `place`: boxes, lines, evidence of them, names of groups."""

    view: str
    place: str
    title: Texts
    boxes: dict[str, PictureBox] = field(default_factory=dict)
    lines: list[PictureLine] = field(default_factory=list)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    names: dict[str, Texts] = field(default_factory=dict)
