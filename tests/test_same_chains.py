"""The command line, the question files and the pages give the same chains: of every body, class, post and person."""

import json
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from attack import served
from conftest import ROOT
from worlds import iri

from orgline.answers.answer import Answer, Row
from orgline.answers.asking import ask, find_question
from orgline.answers.chains import Chains
from orgline.content.tree import Content
from orgline.graph.loading import load
from orgline.graph.rules import infer
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import read_relations, relations_of
from orgline.hierarchy.day_graph import open_day_dataset, superior_types
from orgline.hierarchy.protocol import Hop
from orgline.hierarchy.sparql_hierarchy import SparqlHierarchy, store_select
from orgline.hierarchy.store_hierarchy import StoreHierarchy
from orgline.text.moment import Moment
from orgline.text.temporal_status import ENDED, HELD, LAST_ATTESTED, UNDATED, UNSURE

HOLDS, POST_IN = "http://www.w3.org/ns/org#holds", "http://www.w3.org/ns/org#postIn"
BETWEEN_BODIES = [iri("organ-of"), iri("subordination")]
CASES = [
    *(("real", day) for day in ("2010-01-01", "2023-09-14", "2025-01-01", "2026-11-30")),
    *(("invented", day) for day in ("2039-01-01", "2043-08-19", "2044-06-23", "2046-01-01")),
]
Facts = set[tuple[str, ...]]


class Asked:
    """One graph on one day: its chains, the rows of its chain questions by unit, and its nodes."""

    def __init__(self, store: ox.Store, day: date) -> None:
        self.store, self.day, self.moment = store, day.toordinal(), Moment(day)
        self.hierarchy, self.types = ArrayHierarchy(relations_of(store)), superior_types(store)
        self.chains = Chains(store, self.hierarchy, self.types, self.moment, {}, {})
        self.posts = {*self.hierarchy.posts["post"]}
        self.persons = sorted({*self.hierarchy.tenures["person"]})
        copy = ox.Store()
        copy.bulk_extend(store)
        self._dataset = open_day_dataset(copy, self.hierarchy, day)

    def by_unit(self, question: str, *columns: str) -> dict[str, Facts]:
        """The rows of a question asked of nothing, by unit: lower, type, upper, quantifier, holder, both statuses."""
        store, graphs = self._dataset
        answer: Answer = ask(store, find_question(Content(ROOT), question), moment=self.moment, graphs=graphs)
        units: dict[str, Facts] = defaultdict(set)
        for row in answer.rows:
            units[row.terms["unit"].value].add(fact(row, columns))
        return units


def fact(row: Row, columns: Iterable[str]) -> tuple[str, ...]:
    assert row.status is not None
    return (*(row.terms[name].value if name in row.terms else "" for name in columns), row.status.name)


def loaded(content: Content) -> ox.Store:
    store = load(content).store
    infer(store, content)
    return store


@pytest.fixture(scope="module")
def asked(graph: ox.Store, invented: Path):
    """The real or the invented graph on a day, each made once."""
    stores = {"real": lambda: graph, "invented": cache(lambda: loaded(Content.find(invented)))}
    return cache(lambda name, day: Asked(stores[name](), date.fromisoformat(day)))


CHAIN = ("lower", "type", "upper", "quantifier", "holder", "holder_status")


def chain_facts(answer: Answer) -> Facts:
    """The walked lines of a chain, without those that only a matching decision adds."""
    return {
        fact(row, CHAIN)
        for row in answer.rows
        if row.status and row.status.is_walked and not row.matched and row.terms["type"].value != HOLDS
    }


@pytest.mark.parametrize(("name", "day"), CASES)
def test_above_and_the_question_give_the_same_rows(asked, name: str, day: str) -> None:
    """`orgline above` and chain-on-a-day: the same lines with the same holders, statuses and quantifiers."""
    one = asked(name, day)
    rows = one.by_unit("chain-on-a-day", "below", "type", "above", "quantifier", "holder", "holder_status")
    assert rows
    for node in one.hierarchy.names:
        assert chain_facts(one.chains.above(ox.NamedNode(node), one.types)) == rows.get(node, set()), node
    for person in one.persons:
        starts = {holding.post for holding in one.hierarchy.posts_of(person, one.day)}
        wanted = set().union(*(rows.get(post, set()) for post in starts))
        assert chain_facts(one.chains.above(ox.NamedNode(person), one.types)) == wanted, person


@pytest.mark.parametrize(("name", "day"), CASES)
def test_below_and_the_question_give_the_same_rows(asked, name: str, day: str) -> None:
    """`orgline below`, of lines between bodies, and what-stands-under-a-body-on-a-day: the same lines and heads."""
    one = asked(name, day)
    question = "what-stands-under-a-body-on-a-day"
    rows = one.by_unit(question, "lower", "type", "upper", "quantifier", "head", "head_status")
    for node in set(one.hierarchy.names) - one.posts:
        found = chain_facts(one.chains.below(ox.NamedNode(node), BETWEEN_BODIES))
        between = {row for row in found if not {row[0], row[2]} & one.posts}
        assert between == rows.get(node, set()), node


@pytest.mark.parametrize(("name", "day"), CASES)
def test_pages_and_endpoints_walk_the_same_lines(asked, name: str, day: str) -> None:
    """What a chart looks up step by step, and what is asked by SPARQL only, are the lines of the arrays."""
    one = asked(name, day)
    queries, chart = SparqlHierarchy(store_select(one.store)), StoreHierarchy(one.store, one.day)
    for node in [*one.hierarchy.names, *one.persons]:
        above = one.hierarchy.above(node, one.day, one.types)
        assert queries.above(node, one.day, one.types) == above
        assert queries.below(node, one.day, one.types) == one.hierarchy.below(node, one.day, one.types)
        assert queries.holders(node, one.day) == chart.holders(node) == one.hierarchy.holders(node, one.day)
        assert queries.posts_of(node, one.day) == chart.posts_of(node) == one.hierarchy.posts_of(node, one.day)
        assert queries.heads(node, one.day) == one.hierarchy.heads(node, one.day)
        assert chart.body_of(node) == one.hierarchy.body_of(node)
        assert {hop.line for hop in climbed(chart, node, one.types)} == {hop.line for hop in above}


def climbed(chart: StoreHierarchy, start: str, types: list[str]) -> list[Hop]:
    """The lines above a node as a chart finds them: one step after the other."""
    hops: list[Hop] = []
    todo, seen = [start], {start}
    while todo:
        step = [hop for hop in chart.above(todo.pop()) if hop.status.is_walked and hop.type in types]
        hops += step
        new = {hop.upper for hop in step} - seen
        seen |= new
        todo += new
    return hops


def test_the_days_have_what_makes_chains_differ(asked) -> None:
    """On the days that are compared there are lines of every status, so that the comparison means something."""
    found = {
        one.hierarchy.dates.status(row, one.day).name
        for one in (asked(*case) for case in CASES)
        for row in range(one.hierarchy.lines.height)
    }
    assert found >= {HELD, LAST_ATTESTED, UNSURE, UNDATED, ENDED}


@pytest.mark.slow
def test_a_hierarchy_is_asked_over_http(real_build: Path) -> None:
    """Pointed at an endpoint that `orgline serve` gives, a hierarchy of queries has the chains of the arrays."""
    arrays, day = ArrayHierarchy(read_relations(real_build / "columns")), date(2025, 1, 1).toordinal()
    with served(real_build, ROOT, seconds=30.0, seconds_per_minute=10_000.0) as service:

        def select(query: str) -> Iterator[dict[str, str]]:
            body = urllib.parse.urlencode({"query": query}).encode()
            headers = {"Accept": "application/sparql-results+json"}
            request = urllib.request.Request(f"{service.address.rstrip('/')}/sparql", body, headers)
            with urllib.request.urlopen(request, timeout=60) as response:
                bindings = json.load(response)["results"]["bindings"]
            return iter([{name: term["value"] for name, term in row.items()} for row in bindings])

        queries = SparqlHierarchy(select)
        for node in arrays.names[::3]:
            assert queries.above(node, day) == arrays.above(node, day)
            assert queries.below(node, day) == arrays.below(node, day)
            assert queries.heads(node, day) == arrays.heads(node, day)
            assert queries.holders(node, day) == arrays.holders(node, day)
