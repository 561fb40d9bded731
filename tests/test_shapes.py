"""Each shape refuses the graph made for it, in its own words, and none refuses the real graph."""

import json
import re
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT

from orgline.check import check
from orgline.content import DEFAULT_BASE, Content
from orgline.errors import ContentError
from orgline.store import load_turtle

REFUSED = sorted((ROOT / "tests" / "refused").glob("*.ttl"))
SHAPES = sorted((ROOT / "ontology" / "shapes").glob("*.ttl"))
_FIRST_LINE = re.compile(r"# refused: (\S.*)")
_MESSAGE = re.compile(r'sh:message\s+("(?:[^"\\]|\\.)*"@\w+(?:\s*,\s*"(?:[^"\\]|\\.)*"@\w+)*)')


def stem(path: Path) -> str:
    return path.stem


@pytest.fixture
def only(tmp_path: Path, content: Content):
    """A content tree that has one shape of ours and nothing else."""

    def with_shape(name: str) -> Content:
        for folder in ("ontology/shapes", "data", "queries", "viz"):
            (tmp_path / folder).mkdir(parents=True)
        shutil.copy(content.root / "ontology" / "shapes" / f"{name}.ttl", tmp_path / "ontology" / "shapes")
        return Content.find(tmp_path)

    return with_shape


@pytest.mark.parametrize("path", REFUSED, ids=stem)
def test_a_shape_refuses_its_graph_with_its_sentence(path: Path, only) -> None:
    """The graph in refused/STEM.ttl is refused by shapes/STEM.ttl, in the words of its first line."""
    wanted = _FIRST_LINE.match(path.read_text(encoding="utf-8"))
    assert wanted, "begin the file with: # refused: words of the shape's sentence"
    store = ox.Store()
    assert load_turtle(store, path, path.name, DEFAULT_BASE, None) is None
    with pytest.raises(ContentError) as caught:
        check(store, only(path.stem))
    assert wanted.group(1).lower() in str(caught.value).lower()


@pytest.mark.parametrize("path", REFUSED, ids=stem)
def test_what_is_refused_is_named(path: Path, only) -> None:
    """A problem of a shape is one line: the node, what is wrong, what to do."""
    store = ox.Store()
    load_turtle(store, path, path.name, DEFAULT_BASE, None)
    with pytest.raises(ContentError) as caught:
        check(store, only(path.stem))
    for problem in caught.value.problems:
        assert problem.place
        assert problem.what
        assert problem.todo, f"{problem} does not say what to do"
        assert "\n" not in str(problem)


def test_each_shape_has_a_graph_it_refuses() -> None:
    """The files of ontology/shapes/ and of tests/refused/ have the same stems."""
    assert [path.stem for path in REFUSED] == [path.stem for path in SHAPES]


@pytest.mark.parametrize("path", SHAPES, ids=stem)
def test_each_sentence_of_a_shape_is_in_both_languages(path: Path) -> None:
    """Each sh:message is said in Vietnamese and in English."""
    found = _MESSAGE.findall(path.read_text(encoding="utf-8"))
    assert found
    for messages in found:
        assert sorted(re.findall(r'"@(\w+)', messages)) == ["en", "vi"], messages


def test_no_shape_refuses_the_real_graph(real_build: Path) -> None:
    """The real graph has the form that every shape asks for, and passes each check: a build refuses it otherwise."""
    report = json.loads((real_build / "report.json").read_text(encoding="utf-8"))
    assert report["checks"]["run"] >= len(SHAPES)
