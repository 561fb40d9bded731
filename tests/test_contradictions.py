"""Each contradiction is found, and what only looks like one is not: tests/contradictions, cases told by their names.

A row whose name holds ``found-`` is part of a contradiction, one whose name holds ``near-`` of none.
"""

import re
import shutil

import pyoxigraph as ox
import pytest
import rdflib
from conftest import ROOT

from orgline.content import read_query_files, run_select
from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.checks import run_checks
from orgline.graph.loading import load
from orgline.graph.rules import infer

# The check that finds what is called found-WORD-…, or found-WORD.
CHECKS = {
    "holders": "two-holders-of-one-seat",
    "outside": "a-tenure-outside-its-body-s-life",
    "superiors": "two-superiors",
    "loop": "loops",
    "vacant": "a-vacant-post-with-a-holder",
    "counted": "the-same-thing-counted-differently",
}

KINDS = {"vacancies": "vacancy", "bodies": "body", "classes": "class"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The cases, in a content tree with our ontology and checks."""
    root = tmp_path_factory.mktemp("contradictions")
    for name in ("ontology", "queries", "viz"):
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "tests" / "contradictions" / "data", root / "data")
    return Content(root)


@pytest.fixture(scope="module")
def store(tree):
    """The graph of the cases, inferred, not yet looked at."""
    store = load(tree).store
    infer(store, tree)
    return store


@pytest.fixture(scope="module")
def findings(tree, store):
    """What is found in the cases."""
    looked_at = ox.Store()
    looked_at.bulk_extend(store)
    found, problems = run_checks(looked_at, tree)
    assert problems == []
    return found


def told(node):
    """The name of a node under the base."""
    return node.value.removeprefix(DEFAULT_BASE)


def cases(tree, word):
    """The keys of all rows that are called found-WORD-… or near-WORD-…, with the kind of thing they are."""
    for path in tree.files("data/*/*.csv"):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            if re.match(rf"{word}-", line) and path.stem != "posts":
                yield KINDS.get(path.stem, path.stem.removesuffix("s")) + "/" + line.split(",")[0]


@pytest.mark.parametrize(("word", "check"), CHECKS.items(), ids=CHECKS.values())
def test_a_contradiction_is_found(word, check, tree, findings):
    """What contradicts is found by the check made for it, and by no other."""
    wanted = set(cases(tree, f"found-{word}"))
    assert wanted
    found = {told(node) for one in findings if one.check == check for node in one.about}
    assert wanted - found == set()
    assert {name for name in found if f"found-{word}" not in name} == set()
    others = {told(node): one.check for one in findings if one.check != check for node in one.about}
    assert not wanted & set(others), others


@pytest.mark.parametrize(("word", "check"), CHECKS.items(), ids=CHECKS.values())
def test_what_only_looks_like_one_is_not(word, check, tree, findings):
    """What is close to a contradiction, but none by the dates and words of its sources, is found by no check."""
    assert len(set(cases(tree, f"near-{word}"))) > 1
    wrong = {told(node): one.check for one in findings for node in one.about if f"near-{word}" in told(node)}
    assert wrong == {}


def test_a_loop_is_one_finding(findings):
    """The lines of a loop are one finding, wherever one begins to go round."""
    assert sorted(len(one.about) for one in findings if one.check == "loops") == [1, 2, 3]


def test_a_body_under_two_is_one_finding(findings):
    """A body under two superiors is one finding, its head is not another."""
    found = [one for one in findings if any("superiors-undated" in told(node) for node in one.about)]
    assert len(found) == 1


def test_each_finding_is_a_sentence(findings):
    """A finding says in Vietnamese and in English what contradicts what, with nothing left open."""
    for one in findings:
        assert set(one.sentences) == {"vi", "en"}
        for text in one.sentences.values():
            assert text.endswith(".")
            assert "…" not in text


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS.values())
def test_a_check_gives_the_same_rows_on_two_engines(check, tree, store):
    """A check finds the same nodes on pyoxigraph and on rdflib."""
    (query,) = (one for one in read_query_files(tree.checks, tree) if one.name == check)
    facts = (quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    graph = rdflib.Graph().parse(data=ox.serialize(facts, format=ox.RdfFormat.N_TRIPLES), format="nt")
    names = query.header["about"]
    here = {frozenset(str(row[name].value) for name in names if name in row) for row in run_select(store, query, {})}
    there = {
        frozenset(str(row[name]) for name in names if row.get(name) is not None)
        for row in graph.query(query.text).bindings
    }
    assert here
    assert here == there
