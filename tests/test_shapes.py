"""Each constraint of the shapes refuses the graph made for it, in its own words, and none refuses what is right.

The graphs stand in tests/refused, whose README says how they are written. Switch a constraint off, or take a choice out
of a list, and a test here fails.
"""

import json
import re
from collections import defaultdict
from functools import cache
from itertools import groupby
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from conftest import ROOT
from shape_cases import (
    REFUSED,
    REFUSED_TEXT,
    SH,
    SHAPES,
    Case,
    accepted,
    aimed_at,
    cases,
    constraints,
    found,
    narrowed,
    refusals,
    shapes_graph,
    short,
    targets,
)

from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.allowlist import allowlist_problems
from orgline.graph.shacl import ShapeCheck
from orgline.text.errors import Problem

STEMS = [path.stem for path in SHAPES]
TEXT = str(REFUSED_TEXT).rpartition("#")[2]


@cache
def all_sentences() -> dict[str, tuple[tuple[str, str], ...]]:
    """The sh:message of each shape by its name, as language and text."""
    found = defaultdict(list)
    for shape, text in shapes_graph().subject_objects(SH.message):
        found[short(shape)].append((text.language, str(text)))
    return {shape: tuple(sorted(texts)) for shape, texts in found.items()}


def sentences(shape: str) -> tuple[tuple[str, str], ...]:
    """The sentences of one shape."""
    return all_sentences().get(shape, ())


def test_each_shape_has_a_file_of_graphs_that_it_refuses() -> None:
    """The files of ontology/shapes/ and of tests/refused/ have the same stems."""
    assert [path.stem for path in REFUSED] == STEMS


def test_each_constraint_has_a_graph_that_it_refuses() -> None:
    """Each constraint of each shape with a sentence has a graph in tests/refused, and no graph names another."""
    assert {case.constraint for case in cases() if case.constraint} == constraints()


@pytest.mark.parametrize("stem", STEMS)
def test_a_graph_is_refused_by_the_constraint_it_is_called_after(stem: str) -> None:
    """Of the shapes of its file that one refuses it, with the shape's own sentences; an accepted graph none does."""
    for case in (one for one in cases() if one.stem == stem):
        ours = {
            (one.constraint, one.sentences)
            for node in case.nodes
            for one in found().get(node, ())
            if one.constraint[0].partition("#")[0] == stem
        }
        by_a_shape = case.constraint and case.constraint[1] != TEXT
        assert ours == ({(case.constraint, sentences(case.constraint[0]))} if by_a_shape else set()), case.name


@pytest.mark.parametrize("stem", STEMS)
def test_a_graph_is_refused_for_no_other_reason(stem: str) -> None:
    """Shapes of other files refuse it for the same property at most, and nothing but the copy that was changed."""
    for case in (one for one in cases() if one.stem == stem):
        everything = {one for node in case.nodes for one in found().get(node, ())}
        assert len({one.path for one in everything}) == (0 if not case.constraint or case.constraint[1] == TEXT else 1)
    assert set(found()) <= {node for case in cases() for node in case.nodes}


def test_each_class_that_a_shape_is_for_has_a_refused_node() -> None:
    """Each sh:targetClass and sh:targetSubjectsOf is needed: a node that no other target reaches is refused."""
    assert targets() - aimed_at() == set()


def test_each_choice_of_a_list_is_needed() -> None:
    """A shape that lacks one choice of sh:or, sh:in or the like refuses what is accepted."""
    facts = [*accepted(), *(fact for case in cases() if not case.constraint for fact in case.facts)]
    shapes, lacking = narrowed()
    refused = {one.constraint[0] for results in refusals(facts, shapes).values() for one in results}
    assert lacking
    assert [said for copy, said in lacking.items() if copy not in refused] == []


@pytest.mark.parametrize("path", SHAPES, ids=STEMS)
def test_each_sentence_of_a_shape_is_in_both_languages(path: Path) -> None:
    """Each shape that judges a node or a text has one sh:message in Vietnamese and one in English."""
    graph = rdflib.Graph().parse(path)
    judging = {
        *graph.subjects(SH.targetClass), *graph.subjects(SH.targetSubjectsOf), *graph.subjects(REFUSED_TEXT)
    }  # fmt: skip
    groups = {shape for shape in judging if (shape, SH.property, None) in graph}
    for shape in (judging - groups) | set(graph.objects(None, SH.property)) | set(graph.subjects(SH.message)):
        assert [language for language, _ in sentences(short(shape))] == ["en", "vi"], shape


@pytest.fixture(scope="module")
def told() -> list[Case]:
    """The first refused graph of each file: enough to see how a build tells of what shapes refuse."""
    by_a_shape = (case for case in cases() if case.constraint and case.constraint[1] != TEXT)
    return [next(group) for _, group in groupby(by_a_shape, key=lambda case: case.stem)]


@pytest.fixture(scope="module")
def problems(content: Content, told: list[Case]) -> list[Problem]:
    """What a build says of these graphs together."""
    store = ox.Store()
    store.extend(ox.Quad(*fact) for fact in (*accepted(), *(fact for case in told for fact in case.facts)))
    with ShapeCheck(store, content, {}, DEFAULT_BASE) as shapes:
        return shapes.problems()


def test_a_build_names_each_refused_node(told: list[Case], problems: list[Problem]) -> None:
    """A build has a problem for each refused node, and for no other."""
    nodes = {node.removeprefix(DEFAULT_BASE) for case in told for node in case.nodes}
    assert {one.place for one in problems} == nodes


def test_a_problem_says_what_is_wrong_and_what_to_do(problems: list[Problem]) -> None:
    """A problem is one line: the node, what is wrong as in the shape's English sentence, what to do."""
    sayings = {text.partition(": ")[0] for texts in all_sentences().values() for _, text in texts}
    for one in problems:
        assert re.sub(r' \(("[^"]*"|\S*)\)$', "", one.what) in sayings
        assert one.todo, f"{one} does not say what to do"
        assert "\n" not in str(one)


def test_a_text_is_refused_by_the_pattern_made_for_it(tmp_path: Path, content: Content) -> None:
    """Each ol:refusedText refuses the text made for it, and no text that is close to one."""
    for name in ("ontology", "queries", "viz"):
        (tmp_path / name).symlink_to(ROOT / name)
    lines = ox.serialize({fact for case in cases() for fact in case.facts}, format=ox.RdfFormat.N_TRIPLES)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cases.ttl").write_bytes(lines)
    said = {
        one.place.rpartition(", ")[2]: one
        for one in allowlist_problems(Content(tmp_path), ox.Store(), {})
        if "Holds" in one.what
    }
    wanted = {
        node.removeprefix(DEFAULT_BASE): dict(sentences(case.constraint[0]))["en"]
        for case in cases()
        if case.constraint and case.constraint[1] == TEXT
        for node in case.nodes
    }
    assert {node: one.what for node, one in said.items()} == {
        node: text.partition(": ")[0] for node, text in wanted.items()
    }


def test_each_pattern_of_a_text_is_needed() -> None:
    """Each ol:refusedText has a graph of its own: none is matched by the other patterns alone."""
    texts = [
        next(fact.object.value for fact in case.facts if fact.predicate.value.endswith("altLabel"))
        for case in cases()
        if case.constraint and case.constraint[1] == TEXT
    ]
    for pattern in shapes_graph().objects(None, REFUSED_TEXT):
        others = [one for one in shapes_graph().objects(None, REFUSED_TEXT) if one != pattern]
        alone = [text for text in texts if re.search(pattern, text) and not any(re.search(one, text) for one in others)]
        assert alone, pattern


def test_no_shape_refuses_the_real_graph(real_build: Path) -> None:
    """The real graph has the form that every shape asks for, and passes each check: a build refuses it otherwise."""
    report = json.loads((real_build / "report.json").read_text(encoding="utf-8"))
    assert report["checks"]["run"] >= len(SHAPES)
