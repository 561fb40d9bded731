"""Correction: one cell of a table that misread its source is put right; what it said before is kept.

A correction says what the source says. Where the source is wrong, its row stays and another source contradicts it.
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
    """A cell to be corrected, as the register keeps it; `place` is where it stands now."""

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
        """The row as people are told of it."""
        return f"{self.file} row {self.number} ({self.row})"


def plan_correction(content: Content, cell: str, column: str, value: str, because: str) -> Correction:
    """Return the correction of `column` in the row `cell`, FILE:ROW, to `value`.

    Raises CannotRun when there is no such file, row or column, or nothing would change.
    """
    if not because.strip():
        raise CannotRun('--because: is empty. Say why, as in --because "the report prints 2024, the row had 2042".')
    refuse_pending_change(content)
    path, wanted = _find_table(content, cell)
    kind = read_table_kinds(content).get(path.stem)
    if kind is None:
        raise CannotRun(f"{content.place(path)}: is no table that anything reads. Give another.")
    records = CsvEditor(path.read_bytes(), content.place(path), kind)
    record = _find_record(records, TableRow(kind, path.parent.name, {}, content), content.place(path), wanted)
    name = _find_column(kind, column)
    row = TableRow(kind, path.parent.name, records.cells(record), content)
    if name in kind.key:
        what = f"{content.place(path)}, column {name}: is part of the key, by which other rows name this one."
        raise CannotRun(f"{what} Change it by hand wherever it stands.")
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


def apply_correction(content: Content, done: Correction) -> None:
    """Correct the cell and enter it in the register; raise ContentError if the content were not sound then."""
    kind = read_table_kinds(content)[done.path.stem]
    with exclusive_access(content):
        refuse_pending_change(content)
        records = CsvEditor(done.path.read_bytes(), done.file, kind)
        row = next((one for one in records.rows if one.number == done.number), None)
        if row is None or records.cells(row).get(done.column, "") != done.before:
            raise CannotRun(f"{done.place}: has been changed meanwhile. Give the command again.")
        records.set(row, {done.column: done.after})
        path = content.register(CORRECTIONS)
        entries = open_register(path, content.place(path), register_kind(content, CORRECTIONS))
        entries.add({name: value for name, value in asdict(done).items() if isinstance(value, str)})
        files = {done.path: bytes(records), path: bytes(entries)}
        with staged_copy(content, files) as copy:
            check_content(copy)
        commit_change(content, files, {})
        apply_change(content)
        close_change(content)


def _find_table(content: Content, cell: str) -> tuple[Path, str]:
    """Return the table and the row that FILE:ROW means; the file as it is typed, or below the content or its data."""
    name, colon, row = cell.rpartition(":")
    if not colon or not row.strip():
        raise CannotRun(f'"{cell}": is no cell of a table. Give FILE:ROW, such as data/report/tenures.csv:5.')
    known = {path.resolve(): path for path in (*content.tables, *content.former_names)}
    for folder in (Path(), content.root, content.root / "data"):
        if (path := (folder / name).resolve()) in known:
            return known[path], row.strip()
    places = [content.place(path) for path in known.values()]
    raise CannotRun(
        f"{name}: is no table of data/.{suggestion_for(name, places)} Give FILE:ROW, such as {places[0]}:2."
    )


def _find_record(records: CsvEditor, empty: TableRow, place: str, wanted: str) -> CsvRecord:
    """Return the row with the number or the key `wanted`."""
    for record in records.rows:
        row = TableRow(empty.kind, empty.source, records.cells(record), empty.content)
        if row.cells and (str(record.number) == wanted or row.key == wanted):
            return record
    numbers = [one.number for one in records.rows]
    there = f"Rows 2 to {max(numbers)} are there." if numbers else "It has no rows."
    raise CannotRun(f'{place}: has no row "{wanted}". {there}')


def _find_column(kind: TableKind, typed: str) -> str:
    known = column_titles(kind)
    name = known.get(to_nfc(typed).strip().casefold())
    if name is None:
        columns = ", ".join(one.name for one in kind.cells)
        raise CannotRun(
            f'"{typed}": is no column of {kind.stem}.{suggestion_for(typed, known) or f" They are {columns}."}'
        )
    return name
