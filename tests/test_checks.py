"""Each check finds the case made for it, in its own words, and none of the cases that only look like one.

The cases of queries/checks/STEM.rq are in tests/checks/STEM.trig, written as tests/variants.py says. The default graph
and each graph ``<#finds.…>`` give one finding: ``<#finding>`` says about which nodes, and with which sentences. A graph
``<#passes.…>`` gives none; it differs in one condition from one that does. What the rules add is written out.
"""

import pyoxigraph as ox
import pytest
from conftest import ROOT
from variants import changed, read

from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.checks import run_checks

CHECKS = sorted((ROOT / "queries" / "checks").glob("*.rq"))
FILES = sorted((ROOT / "tests" / "checks").glob("*.trig"))
CASES = [(path.stem, name) for path in FILES for name in ("finds", *read(path)[1])]
FINDING = "#finding"
ABOUT = "https://w3id.org/orgline/ns#about"


@pytest.fixture(scope="module")
def trees(tmp_path_factory) -> dict[str, Content]:
    """A content tree for each check, which holds that check, the words of pages and nothing else."""
    trees = {}
    for path in CHECKS:
        root = tmp_path_factory.mktemp(path.stem)
        for folder in ("ontology", "data", "queries/checks", "viz"):
            (root / folder).mkdir(parents=True)
        (root / "ontology" / "prefixes.ttl").symlink_to(ROOT / "ontology" / "prefixes.ttl")
        (root / "queries" / "checks" / path.name).symlink_to(path)
        (root / "viz" / "words").symlink_to(ROOT / "viz" / "words")
        trees[path.stem] = Content(root)
    return trees


def case(stem: str, name: str) -> tuple[ox.Store, set[str], dict[str, str]]:
    """Return the store of a case, and of the finding in it the nodes and the sentences by language."""
    facts, variants = read(ROOT / "tests" / "checks" / f"{stem}.trig")
    whole = changed(facts, variants.get(name, ()))
    store = ox.Store()
    store.extend(ox.Quad(*fact) for fact in whole if not fact.subject.value.endswith(FINDING))
    finding = [fact for fact in whole if fact.subject.value.endswith(FINDING)]
    about = {fact.object.value for fact in finding if fact.predicate.value == ABOUT}
    return store, about, {fact.object.language: fact.object.value for fact in finding if fact.predicate.value != ABOUT}


def found(store: ox.Store, tree: Content) -> list[tuple[set[str], dict[str, str]]]:
    """Return what the check of `tree` finds in `store`: the nodes and the sentences of each finding or problem."""
    findings, problems = run_checks(store, tree)
    return [({node.value for node in one.about}, one.sentences) for one in findings] + [
        ({DEFAULT_BASE + one.place}, {"en": f"{one.what}. {one.todo}"}) for one in problems
    ]


def test_each_check_has_cases() -> None:
    """The files of queries/checks and tests/checks have the same stems; each has cases that it finds and must not."""
    assert [path.stem for path in FILES] == [path.stem for path in CHECKS]
    for path in FILES:
        assert any(name.startswith("passes.") for name in read(path)[1]), path


@pytest.mark.parametrize(("stem", "name"), CASES, ids=[f"{stem}-{name}" for stem, name in CASES])
def test_a_check_finds_what_it_is_made_for_and_nothing_else(stem: str, name: str, trees) -> None:
    """A case that a check finds gives one finding with its nodes and sentences; a case that passes gives none."""
    store, about, sentences = case(stem, name)
    assert found(store, trees[stem]) == ([(about, sentences)] if name.startswith("finds") else [])
