"""The lines, posts and holders next to single nodes of a store on one day: what a chart of any graph asks.

A chart shows a few hundred boxes, so each lookup is limited and nothing is read before it is needed. `prepare` looks
many nodes up in one query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import pyoxigraph as ox

from orgline.graph import EvidenceBook, ol_term, subjects
from orgline.hierarchy.protocol import Holding, Hop
from orgline.hierarchy.sparql_hierarchy import LINES_DOWN, LINES_UP, TENURES_IN, SparqlHierarchy, store_select

# Up to so many lines below a node, what is below is counted exactly: more are only counted, not read.
MAX_EXACT_COUNT = 12
# So many lines (or posts) at one node are read at most: a chart shows far fewer.
MAX_LINES, MAX_POSTS = 5000, 300
_UPPER = ol_term("upper")
_IN_SCHEME = ox.NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")
_LINE_TYPES = ox.NamedNode("https://w3id.org/orgline/code/line-type")
_PREPARED = {"above": LINES_UP, "below": LINES_DOWN, "holders": TENURES_IN}


class StoreHierarchy:
    """A `SparqlHierarchy` over a local `store`, fixed to one `day` (an ordinal) and limited, with the evidence."""

    def __init__(self, store: ox.Store, day: int) -> None:
        """The store must not change meanwhile."""
        self._store, self._day = store, day
        self._hierarchy = SparqlHierarchy(store_select(store), MAX_LINES)
        self.book = EvidenceBook(store)

    @property
    def types(self) -> list[str]:
        """The types of line that the code list has, sorted."""
        return [concept.value for concept in subjects(self._store, _IN_SCHEME, _LINE_TYPES)]

    def prepare(self, nodes: Iterable[str], what: str) -> None:
        """Look up in few queries what will be asked of each of `nodes`: "above", "below" or "holders"."""
        wanted = list(nodes)
        if what == "below":
            wanted = [node for node in wanted if self._number_below(node) <= MAX_EXACT_COUNT]
        self._hierarchy.relations(wanted, _PREPARED[what])

    def _number_below(self, node: str) -> int:
        """Return how many lines of any day and type have `node` as their upper end, at most MAX_LINES."""
        lines = self._store.quads_for_pattern(None, _UPPER, ox.NamedNode(node), ox.DefaultGraph())
        return sum(1 for _ in islice(lines, MAX_LINES))

    def above(self, node: str) -> list[Hop]:
        """Return the lines up from `node`, whatever their status."""
        return self._hierarchy.lines_above(node, self._day)

    def below(self, node: str, types: Sequence[str], *, every: bool = False) -> list[Hop]:
        """Return one line from each node directly below `node` by one of `types`: the best.

        A line that holds is better than any other, then the order of `types` counts. Without `every` only lines that
        are walked on the day are returned.
        """
        ranks = {line_type: rank for rank, line_type in enumerate(types)}
        hops = [
            hop
            for hop in self._hierarchy.lines_below(node, self._day)
            if hop.type in ranks and (every or hop.status.is_walked)
        ]
        hops.sort(key=lambda hop: (_status_rank(hop), ranks[hop.type], hop.line))
        best: dict[str, Hop] = {}
        for hop in hops:
            best.setdefault(hop.lower, hop)
        return list(best.values())

    def count_below(self, node: str, types: Sequence[str], *, every: bool = False) -> tuple[int, bool]:
        """Return how many nodes are directly below `node`, and whether that is an estimate: the number of all lines."""
        number = self._number_below(node)
        if number > MAX_EXACT_COUNT:
            return number, True
        return len(self.below(node, types, every=every)), False

    def holders(self, post: str) -> list[Holding]:
        """Return the walked tenures in `post`."""
        return self._hierarchy.holders(post, self._day)

    def posts_of(self, person: str) -> list[Holding]:
        """Return the walked tenures of `person`."""
        return self._hierarchy.posts_of(person, self._day)

    def posts_in(self, body: str) -> tuple[list[str], list[str]]:
        """Return the posts at the head of `body`, and the others in it, together at most MAX_POSTS, by IRI."""
        posts = dict(islice(self._hierarchy.posts_in(body).items(), MAX_POSTS))
        return [post for post, is_head in posts.items() if is_head], [
            post for post, is_head in posts.items() if not is_head
        ]

    def body_of(self, post: str) -> str | None:
        """Return the body that `post` is in, None for what is not a post."""
        return self._hierarchy.body_of(post)


def _status_rank(hop: Hop) -> int:
    """Return 0 for a line that holds or was last attested, 1 for one that is only walked, 2 for any other."""
    return 0 if hop.status.is_current else 1 if hop.status.is_walked else 2
