"""Refuses properties that the ontology does not describe, and texts that match a refused pattern.

Shapes validate nodes of known classes; these two checks find what shapes do not see. The patterns of refused texts
are in ontology/shapes/ (``ol:refusedText``), each with its message. They are matched by the regex engine of polars
(Rust), whose time is linear in the length of a text: no pattern can make it backtrack.
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
_CLAIMED_PROPERTY = "ol:field"
_DEFAULT_MESSAGE = "is not kept here: remove it"
FramesByStem = Mapping[str, list[pl.DataFrame]]


@dataclass(frozen=True)
class RefusedPattern:
    """A regular expression that no text may match, with what is wrong with such a text and what to do."""

    pattern: str
    what: str
    todo: str

    def problem(self, place: str) -> Problem:
        """Return the problem of a text at `place`."""
        return Problem(place, self.what, self.todo)


def allowlist_problems(content: Content, store: ox.Store, tables: FramesByStem) -> list[Problem]:
    """Return a problem for each use of an undescribed property, and for each text that matches a refused pattern.

    `store` has the ontology in its named graph; `tables` has the frames of the content's tables by file stem, with the
    columns ``_place`` (file) and ``_row``. Raises CannotRun where a refused pattern is no regular expression.
    """
    kinds, patterns = read_table_kinds(content), _refused_patterns(content)
    properties = _DescribedProperties(content, store, kinds)
    problems = [
        problem for stem, frames in tables.items() for problem in _claim_problems(properties, frames, kinds[stem])
    ]
    for path in content.data:
        quads = _quads(path)
        predicates = sorted({quad.predicate.value for quad in quads})
        problems += [properties.problem(iri, content.place(path)) for iri in predicates if iri not in properties]
        problems += _literal_problems(quads, patterns, content.place(path))
    text_columns = {stem: [column.name for column in kinds[stem].cells if _is_text(column)] for stem in tables}
    texts = [frame[name] for stem, frames in tables.items() for frame in frames for name in text_columns[stem]]
    # One pass over the distinct texts: almost always nothing matches, and no frame need be searched.
    if not texts or not any(pl.concat(texts).unique().str.contains(refused.pattern).any() for refused in patterns):
        return problems
    return problems + [
        problem
        for stem, frames in tables.items()
        for frame in frames
        for problem in _cell_problems(frame, text_columns[stem], patterns)
    ]


def _refused_patterns(content: Content) -> list[RefusedPattern]:
    """Return the patterns of refused texts in the shapes. Raises CannotRun where one is no regular expression."""
    patterns = []
    for path in content.shapes:
        if b"refusedText" not in path.read_bytes():
            continue
        quads = _quads(path)
        for quad in quads:
            if quad.predicate != ol_term("refusedText") or not isinstance(quad.object, ox.Literal):
                continue
            pattern = quad.object.value
            what, _, todo = _message_of(quad.subject, quads).partition(": ")
            patterns.append(RefusedPattern(pattern, what, todo[:1].upper() + todo[1:]))
            try:
                pl.Series([""]).str.contains(pattern)
            except pl.exceptions.ComputeError as error:
                raise CannotRun(f"{content.place(path)}: {pattern} is not a regular expression. Correct it.") from error
    return patterns


def _message_of(node: ox.NamedNode | ox.BlankNode | ox.Triple, quads: list[ox.Quad]) -> str:
    """Return the ``sh:message`` of `node` in the source language, "what is wrong: what to do"."""
    messages = (quad.object for quad in quads if quad.subject == node and quad.predicate == _MESSAGE)
    return next(
        (text.value for text in messages if isinstance(text, ox.Literal) and text.language == SOURCE_LANGUAGE),
        _DEFAULT_MESSAGE,
    )


def _quads(path: Path) -> list[ox.Quad]:
    text = to_nfc(path.read_bytes().decode("utf-8-sig"))
    return list(ox.parse(text.encode(), ox.RdfFormat.TURTLE, base_iri=DEFAULT_BASE))


@dataclass(frozen=True)
class _DescribedProperties:
    """The properties that the ontology describes or a table kind uses. ``iri in properties`` tests for one."""

    content: Content
    store: ox.Store
    kinds: Mapping[str, TableKind]

    @cached_property
    def in_tables(self) -> set[str]:
        """The IRIs of the properties that the columns of tables become, and ``rdf:type``."""
        columns = [column for kind in self.kinds.values() for column in kind.columns]
        names = (name for column in columns for name in (column.property, *(column.bounds or ())) if name)
        return {RDF_TYPE.value, *map(self.content.expand, names)}

    def __contains__(self, iri: str) -> bool:
        statements = self.store.quads_for_pattern(ox.NamedNode(iri), None, None, ONTOLOGY_GRAPH)
        return iri in self.in_tables or next(iter(statements), None) is not None

    def problem(self, iri: str, place: str) -> Problem:
        """Return the problem of the undescribed property `iri`, used at `place`."""
        hint = suggestion_for(self._short(iri), map(self._short, self.in_tables))
        todo = "Leave it out; of a person only what the ontology has a word for is kept"
        return Problem(place, f"uses {self._short(iri)}, which nothing in ontology/ describes.{hint}", todo)

    def _short(self, iri: str) -> str:
        """Return `iri` with a prefix of the content, or as it is where no prefix fits."""
        prefixes = self.content.prefixes.items()
        return next((f"{prefix}:{iri.removeprefix(space)}" for prefix, space in prefixes if iri.startswith(space)), iri)


def _claim_problems(properties: _DescribedProperties, frames: list[pl.DataFrame], kind: TableKind) -> Iterator[Problem]:
    """Yield a problem for each cell that names the property of a claim, where that property is not described."""
    for column in (column for column in kind.cells if column.property == _CLAIMED_PROPERTY):
        for frame in frames:
            for name in frame[column.name].unique().drop_nulls().sort():
                iri = _expanded(name, properties.content)
                if iri not in properties:
                    for row in frame.filter(pl.col(column.name) == name)["_row"]:
                        yield properties.problem(iri, f"{frame['_place'][0]} row {row}, column {column.name}")


def _expanded(name: str, content: Content) -> str:
    """Return the IRI of a prefixed name; one with an unknown prefix is taken as a name under the default base."""
    try:
        return content.expand(name)
    except KeyError:
        return f"{DEFAULT_BASE}{name}"


def _is_text(column: Column) -> bool:
    """Return whether a column holds free text: no key, reference, number, date or code."""
    return column.base == "string" and not (column.value or column.in_address or column.format or column.datatype)


def _cell_problems(frame: pl.DataFrame, columns: list[str], patterns: list[RefusedPattern]) -> Iterator[Problem]:
    """Yield a problem for each cell of a table that matches a refused pattern."""
    for refused in patterns:
        for column in columns:
            matching = frame.filter(_is_refused(pl.col(column), refused))
            for place, row in matching.select("_place", "_row").iter_rows():
                yield refused.problem(f"{place} row {row}, column {column}")


def _literal_problems(quads: list[ox.Quad], patterns: list[RefusedPattern], place: str) -> Iterator[Problem]:
    """Yield a problem for each node of a Turtle file with a text that matches a refused pattern."""
    literals = [
        (quad.subject.value, quad.object.value)
        for quad in quads
        if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode)
    ]
    frame = pl.DataFrame(literals, schema={"node": pl.String, "text": pl.String}, orient="row")
    for refused in patterns:
        for node in frame.filter(_is_refused(pl.col("text"), refused))["node"].unique().sort():
            yield refused.problem(f"{place}, {node.removeprefix(DEFAULT_BASE)}")


def _is_refused(texts: pl.Expr, refused: RefusedPattern) -> pl.Expr:
    """Return where `texts` match, web addresses excepted: their digits are no phone number."""
    return texts.str.contains(refused.pattern) & ~texts.str.contains(_ABSOLUTE_IRI)
