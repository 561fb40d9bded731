"""Maps checked tables to N-Triples, as their CSVW descriptions say.

A column is mapped at a time, as polars expressions on texts: a million rows take seconds, term by term minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from orgline.content.csv_reader import explode_lists, with_default
from orgline.content.csvw import TEMPLATE_VARIABLE, Column, TableKind
from orgline.content.tree import Content
from orgline.text import bounds

RDF_TYPE_NAME = "rdf:type"
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass
class MappedTable:
    """The N-Triples lines of tables of one kind, the nodes they describe and those they refer to.

    `origins` and `references` are frames with the columns iri and place: where each node is described (file and row),
    and each cell that refers to a node.
    """

    lines: list[pl.Series]
    origins: pl.DataFrame
    references: pl.DataFrame


def map_frame(
    frame: pl.DataFrame, kind: TableKind, content: Content, base: str, *, graphs: bool = False
) -> MappedTable:
    """Return the triples of a `frame` that has no problems; relative IRIs are resolved against `base`.

    The frame has the columns of `kind`, and ``_row``, ``_place`` (the file) and ``_source`` (its folder). With `graphs`
    the lines are quads, in the graph of the source that the folder holds.
    """
    frame = frame.with_columns(
        _fill_template(kind.about).alias("_about"), pl.format("{} row {}", "_place", "_row").alias("_where")
    )
    mapped = [column for column in kind.columns if column.property and not column.suppressed]
    single = [column for column in mapped if not column.separator]
    # Most lists are empty in most tables: to split them would take as long as all else.
    listed = [column for column in mapped if column.separator and _has_cells(frame, column)]
    mapper = _ColumnMapper(kind, content, base, graphs)
    parts = [mapper.map(frame, single), *(mapper.map(explode_lists(frame, column), [column]) for column in listed)]
    return MappedTable(
        [series for part in parts for series in part.lines],
        pl.concat([part.origins for part in parts]).unique("iri", keep="first", maintain_order=True),
        pl.concat([part.references for part in parts]),
    )


def quads_by_source(frame: pl.DataFrame, kind: TableKind, content: Content, base: str) -> bytes:
    """Return as N-Quads the statements of each folder on things that several folders describe in this kind of table.

    The graph of a quad is the source that the folder holds: in the merged graph nothing else says who gives a date.
    """
    if frame["_source"].n_unique() < 2:
        return b""
    about = frame.select("_source", about=_fill_template(kind.about))
    in_several = frame.filter(about.select(pl.col("_source").n_unique().over("about") > 1).to_series())
    return b"" if in_several.is_empty() else to_ntriples([map_frame(in_several, kind, content, base, graphs=True)])


def _has_cells(frame: pl.DataFrame, column: Column) -> bool:
    """Whether any cell of `column` has a value, its default included."""
    return column.default is not None or frame[column.name].null_count() < frame.height


@dataclass
class _ColumnMapper:
    """Maps the columns of one kind of table."""

    kind: TableKind
    content: Content
    base: str
    graphs: bool

    @property
    def columns(self) -> dict[str, Column]:
        """The columns that have cells, by name."""
        return {column.name: column for column in self.kind.cells}

    def map(self, frame: pl.DataFrame, columns: list[Column]) -> MappedTable:
        """Return the triples of `columns` of `frame`, in one pass over it."""
        lines = [line for column in columns for line in self._lines(frame, column)]
        rendered = frame.select("_where", **{f"line{number}": line for number, line in enumerate(lines)})
        subjects = {column.about or self.kind.about for column in columns}
        origins = [frame.select(iri=self._iri(about), place="_where") for about in sorted(subjects)]
        in_cells = {column.name: self._iri(column.value) for column in columns if column.value and not column.virtual}
        in_rows = {
            column.name: self._iri(column.value)
            for column in columns
            if column.value and column.virtual and column.property != RDF_TYPE_NAME
        }
        references = pl.concat(
            [
                _referenced_iris(frame, in_cells, pl.format("{}, column {}", "_where", "column")),
                _referenced_iris(frame, in_rows, pl.col("_place")),
            ]
        )
        return MappedTable(rendered.get_columns()[1:], pl.concat(origins), references)

    def _lines(self, frame: pl.DataFrame, column: Column) -> Iterator[pl.Expr]:
        """Yield the expressions of the lines of `column`, N-Triples without line ends; null where the cell is empty."""
        subject = self._iri(column.about or self.kind.about)
        predicate = pl.lit(f"<{self.content.expand(column.property or '')}>")
        if column.value:
            yield self._line("<{}> {} <{}>", subject, predicate, self._iri(column.value))
        else:
            yield self._line("<{}> {} {}", subject, predicate, _literal(with_default(column), column))
        for number, term in enumerate(column.bounds or ()):
            dates = {text: _date_bound(text, number) for text in frame[column.name].unique()}
            days = {text: day.isoformat() for text, day in dates.items() if day}
            bound = pl.col(column.name).replace_strict(days, default=None, return_dtype=pl.String)
            datatype = pl.lit(_XSD + "date")
            yield self._line('<{}> <{}> "{}"^^<{}>', subject, pl.lit(self.content.expand(term)), bound, datatype)

    def _line(self, template: str, *terms: pl.Expr) -> pl.Expr:
        """Return the expression of a statement: a triple, or a quad in the graph of the row's source."""
        if self.graphs:
            return pl.format(f"{template} <{self.base}source/{{}}> .", *terms, pl.col("_source"))
        return pl.format(f"{template} .", *terms)

    def _iri(self, template: str) -> pl.Expr:
        """Return the expression of the full IRI of a URI template.

        A template that begins with a variable may give a full, a prefixed or a relative IRI in each row.
        """
        value = _fill_template(template, self.columns)
        if template.startswith(("http://", "https://")):
            return value
        prefix, colon, rest = template.partition(":")
        if colon and prefix in self.content.prefixes:
            return pl.lit(self.content.prefixes[prefix]) + _fill_template(rest, self.columns)
        if not template.startswith("{"):
            return pl.lit(self.base) + value
        declared = value.str.extract(r"^([A-Za-z][\w-]*):[^/]")
        expanded = declared.replace_strict(self.content.prefixes, default=None, return_dtype=pl.String)
        return (
            pl.when(value.str.contains("^https?://"))
            .then(value)
            .when(expanded.is_not_null())
            .then(expanded + value.str.extract("^[^:]+:(.*)$"))
            .otherwise(pl.lit(self.base) + value)
        )


def _referenced_iris(frame: pl.DataFrame, columns: dict[str, pl.Expr], place: pl.Expr) -> pl.DataFrame:
    """Return the IRIs of some columns, given by their expressions, each with its place."""
    if not columns:
        return pl.DataFrame(schema={"iri": pl.String, "place": pl.String})
    return (
        frame.select("_where", "_place", **columns)
        .unpivot(index=["_where", "_place"], variable_name="column", value_name="iri")
        .drop_nulls("iri")
        .select("iri", place=place)
        .unique(maintain_order=True)
    )


def _date_bound(text: str | None, number: int) -> date | None:
    """Return the first (0) or last (1) day that an EDTF text allows."""
    return bounds(text)[number] if text else None


def _fill_template(template: str, columns: dict[str, Column] | None = None) -> pl.Expr:
    """Return the expression that fills a URI template from a frame, with the defaults of `columns`."""
    names = TEMPLATE_VARIABLE.findall(template)
    if not names:
        return pl.lit(template)
    known = columns or {}
    return pl.format(
        TEMPLATE_VARIABLE.sub("{}", template),
        *(with_default(known[name]) if name in known else pl.col(name) for name in names),
    )


def _literal(cell: pl.Expr, column: Column) -> pl.Expr:
    """Return the expression of a cell as an N-Triples literal: quotes, backslashes and line breaks are escaped."""
    escaped = (
        cell.str.replace_all("\\", "\\\\", literal=True)
        .str.replace_all('"', '\\"', literal=True)
        .str.replace_all("\n", "\\n", literal=True)
        .str.replace_all("\r", "\\r", literal=True)
    )
    if column.lang:
        return pl.format('"{}"@{}', escaped, pl.lit(column.lang))
    datatype = column.datatype or (None if column.base == "string" else _XSD + column.base)
    return pl.format('"{}"^^<{}>', escaped, pl.lit(datatype)) if datatype else pl.format('"{}"', escaped)


def to_ntriples(mapped: Iterable[MappedTable]) -> bytes:
    """Return the lines of `mapped` as one N-Triples document, sorted, each line once."""
    series = [lines for table in mapped for lines in table.lines]
    return ("\n".join(pl.concat(series).drop_nulls().unique().sort().to_list()) + "\n").encode() if series else b""
