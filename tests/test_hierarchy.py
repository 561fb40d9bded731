"""Searches in arrays say the same as plain SPARQL on the lines of the day, whatever hierarchy and day it is."""

from datetime import date

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import BODIES, CODE, DAYS, HEAD, ID, PERSONS, POSTS, TYPES, Line, World, column, iri, path, worlds

import orgline.hierarchy.array_hierarchy
from orgline.graph.store import ol_term
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import read_relations, relations_of
from orgline.text.temporal_status import HELD, LAST_ATTESTED

MODEST = settings(max_examples=25)
NODES = st.sampled_from(BODIES + POSTS)
CHOSEN = st.one_of(st.none(), st.lists(st.sampled_from(TYPES), unique=True, min_size=1).map(tuple))


@pytest.fixture(scope="module", autouse=True)
def few():
    """How many lines are few may be changed by a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "orgline.hierarchy.array_hierarchy.MAX_SCALAR_LINES", orgline.hierarchy.array_hierarchy.MAX_SCALAR_LINES
        )
        yield


def searched(world: World) -> ArrayHierarchy:
    """The world to be searched: by turns as one of few lines, looked at one by one, and of many, in arrays."""
    orgline.hierarchy.array_hierarchy.MAX_SCALAR_LINES = 0 if len(world.lines) % 2 else 24
    return ArrayHierarchy(relations_of(world.store()))


def types_of(chosen: tuple[str, ...] | None) -> list[str] | None:
    return None if chosen is None else [iri(kind) for kind in chosen]


def line(name: str, lower: str, upper: str, kind: str = "subordination", **dates: str) -> Line:
    return Line(f"{ID}line/{name}", lower, upper, kind, **dates)


@MODEST
@given(worlds(), DAYS, NODES, CHOSEN)
def test_above_is_the_path_upwards(world: World, day: date, name: str, chosen: tuple[str, ...] | None) -> None:
    """Above a node stands what plain SPARQL reaches from it on that day, over lines that hold, of the types asked."""
    hops = searched(world).above(name, day.toordinal(), types_of(chosen))
    wanted = column(world.plain(day), f"SELECT DISTINCT ?up {{ <{name}> {path(chosen or TYPES)}+ ?up }}")
    assert {hop.upper for hop in hops} == set(wanted)
    assert all(hop.status.is_current for hop in hops)
    assert chosen is None or {hop.type for hop in hops} <= set(types_of(chosen))


@MODEST
@given(worlds(), DAYS, NODES, CHOSEN)
def test_below_is_the_path_downwards(world: World, day: date, name: str, chosen: tuple[str, ...] | None) -> None:
    """Below a node stands what plain SPARQL reaches it from on that day, each line once."""
    hierarchy = searched(world)
    hops = hierarchy.below(name, day.toordinal(), types_of(chosen))
    wanted = column(world.plain(day), f"SELECT DISTINCT ?low {{ ?low {path(chosen or TYPES)}+ <{name}> }}")
    assert {hop.lower for hop in hops} == set(wanted)
    assert len({hop.line for hop in hops}) == len(hops)
    table = hierarchy.names_below(name, day.toordinal(), types_of(chosen))
    assert sorted(table.select("line", "level").rows()) == sorted((hop.line, hop.level) for hop in hops)
    levels = [{hop.lower for hop in hops if hop.level == level} for level in range(1, 1 + max([0, *table["level"]]))]
    assert hierarchy.count_below(name, day.toordinal(), types_of(chosen)) == list(map(len, levels))


@MODEST
@given(worlds(), DAYS, NODES, CHOSEN)
def test_levels_count_the_fewest_lines(world: World, day: date, name: str, chosen: tuple[str, ...] | None) -> None:
    """The level of a superior is the length of the shortest way up to it."""
    levels = searched(world).levels_above(name, day.toordinal(), types_of(chosen))
    plain, step = world.plain(day), path(chosen or TYPES)
    wanted, front, level = {name: 0}, {name}, 0
    while front:
        level += 1
        found = {one for low in front for one in column(plain, f"SELECT DISTINCT ?up {{ <{low}> {step} ?up }}")}
        front = found - set(wanted)
        wanted |= dict.fromkeys(front, level)
    assert levels == wanted


@MODEST
@given(worlds(), DAYS, NODES, NODES, CHOSEN)
def test_a_way_is_there_where_a_path_is(
    world: World, day: date, low: str, high: str, chosen: tuple[str, ...] | None
) -> None:
    """A way from one node up to another is found just where SPARQL finds a path, hop after hop, and is a shortest."""
    hierarchy = searched(world)
    hops = hierarchy.path(low, high, day.toordinal(), types_of(chosen))
    assert bool(hops) == world.plain(day).query(f"ASK {{ <{low}> {path(chosen or TYPES)}+ <{high}> }}").__bool__()
    if hops:
        assert [low, *(hop.upper for hop in hops)] == [*(hop.lower for hop in hops), high]
        assert [hop.level for hop in hops] == list(range(1, len(hops) + 1))
        assert low == high or len(hops) == hierarchy.levels_above(low, day.toordinal(), types_of(chosen))[high]


@MODEST
@given(worlds(), DAYS, st.lists(NODES, min_size=2, max_size=3), CHOSEN)
def test_the_lowest_common_superior_has_none_below(
    world: World, day: date, names: list[str], chosen: tuple[str, ...] | None
) -> None:
    """The lowest common superiors are those above all, or among them, with no other such below."""
    step, plain = path(chosen or TYPES), world.plain(day)

    def above_all(variable: str) -> str:
        return " ".join(
            f"{{ {{ BIND (<{one}> AS {variable}) }} UNION {{ <{one}> {step}+ {variable} }} }}" for one in names
        )

    shared = set(column(plain, f"SELECT DISTINCT ?up {{ {above_all('?up')} }}"))
    below = {one for one in shared for other in shared - {one} if plain.query(f"ASK {{ <{other}> {step}+ <{one}> }}")}
    found = searched(world).common(names, day.toordinal(), types_of(chosen))
    assert set(found) == (shared - below or shared)
    assert len(found) == len(set(found))


@MODEST
@given(worlds(), DAYS, CHOSEN)
def test_a_loop_is_a_path_to_itself(world: World, day: date, chosen: tuple[str, ...] | None) -> None:
    """The nodes on loops are those that SPARQL reaches from themselves on that day."""
    wanted = column(world.plain(day), f"SELECT DISTINCT ?one {{ ?one {path(chosen or TYPES)}+ ?one }}")
    assert searched(world).in_loops(day.toordinal(), types_of(chosen)) == sorted(wanted)


@MODEST
@given(worlds(), DAYS)
def test_two_superiors_are_two_of_one_type(world: World, day: date) -> None:
    """A node has several superiors where lines of one type lead to several on one day; those of two types are not."""
    rows = world.plain(day).query(
        "SELECT ?low ?type (COUNT(DISTINCT ?up) AS ?count) { ?low ?type ?up } GROUP BY ?low ?type"
    )
    wanted = sorted((*(row[name].value for name in ("low", "type")), int(row["count"].value)) for row in rows)
    found = searched(world).with_two_superiors(day.toordinal())
    assert found.select("lower", "type", "count").rows() == [row for row in wanted if row[2] > 1]


@MODEST
@given(worlds(), DAYS, CHOSEN)
def test_the_tops_have_nothing_above(world: World, day: date, chosen: tuple[str, ...] | None) -> None:
    """Without superior is what stands over others that day, or once was under another, and is under none."""
    wanted = chosen or TYPES
    current = [one for one in world.lines if one.type in wanted and one.is_current(day)]
    known = {one.upper for one in current} | {one.lower for one in world.lines if one.type in wanted}
    found = searched(world).without_superior(day.toordinal(), types_of(chosen))
    assert sorted(found) == sorted(known - {one.lower for one in current})


@MODEST
@given(worlds(), DAYS)
def test_holders_are_those_of_the_day(world: World, day: date) -> None:
    """A post is held by whose tenure holds that day; a head heads the body; a person has those posts."""
    hierarchy, number = searched(world), day.toordinal()
    held = [one for one in world.tenures if one.is_current(day)]
    for post in POSTS:
        assert sorted(one.tenure for one in hierarchy.holders(post, number)) == sorted(
            one.name for one in held if one.lower == post
        )
        assert len(hierarchy.holders(post, number, every=True)) == sum(one.lower == post for one in world.tenures)
    for body in BODIES:
        heads = {post for post, where, role in world.posts if where == body and role == HEAD}
        assert sorted(one.tenure for one in hierarchy.heads(body, number)) == sorted(
            one.name for one in held if one.lower in heads
        )
    for person in PERSONS:
        assert sorted(one.tenure for one in hierarchy.posts_of(person, number)) == sorted(
            one.name for one in held if one.upper == person
        )
    assert {post: hierarchy.body_of(post) for post in POSTS} == {post: body for post, body, _ in world.posts}


def test_a_moved_body_has_the_superior_of_the_day() -> None:
    """A body that moved stands under the one until its last day, under the other from the next, never both."""
    world = World(
        (
            line("old", BODIES[0], BODIES[1], start="2020-01-01", end="2024-06-30"),
            line("new", BODIES[0], BODIES[2], start="2024-07-01"),
            line("top", BODIES[1], BODIES[3], start="2020-01-01", end="2030-01-01"),
        ),
        (),
        (),
    )
    hierarchy = searched(world)
    before, after = (hierarchy.above(BODIES[0], date(2024, *day).toordinal()) for day in ((6, 30), (7, 1)))
    assert [(hop.upper, hop.level, hop.status.name) for hop in before] == [(BODIES[1], 1, HELD), (BODIES[3], 2, HELD)]
    assert [(hop.upper, hop.level, hop.status.name) for hop in after] == [(BODIES[2], 1, HELD)]
    later = hierarchy.above(BODIES[0], date(2024, 7, 2).toordinal())
    assert [(hop.upper, hop.status.name) for hop in later] == [(BODIES[2], LAST_ATTESTED)]


def test_a_loop_is_gone_round_once() -> None:
    """Above what stands on a loop each of its lines is told once, and the way to itself is the loop."""
    dates = {"start": "2020", "end": "2030"}
    ring = tuple(line(f"l{one}", BODIES[one], BODIES[(one + 1) % 3], **dates) for one in range(3))
    hierarchy, day = searched(World(ring, (), ())), date(2024, 1, 1).toordinal()
    assert [hop.upper for hop in hierarchy.above(BODIES[0], day)] == [BODIES[1], BODIES[2], BODIES[0]]
    assert len(hierarchy.path(BODIES[0], BODIES[0], day)) == 3
    assert hierarchy.in_loops(day) == BODIES[:3]


def test_what_the_graph_does_not_know_has_no_chain() -> None:
    """A name that no line, tenure or post has is no fault: nothing is above or below it, and it has no holder."""
    hierarchy, day, name = searched(World((), (), ())), date(2024, 1, 1).toordinal(), f"{ID}body/unknown"
    assert hierarchy.above(name, day) == hierarchy.below(name, day) == hierarchy.path(name, name, day) == []
    assert hierarchy.holders(name, day) == hierarchy.heads(name, day) == hierarchy.posts_of(name, day) == []
    assert (hierarchy.body_of(name), hierarchy.in_loops(day), hierarchy.common([name], day)) == (None, [], [name])


def test_what_is_superseded_holds_on_no_day(tmp_path) -> None:
    """Of two lines of which one is superseded the other is left, in the store and in the tables kept beside it."""
    world = World(
        (line("a", BODIES[0], BODIES[1], start="2020"), line("b", BODIES[0], BODIES[2], start="2020")), (), ()
    )
    store = world.store()
    store.add(ox.Quad(ox.NamedNode(f"{ID}line/a"), ol_term("standing"), ol_term("Superseded")))
    relations = relations_of(store)
    relations.write(tmp_path)
    for one in (relations, read_relations(tmp_path)):
        assert [hop.upper for hop in ArrayHierarchy(one).above(BODIES[0], date(2024, 1, 1).toordinal())] == [BODIES[2]]


def test_the_quantifier_goes_with_the_line() -> None:
    """A line said of some of a class says so on the way."""
    some = Line(f"{ID}line/a", f"{ID}class/c", BODIES[0], "subordination", "some", "2020")
    hops = searched(World((some,), (), ())).above(f"{ID}class/c", date(2024, 1, 1).toordinal())
    assert [hop.quantifier for hop in hops] == [f"{CODE}quantifier/some"]
