"""Edits a CSV file row by row and leaves every other byte of it as it is."""

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
    """A row of the file: the number that Excel shows (0 for an added one), its cells, its text with the line end."""

    number: int
    cells: list[str]
    text: str


class CsvEditor:
    """A CSV file in memory: `rows` are those after the header, `columns` the position of each column by name.

    ``bytes(editor)`` is the file with the changes.
    """

    def __init__(self, raw: bytes, place: str, kind: TableKind) -> None:
        """Parse `raw`, the bytes of the file `place`. Raises CannotRun if it is not UTF-8 or not CSV."""
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise CannotRun(f"{place}: is not UTF-8 text. Save it as UTF-8 first.") from error
        self._bom = _BOM if raw.startswith(_BOM.encode()) else ""
        first = text.split("\n", 1)[0]
        self._delimiter = max(",;\t", key=first.count)
        self._end = "\r\n" if first.endswith("\r") else "\n"
        records = self._parse(text, place)
        # Blank rows may come before the header.
        at = next((number for number, record in enumerate(records) if any(map(str.strip, record.cells))), 0)
        self._head, self.rows = records[: at + 1], records[at + 1 :]
        known = column_titles(kind)
        titles = [to_nfc(title).strip().casefold() for title in self._head[-1].cells] if records else []
        self.columns = {known[title]: number for number, title in enumerate(titles) if title in known}

    def _parse(self, text: str, place: str) -> list[CsvRecord]:
        """Return the rows of `text`, each with its exact text. Raises CannotRun when it is not CSV."""
        lines = list(io.StringIO(text, newline=""))
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        records, lines_read = [], 0
        try:
            for number, cells in enumerate(reader, 1):
                records.append(CsvRecord(number, cells, "".join(lines[lines_read : reader.line_num])))
                lines_read = reader.line_num
        except csv.Error as error:
            raise CannotRun(f"{place}: cannot be read as a table ({error}). Mend it first.") from error
        return records

    def cells(self, record: CsvRecord) -> dict[str, str]:
        """Return the cells of a row by column, in NFC and trimmed, without the empty ones."""
        cells = ((name, record.cells[at]) for name, at in self.columns.items() if at < len(record.cells))
        return {name: to_nfc(cell).strip() for name, cell in cells if cell.strip()}

    def set(self, record: CsvRecord, values: Mapping[str, str]) -> None:
        """Set cells of a row to `values`, by column."""
        cells = list(record.cells)
        for name, value in values.items():
            cells[self.columns[name]] = value
        record.cells, record.text = cells, self._line(cells)

    def rewrite(self, record: CsvRecord, change: Callable[[str], str]) -> int:
        """Apply `change` to each cell of a row; return the number of cells that it changed."""
        cells = [change(cell) for cell in record.cells]
        changed = sum(to_nfc(old) != new for old, new in zip(record.cells, cells, strict=True))
        if changed:
            record.cells, record.text = cells, self._line(cells)
        return changed

    def drop(self, records: Sequence[CsvRecord]) -> None:
        """Remove rows."""
        dropped = {record.number for record in records}
        self.rows = [record for record in self.rows if record.number not in dropped]

    def add(self, values: Mapping[str, str]) -> None:
        """Append a row with `values` by column."""
        for last in (self.rows or self._head)[-1:]:
            last.text = last.text if last.text.endswith(("\n", "\r")) else last.text + self._end
        cells = [values.get(name, "") for name, _ in sorted(self.columns.items(), key=lambda column: column[1])]
        self.rows.append(CsvRecord(0, cells, self._line(cells)))

    def _line(self, cells: Sequence[str]) -> str:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=self._delimiter, lineterminator=self._end).writerow(cells)
        return line.getvalue()

    def __bytes__(self) -> bytes:
        """Return the file with the changes."""
        return (self._bom + "".join(record.text for record in (*self._head, *self.rows))).encode()


def open_register(path: Path, place: str, kind: TableKind) -> CsvEditor:
    """Return the editor of a register; of one that does not exist yet, with a header and no rows."""
    header = ",".join(column.name for column in kind.cells) + "\n"
    return CsvEditor(path.read_bytes() if path.is_file() else header.encode(), place, kind)
