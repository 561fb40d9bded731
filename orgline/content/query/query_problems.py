"""What stops a .rq file from being asked: its prefixes, its SPARQL, what its header does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from orgline.content.query.query_file import DAY_TYPE, QueryFile, blanked, is_question
from orgline.content.tree import Content
from orgline.text import Problem, suggestion_for

_DECLARED = re.compile(r"\bPREFIX\s+([\w-]*):\s*<([^>]*)", re.IGNORECASE)
_USED = re.compile(r"(?<![\w?$:-])([A-Za-z][\w-]*):[A-Za-z_]")
_TYPE_OF_LINE = re.compile(r"[\w-]*:shortcut\s+[\w-]*:[\w-]+")
_LOCAL = re.compile(r"(?<![?$\w])[\w-]*:([\w-]+)")
_VARIABLE = re.compile(r"[?$](\w+)")
RESERVED_OPTIONS = frozenset({"lang", "format", "content", "out", "endpoint", "as-of", "as-known-on"})
# The properties that only the graph of a day holds.
_OF_A_DAY = ("reportsTo", "subOrganizationOf", "heldBy", "headOf")
_POSSIBLE = ("possiblyReportsTo", "possiblySubOrganizationOf", "possiblyHeldBy", "possiblyHeadOf")
DAY_TERMS = frozenset({*_OF_A_DAY, *_POSSIBLE, "topPostIn", "timeStatus", "lastAttestedOn"})


def declared_prefixes(text: str) -> dict[str, str]:
    """Return the prefixes that a query declares, with what they stand for."""
    return dict(_DECLARED.findall(blanked(text, keep="<")))


def query_problems(query: QueryFile, content: Content | None = None) -> list[Problem]:
    """Return what stops `query` from being asked: an undeclared prefix, wrong SPARQL, the wrong form of it."""
    declared = declared_prefixes(query.text).keys()
    undeclared = sorted(set(_USED.findall(blanked(query.text))) - declared)
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
    names = {variable.value for variable in answer.variables}
    used = {found.group(1) for found in _VARIABLE.finditer(blanked(query.text))}
    wrong = [("parameter", parameter.name) for parameter in query.parameters if parameter.name not in used]
    wrong += [("parameter", parameter.name) for parameter in query.parameters if parameter.name in RESERVED_OPTIONS]
    wrong += [("evidence", name) for ground in query.grounds for name in ground.variables if name not in names]
    shown = [name for name in query.status_of if name not in query.evidence]
    wrong += [("status", name) for name in shown if name not in names]
    wrong += [("level", name) for name in (query.level.variables if query.level else ()) if name not in names]
    wrong += [("column", name) for name in query.header.get("columns") or () if name not in names]
    wrong += [("about", name) for name in query.header.get("about") or () if name not in names]
    todo = "Name a variable of the query"
    problems = [
        Problem(query.place, f"its header names the {what} {name}, which it cannot have", todo) for what, name in wrong
    ]
    return problems or (_unsaid(query, names) if is_question(query.place) else [])


def _unsaid(query: QueryFile, names: Iterable[str]) -> list[Problem]:
    """Return a problem for each thing that the header of a question must say and does not."""
    problems = [
        Problem(query.place, f"its column {name} has no title", "Give it one in the header or in queries/columns.toml")
        for name in sorted(names)
        if query.grounds
        and name not in {*query.columns, *query.evidence, *(query.level.variables if query.level else ())}
    ]
    if not query.grounds:
        todo = 'Name the nodes that it selects for that: "#+ evidence: [tenure]"'
        problems.append(Problem(query.place, "does not say what its rows rest on", todo))
    dataset, of_a_day = query.header.get("dataset"), sorted(DAY_TERMS.intersection(_properties(query.text)))
    if dataset not in (None, "day"):
        todo = 'Write "#+ dataset: day", or leave it out'
        problems.append(Problem(query.place, f'there is no dataset called "{dataset}"', todo))
    if of_a_day and dataset is None:
        what = f"uses {', '.join(of_a_day)}, which only the dataset of a day holds"
        problems.append(Problem(query.place, what, 'Write "#+ dataset: day" in its header'))
    return problems


def _properties(text: str) -> list[str]:
    """Return the local names that a query uses; that a type of line is written by a shortcut is no use of it."""
    return _LOCAL.findall(_TYPE_OF_LINE.sub(" ", blanked(text)))


def _expected_form(place: str) -> tuple[str, type]:
    """Return the form of SPARQL that a file in that place has."""
    is_asked = place.startswith("queries/")
    return ("SELECT", ox.QuerySolutions) if is_asked else ("CONSTRUCT", ox.QueryTriples)


def _unknown_classes(query: QueryFile, content: Content) -> list[Problem]:
    """Return a problem for each class of a parameter that has an undeclared prefix."""
    problems = []
    for parameter in query.parameters:
        for name in parameter.kind.split() if parameter.kind != DAY_TYPE else ():
            try:
                content.expand(name)
            except KeyError as error:
                todo = f"Correct the class of the parameter {parameter.name}"
                problems.append(Problem(query.place, str(error.args[0]), todo))
    return problems
