"""Reads the descriptions of kinds of table.

A description (ontology/tables/*.json) is metadata of CSV on the Web (W3C, 2015) with extensions, described in
ontology/tables/README.md: ``ol:extends``, ``ol:bounds``, ``ol:names``, ``ol:removable`` and the variables ``_source``,
``_about``, ``_lang`` and ``_language``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orgline.content.languages import Languages
from orgline.content.tree import Content
from orgline.text import CannotRun, ContentError, Problem, suggestion_for

TEMPLATE_VARIABLE = re.compile(r"\{\+?(\w+)\}")
# In the name of a column: the column stands for one of each language of the content.
LANG_VARIABLE = "{_lang}"
_LANGUAGE_NAME_VARIABLE = "{_language}"


@dataclass(frozen=True)
class Column:
    """A column of a kind of table, as CSVW describes it.

    `about`, `property` and `value` are the URI templates of its triples, `base` and `datatype` the XSD name and the
    IRI of its datatype, `format` a regular expression, `bounds` the properties of the first and last day of a date.
    `in_address` says that its cells become part of an IRI. A virtual column has no cells. `pattern` is the name in the
    description of a column that it has for each language, such as ``label_{_lang}``.
    """

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
    pattern: str | None = None

    @classmethod
    def read(cls, spec: Mapping[str, Any], number: int) -> Column:
        """Return the column of `spec`, a CSVW column description, at position `number`."""
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
            pattern=spec.get("_pattern"),
        )


@dataclass(frozen=True)
class TableKind:
    """What a table with the file stem `stem` may hold, and how its rows become triples.

    `about` is the URI template of a row's thing, `key` are the columns of the primary key. `names` are the classes
    whose former names it holds; `removable` says that its things can be removed with all their names.
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
    """Return the kinds of table of `content`, by stem.

    Raises CannotRun if a description is not JSON or extends one that does not exist, ContentError if it uses an
    undeclared prefix.
    """
    raw = {path.stem: _with_languages(_read_json(path, content), content) for path in content.table_descriptions}
    kinds = {}
    for stem, spec in raw.items():
        parent = spec.get("ol:extends")
        if parent is not None and parent not in raw:
            raise CannotRun(
                f"ontology/tables/{stem}.json: extends {parent}, which does not exist."
                f"{suggestion_for(parent, raw)} Correct it."
            )
        if "url" in spec:
            inherited = raw[parent]["tableSchema"] if parent else {}
            kinds[stem] = _table_kind(stem, spec, inherited)
    problems = [problem for kind in kinds.values() for problem in _undeclared_prefixes(kind, content)]
    if problems:
        raise ContentError(problems)
    return kinds


def _with_languages(spec: dict[str, Any], content: Content) -> dict[str, Any]:
    """Return the description `spec` with each column of ``{_lang}`` written out, one column a language of the data."""
    schema = spec.get("tableSchema", {})
    columns = [
        own
        for column in schema.get("columns", ())
        for own in (_column_by_language(column, content) if LANG_VARIABLE in column.get("name", "") else [column])
    ]
    return {**spec, "tableSchema": {**schema, "columns": columns}}


def _column_by_language(column: Mapping[str, Any], content: Content) -> list[dict[str, Any]]:
    """Return a column description for each language; one that is required, in the required languages only."""
    languages = content.languages
    return [
        {
            **column,
            "name": column["name"].replace(LANG_VARIABLE, tag),
            "titles": _titles_naming(tag, column.get("titles", ()), languages),
            "lang": tag,
            "required": column.get("required", False) and tag in languages.required,
            "_pattern": column["name"],
        }
        for tag in languages.of_data
    ]


def _titles_naming(tag: str, titles: Any, languages: Languages) -> list[str]:
    """Return the titles of a column with the name of the language `tag` in them, in the language of each title."""
    by_language = titles if isinstance(titles, Mapping) else {tag: titles}
    return [
        title.replace(_LANGUAGE_NAME_VARIABLE, languages.name(tag, lang))
        for lang, texts in by_language.items()
        for title in _titles(texts)
    ]


def _undeclared_prefixes(kind: TableKind, content: Content) -> Iterator[Problem]:
    """Yield a problem for each property with an undeclared prefix."""
    for column in kind.columns:
        for name in (column.property, *(column.bounds or ())):
            try:
                content.expand(name or "https://schema.org/")
            except KeyError as error:
                place = f"ontology/tables/{kind.stem}.json"
                yield Problem(place, f"in column {column.name} {error.args[0]}", "Declare it in ontology/prefixes.ttl")


def _table_kind(stem: str, spec: Mapping[str, Any], inherited: Mapping[str, Any]) -> TableKind:
    """Return the kind of table of a description, with the columns of the `inherited` schema that it lacks."""
    schema = spec["tableSchema"]
    own = [Column.read(column, number) for number, column in enumerate(schema["columns"])]
    names = {column.name for column in own}
    about = inherited.get("aboutUrl")
    extra = [
        Column.read({"aboutUrl": about, **column}, 100 + number)  # names of its own for columns without one
        for number, column in enumerate(inherited.get("columns", ()))
        if column.get("name") not in names
    ]
    columns = (*own, *extra)
    templates = [schema["aboutUrl"], *(part for column in columns for part in (column.about, column.value))]
    in_iris = set(TEMPLATE_VARIABLE.findall(" ".join(filter(None, templates))))
    columns = tuple(replace(column, in_address=column.name in in_iris) for column in columns)
    key = schema.get("primaryKey", [])
    keys = (key,) if isinstance(key, str) else tuple(key)
    classes, removable = tuple(spec.get("ol:names", ())), spec.get("ol:removable", False)
    return TableKind(stem, schema["aboutUrl"], keys, columns, spec["dc:title"], classes, removable)


def _read_json(path: Path, content: Content) -> dict[str, Any]:
    try:
        spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CannotRun(f"{content.place(path)}: is no JSON ({error}). Correct that line.") from error
    return spec


def _titles(titles: Any) -> tuple[str, ...]:
    """Return the titles of a column, which CSVW gives as a text, a list, or either by language."""
    if isinstance(titles, str):
        return (titles,)
    if isinstance(titles, Mapping):
        return tuple(title for value in titles.values() for title in _titles(value))
    return tuple(titles)
