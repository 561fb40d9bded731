"""The values of the page of one thing: its statements, the statements that refer to it, and their numbered evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyoxigraph as ox

from orgline.graph import (
    CONTRADICTED,
    INFERRED,
    STATED,
    Evidence,
    EvidenceBook,
    Speaker,
    Term,
    ol_term,
    properties_of,
)
from orgline.render.html.page_context import PageContext, thing_address

# The most values of one property, the most referring things of one property, and the most values of a part of one.
MAX_VALUES, MAX_REFERENCES, MAX_PART_VALUES = 200, 40, 10
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_LABELS = frozenset({"http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2004/02/skos/core#prefLabel"})
# Properties that carry evidence are shown as the evidence of a statement, not as statements.
_EVIDENCE_NAMES = (
    *("locator", "printed", "certainty", "standing", "reason", "assertedBy"),
    *("restsOn", "byRule", "about", "earliest", "latest"),
)
_EVIDENCE_PROPERTIES = frozenset(ol_term(name).value for name in _EVIDENCE_NAMES) | {
    "http://www.w3.org/ns/prov#wasDerivedFrom"
}


@dataclass
class StatementValue:
    """One value of a property: its text, the address of its page, the numbers of its evidence, its certainty.

    ``parts`` are further properties, as pairs of name and text, where the value is a node without a name.
    """

    text: str
    address: str | None
    notes: list[int]
    mark: str
    parts: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class PropertyValues:
    """The name of a property, its values, and how many more there are."""

    name: str
    values: list[StatementValue]
    more: int


class ThingFacts:
    """Collects the statements about things of `store`, in the language and on the day of `context`.

    `store` must not change meanwhile. Pass the `book` of the store where many things are looked up.
    """

    def __init__(self, store: ox.Store, context: PageContext, book: EvidenceBook | None = None) -> None:
        self._store, self._context = store, context
        self._speaker, self._day = context.speaker(store), context.moment.ordinal
        self._book = book or EvidenceBook(store)
        self._numbers: dict[Term, int] = {}
        self._names: dict[Term, str] = {}

    def of(self, node: ox.NamedNode, *, with_references: bool = True) -> dict[str, Any]:
        """Return the values for the page of `node`; statements that refer to it only `with_references`."""
        values, speaker = properties_of(self._store, node), self._speaker
        statements = [self._property(node, name, terms) for name, terms in sorted(values.items(), key=_labels_first)]
        status = self._book.status(node, self._day)
        return {
            "title": speaker.term(node),
            "kinds": [speaker.term(kind) for kind in values.get(_TYPE, [])],
            "status": speaker.status(status),
            "statements": [statement for statement in statements if statement],
            "references": self._references(node) if with_references else [],
            "notes": self._notes(claim for claim in self._book.claims(node) if self._book.of(claim).sources),
            # Evaluated last: the notes above give each claim its number.
            "evidence": [self._claim_values(claim) for claim in self._numbers],
            "iri": node.value,
            "data": thing_address(node.value, self._context.base, "data"),
        }

    def statements(self, node: ox.NamedNode) -> Iterator[tuple[Term, ox.NamedNode, Term, Evidence | None]]:
        """Yield each statement about `node` and each that refers to it, as subject, property, object, evidence.

        A statement is repeated for each piece of its evidence; one without evidence is yielded once, with None.
        """
        for name, terms in sorted(properties_of(self._store, node).items(), key=_labels_first):
            if name.value not in _EVIDENCE_PROPERTIES:
                evidence = self._evidence(self._book.claims_on_field(node, name))
                yield from ((node, name, term, piece) for term in terms for piece in evidence)
        for name, subjects in sorted(self._referring_nodes(node).items(), key=_labels_first):
            for subject in sorted(subjects, key=str):
                for piece in self._evidence(self._book.claims_on_field(subject, name)):
                    yield subject, name, node, piece

    def _evidence(self, claims: Iterable[Term]) -> list[Evidence | None]:
        return [self._book.of(claim) for claim in claims] or [None]

    def _property(self, node: ox.NamedNode, name: ox.NamedNode, terms: list[Term]) -> PropertyValues | None:
        """Return the property `name` of `node` with its values, None if the page shows it elsewhere."""
        if name == _TYPE or name.value in _EVIDENCE_PROPERTIES:
            return None
        claims = self._book.claims_on_field(node, name)
        values = [self._value(term, claims) for term in islice(terms, MAX_VALUES)]
        return PropertyValues(self._name(name), values, len(terms) - len(values))

    def _value(self, term: Term, claims: list[Term]) -> StatementValue:
        address = self._context.page_of(self._store, term)
        return StatementValue(self._text(term), address, self._notes(claims), self._mark(claims))

    def _name(self, term: Term) -> str:
        """Return the text of `term`; nodes are looked up once, as the same properties and codes recur."""
        if isinstance(term, ox.Literal):
            return self._speaker.term(term)
        if term not in self._names:
            self._names[term] = self._speaker.term(term)
        return self._names[term]

    def _text(self, term: Term) -> str:
        """Return the text of `term`, with its language where that is not the language of the page."""
        text = self._name(term)
        if isinstance(term, ox.Literal) and term.language and term.language != self._speaker.lang:
            return f"{text} ({term.language})"
        return text

    def _mark(self, claims: Iterable[Term]) -> str:
        """Return the certainty that the page shows for these claims, empty without claims."""
        answers = {self._book.of(claim).answer for claim in claims}
        doubt = next((mark for mark in (CONTRADICTED, INFERRED) if mark in answers), "")
        return doubt or (STATED if answers else "")

    def _notes(self, claims: Iterable[Term]) -> list[int]:
        """Return the numbers of `claims` on the page, in the order in which they are first used."""
        return [self._numbers.setdefault(claim, len(self._numbers) + 1) for claim in claims]

    def _references(self, node: ox.NamedNode) -> list[PropertyValues]:
        """Return the things that refer to `node`, by property."""
        by_property = self._referring_nodes(node)
        return [
            self._reference(node, name, subjects) for name, subjects in sorted(by_property.items(), key=_labels_first)
        ]

    def _referring_nodes(self, node: ox.NamedNode) -> dict[ox.NamedNode, list[ox.NamedNode]]:
        """Return the nodes that refer to `node`, by property, apart from claims."""
        by_property: dict[ox.NamedNode, list[ox.NamedNode]] = {}
        for quad in self._store.quads_for_pattern(None, None, node, ox.DefaultGraph()):
            if quad.predicate.value not in _EVIDENCE_PROPERTIES and isinstance(quad.subject, ox.NamedNode):
                by_property.setdefault(quad.predicate, []).append(quad.subject)
        return by_property

    def _reference(self, node: ox.NamedNode, name: ox.NamedNode, subjects: list[ox.NamedNode]) -> PropertyValues:
        """Return the `subjects` that refer to `node` by `name`; those without a name with their other properties."""
        values = []
        for subject in sorted(subjects, key=str)[:MAX_REFERENCES]:
            claims = self._book.claims_on_field(subject, name)
            value = self._value(subject, claims)
            properties = properties_of(self._store, subject)
            if not any(known.value in _LABELS for known in properties):
                kinds = " · ".join(self._name(kind) for kind in properties.get(_TYPE, []))
                value.text = kinds or value.text
                value.parts = list(self._parts(node, subject, properties))
            values.append(value)
        return PropertyValues(self._name(name), values, len(subjects) - len(values))

    def _parts(
        self, node: ox.NamedNode, subject: ox.NamedNode, properties: Mapping[ox.NamedNode, list[Term]]
    ) -> Iterable[tuple[str, str]]:
        """Yield the status and the properties of `subject`, but for those that refer back to `node`."""
        if status := self._speaker.status(self._book.status(subject, self._day)):
            yield "", status
        for name, terms in sorted(properties.items(), key=_labels_first):
            if name != _TYPE and name.value not in _EVIDENCE_PROPERTIES and node not in terms:
                yield self._name(name), ", ".join(self._text(term) for term in terms[:MAX_PART_VALUES])

    def _claim_values(self, claim: Term) -> dict[str, Any]:
        """Return the values with which the page shows one claim."""
        evidence, speaker = self._book.of(claim), self._speaker
        return {
            "number": self._numbers[claim],
            "sources": [self._source(source, evidence) for source in evidence.sources],
            "printed": evidence.printed,
            "mark": evidence.answer,
            "certainty": speaker.term(evidence.certainty),
            "by": [speaker.term(person) for person in evidence.asserted_by],
            "rule": self._book.rule(claim),
            "reasons": speaker.reasons(evidence),
        }

    def _source(self, source: Term, evidence: Evidence) -> dict[str, Any]:
        """Return a source of some evidence for the page: name, address, lines and day of publication."""
        speaker, lines = self._speaker, evidence.lines[source]
        word = speaker.word("line_of_file" if len(lines) == 1 else "lines_of_file")
        return {
            "name": speaker.term(source),
            "address": self._context.page_of(self._store, source),
            "lines": word.format(", ".join(lines)) if lines else "",
            "issued": issued_text(speaker, source),
        }


def issued_text(speaker: Speaker, source: Term) -> str:
    """Return in words when `source` was published, or that it has no date."""
    issued = speaker.issued(source)
    return speaker.word("published").format(speaker.date(issued)) if issued else speaker.word("undated")


def _labels_first(item: tuple[ox.NamedNode, Any]) -> tuple[bool, str]:
    """Return the key that sorts names of a thing before its other properties."""
    return item[0].value not in _LABELS, item[0].value
