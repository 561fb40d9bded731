"""Question files: the header, the prefixes, and what they are asked of."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgline.content.query_file import QueryFile, query_problems, read_query_file, run_select
from orgline.content.tree import Content

NURSE = ox.NamedNode("https://w3id.org/orgline/id/nurse/binh-do")


def query(text: str) -> QueryFile:
    """Return a question that is `text` alone."""
    return QueryFile("q", "t", "queries/t/q.rq", text)


@pytest.mark.parametrize(
    "text",
    [
        'PREFIX a: <http://a#> SELECT ?x WHERE { ?x a:b "c:d", \'e:f\' , """g:h""" }',
        "prefix a: <http://a#>\nSELECT ?x WHERE { ?x a:b/a:c ?y } # and z:w too",
        "PREFIX a: <http://a#> PREFIX b: <http://b#>\nSELECT ?x WHERE { ?x a:b b:c }",
        "PREFIX : <http://a#>\nSELECT ?x WHERE { ?x :b :c }",
        'SELECT ?x WHERE { ?x <urn:x:y> "vi"@vi-VN . FILTER (?x<?y||?y>?x) }',
        "PREFIX a-b: <http://a#>\nSELECT (COUNT(*) AS ?n) WHERE { ?x a-b:c [] }",
        "BASE <http://a/>\nSELECT ?x WHERE { ?x <b:c> ?y }",
    ],
)
def test_sound_sparql_has_no_problems(text: str) -> None:
    """Prefixes are looked for in the SPARQL alone, not in words, addresses or comments."""
    assert query_problems(query(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x WHERE { ?x b:c ?y }",
        "PREFIX a: <http://a#>\nSELECT ?x WHERE { ?x a:b/b:c ?y }",
        "PREFIX a: <http://a#>\nSELECT ?x WHERE { ?x a:b ?y FILTER(?y=b:c) }",
        "# PREFIX b: <http://b#>\nSELECT ?x WHERE { ?x b:c ?y }",
    ],
)
def test_an_undeclared_prefix_is_named(text: str) -> None:
    """An undeclared prefix is named, wherever it stands."""
    assert [problem.what for problem in query_problems(query(text))] == ['the prefix "b:" is not declared.']


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?nurse ?ward WHERE { ?s <N> ?nurse ; <W> ?ward }",
        "SELECT ?nurse ?ward where { ?s <N> ?nurse ; <W> ?ward }",
        "SELECT ?nurse ?ward WHERE\n# of all\n{ ?s <N> ?nurse ; <W> ?ward }",
        "SELECT ?nurse ?ward { ?s <N> ?nurse ; <W> ?ward }",
        "# all WHERE { they are }\nSELECT ?nurse ?ward WHERE { ?s <N> ?nurse ; <W> ?ward }",
        "SELECT ?nurse ?ward WHERE { { SELECT ?nurse ?ward WHERE { ?s <N> ?nurse ; <W> ?ward } } }",
        "SELECT ?nurse (COUNT(?ward) AS ?n) WHERE { ?s <N> ?nurse ; <W> ?ward } GROUP BY ?nurse",
    ],
)
def test_a_question_is_asked_of_its_value(text: str, hospital_graph: ox.Store) -> None:
    """Whatever form a question has, it answers of the thing it is asked of and of no other."""
    hos = "https://example.org/hospital/ns#"
    asked = query(text.replace("<N>", f"<{hos}nurse>").replace("<W>", f"<{hos}covers>"))
    assert query_problems(asked) == []
    assert len(run_select(hospital_graph, asked, {})) > 1
    assert [row["nurse"] for row in run_select(hospital_graph, asked, {"nurse": [NURSE]})] == [NURSE]


@given(st.sets(st.sampled_from(["anna-le", "anna-tran", "binh-do", "nobody"])))
def test_asking_of_several_is_asking_of_each(hospital: Content, hospital_graph: ox.Store, names: set[str]) -> None:
    """The rows for several values are those for each of them, together."""
    nodes = [ox.NamedNode(f"https://w3id.org/orgline/id/nurse/{name}") for name in sorted(names)]
    asked = read_query_file(hospital.root / "queries/shifts/shifts-of-a-nurse.rq", hospital)
    together = run_select(hospital_graph, asked, {"nurse": nodes})
    each = [row for node in nodes for row in run_select(hospital_graph, asked, {"nurse": [node]})]
    assert sorted(map(str, together)) == sorted(map(str, each))


def test_a_header_is_read(hospital: Content) -> None:
    """The header says what is asked, of what, and what comes out."""
    asked = read_query_file(hospital.root / "queries/shifts/shifts-of-a-nurse.rq", hospital)
    assert (asked.name, asked.theme) == ("shifts-of-a-nurse", "shifts")
    assert asked.summary["en"] == "Which shifts does a nurse work?"
    nurse, ward = asked.parameters
    assert (nurse.name, nurse.kind, nurse.required, nurse.words) == (
        "nurse", "hos:Nurse", True, {"vi": "điều dưỡng", "en": "a nurse"},
    )  # fmt: skip
    assert not ward.required
    assert list(asked.columns) == ["nurse", "ward", "kind", "day", "hours"]


def test_a_question_may_have_a_byte_order_mark(tree: Path) -> None:
    """A BOM, as Notepad writes it, changes nothing."""
    path = tree / "queries/shifts/notes-of-shifts.rq"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_query_file(path, Content.find(tree)).summary["en"] == "What notes do shifts have?"


def test_real_questions_are_complete(content: Content) -> None:
    """Every real question has its summary in both languages, and names each column it declares."""
    for path in content.questions:
        asked = read_query_file(path, content)
        assert set(asked.summary) >= {"vi", "en"}, path.name
        for name in asked.columns:
            assert f"?{name}" in asked.text, f"{path.name}: ?{name}"
        for parameter in asked.parameters:
            assert f"?{parameter.name}" in asked.text, f"{path.name}: ?{parameter.name}"
            assert parameter.kind, f"{path.name}: {parameter.name} has no class"
            for one in parameter.kind.split():
                content.expand(one)
