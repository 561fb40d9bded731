"""Query files: SPARQL with a header that says what is asked, of what, what comes out and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from orgline.content.query.evidence_header import Ground
from orgline.content.query.level_header import Level

_OPAQUE_TEXT = r'"""(?:.|\n)*?"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s"{}|^`\\]*>|#[^\n]*'
_OPAQUE = re.compile(_OPAQUE_TEXT)
_TEMPLATE, _WHERE = re.compile(r"\bCONSTRUCT\b", re.IGNORECASE), re.compile(r"\bWHERE\s*\{", re.IGNORECASE)
DAY_TYPE = "xsd:date"
# The columns that the engine fills from the evidence of a row.
EVIDENCE_COLUMNS = ("source", "locator", "certainty", "answer")


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
    """One .rq file: its SPARQL text and what its header says.

    `columns` are the titles, by language, of the variables that an answer shows, in their order; `grounds` are what a
    row rests on. `words` are what literals of the query mean, by language. `level` numbers the levels of a chain;
    `status_of` are the variables of the tenures and lines whose status a row shows.
    """

    name: str
    theme: str
    place: str
    text: str
    summary: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grounds: tuple[Ground, ...] = ()
    level: Level | None = None
    status_of: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_values(self) -> bool:
        """Whether it cannot be asked without values for its parameters."""
        return any(parameter.required for parameter in self.parameters)

    @property
    def depends_on_day(self) -> bool:
        """Whether it is asked of the dataset of a day, as its header says."""
        return self.header.get("dataset") == "day"

    @cached_property
    def evidence(self) -> frozenset[str]:
        """The variables that no column shows: the nodes, claims and fields that a row rests on."""
        named = {name for ground in self.grounds for name in ground.variables}
        return frozenset(named - self.columns.keys())

    def with_values(self, values: Mapping[str, Iterable[ox.NamedNode | ox.Literal]]) -> str:
        """Return the SPARQL text asked of `values` of parameters: a VALUES block opens its WHERE."""
        blocks = "".join(
            f" VALUES ?{name} {{ {' '.join(str(node) for node in nodes)} }}" for name, nodes in values.items()
        )
        opening = _pattern_start(blanked(self.text))
        return self.text[:opening] + blocks + self.text[opening:]


def is_question(place: str) -> bool:
    """Return whether the file at `place` is a question: no check, rule or view."""
    return place.startswith("queries/") and not place.startswith("queries/checks/")


def selected_variables(text: str) -> list[str]:
    """Return the variables that a SELECT gives, in their order; none of what is no SPARQL."""
    try:
        found = ox.Store().query(text)
    except SyntaxError:
        return []
    return [variable.value for variable in found.variables] if isinstance(found, ox.QuerySolutions) else []


def blanked(text: str, keep: str = "") -> str:
    """Return SPARQL with its strings, addresses and comments blanked, as long as before; those `keep` begins stay."""
    return _OPAQUE.sub(
        lambda found: found.group() if keep and found.group().startswith(keep) else " " * len(found.group()), text
    )


def _pattern_start(quiet: str) -> int:
    """Return where the pattern of a query begins: after the first brace, which in a CONSTRUCT is that of WHERE."""
    first = quiet.find("{")
    where = _WHERE.search(quiet, first) if _TEMPLATE.search(quiet, 0, first) else None
    return where.end() if where else first + 1


def run_select(
    store: ox.Store,
    query: QueryFile,
    values: Mapping[str, Iterable[ox.NamedNode | ox.Literal]],
    graphs: list[ox.NamedNode | ox.DefaultGraph] | None = None,
) -> list[dict[str, Any]]:
    """Return the solutions of a SELECT asked of `values`: dicts from variable to term, unbound ones left out.

    With `graphs`, these together are its default graph.
    """
    return select(store, query.with_values(values), graphs)


def select(
    store: ox.Store, text: str, graphs: list[ox.NamedNode | ox.DefaultGraph] | None = None
) -> list[dict[str, Any]]:
    """Return the solutions of the SELECT `text`, as `run_select` does."""
    found = store.query(text, default_graph=graphs)  # type: ignore[arg-type]
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: row[name] for name in names if row[name] is not None} for row in found]
