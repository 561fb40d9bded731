"""Tables: what CSVW metadata says of them, read, checked and turned into triples by columns.

The metadata (ontology/tables/*.json) is CSV on the Web (W3C, 2015) with five extensions, described in
ontology/tables/README.md: ``ol:extends``, ``ol:bounds`` and the template variables ``_source``, ``_about``.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from orgline.content import Content
from orgline.dates import bounds
from orgline.errors import CannotRun, Problem
from orgline.words import composed, meant

_VARIABLE = re.compile(r"\{\+?(\w+)\}")
_IRI_SAFE = r"^[^\s<>\"{}|\\^`\x00-\x20]*$"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_PATTERNS = {
    "integer": r"[+-]?\d+",
    "decimal": r"[+-]?\d+(\.\d+)?",
    "boolean": r"true|false",
    "anyURI": r"https?://\S+",
}
_TYPE_WORDS = {
    "integer": "a whole number such as 24",
    "decimal": "a number such as 78.14 (no thousands separator, a point for decimals)",
    "boolean": "true or false",
    "anyURI": "an address that begins with http:// or https://",
    "date": "a day such as 2022-06-16",
}


@dataclass(frozen=True)
class Column:
    """One column as the metadata describes it; a virtual one has no cells."""

    name: str
    titles: tuple[str, ...] = ()
    required: bool = False
    virtual: bool = False
    about: str | None = None
    property: str | None = None
    value: str | None = None
    lang: str | None = None
    base: str = "string"
    datatype: str | None = None
    format: str | None = None
    separator: str | None = None
    default: str | None = None
    bounds: tuple[str, str] | None = None
    suppressed: bool = False

    @classmethod
    def read(cls, spec: Mapping[str, Any], number: int) -> Column:
        """Return the column that `spec`, one column object of CSVW, describes."""
        datatype = spec.get("datatype", "string")
        if isinstance(datatype, str):
            datatype = {"base": datatype}
        return cls(
            name=spec.get("name", f"_column{number}"),
            titles=_titles(spec.get("titles", ())),
            required=spec.get("required", False),
            virtual=spec.get("virtual", False),
            about=spec.get("aboutUrl"),
            property=spec.get("propertyUrl"),
            value=spec.get("valueUrl"),
            lang=spec.get("lang"),
            base=datatype.get("base", "string"),
            datatype=datatype.get("@id"),
            format=datatype.get("format"),
            separator=spec.get("separator"),
            default=spec.get("default"),
            bounds=tuple(spec["ol:bounds"]) if "ol:bounds" in spec else None,
            suppressed=spec.get("suppressOutput", False),
        )


@dataclass(frozen=True)
class TableKind:
    """What a table of one stem may hold and how its rows become triples."""

    stem: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> list[Column]:
        """The columns that have cells."""
        return [column for column in self.columns if not column.virtual]


@dataclass
class Mapped:
    """What a table became: N-Triples lines, the things it names and those it refers to.

    `origins` has columns iri and place (where a node was first described), `references` iri and place
    (every cell that names a node), both polars frames.
    """

    triples: list[pl.Series]
    origins: pl.DataFrame
    references: pl.DataFrame


def read_kinds(content: Content) -> dict[str, TableKind]:
    """Return the kinds of table that the content describes, by stem.

    Raises CannotRun when a description is no JSON or extends one that does not exist.
    """
    raw = {path.stem: _read_json(path, content) for path in content.table_descriptions}
    kinds = {}
    for stem, spec in raw.items():
        parent = spec.get("ol:extends")
        if parent is not None and parent not in raw:
            raise CannotRun(
                f"ontology/tables/{stem}.json: extends {parent}, which is not there.{meant(parent, raw)} Correct it."
            )
        if "url" in spec:
            inherited = raw[parent]["tableSchema"] if parent else {}
            kinds[stem] = _kind(stem, spec, inherited)
    return kinds


def _kind(stem: str, spec: Mapping[str, Any], inherited: Mapping[str, Any]) -> TableKind:
    schema = spec["tableSchema"]
    own = [Column.read(column, number) for number, column in enumerate(schema["columns"])]
    names = {column.name for column in own}
    about = inherited.get("aboutUrl")
    extra = [
        Column.read({"aboutUrl": about, **column}, 100 + number)
        for number, column in enumerate(inherited.get("columns", ()))
        if column.get("name") not in names
    ]
    key = schema.get("primaryKey", [])
    return TableKind(
        stem, schema["aboutUrl"], (key,) if isinstance(key, str) else tuple(key), (*own, *extra), spec["dc:title"]
    )


def _read_json(path: Path, content: Content) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CannotRun(f"{content.place(path)}: is no JSON ({error}). Correct that line.") from error


def _titles(titles: Any) -> tuple[str, ...]:
    if isinstance(titles, str):
        return (titles,)
    if isinstance(titles, Mapping):
        return tuple(title for value in titles.values() for title in _titles(value))
    return tuple(titles)


def read_frame(path: Path, place: str, kind: TableKind) -> tuple[pl.DataFrame | None, list[Problem]]:
    """Return the cells of a CSV file as trimmed composed strings with a ``_row`` column, and its problems.

    A BOM, Excel's semicolons and decomposed letters are put right; the frame is None if it can't be read.
    """
    raw = path.read_bytes()
    if not raw.strip():
        return None, [Problem(place, "is empty", f"Give it a header row ({_header(kind)}) or delete the file")]
    try:
        text = composed(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8 text (line {line}); it may be Windows-1258 or UTF-16"
        return None, [Problem(place, what, 'In Excel choose "Save as, CSV UTF-8"')]
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        frame = pl.read_csv(
            io.StringIO(text).getvalue().encode(), separator=separator, infer_schema=False, truncate_ragged_lines=False
        )
    except pl.exceptions.PolarsError as error:
        why = str(error).split("\n", 1)[0]
        return None, [Problem(place, f"cannot be read as a table ({why})", "Give each row as many cells as the header")]
    frame = frame.with_columns(pl.all().str.strip_chars().replace("", None)).with_row_index("_row", offset=2)
    frame = frame.filter(~pl.all_horizontal(pl.exclude("_row").is_null()))
    return _named(frame, place, kind)


def _header(kind: TableKind) -> str:
    return ",".join(column.name for column in kind.cells)


def _named(frame: pl.DataFrame, place: str, kind: TableKind) -> tuple[pl.DataFrame | None, list[Problem]]:
    """Return `frame` with the columns called by their names, and problems of unknown or missing ones."""
    known = {title.strip().casefold(): column.name for column in kind.cells for title in (column.name, *column.titles)}
    problems, names = [], {}
    for header in frame.columns[1:]:
        name = known.get(composed(header).strip().casefold())
        if name is None:
            todo = meant(header, known) or f"The columns are {_header(kind)}"
            problems.append(Problem(f"{place} row 1", f'has an unknown column "{header}"', todo.strip()))
        elif name in names.values():
            problems.append(Problem(f"{place} row 1", f'has the column "{header}" twice', "Keep one of them"))
        else:
            names[header] = name
    for column in kind.cells:
        if column.required and column.name not in names.values():
            problems.append(Problem(f"{place} row 1", f'has no column "{column.name}"', "Add it; it is required"))
    if problems:
        return None, problems
    frame = frame.rename(names)
    absent = [column for column in kind.cells if column.name not in frame.columns]
    return frame.with_columns(
        [pl.lit(None, dtype=pl.String).alias(column.name) for column in absent]
    ), []


def check_frame(frame: pl.DataFrame, place: str, kind: TableKind) -> list[Problem]:
    """Return the problems of the cells: missing, of a wrong type or form, duplicate keys."""
    problems: list[Problem] = []
    for column in kind.cells:
        where = f"column {column.name}"
        if column.required and column.default is None:
            for row in frame.filter(pl.col(column.name).is_null())["_row"]:
                problems.append(Problem(f"{place} row {row}, {where}", "is empty", "It is required: fill it"))
        cells = _cells(frame, column).filter(pl.col("cell").is_not_null())
        problems += [
            Problem(f"{place} row {row}, {where}", f'"{cell}" is not {_wanted(column)}', "Correct the cell")
            for row, cell in _wrong(cells, column).iter_rows()
        ]
    return problems + _duplicates(frame, place, kind)


def _cells(frame: pl.DataFrame, column: Column) -> pl.DataFrame:
    """Return columns _row and cell: the cells of `column`, its default filled in, lists one value a row."""
    cells = frame.select("_row", pl.col(column.name).fill_null(column.default).alias("cell"))
    if column.separator:
        cells = cells.with_columns(pl.col("cell").str.split(column.separator)).explode("cell")
        cells = cells.with_columns(pl.col("cell").str.strip_chars()).filter(pl.col("cell") != "")
    return cells


def _wrong(cells: pl.DataFrame, column: Column) -> pl.DataFrame:
    """Return the rows of `cells` that do not have the form the column asks for."""
    pattern = column.format or _PATTERNS.get(column.base)
    wrong = [cells.filter(~pl.col("cell").str.contains(f"^(?:{pattern})$"))] if pattern else []
    if column.value and not column.format:
        wrong.append(cells.filter(~pl.col("cell").str.contains(_IRI_SAFE)))
    if _is_date(column):
        bad = [text for text in cells["cell"].unique() if not _is_possible(text, column)]
        wrong.append(cells.filter(pl.col("cell").is_in(bad)))
    return pl.concat(wrong).unique(maintain_order=True) if wrong else cells.clear()


def _is_date(column: Column) -> bool:
    return column.base == "date" or bool(column.datatype and column.datatype.endswith("EDTF"))


def _is_possible(text: str, column: Column) -> bool:
    try:
        low, high = bounds(text)
    except ValueError:
        return False
    return column.base != "date" or (low is not None and low == high and len(text) == 10)


def _wanted(column: Column) -> str:
    if column.base in _TYPE_WORDS:
        return _TYPE_WORDS[column.base]
    if _is_date(column):
        return "a date that exists, written as in EDTF (2023-09-14, 2023-09, 2023~, [2022..2024], 2022/2025)"
    if column.format and re.fullmatch(r"[\w|-]+", column.format):
        return "one of " + ", ".join(column.format.split("|"))
    return f"of the form {column.format}" if column.format else "usable in an address (no spaces, quotes or brackets)"


def _duplicates(frame: pl.DataFrame, place: str, kind: TableKind) -> list[Problem]:
    if not kind.key:
        return []
    again = frame.filter(pl.struct(kind.key).is_duplicated()).group_by(kind.key, maintain_order=True).agg("_row")
    return [
        Problem(
            f"{place} row {rows[1]}",
            f'has the key "{"/".join(str(part) for part in key)}" of row {rows[0]} again',
            "Give each row a key of its own, or put the two together",
        )
        for *key, rows in again.iter_rows()
        if None not in key
    ]


def map_frame(
    frame: pl.DataFrame, place: str, source: str, kind: TableKind, content: Content, base: str
) -> Mapped:
    """Return the triples of a checked `frame` whose folder is `source`; IRIs are minted under `base`."""
    about = _template(kind.about, source, None)
    frame = frame.with_columns(_about=about)
    lines, origins, references = [], [], []
    for column in kind.columns:
        if column.suppressed or not column.property:
            continue
        mapped, named = _map_column(frame, column, source, content, base)
        lines.append(mapped["line"])
        origins.append(mapped.select(iri="subject", place=pl.format("{} row {}", pl.lit(place), "_row")))
        if named is not None and not column.virtual:
            where = pl.format("{} row {}, column {}", pl.lit(place), "_row", pl.lit(column.name))
            references.append(named.select(iri="object", place=where))
    empty = pl.DataFrame(schema={"iri": pl.String, "place": pl.String})
    return Mapped(
        lines,
        pl.concat(origins).unique("iri", keep="first", maintain_order=True) if origins else empty,
        pl.concat(references) if references else empty,
    )


def _map_column(
    frame: pl.DataFrame, column: Column, source: str, content: Content, base: str
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Return _row, subject and N-Triples line of each cell, and (for references) subject and object."""
    name = None if column.virtual else column.name
    if name:
        frame = frame.with_columns(pl.col(name).fill_null(column.default)).filter(pl.col(name).is_not_null())
        if column.separator:
            frame = frame.with_columns(pl.col(name).str.split(column.separator)).explode(name)
            frame = frame.with_columns(pl.col(name).str.strip_chars()).filter(pl.col(name) != "")
    frame = frame.with_columns(
        subject=_iri(_template(column.about, source, name) if column.about else pl.col("_about"), base)
    )
    predicate = f"<{content.expand(column.property or '')}>"
    if column.value:
        frame = frame.with_columns(object=_template(column.value, source, name))
        frame = frame.with_columns(object=_expanded(frame["object"], content, base))
        rendered = pl.format("<{}>", "object")
    else:
        rendered = _literal(pl.col(name or ""), column)
    line = pl.format("<{}> {} {} .", "subject", pl.lit(predicate), rendered)
    mapped = frame.with_columns(line=line).select("_row", "subject", "line", *(["object"] if column.value else []))
    if column.bounds and name:
        mapped = pl.concat([mapped, *_bound_lines(frame, column, name, content)])
    return mapped, mapped if column.value else None


def _template(template: str, source: str, name: str | None) -> pl.Expr:
    """Return the expression that fills a URI template from the columns of a frame."""
    names = _VARIABLE.findall(template)
    text = _VARIABLE.sub("{}", template)
    return pl.format(text, *(pl.lit(source) if one == "_source" else pl.col(one) for one in names)) if names else pl.lit(template)


def _iri(relative: pl.Expr, base: str) -> pl.Expr:
    return pl.when(relative.str.contains("^https?://")).then(relative).otherwise(pl.lit(base) + relative)


def _expanded(values: pl.Series, content: Content, base: str) -> pl.Series:
    """Return `values` as IRIs: full ones as they are, ``prefix:local`` expanded, others below `base`."""
    full = {}
    for value in values.unique():
        prefix = value.partition(":")[0]
        if value.startswith(("http://", "https://")):
            full[value] = value
        elif prefix != value and prefix in content.prefixes:
            full[value] = content.expand(value)
        else:
            full[value] = base + value
    return values.replace_strict(full, return_dtype=pl.String) if full else values


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


def _bound_lines(frame: pl.DataFrame, column: Column, name: str, content: Content) -> Iterator[pl.DataFrame]:
    """Yield the lines of the first and of the last day that each date of a column allows."""
    assert column.bounds
    for number, term in enumerate(column.bounds):
        days = {text: day.isoformat() for text in frame[name].unique() if (day := bounds(text)[number])}
        bound = frame.with_columns(day=pl.col(name).replace_strict(days, default=None, return_dtype=pl.String))
        line = pl.format('<{}> <{}> "{}"^^<{}> .', "subject", pl.lit(content.expand(term)), "day", pl.lit(_XSD + "date"))
        yield bound.filter(pl.col("day").is_not_null()).with_columns(line=line).select("_row", "subject", "line")


def joined(mapped: Iterable[Mapped]) -> bytes:
    """Return all lines of `mapped` as one N-Triples document."""
    series = [lines for one in mapped for lines in one.triples]
    return ("\n".join(pl.concat(series).unique().to_list()) + "\n").encode() if series else b""
