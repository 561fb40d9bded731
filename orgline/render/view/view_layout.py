"""Layout: where the boxes of a picture stand, worked out so that a page is readable as it opens.

The lines that viz/style.toml ranks with ``box_parents`` make a tree; it grows to the right or down from its
roots, and rows stand directly under the box they belong to. Sizes are in pixels of the page at 100 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orgline.render.view.picture import Picture, PictureBox
from orgline.text import ContentError, Problem

TITLE_FONT, SUBTITLE_FONT = 14, 12.5
TITLE_LINE, SUBTITLE_LINE = 18, 16
PAD, GAP, MARGIN, CAPTION_HEIGHT = 10, 18, 24, 34
TEXT_INSET = 2 * PAD + 4
GROUP_HEIGHT, MEMBER_HEIGHT, MEMBER_WIDTH = 64, 88, 220
NARROW_LETTERS, WIDE_LETTERS = frozenset("fijlrtI.,;:'|!()-/ "), frozenset("mwMWĐƯƠQ@%")


@dataclass
class MeasuredBox:
    """A box with its centre and size, and its title and subtitle broken into lines."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[list[str], list[str]]


@dataclass
class Layout:
    """Where everything stands, how large the picture is, its panels, and who stands under whom."""

    placed: dict[str, MeasuredBox] = field(default_factory=dict)
    width: float = 0
    height: float = 0
    panels: list[dict[str, Any]] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)


def lay_out(picture: Picture, style: Mapping[str, Any], view: Mapping[str, Any], lang: str) -> Layout:
    """Return the layout of `picture` in `lang`: its panels in rows as `view` (of the style file) says.

    Raises ContentError when a box stands in a panel that `view` does not lay out.
    """
    layout, panels = Layout(parents=box_parents(picture, style)), view.get("panels") or [[""]]
    _refuse_panels(picture, [name for row in panels for name in row])
    rows = [
        [part for name in row if (part := _measured_panel(name, picture, layout.parents, view, lang)).boxes]
        for row in panels
    ]
    layout.width = max((sum(part.natural for part in row) for row in rows), default=0)
    top = 0.0
    for row in rows:
        left, spare = 0.0, (layout.width - sum(part.natural for part in row)) / max(len(row), 1)
        height = 0.0
        for part in row:
            width = part.natural + spare
            inset = spare / 2 if part.down else 0
            part.place(left + MARGIN + inset, top + MARGIN + part.caption)
            layout.placed |= part.placed
            height = max(height, part.bottom - top + MARGIN)
            part.frame = {"x": left + 6, "y": top + 6, "width": width - 12}
            left += width
        layout.panels += [{**part.frame, "height": height - 12, "label": part.legend} for part in row if part.legend]
        top += height
    layout.height = top
    return layout


def lay_out_groups(picture: Picture, view: Mapping[str, Any], lang: str) -> Layout:
    """Return the layout of a page of groups: every box of one size, placed by the page as groups open."""
    width = member_width(view)
    layout = Layout()
    for name, box in picture.boxes.items():
        lines = _limit_lines(3, box.title[lang], width), _limit_lines(1, box.subtitle[lang], width)
        layout.placed[name] = MeasuredBox(0, 0, width, MEMBER_HEIGHT, lines)
    return layout


def member_width(view: Mapping[str, Any]) -> float:
    """Return how wide each box and group of a page of groups is."""
    return float(view.get("width", MEMBER_WIDTH))


def page_measures(view: Mapping[str, Any]) -> dict[str, float]:
    """Return the sizes by which the page draws what has been laid out here."""
    return {
        "title": TITLE_FONT,
        "subtitle": SUBTITLE_FONT,
        "title_line": TITLE_LINE,
        "subtitle_line": SUBTITLE_LINE,
        "gap": GAP,
        "margin": MARGIN,
        "inset": TEXT_INSET,
        "group": GROUP_HEIGHT,
        "wide": member_width(view),
    }


def _refuse_panels(picture: Picture, panels: list[str]) -> None:
    """Refuse a box in a panel that is not one of `panels`."""
    problems = []
    for name, box in picture.boxes.items():
        if box.panel not in panels:
            what = f'puts {name} in the panel "{box.panel}", which the style does not lay out'
            todo = f"Correct viz:panel, or add it to the panels of [views.{picture.view}] in viz/style.toml"
            problems.append(Problem(picture.place, what, todo))
    if problems:
        raise ContentError(problems)


def _measured_panel(
    panel: str, picture: Picture, parents: Mapping[str, str], view: Mapping[str, Any], lang: str
) -> _Panel:
    """Return the boxes of `panel`, measured."""
    boxes = {name: box for name, box in picture.boxes.items() if box.panel == panel}
    part = _Panel(boxes, parents, {**view, **view.get("panel", {}).get(panel, {})}, lang)
    part.place(0, 0)
    part.natural = part.right + 2 * MARGIN
    return part


def box_parents(picture: Picture, style: Mapping[str, Any]) -> dict[str, str]:
    """Return the box above each box: by the line that the style ranks first, never in a circle."""
    ranks = {name: look["tree"] for name, look in style["lines"].items() if "tree" in look}
    panels = {name: box.panel for name, box in picture.boxes.items()}
    parents = {name: box.within for name, box in picture.boxes.items() if panels.get(box.within or "") == box.panel}
    for line in sorted(picture.lines, key=lambda one: (ranks.get(one.kind, 0), one.id)):
        if line.kind in ranks and line.end not in parents:
            above: str | None = line.start
            while above is not None and above != line.end:
                above = parents.get(above)
            if above is None and panels[line.start] == panels[line.end]:
                parents[line.end] = line.start
    return {name: above for name, above in parents.items() if above is not None}


class _Panel:
    """Some boxes of a picture, laid out as trees from a corner."""

    def __init__(
        self, boxes: Mapping[str, PictureBox], parents: Mapping[str, str], look: Mapping[str, Any], lang: str
    ) -> None:
        self.width = float(look.get("width", 240))
        self.down = look.get("direction") == "down"
        self.step = float(look.get("gap", 64))
        self.legend = look.get("legend")
        self.caption = CAPTION_HEIGHT if self.legend else 0
        self.natural = 0.0
        self.frame: dict[str, float] = {}
        self.boxes = boxes
        self.placed: dict[str, MeasuredBox] = {}
        self.below: dict[str, list[str]] = defaultdict(list)
        self.rows: dict[str, list[str]] = defaultdict(list)
        self.sizes = {name: _wrap_box(box, self.width, lang) for name, box in boxes.items()}
        for name in sorted(boxes, key=lambda one: (boxes[one].order, boxes[one].title[lang], one)):
            above = parents.get(name)
            inside = above is not None and boxes[name].within == above
            (self.rows if inside else self.below)[above or ""].append(name)
        self.right = self.bottom = 0.0

    def place(self, left: float, top: float) -> None:
        """Place all trees from (`left`, `top`): the largest first, one under or beside the other."""
        for root in sorted(self.below[""], key=lambda one: -self._count(one)):
            if self.down:
                left += self._down(root, left, top) + GAP
            else:
                top += self._right(root, left, top) + GAP
        self.right = max((one.x + one.width / 2 for one in self.placed.values()), default=left)
        self.bottom = max((one.y + one.height / 2 for one in self.placed.values()), default=top)

    def _count(self, name: str) -> int:
        return 1 + sum(self._count(one) for one in [*self.below[name], *self.rows[name]])

    def _block_of(self, name: str) -> list[str]:
        """Return the box `name` and the rows in it, each with the rows in it."""
        return [name, *(one for row in self.rows[name] for one in self._block_of(row))]

    def _children(self, name: str) -> list[str]:
        """Return what stands below the box `name` or a row in it."""
        return [child for one in self._block_of(name) for child in self.below[one]]

    def _right(self, name: str, left: float, top: float) -> float:
        """Place the tree of `name` growing to the right; return its height."""
        height = self._block(name, left, top)
        reach = 0.0
        for child in sorted(self._children(name), key=self._count):
            reach += GAP if reach else 0
            reach += self._right(child, left + self.width + self.step, top + reach)
        return max(height, reach)

    def _down(self, name: str, left: float, top: float) -> float:
        """Place the tree of `name` growing down, above the middle of what is below; return its width."""
        children, reach = self._children(name), 0.0
        height = sum(self.sizes[one][0] for one in self._block_of(name))
        for child in children:
            reach += GAP if reach else 0
            reach += self._down(child, left + reach, top + height + self.step)
        reach = max(reach, self.width)
        self._block(name, left + (reach - self.width) / 2, top)
        return reach

    def _block(self, name: str, left: float, top: float) -> float:
        """Place the box `name` with the rows in it; return their height."""
        height = 0.0
        for one in self._block_of(name):
            own, lines = self.sizes[one]
            self.placed[one] = MeasuredBox(left + self.width / 2, top + height + own / 2, self.width, own, lines)
            height += own
        return height


def _wrap_box(box: PictureBox, width: float, lang: str) -> tuple[float, tuple[list[str], list[str]]]:
    """Return the height of `box` and its words in `lang` broken into lines."""
    room = width - TEXT_INSET
    lines = wrap_text(box.title[lang], room, TITLE_FONT * 1.04), wrap_text(box.subtitle[lang], room, SUBTITLE_FONT)
    return len(lines[0]) * TITLE_LINE + len(lines[1]) * SUBTITLE_LINE + 2 * PAD - 4, lines


def wrap_text(text: str, room: float, size: float) -> list[str]:
    """Return `text` in lines that fit into `room` pixels at `size`; too long a word is cut.

    >>> wrap_text("one two three", 60, 14)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in filter(None, text.split(" ")):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _text_width(longer) * size <= room:
            lines[-1] = longer
        else:
            lines += _split_word(word, room / size)
    return lines


def _limit_lines(most: int, text: str, width: float) -> list[str]:
    """Return `text` in the lines of a title that fit into a box, at most so many, "…" for the rest."""
    lines = wrap_text(text, width - TEXT_INSET, TITLE_FONT)
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1].rstrip(",. ") + "…"]


def _split_word(word: str, room: float) -> list[str]:
    """Return `word` cut into pieces that fit."""
    parts = [""]
    for letter in word:
        if parts[-1] and _text_width(parts[-1] + letter) > room:
            parts.append("")
        parts[-1] += letter
    return parts


def _text_width(text: str) -> float:
    return sum(
        0.31 if one in NARROW_LETTERS else 0.86 if one in WIDE_LETTERS else 0.68 if one.isupper() else 0.555
        for one in text
    )
