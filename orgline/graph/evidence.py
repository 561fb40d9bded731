"""Evidence: how sure a statement is, worked out from the claims it rests on.

The four answers (stated, inferred, contradicted, not stated) and their order are those of the
design: an answer is contradicted if any row is, else as sure as its weakest row.
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
_IN_POST, _LOWER = ol_term("inPost"), ol_term("lower")
_START, _END = (ox.NamedNode(f"https://schema.org/{name}Date") for name in ("start", "end"))
_DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")


@dataclass(frozen=True)
class Evidence:
    """What one claim (or a node with its own evidence) says of itself, as terms of the graph."""

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
        """The lines, of whichever source."""
        return tuple(dict.fromkeys(line for lines in self.lines.values() for line in lines))

    @property
    def is_said(self) -> bool:
        """Whether it has a source or says how certain it is."""
        return bool(self.lines) or self.certainty is not None

    @property
    def answer(self) -> str:
        """Return stated, inferred or contradicted."""
        if self.findings:
            return CONTRADICTED
        return STATED if self.certainty == ol_term("Stated") else INFERRED


@dataclass(frozen=True)
class Finding:
    """A contradiction found: the check, the nodes concerned, the sentence by language, who says what it is about."""

    check: str
    about: tuple[ox.NamedNode, ...]
    sentences: Mapping[str, str]
    iri: ox.NamedNode
    sources: tuple[Term, ...] = ()


class EvidenceBook:
    """The evidence of nodes of a store, each looked up once: for an answer or a picture with many rows."""

    def __init__(self, store: ox.Store) -> None:
        """Read from `store`, which must not change while the book is used."""
        self._store = store
        self._said: dict[Term, Mapping[ox.NamedNode, list[Term]]] = {}
        self._about: dict[Term, list[ox.NamedNode]] = {}
        self._found: dict[Term, Evidence] = {}
        self._open: set[Term] = set()

    def of(self, node: Term) -> Evidence:
        """Return the evidence of `node`, a claim or a node that carries its own source and certainty."""
        if node not in self._found:
            self._open.add(node)
            self._found[node] = self._look_up(node)
            self._open.discard(node)
        return self._found[node]

    def _grounds(self, node: Term) -> list[Evidence]:
        """Return the evidence of what a rule concluded `node` from; of premises in a circle, each once."""
        return [self.of(one) for one in self.premises(node) if one not in self._open]

    def premises(self, node: Term) -> list[Term]:
        """Return what a rule concluded `node` from, nothing for what a source says."""
        return list(self._said_of(node).get(_RESTS_ON, ()))

    def rule(self, node: Term) -> str | None:
        """Return the name of the rule by which `node` follows, None for what a source says."""
        return next((one.value for one in self._said_of(node).get(_BY_RULE, ())), None)

    def related(self, node: Term) -> list[Term]:
        """Return `node` and, of a claim, what it is about."""
        return [node, *self._said_of(node).get(_ABOUT, ())]

    def status(self, node: Term, day: int) -> Status | None:
        """Return what is known on `day` (an ordinal) of a tenure or line, None of what is neither."""
        said = self._said_of(node)
        if _IN_POST not in said and _LOWER not in said:
            return None
        start, end = (next((one.value for one in said.get(name, ())), "") for name in (_START, _END))
        return DatedEvidence.of(start, end, (one.value for one in said.get(_ATTESTED, ()))).on(day)

    def status_of(self, nodes: Iterable[Term], day: int) -> Status | None:
        """Return what is known on `day` of the tenures and lines `nodes` are or speak of: of the least sure one."""
        found = (self.status(one, day) for node in nodes for one in self.related(node))
        return least_certain(one for one in found if one is not None)

    def claims(self, node: Term) -> list[Term]:
        """Return the claims about the whole of `node`, else those about its fields, else `node` with its own source."""
        claims: list[Term] = [one for one in self._nodes_about(node) if _DERIVED_FROM in self._said_of(one)]
        return [one for one in claims if _FIELD not in self._said_of(one)] or claims or [node]

    def is_claim(self, node: Term) -> bool:
        """Return whether `node` is what a source says of something."""
        return _ABOUT in self._said_of(node)

    def claims_of_fields(self, node: Term, fields: AbstractSet[Term | None]) -> list[Term]:
        """Return the claims on any of the `fields` of `node`, and those on the whole by sources that claim none.

        A wording that its own source's claim on the whole corrects is no claim of that source.
        """
        claims = [claim for claim in self._nodes_about(node) if _DERIVED_FROM in self._said_of(claim)]
        whole = [claim for claim in claims if _FIELD not in self._said_of(claim)]
        found = [
            claim
            for claim in claims
            if not fields.isdisjoint(self._said_of(claim).get(_FIELD, ())) and not self._is_corrected(claim, whole)
        ]
        sources = {source for claim in found for source in self._sources(claim)}
        return [*found, *(claim for claim in whole if not sources.issuperset(self._sources(claim)))]

    def _is_corrected(self, claim: Term, whole: list[ox.NamedNode]) -> bool:
        """Return whether a claim on a field contradicts what its own source claims of the `whole`."""
        rivals = [rival for rival in self._said_of(claim).get(_RIVAL_OF, ()) if rival in whole]
        return any(not set(self._sources(claim)).isdisjoint(self._sources(rival)) for rival in rivals)

    def _sources(self, claim: Term) -> list[Term]:
        return self._said_of(claim).get(_DERIVED_FROM, [])

    def said(self, node: Term) -> Mapping[ox.NamedNode, list[Term]]:
        """Return what `node` says, each property with its values."""
        return self._said_of(node)

    def supporting_claims(self, node: Term) -> list[Term]:
        """Return the claims about `node`; of what a rule concluded, the node and the claims about its premises."""
        premises = self.premises(node)
        if not premises:
            return self.claims(node)
        return list(dict.fromkeys([node, *(one for premise in premises for one in self.supporting_claims(premise))]))

    def claims_on_field(self, node: Term, name: ox.NamedNode) -> list[Term]:
        """Return the claims on the field `name` of `node`, else those on the whole that name a source."""
        found: list[Term] = [one for one in self._nodes_about(node) if name in self._said_of(one).get(_FIELD, ())]
        return found or [one for one in self.claims(node) if self.of(one).sources]

    def _look_up(self, node: Term) -> Evidence:
        said = self._said_of(node)
        return Evidence(
            node=node,
            about=tuple(said.get(_ABOUT, ())),
            field=tuple(said.get(_FIELD, ())),
            lines=self._lines(node),
            printed=tuple(one.value for one in said.get(_PRINTED, ())),
            certainty=next(iter(said.get(_CERTAINTY, ())), None),
            standing=next(iter(said.get(_STANDING, ())), None),
            reasons=tuple(one for one in said.get(_REASON, ()) if isinstance(one, ox.Literal)),
            asserted_by=tuple(said.get(_ASSERTED_BY, ())),
            findings=tuple(dict.fromkeys(self._findings(node))),
        )

    def _said_of(self, node: Term) -> Mapping[ox.NamedNode, list[Term]]:
        if node not in self._said:
            self._said[node] = properties_of(self._store, node)
        return self._said[node]

    def _nodes_about(self, node: Term) -> list[ox.NamedNode]:
        if node not in self._about:
            self._about[node] = subjects(self._store, _ABOUT, node)
        return self._about[node]

    def _lines(self, node: Term) -> dict[Term, tuple[str, ...]]:
        """Return the lines of each source that `node`, or the claims about the whole of it, name."""
        said = self._said_of(node)
        if _RESTS_ON in said:
            return self._lines_of_premises(node)
        found: dict[Term, set[str]] = {source: set() for source in said.get(_DERIVED_FROM, ())}
        own = [one.value for one in said.get(_LOCATOR, ())]
        for lines in found.values():
            lines.update(own)
        if not own:
            claims = [self._said_of(one) for one in self._nodes_about(node)]
            whole = [claim for claim in claims if _FIELD not in claim]
            for claim in whole or claims:
                for source in claim.get(_DERIVED_FROM, ()):
                    if source in found:
                        found[source].update(one.value for one in claim.get(_LOCATOR, ()))
        return {source: tuple(sorted(lines, key=locator_sort_key)) for source, lines in found.items()}

    def _lines_of_premises(self, node: Term) -> dict[Term, tuple[str, ...]]:
        """Return the lines of the sources that what a rule concluded from rests on."""
        found: dict[Term, set[str]] = {}
        for ground in self._grounds(node):
            for source, lines in ground.lines.items():
                found.setdefault(source, set()).update(lines)
        return {source: tuple(sorted(found[source], key=locator_sort_key)) for source in sorted(found, key=str)}

    def _findings(self, node: Term) -> Iterable[Term]:
        """Yield the findings on `node`, on what it is about unless it bears on one field only, and on its premises."""
        said = self._said_of(node)
        for ground in self._grounds(node):
            yield from ground.findings
        about = [node] if _FIELD in said else [node, *said.get(_ABOUT, ())]
        for one in about:
            yield from (found for found in self._nodes_about(one) if _CHECK in self._said_of(found))


def evidence_of(store: ox.Store, node: Term) -> Evidence:
    """Return the evidence of one `node`; of many, ask one EvidenceBook."""
    return EvidenceBook(store).of(node)


def locator_sort_key(locator: str) -> tuple[int, str]:
    """Return what sorts locators by their number: L3 before L12."""
    digits = "".join(sign for sign in locator if sign.isdigit())
    return int(digits or 0), locator


def strongest(answers: Iterable[str]) -> str:
    """Return the answer of one statement that several claims make: contradicted if any is, else the surest."""
    known = list(answers)
    return CONTRADICTED if CONTRADICTED in known else min(known, key=_WEAKNESS.__getitem__)


def weakest(answers: Iterable[str]) -> str:
    """Return the answer of a whole: contradicted if any is, else the weakest; not stated of nothing."""
    return max(answers, key=_WEAKNESS.__getitem__, default=NOT_STATED)
