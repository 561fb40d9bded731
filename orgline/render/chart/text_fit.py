"""The text of a chart box: its lines of text, their positions, and the height of the box. All sizes are in pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from orgline.render.chart.box_labels import BoxLabel
from orgline.render.text_width import WidthAllowance, limit_lines, wrap_text

BOX_PADDING, LINE_SPACING = 9.0, 1.3
TITLE_SIZE, ROW_SIZE, SMALL_SIZE = 14.0, 12.5, 11.5
FOOTER_HEIGHT = 22.0
# No name of a body or post needs more; it bounds the height of a box when a label is abnormally long.
MAX_LINES = 8
# The baseline is this share of the font size above the lower edge of a line.
_DESCENT = 0.28


@dataclass(frozen=True)
class TextLine:
    """One line of text: the start of its baseline, the text, size, colour (a key of the style) and weight.

    Where ``max_width`` is set, the PDF draws a text that is wider at a smaller size.
    """

    x: float
    y: float
    text: str
    size: float
    colour: str = "text"
    bold: bool = False
    max_width: float = 0.0


@dataclass(frozen=True)
class BoxText:
    """The lines of text in a box, relative to its upper left corner, and the height of the box."""

    lines: tuple[TextLine, ...]
    height: float

    def at(self, x: float, y: float) -> list[TextLine]:
        """Return the lines of the box whose upper left corner is at (`x`, `y`)."""
        return [replace(line, x=round(line.x + x, 1), y=round(line.y + y, 1)) for line in self.lines]


class _TextColumn:
    """Wraps texts one below the other into a box `width` wide."""

    def __init__(self, width: float, allowance: WidthAllowance) -> None:
        self._room, self._allowance = width - 2 * BOX_PADDING, allowance
        self._y = BOX_PADDING - 2
        self.lines: list[TextLine] = []

    def add(self, text: str, size: float, colour: str = "text", *, bold: bool = False, gap: float = 0.0) -> None:
        """Add `text`, `gap` below what is there, in at most MAX_LINES lines."""
        wrapped = wrap_text(text, self._room, size, bold=bold, allowance=self._allowance)
        self._y += gap
        for line in limit_lines(wrapped, MAX_LINES):
            self._y += size * LINE_SPACING
            baseline = self._y - size * _DESCENT
            self.lines.append(TextLine(BOX_PADDING, baseline, line, size, colour, bold, self._room))

    def box_text(self, footer: float = 0.0) -> BoxText:
        """Return the lines, with the height of the box that holds them above a `footer` so high."""
        return BoxText(tuple(self.lines), round(self._y + BOX_PADDING - 2 + footer, 1))


def fit_box_text(
    label: BoxLabel, width: float, common_status: str, allowance: WidthAllowance, *, has_links: bool
) -> BoxText:
    """Return the text of the box of `label`, which is `width` wide; `common_status` is not written in boxes.

    A box with subordinates has a footer: for links where the chart `has_links`, or for the number of folded boxes.
    """
    column = _TextColumn(width, allowance)
    if caption := label.caption(common_status):
        column.add(caption, SMALL_SIZE, "muted")
    column.add(label.title, TITLE_SIZE, bold=True, gap=1)
    for holder in label.holders:
        column.add(holder.text(common_status), ROW_SIZE, gap=3)
    for line in label.other_lines:
        column.add(f"{line.type_name}: {line.upper_name}", SMALL_SIZE, "muted", gap=3)
    has_footer = label.box.count and (has_links or not label.box.below)
    return column.box_text(FOOTER_HEIGHT if has_footer else 0)


def fit_more_text(number: int, width: float, word: Callable[[str], str], allowance: WidthAllowance) -> BoxText:
    """Return the text of the box for `number` boxes that are not shown: before the shown ones if negative."""
    column = _TextColumn(width, allowance)
    text = word("chart_before" if number < 0 else "and_more").format(abs(number))
    column.add(text, ROW_SIZE, "link", gap=2)
    return column.box_text(2)
