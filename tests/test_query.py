"""Question files: the header, the prefixes, and what they are asked of."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import tell_into
from hypothesis import given
from hypothesis import strategies as st

from orgline.content import QueryFile, read_query_file, read_query_files, run_select
from orgline.content.query.query_problems import query_problems
from orgline.content.tree import Content
from orgline.text import ContentError

NURSE = ox.NamedNode("https://w3id.org/orgline/id/nurse/binh-do")


def query(text: str) -> QueryFile:
    """Return a check that is `text` alone: unlike a question it need not say what it rests on."""
    return QueryFile("q", "checks", "queries/checks/q.rq", text)


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


HEADER = """#+ summary: {vi: Ai trực?, en: Who is on duty?}
#+ columns: {nurse: {vi: Điều dưỡng, en: Nurse}}
"""
SELECTED = """PREFIX ol: <https://w3id.org/orgline/ns#>
PREFIX org: <http://www.w3.org/ns/org#>
SELECT ?nurse ?turn WHERE { ?turn ol:inPost ?nurse }
"""


def asked_as(tree: Path, header: str, text: str = SELECTED) -> QueryFile:
    """Read a question of the hospital that has that header and text."""
    path = tell_into(tree, "queries/shifts/who-is-on-duty.rq", header + text)
    return read_query_files([path], Content.find(tree))[0]


@pytest.mark.parametrize(
    ("header", "old", "new", "sentence"),
    [
        ("", "", "", "does not say what its rows rest on"),
        ("#+ evidence: turn", "", "", "its evidence is no list"),
        ('#+ evidence: ["turn!"]', "", "", 'its evidence "turn!" cannot be read'),
        ("#+ evidence: [turn x:on]", "", "", 'the prefix "x:" of its evidence is not declared'),
        ("#+ evidence: [turns]", "", "", "its header names the evidence turns, which it cannot have"),
        ("#+ evidence: [turn ?side]", "", "", "its header names the evidence side, which it cannot have"),
        ("#+ evidence: [turn]", "?turn WHERE", "?turn ?ward WHERE", "its column ward has no title"),
        ("#+ evidence: [turn]\n#+ parameters: nurse", "", "", "its parameters are no names"),
        ("#+ evidence: [turn]\n#+ words: [on]", "", "", "its words are no literals with their meaning"),
        ("#+ evidence: [turn]\n#+ status: turn", "", "", "its status is no list"),
        ("#+ evidence: [turn]\n#+ status: [line]", "", "", "its header names the status line"),
        ("#+ evidence: [turn]\n#+ level: {column: nurse}", "", "", "its level cannot be read"),
        (
            "#+ evidence: [turn]\n#+ level: {column: step, from: nurse, to: turn, by: <x:on>}",
            *("", "", "its header names the level step"),
        ),
        ("#+ evidence: [turn]\n#+ dataset: week", "", "", 'there is no dataset called "week"'),
        ("#+ evidence: [turn]", "ol:inPost", "org:heldBy", "uses heldBy, which only the dataset of a day holds"),
        ("#+ evidence: [turn]", "ol:inPost", "org:reportsTo+", "uses reportsTo, which only the dataset of a day holds"),
    ],
)
def test_a_header_that_cannot_be_read_is_told_in_one_sentence(
    header: str, old: str, new: str, sentence: str, tree: Path
) -> None:
    """What is wrong in a header, or missing from it, is one clear sentence with what to do."""
    with pytest.raises(ContentError) as told:
        asked_as(tree, f"{HEADER}{header}\n", SELECTED.replace(old, new) if old else SELECTED)
    assert [problem.what for problem in told.value.problems if sentence in problem.what]
    assert all(problem.todo for problem in told.value.problems)


def test_a_question_of_a_day_says_so(tree: Path) -> None:
    """A question that follows the lines of a day says so in its header; that a type of line makes some is no use."""
    of_a_day = asked_as(
        tree, f"{HEADER}#+ evidence: [turn]\n#+ dataset: day\n", SELECTED.replace("ol:inPost", "org:heldBy")
    )
    assert of_a_day.depends_on_day
    typed = SELECTED.replace("ol:inPost ?nurse", "ol:lineType/ol:shortcut org:reportsTo ; ol:lower ?nurse")
    assert not asked_as(tree, f"{HEADER}#+ evidence: [turn]\n", typed).depends_on_day


def test_titles_and_parameters_that_recur_stand_in_one_file(tree: Path) -> None:
    """A header names what differs from queries/columns.toml, where a theme has what all its questions share."""
    tell_into(
        tree,
        "queries/columns.toml",
        """[columns]
nurse = { vi = "Điều dưỡng", en = "Nurse" }
ward = { vi = "Khoa", en = "Ward" }
[parameters]
nurse = { class = "hos:Nurse", vi = "điều dưỡng", en = "nurse" }
ward = { class = "hos:Ward", vi = "khoa", en = "ward" }
[shifts.columns]
ward = { vi = "Khoa trực", en = "Ward on duty" }
""",
    )
    header = """#+ summary: {vi: Ai trực?, en: Who is on duty?}
#+ parameters: {nurse: {}, ward: {en: where, required: true}}
#+ columns: {nurse: {vi: Ai, en: Who}}
#+ evidence: [turn]
"""
    asked = asked_as(tree, header, "SELECT ?ward ?turn ?nurse WHERE { ?turn <x:on> ?ward ; <x:of> ?nurse }")
    assert asked.columns == {"ward": {"vi": "Khoa trực", "en": "Ward on duty"}, "nurse": {"vi": "Ai", "en": "Who"}}
    assert list(asked.columns) == ["ward", "nurse"]
    nurse, ward = asked.parameters
    assert (nurse.kind, nurse.words, nurse.required) == ("hos:Nurse", {"vi": "điều dưỡng", "en": "nurse"}, False)
    assert (ward.kind, ward.words, ward.required) == ("hos:Ward", {"vi": "khoa", "en": "where"}, True)
    listed = asked_as(
        tree,
        header.replace("{nurse: {}, ward: {en: where, required: true}}", "[ward, nurse]"),
        SELECTED.replace("?turn ol", "BIND (?nurse AS ?ward) ?turn ol"),
    )
    assert [one.name for one in listed.parameters] == ["ward", "nurse"]


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
