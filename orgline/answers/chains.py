"""Chains as answers: who is above, who is below, why, and the lowest common superiors, each line with its evidence.

They say what one SPARQL question cannot: lines of a chosen type only, level by level, with the claims, the date and the
rule of every line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

import pyoxigraph as ox

from orgline.answers.answer import Answer, Row, Value, make_answer
from orgline.answers.evidence_join import join_evidence
from orgline.content import Ground, QueryFile
from orgline.graph import INFERRED, EvidenceBook, Term, local_name, same_as, subjects, weakest
from orgline.hierarchy import Hierarchy, Holding, Hop
from orgline.text import CannotRun, Moment, Status, suggestion_for

ALL_TYPES = "all"
CHAIN_CLASSES = (
    "http://xmlns.com/foaf/0.1/Person",
    "http://www.w3.org/ns/org#Post",
    "http://www.w3.org/ns/org#Organization",
    "https://w3id.org/orgline/ns#BodyClass",
)
_POST_IN = ox.NamedNode("http://www.w3.org/ns/org#postIn")
_HOLDS = ox.NamedNode("http://www.w3.org/ns/org#holds")
_INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
_EDTF = ox.NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")
_STATUS = "https://w3id.org/orgline/code/time-status/"
_LINE_TYPES = ox.NamedNode("https://w3id.org/orgline/code/line-type")
_IN_SCHEME = ox.NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")
# What a row rests on, as the headers of the chain questions say it: the line, or that the post is in its body, and the
# tenure of who holds or heads what is at the far end.
_GROUNDS = (Ground("line"), Ground("seat"), Ground("seat", (_POST_IN.value,)), Ground("tenure"))
_HOLDER = ("holder", "holder_status", "holder_date")
CHAIN_COLUMNS = ("start", "level", "lower", "quantifier", "type", "upper", "rule", *_HOLDER)


@dataclass
class Chains:
    """Searches `hierarchy` at `moment`, and makes answers of the lines with their evidence in `store`.

    `superior_types` are the types of line whose upper end is a superior. `words` are the words of the pages, by
    language and key; `rules` what each rule concludes, by its name and language.
    """

    store: ox.Store
    hierarchy: Hierarchy
    superior_types: list[str]
    moment: Moment
    words: Mapping[str, Mapping[str, str]]
    rules: Mapping[str, Mapping[str, str]]
    book: EvidenceBook = field(init=False)

    def __post_init__(self) -> None:
        self.book = EvidenceBook(self.store)

    def types(self, typed: str | None) -> list[str] | None:
        """Return the IRIs of the type of line called `typed`; the superior types for None; None (every type) for "all".

        Raises CannotRun when there is no such type.
        """
        if typed is None:
            return self.superior_types
        if typed == ALL_TYPES:
            return None
        known = {local_name(code): code.value for code in subjects(self.store, _IN_SCHEME, _LINE_TYPES)}
        if typed not in known:
            choices = ", ".join([ALL_TYPES, *sorted(known)])
            raise CannotRun(
                f'--type: there is no line called "{typed}".{suggestion_for(typed, known)} Give one of {choices}.'
            )
        return [known[typed]]

    def search(self, name: str, nodes: list[ox.NamedNode], types: Iterable[str] | None) -> Answer:
        """Return the chain `name`: "above" or "below" one node, "why" of two (lower, upper), "common" of several."""
        if name == "common":
            return self.common(nodes, types)
        if name == "why":
            lower, upper = nodes
            return self.why(lower, upper, types)
        (node,) = nodes
        return self.above(node, types) if name == "above" else self.below(node, types)

    def above(self, node: ox.NamedNode, types: Iterable[str] | None) -> Answer:
        """Return the chain above `node`, level by level, with the holders of each post and the heads of each body.

        A post without a known superior leads on to its body. Where a chain ends, the lines that have ended or are
        attested only later are rows too, and nothing beyond them. What no source says is no row. For a person who
        holds no post on the day, the answer is the tenures of other days.
        """
        rows = self._with_matches(node, lambda start: self._upwards(start, types))
        return self._answer("above", rows or self._past_and_later_rows(node), node)

    def below(self, node: ox.NamedNode, types: Iterable[str] | None) -> Answer:
        """Return all that is below `node`, level by level, with the holders."""
        rows = self._with_matches(node, lambda start: self._downwards(start, types))
        return self._answer("below", rows or self._past_and_later_rows(node), node)

    def _downwards(self, start: _Start, types: Iterable[str] | None) -> list[Row]:
        hops = self.hierarchy.below(start.node, self.moment.ordinal, types)
        rows = [row for hop in hops for row in self._rows(hop, hop.lower, start.node)]
        return [*start.rows, *rows]

    def _with_matches(self, node: ox.NamedNode, rows_from: Callable[[_Start], list[Row]]) -> list[Row]:
        """Return the rows from `node`, and, at most inferred, those from what matching decisions call the same."""
        rows = [row for start in self._starts(node) for row in rows_from(start)]
        for match in same_as(self.store, node):
            matched_rows = (row for start in self._starts(match) for row in rows_from(start))
            rows += [replace(row, matched=(match,), answer=weakest([row.answer, INFERRED])) for row in matched_rows]
        return rows

    def why(self, lower: ox.NamedNode, upper: ox.NamedNode, types: Iterable[str] | None) -> Answer:
        """Return a shortest path from `lower` up to `upper`, line by line; no row if there is none.

        Raises CannotRun when both are the same and not on a loop.
        """
        goals = [start.node for start in self._starts(upper)]
        paths = [self._path_rows(start, goal, types) for start in self._starts(lower) for goal in goals]
        rows = min(filter(None, paths), key=len, default=[])
        if lower == upper and not rows:
            raise CannotRun("lower, upper: are the same thing. Give two different ones.")
        return replace(self._answer("why", rows, lower), values={"lower": lower, "upper": upper})

    def common(self, nodes: list[ox.NamedNode], types: Iterable[str] | None) -> Answer:
        """Return the paths from each of `nodes` up to their lowest common superiors.

        Of a person's posts, the one with the shortest paths counts. Raises CannotRun when all are the same.
        """
        if len(set(nodes)) < 2:
            raise CannotRun("units: are all the same thing. Give two different ones.")
        chosen = product(*(self._starts(node) for node in nodes))
        rows = min(filter(None, (self._common_superior_rows(starts, types) for starts in chosen)), key=len, default=[])
        answer = self._answer("common", rows, nodes[0])
        return replace(answer, values={f"unit{number}": node for number, node in enumerate(nodes, 1)})

    def _common_superior_rows(self, starts: Iterable[_Start], types: Iterable[str] | None) -> list[Row]:
        """Return the rows from each of `starts` up to each lowest common superior; none if there is none."""
        climbs = [(start, *self._climb_start(start, types)) for start in starts]
        rows: list[Row] = []
        for superior in self.hierarchy.common((node for _, node, _ in climbs), self.moment.ordinal, types):
            for start, node, first_rows in climbs:
                hops = self.hierarchy.path(node, superior, self.moment.ordinal, types) if node != superior else []
                steps = int(node != start.node)
                rows += first_rows + [
                    row for hop in hops for row in self._rows(_shift_level(hop, steps), hop.upper, start.node)
                ]
        return rows

    def _climb_start(self, start: _Start, types: Iterable[str] | None) -> tuple[str, list[Row]]:
        """Return the node whose lines are followed, and the rows up to it.

        It is the node of `start` or, for a post without a superior, its body.
        """
        body = None if self._has_superior(start.node, types) else self.hierarchy.body_of(start.node)
        if body is None:
            return start.node, [*start.rows]
        return body, [*start.rows, *self._body_rows(start.node, body, 1, start.node, with_heads=False)]

    def _starts(self, node: ox.NamedNode) -> list[_Start]:
        """Return where chains begin: at `node` itself, or at each post that a person holds on the day."""
        holdings = self.hierarchy.posts_of(node.value, self.moment.ordinal)
        if not holdings:
            return [_Start(node.value)]
        return [_Start(holding.post, tuple(self._holding_rows(holding))) for holding in holdings]

    def _past_and_later_rows(self, node: ox.NamedNode) -> list[Row]:
        """Return the tenures of `node`, a person, on any day; none for what is not a person."""
        holdings = self.hierarchy.posts_of(node.value, self.moment.ordinal, every=True)
        return [row for holding in holdings for row in self._holding_rows(holding)]

    def _holding_rows(self, holding: Holding) -> list[Row]:
        """Return the row of level 0: the person holds the post at which the chain begins; none if no source says it."""
        terms = _terms(0, holding.person, _HOLDS.value, holding.post, holding.post)
        return self._holder_rows(terms, {"tenure": ox.NamedNode(holding.tenure)}, holding.status, None)

    def _upwards(self, start: _Start, types: Iterable[str] | None) -> list[Row]:
        """Return the rows of the chain above one start, level by level; a post without a superior leads to its body."""
        rows = [*start.rows]
        front, seen, level = [start.node], {start.node}, 0
        while front:
            level += 1
            reached: set[str] = set()
            for node in front:
                lines = [replace(hop, level=level) for hop in self._lines_above(node, types)]
                walked = [hop for hop in lines if hop.status.is_walked]
                rows += [row for hop in walked for row in self._rows(hop, hop.upper, start.node)]
                reached.update(hop.upper for hop in walked)
                if not walked:
                    # The chain ends here, but for the body of a post: what has ended, or comes later, leads nowhere.
                    rows += [row for hop in lines for row in self._rows(hop, None, start.node)]
                    body = self.hierarchy.body_of(node)
                    rows += self._body_rows(node, body, level, start.node) if body else []
                    reached.update([body] if body else [])
            front = sorted(reached - seen)
            seen |= reached
        return rows

    def _lines_above(self, node: str, types: Iterable[str] | None) -> list[Hop]:
        """Return the lines of `types` of which `node` is the lower end, whatever their status."""
        lines = self.hierarchy.lines_above(node, self.moment.ordinal)
        return [hop for hop in lines if types is None or hop.type in types]

    def _has_superior(self, node: str, types: Iterable[str] | None) -> bool:
        return any(hop.status.is_walked for hop in self._lines_above(node, types))

    def _body_rows(self, post: str, body: str, level: int, start: str, *, with_heads: bool = True) -> list[Row]:
        """Return the rows from a post without a known superior to the body it is in; none if no source says it."""
        terms = _terms(level, post, _POST_IN.value, body, start)
        return self._holder_rows(terms, {"seat": ox.NamedNode(post)}, None, body if with_heads else None)

    def _path_rows(self, start: _Start, goal: str, types: Iterable[str] | None) -> list[Row]:
        """Return the rows from `start` up to `goal`, through the body of a post that has no known superior."""
        node, rows = self._climb_start(start, types)
        steps = int(node != start.node)
        hops = self.hierarchy.path(node, goal, self.moment.ordinal, types)
        if not hops and not (steps and node == goal):
            return []
        return rows + [row for hop in hops for row in self._rows(_shift_level(hop, steps), None, start.node)]

    def _rows(self, hop: Hop, held: str | None, start: str) -> list[Row]:
        """Return `hop` as rows: one for each holder of the post `held`, or head of the body; one if none is known."""
        line = ox.NamedNode(hop.line)
        terms = _terms(hop.level, hop.lower, hop.type, hop.upper, start)
        if hop.quantifier:
            terms["quantifier"] = ox.NamedNode(hop.quantifier)
        texts = {}
        rule = self.book.rule(line)
        if rule is not None and rule in self.rules:
            terms["rule"] = ox.Literal(rule)
            texts["rule"] = {lang: text.rstrip(".") for lang, text in self.rules[rule].items()}
        return [replace(row, texts=texts) for row in self._holder_rows(terms, {"line": line}, hop.status, held)]

    def _holder_rows(
        self, terms: Mapping[str, Term], nodes: Mapping[str, Term], status: Status | None, held: str | None
    ) -> list[Row]:
        """Return a row for each holder of the post `held`, or head of the body; one if none is known or asked for.

        A row rests on `nodes`, by the variables of _GROUNDS; there is none where no source says it.
        """
        day = self.moment.ordinal
        holders = (self.hierarchy.holders(held, day) or self.hierarchy.heads(held, day)) if held else []
        rows = []
        for held_terms, tenure in [*map(_holder_parts, holders)] or [({}, {})]:
            if found := join_evidence(self.book, _GROUNDS, {**nodes, **tenure}):
                rows.append(Row({**terms, **held_terms}, found.evidence, found.answer, status=status))
        return rows

    def _answer(self, name: str, rows: list[Row], node: ox.NamedNode) -> Answer:
        names = CHAIN_COLUMNS if len({row.terms["start"] for row in rows}) > 1 else CHAIN_COLUMNS[1:]
        summary = {lang: words.get(f"chain_{name}", name) for lang, words in self.words.items()}
        columns = {column: self._texts(f"chain_{column}") for column in names}
        question = QueryFile(name, "chain", "", "", summary=summary, columns=columns)
        values: dict[str, Value] = {"who": node}
        return make_answer(self.store, question, rows, values, self.moment)

    def _texts(self, key: str) -> dict[str, str]:
        return {lang: words[key] for lang, words in self.words.items() if key in words}


@dataclass(frozen=True)
class _Start:
    """Where a chain begins: a node and, for a person's post, the rows of level 0."""

    node: str
    rows: tuple[Row, ...] = ()


def _terms(level: int, lower: str, kind: str, upper: str, start: str) -> dict[str, Term]:
    return {
        "start": ox.NamedNode(start),
        "level": ox.Literal(str(level), datatype=_INTEGER),
        "lower": ox.NamedNode(lower),
        "type": ox.NamedNode(kind),
        "upper": ox.NamedNode(upper),
    }


def _holder_parts(holding: Holding) -> tuple[dict[str, Term], dict[str, Term]]:
    """Return the cells that tell the holder, and the tenure as the node that they rest on."""
    status = ox.NamedNode(_STATUS + holding.status.name)
    terms: dict[str, Term] = {"holder": ox.NamedNode(holding.person), "holder_status": status}
    if holding.status.date:
        terms["holder_date"] = ox.Literal(holding.status.date, datatype=_EDTF)
    return terms, {"tenure": ox.NamedNode(holding.tenure)}


def _shift_level(hop: Hop, steps: int) -> Hop:
    return replace(hop, level=hop.level + steps)
