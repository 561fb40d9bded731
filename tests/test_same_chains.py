"""The command line, the question files and the pages give the same rows: of every body, class, post and person."""

import json
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest
from attack import served
from conftest import ROOT, Seen
from hypothesis import given, settings
from worlds import CODE, DAYS, ID, Line, World, deep_worlds, iri

from orgline.answers.answer import Answer, Row
from orgline.answers.asking import ask, find_question
from orgline.answers.chains import Chains
from orgline.answers.opened_build import OpenedBuild
from orgline.content.query.query_file import QueryFile
from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.evidence import strongest
from orgline.graph.lookup import same_as
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import read_relations, relations_of
from orgline.hierarchy.day_dataset import open_day_dataset
from orgline.hierarchy.protocol import Hop
from orgline.hierarchy.shortcuts import superior_types
from orgline.hierarchy.sparql_hierarchy import SparqlHierarchy, store_select
from orgline.hierarchy.store_hierarchy import StoreHierarchy
from orgline.render.html.page_context import PageContext
from orgline.render.html.site_pages import SitePages
from orgline.text.moment import Moment
from orgline.text.temporal_status import ENDED, HELD, LAST_ATTESTED, UNDATED, UNSURE, most_certain

HOLDS = "http://www.w3.org/ns/org#holds"
BETWEEN_BODIES = [iri("organ-of"), iri("subordination")]
DAYS_COMPARED = [
    *(("real", day) for day in ("2010-01-01", "2023-09-14", "2025-01-01", "2026-11-30")),
    *(("invented", day) for day in ("2039-01-01", "2043-08-19", "2044-06-23", "2046-01-01")),
]
# Each test run looks at two days; CI at all.
FIRST = {("real", "2025-01-01"), ("invented", "2044-06-23")}
CASES = [pytest.param(*case, marks=[] if case in FIRST else pytest.mark.slow) for case in DAYS_COMPARED]
Facts = set[tuple[object, ...]]
LINE = ("lower", "type", "upper", "quantifier")
CHAIN = (*LINE, "holder", "holder_status")


@cache
def question(name: str) -> QueryFile:
    """The question file of that name, read once."""
    return find_question(Content(ROOT), name)


class Asked:
    """One graph on one day: its chains, the rows of its chain questions by unit, and its nodes."""

    def __init__(self, store: ox.Store, day: date) -> None:
        self.store, self.day, self.moment = store, day.toordinal(), Moment(day)
        relations, self.types = relations_of(store), superior_types(store)
        self.hierarchy = ArrayHierarchy(relations)
        self.chains = self._chains(self.hierarchy)
        # The same without tenures: what questions that name no holder are compared with.
        self.lines = self._chains(ArrayHierarchy(replace(relations, tenures=relations.tenures.clear())))
        self.posts = {*self.hierarchy.posts["post"]}
        self.bodies = sorted({*self.hierarchy.names} - self.posts)
        self.persons = sorted({*self.hierarchy.tenures["person"]})
        copy = ox.Store()
        copy.bulk_extend(store)
        self._dataset = open_day_dataset(copy, self.hierarchy, day)

    def _chains(self, hierarchy: ArrayHierarchy) -> Chains:
        return Chains(self.store, hierarchy, self.types, self.moment, {}, {})

    def ask(self, name: str, **values: str) -> Answer:
        """The answer to a question, asked of things by their IRI."""
        store, graphs = self._dataset
        asked_of = {parameter: ox.NamedNode(value) for parameter, value in values.items()}
        return ask(store, question(name), asked_of, moment=self.moment, graphs=graphs)

    def by_unit(self, name: str, names: Sequence[str]) -> dict[str, Facts]:
        """The rows of a question asked of nothing, by unit."""
        units: dict[str, list[Row]] = defaultdict(list)
        for row in self.ask(name).rows:
            units[row.terms["unit"].value].append(row)
        return {unit: facts(rows, names) for unit, rows in units.items()}

    def between_bodies(self, rows: Iterable[Row]) -> list[Row]:
        """Those of `rows` whose ends are no posts."""
        return [row for row in rows if not {row.terms["lower"].value, row.terms["upper"].value} & self.posts]


def facts(rows: Iterable[Row], names: Sequence[str]) -> Facts:
    """The facts of `rows`, each with all that is told of it.

    A fact is the values of the columns `names`; told are its status on the day, the source, line, certainty and
    standing of each claim, and the answer. Where several rows have one fact, as two tenures of one holder, their claims
    count together.
    """
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        alike[tuple(row.terms[name].value if name in row.terms else "" for name in names)].append(row)
    return {(cells, *told(same)) for cells, same in alike.items()}


def told(rows: list[Row]) -> tuple[object, ...]:
    claims = {
        (source.value, *lines, str(claim.certainty), str(claim.standing))
        for row in rows
        for claim in row.evidence
        for source, lines in claim.lines.items()
    }
    return most_certain(row.status for row in rows), frozenset(claims), strongest(row.answer for row in rows)


def own_rows(answer: Answer) -> list[Row]:
    """The rows of a chain without those that only a matching decision adds."""
    return [row for row in answer.rows if not row.matched]


@pytest.fixture(scope="session")
def asked(graph: ox.Store, invented_seen: Seen):
    """The real or the invented graph on a day, each made once."""
    stores = {"real": graph, "invented": invented_seen.loaded.store}
    return cache(lambda name, day: Asked(stores[name], date.fromisoformat(day)))


def assert_same_rows(one: Asked) -> None:
    """The command and the four questions give the same rows, of every node."""
    above = one.by_unit("chain-on-a-day", ("below", "type", "above", "quantifier", "holder", "holder_status"))
    above_by_level = one.by_unit("chain-above-a-body", ("level", *LINE))
    below = one.by_unit("what-stands-under-a-body-on-a-day", (*LINE, "head", "head_status"))
    below_by_level = one.by_unit("what-stands-under-a-body", ("level", *LINE))
    for node in one.hierarchy.names:
        term = ox.NamedNode(node)
        assert facts(own_rows(one.chains.above(term, one.types)), CHAIN) == above.pop(node, set()), node
        if node in one.posts:
            continue
        lines = own_rows(one.lines.above(term, one.types))
        assert facts(lines, ("level", *LINE)) == above_by_level.pop(node, set()), node
        found = one.between_bodies(own_rows(one.chains.below(term, BETWEEN_BODIES)))
        assert facts(found, CHAIN) == below.pop(node, set()), node
        lines = one.between_bodies(own_rows(one.lines.below(term, BETWEEN_BODIES)))
        assert facts(lines, ("level", *LINE)) == below_by_level.pop(node, set()), node
    assert [above, above_by_level, below, below_by_level] == [{}, {}, {}, {}]


@pytest.mark.parametrize(("name", "day"), CASES)
def test_the_commands_and_the_questions_give_the_same_rows(asked, name: str, day: str) -> None:
    """Of every node: the same lines, holders, levels and statuses, with the same sources, lines and certainty."""
    assert_same_rows(asked(name, day))


@pytest.mark.parametrize(("name", "day"), CASES)
def test_a_person_has_the_chains_of_the_posts_held(asked, name: str, day: str) -> None:
    """Above a person stands what stands above each post held that day; a person without any has tenures alone."""
    one = asked(name, day)
    rows = one.by_unit("chain-on-a-day", ("below", "type", "above", "quantifier", "holder", "holder_status"))
    for person in one.persons:
        found = own_rows(one.chains.above(ox.NamedNode(person), one.types))
        chain = [row for row in found if row.terms["type"].value != HOLDS]
        held = one.hierarchy.posts_of(person, one.day)
        assert facts(chain, CHAIN) == set().union(*(rows.get(holding.post, set()) for holding in held)), person
        tenures = held or one.hierarchy.posts_of(person, one.day, every=True)
        first = {(row.terms["upper"].value, row.status) for row in found if row.terms["type"].value == HOLDS}
        assert first == {(holding.post, holding.status) for holding in tenures}, person


@pytest.mark.parametrize(("name", "day"), [("real", "2025-01-01"), ("real", "2026-11-30")])
def test_what_matching_decisions_add_is_the_same(asked, name: str, day: str) -> None:
    """The rows of what a decision calls the same come to both, at most inferred and marked as matched."""
    one, compared = asked(name, day), 0
    for node in one.hierarchy.names:
        if not same_as(one.store, ox.NamedNode(node)):
            continue
        for row in (command := one.chains.above(ox.NamedNode(node), one.types)).rows:
            compared += bool(row.matched)
        asked_of = one.ask("chain-on-a-day", unit=node)
        names = ("below", "type", "above", "quantifier", "holder", "holder_status")
        assert facts(command.rows, ("start", *CHAIN)) == facts(asked_of.rows, ("unit", *names)), node
        assert {row.matched for row in command.rows} == {row.matched for row in asked_of.rows}
    assert compared


@settings(max_examples=25)
@given(deep_worlds(), DAYS)
def test_a_deep_hierarchy_has_the_same_rows(world: World, day: date) -> None:
    """Twelve levels with loops, second superiors, moves and gaps: no level is left out, and each walk ends."""
    store = world.store()
    for body in {one.lower for one in world.lines} | {one.upper for one in world.lines}:
        if "/body/" in body:
            kind = ox.NamedNode("http://www.w3.org/ns/org#classification")
            store.add(ox.Quad(ox.NamedNode(body), kind, ox.NamedNode(f"{CODE}body-kind/any")))
    assert_same_rows(Asked(store, day))


def test_a_chain_of_twelve_levels_is_told_to_its_top() -> None:
    """Eleven lines one above the other are eleven rows, numbered from 1, upwards and downwards."""
    bodies = [f"{ID}body/d{number:02}" for number in range(12)]
    lines = tuple(
        Line(f"{ID}line/l{number:02}", *ends, "subordination") for number, ends in enumerate(pairwise(bodies))
    )
    store = World(lines, (), ()).store()
    kind = ox.NamedNode("http://www.w3.org/ns/org#classification")
    store.extend(ox.Quad(ox.NamedNode(body), kind, ox.NamedNode(f"{CODE}body-kind/any")) for body in bodies)
    one = Asked(store, date(2024, 6, 1))
    up = one.ask("chain-above-a-body", unit=bodies[0]).rows
    down = one.ask("what-stands-under-a-body", unit=bodies[-1]).rows
    levels = [str(number) for number in range(1, 12)]
    assert [(row.terms["level"].value, row.terms["upper"].value) for row in up] == list(
        zip(levels, bodies[1:], strict=True)
    )
    assert [(row.terms["level"].value, row.terms["lower"].value) for row in down] == list(
        zip(levels, bodies[-2::-1], strict=True)
    )


@pytest.mark.parametrize(("name", "day"), [("real", "2025-01-01"), ("invented", "2044-03-01")])
def test_the_page_of_a_body_has_the_rows_of_the_command(
    name: str, day: str, request: pytest.FixtureRequest, invented: Path
) -> None:
    """The sections of a page of that day have the rows that the command gives of that day."""
    folder, root = {"real": ("real_build", ROOT), "invented": ("invented_build", invented)}[name]
    content, moment = Content.find(root), Moment(date.fromisoformat(day))
    build = OpenedBuild(request.getfixturevalue(folder), content, moment, many=True)
    # Only these two are looked at: the other questions of a page would be answered for nothing.
    names = ("chain-above-a-body", "what-stands-under-a-body")
    questions = {f"{found.theme}/{found.name}": found for found in (question(name) for name in names)}
    pages = SitePages(build, PageContext(content, "/", {}, "en", moment, DEFAULT_BASE, ""), questions)
    one, shown = Asked(build.store, moment.day), 0
    for node in one.bodies:
        sections = {found.name: answer for found, _, answer, _ in pages.answers_about(ox.NamedNode(node))}
        above, below = sections.get("chain-above-a-body"), sections.get("what-stands-under-a-body")
        lines = one.lines.above(ox.NamedNode(node), one.types)
        assert facts(above.rows if above else (), ("level", *LINE)) == facts(lines.rows, ("level", *LINE)), node
        lines_below = one.between_bodies(one.lines.below(ox.NamedNode(node), BETWEEN_BODIES).rows)
        assert facts(below.rows if below else (), ("level", *LINE)) == facts(lines_below, ("level", *LINE)), node
        shown += bool(above) + bool(below)
    assert shown > len(one.bodies) / 3


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
        for one in (asked(*case) for case in DAYS_COMPARED)
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
