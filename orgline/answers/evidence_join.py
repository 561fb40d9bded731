"""The evidence of one row of an answer, joined from the nodes and claims that its question selects.

Each source of the first ground is followed through the others; where it is silent on one, the claims of other sources
count. By one source a row is as certain as its weakest ground, and a ground as its most certain claim. The row is as
certain as by the source that is most certain of it, and contradicted if any claim that counts is contradicted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from orgline.content import Ground
from orgline.graph import Evidence, EvidenceBook, Term, strongest, weakest

Claims = tuple[Evidence, ...]


@dataclass(frozen=True)
class Joined:
    """What a row rests on, each claim or node once, those of its first ground first, and the answer they give."""

    evidence: Claims
    answer: str


@dataclass(frozen=True)
class _Part:
    """The claims on one ground. A conclusion, and what names no source, count whichever source speaks."""

    claims: Claims
    is_concluded: bool = False

    @property
    def is_of_sources(self) -> bool:
        """Whether sources say it, so that each counts by itself."""
        return not self.is_concluded and any(claim.sources for claim in self.claims)


def join_evidence(book: EvidenceBook, grounds: Iterable[Ground], solution: Mapping[str, Term]) -> Joined | None:
    """Return the evidence of a row by the `grounds` of its question, whose variables `solution` binds.

    Grounds that are not bound are passed over. None if nothing is said on the first of the others: no source says it.
    """
    bound = [ground for ground in grounds if ground.variable in solution]
    parts = [part for ground in bound[:1] for part in _parts(book, ground, solution)]
    if not any(claim.is_said for part in parts if not part.is_concluded for claim in part.claims):
        return None
    parts += [part for ground in bound[1:] for part in _parts(book, ground, solution) if part.claims]
    conclusions = [part.claims for part in parts if not part.is_of_sources]
    strands = [[*strand, *conclusions] for strand in _strands([part.claims for part in parts if part.is_of_sources])]
    answers = [weakest(strongest(claim.answer for claim in claims) for claims in strand) for strand in strands]
    evidence = {claim.node: claim for part in parts for claim in part.claims}
    return Joined(tuple(evidence.values()), strongest(answers))


def _strands(parts: list[Claims]) -> list[list[Claims]]:
    """Return for each source of the first part the claims of all parts by it, or by any where it is silent."""
    if not parts:
        return [[]]
    sources = dict.fromkeys(source for claim in parts[0] for source in claim.sources)
    return [[_by(source, claims) or claims for claims in parts] for source in sources]


def _by(source: Term, claims: Claims) -> Claims:
    return tuple(claim for claim in claims if source in claim.sources)


def _parts(book: EvidenceBook, ground: Ground, solution: Mapping[str, Term]) -> Iterator[_Part]:
    """Yield the evidence that a ground gives a solution: of the node itself, of some of its fields, or of the whole."""
    node = solution[ground.variable]
    if ground.is_itself or book.is_claim(node):
        yield _Part((book.of(node),))
    elif ground.fields:
        fields = {solution.get(field[1:]) if field.startswith("?") else ox.NamedNode(field) for field in ground.fields}
        yield _Part(tuple(map(book.of, book.claims_of_fields(node, fields, only=ground.is_only))))
    else:
        yield from _whole(book, node, set())


def _whole(book: EvidenceBook, node: Term, seen: set[Term]) -> Iterator[_Part]:
    """Yield the claims on the whole of `node`; of what a rule concluded, the conclusion and those on each premise.

    A node that rests on others without a rule, as a post on the tenures in it, rests on any of them.
    """
    seen.add(node)
    premises = book.premises(node)
    if not premises:
        yield _Part(tuple(map(book.of, book.claims(node))))
        return
    if book.rule(node) is None:
        yield _Part(tuple(_alternatives(book, node, premises)))
        return
    if book.of(node).certainty is not None:
        yield _Part((book.of(node),), is_concluded=True)
    for premise in premises:
        if premise not in seen:
            yield from _whole(book, premise, seen)


def _alternatives(book: EvidenceBook, node: Term, premises: Iterable[Term]) -> Iterator[Evidence]:
    """Yield the claims on the whole of `node`, if there are any, and on the whole of each of `premises`."""
    for claim in dict.fromkeys(claim for about in (node, *premises) for claim in book.claims(about)):
        found = book.of(claim)
        if found.is_said and claim != node and (node not in found.about or not found.field):
            yield found
