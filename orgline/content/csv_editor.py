"""Records: a table's file changed row by row, every other byte of it left as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orgline.content.csv_reader import column_titles
from orgline.content.csvw import TableKind
from orgline.text import CannotRun, to_nfc

_BOM = "\ufeff"


@dataclass
class CsvRecord:
    """A row as it stands in the file: its number as Excel shows it, its cells, its text."""

    number: int
    cells: list[str]
    text: str


class CsvEditor:
    """The rows of a table's file, the header left out; `columns` says at which place each column stands."""

    def __init__(self, raw: bytes, place: str, kind: TableKind) -> None:
        """Read `raw`, the bytes of a file called `place`. Raises CannotRun when it is no table of `kind`."""
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise CannotRun(f"{place}: is not UTF-8 text. Save it as UTF-8 first.") from error
        self._bom = _BOM if raw.startswith(_BOM.encode()) else ""
        first = text.split("\n", 1)[0]
        self._delimiter = max(",;\t", key=first.count)
        self._end = "\r\n" if first.endswith("\r") else "\n"
        found = self._read(text, place)
        at = next((number for number, one in enumerate(found) if any(cell.strip() for cell in one.cells)), 0)
        self._head, self.rows = found[: at + 1], found[at + 1 :]
        known = column_titles(kind)
        titles = [to_nfc(one).strip().casefold() for one in self._head[-1].cells] if found else []
        self.columns = {known[title]: number for number, title in enumerate(titles) if title in known}

    def _read(self, text: str, place: str) -> list[CsvRecord]:
        lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        found, before = [], 0
        try:
            for number, cells in enumerate(reader, 1):
                found.append(CsvRecord(number, cells, "".join(lines[before : reader.line_num])))
                before = reader.line_num
        except csv.Error as error:
            raise CannotRun(f"{place}: cannot be read as a table ({error}). Mend it first.") from error
        return found

    def cells(self, record: CsvRecord) -> dict[str, str]:
        """Return the cells of a row by column, composed and trimmed, empty ones left out."""
        there = ((name, record.cells[at]) for name, at in self.columns.items() if at < len(record.cells))
        return {name: to_nfc(cell).strip() for name, cell in there if cell.strip()}

    def set(self, record: CsvRecord, values: Mapping[str, str]) -> None:
        """Write `values` into cells of a row, by column."""
        cells = list(record.cells)
        for name, value in values.items():
            cells[self.columns[name]] = value
        record.cells, record.text = cells, self._line(cells)

    def rewrite(self, record: CsvRecord, change: Callable[[str], str]) -> int:
        """Change the text of each cell of a row; return how many cells that changed."""
        cells = [change(cell) for cell in record.cells]
        changed = sum(to_nfc(old) != new for old, new in zip(record.cells, cells, strict=True))
        if changed:
            record.cells, record.text = cells, self._line(cells)
        return changed

    def drop(self, records: Sequence[CsvRecord]) -> None:
        """Take rows out."""
        gone = {one.number for one in records}
        self.rows = [one for one in self.rows if one.number not in gone]

    def add(self, values: Mapping[str, str]) -> None:
        """Add a row at the end."""
        for last in (self.rows or self._head)[-1:]:
            last.text = last.text if last.text.endswith(("\n", "\r")) else last.text + self._end
        cells = [values.get(name, "") for name, _ in sorted(self.columns.items(), key=lambda one: one[1])]
        self.rows.append(CsvRecord(0, cells, self._line(cells)))

    def _line(self, cells: Sequence[str]) -> str:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=self._delimiter, lineterminator=self._end).writerow(cells)
        return line.getvalue()

    def __bytes__(self) -> bytes:
        """Return the file as it is now."""
        return (self._bom + "".join(one.text for one in (*self._head, *self.rows))).encode()


def open_register(path: Path, place: str, kind: TableKind) -> CsvEditor:
    """Return the rows of a register that may not be there yet: then one with a header alone."""
    header = ",".join(column.name for column in kind.cells) + "\n"
    return CsvEditor(path.read_bytes() if path.is_file() else header.encode(), place, kind)
