"""Workbook: tables as the sheets of an XLSX file: what is text stays text whatever it looks like, and nothing runs.

No cell is a formula or a link. The same tables of the same day are the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from textwrap import wrap
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

from orgline.text.normalize import FORMULA_START

AUTHOR = "orgline"
FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets do not agree on which day a number is
MAX_DIGITS, MAX_CELL_LENGTH, MAX_TAB_NAME, MAX_HEADING = 15, 32_000, 31, 200
NARROW_WIDTH, MAX_WIDTH, PAGE_WIDTH = 10, 60, 170
LINE_HEIGHT, MAX_ROW_HEIGHT, _BOLD = 15, 409, 1.25
_INVALID_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_INVALID_IN_TAB_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_SHORT_TEXT = 200
_LAST_MODIFIED_BY = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}lastModifiedBy"

CellValue = str | Decimal | date | None


@dataclass(frozen=True)
class Sheet:
    """One table: what its tab is called, what stands above it on paper, its headings, its rows."""

    name: str
    heading: str
    headings: Sequence[str]
    rows: Sequence[Sequence[CellValue]] = field(default_factory=tuple)


def build_workbook(sheets: Iterable[Sheet], title: str, day: date, day_form: str) -> bytes:
    """Return an XLSX file of `sheets`, made as of `day`; its dates are shown as `day_form` says."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made = datetime.combine(day, time(), UTC)
    book.set_properties({"title": _valid_text(title)[:MAX_HEADING], "author": AUTHOR, "created": made})
    formats, taken = _Formats(book, day_form), set[str]()
    for sheet in sheets:
        name = tab_name(sheet.name, taken)
        taken.add(name.casefold())
        _write_table(book.add_worksheet(name), sheet, formats)
    book.close()
    return out.getvalue()


def is_untouched(path: Path) -> bool:
    """Tell whether the file at `path` is a workbook of ours that nobody has saved since."""
    try:
        with ZipFile(path) as archive:
            core = archive.read("docProps/core.xml")
        if len(core) > _SHORT_TEXT * 100 or b"<!" in core:
            return False
        return ET.fromstring(core).findtext(_LAST_MODIFIED_BY) == AUTHOR  # noqa: S314 short, and without a DTD
    except (OSError, KeyError, BadZipFile, ET.ParseError):
        return False


def tab_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return what a tab can be called: short, without the signs that spreadsheets forbid, none of those `taken`.

    >>> tab_name("Who? 1/2: [all]"), tab_name("One", {"one"}), tab_name("???")
    ('Who 1 2 all', 'One 2', 'Sheet')
    """
    plain = " ".join(_INVALID_IN_TAB_NAME.sub(" ", _valid_text(text)).split()).strip("' ") or "Sheet"
    taken, number, name = {*taken, "history"}, 1, _truncated(plain, MAX_TAB_NAME)
    while name.casefold() in taken:
        number += 1
        name = f"{_truncated(plain, MAX_TAB_NAME - len(str(number)) - 1)} {number}"
    return name


def _truncated(text: str, most: int) -> str:
    """Return `text` cut between words to what takes `most` units of UTF-16."""
    if _utf16_length(text) <= most:
        return text
    kept = text
    while _utf16_length(kept) > most - 1:
        kept = kept[:-1]
    whole = kept if text[len(kept)].isspace() else kept.rpartition(" ")[0]
    kept = whole if len(whole) > most // 2 else kept
    return kept.rstrip("',;.- ") + "…"


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class _Formats:
    """How cells of each kind look, each look made once."""

    def __init__(self, book: Any, day_form: str) -> None:
        self._book = book
        self._day_form = day_form
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, **look: Any) -> Any:
        """Return the format of a `look`."""
        key = tuple(sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "top", "bottom": 1, "bottom_color": "#C8CED8", **look})
        return self._made[key]

    def head(self) -> Any:
        """Return the look of headings."""
        return self.of(bold=True, text_wrap=True, bg_color="#E4E8EF", bottom=1)

    def day(self) -> Any:
        """Return the look of days."""
        return self.of(num_format=self._day_form, align="left")

    def number(self, value: Decimal) -> Any:
        """Return the look of a number, with as many places as it is written with."""
        places = max(0, -int(value.as_tuple().exponent))
        form = "#,##0" + ("." + "0" * places if places else "")
        return self.of(num_format=form, align="right", indent=1)

    def text(self, value: str) -> Any:
        """Return the look of a text: what is short stays text when somebody types in it, a sign never begins a formula.

        Long texts are not marked as such: older spreadsheets show them as a row of hashes.
        """
        mark = {"num_format": "@"} if len(value) <= _SHORT_TEXT else {}
        return self.of(text_wrap=True, **mark, **({"quote_prefix": True} if re.match(FORMULA_START, value) else {}))


def _write_table(page: Any, sheet: Sheet, formats: _Formats) -> None:
    """Write the table, to be filtered, to be read under headings that stay, to be printed across A4."""
    columns = max(len(sheet.headings), 1)
    for at, text in enumerate(sheet.headings):
        page.write_string(0, at, _valid_text(text), formats.head())
    for number, row in enumerate(sheet.rows, 1):
        for at, cell in enumerate(row):
            _write_cell(page, number, at, cell, formats)
    across = column_widths(sheet)
    for at, width in enumerate(across):
        page.set_column(at, at, width)
    page.set_row(0, _row_height(sheet.headings, across, _BOLD))
    for number, row in enumerate(sheet.rows, 1):
        page.set_row(number, _row_height(map(_displayed, row), across))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), columns - 1)
    page.ignore_errors({"number_stored_as_text": _table_range(len(sheet.rows), columns)})
    page.set_landscape()
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    if sheet.heading:
        page.set_header("&L" + _valid_text(_truncated(sheet.heading, MAX_HEADING // 2)).replace("&", "&&"))
    page.set_footer("&L&A&R&P / &N")


def _table_range(rows: int, columns: int) -> str:
    """Return the range of a whole table as spreadsheets write it."""
    from xlsxwriter.utility import xl_range

    found: str = xl_range(0, 0, max(rows, 1), columns - 1)
    return found


def _write_cell(page: Any, row: int, column: int, cell: CellValue, formats: _Formats) -> None:
    """Write one cell as what it is; never by what it looks like."""
    if isinstance(cell, date):
        if cell >= FIRST_DAY:
            page.write_datetime(row, column, cell, formats.day())
            return
        cell = cell.isoformat()
    if isinstance(cell, Decimal):
        if cell.is_finite() and len(cell.as_tuple().digits) <= MAX_DIGITS:
            page.write_number(row, column, float(cell), formats.number(cell))
            return
        cell = str(cell)
    if not cell:
        page.write_blank(row, column, None, formats.of())
    else:
        page.write_string(row, column, _valid_text(cell), formats.text(cell))


def _valid_text(text: str) -> str:
    """Return `text` as a cell can hold it."""
    text = _INVALID_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if _utf16_length(text) <= MAX_CELL_LENGTH else text[: MAX_CELL_LENGTH // 2] + "…"


def column_widths(sheet: Sheet) -> list[int]:
    """Return how wide the columns are: as their longest word at least; what is free goes to the longest texts."""
    least, wanted, long = [], [], []
    for at, heading in enumerate(sheet.headings):
        texts = [_displayed(row[at]) for row in sheet.rows if at < len(row)]
        words = max((len(word) for text in texts for word in text.split()), default=0)
        lengths = sorted(map(len, texts)) or [0]
        heads = max(map(len, heading.split()), default=0) + 4
        least.append(min(max(words + 1, heads, min(lengths[-1] + 2, NARROW_WIDTH)), MAX_WIDTH // 2))
        wanted.append(max(least[-1], min(lengths[-1] + 2, MAX_WIDTH)))
        long.append((lengths[len(lengths) * 9 // 10] + lengths[-1]) / 2)
    found = list(least)
    while sum(found) < PAGE_WIDTH:
        lacking = [at for at, width in enumerate(found) if width < wanted[at]]
        if not lacking:
            break
        found[max(lacking, key=lambda at: long[at] / found[at])] += 1
    return found


def _row_height(texts: Iterable[str], across: Sequence[int], letter: float = 1.0) -> float:
    """Return how high a row is in which all of its texts can be read, a `letter` of them being as wide as it says."""
    lines = 1
    for text, width in zip(texts, across, strict=False):
        room = max(int((width - 1) / letter), 3)
        lines = max(lines, sum(max(1, len(wrap(one, room))) for one in text.split("\n")))
    return min(LINE_HEIGHT * lines + 1, MAX_ROW_HEIGHT)


def _displayed(cell: CellValue) -> str:
    """Return about what is seen of a cell."""
    if isinstance(cell, Decimal):
        return f"{cell:,} "
    return "" if cell is None else str(cell)[:1000]
