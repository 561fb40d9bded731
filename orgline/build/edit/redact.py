"""Redaction: the content without a person.

Rows that describe the person are deleted, as are rows that name the person in a required cell and rows about things
that no row describes any more. An optional cell is emptied of the person, and the rest of its row stays. Everywhere
else the name is replaced by a mark.
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

_ROWS_REMOVED = ol_term("rowsRemoved")
_PREFIX = re.compile(r"@prefix\s+([\w-]*):\s*<([^>]*)>")


@dataclass
class RedactionCounts:
    """The changes of one file: numbers of rows deleted, of cells emptied, and of cells or lines with the name replaced.

    `noted`: the file now states how many rows were deleted from the tables of its source.
    """

    rows: int = 0
    emptied: int = 0
    replaced: int = 0
    noted: bool = False


@dataclass
class _EditedTable:
    """A table being edited: its records, the rows that stay (`live`) and the records to delete (`dropped`)."""

    path: Path
    kind: TableKind
    records: CsvEditor
    live: list[tuple[CsvRecord, TableRow]]
    dropped: list[CsvRecord] = field(default_factory=list)


def redaction_mark(content: Content) -> str:
    """Return what replaces a removed name in texts: the word "removed" in each language of the pages, in brackets."""
    words = (by_key.get("removed_mark", "") for by_key in content.words.values())
    return f"[{' / '.join(filter(None, words)) or '…'}]"


class Redaction:
    """The content without the things `gone` and their `names`; `others` have the name too and stay (both: kind/name).

    `files` are the new bytes of each file that changes, `counts` the changes of each by its place. `code` replaces the
    name in keys and addresses, where the mark with its brackets and spaces would not be valid.
    """

    def __init__(
        self, content: Content, gone: Iterable[str], names: NameMatcher, others: Iterable[str], code: str
    ) -> None:
        """Compute the changes. Raises CannotRun when the name is part of the name of a file or folder."""
        self._content, self._names, self._code = content, names, code
        self._mark = redaction_mark(content)
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
        rows = [
            (record, TableRow(kind, path.parent.name, records.cells(record), self._content)) for record in records.rows
        ]
        return _EditedTable(path, kind, records, [(record, row) for record, row in rows if row.cells])

    def _refuse_paths(self) -> None:
        for path in (path for folder in FOLDERS for path in self._content.files(f"{folder}/**/*")):
            place = self._content.place(path)
            if any(self._names.is_in(part) for part in place.split("/")):
                raise CannotRun(f"{place}: the name is part of the name of a file or folder. Rename it first.")

    def _add_namesakes(self) -> None:
        """Add to `others` the things with the name that rows about them describe, such as their tenures."""
        before = -1  # repeat until nothing is added: a tenure of a namesake may itself be referred to
        while before != len(self.others):
            before = len(self.others)
            for table in self._tables:
                for _, row in table.live:
                    if self._concerns_namesake(row):
                        self.others |= {iri for iri in row.described_iris if self._names.is_in(iri)}

    def _concerns_namesake(self, row: TableRow) -> bool:
        """Return whether a row describes or names one of `others`."""
        return bool(self.others) and not self.others.isdisjoint(
            {*row.described_iris, *(thing for _, _, thing in row.names())}
        )

    def _drop_rows(self) -> bool:
        """Delete the rows that must go and add what no row describes any more to `gone`; return whether any went."""
        lost: set[str] = set()
        for table in self._tables:
            judged = [(self._must_drop(row), record, row) for record, row in table.live]
            table.dropped += [record for goes, record, _ in judged if goes]
            table.live = [(record, row) for goes, record, row in judged if not goes]
            lost |= {thing for goes, _, row in judged if goes for thing in row.described_iris}
        if lost:
            self.gone |= lost - {
                thing for table in self._tables for _, row in table.live for thing in row.described_iris
            }
        return bool(lost)

    def _must_drop(self, row: TableRow) -> bool:
        """Whether a row describes a removed thing, or has lost the last value of a required column."""
        if not self.gone.isdisjoint(row.described_iris):
            return True
        lost = {column.name for column, _, thing in row.names() if column.required and thing in self.gone}
        left = {column.name for column, _, thing in row.names() if thing not in self.gone}
        return bool(lost - left)

    def _write_table(self, table: _EditedTable) -> None:
        """Drop rows of a table, empty optional cells that refer to what is removed, and mask the name in the others."""
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
        """Return the new texts of the cells of a row that name a thing in `gone`, by column."""
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
        """Replace the name in the cells of a record, by the code where a cell is part of an IRI; return how many."""
        in_iris = {column.name for column in table.kind.cells if column.value or column.in_address}
        coded = {at for name, at in table.records.columns.items() if name in in_iris}
        cells = [
            self._names.masked(cell, self._code if at in coded else self._mark, self._code)
            for at, cell in enumerate(record.cells)
        ]
        changed = iter(cells)
        return table.records.rewrite(record, lambda _: next(changed))

    def _write_turtle(self, path: Path) -> None:
        """Delete the statements of a Turtle file about things in `gone`, and replace the name in the rest."""
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
        """Return the triple, as Turtle, of how many rows of the source in `path` were deleted, now and before.

        It is "" where the ontology does not have the property. A source states how many rows to expect of its tables:
        without this number the build would report the deleted ones as missing.
        """
        source = ox.NamedNode(f"{DEFAULT_BASE}source/{path.parent.name}")
        rows = sum(len(table.dropped) for table in self._tables if table.path.parent == path.parent)
        is_declared = any(b"ol:rowsRemoved" in path.read_bytes() for path in self._content.ontology)
        if not rows or not is_declared or all(quad.subject != source for quad in quads):
            return ""
        before = [
            quad.object.value
            for quad in quads
            if quad.predicate == _ROWS_REMOVED and isinstance(quad.object, ox.Literal)
        ]
        return f"\n{source} {_ROWS_REMOVED} {rows + sum(map(int, before))} .\n"

    def _names_removed_thing(self, quad: ox.Quad) -> bool:
        iris = (node.value for node in (quad.subject, quad.object) if isinstance(node, ox.NamedNode))
        return any(iri.removeprefix(DEFAULT_BASE) in self.gone for iri in iris)

    def _write_register(self) -> None:
        """Replace the name in the register of corrections, which holds earlier values of cells."""
        path = self._content.register(CORRECTIONS)
        if path.is_file():
            kind = register_kind(self._content, CORRECTIONS)
            records, count = CsvEditor(path.read_bytes(), self._content.place(path), kind), RedactionCounts()
            for record in records.rows:
                count.replaced += records.rewrite(record, lambda cell: self._names.masked(cell, self._mark, self._code))
            self._keep(path, bytes(records), count)

    def _other_files(self) -> Iterator[Path]:
        """Yield the other files of the content, except the former names of places, which name no person."""
        done = {*self._content.data, *self._content.tables}
        done |= {self._content.register(stem) for stem in (REMOVALS, CORRECTIONS)}
        for path in (path for folder in FOLDERS for path in self._content.files(f"{folder}/**/*")):
            if path not in done and path.parent != self._content.root / "data" / FORMER_NAMES_FOLDER:
                yield path

    def _write_text(self, path: Path) -> None:
        """Mask the name in a text file; leave a file that is not UTF-8."""
        try:
            text = to_nfc(path.read_bytes().decode("utf-8"))
        except UnicodeDecodeError:
            return
        text, replaced = self._masked(text)
        self._keep(path, text.encode(), RedactionCounts(replaced=replaced))

    def _masked(self, text: str) -> tuple[str, int]:
        """Return a text with the name replaced, and the number of lines that changed."""
        masked = self._names.masked(text, self._mark, self._code)
        return masked, sum(old != new for old, new in zip(text.splitlines(), masked.splitlines(), strict=False))

    def _keep(self, path: Path, text: bytes, count: RedactionCounts) -> None:
        """Keep the new bytes of a file and the counts of its changes, if it changed."""
        if count != RedactionCounts():
            self.files[path] = text
            self.counts[self._content.place(path)] = count
