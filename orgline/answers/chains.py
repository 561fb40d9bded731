"""Chain: who is above, who is below, why, and what stands above several, on a day, each hop with its evidence.

What SPARQL cannot say in one question: lines of a chosen type only, level by level, with the claim, the
date and the rule of every hop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

import pyoxigraph as ox

from orgline.answers.answer import Answer, Row, Value, make_answer
from orgline.content import QueryFile
from orgline.graph import INFERRED, EvidenceBook, Term, local_name, same_as, strongest, subjects, weakest
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
_HOLDER = ("holder", "holder_status", "holder_date")
CHAIN_COLUMNS = ("start", "level", "lower", "quantifier", "type", "upper", "rule", *_HOLDER)


@dataclass
class Chains:
    """Searches `hierarchy` and tells what it finds with the evidence of `store`.

    `words` are those of the pages and `rules` what each rule says, by language.
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
        """Return the types of line meant by `typed`: those that make a superior if it is None, None for all.

        Raises CannotRun when there is no such type.
        """
        if typed is None:
            return self.superior_types
        if typed == ALL_TYPES:
            return None
        known = {local_name(one): one.value for one in subjects(self.store, _IN_SCHEME, _LINE_TYPES)}
        if typed not in known:
            may = ", ".join([ALL_TYPES, *sorted(known)])
            raise CannotRun(
                f'--type: there is no line called "{typed}".{suggestion_for(typed, known)} Give one of {may}.'
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
        """Return the chain above `node`, level by level, with who holds each post or heads each body."""
        rows = self._with_matches(node, lambda start: self._upwards(start, types))
        return self._answer("above", rows or self._past_and_later_rows(node), node)

    def below(self, node: ox.NamedNode, types: Iterable[str] | None) -> Answer:
        """Return all that stands below `node`, level by level, with the holders."""
        rows = self._with_matches(node, lambda start: self._downwards(start, types))
        return self._answer("below", rows or self._past_and_later_rows(node), node)

    def _downwards(self, start: _Start, types: Iterable[str] | None) -> list[Row]:
        hops = self.hierarchy.below(start.name, self.moment.ordinal, types)
        rows = [row for hop in hops for row in self._rows(hop, hop.lower, start.name)]
        return ([start.row] if start.row else []) + rows

    def _with_matches(self, node: ox.NamedNode, rows_from: Callable[[_Start], list[Row]]) -> list[Row]:
        """Return the rows from `node`, and those from what matching decisions call the same, which are inferred."""
        rows = [row for start in self._starts(node) for row in rows_from(start)]
        for other in same_as(self.store, node):
            found = (row for start in self._starts(other) for row in rows_from(start))
            rows += [replace(row, matched=(other,), answer=weakest([row.answer, INFERRED])) for row in found]
        return rows

    def why(self, lower: ox.NamedNode, upper: ox.NamedNode, types: Iterable[str] | None) -> Answer:
        """Return the shortest way from `lower` up to `upper`, hop by hop; no row if there is none.

        Raises CannotRun when both are the same and stand on no loop.
        """
        goals = [one.name for one in self._starts(upper)]
        ways = [self._path_rows(start, goal, types) for start in self._starts(lower) for goal in goals]
        rows = min(filter(None, ways), key=len, default=[])
        if lower == upper and not rows:
            raise CannotRun("UPPER: is the same as LOWER. Give two different ones.")
        return replace(self._answer("why", rows, lower), values={"lower": lower, "upper": upper})

    def common(self, nodes: list[ox.NamedNode], types: Iterable[str] | None) -> Answer:
        """Return the lowest common superior of `nodes`, and the way of each of them up to it.

        Of a person's posts that one counts by which it is nearest. Raises CannotRun when all are the same.
        """
        if len(set(nodes)) < 2:
            raise CannotRun("UNITS: are all the same. Give two different ones.")
        chosen = product(*(self._starts(node) for node in nodes))
        rows = min(filter(None, (self._common_superior_rows(starts, types) for starts in chosen)), key=len, default=[])
        answer = self._answer("common", rows, nodes[0])
        return replace(answer, values={f"unit{number}": node for number, node in enumerate(nodes, 1)})

    def _common_superior_rows(self, starts: Iterable[_Start], types: Iterable[str] | None) -> list[Row]:
        """Return the rows from each of `starts` up to where all of them meet; none if they do not."""
        ways = [(start, *self._climb_start(start, types)) for start in starts]
        rows: list[Row] = []
        for found in self.hierarchy.common((name for _, name, _ in ways), self.moment.ordinal, types):
            for start, name, before in ways:
                hops = self.hierarchy.path(name, found, self.moment.ordinal, types) if name != found else []
                by = int(name != start.name)
                rows += before + [
                    row for hop in hops for row in self._rows(_shift_level(hop, by), hop.upper, start.name)
                ]
        return rows

    def _climb_start(self, start: _Start, types: Iterable[str] | None) -> tuple[str, list[Row]]:
        """Return where lines lead up from: `start`, or the body of a post without any; and the rows to there."""
        rows = [start.row] if start.row else []
        body = None if self._has_superior(start.name, types) else self.hierarchy.body_of(start.name)
        return (start.name, rows) if body is None else (body, [*rows, self._body_row(start.name, body, 1, start.name)])

    def _starts(self, node: ox.NamedNode) -> list[_Start]:
        """Return where to begin from: `node` itself, or the posts that a person holds on the day."""
        holdings = self.hierarchy.posts_of(node.value, self.moment.ordinal)
        if not holdings:
            return [_Start(node.value)]
        return [_Start(one.post, self._holding_row(one)) for one in holdings]

    def _past_and_later_rows(self, node: ox.NamedNode) -> list[Row]:
        """Return what a person who holds nothing on the day held before, or holds later."""
        return [self._holding_row(one) for one in self.hierarchy.posts_of(node.value, self.moment.ordinal, every=True)]

    def _holding_row(self, holding: Holding) -> Row:
        """Return the row that says by which post a person stands where the chain begins."""
        evidence = self.book.claims(ox.NamedNode(holding.tenure))
        return self._row(0, holding.person, _HOLDS.value, holding.post, evidence, holding.status, holding.post)

    def _upwards(self, start: _Start, types: Iterable[str] | None) -> list[Row]:
        rows = [start.row] if start.row else []
        todo, seen = [(start.name, 0)], {start.name}
        while todo:
            name, at = todo.pop(0)
            hops = self.hierarchy.above(name, self.moment.ordinal, types)
            rows += [row for hop in hops for row in self._rows(_shift_level(hop, at), hop.upper, start.name)]
            top = {hop.upper: at + hop.level for hop in hops} if hops else {name: at}
            seen |= top.keys()
            for end, level in top.items():
                rows += self._inactive_line_rows(end, level, types, start.name)
                body = self.hierarchy.body_of(end) if not self._has_superior(end, types) else None
                if body is not None:
                    rows += self._holder_rows(self._body_row(end, body, level + 1, start.name), body)
                    todo += [(body, level + 1)] if body not in seen else []
                    seen.add(body)
        return rows

    def _has_superior(self, name: str, types: Iterable[str] | None) -> bool:
        return bool(self.hierarchy.above(name, self.moment.ordinal, types))

    def _body_row(self, post: str, body: str, level: int, start: str) -> Row:
        """Return the row that leads from a post, of which no superior is known, to the body it is in."""
        return self._row(
            level, post, _POST_IN.value, body, self.book.supporting_claims(ox.NamedNode(post)), None, start
        )

    def _inactive_line_rows(self, name: str, level: int, types: Iterable[str] | None, start: str) -> list[Row]:
        """Return the lines above a node where the chain ends, that do not hold on the day, or are not known to."""
        if self._has_superior(name, types):
            return []
        hops = [_shift_level(hop, level) for hop in self.hierarchy.lines_above(name, self.moment.ordinal)]
        wanted = [hop for hop in hops if types is None or hop.type in types]
        return [row for hop in wanted for row in self._rows(hop, None, start)]

    def _path_rows(self, start: _Start, goal: str, types: Iterable[str] | None) -> list[Row]:
        """Return the rows from `start` up to `goal`, over the body of a post where the post's own line is not known."""
        name, rows = self._climb_start(start, types)
        by = int(name != start.name)
        hops = self.hierarchy.path(name, goal, self.moment.ordinal, types)
        if not hops and not (by and name == goal):
            return []
        return rows + [row for hop in hops for row in self._rows(_shift_level(hop, by), None, start.name)]

    def _rows(self, hop: Hop, held: str | None, start: str) -> list[Row]:
        """Return a hop as rows: one for each holder of `held`, one if nobody is known to hold it."""
        line = ox.NamedNode(hop.line)
        rule = self.book.rule(line)
        evidence = self.book.supporting_claims(line)
        row = self._row(hop.level, hop.lower, hop.type, hop.upper, evidence, hop.status, start)
        terms: dict[str, Term] = dict(row.terms)
        if hop.quantifier:
            terms["quantifier"] = ox.NamedNode(hop.quantifier)
        texts = {}
        if rule is not None and rule in self.rules:
            terms["rule"] = ox.Literal(rule)
            texts["rule"] = {lang: text.rstrip(".") for lang, text in self.rules[rule].items()}
        return self._holder_rows(replace(row, terms=terms, texts=texts), held)

    def _holder_rows(self, row: Row, held: str | None) -> list[Row]:
        if held is None:
            return [row]
        day = self.moment.ordinal
        holders = self.hierarchy.holders(held, day) or self.hierarchy.heads(held, day)
        return [self._with_holder(row, one) for one in holders] or [row]

    def _with_holder(self, row: Row, holding: Holding) -> Row:
        more = tuple(map(self.book.of, self.book.claims(ox.NamedNode(holding.tenure))))
        terms: dict[str, Term] = {
            **row.terms,
            "holder": ox.NamedNode(holding.person),
            "holder_status": ox.NamedNode(_STATUS + holding.status.name),
        }
        if holding.status.date:
            terms["holder_date"] = ox.Literal(holding.status.date, datatype=_EDTF)
        sure = weakest([row.answer, strongest(one.answer for one in more)])
        return replace(row, terms=terms, evidence=(*row.evidence, *more), answer=sure)

    def _row(  # noqa: PLR0917 -- the parts of one hop
        self,
        level: int,
        lower: str,
        kind: str,
        upper: str,
        nodes: list[Term],
        status: Status | None,
        start: str,
    ) -> Row:
        terms: dict[str, Term] = {
            "start": ox.NamedNode(start),
            "level": ox.Literal(str(level), datatype=_INTEGER),
            "lower": ox.NamedNode(lower),
            "type": ox.NamedNode(kind),
            "upper": ox.NamedNode(upper),
        }
        evidence = tuple(map(self.book.of, nodes))
        follows = any(map(self.book.rule, nodes))
        join = weakest if follows else strongest
        return Row(terms, evidence, join(one.answer for one in evidence), status=status)

    def _answer(self, name: str, rows: list[Row], node: ox.NamedNode) -> Answer:
        starts = {row.terms["start"] for row in rows}
        columns = CHAIN_COLUMNS if len(starts) > 1 else CHAIN_COLUMNS[1:]
        question = QueryFile(
            name=name,
            theme="chain",
            place="",
            text="",
            summary={lang: words.get(f"chain_{name}", name) for lang, words in self.words.items()},
            columns={one: self._said(f"chain_{one}") for one in columns},
        )
        values: dict[str, Value] = {"who": node}
        return make_answer(self.store, question, rows, values, self.moment)

    def _said(self, key: str) -> dict[str, str]:
        return {lang: words[key] for lang, words in self.words.items() if key in words}


@dataclass(frozen=True)
class _Start:
    """Where a chain begins: the node, and the row that says how a person came there."""

    name: str
    row: Row | None = None


def _shift_level(hop: Hop, by: int) -> Hop:
    return replace(hop, level=hop.level + by)
