"""Tables: what CSVW metadata says of each kind of them.

The metadata (ontology/tables/*.json) is CSV on the Web (W3C, 2015) with five extensions, described in
ontology/tables/README.md: ``ol:extends``, ``ol:bounds`` and the template variables ``_source``, ``_about``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orgline.content import Content
from orgline.errors import CannotRun
from orgline.words import meant


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
