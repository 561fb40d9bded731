"""A hierarchy that asks with SPARQL SELECT only, so that it can be pointed at any SPARQL 1.1 endpoint.

Each level of a search is one query (or one for each `BATCH_SIZE` nodes), so a search of a graph of any size costs
what it finds. What has been asked is kept: the graph must not change meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from orgline.graph import ol_term
from orgline.hierarchy.protocol import Holding, Hop, lowest_common
from orgline.text import DatedEvidence

# Runs a SELECT query over the default graph: one mapping a solution, from variable to IRI or lexical form, unbound
# variables left out.
Select = Callable[[str], Iterable[Mapping[str, str]]]

BATCH_SIZE = 100  # nodes in one VALUES block: keeps a query short enough for servers that limit its length
_ORG = "http://www.w3.org/ns/org#"
_MEMBER, _POST_IN, _ROLE = (ox.NamedNode(_ORG + name) for name in ("member", "postIn", "role"))
_SUPERSEDED = ol_term("Superseded").value
_LINE = f"""?relation {ol_term("lower")} ?lower ; {ol_term("upper")} ?upper .
  OPTIONAL {{ ?relation {ol_term("lineType")} ?type }} OPTIONAL {{ ?relation {ol_term("quantifier")} ?quantifier }}"""
_TENURE = f"?relation {ol_term('inPost')} ?lower ; {_MEMBER} ?upper ."
# The lines or tenures at each node. The inner SELECT comes first and is limited, so that a node with a million
# lines costs no more than the limit.
_RELATIONS_QUERY = f"""SELECT * WHERE {{{{
  {{{{ SELECT ?node ?relation WHERE {{{{ VALUES ?node {{{{ {{nodes}} }}}} ?relation {{end}} ?node }}}} {{limit}} }}}}
  {{pattern}}
  OPTIONAL {{{{ ?relation <https://schema.org/startDate> ?start }}}}
  OPTIONAL {{{{ ?relation <https://schema.org/endDate> ?end }}}}
  OPTIONAL {{{{ ?relation {ol_term("attestedOn")} ?attested }}}}
  OPTIONAL {{{{ ?relation {ol_term("standing")} ?standing }}}}
}}}}"""
_POSTS_QUERY = f"""SELECT ?post ?headship WHERE {{{{
  {{{{ SELECT DISTINCT ?post WHERE {{{{ ?post {_POST_IN} {{body}} }}}} {{limit}} }}}}
  OPTIONAL {{{{ ?post {_ROLE}/{ol_term("headship")} ?headship }}}}
}}}}"""
_BODY_QUERY = f"SELECT ?body WHERE {{{{ {{post}} {_POST_IN} ?body }}}}"


@dataclass(frozen=True)
class _Relation:
    """A line or tenure as the graph has it: the post of a tenure is its lower end, the person its upper."""

    iri: str
    lower: str
    upper: str
    type: str
    quantifier: str
    dates: DatedEvidence

    def hop(self, level: int, day: int) -> Hop:
        """Return this line as a hop at `level`, with its status on `day`."""
        return Hop(self.iri, self.lower, self.upper, self.type, self.quantifier, level, self.dates.on(day))

    def holding(self, day: int) -> Holding:
        """Return this tenure with its status on `day`."""
        return Holding(self.iri, self.lower, self.upper, self.dates.on(day))


@dataclass(frozen=True)
class _End:
    """By which end relations are looked up: the property of that end, and the pattern of the rest."""

    property: ox.NamedNode
    pattern: str


LINES_UP, LINES_DOWN = _End(ol_term("lower"), _LINE), _End(ol_term("upper"), _LINE)
TENURES_IN, TENURES_OF = _End(ol_term("inPost"), _TENURE), _End(_MEMBER, _TENURE)


class SparqlHierarchy:
    """Implements `Hierarchy` with SELECT queries."""

    def __init__(self, select: Select, limit: int | None = None) -> None:
        """Ask by `select`; with `limit`, of the lines or tenures at one node only so many, whichever come first."""
        self._select, self._limit = select, limit
        self._known: dict[tuple[_End, str], list[_Relation]] = {}
        self._posts: dict[str, dict[str, bool]] = {}

    def above(self, node: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """See `Hierarchy.above`."""
        return list(self._search(node, day, types, LINES_UP))

    def below(self, node: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """See `Hierarchy.below`."""
        return list(self._search(node, day, types, LINES_DOWN))

    def _search(self, node: str, day: int, types: Iterable[str] | None, end: _End) -> Iterator[Hop]:
        """Yield the walked lines level by level, until a level has no new node at its far end."""
        allowed = None if types is None else set(types)
        front, seen, level = [node], {node}, 0
        while front:
            level += 1
            hops = [
                hop
                for near, relations in self.relations(front, end).items()
                for hop in (relation.hop(level, day) for relation in relations)
                if hop.status.is_walked and (allowed is None or hop.type in allowed)
            ]
            yield from hops
            front = sorted({hop.upper if end is LINES_UP else hop.lower for hop in hops} - seen)
            seen.update(front)

    def lines_above(self, node: str, day: int) -> list[Hop]:
        """See `Hierarchy.lines_above`."""
        return [relation.hop(1, day) for relation in self.relations([node], LINES_UP)[node]]

    def lines_below(self, node: str, day: int) -> list[Hop]:
        """Return the lines of which `node` is the upper end, whatever their status on `day`, at level 1, by IRI."""
        return [relation.hop(1, day) for relation in self.relations([node], LINES_DOWN)[node]]

    def levels_above(self, node: str, day: int, types: Iterable[str] | None = None) -> dict[str, int]:
        """See `Hierarchy.levels_above`."""
        levels = {node: 0}
        for hop in self._search(node, day, types, LINES_UP):
            levels.setdefault(hop.upper, hop.level)
        return levels

    def path(self, lower: str, upper: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """See `Hierarchy.path`."""
        reached_by: dict[str, Hop] = {}
        for hop in self._search(lower, day, types, LINES_UP):
            reached_by.setdefault(hop.upper, hop)
            if hop.upper == upper:
                break
        path: list[Hop] = []
        node = upper
        while node in reached_by and (node != lower or not path):
            path.append(reached_by[node])
            node = path[-1].lower
        return path[::-1]

    def common(self, nodes: Iterable[str], day: int, types: Iterable[str] | None = None) -> list[str]:
        """See `Hierarchy.common`."""
        wanted = None if types is None else list(types)
        return lowest_common(nodes, lambda node: self.levels_above(node, day, wanted))

    def holders(self, post: str, day: int, *, every: bool = False) -> list[Holding]:
        """See `Hierarchy.holders`."""
        return self._holdings(post, TENURES_IN, day, every=every)

    def posts_of(self, person: str, day: int, *, every: bool = False) -> list[Holding]:
        """See `Hierarchy.posts_of`."""
        return self._holdings(person, TENURES_OF, day, every=every)

    def _holdings(self, node: str, end: _End, day: int, *, every: bool) -> list[Holding]:
        holdings = (relation.holding(day) for relation in self.relations([node], end)[node])
        return [holding for holding in holdings if every or holding.status.is_walked]

    def heads(self, body: str, day: int) -> list[Holding]:
        """See `Hierarchy.heads`."""
        posts = [post for post, is_head in self.posts_in(body).items() if is_head]
        self.relations(posts, TENURES_IN)
        return [holding for post in posts for holding in self.holders(post, day)]

    def posts_in(self, body: str) -> dict[str, bool]:
        """Return the posts in `body`, by IRI, and whether each is at its head (its role has `ol:headship` true)."""
        if body not in self._posts:
            posts: dict[str, bool] = {}
            query = _POSTS_QUERY.format(body=ox.NamedNode(body), limit=self._limit_clause)
            for row in self._select(query):
                posts[row["post"]] = posts.get(row["post"], False) or row.get("headship") == "true"
            self._posts[body] = dict(sorted(posts.items()))
        return self._posts[body]

    def body_of(self, post: str) -> str | None:
        """See `Hierarchy.body_of`."""
        rows = self._select(_BODY_QUERY.format(post=ox.NamedNode(post)))
        return min((row["body"] for row in rows), default=None)

    @property
    def _limit_clause(self) -> str:
        return "" if self._limit is None else f"LIMIT {self._limit}"

    def relations(self, nodes: Iterable[str], end: _End) -> dict[str, list[_Relation]]:
        """Return the relations at each of `nodes` by `end`, sorted by IRI; ask for those that are not known yet."""
        wanted = list(dict.fromkeys(nodes))
        unknown = [node for node in wanted if (end, node) not in self._known]
        for start in range(0, len(unknown), BATCH_SIZE):
            self._look_up(unknown[start : start + BATCH_SIZE], end)
        return {node: self._known[end, node] for node in wanted}

    def _look_up(self, nodes: list[str], end: _End) -> None:
        """Ask for the lines or tenures that have one of `nodes` at `end`, and keep them without superseded ones."""
        values = " ".join(str(ox.NamedNode(node)) for node in nodes)
        query = _RELATIONS_QUERY.format(nodes=values, end=end.property, pattern=end.pattern, limit=self._limit_clause)
        solutions: dict[str, dict[tuple[str, str, str], list[Mapping[str, str]]]] = {node: {} for node in nodes}
        for row in self._select(query):
            key = row["relation"], row["lower"], row["upper"]
            solutions[row["node"]].setdefault(key, []).append(row)
        for node, by_relation in solutions.items():
            self._known[end, node] = [
                _relation(*key, rows)
                for key, rows in sorted(by_relation.items())
                if all(row.get("standing") != _SUPERSEDED for row in rows)
            ]


def _relation(iri: str, lower: str, upper: str, rows: list[Mapping[str, str]]) -> _Relation:
    """Return the relation of several solutions: those of each attestation; the first value of what should be single."""

    def first(name: str) -> str:
        return min((row[name] for row in rows if name in row), default="")

    attested = {row["attested"] for row in rows if "attested" in row}
    dates = DatedEvidence.of(first("start"), first("end"), attested)
    return _Relation(iri, lower, upper, first("type"), first("quantifier"), dates)


def store_select(store: ox.Store) -> Select:
    """Return a `Select` that asks the default graph of `store`."""

    def select(query: str) -> Iterator[dict[str, str]]:
        solutions = store.query(query)
        assert isinstance(solutions, ox.QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        for solution in solutions:
            values = zip(names, solution, strict=True)
            # A quoted triple has no value of its own; no variable of these queries is bound to one by our contract.
            yield {name: term.value for name, term in values if term and not isinstance(term, ox.Triple)}

    return select
