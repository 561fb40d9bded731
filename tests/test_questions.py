"""Every question of queries/, found and not listed: on the real graph, on an invented province, on two engines."""

import re
from collections import Counter
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from orgline.answers.answer import as_csv, as_json, as_table
from orgline.answers.asking import ask
from orgline.content import EVIDENCE_COLUMNS, read_query_files, run_select
from orgline.content.tree import Content
from orgline.graph.checks import run_checks
from orgline.graph.evidence import CONTRADICTED, NOT_STATED, STATED
from orgline.graph.rules import infer
from orgline.graph.speaker import Speaker
from orgline.graph.store import ol_term
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import relations_of
from orgline.hierarchy.day_graph import day_triples
from orgline.hierarchy.shortcuts import shortcuts_of

ROOT = Path(__file__).parent.parent
CONTENT = Content(ROOT)
QUESTIONS = read_query_files(CONTENT.questions, CONTENT)
IDS = [f"{one.theme}/{one.name}" for one in QUESTIONS]
DAY = date(2099, 12, 31)
# rdflib takes seconds for each of these; what they need is in others too.
DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
CLAIM = "https://w3id.org/orgline/id/claim/"
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=IDS)


@pytest.fixture(scope="session")
def real(graph):
    return graph


@pytest.fixture(scope="session")
def invented_content(invented_seen):
    return invented_seen.content


@pytest.fixture(scope="session")
def invented(invented_seen):
    """The store of the invented province; not to be changed."""
    return invented_seen.loaded.store


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


@pytest.fixture(scope="session")
def invented_sides(invented, invented_in_rdflib):
    """The invented province in the store and in rdflib: as it is, and with the shortcuts of a day."""
    day = of_the_day(invented)
    return {False: (invented, invented_in_rdflib), True: (day, seen_by_rdflib(day))}


@pytest.fixture(scope="session")
def real_sides(real, real_in_rdflib):
    """The five reports in the store and in rdflib: as they are, and with the shortcuts of a day."""
    day = of_the_day(real)
    return {False: (real, real_in_rdflib), True: (day, seen_by_rdflib(day))}


def copy_of(store, keep=bool):
    """A store with those quads of `store` that `keep` keeps."""
    copy = ox.Store()
    copy.bulk_extend([quad for quad in store if keep(quad)])
    return copy


def about(store, subject, thing):
    """The quads of a store with that subject or object."""
    return list(store.quads_for_pattern(subject, None, thing, None))


def about_it(store, node):
    """The quads of a store that say that a claim or finding is about a node."""
    return list(store.quads_for_pattern(None, ol_term("about"), node, None))


def asked(store, question):
    """The answer to a question, asked of the dataset of a day if it is a question of one."""
    return ask(of_the_day(store) if question.depends_on_day else store, question)


def of_the_day(store):
    """A copy of `store` in which the shortcuts of a day stand beside the facts."""
    copy = copy_of(store)
    shortcuts = day_triples(ArrayHierarchy(relations_of(store)), shortcuts_of(store), DAY)
    copy.load(shortcuts, ox.RdfFormat.N_TRIPLES)
    return copy


@pytest.fixture(scope="session")
def answer_of(invented):
    """The answer of the invented province to a question, worked out once."""
    known = {}

    def answer(question):
        if question.name not in known:
            known[question.name] = asked(invented, question)
        return known[question.name]

    return answer


@pytest.fixture(scope="session")
def scratch(invented):
    """A copy of the invented province that a test changes, and leaves as it was."""
    return copy_of(invented)


@contextmanager
def changed(store, gone=(), more=()):
    """Take `gone` out of a store and `more` in for a while."""
    for quad in gone:
        store.remove(quad)
    store.extend(more)
    yield store
    for quad in more:
        store.remove(quad)
    store.extend(gone)


@pytest.fixture(scope="session")
def with_rivals(invented, invented_content, answer_of):
    """The invented province with a rival to the first claim behind each answer; not to be changed."""
    store = copy_of(invented)
    for claim in {claims[0] for question in QUESTIONS if (claims := claims_behind(answer_of(question)))}:
        rival = ox.NamedNode(f"{claim.value}/rival")
        store.extend(
            ox.Quad(rival, quad.predicate, quad.object)
            for quad in invented.quads_for_pattern(claim, None, None, ox.DefaultGraph())
            if quad.predicate != ol_term("rivalOf")
        )
        store.add(ox.Quad(rival, ol_term("rivalOf"), claim))
    infer(store, invented_content)
    run_checks(store, invented_content)
    return store


@pytest.fixture(scope="session")
def only_inferred(invented):
    """The invented province with every claim made an inference and nothing in dispute; not to be changed."""
    findings = {quad.subject for quad in invented.quads_for_pattern(None, ol_term("check"), None, None)}
    certain = {ol_term("Stated"), ol_term("OutsideKnowledge")}
    store = copy_of(
        invented,
        lambda quad: (
            quad.subject not in findings and not (quad.predicate == ol_term("certainty") and quad.object in certain)
        ),
    )
    store.extend(
        ox.Quad(quad.subject, ol_term("certainty"), ol_term("Inferred"))
        for quad in invented.quads_for_pattern(None, ol_term("certainty"), None, ox.DefaultGraph())
        if quad.object in certain
    )
    return store


def evidence_nodes(answer):
    return {one.node for row in answer.rows for one in row.evidence}


def claims_behind(answer):
    """The claims on which the rows of an answer rest, sorted."""
    return sorted((node for node in evidence_nodes(answer) if node.value.startswith(CLAIM)), key=str)


def value_of(term):
    """A term by its value: numbers as numbers, so that 7 and 7.0 are one."""
    text = str(term.value) if hasattr(term, "value") and not isinstance(term, rdflib.term.Node) else str(term)
    try:
        return float(text)
    except ValueError:
        return text


def by_value(rows):
    return Counter(tuple(sorted((str(name), value_of(term)) for name, term in row.items())) for row in rows)


@pytest.mark.slow
@each_question
def test_the_same_rows_on_two_engines(question, invented_sides):
    """A question gives the same rows, by value, on pyoxigraph and on rdflib."""
    here, there = invented_sides[question.depends_on_day]
    assert by_value(run_select(here, question, {})) == by_value(there.query(question.text).bindings)


@pytest.mark.slow
@each_question
def test_the_same_real_rows_on_two_engines(question, real_sides):
    """A question gives the same rows of the five reports, by value, on pyoxigraph and on rdflib."""
    here, there = real_sides[question.depends_on_day]
    assert by_value(run_select(here, question, {})) == by_value(there.query(question.text).bindings)


@each_question
def test_the_invented_province_answers(question, answer_of):
    """A question finds its answer in a province that no report is about: no answer stands in a question."""
    assert answer_of(question).rows


@each_question
def test_without_evidence_nothing_is_stated(question, answer_of, scratch):
    """With the evidence of its rows taken away, a question answers not stated and names the sources looked at."""
    answer = answer_of(question)
    gone, quads = set(), set()
    assert answer.rows
    # What rested on two grounds may be told anew once one of them is gone.
    while answer.rows:
        found = evidence_nodes(answer) - gone
        assert found
        # With the claims goes what else is claimed of the same nodes, and the summary of them that these carry.
        nodes = {thing for row in answer.rows for one in row.evidence for thing in one.about}
        found |= {quad.subject for node in nodes for quad in about_it(scratch, node)}
        quads |= {quad for node in found for at in ((node, None), (None, node)) for quad in about(scratch, *at)}
        summary = {ol_term("certainty"), DERIVED_FROM}
        quads |= {quad for node in nodes for quad in about(scratch, node, None) if quad.predicate in summary}
        gone |= found
        with changed(scratch, gone=quads):
            answer = asked(scratch, question)
    assert answer.answer == NOT_STATED
    if not any(str(node.value).startswith("https://w3id.org/orgline/id/source/") for node in gone):
        assert answer.sources


@each_question
def test_a_rival_contradicts(question, invented, answer_of, with_rivals):
    """A row that rests on a claim with a rival answers contradicted."""
    answer = answer_of(question)
    claims = claims_behind(answer)
    if not claims:
        assert all(
            list(invented.quads_for_pattern(node, ol_term("certainty"), None, None)) for node in evidence_nodes(answer)
        )
        return
    resting = [
        row.answer for row in asked(with_rivals, question).rows if claims[0] in {one.node for one in row.evidence}
    ]
    assert resting
    assert set(resting) == {CONTRADICTED}


@each_question
def test_what_is_only_inferred_says_so(question, only_inferred):
    """With every claim made an inference and nothing in dispute, no row of a question is stated."""
    assert STATED not in {row.answer for row in asked(only_inferred, question).rows}


@each_question
def test_a_question_is_complete(question):
    """A question and its columns speak Vietnamese and English, and its rows carry their evidence."""
    for texts in (
        question.summary,
        *(texts for name, texts in question.columns.items() if name not in EVIDENCE_COLUMNS),
        *(one.words for one in question.parameters),
    ):
        assert {"vi", "en"} <= set(texts)
    assert question.grounds
    for word in (" FROM ", " GRAPH ", " SERVICE "):
        assert word not in question.text.replace("\n", " ")


@each_question
def test_every_form_of_an_answer(question, real):
    """An answer is written as a table, CSV and JSON in both languages, with every row and every heading in words."""
    answer = asked(real, question)
    for lang in ("vi", "en"):
        speaker = Speaker(real, lang, CONTENT.words)
        headings, rows = as_table(answer, speaker)
        assert all(heading and "_" not in heading for heading in headings)
        assert bool(rows) == bool(answer.rows)
        assert '"answer": ' in as_json(answer, speaker)
        assert as_csv(answer, speaker).startswith(headings[0].split(",")[0][:1] or '"')


def test_no_two_questions_differ_by_a_parameter_only():
    """No question is another with a constant in it: with codes and words blanked, no two are the same."""
    codes = re.compile(r"PREFIX ([\w-]+): <https://w3id\.org/orgline/code/")
    bodies = Counter()
    for question in QUESTIONS:
        kinds = "|".join(codes.findall(question.text)) or "none"
        body = question.text.partition("SELECT")[2]
        bodies[re.sub(rf"\s+|\b(?:{kinds}):[\w-]+|\"[^\"]*\"", " ", body)] += 1
    assert max(bodies.values()) == 1


def test_questions_hold_no_answers():
    """No question names a person, body, directive, place or source of the data: only codes of the code lists."""
    for question in QUESTIONS:
        body = question.text.partition("SELECT")[2]
        assert "orgline/id/" not in body, question.name
        assert " id:" not in body, question.name


def named(name):
    """The question of that name."""
    return next(one for one in QUESTIONS if one.name == name)


def days(**typed):
    """Days to ask a question of."""
    kind = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
    return {name: ox.Literal(day, datatype=kind) for name, day in typed.items()}


def told(question, store, values, *columns):
    """Those columns of the answer to a question: the values of its rows, names of things shortened."""
    rows = ask(store, named(question), values).rows
    return {tuple(in_english(row, one) for one in columns) for row in rows}


def in_english(row, column):
    """What a row has in a column: its English text, or the end of its name."""
    if column in row.texts:
        return row.texts[column]["en"]
    return row.terms[column].value.rpartition("/")[2] if column in row.terms else ""


def in_may_trang(rows):
    """Those rows that name nothing of the other invented province, Sương Bạc."""
    return {row for row in rows if not any(value.startswith("sb-") for value in row)}


def test_what_changed_between_two_dates(invented):
    """What begins or ends between two days is told, what does so before or after is not; a move is one change."""
    changed = in_may_trang(
        told(
            "what-changed-between-two-dates", invented, days(**{"from": "2044-03-01", "until": "2045-03-30"}),
            "date", "change", "type", "unit", "before", "after", "within",
        )
    )  # fmt: skip
    bloc, works = "mt-bloc-party-committee", "mt-mirror-works-party-committee"
    assert changed == {
        ("2044-06-22", "a line ended", "subordination", works, bloc, "", "surely"),
        (
            "2044-06-23", "moved to another superior", "subordination",
            "mt-lens-works-party-committee", bloc, "mt-doi-gio-party-committee", "surely",
        ),
        ("2045-03-30", "ended", "", works, "", "", "surely"),
    }  # fmt: skip


def test_a_superseded_line_hides_no_end(invented, scratch):
    """That a line ended is told even where a superseded line would have followed it, as its sister cases are."""
    within = days(**{"from": "2044-06-01", "until": "2044-06-30"})
    columns = ("date", "change", "unit", "before")
    ended = ("2044-06-22", "a line ended", "mt-mirror-works-party-committee", "mt-bloc-party-committee")
    assert ended in told("what-changed-between-two-dates", invented, within, *columns)
    next_line = node("line/invented-next")
    follows = [
        ox.Quad(next_line, ol_term("lower"), node("body/mt-mirror-works-party-committee")),
        ox.Quad(next_line, ol_term("upper"), node("body/mt-doi-gio-party-committee")),
        ox.Quad(next_line, ol_term("lineType"), ox.NamedNode("https://w3id.org/orgline/code/line-type/subordination")),
        ox.Quad(next_line, ol_term("startLatest"), days(day="2044-06-23")["day"]),
    ]
    superseded = ox.Quad(next_line, ol_term("standing"), ol_term("Superseded"))
    with changed(scratch, more=follows):
        assert ended not in told("what-changed-between-two-dates", scratch, within, *columns)
    with changed(scratch, more=[*follows, superseded]):
        assert ended in told("what-changed-between-two-dates", scratch, within, *columns)


def node(name):
    """The thing of that name under the base."""
    return ox.NamedNode(f"https://w3id.org/orgline/id/{name}")


def test_an_inexact_date_may_lie_between(invented):
    """A month that overlaps the time asked of is told as possible, as it may lie outside."""
    within = days(**{"from": "2037-10-15", "until": "2037-10-20"})
    found = told("what-changed-between-two-dates", invented, within, "unit", "date", "change", "within")
    assert in_may_trang(found) == {
        ("mt-doi-gio-party-committee", "2037-10", "founded", "possibly, the date is not exact")
    }


# Posts of which the gazette says in 2043 who holds them, and not since when.
KNOWN_LATER = {
    "mt-bloc-secretary", "mt-organization-board-head", "mt-party-committee-member", "mt-people-committee-chairman",
    "mt-standing-committee-member",
}  # fmt: skip


@pytest.mark.parametrize(
    ("day", "vacant", "not_stated"),
    [
        ("2042-12-31", set(), KNOWN_LATER | {"mt-bloc-deputy-secretary"}),
        ("2043-08-19", {"mt-people-committee-vice-chairman"}, {"mt-bloc-deputy-secretary"}),
        (
            "2044-03-01",
            {"mt-people-committee-vice-chairman"},
            {"mt-bloc-deputy-secretary", "mt-mirror-works-secretary"},
        ),
        # By then two bodies have ended, and their posts with them.
        ("2045-12-31", {"mt-people-committee-vice-chairman"}, {"mt-secretary"}),
    ],
)
def test_vacant_is_not_the_same_as_not_stated(day, vacant, not_stated, invented):
    """A post is vacant from when a source says so; one that nobody is named for, or no longer, is not stated."""
    found = in_may_trang(told("posts-without-a-holder", invented, days(day=day), "post", "status"))
    assert {post for post, status in found if status == "vacant"} == vacant
    assert {post for post, status in found if status == "holder not stated"} == not_stated


def test_a_member_who_heads_the_committee_is_not_their_own_superior(invented):
    """Only who holds a lower and an upper post is their own superior, not each person with two posts."""
    assert in_may_trang(told("who-is-their-own-superior", invented, {}, "who", "post", "other")) == {
        ("le-gia-dinh", "mt-mirror-works-secretary", "mt-bloc-secretary")
    }


def test_what_rests_on_two_directives_keeps_its_basis(invented):
    """A line loses its basis with its only directive, and with what that one alone rests on; not with one of two."""
    of = {"directive": ox.NamedNode("https://w3id.org/orgline/id/directive/mt-resolution-99")}
    lost = told("what-loses-its-basis", invented, of, "through", "unit", "what")
    assert ("", "mt-lens-works-party-committee", "mt-bloc-party-committee") in lost
    assert ("", "mt-lens-works-secretary", "mt-bloc-secretary") in lost
    assert ("mt-plan", "mt-lens-works-party-committee", "mt-doi-gio-party-committee") in lost
    assert not any(what == "mt-doi-gio-party-committee" and unit == "mt-bloc-party-committee" for _, unit, what in lost)


def test_a_rule_is_told_in_its_own_words(invented):
    """The question on lines that follow by rule tells each rule as the rule's own file does."""
    wanted = {rule.summary["vi"]: rule.summary["en"] for rule in read_query_files(CONTENT.rules, CONTENT)}
    rows = ask(invented, named("lines-that-follow-by-rule")).rows
    assert rows
    for row in rows:
        assert wanted[row.texts["rule"]["vi"]] == row.texts["rule"]["en"]
