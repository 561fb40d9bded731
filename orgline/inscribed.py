"""Inscribed: what is written in the boxes of a chart, broken into lines at the spaces, and how high a box so gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from orgline.layout import broken
from orgline.lettering import BoxTold

PAD, LINE = 9.0, 1.3
TITLE, ROW, SMALL = 14.0, 12.5, 11.5
FOOT = 22.0
# Each text is measured as if it were wider than in most fonts: what fits then, fits in all.
WIDER, WIDER_BOLD = 1.05, 1.13
LONGEST = 8


@dataclass(frozen=True)
class Text:
    """One line of text: where it begins (its base line), its words, its size and how it looks."""

    x: float
    y: float
    words: str
    size: float
    colour: str = "text"
    bold: bool = False
    room: float = 0.0


@dataclass(frozen=True)
class Inscription:
    """The lines of text in a box, from its corner, and its height."""

    texts: tuple[Text, ...]
    height: float

    def at(self, x: float, y: float) -> list[Text]:
        """Return the texts of the box whose corner is at `x` and `y`."""
        return [replace(one, x=round(one.x + x, 1), y=round(one.y + y, 1)) for one in self.texts]


class _Column:
    def __init__(self, width: float) -> None:
        self._room, self._y = width - 2 * PAD, PAD - 2
        self.texts: list[Text] = []

    def add(self, words: str, size: float, colour: str = "text", *, bold: bool = False, gap: float = 0.0) -> None:
        """Write `words` in as many lines as they take, within reason."""
        lines = _broken(words, self._room, size * (WIDER_BOLD if bold else WIDER))
        if len(lines) > LONGEST:
            lines = [*lines[: LONGEST - 1], lines[LONGEST - 1].rstrip(",. ") + "…"]
        self._y += gap
        for line in lines:
            self._y += size * LINE
            self.texts.append(Text(PAD, self._y - size * 0.28, line, size, colour, bold, self._room))

    def done(self, foot: float = 0.0) -> Inscription:
        """Return all that was written."""
        return Inscription(tuple(self.texts), round(self._y + PAD - 2 + foot, 1))


@lru_cache(maxsize=4096)
def _broken(words: str, room: float, size: float) -> list[str]:
    """Return `words` in lines, kept for the next plan of the same chart."""
    return broken(words, room, size)


def inscribed(told: BoxTold, width: float, usual: str, *, leads: bool) -> Inscription:
    """Return what is written in the box of `told`, `width` wide, but for the status that is `usual`.

    What has others below it has a foot: for links, if it `leads` somewhere, or for how many are folded.
    """
    column = _Column(width)
    if caption := told.caption(usual):
        column.add(caption, SMALL, "muted")
    column.add(told.title, TITLE, bold=True, gap=1)
    for row in told.rows:
        column.add(row.text(usual), ROW, gap=3)
    for line in told.beside:
        column.add(f"{line.word}: {line.upper_told}", SMALL, "muted", gap=3)
    return column.done(FOOT if told.box.count and (leads or not told.box.below) else 0)


def inscribed_more(number: int, width: float, word: Callable[[str], str]) -> Inscription:
    """Return what leads to `number` more boxes: before those shown if it is negative."""
    column = _Column(width)
    column.add(word("chart_before" if number < 0 else "and_more").format(abs(number)), ROW, "link", gap=2)
    return column.done(2)
