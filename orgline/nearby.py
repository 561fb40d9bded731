"""Nearby: the lines next to one body, the posts in it and who holds them on a day, looked up one by one in the store.

For what shows a few hundred things of a graph of any size: each costs what its own lines cost, nothing is read
before it is needed. What searches chains to their ends uses the arrays of `hierarchy`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import pyoxigraph as ox

from orgline.evidence import EvidenceBook
from orgline.hierarchy import Holding, Hop
from orgline.store import Term, objects, ol, subjects
from orgline.when import Status

COUNTED, LOOKED_AT, SEATS = 12, 5000, 300
_UPPER, _LOWER, _TYPE, _QUANTIFIER = ol("upper"), ol("lower"), ol("lineType"), ol("quantifier")
_IN_POST, _HEADSHIP, _STANDING, _SUPERSEDED = ol("inPost"), ol("headship"), ol("standing"), ol("Superseded")
_ORG = "http://www.w3.org/ns/org#"
_MEMBER, _POST_IN, _ROLE = (ox.NamedNode(_ORG + name) for name in ("member", "postIn", "role"))
_IN_SCHEME = ox.NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")
_LINE_TYPES = ox.NamedNode("https://w3id.org/orgline/code/line-type")


class Nearby:
    """Looks up in `store` what stands next to things on a day (an ordinal), with the evidence in `book`."""

    def __init__(self, store: ox.Store, day: int) -> None:
        """The store must not change meanwhile."""
        self._store, self._day = store, day
        self.book = EvidenceBook(store)
        self._heads: dict[Term, bool] = {}

    @property
    def types(self) -> list[str]:
        """The types of line that there can be, sorted."""
        return [one.value for one in subjects(self._store, _IN_SCHEME, _LINE_TYPES)]

    def _nodes(self, predicate: ox.NamedNode, node: str, most: int) -> Iterator[ox.NamedNode]:
        """Yield what says by `predicate` that it belongs to `node`, but what a better claim supersedes."""
        found = self._store.quads_for_pattern(None, predicate, ox.NamedNode(node), ox.DefaultGraph())
        for quad in islice(found, most):
            subject = quad.subject
            if isinstance(subject, ox.NamedNode) and _SUPERSEDED not in self.book.said(subject).get(_STANDING, ()):
                yield subject

    def _value(self, node: ox.NamedNode, predicate: ox.NamedNode) -> str:
        return next((one.value for one in self.book.said(node).get(predicate, ())), "")

    def _hops(self, predicate: ox.NamedNode, node: str) -> Iterator[Hop]:
        for line in self._nodes(predicate, node, LOOKED_AT):
            lower, upper, kind = (self._value(line, one) for one in (_LOWER, _UPPER, _TYPE))
            status = self.book.status(line, self._day)
            if lower and upper and kind and status:
                yield Hop(line.value, lower, upper, kind, self._value(line, _QUANTIFIER), 1, status)

    def above(self, node: str) -> list[Hop]:
        """Return the lines up from `node`, of any day."""
        return list(self._hops(_LOWER, node))

    def below(self, node: str, types: Sequence[str], *, every: bool = False) -> list[Hop]:
        """Return one line to each that stands directly below `node`, by `types`; with `every`, of other days too."""
        return self._one_each(self._hops(_UPPER, node), types, every=every)

    def count_below(self, node: str, types: Sequence[str], *, every: bool = False) -> tuple[int, bool]:
        """Return how many stand directly below `node`, and whether that is rough: many are not looked at one by one."""
        lines = self._store.quads_for_pattern(None, _UPPER, ox.NamedNode(node), ox.DefaultGraph())
        number = sum(1 for _ in islice(lines, LOOKED_AT))
        if number > COUNTED:
            return number, True
        return len(self.below(node, types, every=every)), False

    @staticmethod
    def _one_each(hops: Iterator[Hop], types: Sequence[str], *, every: bool) -> list[Hop]:
        ranks = {one: rank for rank, one in enumerate(types)}
        known = [hop for hop in hops if hop.type in ranks and (every or hop.status.is_current)]
        known.sort(key=lambda hop: (not hop.status.is_current, ranks[hop.type], hop.line))
        found: dict[str, Hop] = {}
        for hop in known:
            found.setdefault(hop.lower, hop)
        return list(found.values())

    def holders(self, post: str) -> list[Holding]:
        """Return who holds `post` on the day, as far as is known."""
        return self._held(_IN_POST, post)

    def posts_of(self, person: str) -> list[Holding]:
        """Return what `person` holds on the day."""
        return self._held(_MEMBER, person)

    def _held(self, predicate: ox.NamedNode, node: str) -> list[Holding]:
        found = []
        for tenure in sorted(self._nodes(predicate, node, LOOKED_AT), key=str):
            status: Status | None = self.book.status(tenure, self._day)
            post, person = self._value(tenure, _IN_POST), self._value(tenure, _MEMBER)
            if post and person and status is not None and status.is_current:
                found.append(Holding(tenure.value, post, person, status))
        return found

    def posts_in(self, body: str) -> tuple[list[str], list[str]]:
        """Return the posts at the head of `body`, and the others in it, whoever holds them."""
        posts = subjects(self._store, _POST_IN, ox.NamedNode(body))[:SEATS]
        heads = [post.value for post in posts if any(map(self._is_head, objects(self._store, post, _ROLE)))]
        return heads, [post.value for post in posts if post.value not in heads]

    def _is_head(self, role: Term) -> bool:
        if role not in self._heads:
            self._heads[role] = any(one.value == "true" for one in self.book.said(role).get(_HEADSHIP, ()))
        return self._heads[role]

    def body_of(self, post: str) -> str | None:
        """Return the body that `post` is in."""
        return self._value(ox.NamedNode(post), _POST_IN) or None
