"""The content of one picture of a view: boxes and lines, with texts by language and their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A text in each language of the pages, by language code.
Texts = Mapping[str, str]


@dataclass
class PictureBox:
    """A box: its texts, the keys of its style (`kind`, `form`, `mark`), and its place in the picture.

    ``about`` are the IRIs of what it shows; ``within`` is the box of which it is a row; ``panel`` is the part of the
    picture it belongs to; boxes with a lower ``order`` come first; ``groups`` are the IRIs by which a page of groups
    sorts it, by the kind of group.
    """

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
    """A line from the box `start` to the box `end`, about the nodes `about`."""

    id: str
    start: str
    end: str
    kind: str
    mark: str
    about: list[str]


@dataclass
class Picture:
    """The content of one picture of the view `view`, whose file is `place`.

    ``facts`` holds the evidence of each node that a box or line is about, ``group_names`` the names of groups by IRI.
    """

    view: str
    place: str
    title: Texts
    boxes: dict[str, PictureBox] = field(default_factory=dict)
    lines: list[PictureLine] = field(default_factory=list)
    facts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    group_names: dict[str, Texts] = field(default_factory=dict)
