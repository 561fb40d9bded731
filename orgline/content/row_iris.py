"""Rows: which things a row of a table describes, and which it names; IRIs below the base as ``kind/name``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orgline.content.csvw import TEMPLATE_VARIABLE, Column, TableKind
from orgline.content.tree import DEFAULT_BASE, Content

_PREFIXED_NAME = re.compile(r"([A-Za-z][\w-]*):([^/].*)")


@dataclass(frozen=True)
class TableRow:
    """A row of a table: the kind of table, the folder it stands in, its cells by column, empty ones left out."""

    kind: TableKind
    source: str
    cells: Mapping[str, str]
    content: Content

    @property
    def described_iris(self) -> set[str]:
        """The things of which the row says something: its own and, where it has evidence, its claim."""
        templates = {self.kind.about, *(one.about for one in self.kind.columns if one.about)}
        return {self._filled(one, self._values()) for one in templates}

    def names(self) -> Iterator[tuple[Column, str, str]]:
        """Yield each value of a cell that names a thing: its column, the value, the thing."""
        values = self._values()
        for column in self.kind.cells:
            cell = values.get(column.name)
            if cell and column.value:
                for part in cell_values(cell, column):
                    yield column, part, self._filled(column.value, {**values, column.name: part})

    @property
    def key(self) -> str:
        """The cells of the key, as in "a/b"; empty if the kind has none."""
        return "/".join(self.cells.get(name, "") for name in self.kind.key)

    def _values(self) -> dict[str, str]:
        values = {one.name: one.default for one in self.kind.cells if one.default is not None}
        values |= {**self.cells, "_source": self.source}
        return values | {"_about": TEMPLATE_VARIABLE.sub(lambda one: values.get(one[1], ""), self.kind.about)}

    def _filled(self, template: str, values: Mapping[str, str]) -> str:
        return shorten_iri(TEMPLATE_VARIABLE.sub(lambda one: values.get(one[1], ""), template), self.content)


def cell_values(cell: str, column: Column) -> list[str]:
    """Return the values of a cell: several, where the column is one of lists."""
    parts = cell.split(column.separator) if column.separator else [cell]
    return [part.strip() for part in parts if part.strip()]


def shorten_iri(name: str, content: Content) -> str:
    """Return an IRI without the base; a full or a prefixed one of ours becomes ``kind/name`` too."""
    declared = _PREFIXED_NAME.fullmatch(name)
    if declared and declared[1] in content.prefixes:
        name = content.prefixes[declared[1]] + declared[2]
    return name.removeprefix(DEFAULT_BASE)
