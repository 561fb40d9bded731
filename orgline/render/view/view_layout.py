"""Computes the positions of the boxes of a view's picture, so that the page can be read as it opens.

The lines that viz/style.toml ranks with ``tree`` make a tree of boxes. It grows to the right or down from its roots;
rows are placed directly below the box they belong to. Sizes are in pixels at 100 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orgline.render.text_width import PAGE_FONTS, limit_lines, wrap_text
from orgline.render.view.picture import Picture, PictureBox
from orgline.text import ContentError, Problem

TITLE_FONT, SUBTITLE_FONT = 14, 12.5
TITLE_LINE, SUBTITLE_LINE = 18, 16
PAD, GAP, MARGIN, CAPTION_HEIGHT = 10, 18, 24, 34
TEXT_INSET = 2 * PAD + 4
GROUP_HEIGHT, MEMBER_HEIGHT, MEMBER_WIDTH = 64, 88, 220
# What fits into MEMBER_HEIGHT.
MEMBER_TITLE_LINES, MEMBER_SUBTITLE_LINES = 3, 1


@dataclass
class MeasuredBox:
    """A box with its centre and size, and the lines of its title and subtitle."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[list[str], list[str]]


@dataclass
class Layout:
    """The boxes with their positions by name, the size of the picture, its panels, and the parent of each box."""

    boxes: dict[str, MeasuredBox] = field(default_factory=dict)
    width: float = 0
    height: float = 0
    panels: list[dict[str, Any]] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)


def lay_out(picture: Picture, style: Mapping[str, Any], view: Mapping[str, Any], lang: str) -> Layout:
    """Return the layout of `picture` in the language `lang`; its panels are in rows as `view` says.

    `view` is the part of `style` for this view. Raises ContentError for a box in a panel that `view` does not name.
    """
    layout, panel_rows = Layout(parents=box_parents(picture, style)), view.get("panels") or [[""]]
    _refuse_unknown_panels(picture, [name for row in panel_rows for name in row])
    measured = ([_measured_panel(name, picture, layout.parents, view, lang) for name in row] for row in panel_rows)
    rows = [[panel for panel in row if panel.boxes] for row in measured]
    layout.width = max((sum(panel.natural_width for panel in row) for row in rows), default=0)
    top = 0.0
    for row in rows:
        top += _place_panels(row, layout, top)
    layout.height = top
    return layout


def _place_panels(row: list[_Panel], layout: Layout, top: float) -> float:
    """Place a row of panels at `top`, spread over the width of the layout; return its height."""
    left, height = 0.0, 0.0
    spare = (layout.width - sum(panel.natural_width for panel in row)) / max(len(row), 1)
    for panel in row:
        width = panel.natural_width + spare
        inset = spare / 2 if panel.grows_down else 0
        panel.place(left + MARGIN + inset, top + MARGIN + panel.caption_height)
        layout.boxes |= panel.placed
        height = max(height, panel.bottom - top + MARGIN)
        panel.frame = {"x": left + 6, "y": top + 6, "width": width - 12}
        left += width
    layout.panels += [{**panel.frame, "height": height - 12, "label": panel.legend} for panel in row if panel.legend]
    return height


def lay_out_groups(picture: Picture, view: Mapping[str, Any], lang: str) -> Layout:
    """Return the layout of a page of groups: all boxes have one size; the page places them as groups open."""
    width = member_width(view)
    room = width - TEXT_INSET
    layout = Layout()
    for name, box in picture.boxes.items():
        title, subtitle = _wrap_texts(box, room, lang)
        lines = limit_lines(title, MEMBER_TITLE_LINES), limit_lines(subtitle, MEMBER_SUBTITLE_LINES)
        layout.boxes[name] = MeasuredBox(0, 0, width, MEMBER_HEIGHT, lines)
    return layout


def member_width(view: Mapping[str, Any]) -> float:
    """Return the width of each box and group on a page of groups."""
    return float(view.get("width", MEMBER_WIDTH))


def page_measures(view: Mapping[str, Any]) -> dict[str, float]:
    """Return the sizes with which view.js draws the layout."""
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


def _refuse_unknown_panels(picture: Picture, panels: list[str]) -> None:
    """Raise ContentError for the boxes whose panel is not in `panels`."""
    problems = []
    for name, box in picture.boxes.items():
        if box.panel not in panels:
            what = f'puts {name} in the panel "{box.panel}", which the style does not lay out'
            todo = f"Correct viz:panel, or add it to the panels of [views.{picture.view}] in viz/style.toml"
            problems.append(Problem(picture.place, what, todo))
    if problems:
        raise ContentError(problems)


def _measured_panel(
    name: str, picture: Picture, parents: Mapping[str, str], view: Mapping[str, Any], lang: str
) -> _Panel:
    """Return the panel `name` with its natural width."""
    boxes = {box_name: box for box_name, box in picture.boxes.items() if box.panel == name}
    panel = _Panel(boxes, parents, {**view, **view.get("panel", {}).get(name, {})}, lang)
    panel.place(0, 0)
    panel.natural_width = panel.right + 2 * MARGIN
    return panel


def box_parents(picture: Picture, style: Mapping[str, Any]) -> dict[str, str]:
    """Return the parent of each box, without loops: the box it is a row of, else by the line with the lowest rank.

    Lines are ranked by ``tree`` in the style; a parent is in the same panel.
    """
    ranks = {name: look["tree"] for name, look in style["lines"].items() if "tree" in look}
    panels = {name: box.panel for name, box in picture.boxes.items()}
    parents = {name: box.within for name, box in picture.boxes.items() if panels.get(box.within or "") == box.panel}
    for line in sorted(picture.lines, key=lambda line: (ranks.get(line.kind, 0), line.id)):
        if line.kind in ranks and line.end not in parents:
            ancestor: str | None = line.start
            while ancestor is not None and ancestor != line.end:
                ancestor = parents.get(ancestor)
            if ancestor is None and panels[line.start] == panels[line.end]:
                parents[line.end] = line.start
    return {name: parent for name, parent in parents.items() if parent is not None}


class _Panel:
    """The boxes of one panel, placed as trees from the panel's corner."""

    def __init__(
        self, boxes: Mapping[str, PictureBox], parents: Mapping[str, str], look: Mapping[str, Any], lang: str
    ) -> None:
        self.box_width = float(look.get("width", 240))
        self.grows_down = look.get("direction") == "down"
        self.level_gap = float(look.get("gap", 64))
        self.legend = look.get("legend")
        self.caption_height = CAPTION_HEIGHT if self.legend else 0
        self.natural_width = 0.0
        self.frame: dict[str, float] = {}
        self.boxes = boxes
        self.placed: dict[str, MeasuredBox] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        self.rows: dict[str, list[str]] = defaultdict(list)
        self.sizes = {name: _fit_box(box, self.box_width, lang) for name, box in boxes.items()}
        for name in sorted(boxes, key=lambda name: (boxes[name].order, boxes[name].title[lang], name)):
            parent = parents.get(name)
            is_row = parent is not None and boxes[name].within == parent
            (self.rows if is_row else self.children)[parent or ""].append(name)
        self.right = self.bottom = 0.0

    def place(self, left: float, top: float) -> None:
        """Place all trees from (`left`, `top`), the largest first: side by side if they grow down, else stacked."""
        for root in sorted(self.children[""], key=lambda name: -self._count(name)):
            if self.grows_down:
                left += self._place_down(root, left, top) + GAP
            else:
                top += self._place_right(root, left, top) + GAP
        self.right = max((box.x + box.width / 2 for box in self.placed.values()), default=left)
        self.bottom = max((box.y + box.height / 2 for box in self.placed.values()), default=top)

    def _count(self, name: str) -> int:
        """Return the number of boxes in the tree of `name`."""
        return 1 + sum(self._count(below) for below in [*self.children[name], *self.rows[name]])

    def _block_of(self, name: str) -> list[str]:
        """Return the box `name` and the rows in it, each followed by its own rows."""
        return [name, *(inner for row in self.rows[name] for inner in self._block_of(row))]

    def _children_of(self, name: str) -> list[str]:
        """Return the boxes below `name` and below the rows in it."""
        return [child for part in self._block_of(name) for child in self.children[part]]

    def _place_right(self, name: str, left: float, top: float) -> float:
        """Place the tree of `name` growing to the right; return its height."""
        height = self._place_block(name, left, top)
        reach = 0.0
        for child in sorted(self._children_of(name), key=self._count):
            reach += GAP if reach else 0
            reach += self._place_right(child, left + self.box_width + self.level_gap, top + reach)
        return max(height, reach)

    def _place_down(self, name: str, left: float, top: float) -> float:
        """Place the tree of `name` growing down, the box above the middle of its children; return its width."""
        reach = 0.0
        height = sum(self.sizes[part][0] for part in self._block_of(name))
        for child in self._children_of(name):
            reach += GAP if reach else 0
            reach += self._place_down(child, left + reach, top + height + self.level_gap)
        reach = max(reach, self.box_width)
        self._place_block(name, left + (reach - self.box_width) / 2, top)
        return reach

    def _place_block(self, name: str, left: float, top: float) -> float:
        """Place the box `name` with the rows in it; return their height."""
        height = 0.0
        for part in self._block_of(name):
            own, lines = self.sizes[part]
            middle = top + height + own / 2
            self.placed[part] = MeasuredBox(left + self.box_width / 2, middle, self.box_width, own, lines)
            height += own
        return height


def _fit_box(box: PictureBox, width: float, lang: str) -> tuple[float, tuple[list[str], list[str]]]:
    """Return the height of `box`, and the lines of its title and subtitle in the language `lang`."""
    title, subtitle = lines = _wrap_texts(box, width - TEXT_INSET, lang)
    return len(title) * TITLE_LINE + len(subtitle) * SUBTITLE_LINE + 2 * PAD - 4, lines


def _wrap_texts(box: PictureBox, room: float, lang: str) -> tuple[list[str], list[str]]:
    """Return the lines of the title, which view.js draws in bold, and of the subtitle."""
    title = wrap_text(box.title[lang], room, TITLE_FONT, bold=True, allowance=PAGE_FONTS)
    return title, wrap_text(box.subtitle[lang], room, SUBTITLE_FONT, allowance=PAGE_FONTS)
