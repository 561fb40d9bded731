"""Nearby: the lines next to one body, the posts in it and who holds them on a day, looked up one by one in the store.

For what shows a few hundred things of a graph of any size: each costs what its own lines cost, nothing is read
before it is needed. What searches chains to their ends uses the arrays of `hierarchy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pyoxigraph as ox

from orgline.graph import EvidenceBook, Term, objects, ol_term, subjects
from orgline.hierarchy.array_hierarchy import Holding, Hop
from orgline.text import DatedEvidence, Status

MAX_EXACT_COUNT, MAX_LINES, MAX_POSTS, BATCH_SIZE = 12, 5000, 300, 100
_UPPER, _LOWER, _IN_POST, _HEADSHIP = ol_term("upper"), ol_term("lower"), ol_term("inPost"), ol_term("headship")
_SUPERSEDED = ol_term("Superseded").value
_ORG = "http://www.w3.org/ns/org#"
_MEMBER, _POST_IN, _ROLE = (ox.NamedNode(_ORG + name) for name in ("member", "postIn", "role"))
_IN_SCHEME = ox.NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")
_LINE_TYPES = ox.NamedNode("https://w3id.org/orgline/code/line-type")

_LINES = (
    f"{_LOWER} ?lower ; {_UPPER} ?upper ; {ol_term('lineType')} ?type . "
    f"OPTIONAL {{ ?it {ol_term('quantifier')} ?quantifier }}"
)
_TENURES = f"{_IN_POST} ?post ; {_MEMBER} ?person ."
_LOOKUP_QUERY = f"""SELECT * {{{{
  {{{{ SELECT ?node ?it {{{{ VALUES ?node {{{{ {{nodes}} }}}} ?it {{by}} ?node }}}} LIMIT {{limit}} }}}}
  ?it {{wanted}}
  OPTIONAL {{{{ ?it <https://schema.org/startDate> ?start }}}} OPTIONAL {{{{ ?it <https://schema.org/endDate> ?end }}}}
  OPTIONAL {{{{ ?it {ol_term("attestedOn")} ?attested }}}} OPTIONAL {{{{ ?it {ol_term("standing")} ?standing }}}}
}}}}"""

_PREFETCHED = {"above": (_LOWER, _LINES), "below": (_UPPER, _LINES), "holders": (_IN_POST, _TENURES)}


class StoreHierarchy:
    """Looks up in `store` what stands next to things on a day (an ordinal), with the evidence in `book`."""

    def __init__(self, store: ox.Store, day: int) -> None:
        """The store must not change meanwhile."""
        self._store, self._day = store, day
        self.book = EvidenceBook(store)
        self._heads: dict[Term, bool] = {}
        self._kept: dict[tuple[ox.NamedNode, str], list[tuple[dict[str, str], Status]]] = {}

    @property
    def types(self) -> list[str]:
        """The types of line that there can be, sorted."""
        return [one.value for one in subjects(self._store, _IN_SCHEME, _LINE_TYPES)]

    def prepare(self, nodes: Iterable[str], what: str) -> None:
        """Look up for many `nodes` at once what will be asked of each: "above", "below" or who are its "holders"."""
        by, wanted = _PREFETCHED[what]
        new = [one for one in dict.fromkeys(nodes) if (by, one) not in self._kept]
        if what == "below":
            new = [one for one in new if self._number_below(one) <= MAX_EXACT_COUNT]
        for at in range(0, len(new), BATCH_SIZE):
            self._look_up(by, new[at : at + BATCH_SIZE], wanted)

    def _number_below(self, node: str) -> int:
        lines = self._store.quads_for_pattern(None, _UPPER, ox.NamedNode(node), ox.DefaultGraph())
        return sum(1 for _ in islice(lines, MAX_LINES))

    def _found(self, by: ox.NamedNode, node: str, wanted: str) -> list[tuple[dict[str, str], Status]]:
        """Return what says by `by` that it belongs to `node`, the values of the variables `wanted`, and its status."""
        if (by, node) not in self._kept:
            self._look_up(by, [node], wanted)
        return self._kept[by, node]

    def _look_up(self, by: ox.NamedNode, nodes: list[str], wanted: str) -> None:
        """Keep what is found by `by` at `nodes`: one query reads the names of what is wanted, and of nothing else."""
        named = " ".join(str(ox.NamedNode(one)) for one in nodes)
        solutions = self._store.query(_LOOKUP_QUERY.format(by=by, nodes=named, wanted=wanted, limit=MAX_LINES))
        assert isinstance(solutions, ox.QuerySolutions)
        names = [one.value for one in solutions.variables]
        rows: dict[tuple[str, str], tuple[dict[str, str], list[str]]] = {}
        for solution in solutions:
            values = zip(names, solution, strict=True)
            said = {name: value.value for name, value in values if value and not isinstance(value, ox.Triple)}
            if said.get("standing") != _SUPERSEDED:
                rows.setdefault((said["node"], said["it"]), (said, []))[1].append(said.get("attested", ""))
        self._kept.update({(by, one): [] for one in nodes})
        for (node, _), (said, attested) in rows.items():
            times = DatedEvidence.of(said.get("start", ""), said.get("end", ""), filter(None, attested))
            self._kept[by, node].append((said, times.on(self._day)))

    def _hops(self, by: ox.NamedNode, node: str) -> Iterator[Hop]:
        for said, status in self._found(by, node, _LINES):
            yield Hop(said["it"], said["lower"], said["upper"], said["type"], said.get("quantifier", ""), 1, status)

    def above(self, node: str) -> list[Hop]:
        """Return the lines up from `node`, of any day."""
        return list(self._hops(_LOWER, node))

    def below(self, node: str, types: Sequence[str], *, every: bool = False) -> list[Hop]:
        """Return one line to each that stands directly below `node`, by `types`; with `every`, of other days too."""
        return self._best_line_each(self._hops(_UPPER, node), types, every=every)

    def count_below(self, node: str, types: Sequence[str], *, every: bool = False) -> tuple[int, bool]:
        """Return how many stand directly below `node`, and whether that is rough: many are not looked at one by one."""
        number = self._number_below(node)
        if number > MAX_EXACT_COUNT:
            return number, True
        return len(self.below(node, types, every=every)), False

    @staticmethod
    def _best_line_each(hops: Iterator[Hop], types: Sequence[str], *, every: bool) -> list[Hop]:
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
        found = [
            Holding(said["it"], said["post"], said["person"], status)
            for said, status in self._found(predicate, node, _TENURES)
            if status.is_current
        ]
        return sorted(found, key=lambda one: one.tenure)

    def posts_in(self, body: str) -> tuple[list[str], list[str]]:
        """Return the posts at the head of `body`, and the others in it, whoever holds them."""
        posts = subjects(self._store, _POST_IN, ox.NamedNode(body))[:MAX_POSTS]
        heads = [post.value for post in posts if any(map(self._is_head, objects(self._store, post, _ROLE)))]
        return heads, [post.value for post in posts if post.value not in heads]

    def _is_head(self, role: Term) -> bool:
        if role not in self._heads:
            self._heads[role] = any(one.value == "true" for one in self.book.said(role).get(_HEADSHIP, ()))
        return self._heads[role]

    def body_of(self, post: str) -> str | None:
        """Return the body that `post` is in."""
        return next((one.value for one in objects(self._store, ox.NamedNode(post), _POST_IN)), None)
