"""The answer of a whole: its statements, each as sure as the surest claim that makes it."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest
from conftest import ROOT, tell_into

from orgline.answers.answer import Answer, Row, visible_columns
from orgline.answers.answer_xlsx import answer_workbook, statement_table
from orgline.answers.asking import ask, find_view
from orgline.answers.hop_sentences import explain_hops
from orgline.content import read_query_files
from orgline.content.tree import Content
from orgline.graph.evidence import CONTRADICTED, INFERRED, NOT_STATED, STATED, Evidence
from orgline.graph.speaker import Speaker
from orgline.text.errors import CannotRun
from orgline.text.moment import Moment

QUESTION = """#+ summary: {vi: Ai giữ chức vụ nào?, en: Who holds which post?}
#+ columns: {post: {vi: Chức vụ, en: Post}}
#+ evidence: [claim]
PREFIX ol: <https://w3id.org/orgline/ns#>
SELECT ?post ?claim WHERE { ?tenure ol:inPost ?post . ?claim ol:about ?tenure }
"""
FACTS = """@prefix ol: <https://w3id.org/orgline/ns#> . @prefix prov: <http://www.w3.org/ns/prov#> . @base <x:> .
<tenure> ol:inPost <secretary> . <gazette> a ol:Source . <bulletin> a ol:Source .
<a> a ol:Claim ; ol:about <tenure> ; ol:certainty ol:Stated ; prov:wasDerivedFrom <gazette> .
<b> a ol:Claim ; ol:about <tenure> ; ol:certainty ol:Inferred ; prov:wasDerivedFrom <bulletin> .
"""


def answer(folder: Path, facts: str, question: str = QUESTION) -> Answer:
    """Ask the question of `facts`."""
    for name in ("ontology", "data", "viz"):
        (folder / name).mkdir()
    path = tell_into(folder, "queries/posts/who-holds-a-post.rq", question)
    store = ox.Store()
    store.load(facts.encode(), ox.RdfFormat.TURTLE)
    return ask(store, read_query_files([path], Content(folder))[0])


@pytest.mark.parametrize(
    ("more", "whole"),
    [
        ("", STATED),
        ("<other> ol:inPost <deputy> . <c> ol:about <other> ; ol:certainty ol:Inferred .", INFERRED),
        ("<other> ol:inPost <deputy> . <c> ol:about <other> ; ol:certainty ol:Stated .", STATED),
        ("<finding> ol:check 'rival-claims' ; ol:about <b> .", CONTRADICTED),
    ],
)
def test_claims_of_one_statement_count_once(more: str, whole: str, tmp_path: Path) -> None:
    """A statement that one source states and another leaves to be inferred is stated; the weakest statement counts."""
    assert answer(tmp_path, FACTS + more).answer == whole


def test_no_statement_is_not_stated(tmp_path: Path) -> None:
    """Where nothing is found the answer is that no source states it, and the sources looked at are named."""
    found = answer(tmp_path, FACTS.replace("ol:inPost", "ol:note"))
    assert found.answer == NOT_STATED
    assert {one.value for one in found.sources} == {"x:gazette", "x:bulletin"}


def test_sources_without_a_date_are_named_where_only_those_of_a_day_count(tmp_path: Path) -> None:
    """A spreadsheet of what was known on a day names the sources that no date lets into it."""
    day, undated = date(2024, 12, 31), ox.NamedNode("x:leaflet")
    found = replace(answer(tmp_path, FACTS), moment=Moment(day, day), undated=(undated,))
    speaker = Speaker(ox.Store(), "en", {"en": {}})
    sheet = openpyxl.load_workbook(io.BytesIO(answer_workbook(found, speaker, day))).worksheets[1]
    said = {str(row[0].value): str(row[1].value) for row in sheet.iter_rows()}
    assert said["undated_sources"] == speaker.term(undated)


def test_days_of_a_spreadsheet_have_the_form_of_the_language(tmp_path: Path) -> None:
    """A whole day has the form that the words of the language give, and that of ISO 8601 where they give none."""
    question = QUESTION.replace("?post ?claim WHERE {", "?post ?day ?claim WHERE { ?tenure ol:on ?day .")
    question = question.replace("en: Post}", "en: Post}, day: {vi: Ngày, en: Day}")
    facts = FACTS + "<tenure> ol:on '2024-03-04'^^<http://www.w3.org/2001/XMLSchema#date> ."
    found, forms = answer(tmp_path, facts, question), []
    for words in ({}, {"sheet_day": "dd/mm/yyyy"}):
        book = answer_workbook(found, Speaker(ox.Store(), "en", {"en": words}), date(2024, 12, 31))
        forms.append(openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]["B2"].number_format)
    assert forms == ["yyyy-mm-dd", "dd/mm/yyyy"]


def test_a_question_without_columns_shows_those_of_its_rows(tmp_path: Path) -> None:
    """The source of a row stands beside it and is no column of its own, whether the question names columns or not."""
    question = answer(tmp_path, FACTS).question
    rows = [Row({"post": ox.NamedNode("x:secretary"), "source": ox.NamedNode("x:gazette")}, (), STATED)]
    assert visible_columns(replace(question, columns={}), rows) == ["post"]
    assert visible_columns(question, rows) == ["post"]


def test_a_line_that_is_quoted_is_not_named_again(tmp_path: Path) -> None:
    """Of two claims of one line, one with its words and one without, the sentence of a hop names the first."""

    def claim(name: str, locators: tuple[str, ...], printed: tuple[str, ...]) -> Evidence:
        lines = {ox.NamedNode("x:gazette"): locators}
        return Evidence(ox.NamedNode(name), (), (), lines, printed, None, None, (), (), ())

    ends = {name: ox.NamedNode(f"x:{name}") for name in ("lower", "type", "upper")}
    quoted, bare, other = claim("x:a", ("L7",), ("under",)), claim("x:b", ("L7",), ()), claim("x:c", ("L7", "L9"), ())
    found, speaker = answer(tmp_path, FACTS), Speaker(ox.Store(), "en", {"en": {"line_of_file": "{}"}})
    once, twice = (
        explain_hops(replace(found, rows=[Row(ends, evidence, STATED)]), speaker)[0]
        for evidence in ((quoted, bare), (quoted, other))
    )
    assert once.count("gazette") == 1
    assert twice.count("gazette") == 2


def test_a_view_is_found_by_its_name(content: Content) -> None:
    """A view is named by its file; a name that none has is refused with the names there are."""
    assert find_view(content, "hierarchy").place == "viz/hierarchy.rq"
    with pytest.raises(
        CannotRun, match=r'there is no view called "hierachy"\. Did you mean "hierarchy"\? Give one of '
    ):
        find_view(content, "hierachy")


def test_a_statement_without_evidence_has_a_row() -> None:
    """In the table of all statements about a thing, one that no source is known for has empty cells of evidence."""
    store = ox.Store()
    thing, name = ox.NamedNode("x:thing"), ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    speaker = Speaker(store, "en", Content(ROOT).words)
    claimed = Evidence(ox.NamedNode("x:claim"), (thing,), (), {}, ("printed",), None, None, (), (), ())
    headings, rows = statement_table(
        [(thing, name, ox.Literal("a"), None), (thing, name, ox.Literal("b"), claimed)], speaker
    )
    printed = headings.index(speaker.word("printed"))
    assert [row[2] for row in rows] == ["a", "b"]
    assert [row[printed] for row in rows] == [None, "printed"]
    assert rows[0][4:-1] == [None] * 7
