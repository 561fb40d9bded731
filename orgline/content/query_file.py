"""Question files: SPARQL with a header that says in words what is asked, of what, and what comes out.

The header is YAML in lines that begin with ``#+``, as in grlc (Meroño-Peñuela & Hoekstra, 2016).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import yaml

from orgline.content.tree import Content, read_text
from orgline.text import ContentError, Problem, suggestion_for

_DECLARED = re.compile(r"\bPREFIX\s+([\w-]*):\s*<", re.IGNORECASE)
_USED = re.compile(r"(?<![\w?$:-])([A-Za-z][\w-]*):[A-Za-z_]")
_OPAQUE_TEXT = r'"""(?:.|\n)*?"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s"{}|^`\\]*>|#[^\n]*'
_OPAQUE = re.compile(_OPAQUE_TEXT)
_TEMPLATE, _WHERE = re.compile(r"\bCONSTRUCT\b", re.IGNORECASE), re.compile(r"\bWHERE\s*\{", re.IGNORECASE)
_LOCAL = re.compile(r"(?<![?$\w])[\w-]*:([\w-]+)")
_VARIABLE = re.compile(r"[?$](\w+)")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEFAULT_EVIDENCE = ("claim",)
RESERVED_OPTIONS = frozenset({"lang", "format", "content", "out", "endpoint", "as-of", "as-known-on"})
DAY_TYPE = "xsd:date"
# The terms that stand in the graph of a date only.
DAY_TERMS = frozenset({"reportsTo", "subOrganizationOf", "heldBy", "headOf", "timeStatus", "lastAttestedOn"})


@dataclass(frozen=True)
class Parameter:
    """What a question can be asked of: a variable, the class of its values, its names."""

    name: str
    kind: str
    words: Mapping[str, str]
    required: bool = False

    @property
    def option(self) -> str:
        """What it is called on the command line: an option, or a place in capitals."""
        return self.name if self.name.isupper() else f"--{self.name}"


@dataclass(frozen=True)
class QueryFile:
    """One .rq file: its SPARQL text and what its header says."""

    name: str
    theme: str
    place: str
    text: str
    summary: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    evidence: tuple[str, ...] = DEFAULT_EVIDENCE
    header: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_values(self) -> bool:
        """Whether it cannot be asked without values for its parameters."""
        return any(parameter.required for parameter in self.parameters)

    @property
    def depends_on_day(self) -> bool:
        """Whether it uses terms that hold on a day only, so that it is to be asked of the dataset of one."""
        return not DAY_TERMS.isdisjoint(_LOCAL.findall(_blanked(self.text)))

    def with_values(self, values: Mapping[str, Iterable[ox.NamedNode | ox.Literal]]) -> str:
        """Return the SPARQL text asked of `values` of parameters: a VALUES block opens its WHERE."""
        blocks = "".join(
            f" VALUES ?{name} {{ {' '.join(str(node) for node in nodes)} }}" for name, nodes in values.items()
        )
        opening = _pattern_start(_blanked(self.text))
        return self.text[:opening] + blocks + self.text[opening:]


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
    """Return the question, check, rule or view in the file at `path`, its SPARQL unread.

    Raises ContentError when its header is no YAML or lacks the summary.
    """
    text, place = read_text(path, content), content.place(path)
    header = _header(text, place)
    summary = header.get("summary")
    if not isinstance(summary, Mapping):
        todo = 'Begin it with "#+ summary:" and the question in words, vi and en'
        raise ContentError([Problem(place, "has no summary", todo)])
    for name in ("evidence", "about"):
        if not isinstance(header.get(name) or [], list):
            raise ContentError([Problem(place, f"its {name} is no list", f"Write {name}: [claim]")])
    for name in ("parameters", "columns"):
        if not isinstance(header.get(name) or {}, Mapping):
            todo = 'Write each as "#+   name: {vi: …, en: …}"'
            raise ContentError([Problem(place, f"its {name} are no names with words", todo)])
    return QueryFile(
        name=path.stem,
        theme=path.parent.name,
        place=place,
        text=text,
        summary=summary,
        parameters=tuple(_parameter(name, spec or {}) for name, spec in (header.get("parameters") or {}).items()),
        columns=header.get("columns") or {},
        evidence=tuple(header.get("evidence") or DEFAULT_EVIDENCE),
        header=header,
    )


def _blanked(text: str, keep: str = "") -> str:
    """Return SPARQL with its strings, addresses and comments blanked, as long as before; those `keep` begins stay."""
    return _OPAQUE.sub(
        lambda found: found.group() if keep and found.group().startswith(keep) else " " * len(found.group()), text
    )


def _pattern_start(quiet: str) -> int:
    """Return where the pattern of a query begins: after the first brace, which in a CONSTRUCT is that of WHERE."""
    first = quiet.find("{")
    where = _WHERE.search(quiet, first) if _TEMPLATE.search(quiet, 0, first) else None
    return where.end() if where else first + 1


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


def _parameter(name: str, spec: Mapping[str, Any]) -> Parameter:
    words = {key: value for key, value in spec.items() if key not in ("class", "required")}
    return Parameter(name, spec.get("class", ""), words, spec.get("required", False))


def query_problems(query: QueryFile, content: Content | None = None) -> list[Problem]:
    """Return what stops `query` from being asked: an undeclared prefix, wrong SPARQL, the wrong form of it."""
    declared = set(_DECLARED.findall(_blanked(query.text, keep="<")))
    undeclared = sorted(set(_USED.findall(_blanked(query.text))) - declared)
    if undeclared:
        return [
            Problem(
                query.place,
                f'the prefix "{name}:" is not declared.{suggestion_for(name, declared)}',
                "Add a PREFIX line",
            )
            for name in undeclared
        ]
    try:
        answer = ox.Store().query(query.text)
    except SyntaxError as error:
        why = str(error.msg or error).split("\n")[0]
        return [Problem(query.place, f"is no SPARQL ({why})", "Correct it")]
    wanted, form = _expected_form(query.place)
    if not isinstance(answer, form):
        return [Problem(query.place, f"is no {wanted}", f"Ask it as a {wanted}")]
    problems = _unknown_names(query, answer)
    return problems + (_unknown_classes(query, content) if content else [])


def _unknown_names(query: QueryFile, answer: Any) -> list[Problem]:
    """Return a problem for each name of the header that the query does not have."""
    if not isinstance(answer, ox.QuerySolutions):
        return []
    selected = {variable.value for variable in answer.variables}
    used = {found.group(1) for found in _VARIABLE.finditer(_blanked(query.text))}
    about = query.header.get("about") or ()
    wrong = [("parameter", one.name) for one in query.parameters if one.name not in used]
    wrong += [("parameter", one.name) for one in query.parameters if one.name in RESERVED_OPTIONS]
    wrong += [
        ("evidence", name) for name in query.evidence if name not in selected and query.evidence != DEFAULT_EVIDENCE
    ]
    wrong += [("column", name) for name in query.columns if name not in selected]
    wrong += [("about", name) for name in about if name not in selected]
    return [
        Problem(
            query.place, f"its header names the {what} {name}, which it cannot have", "Name a variable of the query"
        )
        for what, name in wrong
    ]


def _expected_form(place: str) -> tuple[str, type]:
    """Return the form of SPARQL that a file in that place has."""
    is_asked = place.startswith("queries/")
    return ("SELECT", ox.QuerySolutions) if is_asked else ("CONSTRUCT", ox.QueryTriples)


def _unknown_classes(query: QueryFile, content: Content) -> list[Problem]:
    problems = []
    for parameter in query.parameters:
        for name in parameter.kind.split() if parameter.kind != DAY_TYPE else ():
            try:
                content.expand(name)
            except KeyError as error:
                todo = f"Correct the class of the parameter {parameter.name}"
                problems.append(Problem(query.place, str(error.args[0]), todo))
    return problems


def run_select(
    store: ox.Store,
    query: QueryFile,
    values: Mapping[str, Iterable[ox.NamedNode | ox.Literal]],
    graphs: list[ox.NamedNode | ox.DefaultGraph] | None = None,
) -> list[dict[str, Any]]:
    """Return the solutions of a SELECT asked of `values`: dicts from variable to term, unbound ones left out.

    With `graphs`, these together are its default graph.
    """
    found = store.query(query.with_values(values), default_graph=graphs)  # type: ignore[arg-type]
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: row[name] for name in names if row[name] is not None} for row in found]
