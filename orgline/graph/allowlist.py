"""Allowed: what the content lets in by name alone: described properties, and texts that match no refused pattern.

Shapes judge nodes of known classes; these two judge what would come in beside them. Patterns of refused texts stand
in ontology/shapes/ (``ol:refusedText``), each with its sentence. They are matched by a machine that takes time in
proportion to the text, whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
import pyoxigraph as ox

from orgline.content import DEFAULT_BASE, Column, Content, TableKind, read_table_kinds
from orgline.graph.store import ONTOLOGY_GRAPH, RDF_TYPE, ol_term
from orgline.text import SOURCE_LANGUAGE, CannotRun, Problem, suggestion_for, to_nfc

_MESSAGE = ox.NamedNode("http://www.w3.org/ns/shacl#message")
_ABSOLUTE_IRI = "^https?://"
_FIELD = "ol:field"
FramesByStem = Mapping[str, list[pl.DataFrame]]


@dataclass(frozen=True)
class RefusedPattern:
    """A pattern that no text may match, what is wrong with it and what to do."""

    pattern: str
    what: str
    todo: str

    def problem(self, place: str) -> Problem:
        """Return the problem of a text at `place`."""
        return Problem(place, self.what, self.todo)


def allowlist_problems(content: Content, store: ox.Store, tables: FramesByStem) -> list[Problem]:
    """Return a problem for each property that nobody described, and for each text that matches a refused pattern.

    `store` has the ontology in its graph.
    """
    kinds, patterns = read_table_kinds(content), _patterns(content)
    terms = _DescribedProperties(content, store, kinds)
    problems = [problem for stem, frames in tables.items() for problem in _field_problems(terms, frames, kinds[stem])]
    for path in content.data:
        quads = _quads(path)
        names = sorted({quad.predicate.value for quad in quads})
        problems += [terms.problem(one, content.place(path)) for one in names if not terms.has(one)]
        problems += _literal_problems(quads, patterns, content.place(path))
    texts = {stem: [column.name for column in kinds[stem].cells if _is_text(column)] for stem in tables}
    said = [frame[name] for stem, frames in tables.items() for frame in frames for name in texts[stem]]
    if not said or not any(pl.concat(said).unique().str.contains(one.pattern).any() for one in patterns):
        return problems
    return problems + [
        one
        for stem, frames in tables.items()
        for frame in frames
        for one in _cell_problems(frame, texts[stem], patterns)
    ]


def _patterns(content: Content) -> list[RefusedPattern]:
    """Return the patterns of refused texts. Raises CannotRun when one is no pattern."""
    found = []
    for path in (one for one in content.shapes if b"refusedText" in one.read_bytes()):
        quads = _quads(path)
        told = ((one.subject, one.object) for one in quads if one.predicate == ol_term("refusedText"))
        for node, pattern in ((node, one.value) for node, one in told if isinstance(one, ox.Literal)):
            said = [one.object for one in quads if one.subject == node and one.predicate == _MESSAGE]
            texts = [one for one in said if isinstance(one, ox.Literal)]
            sentence = next(
                (one.value for one in texts if one.language == SOURCE_LANGUAGE), "is not kept here: remove it"
            )
            what, _, todo = sentence.partition(": ")
            found.append(RefusedPattern(pattern, what, todo[:1].upper() + todo[1:]))
            try:
                pl.Series([""]).str.contains(pattern)
            except pl.exceptions.ComputeError as error:
                raise CannotRun(f"{content.place(path)}: {pattern} is no pattern. Correct it.") from error
    return found


def _quads(path: Path) -> list[ox.Quad]:
    text = to_nfc(path.read_bytes().decode("utf-8-sig"))
    return list(ox.parse(text.encode(), ox.RdfFormat.TURTLE, base_iri=DEFAULT_BASE))


@dataclass(frozen=True)
class _DescribedProperties:
    """The properties that the ontology describes, or a kind of table uses."""

    content: Content
    store: ox.Store
    kinds: Mapping[str, TableKind]

    @cached_property
    def used(self) -> set[str]:
        """What tables use, and what says of which class a thing is."""
        columns = [column for kind in self.kinds.values() for column in kind.columns]
        names = (name for one in columns for name in (one.property, *(one.bounds or ())) if name)
        return {RDF_TYPE.value, *map(self.content.expand, names)}

    def has(self, name: str) -> bool:
        """Tell whether `name` is a described property."""
        pattern = self.store.quads_for_pattern(ox.NamedNode(name), None, None, ONTOLOGY_GRAPH)
        return name in self.used or next(iter(pattern), None) is not None

    def problem(self, name: str, place: str) -> Problem:
        """Return the problem of a property that nobody described, used at `place`."""
        hint = suggestion_for(self._short(name), map(self._short, self.used))
        todo = "Leave it out; of a person only what the ontology has a word for is kept"
        return Problem(place, f"uses {self._short(name)}, which nothing in ontology/ describes.{hint}", todo)

    def _short(self, name: str) -> str:
        spaces = self.content.prefixes.items()
        return next((f"{one}:{name.removeprefix(space)}" for one, space in spaces if name.startswith(space)), name)


def _field_problems(terms: _DescribedProperties, frames: list[pl.DataFrame], kind: TableKind) -> Iterator[Problem]:
    """Yield a problem for each cell that says of which property a claim is, and names one that nobody described."""
    for column, frame in ((one, frame) for one in kind.cells if one.property == _FIELD for frame in frames):
        for name in frame[column.name].unique().drop_nulls().sort():
            full = _expanded(name, terms.content)
            for row in () if terms.has(full) else frame.filter(pl.col(column.name) == name)["_row"]:
                yield terms.problem(full, f"{frame['_place'][0]} row {row}, column {column.name}")


def _expanded(name: str, content: Content) -> str:
    try:
        return content.expand(name)
    except KeyError:
        return f"{DEFAULT_BASE}{name}"


def _is_text(column: Column) -> bool:
    """Tell whether a column holds words: no key, reference, number, date or code."""
    return column.base == "string" and not (column.value or column.in_address or column.format or column.datatype)


def _cell_problems(frame: pl.DataFrame, columns: list[str], patterns: list[RefusedPattern]) -> Iterator[Problem]:
    for one in patterns:
        for column in columns:
            cells = pl.col(column)
            held = frame.filter(cells.str.contains(one.pattern) & ~cells.str.contains(_ABSOLUTE_IRI))
            for place, row in held.select("_place", "_row").iter_rows():
                yield one.problem(f"{place} row {row}, column {column}")


def _literal_problems(quads: list[ox.Quad], patterns: list[RefusedPattern], place: str) -> Iterator[Problem]:
    said = [
        (quad.subject.value, quad.object.value)
        for quad in quads
        if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode)
    ]
    frame = pl.DataFrame(said, schema={"node": pl.String, "text": pl.String}, orient="row")
    for one in patterns:
        held = frame.filter(pl.col("text").str.contains(one.pattern) & ~pl.col("text").str.contains(_ABSOLUTE_IRI))
        for node in held["node"].unique().sort():
            yield one.problem(f"{place}, {node.removeprefix(DEFAULT_BASE)}")
