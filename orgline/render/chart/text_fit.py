"""Inscribed: what is written in the boxes of a chart, broken into lines at the spaces, and how high a box so gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from orgline.render.chart.box_labels import BoxLabel
from orgline.render.view.view_layout import wrap_text

BOX_PADDING, LINE_SPACING = 9.0, 1.3
TITLE_SIZE, ROW_SIZE, SMALL_SIZE = 14.0, 12.5, 11.5
FOOTER_HEIGHT = 22.0
# Each text is measured as if it were wider than in most fonts: what fits then, fits in all.
WIDTH_ALLOWANCE, BOLD_ALLOWANCE = 1.05, 1.13
MAX_LINES = 8


@dataclass(frozen=True)
class TextLine:
    """One line of text: where it begins (its base line), its words, its size and how it looks."""

    x: float
    y: float
    words: str
    size: float
    colour: str = "text"
    bold: bool = False
    room: float = 0.0


@dataclass(frozen=True)
class BoxText:
    """The lines of text in a box, from its corner, and its height."""

    texts: tuple[TextLine, ...]
    height: float

    def at(self, x: float, y: float) -> list[TextLine]:
        """Return the texts of the box whose corner is at `x` and `y`."""
        return [replace(one, x=round(one.x + x, 1), y=round(one.y + y, 1)) for one in self.texts]


class _TextColumn:
    def __init__(self, width: float) -> None:
        self._room, self._y = width - 2 * BOX_PADDING, BOX_PADDING - 2
        self.texts: list[TextLine] = []

    def add(self, words: str, size: float, colour: str = "text", *, bold: bool = False, gap: float = 0.0) -> None:
        """Write `words` in as many lines as they take, within reason."""
        lines = _wrap_cached(words, self._room, size * (BOLD_ALLOWANCE if bold else WIDTH_ALLOWANCE))
        if len(lines) > MAX_LINES:
            lines = [*lines[: MAX_LINES - 1], lines[MAX_LINES - 1].rstrip(",. ") + "…"]
        self._y += gap
        for line in lines:
            self._y += size * LINE_SPACING
            self.texts.append(TextLine(BOX_PADDING, self._y - size * 0.28, line, size, colour, bold, self._room))

    def done(self, foot: float = 0.0) -> BoxText:
        """Return all that was written."""
        return BoxText(tuple(self.texts), round(self._y + BOX_PADDING - 2 + foot, 1))


@lru_cache(maxsize=4096)
def _wrap_cached(words: str, room: float, size: float) -> list[str]:
    """Return `words` in lines, kept for the next plan of the same chart."""
    return wrap_text(words, room, size)


def fit_box_text(told: BoxLabel, width: float, usual: str, *, leads: bool) -> BoxText:
    """Return what is written in the box of `told`, `width` wide, but for the status that is `usual`.

    What has others below it has a foot: for links, if it `leads` somewhere, or for how many are folded.
    """
    column = _TextColumn(width)
    if caption := told.caption(usual):
        column.add(caption, SMALL_SIZE, "muted")
    column.add(told.title, TITLE_SIZE, bold=True, gap=1)
    for row in told.rows:
        column.add(row.text(usual), ROW_SIZE, gap=3)
    for line in told.beside:
        column.add(f"{line.word}: {line.upper_told}", SMALL_SIZE, "muted", gap=3)
    return column.done(FOOTER_HEIGHT if told.box.count and (leads or not told.box.below) else 0)


def fit_more_text(number: int, width: float, word: Callable[[str], str]) -> BoxText:
    """Return what leads to `number` more boxes: before those shown if it is negative."""
    column = _TextColumn(width)
    column.add(word("chart_before" if number < 0 else "and_more").format(abs(number)), ROW_SIZE, "link", gap=2)
    return column.done(2)
