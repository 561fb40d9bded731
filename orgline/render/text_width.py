"""The width of text in the font of the PDF, and the wrapping of text into lines by that width.

The widths are those of Be Vietnam Pro, the font that the PDF embeds. They are kept in font_widths.json, so that a page
with a chart or a view needs neither the font nor ReportLab; a test compares the file with the font.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_WIDTHS_FILE = Path(__file__).with_name("font_widths.json")
_UNITS_PER_EM = 1000
# A character that the font lacks is drawn by another font; no font of text has one wider than its size.
_WIDEST_CHARACTER = 1.0
# Categories of Unicode whose characters take no width: marks on the letter before, and format characters.
_NO_WIDTH = ("Mn", "Me", "Cf")
ELLIPSIS = "…"


@dataclass(frozen=True)
class WidthAllowance:
    """How much wider text may come out than in the font of the PDF: a factor for regular and one for bold text."""

    regular: float = 1.0
    bold: float = 1.0

    def factor(self, *, bold: bool) -> float:
        """Return the factor of one weight."""
        return self.bold if bold else self.regular


PDF_FONT = WidthAllowance()
# A page is drawn in a font of the reader's machine. Segoe UI, Noto Sans and Arial are 3 to 10 % narrower than Be
# Vietnam Pro. DejaVu Sans, where Linux has no other, is wider: measured on the labels of the reports, 99 of 100 lines
# are within these factors; the others run up to 3 % (7 px in a chart's box) into the box's padding of 9 px, never out
# of the box.
PAGE_FONTS = WidthAllowance(regular=1.08, bold=1.17)


@lru_cache(maxsize=1)
def _character_widths() -> dict[bool, dict[str, float]]:
    """Return the width of each character at size 1, for regular (False) and bold (True) text."""
    table = json.loads(_WIDTHS_FILE.read_text(encoding="utf-8"))
    return {
        weight == "bold": {
            character: int(units) / _UNITS_PER_EM for units, characters in widths.items() for character in characters
        }
        for weight, widths in table.items()
    }


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of `text` in the font of the PDF, in the unit of `size` (the font size: pixels or points).

    >>> round(text_width("Người", 14), 2), text_width("", 14)
    (40.14, 0)
    """
    widths = _character_widths()[bold]
    return size * sum(widths[character] if character in widths else _foreign_width(character) for character in text)


def _foreign_width(character: str) -> float:
    """Return the width at size 1 of a character that the font lacks."""
    return 0.0 if unicodedata.category(character) in _NO_WIDTH else _WIDEST_CHARACTER


def wrap_text(
    text: str, room: float, size: float, *, bold: bool = False, allowance: WidthAllowance = PDF_FONT
) -> list[str]:
    """Return `text` in lines at most `room` wide, broken at spaces; a word wider than that is cut.

    >>> wrap_text("Ban Tổ chức", 60, 14)
    ['Ban Tổ', 'chức']
    """
    return list(_wrapped(text, room / (size * allowance.factor(bold=bold)), bold=bold))


# A chart is laid out up to four times (page, narrow page, sheets of paper) with the same labels.
@lru_cache(maxsize=4096)
def _wrapped(text: str, room: float, *, bold: bool) -> tuple[str, ...]:
    """Return the lines of `text` at size 1 in `room`."""
    lines: list[str] = []
    width, space = 0.0, text_width(" ", 1, bold=bold)
    for word in filter(None, text.split(" ")):
        word_width = text_width(word, 1, bold=bold)
        if lines and width + space + word_width <= room:
            lines[-1] += f" {word}"
            width += space + word_width
        elif word_width <= room:
            lines.append(word)
            width = word_width
        else:
            lines += _cut_word(word, room, bold=bold)
            width = text_width(lines[-1], 1, bold=bold)
    return tuple(lines)


def _cut_word(word: str, room: float, *, bold: bool) -> list[str]:
    """Return `word` in pieces at most `room` wide at size 1, each of one character at least."""
    pieces, width = [""], 0.0
    for character in word:
        character_width = text_width(character, 1, bold=bold)
        if pieces[-1] and width + character_width > room:
            pieces.append("")
            width = 0.0
        pieces[-1] += character
        width += character_width
    return pieces


def limit_lines(lines: list[str], most: int) -> list[str]:
    """Return `lines`, or the first `most` of them with an ellipsis at the end in place of the rest.

    The ellipsis replaces the last word of the line, so that the line becomes no longer.

    >>> limit_lines(["one two", "three", "four"], 2)
    ['one two', 'thre…']
    """
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    kept = last.rpartition(" ")[0] or last[:-1]
    return [*lines[: most - 1], kept.rstrip(",. ") + ELLIPSIS]
