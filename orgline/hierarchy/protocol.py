"""The interface of a hierarchy: who is above and below whom, and who holds which post, on any day.

`ArrayHierarchy` implements it in memory, `SparqlHierarchy` with SPARQL SELECT queries only; a property-based test
(tests/test_hierarchy.py) holds the two to the same results.

A *node* is the IRI of a body, a class of bodies or a post. A *day* is an ordinal (`date.toordinal`). *Types* are
IRIs of types of line; None means every type. A line or tenure is *walked* on a day unless it has ended by then or is
attested only later: what is undated, or not dated exactly enough to tell, is walked too and its status says so
(docs/time.md). A superseded line or tenure does not exist for a hierarchy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from orgline.text import Status


@dataclass(frozen=True)
class Hop:
    """One line at a level of a search: its IRI, ends, type, quantifier ("" if it has none) and status on the day.

    `level` counts lines from where the search began: 1 for the lines next to it.
    """

    line: str
    lower: str
    upper: str
    type: str
    quantifier: str
    level: int
    status: Status


@dataclass(frozen=True)
class Holding:
    """One tenure: its IRI, the post, the person who holds it, and its status on the day."""

    tenure: str
    post: str
    person: str
    status: Status


class Hierarchy(Protocol):
    """The lines, tenures and posts of one graph, searched on any day. A node that the graph lacks has no results."""

    def above(self, node: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """Return the walked lines from `node` up to the top, each line once.

        Ordered by level, then lower end, then line.
        """
        ...

    def below(self, node: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """Return the walked lines below `node` down to the bottom, each once: by level, then upper end, then line."""
        ...

    def lines_above(self, node: str, day: int) -> list[Hop]:
        """Return the lines of which `node` is the lower end, whatever their status on `day`, at level 1, by IRI."""
        ...

    def levels_above(self, node: str, day: int, types: Iterable[str] | None = None) -> dict[str, int]:
        """Return `node` (0) and each node above it, with the number of lines of a shortest path to it."""
        ...

    def path(self, lower: str, upper: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """Return a shortest path of walked lines from `lower` up to `upper`, from the bottom; empty if there is none.

        From a node to itself, the path is a loop. Of several shortest paths the first in the order of `above` counts.
        """
        ...

    def common(self, nodes: Iterable[str], day: int, types: Iterable[str] | None = None) -> list[str]:
        """Return the lowest common superiors of `nodes`, the nearest first: see `lowest_common`."""
        ...

    def holders(self, post: str, day: int, *, every: bool = False) -> list[Holding]:
        """Return the walked tenures in `post`, by IRI; with `every`, those of any status."""
        ...

    def heads(self, body: str, day: int) -> list[Holding]:
        """Return the walked tenures in the posts at the head of `body`, by post, then tenure."""
        ...

    def posts_of(self, person: str, day: int, *, every: bool = False) -> list[Holding]:
        """Return the walked tenures of `person`, by IRI; with `every`, those of any status."""
        ...

    def body_of(self, post: str) -> str | None:
        """Return the body that `post` is in, the first by IRI if there are several; None for what is not a post."""
        ...


def lowest_common(nodes: Iterable[str], levels_above: Callable[[str], dict[str, int]]) -> list[str]:
    """Return the nodes that are above, or among, all `nodes` and have no other such node below them.

    There are several where a node has several superiors, and where the common superiors form a loop (none of them is
    the lowest, so all count). Ordered by the sum of the levels from each of `nodes`, then by IRI.
    """
    levels = [levels_above(node) for node in nodes]
    shared = set(levels[0]).intersection(*levels[1:]) if levels else set[str]()
    higher = {upper for node in shared for upper in levels_above(node) if upper != node and upper in shared}
    lowest = shared - higher or shared
    return sorted(lowest, key=lambda node: (sum(above[node] for above in levels), node))
