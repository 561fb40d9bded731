"""The dataset of a day: its shortcuts are what holds that day, and nothing of any other; made aside, dropped whole."""

import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import BODIES, CODE, DAYS, HEAD, ID, ORG, POSTS, TYPES, Line, World, column, iri, path, worlds

from orgline.answers.opened_build import OpenedBuild
from orgline.content.tree import Content
from orgline.graph.store import copy_to_memory, ol_term, open_store, write_store
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import relations_of
from orgline.hierarchy.day_dataset import day_graph_name, open_day_dataset, remove_dataset
from orgline.hierarchy.shortcuts import shortcuts_of, superior_types
from orgline.text.moment import Moment
from orgline.text.temporal_status import LAST_ATTESTED

SUPERIOR = ("organ-of", "professional-direction", "subordination")
BETWEEN_BODIES = ("organ-of", "subordination")
MODEST = settings(max_examples=20)


def made(world: World, *days: date) -> tuple[ox.Store, list]:
    """The store of a world with the datasets of some days, and the graphs of the last of them."""
    store = world.store()
    hierarchy = ArrayHierarchy(relations_of(store))
    return [open_day_dataset(store, hierarchy, day) for day in days][-1]


def facts(store: ox.Store) -> set[ox.Quad]:
    return set(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))


def shortcuts(store: ox.Store, day: date, name: str) -> set[tuple[str, str]]:
    """The pairs that a shortcut, of ORG or ours, has in the graph of a day."""
    property_ = ol_term(name) if name.startswith(("possibly", "top")) else ox.NamedNode(ORG + name)
    quads = store.quads_for_pattern(None, property_, None, day_graph_name(day))
    return {(quad.subject.value, quad.object.value) for quad in quads}


def told(world: World, day: date, types: tuple[str, ...], *, surely: bool | None = True) -> set[tuple[str, str]]:
    """The ends of the lines of some types that are walked on a day: those surely so, those not, or (None) all."""
    return {
        (one.lower, one.upper)
        for one in world.lines
        if one.type in types and one.is_walked(day) and surely in {None, is_sure(one, day)}
    }


def is_sure(line: Line, day: date) -> bool:
    """Whether a line is said of all of what is below it, and is held or last attested on a day."""
    return line.quantifier != "some" and line.is_current(day)


@MODEST
@given(worlds(), DAYS, st.sampled_from(BODIES + POSTS))
def test_reports_to_plus_is_the_chain_of_the_day(world: World, day: date, name: str) -> None:
    """A path of org:reportsTo on the dataset reaches what plain SPARQL reaches over the lines of that day alone."""
    store, graphs = made(world, day)
    plain = ox.Store()
    plain.extend(
        ox.Quad(ox.NamedNode(low), ox.NamedNode(iri("any")), ox.NamedNode(up)) for low, up in told(world, day, SUPERIOR)
    )
    up = column(store, f"SELECT DISTINCT ?up {{ <{name}> <{ORG}reportsTo>+ ?up }}", default_graph=graphs)
    down = column(store, f"SELECT DISTINCT ?low {{ ?low <{ORG}reportsTo>+ <{name}> }}", default_graph=graphs)
    assert sorted(up) == sorted(column(plain, f"SELECT DISTINCT ?up {{ <{name}> {path(['any'])}+ ?up }}"))
    assert sorted(down) == sorted(column(plain, f"SELECT DISTINCT ?low {{ ?low {path(['any'])}+ <{name}> }}"))


@MODEST
@given(worlds(), DAYS)
def test_the_shortcuts_are_those_of_the_day(world: World, day: date) -> None:
    """ORG's properties have what holds that day, ours what is walked but not surely so, and nothing else is there."""
    store, _ = made(world, day)
    for surely, prefix in ((True, ""), (False, "possibly")):

        def named(name: str, prefix: str = prefix) -> set[tuple[str, str]]:
            return shortcuts(store, day, prefix + (name[0].upper() + name[1:] if prefix else name))

        assert named("reportsTo") == told(world, day, SUPERIOR, surely=surely)
        between = told(world, day, BETWEEN_BODIES, surely=surely)
        assert named("subOrganizationOf") == {(low, up) for low, up in between if not {low, up} & set(POSTS)}
        walked = [one for one in world.tenures if one.is_walked(day) and one.is_current(day) == surely]
        held = {(one.lower, one.upper) for one in walked}
        assert named("heldBy") == held
        heads = {(post, body) for post, body, role in world.posts if role == HEAD}
        assert named("headOf") == {(who, body) for post, who in held for one, body in heads if one == post}
    below = {low for low, _ in told(world, day, SUPERIOR, surely=None)}
    assert shortcuts(store, day, "topPostIn") == {(post, body) for post, body, _ in world.posts if post not in below}


@MODEST
@given(worlds(), DAYS)
def test_each_line_and_tenure_is_marked_with_its_status(world: World, day: date) -> None:
    """Each line and tenure behind a shortcut has its status on the day and, if last attested, the date of that."""
    store, _ = made(world, day)
    shortened = [one for one in world.lines if one.type in SUPERIOR]
    known = {one.name: one.status(day) for one in (*shortened, *world.tenures) if one.is_walked(day)}
    marks = store.quads_for_pattern(None, ol_term("timeStatus"), None, day_graph_name(day))
    assert {quad.subject.value: quad.object.value for quad in marks} == {
        name: f"{CODE}time-status/{status.name}" for name, status in known.items()
    }
    days = store.quads_for_pattern(None, ol_term("lastAttestedOn"), None, day_graph_name(day))
    assert {quad.subject.value for quad in days} == {
        name for name, status in known.items() if status.name == LAST_ATTESTED
    }


@MODEST
@given(worlds(), DAYS, DAYS)
def test_a_dataset_has_nothing_of_another_day(world: World, day: date, other: date) -> None:
    """A graph of a day is the same whether another was made before it or not, and the facts stay as they were."""
    alone, _ = made(world, day)
    both, graphs = made(world, other, day)
    assert graphs == [ox.DefaultGraph(), day_graph_name(day)]
    for store in (alone, both):
        assert facts(store) == facts(world.store())
    in_graph = [
        {quad.triple for quad in one.quads_for_pattern(None, None, None, day_graph_name(day))} for one in (alone, both)
    ]
    assert in_graph[0] == in_graph[1]
    assert {graph.value for graph in both.named_graphs()} == {day_graph_name(day).value, day_graph_name(other).value}


def test_which_lines_make_a_superior_is_content() -> None:
    """The code list says by which properties a type of line is written, and so which make a superior."""
    store = World((), (), ()).store()
    assert superior_types(store) == [iri(kind) for kind in SUPERIOR]
    assert iri("coordination") not in shortcuts_of(store)
    assert set(shortcuts_of(store)) <= {iri(kind) for kind in TYPES}


def moved() -> World:
    """A body that moved in the middle of 2024."""
    return World(
        (
            Line(f"{ID}line/old", BODIES[0], BODIES[1], "subordination", "", "2020-01-01", "2024-06-30"),
            Line(f"{ID}line/new", BODIES[0], BODIES[2], "subordination", "", "2024-07-01"),
        ),
        (),
        (),
    )


@pytest.fixture
def kept(tmp_path: Path) -> tuple[ox.Store, ArrayHierarchy, Path]:
    """The store of a world on disk, its hierarchy, and the folder for datasets."""
    store = moved().store()
    write_store(store, tmp_path / "store")
    return ox.Store.read_only(str(tmp_path / "store")), ArrayHierarchy(relations_of(store)), tmp_path / "as-of"


BEFORE, AFTER = date(2024, 6, 30), date(2024, 7, 1)


def superiors(store: ox.Store, graphs: list) -> list[str]:
    return column(store, f"SELECT ?up {{ <{BODIES[0]}> <{ORG}reportsTo>+ ?up }}", default_graph=graphs)


def test_two_datasets_stand_side_by_side(kept) -> None:
    """Two days are asked at once, each by itself, and the store that they come from has neither."""
    store, hierarchy, folder = kept
    before, after = (open_day_dataset(store, hierarchy, day, folder) for day in (BEFORE, AFTER))
    assert (superiors(*before), superiors(*after)) == ([BODIES[1]], [BODIES[2]])
    assert list(store.named_graphs()) == []
    assert facts(before[0]) == facts(after[0]) == facts(store)
    assert sorted(one.name for one in folder.iterdir()) == ["2024-06-30", "2024-07-01"]


def test_a_dataset_is_kept_while_it_is_used(kept) -> None:
    """A day that is asked again is not made again."""
    store, hierarchy, folder = kept
    open_day_dataset(store, hierarchy, BEFORE, folder)
    made_at = (folder / "2024-06-30" / "CURRENT").stat().st_ino
    assert superiors(*open_day_dataset(store, hierarchy, BEFORE, folder)) == [BODIES[1]]
    assert (folder / "2024-06-30" / "CURRENT").stat().st_ino == made_at


def test_a_dataset_is_dropped_whole(kept) -> None:
    """A dropped dataset leaves no file, the others and the store answer on, and it can be made anew."""
    store, hierarchy, folder = kept
    open_day_dataset(store, hierarchy, BEFORE, folder)
    after = open_day_dataset(store, hierarchy, AFTER, folder)
    remove_dataset(folder / "2024-06-30")
    assert [one.name for one in folder.iterdir()] == ["2024-07-01"]
    assert superiors(*after) == [BODIES[2]]
    assert superiors(*open_day_dataset(store, hierarchy, BEFORE, folder)) == [BODIES[1]]


def test_datasets_that_nobody_uses_are_forgotten(kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many days, those that were asked longest ago are dropped; the one in use never is."""
    store, hierarchy, folder = kept
    monkeypatch.setattr("orgline.hierarchy.day_dataset.MAX_CACHED", 2)
    monkeypatch.setattr("orgline.hierarchy.day_dataset.CACHE_SECONDS", -1)
    for number in range(4):
        open_day_dataset(store, hierarchy, BEFORE + timedelta(number), folder)
    assert sorted(one.name for one in folder.iterdir()) == ["2024-07-02", "2024-07-03"]


def test_lately_used_datasets_are_not_forgotten(kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many days are asked within an hour, all are kept."""
    store, hierarchy, folder = kept
    monkeypatch.setattr("orgline.hierarchy.day_dataset.MAX_CACHED", 1)
    for number in range(3):
        open_day_dataset(store, hierarchy, BEFORE + timedelta(number), folder)
    assert len(list(folder.iterdir())) == 3


def test_several_may_make_the_same_one(kept) -> None:
    """Who asks for a day while another makes it gets the same answer, and one dataset is left."""
    store, hierarchy, folder = kept
    start = threading.Barrier(4)

    def ask(_: int) -> list[str]:
        start.wait()
        return superiors(*open_day_dataset(store, hierarchy, BEFORE, folder))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [[BODIES[1]]] * 4
    assert [one.name for one in folder.iterdir()] == ["2024-06-30"]


QUESTION = ("ask", "holders-on-a-day", "--as-of", "2044-01-01", "--format", "csv", "--lang", "en")


@pytest.mark.slow
def test_two_processes_may_make_the_same_one(invented_build: Path, invented: Path, tmp_path: Path) -> None:
    """Two commands that ask for the same new day at once answer alike, and leave one dataset."""
    from conftest import COMMAND

    out = Path(shutil.copytree(invented_build, tmp_path / "build"))
    command = [*COMMAND, *QUESTION, "--content", str(invented), "--out", str(out)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") for _ in "ab"]
    (first, wrong), (second, _) = (run.communicate(timeout=120) for run in runs)
    assert [run.returncode for run in runs] == [0, 0], wrong
    assert first == second
    assert "Le Gia Dinh" in first
    assert [one.name for one in (out / "as-of").iterdir()] == ["2044-01-01"]


def test_a_build_stays_as_it_was(invented_build: Path, invented: Path, tmp_path: Path, run_cli) -> None:
    """Asking for a day adds a dataset beside a build and changes no byte of it; a build itself holds none."""

    def files(folder: Path) -> dict[str, bytes]:
        every = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in every}

    out = Path(shutil.copytree(invented_build, tmp_path / "build"))
    before = files(out)
    assert not any("graph/as-of" in line for line in before["graph.nq"].decode().splitlines())
    assert run_cli(*QUESTION, "--content", invented, "--out", out).code == 0
    after = files(out)
    assert {name: after[name] for name in before} == before
    assert {name.split("/")[0] for name in set(after) - set(before)} == {"as-of"}


def test_a_build_held_in_memory_is_not_changed(invented_build: Path, invented: Path, tmp_path: Path) -> None:
    """The dataset of a day for a store that others share is made in another store, and nothing is written on disk."""
    folder = Path(shutil.copytree(invented_build, tmp_path / "build", ignore=shutil.ignore_patterns("as-of")))
    held = copy_to_memory(open_store(folder))
    before, files = set(held), sorted(folder.iterdir())
    store, graphs = OpenedBuild(folder, Content(invented), Moment(date(2044, 3, 1)), held=held).dataset
    assert len(set(store)) > len(before)
    assert day_graph_name(date(2044, 3, 1)) in graphs
    assert (set(held), sorted(folder.iterdir())) == (before, files)


def test_a_build_that_may_not_be_written_beside(invented_build: Path, invented: Path, run_cli, monkeypatch) -> None:
    """Where no dataset can be kept, a small build's is made in memory, and a large one is refused in a sentence."""
    asked = (*QUESTION, "--content", invented, "--out", invented_build)
    wanted = run_cli(*asked).out
    monkeypatch.setattr("orgline.answers.opened_build.os.access", lambda *_: False)
    assert run_cli(*asked).out == wanted
    monkeypatch.setattr("orgline.answers.opened_build.copy_to_memory", lambda store: store)
    ran = run_cli(*asked)
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "cannot be made" in ran.err
