"""Correction of one cell of a table whose row misread its source; the earlier value is recorded.

A correction makes the row say what its source says. Where the source is wrong, its row stays and a row of another
source contradicts it.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from orgline.build.edit.removal_register import register_kind
from orgline.build.pipeline import check_content
from orgline.content import (
    CORRECTIONS,
    Content,
    CsvEditor,
    CsvRecord,
    TableKind,
    TableRow,
    apply_change,
    close_change,
    column_titles,
    commit_change,
    exclusive_access,
    open_register,
    read_table_kinds,
    refuse_pending_change,
    staged_copy,
)
from orgline.text import CannotRun, Moment, suggestion_for, to_nfc


@dataclass(frozen=True)
class Correction:
    """The correction of one cell. The text fields are the columns of data/corrections.csv.

    `path` is the table, `number` the number of the row in it, the header being row 1.
    """

    path: Path
    number: int
    correction: str
    on: str
    file: str
    row: str
    column: str
    before: str
    after: str
    because: str

    @property
    def place(self) -> str:
        """The row as messages name it."""
        return f"{self.file} row {self.number} ({self.row})"


def plan_correction(content: Content, cell: str, column: str, value: str, because: str) -> Correction:
    """Return the correction of `column` in the row `cell` (FILE:ROW) to `value`, for the reason `because`.

    Raises CannotRun when there is no such file, row or column, the column is part of a key, the reason is missing, or
    nothing would change. Changes nothing itself.
    """
    if not because.strip():
        raise CannotRun('--because: is empty. Say why, as in --because "the report prints 2024, the row had 2042".')
    refuse_pending_change(content)
    path, wanted = _find_table(content, cell)
    kind = read_table_kinds(content).get(path.stem)
    if kind is None:
        raise CannotRun(f"{content.place(path)}: is not a table that is read. Give another one.")
    records = CsvEditor(path.read_bytes(), content.place(path), kind)
    record = _find_record(records, TableRow(kind, path.parent.name, {}, content), content.place(path), wanted)
    name = _find_column(kind, column)
    row = TableRow(kind, path.parent.name, records.cells(record), content)
    if name in kind.key:
        what = f"{content.place(path)}, column {name}: is part of the key, by which other rows refer to this one."
        raise CannotRun(f"{what} Change it by hand in all rows.")
    if name not in records.columns:
        what = f"{content.place(path)}: its header has no column {name} yet."
        raise CannotRun(f"{what} Add it there, empty in each row, and give the command again.")
    before, after = row.cells.get(name, ""), to_nfc(value).strip()
    if before == after:
        raise CannotRun(
            f'{content.place(path)} row {record.number}, column {name}: says "{after}" already. Look again.'
        )
    on = Moment.today().day.isoformat()
    number = f"{on}-{secrets.token_hex(2)}"
    return Correction(
        path, record.number, number, on, content.place(path), row.key, name, before, after, because.strip()
    )


def apply_correction(content: Content, correction: Correction) -> None:
    """Write the corrected cell and its entry in the register, in one transaction.

    Raises ContentError, and changes nothing, when the content would have problems with the new value; CannotRun when
    the cell has changed since it was planned.
    """
    kind = read_table_kinds(content)[correction.path.stem]
    with exclusive_access(content):
        refuse_pending_change(content)
        records = CsvEditor(correction.path.read_bytes(), correction.file, kind)
        row = next((record for record in records.rows if record.number == correction.number), None)
        if row is None or records.cells(row).get(correction.column, "") != correction.before:
            raise CannotRun(f"{correction.place}: has changed in the meantime. Give the command again.")
        records.set(row, {correction.column: correction.after})
        path = content.register(CORRECTIONS)
        entries = open_register(path, content.place(path), register_kind(content, CORRECTIONS))
        entries.add({name: value for name, value in asdict(correction).items() if isinstance(value, str)})
        files = {correction.path: bytes(records), path: bytes(entries)}
        with staged_copy(content, files) as copy:
            check_content(copy)
        commit_change(content, files, {})
        apply_change(content)
        close_change(content)


def _find_table(content: Content, cell: str) -> tuple[Path, str]:
    """Return the table and the row that `cell` (FILE:ROW) names; FILE is relative to here, the content or its data/."""
    name, colon, row = cell.rpartition(":")
    if not colon or not row.strip():
        raise CannotRun(f'"{cell}": is not a cell of a table. Give FILE:ROW, such as data/report/tenures.csv:5.')
    known = {path.resolve(): path for path in (*content.tables, *content.former_names)}
    for folder in (Path(), content.root, content.root / "data"):
        if (path := (folder / name).resolve()) in known:
            return known[path], row.strip()
    places = [content.place(path) for path in known.values()]
    raise CannotRun(
        f"{name}: is not a table of data/.{suggestion_for(name, places)} Give FILE:ROW, such as {places[0]}:2."
    )


def _find_record(records: CsvEditor, empty: TableRow, place: str, wanted: str) -> CsvRecord:
    """Return the row with the number or the key `wanted`; `empty` is a row of the table without cells."""
    for record in records.rows:
        row = TableRow(empty.kind, empty.source, records.cells(record), empty.content)
        if row.cells and (str(record.number) == wanted or row.key == wanted):
            return record
    numbers = [record.number for record in records.rows]
    known = f"It has rows 2 to {max(numbers)}." if numbers else "It has no rows."
    raise CannotRun(f'{place}: has no row "{wanted}". {known}')


def _find_column(kind: TableKind, typed: str) -> str:
    """Return the name of the column whose name or title was `typed`. Raises CannotRun when there is none."""
    known = column_titles(kind)
    name = known.get(to_nfc(typed).strip().casefold())
    if name is None:
        columns = ", ".join(cell.name for cell in kind.cells)
        raise CannotRun(
            f'"{typed}": is not a column of {kind.stem}.{suggestion_for(typed, known) or f" They are {columns}."}'
        )
    return name
