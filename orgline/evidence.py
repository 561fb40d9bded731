"""Evidence: how sure a statement is, worked out from the claims it rests on.

The four answers (stated, inferred, contradicted, not stated) and their order are those of the
design: an answer is contradicted if any row is, else as sure as its weakest row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from orgline.store import Term, objects, ol, subjects

STATED, INFERRED, CONTRADICTED, NOT_STATED = "stated", "inferred", "contradicted", "not-stated"
_WEAKNESS = {STATED: 0, INFERRED: 1, CONTRADICTED: 2}
_DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")


@dataclass(frozen=True)
class Evidence:
    """What one claim (or a node with its own evidence) says of itself, as terms of the graph."""

    node: Term
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
    def answer(self) -> str:
        """Return stated, inferred or contradicted."""
        if self.findings:
            return CONTRADICTED
        return STATED if self.certainty == ol("Stated") else INFERRED


@dataclass(frozen=True)
class Finding:
    """A contradiction found: the check, the nodes concerned, and the sentence by language."""

    check: str
    about: tuple[ox.NamedNode, ...]
    sentences: Mapping[str, str]
    iri: ox.NamedNode


def evidence_of(store: ox.Store, node: Term) -> Evidence:
    """Return the evidence of `node`, a claim or a node that carries its own source and certainty."""
    return Evidence(
        node=node,
        lines=_lines(store, node),
        printed=tuple(one.value for one in objects(store, node, ol("printed"))),
        certainty=next(objects(store, node, ol("certainty")), None),
        standing=next(objects(store, node, ol("standing")), None),
        reasons=tuple(one for one in objects(store, node, ol("reason")) if isinstance(one, ox.Literal)),
        asserted_by=tuple(objects(store, node, ol("assertedBy"))),
        findings=tuple(_findings(store, node)),
    )


def _lines(store: ox.Store, node: Term) -> dict[Term, tuple[str, ...]]:
    """Return the lines of each source that `node`, or the claims about the whole of it, name."""
    found: dict[Term, set[str]] = {source: set() for source in objects(store, node, _DERIVED_FROM)}
    own = [one.value for one in objects(store, node, ol("locator"))]
    for lines in found.values():
        lines.update(own)
    if not own:
        claims = subjects(store, ol("about"), node)
        whole = [one for one in claims if next(objects(store, one, ol("field")), None) is None]
        for claim in whole or claims:
            for source in objects(store, claim, _DERIVED_FROM):
                if source in found:
                    found[source].update(one.value for one in objects(store, claim, ol("locator")))
    return {source: tuple(sorted(lines, key=_by_number)) for source, lines in found.items()}


def _by_number(locator: str) -> tuple[int, str]:
    digits = "".join(sign for sign in locator if sign.isdigit())
    return int(digits or 0), locator


def _findings(store: ox.Store, node: Term) -> Iterable[Term]:
    """Yield the findings on `node`, and on what it is about unless it bears on one field only."""
    about = [node]
    if next(objects(store, node, ol("field")), None) is None:
        about += objects(store, node, ol("about"))
    for one in about:
        for subject in subjects(store, ol("about"), one):
            if next(objects(store, subject, ol("check")), None) is not None:
                yield subject


def strongest(answers: Iterable[str]) -> str:
    """Return the answer of one statement that several claims make: contradicted if any is, else the surest."""
    known = list(answers)
    return CONTRADICTED if CONTRADICTED in known else min(known, key=_WEAKNESS.__getitem__)


def weakest(answers: Iterable[str]) -> str:
    """Return the answer of a whole: contradicted if any is, else the weakest; not stated of nothing."""
    return max(answers, key=_WEAKNESS.__getitem__, default=NOT_STATED)
