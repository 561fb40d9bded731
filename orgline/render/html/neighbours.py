"""Finds the neighbours of one thing: the lines to other things that the content follows, a bounded number at a time.

viz/explore.toml says which classes are drawn as lines and which properties are followed. The store is never scanned:
each pattern names the thing, and no more of its results are read than are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
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

# The most lines shown at once, the most candidates examined for them, and the most further ones counted.
MAX_SHOWN_EDGES, MAX_EXAMINED, MAX_COUNTED = 60, 600, 1_000
# Candidates before `after` are read again for each batch: beyond this it would cost too much.
MAX_OFFSET = 10_000
MAX_NAME_LENGTH = 110
SUPERSEDED = "superseded"
# Ends a loop in the broader classes of bad data.
_MAX_CLASS_DEPTH = 8
_DEFAULT = ox.DefaultGraph()
_STANDING, _SUPERSEDED = ol_term("standing"), ol_term("Superseded")
_NOT_CURRENT = (ENDED, ATTESTED_LATER)


@dataclass(frozen=True)
class Edge:
    """A line from `start` to `end`.

    ``id`` is the IRI of the node that it is, or its three terms; ``look`` the key of its style; ``name`` the term that
    names it; ``details`` are further terms shown with the name; ``mark`` is its certainty.
    """

    id: str
    start: ox.NamedNode
    end: ox.NamedNode
    look: str
    name: ox.NamedNode
    details: tuple[Term, ...] = ()
    status: Status | None = None
    mark: str = STATED
    claims: tuple[Term, ...] = ()


@dataclass
class NeighbourBatch:
    """Some lines of a thing; how many more there are (counted up to MAX_COUNTED) and how many do not hold on the day.

    The next batch begins `after` so many candidates.
    """

    node: ox.NamedNode
    edges: list[Edge] = field(default_factory=list)
    more: int = 0
    after: int = 0
    not_held: int = 0


# Looks up a line; None where the statement turns out to be no line.
EdgeCandidate = Callable[[], Edge | None]


class NeighbourSearch:
    """Finds neighbours in `store`, which must not change meanwhile, on the day of `context`."""

    def __init__(self, store: ox.Store, context: PageContext, config: ExploreConfig) -> None:
        self._store, self._config, self._day = store, config, context.moment.ordinal
        self.book = EvidenceBook(store)
        self.speaker = context.speaker(store)

    def around(self, node: ox.NamedNode, after: int = 0) -> NeighbourBatch:
        """Return the lines of `node` after the first `after` candidates."""
        after = min(after, MAX_OFFSET)
        batch, seen = NeighbourBatch(node, after=after), set()
        candidates = _round_robin(list(self._groups(node)))
        for candidate in islice(candidates, after, after + MAX_EXAMINED):
            batch.after += 1
            edge = candidate()
            if edge is None or edge.start == edge.end or edge.id in seen:
                continue
            seen.add(edge.id)
            if edge.status and edge.status.name in _NOT_CURRENT:
                batch.not_held += 1
                continue
            batch.edges.append(edge)
            if len(batch.edges) == MAX_SHOWN_EDGES:
                break
        batch.more = sum(1 for _ in islice(candidates, MAX_COUNTED))
        return batch

    def _groups(self, node: ox.NamedNode) -> Iterator[Iterator[EdgeCandidate]]:
        """Yield the candidates for lines of `node` by kind."""
        for edge_class in self._config.edge_classes:
            for name in (*edge_class.end, *edge_class.start):
                yield self._edge_nodes(edge_class, name, node)
            for name in (*edge_class.start, *edge_class.end):
                yield self._statements_of(node, name, "")
        for name, look in self._config.properties.items():
            yield self._statements_of(node, name, look)
            yield self._statements_to(node, name, look)
        if not self._config.properties:
            yield self._statements_of(node, None, "")
            yield self._statements_to(node, None, "")

    def _edge_nodes(self, edge_class: EdgeClass, name: ox.NamedNode, node: ox.NamedNode) -> Iterator[EdgeCandidate]:
        """Yield the nodes that refer to `node` by `name`: each may be a line."""
        for quad in self._store.quads_for_pattern(None, name, node, _DEFAULT):
            yield partial(self._edge_of_node, edge_class, quad.subject)

    def _edge_of_node(self, edge_class: EdgeClass, node: Term | ox.Triple) -> Edge | None:
        """Return the line that `node` is, None if it is not of this class or lacks an end."""
        if not isinstance(node, ox.NamedNode) or ox.Quad(node, RDF_TYPE, edge_class.kind, _DEFAULT) not in self._store:
            return None
        start, end = self._first(node, edge_class.start), self._first(node, edge_class.end)
        if start is None or end is None:
            return None
        name: Term = edge_class.kind
        if edge_class.style_property:
            name = next(objects(self._store, node, edge_class.style_property), edge_class.kind)
        claims = self.book.claims(node)
        return Edge(
            id=node.value,
            start=start,
            end=end,
            look=edge_class.look or local_name(name),
            name=name if isinstance(name, ox.NamedNode) else edge_class.kind,
            details=tuple(term for detail in edge_class.details for term in objects(self._store, node, detail)),
            status=self.book.status(node, self._day),
            mark=self._mark(node, claims),
            claims=tuple(claims),
        )

    def _first(self, node: ox.NamedNode, names: Iterable[ox.NamedNode]) -> ox.NamedNode | None:
        """Return the first node that is a value of one of the properties `names` of `node`."""
        terms = (term for name in names for term in objects(self._store, node, name))
        return next((term for term in terms if isinstance(term, ox.NamedNode)), None)

    def _statements_of(self, node: ox.NamedNode, name: ox.NamedNode | None, look: str) -> Iterator[EdgeCandidate]:
        """Yield the statements by `name` (None: any property) about `node` whose object is a node."""
        for quad in self._store.quads_for_pattern(node, name, None, _DEFAULT):
            if isinstance(quad.object, ox.NamedNode) and quad.predicate != RDF_TYPE:
                yield partial(self._edge_of_statement, quad, look)

    def _statements_to(self, node: ox.NamedNode, name: ox.NamedNode | None, look: str) -> Iterator[EdgeCandidate]:
        """Yield the statements by `name` (None: any property) whose object is `node`."""
        for quad in self._store.quads_for_pattern(None, name, node, _DEFAULT):
            if isinstance(quad.subject, ox.NamedNode) and quad.predicate != RDF_TYPE:
                yield partial(self._edge_of_statement, quad, look)

    def _edge_of_statement(self, quad: ox.Quad, look: str) -> Edge:
        """Return one statement as a line."""
        start, name, end = quad.subject, quad.predicate, quad.object
        assert isinstance(start, ox.NamedNode)
        assert isinstance(end, ox.NamedNode)
        claims = self.book.claims_on_field(start, name)
        mark = self._mark(start, claims)
        return Edge(f"{start.value} {name.value} {end.value}", start, end, look, name, mark=mark, claims=tuple(claims))

    def _mark(self, node: ox.NamedNode, claims: Iterable[Term]) -> str:
        """Return the certainty of a line: superseded, else that of its strongest claim."""
        if ox.Quad(node, _STANDING, _SUPERSEDED, _DEFAULT) in self._store:
            return SUPERSEDED
        answers = [self.book.of(claim).answer for claim in claims]
        return strongest(answers) if answers else STATED

    def look(self, node: ox.NamedNode) -> str:
        """Return the key of the look of a thing: its broadest classification, else its class; empty without either."""
        if self._config.style_path:
            classified, broader = self._config.style_path
            kind = next(objects(self._store, node, classified), None)
            for _ in range(_MAX_CLASS_DEPTH):
                wider = next(objects(self._store, kind, broader), None) if kind else None
                kind = wider or kind
            if kind is not None:
                return local_name(kind)
        types = {quad.object for quad in self._store.quads_for_pattern(node, RDF_TYPE, None, _DEFAULT)}
        return next((look for kind, look in self._config.kinds.items() if kind in types), "")

    def name(self, node: ox.NamedNode) -> str:
        """Return the name of a thing, else the text of the first property that viz/explore.toml names for it.

        Such a text is cut after MAX_NAME_LENGTH characters.
        """
        if any(next(objects(self._store, node, label), None) is not None for label in (RDFS_LABEL, PREF_LABEL)):
            return self.speaker.term(node)
        for name_property in self._config.name_properties:
            terms = list(objects(self._store, node, name_property))
            texts = self.speaker.texts(term for term in terms if isinstance(term, ox.Literal) and term.language)
            text = next(iter(texts or map(self.speaker.term, terms)), "")
            if text:
                text = text if len(text) <= MAX_NAME_LENGTH else f"{text[:MAX_NAME_LENGTH].rpartition(' ')[0]} …"
                suffixes = (
                    term
                    for suffix_property in self._config.suffix_properties
                    for term in objects(self._store, node, suffix_property)
                )
                return ": ".join(filter(None, (text, self.speaker.term(next(suffixes, None)))))
        return self.speaker.term(node)


def _round_robin(groups: list[Iterator[EdgeCandidate]]) -> Iterator[EdgeCandidate]:
    """Yield one of each group in turn, so that no kind of line crowds out the others."""
    while len(groups) > 1:
        not_empty = []
        for group in groups:
            candidate = next(group, None)
            if candidate is not None:
                not_empty.append(group)
                yield candidate
        groups = not_empty
    for group in groups:
        yield from group
