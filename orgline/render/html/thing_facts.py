"""Card: what is said of one thing, each statement with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyoxigraph as ox

from orgline.graph import Evidence, EvidenceBook, Term, ol_term, properties_of
from orgline.render.html.page_context import PageContext, thing_address

MAX_VALUES, MAX_REFERENCES = 200, 40
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_LABELS = frozenset({"http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2004/02/skos/core#prefLabel"})
# What a statement rests on is told as that, not as a statement of its own.
_EVIDENCE = frozenset(
    ol_term(name).value
    for name in "locator printed certainty standing reason assertedBy restsOn byRule about earliest latest".split()  # noqa: SIM905
) | {"http://www.w3.org/ns/prov#wasDerivedFrom"}


@dataclass
class StatementValue:
    """One value of a statement: its words, the page it leads to, the numbers of its evidence, its doubt."""

    text: str
    address: str | None
    notes: list[int]
    mark: str
    parts: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class PropertyValues:
    """The values of one property, and how many more there are."""

    name: str
    values: list[StatementValue]
    more: int


class ThingFacts:
    """Gathers what `store` says of things, in the words of one language."""

    def __init__(self, store: ox.Store, frame: PageContext, book: EvidenceBook | None = None) -> None:
        """Read from `store`, which must not change meanwhile; `book` is one of it, where many things are asked of."""
        self._store, self._frame, self._speaker, self._moment = store, frame, frame.speaker(store), frame.moment
        self._book = book or EvidenceBook(store)
        self._notes: dict[Term, int] = {}
        self._called: dict[Term, str] = {}

    def of(self, node: ox.NamedNode, *, named: bool = True) -> dict[str, Any]:
        """Return what the page of `node` shows; who names it only if `named`."""
        said, speaker = properties_of(self._store, node), self._speaker
        own = [self._statements(node, name, terms) for name, terms in sorted(said.items(), key=_by_name)]
        status = self._book.status(node, self._moment.day.toordinal())
        return {
            "title": speaker.term(node),
            "kinds": [speaker.term(kind) for kind in said.get(_TYPE, [])],
            "status": speaker.status(status),
            "own": [one for one in own if one],
            "named": self._named(node) if named else [],
            "whole": self._numbers(self._whole(node)),
            "notes_of": [self._note(claim) for claim in self._notes],
            "iri": node.value,
            "data": thing_address(node.value, self._frame.base, "data"),
        }

    def said(self, node: ox.NamedNode) -> Iterator[tuple[Term, ox.NamedNode, Term, Evidence | None]]:
        """Yield every statement on `node`, and every one that names it, once for each piece of evidence."""
        for name, terms in sorted(properties_of(self._store, node).items(), key=_by_name):
            if name.value not in _EVIDENCE:
                claims = self._book.claims_on_field(node, name)
                yield from ((node, name, term, one) for term in terms for one in self._evidence(claims))
        for name, found in sorted(self._naming_it(node).items(), key=_by_name):
            for one in sorted(found, key=str):
                yield from ((one, name, node, book) for book in self._evidence(self._book.claims_on_field(one, name)))

    def _evidence(self, claims: Iterable[Term]) -> list[Evidence | None]:
        return [self._book.of(one) for one in claims] or [None]

    def _statements(self, node: ox.NamedNode, name: ox.NamedNode, terms: list[Term]) -> PropertyValues | None:
        """Return what `name` says of `node`, None if that is told elsewhere on the page."""
        if name == _TYPE or name.value in _EVIDENCE:
            return None
        claims = self._book.claims_on_field(node, name)
        values = [self._value(term, claims) for term in islice(terms, MAX_VALUES)]
        return PropertyValues(self._term(name), values, len(terms) - len(values))

    def _whole(self, node: ox.NamedNode) -> list[Term]:
        return [one for one in self._book.claims(node) if self._book.of(one).sources]

    def _value(self, term: Term, claims: list[Term]) -> StatementValue:
        address = self._frame.page_of(self._store, term)
        return StatementValue(self._text(term), address, self._numbers(claims), self._mark(claims))

    def _term(self, term: Term | None) -> str:
        """Return `term` in words, looked up once: the same properties and codes are told in each line."""
        if term is None or isinstance(term, ox.Literal):
            return self._speaker.term(term)
        if term not in self._called:
            self._called[term] = self._speaker.term(term)
        return self._called[term]

    def _text(self, term: Term) -> str:
        text = self._term(term)
        if isinstance(term, ox.Literal) and term.language and term.language != self._speaker.lang:
            return f"{text} ({term.language})"
        return text

    def _mark(self, claims: Iterable[Term]) -> str:
        answers = {self._book.of(one).answer for one in claims}
        return next((one for one in ("contradicted", "inferred") if one in answers), "stated" if answers else "")

    def _numbers(self, claims: Iterable[Term]) -> list[int]:
        return [self._notes.setdefault(one, len(self._notes) + 1) for one in claims]

    def _named(self, node: ox.NamedNode) -> list[PropertyValues]:
        """Return who names `node`, by property: with what they say besides, where they have no name themselves."""
        by_property = self._naming_it(node)
        return [self._naming(node, name, found) for name, found in sorted(by_property.items(), key=_by_name)]

    def _naming_it(self, node: ox.NamedNode) -> dict[ox.NamedNode, list[ox.NamedNode]]:
        by_property: dict[ox.NamedNode, list[ox.NamedNode]] = {}
        for quad in self._store.quads_for_pattern(None, None, node, ox.DefaultGraph()):
            if quad.predicate.value not in _EVIDENCE and isinstance(quad.subject, ox.NamedNode):
                by_property.setdefault(quad.predicate, []).append(quad.subject)
        return by_property

    def _naming(self, node: ox.NamedNode, name: ox.NamedNode, found: list[ox.NamedNode]) -> PropertyValues:
        values = []
        for one in sorted(found, key=str)[:MAX_REFERENCES]:
            claims = self._book.claims_on_field(one, name)
            value = self._value(one, claims)
            said = properties_of(self._store, one)
            if not any(known.value in _LABELS for known in said):
                value.text = " · ".join(self._term(kind) for kind in said.get(_TYPE, [])) or value.text
                value.parts = list(self._parts(node, one, said))
            values.append(value)
        return PropertyValues(self._term(name), values, len(found) - len(values))

    def _parts(
        self, node: ox.NamedNode, one: ox.NamedNode, said: Mapping[ox.NamedNode, list[Term]]
    ) -> Iterable[tuple[str, str]]:
        """Yield what `one`, which has no name, says besides naming `node`."""
        if status := self._speaker.status(self._book.status(one, self._moment.day.toordinal())):
            yield "", status
        for name, terms in sorted(said.items(), key=_by_name):
            if name != _TYPE and name.value not in _EVIDENCE and node not in terms:
                yield self._term(name), ", ".join(self._text(term) for term in terms[:10])

    def _note(self, claim: Term) -> dict[str, Any]:
        """Return one piece of evidence in words: the source, its date, the line, what is printed, how sure."""
        found, speaker = self._book.of(claim), self._speaker
        rule = self._book.rule(claim)
        return {
            "number": self._notes[claim],
            "sources": [self._source(source, found) for source in found.sources],
            "printed": found.printed,
            "mark": found.answer,
            "certainty": speaker.term(found.certainty),
            "by": [speaker.term(one) for one in found.asserted_by],
            "rule": rule,
            "reasons": speaker.reasons(found),
        }

    def _source(self, source: Term, found: Evidence) -> dict[str, Any]:
        speaker, lines = self._speaker, found.lines[source]
        issued = speaker.issued(source)
        word = speaker.word("line_of_file" if len(lines) == 1 else "lines_of_file")
        return {
            "name": speaker.term(source),
            "address": self._frame.page_of(self._store, source),
            "lines": word.format(", ".join(lines)) if lines else "",
            "issued": speaker.word("published").format(speaker.date(issued)) if issued else speaker.word("undated"),
        }


def _by_name(item: tuple[ox.NamedNode, Any]) -> tuple[bool, str]:
    return item[0].value not in _LABELS, item[0].value
