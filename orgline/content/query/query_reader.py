"""Query reader: the .rq files of a content tree, read with their headers.

A header is YAML in lines that begin with ``#+``, as in grlc (Meroño-Peñuela & Hoekstra, 2016). Titles of columns and
parameters that recur are in ``queries/columns.toml``; a header names only those of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from orgline.content.query.evidence_header import grounds_of
from orgline.content.query.level_header import level_of
from orgline.content.query.query_file import (
    EVIDENCE_COLUMNS,
    Parameter,
    QueryFile,
    is_question,
    selected_variables,
)
from orgline.content.query.query_problems import declared_prefixes, query_problems
from orgline.content.tree import Content, read_text
from orgline.text import ContentError, Problem

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_query_files(paths: Iterable[Path], content: Content) -> list[QueryFile]:
    """Return the questions, checks, rules or views in the files at `paths`.

    Raises ContentError with all their problems: of the header, of prefixes, of SPARQL.
    """
    queries, problems = [], []
    for path in paths:
        try:
            query = read_query_file(path, content)
        except ContentError as error:
            problems += error.problems
        else:
            queries.append(query)
            problems += query_problems(query, content)
    if problems:
        raise ContentError(problems)
    return queries


def read_query_file(path: Path, content: Content) -> QueryFile:
    """Return the question, check, rule or view in the file at `path`, its SPARQL unchecked.

    Raises ContentError when its header is no YAML, lacks the summary, or says of evidence or levels what cannot be
    read.
    """
    text, place = read_text(path, content), content.place(path)
    header = _header(text, place)
    summary = header.get("summary")
    if not isinstance(summary, Mapping):
        todo = 'Begin it with "#+ summary:" and the question in words, vi and en'
        raise ContentError([Problem(place, "has no summary", todo)])
    for name, example in (("evidence", "tenure"), ("about", "this"), ("status", "line")):
        if not isinstance(header.get(name) or [], list):
            raise ContentError([Problem(place, f"its {name} is no list", f"Write {name}: [{example}]")])
    columns = header.get("columns") or {}
    if not isinstance(columns, Mapping):
        todo = 'Write each as "#+   name: {vi: …, en: …}"'
        raise ContentError([Problem(place, "its columns are no names with words", todo)])
    grounds = grounds_of(header.get("evidence") or (), declared_prefixes(text), place)
    return QueryFile(
        name=path.stem,
        theme=path.parent.name,
        place=place,
        text=text,
        summary=summary,
        parameters=tuple(_parameters(header.get("parameters") or {}, content, place)),
        columns=_columns(text, place, columns, content),
        grounds=grounds,
        level=level_of(header.get("level"), place),
        status_of=tuple(header.get("status") or (ground.variable for ground in grounds)),
        words=_words(header.get("words") or {}, content, place),
        header=header,
    )


def _header(text: str, place: str) -> dict[str, Any]:
    lines = [line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    try:
        header = yaml.load("\n".join(lines), Loader=_LOADER) or {}  # noqa: S506 -- both are safe loaders
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
        todo = "Correct the lines that begin with #+"
        raise ContentError([Problem(place, f"its header is no YAML ({why})", todo)]) from error
    if not isinstance(header, dict):
        raise ContentError([Problem(place, "its header is no list of names and values", 'Write "#+ name: value"')])
    return header


def _parameters(header: Any, content: Content, place: str) -> Iterator[Parameter]:
    """Yield the parameters of a header, a list of names or names with what differs from queries/columns.toml."""
    if not isinstance(header, list | Mapping):
        raise ContentError([Problem(place, "its parameters are no names", "Write parameters: [unit, kind]")])
    recurring = _recurring("parameters", content, place)
    specs = header if isinstance(header, Mapping) else {key: {} for key in header}
    for name, own in specs.items():
        if not isinstance(own or {}, Mapping):
            todo = 'Write it as "#+   name: {vi: …, en: …}"'
            raise ContentError([Problem(place, f"its parameter {name} is no name with words", todo)])
        spec = {**recurring.get(name, {}), **(own or {})}
        words = {key: value for key, value in spec.items() if key not in ("class", "required")}
        yield Parameter(name, spec.get("class", ""), words, spec.get("required", False))


def _columns(text: str, place: str, own: Mapping[str, Any], content: Content) -> dict[str, Mapping[str, str]]:
    """Return the titles of the selected variables that have one, in their order; those the engine fills have none."""
    if not is_question(place):
        return {}
    titles = {**_recurring("columns", content, place), **{key: {} for key in EVIDENCE_COLUMNS}, **own}
    return {name: titles[name] for name in selected_variables(text) if name in titles}


def _recurring(what: str, content: Content, place: str) -> dict[str, Any]:
    """Return what queries/columns.toml says of columns or parameters for all questions, and for the theme of one."""
    theme = Path(place).parent.name
    return {**content.recurring.get(what, {}), **content.recurring.get(theme, {}).get(what, {})}


def _words(header: Any, content: Content, place: str) -> Mapping[str, Mapping[str, str]]:
    """Return what the literals of a query mean: as its header says or, where that names a folder, by its files."""
    if isinstance(header, str):
        return {path.stem: read_query_file(path, content).summary for path in content.files(f"{header}/*.rq")}
    if not isinstance(header, Mapping) or not all(isinstance(texts, Mapping) for texts in header.values()):
        todo = 'Write each as "#+   literal: {vi: …, en: …}"'
        raise ContentError([Problem(place, "its words are no literals with their meaning", todo)])
    return header
