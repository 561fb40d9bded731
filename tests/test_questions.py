"""Every question of queries/, found and not listed: on the real graph, on an invented province, on two engines."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from orgline.answer import as_csv, as_json, as_table
from orgline.ask import ask
from orgline.check import look
from orgline.content import Content
from orgline.evidence import CONTRADICTED, NOT_STATED, STATED
from orgline.infer import infer
from orgline.load import load
from orgline.query import read_queries, run
from orgline.say import Speaker
from orgline.store import ol

ROOT = Path(__file__).parent.parent
CONTENT = Content(ROOT)
QUESTIONS = read_queries(CONTENT.questions, CONTENT)
IDS = [f"{one.theme}/{one.name}" for one in QUESTIONS]
CLAIM = "https://w3id.org/orgline/id/claim/"
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=IDS)


def built(content):
    """The store of a content tree, inferred and looked at."""
    loaded = load(content)
    infer(loaded.store, content)
    look(loaded.store, content, loaded.origins)
    return loaded.store


@pytest.fixture(scope="session")
def real():
    return built(CONTENT)


@pytest.fixture(scope="session")
def invented_content(tmp_path_factory):
    """A content tree of an invented province: our ontology and questions, made-up data."""
    root = tmp_path_factory.mktemp("invented")
    for name in ("ontology", "queries", "viz"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copytree(ROOT / "tests" / "invented" / "data", root / "data")
    return Content(root)


@pytest.fixture(scope="session")
def invented(invented_content):
    return built(invented_content)


def seen_by_rdflib(store):
    """The default graph of a store as rdflib sees it."""
    facts = (quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    return rdflib.Graph().parse(data=ox.serialize(facts, format=ox.RdfFormat.N_TRIPLES), format="nt")


@pytest.fixture(scope="session")
def invented_in_rdflib(invented):
    return seen_by_rdflib(invented)


@pytest.fixture(scope="session")
def real_in_rdflib(real):
    return seen_by_rdflib(real)


def copy_of(store, keep=bool, extra=()):
    """A store with those quads of `store` that `keep` keeps, and `extra`."""
    copy = ox.Store()
    copy.bulk_extend([quad for quad in store if keep(quad)])
    copy.extend(extra)
    return copy


def evidence_nodes(answer):
    return {one.node for row in answer.rows for one in row.evidence}


def value_of(term):
    """A term by its value: numbers as numbers, so that 7 and 7.0 are one."""
    text = str(term.value) if hasattr(term, "value") and not isinstance(term, rdflib.term.Node) else str(term)
    try:
        return float(text)
    except ValueError:
        return text


def by_value(rows):
    return Counter(tuple(sorted((str(name), value_of(term)) for name, term in row.items())) for row in rows)


@each_question
def test_the_same_rows_on_two_engines(question, invented, invented_in_rdflib):
    """A question gives the same rows, by value, on pyoxigraph and on rdflib."""
    assert by_value(run(invented, question, {})) == by_value(invented_in_rdflib.query(question.text).bindings)


@pytest.mark.slow
@each_question
def test_the_same_real_rows_on_two_engines(question, real, real_in_rdflib):
    """A question gives the same rows of the five reports, by value, on pyoxigraph and on rdflib."""
    assert by_value(run(real, question, {})) == by_value(real_in_rdflib.query(question.text).bindings)


@each_question
def test_the_invented_province_answers(question, invented):
    """A question finds its answer in a province that no report is about: no answer stands in a question."""
    assert ask(invented, question).rows


@each_question
def test_without_evidence_nothing_is_stated(question, invented):
    """With the evidence of its rows taken away, a question answers not stated and names the sources looked at."""
    gone = evidence_nodes(ask(invented, question))
    assert gone
    answer = ask(copy_of(invented, lambda quad: quad.subject not in gone and quad.object not in gone), question)
    assert answer.answer == NOT_STATED
    if not any(str(node.value).startswith("https://w3id.org/orgline/id/source/") for node in gone):
        assert answer.sources


@each_question
def test_a_rival_contradicts(question, invented, invented_content):
    """With a rival to one of its claims added, a question answers contradicted."""
    claims = sorted((node for node in evidence_nodes(ask(invented, question)) if node.value.startswith(CLAIM)), key=str)
    if not claims:
        nodes = evidence_nodes(ask(invented, question))
        assert all(list(invented.quads_for_pattern(node, ol("certainty"), None, None)) for node in nodes)
        return
    claim = claims[0]
    rival = ox.NamedNode(CLAIM + "invented/rival")
    extra = [
        ox.Quad(rival, quad.predicate, quad.object)
        for quad in invented.quads_for_pattern(claim, None, None, ox.DefaultGraph())
        if quad.predicate != ol("rivalOf")
    ]
    extra.append(ox.Quad(rival, ol("rivalOf"), claim))
    store = copy_of(invented, extra=extra)
    infer(store, invented_content)
    look(store, invented_content)
    assert ask(store, question).answer == CONTRADICTED


@each_question
def test_what_is_only_inferred_says_so(question, invented):
    """With every claim made an inference and nothing in dispute, no row of a question is stated."""
    findings = {quad.subject for quad in invented.quads_for_pattern(None, ol("check"), None, None)}
    certain = {ol("Stated"), ol("OutsideKnowledge")}
    store = copy_of(
        invented,
        lambda quad: (
            quad.subject not in findings and not (quad.predicate == ol("certainty") and quad.object in certain)
        ),
    )
    store.extend(
        ox.Quad(quad.subject, ol("certainty"), ol("Inferred"))
        for quad in invented.quads_for_pattern(None, ol("certainty"), None, ox.DefaultGraph())
        if quad.object in certain
    )
    assert STATED not in {row.answer for row in ask(store, question).rows}


@each_question
def test_a_question_is_complete(question):
    """A question and its columns speak Vietnamese and English, and its rows carry their evidence."""
    for texts in (question.summary, *question.columns.values(), *(one.words for one in question.parameters)):
        assert {"vi", "en"} <= set(texts)
    select = question.text.partition("SELECT")[2].partition("WHERE")[0]
    shown = {name.strip("?()") for name in select.split()}
    assert set(question.columns) <= shown
    assert {one.name for one in question.parameters} <= shown | {"_"}
    assert set(question.evidence) & shown
    for word in (" FROM ", " GRAPH ", " SERVICE "):
        assert word not in question.text.replace("\n", " ")


@each_question
def test_every_form_of_an_answer(question, real):
    """An answer is written as a table, CSV and JSON in both languages, with every row and every heading in words."""
    answer = ask(real, question)
    for lang in ("vi", "en"):
        speaker = Speaker(real, lang, CONTENT.words)
        headings, rows = as_table(answer, speaker)
        assert all(heading and "_" not in heading for heading in headings)
        assert bool(rows) == bool(answer.rows)
        assert '"answer": ' in as_json(answer, speaker)
        assert as_csv(answer, speaker).startswith(headings[0].split(",")[0][:1] or '"')


def test_no_two_questions_differ_by_a_parameter_only():
    """No question is another with a constant in it: with IRIs of data and codes blanked, no two are the same."""
    bodies = Counter(
        re.sub(
            r"\s+|<https://w3id.org/orgline/(?:id|code)/[^>]*>|code:\S+|\"[^\"]*\"",
            " ",
            one.text.partition("SELECT")[2],
        )
        for one in QUESTIONS
    )
    assert max(bodies.values()) == 1


def test_questions_hold_no_answers():
    """No question names a person, body, directive, place or source of the data: only codes of the code lists."""
    for question in QUESTIONS:
        body = question.text.partition("SELECT")[2]
        assert "orgline/id/" not in body, question.name
        assert " id:" not in body, question.name
