"""Both implementations of a hierarchy give what plain SPARQL gives on the lines of the day, and give the same."""

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
from orgline.hierarchy.protocol import Hierarchy
from orgline.hierarchy.sparql_hierarchy import SparqlHierarchy, store_select
from orgline.hierarchy.store_hierarchy import StoreHierarchy
from orgline.text.temporal_status import HELD, LAST_ATTESTED, UNDATED, UNSURE

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


EVERY = st.one_of(NODES, st.sampled_from(PERSONS), st.just(f"{ID}body/unknown"))


@MODEST
@given(worlds(), DAYS, EVERY, EVERY, CHOSEN)
def test_the_two_implementations_agree(
    world: World, day: date, node: str, other: str, chosen: tuple[str, ...] | None
) -> None:
    """Arrays and SPARQL give the same results in the same order: whatever types, loops, classes and dates there are."""
    store, number, types = world.store(), day.toordinal(), types_of(chosen)
    superseded = [one.name for one in (*world.lines, *world.tenures) if one.attested == ("2024",)]
    store.extend(ox.Quad(ox.NamedNode(one), ol_term("standing"), ol_term("Superseded")) for one in superseded)
    arrays, queries = ArrayHierarchy(relations_of(store)), SparqlHierarchy(store_select(store))
    both: tuple[Hierarchy, Hierarchy] = (arrays, queries)
    for operation in (
        lambda one: one.above(node, number, types),
        lambda one: one.below(node, number, types),
        lambda one: one.lines_above(node, number),
        lambda one: one.levels_above(node, number, types),
        lambda one: one.path(node, other, number, types),
        lambda one: one.path(node, node, number, types),
        lambda one: one.common([node, other], number, types),
        lambda one: one.holders(node, number),
        lambda one: one.holders(node, number, every=True),
        lambda one: one.heads(node, number),
        lambda one: one.posts_of(node, number),
        lambda one: one.posts_of(node, number, every=True),
        lambda one: one.body_of(node),
    ):
        in_arrays, by_queries = map(operation, both)
        assert in_arrays == by_queries


def test_many_nodes_are_asked_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a level is wider than a batch, several queries are sent and nothing is lost."""
    monkeypatch.setattr("orgline.hierarchy.sparql_hierarchy.BATCH_SIZE", 2)
    wide = tuple(line(f"w{number}", f"{ID}body/w{number}", BODIES[0], start="2020") for number in range(5))
    deep = tuple(line(f"d{number}", f"{ID}body/d{number}", f"{ID}body/w{number}", start="2020") for number in range(5))
    asked: list[str] = []
    store = World(wide + deep, (), ()).store()

    def select(query: str):
        asked.append(query)
        return store_select(store)(query)

    hops = SparqlHierarchy(select).below(BODIES[0], date(2024, 1, 1).toordinal())
    assert len(hops) == 10
    assert len(asked) == 1 + 3 + 3


def test_what_is_undated_or_unsure_is_walked_and_marked() -> None:
    """A chain goes through what no source dates, and what is not dated exactly enough; not through what has ended."""
    world = World(
        (
            line("undated", BODIES[0], BODIES[1]),
            line("unsure", BODIES[1], BODIES[2], start="2024~", end="2025"),
            line("ended", BODIES[2], BODIES[3], start="2020", end="2023"),
            line("later", BODIES[2], BODIES[4], start="2026"),
        ),
        (),
        (),
    )
    for hierarchy in (searched(world), SparqlHierarchy(store_select(world.store()))):
        hops = hierarchy.above(BODIES[0], date(2024, 6, 1).toordinal())
        assert [(hop.upper, hop.status.name) for hop in hops] == [(BODIES[1], UNDATED), (BODIES[2], UNSURE)]


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
    assert all(hop.status.is_walked for hop in hops)
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
@given(worlds(), DAYS)
def test_holders_are_those_of_the_day(world: World, day: date) -> None:
    """A post is held by whose tenure holds that day; a head heads the body; a person has those posts."""
    hierarchy, number = searched(world), day.toordinal()
    held = [one for one in world.tenures if one.is_walked(day)]
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
    world, day = World(ring, (), ()), date(2024, 1, 1).toordinal()
    for hierarchy in (searched(world), SparqlHierarchy(store_select(world.store()))):
        assert [hop.upper for hop in hierarchy.above(BODIES[0], day)] == [BODIES[1], BODIES[2], BODIES[0]]
        assert len(hierarchy.path(BODIES[0], BODIES[0], day)) == 3


def test_what_stands_below_is_counted_exactly_up_to_twelve_lines() -> None:
    """Of up to 12 lines the nodes are counted, those of the types asked alone; of more lines, the lines."""
    day, types = date(2024, 6, 1).toordinal(), [iri("subordination"), iri("direction")]
    lines = [line(f"l{one}", f"{ID}body/l{one}", BODIES[0], start="2020") for one in range(10)]
    lines.append(line("twice", f"{ID}body/l0", BODIES[0], "direction", start="2020"))
    lines.append(line("beside", f"{ID}body/beside", BODIES[0], "coordination", start="2020"))
    twelve = StoreHierarchy(World(tuple(lines), (), ()).store(), day)
    assert twelve.count_below(BODIES[0], types) == (10, False)
    lines.append(line("more", f"{ID}body/more", BODIES[0], start="2020"))
    thirteen = StoreHierarchy(World(tuple(lines), (), ()).store(), day)
    assert thirteen.count_below(BODIES[0], types) == (13, True)
    assert len(thirteen.below(BODIES[0], types)) == 11


def test_a_body_of_very_many_lines_takes_no_line_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is below several bodies is looked up at once within a limit; the lines of the widest do not use it up."""
    monkeypatch.setattr("orgline.hierarchy.store_hierarchy.MAX_LINES", 20)
    wide = [line(f"w{number}", f"{ID}body/w{number}", BODIES[0], start="2020") for number in range(40)]
    one = line("z", f"{ID}body/z", BODIES[1], start="2020")
    hierarchy = StoreHierarchy(World((*wide, one), (), ()).store(), date(2024, 6, 1).toordinal())
    hierarchy.prepare([BODIES[0], BODIES[1]], "below")
    assert [hop.line for hop in hierarchy.below(BODIES[1], [iri("subordination")])] == [one.name]


def test_what_the_graph_does_not_know_has_no_chain() -> None:
    """A name that no line, tenure or post has is no fault: nothing is above or below it, and it has no holder."""
    hierarchy, day, name = searched(World((), (), ())), date(2024, 1, 1).toordinal(), f"{ID}body/unknown"
    assert hierarchy.above(name, day) == hierarchy.below(name, day) == hierarchy.path(name, name, day) == []
    assert hierarchy.holders(name, day) == hierarchy.heads(name, day) == hierarchy.posts_of(name, day) == []
    assert (hierarchy.body_of(name), hierarchy.common([name], day)) == (None, [name])


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
