"""Neighbours: what stands around one thing: the lines to others that the content follows, a bounded number at a time.

Content says in viz/explore.toml which things are but lines between others, and which properties are followed. The
store is never swept: each pattern names the thing, and is read no further than what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import pyoxigraph as ox

from orgline.content import EdgeClass, ExploreConfig
from orgline.graph import (
    PREF_LABEL,
    RDF_TYPE,
    RDFS_LABEL,
    STATED,
    EvidenceBook,
    Term,
    local_name,
    objects,
    ol_term,
    strongest,
)
from orgline.render.html.page_context import PageContext
from orgline.text import ATTESTED_LATER, ENDED, Status

MAX_SHOWN_EDGES, MAX_EXAMINED, MAX_COUNTED, MAX_OFFSET, MAX_NAME_LENGTH = 60, 600, 1_000, 10_000, 110
SUPERSEDED, _MAX_CLASS_DEPTH = "superseded", 8
_DEFAULT = ox.DefaultGraph()
_FIELD, _ABOUT, _STANDING, _SUPERSEDED = ol_term("field"), ol_term("about"), ol_term("standing"), ol_term("Superseded")
_NOT_CURRENT = (ENDED, ATTESTED_LATER)


@dataclass(frozen=True)
class Edge:
    """One line as it is read: from `start` to `end`, what it says, since when and on what it rests."""

    id: str
    start: ox.NamedNode
    end: ox.NamedNode
    look: str
    name: ox.NamedNode
    said: tuple[Term, ...] = ()
    status: Status | None = None
    mark: str = STATED
    claims: tuple[Term, ...] = ()


@dataclass
class NeighbourBatch:
    """Some of what stands around a thing: lines, how many more are counted, where to go on, how many do not hold."""

    node: ox.NamedNode
    links: list[Edge] = field(default_factory=list)
    more: int = 0
    after: int = 0
    not_held: int = 0


EdgeCandidate = Callable[[], Edge | None]


class NeighbourSearch:
    """Looks around things of `store`, as of the day of `frame`."""

    def __init__(self, store: ox.Store, frame: PageContext, ways: ExploreConfig) -> None:
        """Read from `store`, which must not change meanwhile."""
        self._store, self._ways, self._day = store, ways, frame.moment.ordinal
        self.book = EvidenceBook(store)
        self.speaker = frame.speaker(store)

    def around(self, node: ox.NamedNode, after: int = 0) -> NeighbourBatch:
        """Return the lines of `node` that come `after` so many."""
        after = min(after, MAX_OFFSET)
        found, seen = NeighbourBatch(node, after=after), set()
        candidates = _round_robin(list(self._groups(node)))
        for candidate in islice(candidates, after, after + MAX_EXAMINED):
            found.after += 1
            link = candidate()
            if link is None or link.start == link.end or link.id in seen:
                continue
            seen.add(link.id)
            if link.status and link.status.name in _NOT_CURRENT:
                found.not_held += 1
                continue
            found.links.append(link)
            if len(found.links) == MAX_SHOWN_EDGES:
                break
        found.more = sum(1 for _ in islice(candidates, MAX_COUNTED))
        return found

    def _groups(self, node: ox.NamedNode) -> Iterator[Iterator[EdgeCandidate]]:
        """Yield what may be lines of `node`, by kind: those in which it is the end, the start, then what it says."""
        for join in self._ways.edge_classes:
            for name in (*join.end, *join.start):
                yield self._joined(join, name, node)
            for name in (*join.start, *join.end):
                yield self._saying(node, name, "")
        for name, look in self._ways.properties.items():
            yield self._saying(node, name, look)
            yield self._said_by(node, name, look)
        if not self._ways.properties:
            yield self._saying(node, None, "")
            yield self._said_by(node, None, "")

    def _joined(self, join: EdgeClass, name: ox.NamedNode, node: ox.NamedNode) -> Iterator[EdgeCandidate]:
        for quad in self._store.quads_for_pattern(None, name, node, _DEFAULT):
            yield lambda one=quad.subject: self._join(join, one)  # type: ignore[misc]

    def _join(self, join: EdgeClass, one: Term) -> Edge | None:
        """Return the line that `one` is, None if it is none of this kind or joins nothing."""
        if not isinstance(one, ox.NamedNode) or ox.Quad(one, RDF_TYPE, join.kind, _DEFAULT) not in self._store:
            return None
        start, end = self._first(one, join.start), self._first(one, join.end)
        if start is None or end is None:
            return None
        name = next(objects(self._store, one, join.style_property), join.kind) if join.style_property else join.kind
        look = join.look or local_name(name)
        claims = self.book.claims(one)
        return Edge(
            id=one.value,
            start=start,
            end=end,
            look=look,
            name=name if isinstance(name, ox.NamedNode) else join.kind,
            said=tuple(term for said in join.said for term in objects(self._store, one, said)),
            status=self.book.status(one, self._day),
            mark=self._mark(one, claims),
            claims=tuple(claims),
        )

    def _first(self, one: ox.NamedNode, names: Iterable[ox.NamedNode]) -> ox.NamedNode | None:
        found = (term for name in names for term in objects(self._store, one, name))
        return next((term for term in found if isinstance(term, ox.NamedNode)), None)

    def _saying(self, node: ox.NamedNode, name: ox.NamedNode | None, look: str) -> Iterator[EdgeCandidate]:
        for quad in self._store.quads_for_pattern(node, name, None, _DEFAULT):
            if isinstance(quad.object, ox.NamedNode) and quad.predicate != RDF_TYPE:
                yield lambda quad=quad: self._plain(quad, look)  # type: ignore[misc]

    def _said_by(self, node: ox.NamedNode, name: ox.NamedNode | None, look: str) -> Iterator[EdgeCandidate]:
        for quad in self._store.quads_for_pattern(None, name, node, _DEFAULT):
            if isinstance(quad.subject, ox.NamedNode) and quad.predicate != RDF_TYPE:
                yield lambda quad=quad: self._plain(quad, look)  # type: ignore[misc]

    def _plain(self, quad: ox.Quad, look: str) -> Edge:
        """Return the line that one statement is."""
        start, name, end = quad.subject, quad.predicate, quad.object
        assert isinstance(start, ox.NamedNode)
        assert isinstance(end, ox.NamedNode)
        claims = self.book.claims_on_field(start, name)
        mark = self._mark(start, claims)
        return Edge(f"{start.value} {name.value} {end.value}", start, end, look, name, mark=mark, claims=tuple(claims))

    def _mark(self, node: ox.NamedNode, claims: Iterable[Term]) -> str:
        if ox.Quad(node, _STANDING, _SUPERSEDED, _DEFAULT) in self._store:
            return SUPERSEDED
        answers = [self.book.of(one).answer for one in claims]
        return strongest(answers) if answers else STATED

    def look(self, node: ox.NamedNode) -> str:
        """Return the look of a thing: by what it is classified as, else by its class; empty if content has none."""
        if self._ways.style_path:
            classified, broader = self._ways.style_path
            kind = next(objects(self._store, node, classified), None)
            for _ in range(_MAX_CLASS_DEPTH):
                above = next(objects(self._store, kind, broader), None) if kind else None
                kind = above or kind
            if kind is not None:
                return local_name(kind)
        types = {quad.object for quad in self._store.quads_for_pattern(node, RDF_TYPE, None, _DEFAULT)}
        return next((look for kind, look in self._ways.kinds.items() if kind in types), "")

    def name(self, node: ox.NamedNode) -> str:
        """Return what to call a thing: its name, else what it says, cut where it is long."""
        if any(next(objects(self._store, node, one), None) is not None for one in (RDFS_LABEL, PREF_LABEL)):
            return self.speaker.term(node)
        for one in self._ways.name_properties:
            said = list(objects(self._store, node, one))
            texts = self.speaker.texts(term for term in said if isinstance(term, ox.Literal) and term.language)
            text = next(iter(texts or map(self.speaker.term, said)), "")
            if text:
                text = text if len(text) <= MAX_NAME_LENGTH else f"{text[:MAX_NAME_LENGTH].rpartition(' ')[0]} …"
                more = (term for one in self._ways.suffix_properties for term in objects(self._store, node, one))
                return ": ".join(filter(None, (text, self.speaker.term(next(more, None)))))
        return self.speaker.term(node)


def _round_robin(groups: list[Iterator[EdgeCandidate]]) -> Iterator[EdgeCandidate]:
    """Yield one of each group, then the next of each: no kind of line hides the others."""
    while len(groups) > 1:
        left = []
        for group in groups:
            found = next(group, None)
            if found is not None:
                left.append(group)
                yield found
        groups = left
    for group in groups:
        yield from group
