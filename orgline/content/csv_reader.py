"""Reads CSV files as tables of texts, corrects what Excel does to them, and checks the cells by column."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import polars as pl

from orgline.content.csvw import LANG_VARIABLE, Column, TableKind
from orgline.content.languages import LANGUAGE_TAG
from orgline.text import Problem, bounds, suggestion_for, to_nfc

# What an IRI must not contain (RFC 3987): a cell that becomes part of one is refused, not encoded.
_IRI_SAFE = r"[^\s<>\"{}|\\^`\x00-\x20]*"
# Control characters other than tab, line feed and carriage return: XML and some programs cannot hold them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
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


def read_frame(path: Path, place: str, kind: TableKind) -> tuple[pl.DataFrame | None, list[Problem]]:
    """Return the table in a CSV file, and its problems; the table is None if it cannot be read.

    The frame has a column of texts for each column of `kind`, trimmed, in NFC, null where the cell is empty or the
    column is missing; and ``_row``, the row number that Excel shows. A byte-order mark and Excel's semicolons or tabs
    are accepted. `place` is the file's name in problems.
    """
    raw = path.read_bytes()
    if not raw.strip():
        return None, [Problem(place, "is empty", f"Give it a header row ({_header(kind)}) or delete the file")]
    try:
        text = to_nfc(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8 text (line {line}); it may be Windows-1258 or UTF-16"
        return None, [Problem(place, what, 'In Excel choose "Save as, CSV UTF-8"')]
    if bad := _CONTROL.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        what = f"has a control character (line {line}, code {ord(bad.group())})"
        return None, [Problem(place, what, "Delete it; it comes from copying out of a document")]
    records, problems = _numbered_rows(text, place)
    if problems or not records:
        return None, problems or [Problem(place, "is empty", f"Give it a header row ({_header(kind)})")]
    header = records[0][1]
    names, problems = _column_names(header, place, kind, {at for at, _ in enumerate(header) if _is_blank(records, at)})
    if problems:
        return None, problems
    cells = {"_row": [number for number, _ in records[1:]]}
    frame = pl.DataFrame(cells, schema={"_row": pl.UInt32}).with_columns(
        pl.Series(name, [record[at] for _, record in records[1:]], dtype=pl.String) for at, name in names.items()
    )
    frame = frame.with_columns(pl.exclude("_row").str.strip_chars().replace("", None))
    absent = [column.name for column in kind.cells if column.name not in frame.columns]
    frame = frame.with_columns([pl.lit(None, dtype=pl.String).alias(name) for name in absent])
    return frame.select("_row", *(column.name for column in kind.cells)), []


def _numbered_rows(text: str, place: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Return the rows of CSV text that are not blank, with the numbers that Excel shows, and the problems.

    A cell may hold line breaks, so the number of a row is not that of its line.
    """
    first = text.split("\n", 1)[0]
    rows: list[tuple[int, list[str]]] = []
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        for number, record in enumerate(reader, 1):
            if not any(cell.strip() for cell in record):
                continue
            if rows and len(record) != len(rows[0][1]):
                what = f"has {len(record)} cells, but the header has {len(rows[0][1])}"
                problems.append(Problem(f"{place} row {number}", what, "Give each row as many cells as the header"))
            rows.append((number, record))
    except csv.Error as error:
        problems.append(Problem(place, f"cannot be read as a table ({error})", "Look for a quotation mark left open"))
    return rows, problems


def _is_blank(records: list[tuple[int, list[str]]], at: int) -> bool:
    """Whether a column has neither a title nor cells: Excel leaves such columns behind."""
    return not any(record[at].strip() for _, record in records)


def _header(kind: TableKind) -> str:
    return ",".join(column.name for column in kind.cells)


def _column_names(
    header: list[str], place: str, kind: TableKind, blank: set[int]
) -> tuple[dict[int, str], list[Problem]]:
    """Return the names of the columns by position, and the problems: unknown, duplicate and missing columns."""
    known = column_titles(kind)
    problems: list[Problem] = []
    names: dict[int, str] = {}
    for at, title in enumerate(header):
        name = known.get(title.strip().casefold())
        if at in blank:
            continue
        if name is None:
            problems.append(_unknown_column(title, place, kind, known))
        elif name in names.values():
            problems.append(Problem(f"{place} row 1", f'has the column "{title}" twice', "Keep one of them"))
        else:
            names[at] = name
    missing = [column.name for column in kind.cells if column.required and column.name not in names.values()]
    if not problems:
        problems = [Problem(f"{place} row 1", f'has no column "{name}"', "Add it; it is required") for name in missing]
    return names, problems


def _unknown_column(title: str, place: str, kind: TableKind, known: dict[str, str]) -> Problem:
    """Return the problem of an unknown column; of one in a language that the content does not have, how to add it."""
    for pattern in dict.fromkeys(column.pattern for column in kind.cells if column.pattern):
        before, _, after = map(re.escape, pattern.partition(LANG_VARIABLE))
        column = re.fullmatch(f"{before}({LANGUAGE_TAG.pattern}){after}", title.strip())
        if column:
            what = f'has the column "{title}", but "{column[1]}" is no language of the content'
            todo = f'Add viz/words/{column[1]}.po, or name "{column[1]}" in data_only of viz/languages.toml'
            return Problem(f"{place} row 1", what, todo)
    todo = suggestion_for(title, known) or f"The columns are {_header(kind)}"
    return Problem(f"{place} row 1", f'has an unknown column "{title}"', todo.strip())


def column_titles(kind: TableKind) -> dict[str, str]:
    """Return the name of a column by each title that a header may give it, case-folded."""
    known = {title.strip().casefold(): column.name for column in kind.cells for title in column.titles}
    return known | {column.name.casefold(): column.name for column in kind.cells}


def check_frame(frame: pl.DataFrame, place: str, kind: TableKind) -> list[Problem]:
    """Return the problems of the cells of a frame of `read_frame`: missing, malformed and duplicate keys.

    A first pass finds the columns with any malformed cell, so that a table without mistakes is read once.
    """
    suspects = frame.select(**{column.name: _is_malformed(frame, column).any() for column in kind.cells}).row(
        0, named=True
    )
    problems: list[Problem] = []
    for column in kind.cells:
        where = f"column {column.name}"
        if column.required and column.default is None and frame[column.name].null_count():
            problems += [
                Problem(f"{place} row {row}, {where}", "is empty", "It is required: fill it")
                for row in frame.filter(pl.col(column.name).is_null())["_row"]
            ]
        if suspects[column.name]:
            cells = explode_lists(frame, column)
            problems += [
                Problem(f"{place} row {row}, {where}", f'"{cell}" is not {_expected_form(column)}', "Correct the cell")
                for row, cell in cells.filter(_is_malformed(cells, column, single=True))
                .select("_row", column.name)
                .iter_rows()
            ]
    return problems + _duplicates(frame, place, kind)


def explode_lists(frame: pl.DataFrame, column: Column) -> pl.DataFrame:
    """Return `frame` with one row for each value of `column`: its default filled in, lists split, no empty values."""
    name = column.name
    frame = frame.with_columns(with_default(column).alias(name)).filter(pl.col(name).is_not_null())
    if not column.separator:
        return frame
    frame = frame.with_columns(pl.col(name).str.split(column.separator)).explode(name)
    return frame.with_columns(pl.col(name).str.strip_chars()).filter(pl.col(name) != "")


def with_default(column: Column) -> pl.Expr:
    """Return the expression of the cells of `column`, its default in place of empty ones."""
    cells = pl.col(column.name)
    return cells if column.default is None else cells.fill_null(column.default)


def _is_malformed(frame: pl.DataFrame, column: Column, *, single: bool = False) -> pl.Expr:
    """Return the expression of whether a cell is malformed; of a list as a whole, unless `single` values are given."""
    if _is_date(column):
        bad = [text for text in frame[column.name].unique() if text and not _is_valid_date(text, column)]
        return pl.col(column.name).is_in(bad)
    pattern = column.format or _PATTERNS.get(column.base) or (_IRI_SAFE if column.in_address else None)
    if pattern is None:
        return pl.lit(value=False)
    whole = f"^(?:{pattern})$"  # polars searches anywhere in the cell
    if column.separator and not single:
        parts = pl.col(column.name).str.split(column.separator)
        return ~parts.list.eval(pl.element().str.strip_chars().str.contains(f"{whole}|^$")).list.all()
    return ~pl.col(column.name).str.contains(whole)


def _is_date(column: Column) -> bool:
    return column.base == "date" or bool(column.datatype and column.datatype.endswith("EDTF"))


def _is_valid_date(text: str, column: Column) -> bool:
    try:
        low, high = bounds(text)
    except ValueError:
        return False
    return column.base != "date" or (low is not None and low == high and len(text) == len("2022-06-16"))


def _expected_form(column: Column) -> str:
    """Return what a cell of `column` must be, to complete the sentence "is not …"."""
    if column.base in _TYPE_WORDS:
        return _TYPE_WORDS[column.base]
    if _is_date(column):
        return "a date that exists, written as in EDTF (2023-09-14, 2023-09, 2023~, [2022..2024], 2022/2025)"
    if column.format and re.fullmatch(r"[\w|-]+", column.format):
        return "one of " + ", ".join(column.format.split("|"))
    return f"of the form {column.format}" if column.format else "usable in an address (no spaces, quotes or brackets)"


def _duplicates(frame: pl.DataFrame, place: str, kind: TableKind) -> list[Problem]:
    """Return a problem for each row with the key of an earlier row."""
    if not kind.key:
        return []
    duplicates = frame.filter(pl.struct(kind.key).is_duplicated() & ~pl.any_horizontal(pl.col(kind.key).is_null()))
    return [
        Problem(
            f"{place} row {row}",
            f'has the key "{"/".join(key)}" of row {rows[0]} again',
            "Give each row a key of its own, or put the two together",
        )
        for *key, rows in duplicates.group_by(kind.key, maintain_order=True).agg("_row").iter_rows()
        for row in rows[1:]
    ]
