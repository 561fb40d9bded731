"""Tables: what CSVW metadata says of each kind of them.

The metadata (ontology/tables/*.json) is CSV on the Web (W3C, 2015) with extensions, described in
ontology/tables/README.md: ``ol:extends``, ``ol:bounds``, ``ol:names``, ``ol:removable`` and the variables ``_source``
and ``_about``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orgline.content.tree import Content
from orgline.text import CannotRun, ContentError, Problem, suggestion_for

TEMPLATE_VARIABLE = re.compile(r"\{\+?(\w+)\}")


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
    in_address: bool = False

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
    """What a table of one stem may hold and how its rows become triples.

    `names` are the classes whose names it has, `removable` says that its things can be taken out with all their names.
    """

    stem: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    titles: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    removable: bool = False

    @property
    def cells(self) -> list[Column]:
        """The columns that have cells."""
        return [column for column in self.columns if not column.virtual]


def read_table_kinds(content: Content) -> dict[str, TableKind]:
    """Return the kinds of table that the content describes, by stem.

    Raises CannotRun when a description is no JSON or extends one that does not exist, ContentError when
    a prefix in it is not declared.
    """
    raw = {path.stem: _read_json(path, content) for path in content.table_descriptions}
    kinds = {}
    for stem, spec in raw.items():
        parent = spec.get("ol:extends")
        if parent is not None and parent not in raw:
            raise CannotRun(
                f"ontology/tables/{stem}.json: extends {parent}, which is not there."
                f"{suggestion_for(parent, raw)} Correct it."
            )
        if "url" in spec:
            inherited = raw[parent]["tableSchema"] if parent else {}
            kinds[stem] = _table_kind(stem, spec, inherited)
    problems = [problem for kind in kinds.values() for problem in _undeclared_prefixes(kind, content)]
    if problems:
        raise ContentError(problems)
    return kinds


def _undeclared_prefixes(kind: TableKind, content: Content) -> Iterator[Problem]:
    """Yield a problem for each name with a prefix that nobody has declared."""
    for column in kind.columns:
        for name in (column.property, *(column.bounds or ())):
            try:
                content.expand(name or "https://schema.org/")
            except KeyError as error:
                place = f"ontology/tables/{kind.stem}.json"
                yield Problem(place, f"in column {column.name} {error.args[0]}", "Declare it in ontology/prefixes.ttl")


def _table_kind(stem: str, spec: Mapping[str, Any], inherited: Mapping[str, Any]) -> TableKind:
    schema = spec["tableSchema"]
    own = [Column.read(column, number) for number, column in enumerate(schema["columns"])]
    names = {column.name for column in own}
    about = inherited.get("aboutUrl")
    extra = [
        Column.read({"aboutUrl": about, **column}, 100 + number)
        for number, column in enumerate(inherited.get("columns", ()))
        if column.get("name") not in names
    ]
    columns = (*own, *extra)
    templates = " ".join(
        filter(None, (schema["aboutUrl"], *(part for one in columns for part in (one.about, one.value))))
    )
    named = set(TEMPLATE_VARIABLE.findall(templates))
    columns = tuple(replace(column, in_address=column.name in named) for column in columns)
    key = schema.get("primaryKey", [])
    keys = (key,) if isinstance(key, str) else tuple(key)
    named_in, removable = tuple(spec.get("ol:names", ())), spec.get("ol:removable", False)
    return TableKind(stem, schema["aboutUrl"], keys, columns, spec["dc:title"], named_in, removable)


def _read_json(path: Path, content: Content) -> dict[str, Any]:
    try:
        spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CannotRun(f"{content.place(path)}: is no JSON ({error}). Correct that line.") from error
    return spec


def _titles(titles: Any) -> tuple[str, ...]:
    if isinstance(titles, str):
        return (titles,)
    if isinstance(titles, Mapping):
        return tuple(title for value in titles.values() for title in _titles(value))
    return tuple(titles)
