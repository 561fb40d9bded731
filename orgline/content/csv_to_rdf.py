"""Mapping: checked cells become N-Triples lines, a column at a time, as their CSVW metadata says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from orgline.content.csv_reader import explode_lists, with_default
from orgline.content.csvw import TEMPLATE_VARIABLE, Column, TableKind
from orgline.content.tree import Content
from orgline.text import bounds

RDF_TYPE_NAME = "rdf:type"
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass
class MappedTable:
    """What tables of one kind became: N-Triples lines, the things they name and those they refer to.

    `origins` has columns iri and place (where a node was described), `references` iri and place
    (each cell that names a node), both polars frames.
    """

    lines: list[pl.Series]
    origins: pl.DataFrame
    references: pl.DataFrame


def map_frame(frame: pl.DataFrame, kind: TableKind, content: Content, base: str) -> MappedTable:
    """Return the triples of a checked `frame`; IRIs are minted under `base`.

    The frame has, beside the cells, the columns ``_row``, ``_place`` (the file) and ``_source`` (its folder).
    """
    frame = frame.with_columns(
        _fill_template(kind.about).alias("_about"), pl.format("{} row {}", "_place", "_row").alias("_where")
    )
    told = [column for column in kind.columns if column.property and not column.suppressed]
    single = [column for column in told if not column.separator]
    listed = [column for column in told if column.separator]
    mapper = _ColumnMapper(kind, content, base)
    parts = [mapper.map(frame, single), *(mapper.map(explode_lists(frame, column), [column]) for column in listed)]
    return MappedTable(
        [series for part in parts for series in part.lines],
        pl.concat([part.origins for part in parts]).unique("iri", keep="first", maintain_order=True),
        pl.concat([part.references for part in parts]),
    )


def quads_by_source(frame: pl.DataFrame, kind: TableKind, content: Content, base: str) -> bytes:
    """Return, as N-Quads, what each folder says of the things that several of them describe in this kind of table.

    The graph of each line is the folder that says it. Once merged, nothing else tells whose word a date is.
    """
    if frame["_source"].n_unique() < 2:
        return b""
    about = frame.select("_source", about=_fill_template(kind.about))
    several = frame.filter(about.select(pl.col("_source").n_unique().over("about") > 1).to_series())
    quads = [
        line.removesuffix(b".") + f"<{base}source/{folder}> .\n".encode()
        for (folder,), rows in sorted(several.group_by("_source"))
        for line in to_ntriples([map_frame(rows, kind, content, base)]).splitlines()
    ]
    return b"".join(quads)


@dataclass
class _ColumnMapper:
    """Maps the columns of one kind of table."""

    kind: TableKind
    content: Content
    base: str

    @property
    def columns(self) -> dict[str, Column]:
        """The columns that have cells, by name."""
        return {column.name: column for column in self.kind.cells}

    def map(self, frame: pl.DataFrame, columns: list[Column]) -> MappedTable:
        """Return what `columns` of `frame` become, in one pass over the frame."""
        lines = [line for column in columns for line in self._lines(frame, column)]
        rendered = frame.select("_where", **{f"line{number}": line for number, line in enumerate(lines)})
        subjects = {column.about or self.kind.about for column in columns}
        origins = [frame.select(iri=self._iri(about), place="_where") for about in sorted(subjects)]
        named = {column.name: self._iri(column.value) for column in columns if column.value and not column.virtual}
        implied = {
            column.name: self._iri(column.value)
            for column in columns
            if column.value and column.virtual and column.property != RDF_TYPE_NAME
        }
        references = pl.concat(
            [
                _referenced_iris(frame, named, pl.format("{}, column {}", "_where", "column")),
                _referenced_iris(frame, implied, pl.col("_place")),
            ]
        )
        return MappedTable(rendered.get_columns()[1:], pl.concat(origins), references)

    def _lines(self, frame: pl.DataFrame, column: Column) -> Iterator[pl.Expr]:
        """Yield the expressions of the lines of `column`; a line is null where the cell is empty."""
        subject = self._iri(column.about or self.kind.about)
        predicate = pl.lit(f"<{self.content.expand(column.property or '')}>")
        if column.value:
            yield pl.format("<{}> {} <{}> .", subject, predicate, self._iri(column.value))
        else:
            yield pl.format("<{}> {} {} .", subject, predicate, _literal(with_default(column), column))
        for number, term in enumerate(column.bounds or ()):
            days = {text: day.isoformat() for text in frame[column.name].unique() if (day := _date_bound(text, number))}
            day = pl.col(column.name).replace_strict(days, default=None, return_dtype=pl.String)
            date = pl.lit(_XSD + "date")
            yield pl.format('<{}> <{}> "{}"^^<{}> .', subject, pl.lit(self.content.expand(term)), day, date)

    def _iri(self, template: str) -> pl.Expr:
        """Return the expression of a URI template as full IRI."""
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


def _referenced_iris(frame: pl.DataFrame, named: dict[str, pl.Expr], place: pl.Expr) -> pl.DataFrame:
    """Return the IRIs that some columns name, each with its place."""
    if not named:
        return pl.DataFrame(schema={"iri": pl.String, "place": pl.String})
    return (
        frame.select("_where", "_place", **named)
        .unpivot(index=["_where", "_place"], variable_name="column", value_name="iri")
        .drop_nulls("iri")
        .select("iri", place=place)
        .unique(maintain_order=True)
    )


def _date_bound(text: str | None, number: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return bounds(text)[number] if text else None


def _fill_template(template: str, columns: dict[str, Column] | None = None) -> pl.Expr:
    """Return the expression that fills a URI template from the columns of a frame."""
    names = TEMPLATE_VARIABLE.findall(template)
    if not names:
        return pl.lit(template)
    known = columns or {}
    return pl.format(
        TEMPLATE_VARIABLE.sub("{}", template),
        *(with_default(known[name]) if name in known else pl.col(name) for name in names),
    )


def _literal(cell: pl.Expr, column: Column) -> pl.Expr:
    """Return the expression of a cell as an N-Triples literal."""
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
    """Return all lines of `mapped` as one N-Triples document."""
    series = [lines for one in mapped for lines in one.lines]
    return ("\n".join(pl.concat(series).drop_nulls().unique().sort().to_list()) + "\n").encode() if series else b""
