"""The evidence of a node: its claims, their sources, lines and certainty, and the findings on them.

A claim is what one source says of a node: of the whole of it, or of one field (a label, a date). A node may also carry
its own source, as the row of a register does. What a rule concluded rests on its premises instead
(docs/decisions/lines-of-posts-are-inferred.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import pyoxigraph as ox

from orgline.graph.store import Term, ol_term, properties_of, subjects
from orgline.text import DatedEvidence, Status, least_certain

STATED, INFERRED, CONTRADICTED, NOT_STATED = "stated", "inferred", "contradicted", "not-stated"
_WEAKNESS = {STATED: 0, INFERRED: 1, CONTRADICTED: 2}
_ABOUT, _FIELD, _CHECK, _LOCATOR = ol_term("about"), ol_term("field"), ol_term("check"), ol_term("locator")
_PRINTED, _CERTAINTY, _STANDING = ol_term("printed"), ol_term("certainty"), ol_term("standing")
_REASON, _ASSERTED_BY = ol_term("reason"), ol_term("assertedBy")
_RESTS_ON, _BY_RULE, _ATTESTED = ol_term("restsOn"), ol_term("byRule"), ol_term("attestedOn")
_RIVAL_OF = ol_term("rivalOf")
_SUPERSEDED = ol_term("Superseded")
_IN_POST, _LOWER = ol_term("inPost"), ol_term("lower")
_START, _END = (ox.NamedNode(f"https://schema.org/{name}Date") for name in ("start", "end"))
_DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")


@dataclass(frozen=True)
class Evidence:
    """The evidence of `node`, a claim or a node that carries its own source.

    `about` and `field` are what a claim is about, empty for other nodes; without a field it is about the whole. `lines`
    are the locators by source, `printed` the value as printed, `findings` the findings of checks that bear on it.
    """

    node: Term
    about: tuple[Term, ...]
    field: tuple[Term, ...]
    lines: Mapping[Term, tuple[str, ...]]
    printed: tuple[str, ...]
    certainty: Term | None
    standing: Term | None
    reasons: tuple[ox.Literal, ...]
    asserted_by: tuple[Term, ...]
    findings: tuple[Term, ...]

    @property
    def sources(self) -> tuple[Term, ...]:
        """The sources, sorted."""
        return tuple(self.lines)

    @property
    def locators(self) -> tuple[str, ...]:
        """The lines of all sources, without duplicates."""
        return tuple(dict.fromkeys(line for lines in self.lines.values() for line in lines))

    @property
    def is_said(self) -> bool:
        """Whether it has a source or says how certain it is."""
        return bool(self.lines) or self.certainty is not None

    @property
    def answer(self) -> str:
        """Stated, inferred or contradicted."""
        # The one line that decides every "contradicted": a check found something on the node or the claim.
        if self.findings:
            return CONTRADICTED
        return STATED if self.certainty == ol_term("Stated") else INFERRED


@dataclass(frozen=True)
class Finding:
    """A contradiction that a check found: its nodes, a sentence by language, and the sources of the nodes."""

    check: str
    about: tuple[ox.NamedNode, ...]
    sentences: Mapping[str, str]
    iri: ox.NamedNode
    sources: tuple[Term, ...] = ()


class EvidenceBook:
    """Looks up the evidence of nodes in a store and keeps it, for answers and pictures with many rows."""

    def __init__(self, store: ox.Store) -> None:
        """Read from `store`, which must not change while the book is used."""
        self._store = store
        self._properties: dict[Term, Mapping[ox.NamedNode, list[Term]]] = {}
        self._about: dict[Term, list[ox.NamedNode]] = {}
        self._found: dict[Term, Evidence] = {}
        self._open: set[Term] = set()

    def of(self, node: Term) -> Evidence:
        """Return the evidence of `node`, a claim or a node with its own source and certainty."""
        if node not in self._found:
            self._open.add(node)
            self._found[node] = self._look_up(node)
            self._open.discard(node)
        return self._found[node]

    def _grounds(self, node: Term) -> list[Evidence]:
        """Return the evidence of the premises of `node`; one that is being looked up, in a circle, is left out."""
        return [self.of(premise) for premise in self.premises(node) if premise not in self._open]

    def premises(self, node: Term) -> list[Term]:
        """Return the nodes from which a rule concluded `node`; none if a source says it."""
        return list(self._properties_of(node).get(_RESTS_ON, ()))

    def rule(self, node: Term) -> str | None:
        """Return the name of the rule that concluded `node`, None if a source says it."""
        return next((name.value for name in self._properties_of(node).get(_BY_RULE, ())), None)

    def related(self, node: Term) -> list[Term]:
        """Return `node` and, if it is a claim, what it is about."""
        return [node, *self._properties_of(node).get(_ABOUT, ())]

    def status(self, node: Term, day: int) -> Status | None:
        """Return the status of a tenure or line on `day`, an ordinal; None for any other node."""
        properties = self._properties_of(node)
        if _IN_POST not in properties and _LOWER not in properties:
            return None
        start, end = (next((date.value for date in properties.get(name, ())), "") for name in (_START, _END))
        return DatedEvidence.of(start, end, (date.value for date in properties.get(_ATTESTED, ()))).on(day)

    def status_of(self, nodes: Iterable[Term], day: int) -> Status | None:
        """Return the least certain status on `day` of the tenures and lines that `nodes` are or are claims about."""
        found = (self.status(related, day) for node in nodes for related in self.related(node))
        return least_certain(status for status in found if status is not None)

    def claims(self, node: Term) -> list[Term]:
        """Return the claims on the whole of `node`; if there are none those on its fields, else `node` itself.

        A claim without a source is no evidence.
        """
        claims: list[Term] = [claim for claim in self._nodes_about(node) if _DERIVED_FROM in self._properties_of(claim)]
        return [claim for claim in claims if _FIELD not in self._properties_of(claim)] or claims or [node]

    def is_claim(self, node: Term) -> bool:
        """Return whether `node` is a claim."""
        return _ABOUT in self._properties_of(node)

    def claims_of_fields(self, node: Term, fields: AbstractSet[Term | None], *, only: bool = False) -> list[Term]:
        """Return the claims on any of `fields` of `node`, and those on the whole by sources that claim none of them.

        A wording that its own source corrects by a claim on the whole is left out. With `only`, for fields that a
        source need not give, the claims on the whole are left out where a claim on a field has not lost to another.
        """
        claims = [claim for claim in self._nodes_about(node) if _DERIVED_FROM in self._properties_of(claim)]
        whole = [claim for claim in claims if _FIELD not in self._properties_of(claim)]
        found: list[Term] = [
            claim
            for claim in claims
            if not fields.isdisjoint(self._properties_of(claim).get(_FIELD, ()))
            and not self._is_corrected(claim, whole)
        ]
        if only and any(_SUPERSEDED not in self._properties_of(claim).get(_STANDING, ()) for claim in found):
            return found
        sources = {source for claim in found for source in self._sources(claim)}
        return [*found, *(claim for claim in whole if not sources.issuperset(self._sources(claim)))]

    def _is_corrected(self, claim: Term, whole: list[ox.NamedNode]) -> bool:
        """Return whether a claim on a field is a rival of one that its own source makes on the `whole`."""
        rivals = [rival for rival in self._properties_of(claim).get(_RIVAL_OF, ()) if rival in whole]
        return any(not set(self._sources(claim)).isdisjoint(self._sources(rival)) for rival in rivals)

    def _sources(self, claim: Term) -> list[Term]:
        return self._properties_of(claim).get(_DERIVED_FROM, [])

    def properties(self, node: Term) -> Mapping[ox.NamedNode, list[Term]]:
        """Return the properties of `node` with their values."""
        return self._properties_of(node)

    def supporting_claims(self, node: Term) -> list[Term]:
        """Return the claims on `node`; if a rule concluded it, the node and the claims on its premises."""
        premises = self.premises(node)
        if not premises:
            return self.claims(node)
        return list(
            dict.fromkeys([node, *(claim for premise in premises for claim in self.supporting_claims(premise))])
        )

    def claims_on_field(self, node: Term, name: ox.NamedNode) -> list[Term]:
        """Return the claims on the field `name` of `node`, else those on the whole that name a source."""
        claims = self._nodes_about(node)
        found: list[Term] = [claim for claim in claims if name in self._properties_of(claim).get(_FIELD, ())]
        return found or [claim for claim in self.claims(node) if self.of(claim).sources]

    def _look_up(self, node: Term) -> Evidence:
        """Return the evidence of a node from its statements in the store."""
        properties = self._properties_of(node)
        return Evidence(
            node=node,
            about=tuple(properties.get(_ABOUT, ())),
            field=tuple(properties.get(_FIELD, ())),
            lines=self._lines(node),
            printed=tuple(text.value for text in properties.get(_PRINTED, ())),
            certainty=next(iter(properties.get(_CERTAINTY, ())), None),
            standing=next(iter(properties.get(_STANDING, ())), None),
            reasons=tuple(text for text in properties.get(_REASON, ()) if isinstance(text, ox.Literal)),
            asserted_by=tuple(properties.get(_ASSERTED_BY, ())),
            findings=tuple(dict.fromkeys(self._findings(node))),
        )

    def _properties_of(self, node: Term) -> Mapping[ox.NamedNode, list[Term]]:
        if node not in self._properties:
            self._properties[node] = properties_of(self._store, node)
        return self._properties[node]

    def _nodes_about(self, node: Term) -> list[ox.NamedNode]:
        if node not in self._about:
            self._about[node] = subjects(self._store, _ABOUT, node)
        return self._about[node]

    def _lines(self, node: Term) -> dict[Term, tuple[str, ...]]:
        """Return the lines by source that `node` names or, if it names none, the claims on it."""
        properties = self._properties_of(node)
        if _RESTS_ON in properties:
            return self._lines_of_premises(node)
        found: dict[Term, set[str]] = {source: set() for source in properties.get(_DERIVED_FROM, ())}
        own = [locator.value for locator in properties.get(_LOCATOR, ())]
        for lines in found.values():
            lines.update(own)
        if not own:
            claims = [self._properties_of(claim) for claim in self._nodes_about(node)]
            whole = [claim for claim in claims if _FIELD not in claim]
            for claim in whole or claims:
                for source in claim.get(_DERIVED_FROM, ()):
                    if source in found:
                        found[source].update(locator.value for locator in claim.get(_LOCATOR, ()))
        return {source: tuple(sorted(lines, key=locator_sort_key)) for source, lines in found.items()}

    def _lines_of_premises(self, node: Term) -> dict[Term, tuple[str, ...]]:
        """Return the lines by source of the premises of what a rule concluded."""
        found: dict[Term, set[str]] = {}
        for ground in self._grounds(node):
            for source, lines in ground.lines.items():
                found.setdefault(source, set()).update(lines)
        return {source: tuple(sorted(found[source], key=locator_sort_key)) for source in sorted(found, key=str)}

    def _findings(self, node: Term) -> Iterable[Term]:
        """Yield the findings on `node`, on its premises and, unless it is a claim on one field, on what it is about."""
        properties = self._properties_of(node)
        for ground in self._grounds(node):
            yield from ground.findings
        about = [node] if _FIELD in properties else [node, *properties.get(_ABOUT, ())]
        for subject in about:
            yield from (found for found in self._nodes_about(subject) if _CHECK in self._properties_of(found))


def evidence_of(store: ox.Store, node: Term) -> Evidence:
    """Return the evidence of `node`. For many nodes, use one EvidenceBook."""
    return EvidenceBook(store).of(node)


def locator_sort_key(locator: str) -> tuple[int, str]:
    """Return a key that sorts locators by their number.

    >>> sorted(["L12", "L3"], key=locator_sort_key)
    ['L3', 'L12']
    """
    digits = "".join(character for character in locator if character.isdigit())
    return int(digits or 0), locator


def strongest(answers: Iterable[str]) -> str:
    """Return the answer of a fact from those of its claims: contradicted if any is, else the most certain."""
    known = list(answers)
    return CONTRADICTED if CONTRADICTED in known else min(known, key=_WEAKNESS.__getitem__)


def weakest(answers: Iterable[str]) -> str:
    """Return the overall answer: contradicted if any part is, else the least certain; not stated for no parts."""
    return max(answers, key=_WEAKNESS.__getitem__, default=NOT_STATED)
