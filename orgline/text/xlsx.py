"""XLSX workbooks of tables. Text stays text whatever it looks like: no cell is a formula or a link.

The same tables of the same day give the same bytes.
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
# Excel counts 29 February 1900, which did not exist: earlier dates are other days in other programs.
FIRST_DAY = date(1900, 3, 1)
# Excel keeps 15 digits of a number, 32,767 UTF-16 units in a cell, 31 in the name of a tab, and 255 in a page header.
MAX_DIGITS, MAX_CELL_LENGTH, MAX_TAB_NAME, MAX_HEADING = 15, 32_000, 31, 200
# Widths in characters; 170 across fit on a landscape A4 page at a size that can be read.
NARROW_WIDTH, MAX_WIDTH, PAGE_WIDTH = 10, 60, 170
LINE_HEIGHT, MAX_ROW_HEIGHT = 15, 409  # in points; Excel allows no higher row
_BOLD = 1.25  # the width of a bold character, in widths of a plain one
_INVALID_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_INVALID_IN_TAB_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_SHORT_TEXT = 200
_MAX_PROPERTIES = 20_000  # bytes; ours have some 600, and a longer file need not be parsed to be refused
_LAST_MODIFIED_BY = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}lastModifiedBy"

CellValue = str | Decimal | date | None


@dataclass(frozen=True)
class Sheet:
    """One table: the name of its tab, the header of its printed pages, the headings of its columns, its rows."""

    name: str
    heading: str
    headings: Sequence[str]
    rows: Sequence[Sequence[CellValue]] = field(default_factory=tuple)


def build_workbook(sheets: Iterable[Sheet], title: str, day: date, day_form: str) -> bytes:
    """Return an XLSX file of `sheets`, dated `day`; `day_form` is the number format of dates, such as yyyy-mm-dd."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    created = datetime.combine(day, time(), UTC)  # xlsxwriter takes the present time otherwise: other bytes each time
    book.set_properties({"title": _valid_text(title)[:MAX_HEADING], "author": AUTHOR, "created": created})
    formats, taken = _Formats(book, day_form), set[str]()
    for sheet in sheets:
        name = tab_name(sheet.name, taken)
        taken.add(name.casefold())
        _write_table(book.add_worksheet(name), sheet, formats)
    book.close()
    return out.getvalue()


def is_untouched(path: Path) -> bool:
    """Whether the file at `path` is a workbook of ours that nobody has saved since: programs put their own author."""
    try:
        with ZipFile(path) as archive:
            core = archive.read("docProps/core.xml")
        if len(core) > _MAX_PROPERTIES or b"<!" in core:
            return False
        return ET.fromstring(core).findtext(_LAST_MODIFIED_BY) == AUTHOR  # noqa: S314 -- short, and without a DTD, so that no entity expands
    except (OSError, KeyError, BadZipFile, ET.ParseError):
        return False


def tab_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a valid tab name made from `text`: short, without forbidden characters, not in `taken` (case-folded).

    >>> tab_name("Who? 1/2: [all]"), tab_name("One", {"one"}), tab_name("???")
    ('Who 1 2 all', 'One 2', 'Sheet')
    """
    plain = " ".join(_INVALID_IN_TAB_NAME.sub(" ", _valid_text(text)).split()).strip("' ") or "Sheet"
    taken = {*taken, "history"}  # Excel keeps the name "History" for itself
    number, name = 1, _truncated(plain, MAX_TAB_NAME)
    while name.casefold() in taken:
        number += 1
        name = f"{_truncated(plain, MAX_TAB_NAME - len(str(number)) - 1)} {number}"
    return name


def _truncated(text: str, limit: int) -> str:
    """Return `text` cut, between words where possible, to `limit` UTF-16 units, with an ellipsis where it was cut."""
    if _utf16_length(text) <= limit:
        return text
    kept = text
    while _utf16_length(kept) > limit - 1:
        kept = kept[:-1]
    whole_words = kept if text[len(kept)].isspace() else kept.rpartition(" ")[0]
    kept = whole_words if len(whole_words) > limit // 2 else kept
    return kept.rstrip("',;.- ") + "…"


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class _Formats:
    """The cell formats of one workbook, each added once: Excel allows some 64,000."""

    def __init__(self, book: Any, day_form: str) -> None:
        self._book = book
        self._day_form = day_form
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, **properties: Any) -> Any:
        """Return the format with these `properties` of xlsxwriter."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            common = {"valign": "top", "bottom": 1, "bottom_color": "#C8CED8"}
            self._made[key] = self._book.add_format({**common, **properties})
        return self._made[key]

    def head(self) -> Any:
        """Return the format of headings."""
        return self.of(bold=True, text_wrap=True, bg_color="#E4E8EF", bottom=1)

    def day(self) -> Any:
        """Return the format of dates."""
        return self.of(num_format=self._day_form, align="left")

    def number(self, value: Decimal) -> Any:
        """Return the format of a number, with the decimal places that it is written with."""
        places = max(0, -int(value.as_tuple().exponent))
        form = "#,##0" + ("." + "0" * places if places else "")
        return self.of(num_format=form, align="right", indent=1)

    def text(self, value: str) -> Any:
        """Return the format of a text, which stays text when somebody edits the cell.

        A text like a formula gets the quote prefix. A long text does not get the format "text": older versions of
        Excel show one of more than 255 characters as a row of hashes.
        """
        as_text = {"num_format": "@"} if len(value) <= _SHORT_TEXT else {}
        quoted = {"quote_prefix": True} if re.match(FORMULA_START, value) else {}
        return self.of(text_wrap=True, **as_text, **quoted)


def _write_table(page: Any, sheet: Sheet, formats: _Formats) -> None:
    """Write the table with filters, headings that stay in view, and one page across when printed on A4."""
    columns = max(len(sheet.headings), 1)
    for at, text in enumerate(sheet.headings):
        page.write_string(0, at, _valid_text(text), formats.head())
    for number, row in enumerate(sheet.rows, 1):
        for at, cell in enumerate(row):
            _write_cell(page, number, at, cell, formats)
    widths = column_widths(sheet)
    for at, width in enumerate(widths):
        page.set_column(at, at, width)
    page.set_row(0, _row_height(sheet.headings, widths, _BOLD))
    for number, row in enumerate(sheet.rows, 1):
        page.set_row(number, _row_height(map(_displayed, row), widths))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), columns - 1)
    page.ignore_errors({"number_stored_as_text": _table_range(len(sheet.rows), columns)})
    page.set_landscape()
    page.set_paper(9)  # A4
    page.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    if sheet.heading:
        page.set_header("&L" + _valid_text(_truncated(sheet.heading, MAX_HEADING // 2)).replace("&", "&&"))
    page.set_footer("&L&A&R&P / &N")


def _table_range(rows: int, columns: int) -> str:
    """Return the range of a whole table, such as A1:C9."""
    from xlsxwriter.utility import xl_range

    cells: str = xl_range(0, 0, max(rows, 1), columns - 1)
    return cells


def _write_cell(page: Any, row: int, column: int, cell: CellValue, formats: _Formats) -> None:
    """Write one cell by the type of its value, never by what its text looks like."""
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
    """Return `text` without characters that XML forbids, cut to what a cell can hold."""
    text = _INVALID_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if _utf16_length(text) <= MAX_CELL_LENGTH else text[: MAX_CELL_LENGTH // 2] + "…"


def column_widths(sheet: Sheet) -> list[int]:
    """Return the widths of the columns, in characters.

    Each column fits its longest word, up to half of MAX_WIDTH. The rest of PAGE_WIDTH goes, character by character, to
    the column whose texts are longest for its width (the mean of the 90th percentile and the longest).
    """
    least, wanted, lengths_of = [], [], []
    for at, heading in enumerate(sheet.headings):
        texts = [_displayed(row[at]) for row in sheet.rows if at < len(row)]
        words = max((len(word) for text in texts for word in text.split()), default=0)
        lengths = sorted(map(len, texts)) or [0]
        heads = max(map(len, heading.split()), default=0) + 4
        least.append(min(max(words + 1, heads, min(lengths[-1] + 2, NARROW_WIDTH)), MAX_WIDTH // 2))
        wanted.append(max(least[-1], min(lengths[-1] + 2, MAX_WIDTH)))
        lengths_of.append((lengths[len(lengths) * 9 // 10] + lengths[-1]) / 2)
    widths = list(least)
    while sum(widths) < PAGE_WIDTH:
        narrow = [at for at, width in enumerate(widths) if width < wanted[at]]
        if not narrow:
            break
        widths[max(narrow, key=lambda at: lengths_of[at] / widths[at])] += 1
    return widths


def _row_height(texts: Iterable[str], widths: Sequence[int], character_width: float = 1.0) -> float:
    """Return the height in points at which all `texts` of a row can be read in columns of `widths`."""
    lines = 1
    for text, width in zip(texts, widths, strict=False):
        characters = max(int((width - 1) / character_width), 3)
        lines = max(lines, sum(max(1, len(wrap(paragraph, characters))) for paragraph in text.split("\n")))
    return min(LINE_HEIGHT * lines + 1, MAX_ROW_HEIGHT)


def _displayed(cell: CellValue) -> str:
    """Return roughly what a reader sees of a cell, to measure it."""
    if isinstance(cell, Decimal):
        return f"{cell:,} "
    return "" if cell is None else str(cell)[:1000]
