"""The things that a row of a table describes and refers to, as IRIs relative to the base, such as ``body/a``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orgline.content.csvw import TEMPLATE_VARIABLE, Column, TableKind
from orgline.content.tree import DEFAULT_BASE, Content

_PREFIXED_NAME = re.compile(r"([A-Za-z][\w-]*):([^/].*)")


@dataclass(frozen=True)
class TableRow:
    """A row of a table: the kind of table, its folder, and its cells by column without the empty ones."""

    kind: TableKind
    source: str
    cells: Mapping[str, str]
    content: Content

    @property
    def described_iris(self) -> set[str]:
        """The subjects of the row's triples: its own thing and, in a table with evidence, its claim."""
        templates = {self.kind.about, *(column.about for column in self.kind.columns if column.about)}
        return {self._filled(template, self._values()) for template in templates}

    def names(self) -> Iterator[tuple[Column, str, str]]:
        """Yield each value that refers to a thing: its column, the value, the thing."""
        values = self._values()
        for column in self.kind.cells:
            cell = values.get(column.name)
            if cell and column.value:
                for part in cell_values(cell, column):
                    yield column, part, self._filled(column.value, {**values, column.name: part})

    @property
    def key(self) -> str:
        """The cells of the primary key joined by slashes; empty if the kind has none."""
        return "/".join(self.cells.get(name, "") for name in self.kind.key)

    def _values(self) -> dict[str, str]:
        values = {column.name: column.default for column in self.kind.cells if column.default is not None}
        values |= {**self.cells, "_source": self.source}
        return values | {"_about": _fill(self.kind.about, values)}

    def _filled(self, template: str, values: Mapping[str, str]) -> str:
        return shorten_iri(_fill(template, values), self.content)


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Return a URI template with `values`; a variable without a value becomes nothing, as in RFC 6570."""
    return TEMPLATE_VARIABLE.sub(lambda variable: values.get(variable[1], ""), template)


def cell_values(cell: str, column: Column) -> list[str]:
    """Return the values of a cell: several if the column holds lists."""
    parts = cell.split(column.separator) if column.separator else [cell]
    return [part.strip() for part in parts if part.strip()]


def shorten_iri(name: str, content: Content) -> str:
    """Return a relative, full or prefixed IRI without the base; one of another base in full."""
    declared = _PREFIXED_NAME.fullmatch(name)
    if declared and declared[1] in content.prefixes:
        name = content.prefixes[declared[1]] + declared[2]
    return name.removeprefix(DEFAULT_BASE)
