"""Without: the content as it would be if somebody were not in it.

The rows that describe the person go, and those that cannot do without: where the person stands in a required cell,
and what then describes nothing any more. In an optional cell the person alone goes: what the row says of others stays.
Wherever else the name stands it is replaced by a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyoxigraph as ox

from orgline.build.edit.removal_register import register_kind
from orgline.content import (
    CORRECTIONS,
    DEFAULT_BASE,
    FOLDERS,
    FORMER_NAMES_FOLDER,
    REMOVALS,
    Content,
    CsvEditor,
    CsvRecord,
    TableKind,
    TableRow,
    cell_values,
    read_table_kinds,
)
from orgline.graph import ol_term
from orgline.text import CannotRun, NameMatcher, to_nfc

REDACTION_MARK = "[đã gỡ / removed]"
_ROWS_REMOVED = ol_term("rowsRemoved")
_PREFIX = re.compile(r"@prefix\s+([\w-]*):\s*<([^>]*)>")


@dataclass
class RedactionCounts:
    """What goes from one file: rows taken out, cells emptied, places where the name is replaced.

    `noted`: it is noted there how many rows went from the tables of the source.
    """

    rows: int = 0
    emptied: int = 0
    replaced: int = 0
    noted: bool = False


@dataclass
class _EditedTable:
    """A table while it is worked on: its rows, and those still in it."""

    path: Path
    kind: TableKind
    records: CsvEditor
    live: list[tuple[CsvRecord, TableRow]]
    dropped: list[CsvRecord] = field(default_factory=list)


class Redaction:
    """The content without the things `gone` and without their `names`; `others` bear the name too and stay.

    `files` are the new bytes of each file that changes, `counts` what goes from each. `code` stands for the name
    where a mark cannot: in keys and addresses.
    """

    def __init__(
        self, content: Content, gone: Iterable[str], names: NameMatcher, others: Iterable[str], code: str
    ) -> None:
        """Work out what changes. Raises CannotRun when a file or folder is called by the name."""
        self._content, self._names, self._code = content, names, code
        self.gone, self.others = set(gone), set(others)
        self.files: dict[Path, bytes] = {}
        self.counts: dict[str, RedactionCounts] = {}
        kinds = read_table_kinds(content)
        self._tables = [self._read(path, kinds[path.stem]) for path in content.tables if path.stem in kinds]
        self._refuse_paths()
        self._add_namesakes()
        while self._drop_rows():
            pass
        for table in self._tables:
            self._write_table(table)
        for path in content.data:
            self._write_turtle(path)
        self._write_register()
        for path in self._other_files():
            self._write_text(path)

    def _read(self, path: Path, kind: TableKind) -> _EditedTable:
        records = CsvEditor(path.read_bytes(), self._content.place(path), kind)
        rows = [(one, TableRow(kind, path.parent.name, records.cells(one), self._content)) for one in records.rows]
        return _EditedTable(path, kind, records, [(one, row) for one, row in rows if row.cells])

    def _refuse_paths(self) -> None:
        for path in (one for folder in FOLDERS for one in self._content.files(f"{folder}/**/*")):
            place = self._content.place(path)
            if any(self._names.is_in(part) for part in place.split("/")):
                raise CannotRun(f"{place}: a file or folder is called by the name. Give it another name first.")

    def _add_namesakes(self) -> None:
        """Add to `others` what rows about them describe and what is called by the name, such as their tenures."""
        before = -1
        while before != len(self.others):
            before = len(self.others)
            for table in self._tables:
                for _, row in table.live:
                    if self._concerns_namesake(row):
                        self.others |= {one for one in row.described_iris if self._names.is_in(one)}

    def _concerns_namesake(self, row: TableRow) -> bool:
        """Tell whether a row is about another of the name."""
        return bool(self.others) and not self.others.isdisjoint(
            {*row.described_iris, *(one for _, _, one in row.names())}
        )

    def _drop_rows(self) -> bool:
        """Take out the rows that must go, and see what nothing describes any more; tell whether any went."""
        lost: set[str] = set()
        for table in self._tables:
            judged = [(self._must_drop(row), one, row) for one, row in table.live]
            table.dropped += [one for goes, one, _ in judged if goes]
            table.live = [(one, row) for goes, one, row in judged if not goes]
            lost |= {thing for goes, _, row in judged if goes for thing in row.described_iris}
        if lost:
            self.gone |= lost - {
                thing for table in self._tables for _, row in table.live for thing in row.described_iris
            }
        return bool(lost)

    def _must_drop(self, row: TableRow) -> bool:
        if not self.gone.isdisjoint(row.described_iris):
            return True
        lost = {column.name for column, _, thing in row.names() if column.required and thing in self.gone}
        left = {column.name for column, _, thing in row.names() if thing not in self.gone}
        return bool(lost - left)

    def _write_table(self, table: _EditedTable) -> None:
        count = RedactionCounts(rows=len(table.dropped))
        table.records.drop(table.dropped)
        for record, row in table.live:
            emptied = self._cells_without_removed(row)
            if emptied:
                table.records.set(record, emptied)
                count.emptied += len(emptied)
            if not self._concerns_namesake(row):
                count.replaced += self._mask(table, record)
        self._keep(table.path, bytes(table.records), count)

    def _cells_without_removed(self, row: TableRow) -> dict[str, str]:
        """Return the cells of a row from which a thing that is gone is taken."""
        names = [(column, part) for column, part, thing in row.names() if thing in self.gone]
        lost = {(column.name, part) for column, part in names}
        return {
            column.name: (column.separator or " ").join(
                part for part in cell_values(row.cells[column.name], column) if (column.name, part) not in lost
            )
            for column, _ in names
            if column.name in row.cells
        }

    def _mask(self, table: _EditedTable, record: CsvRecord) -> int:
        """Replace the name in the cells of a row: by a code where the cell is part of an address."""
        codes = {one.name for one in table.kind.cells if one.value or one.in_address}
        places = {at for name, at in table.records.columns.items() if name in codes}
        cells = [
            self._names.masked(cell, self._code if at in places else REDACTION_MARK, self._code)
            for at, cell in enumerate(record.cells)
        ]
        changed = iter(cells)
        return table.records.rewrite(record, lambda _: next(changed))

    def _write_turtle(self, path: Path) -> None:
        """Take out of a Turtle file the statements that name what is gone, and the name."""
        text = to_nfc(path.read_bytes().decode("utf-8-sig"))
        quads = list(ox.parse(text.encode(), ox.RdfFormat.TURTLE, base_iri=DEFAULT_BASE))
        removed = self._rows_removed(path, quads)
        left = [
            quad
            for quad in quads
            if not self._names_removed_thing(quad) and not (removed and quad.predicate == _ROWS_REMOVED)
        ]
        if len(left) < len(quads):
            comments = "".join(line + "\n" for line in text.splitlines() if line.startswith("#"))
            triples = (quad.triple for quad in left)
            written = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=dict(_PREFIX.findall(text))) or b""
            text = comments + written.decode()
        count = RedactionCounts(rows=len(quads) - len(left))
        nodes = {term.value.removeprefix(DEFAULT_BASE) for quad in left for term in (quad.subject, quad.object)}
        if self.others.isdisjoint(nodes):
            text, count.replaced = self._masked(text)
        self._keep(path, (text + removed).encode(), count if not removed else replace(count, noted=True))

    def _rows_removed(self, path: Path, quads: list[ox.Quad]) -> str:
        """Return a statement of how many rows of the source described in `path` were taken out, now and before.

        It is made where the ontology has the word for it; whoever expects a number of rows needs to know.
        """
        source = ox.NamedNode(f"{DEFAULT_BASE}source/{path.parent.name}")
        rows = sum(len(table.dropped) for table in self._tables if table.path.parent == path.parent)
        told = any(b"ol:rowsRemoved" in one.read_bytes() for one in self._content.ontology)
        if not rows or not told or all(quad.subject != source for quad in quads):
            return ""
        before = [
            one.object.value for one in quads if one.predicate == _ROWS_REMOVED and isinstance(one.object, ox.Literal)
        ]
        return f"\n{source} {_ROWS_REMOVED} {rows + sum(map(int, before))} .\n"

    def _names_removed_thing(self, quad: ox.Quad) -> bool:
        nodes = (one.value for one in (quad.subject, quad.object) if isinstance(one, ox.NamedNode))
        return any(one.removeprefix(DEFAULT_BASE) in self.gone for one in nodes)

    def _write_register(self) -> None:
        """Take the name out of the register of corrections, which keeps what cells said before."""
        path = self._content.register(CORRECTIONS)
        if path.is_file():
            kind = register_kind(self._content, CORRECTIONS)
            records, count = CsvEditor(path.read_bytes(), self._content.place(path), kind), RedactionCounts()
            for record in records.rows:
                count.replaced += records.rewrite(
                    record, lambda cell: self._names.masked(cell, REDACTION_MARK, self._code)
                )
            self._keep(path, bytes(records), count)

    def _other_files(self) -> Iterator[Path]:
        """Yield every other file of the content, former names of places left out: they name no person."""
        done = {*self._content.data, *self._content.tables}
        done |= {self._content.register(one) for one in (REMOVALS, CORRECTIONS)}
        for path in (one for folder in FOLDERS for one in self._content.files(f"{folder}/**/*")):
            if path not in done and path.parent != self._content.root / "data" / FORMER_NAMES_FOLDER:
                yield path

    def _write_text(self, path: Path) -> None:
        try:
            text = to_nfc(path.read_bytes().decode("utf-8"))
        except UnicodeDecodeError:
            return
        text, replaced = self._masked(text)
        self._keep(path, text.encode(), RedactionCounts(replaced=replaced))

    def _masked(self, text: str) -> tuple[str, int]:
        """Return a text without the name, and in how many lines it stood."""
        masked = self._names.masked(text, REDACTION_MARK, self._code)
        return masked, sum(old != new for old, new in zip(text.splitlines(), masked.splitlines(), strict=False))

    def _keep(self, path: Path, text: bytes, count: RedactionCounts) -> None:
        if count != RedactionCounts():
            self.files[path] = text
            self.counts[self._content.place(path)] = count
