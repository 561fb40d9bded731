"""What was known on a day: the graph as a build without the later sources would have made it, and nothing of them."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import Seen, invent, look_at, tell_into
from hypothesis import given, settings
from hypothesis import strategies as st

from orgline.content.tree import Content
from orgline.graph.checks import run_checks
from orgline.graph.evidence import CONTRADICTED, STATED, EvidenceBook
from orgline.graph.rules import infer
from orgline.graph.store import RDF_TYPE, objects, ol_term, subjects
from orgline.hierarchy.known_on import store_known_on
from orgline.text.temporal_status import DatedEvidence

ID = "https://w3id.org/orgline/id/"
LATER = "gazette-en"  # published on 2046-01-06; the other source, of which it is a translation, on 2045-12-30
BOTH, ONE, NONE = date(2046, 1, 6), date(2046, 1, 5), date(2045, 12, 29)
ISSUED = ox.NamedNode("http://purl.org/dc/terms/issued")
DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
START, END = (ox.NamedNode(f"https://schema.org/{name}Date") for name in ("start", "end"))


class Made:
    """A content tree loaded and inferred, and what was known of it on a day; its stores are not to be changed."""

    def __init__(self, seen: Seen) -> None:
        self.content, self.inferred = seen.content, seen.inferred
        self.store, self.source_quads = seen.loaded.store, seen.loaded.source_quads
        self.known = cache(self._known)

    @classmethod
    def of(cls, root: Path) -> "Made":
        return cls(look_at(Content(root)))

    def taken(self, day: date) -> tuple[ox.Store, list[ox.NamedNode]]:
        """What is left of the store before the rules are run on it, and the sources without a date."""
        return store_known_on(self.store, self.inferred, ox.parse(self.source_quads, ox.RdfFormat.N_QUADS), day)

    def _known(self, day: date) -> ox.Store:
        store, _ = self.taken(day)
        infer(store, self.content)
        run_checks(store, self.content)
        return store


def without(root: Path, slug: str) -> Path:
    """Take a source out of a content tree, and what names its claims."""
    shutil.rmtree(root / "data" / slug)
    for path in (root / "data").rglob("*.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(rf"\b{slug}/[\w/.-]+", "", text), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def made(invented_seen: Seen) -> Made:
    return Made(invented_seen)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A content tree of the invented province, to be changed."""
    return invent(tmp_path / "tree")


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(ID + name)


def facts(store: ox.Store) -> set[str]:
    return {str(quad) for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())}


def claims(store: ox.Store) -> set[str]:
    return {one.value for one in subjects(store, RDF_TYPE, ol_term("Claim"))}


def published(content: Content, slug: str, issued: str | None) -> None:
    """Write another date of publication, or none, into a source."""
    place = content.root / "data" / slug / "source.ttl"
    text = place.read_text(encoding="utf-8")
    changed = re.sub(r'dcterms:issued "[^"]*"', f'dcterms:issued "{issued}"' if issued else "ol:note ol:none", text)
    if issued is None:
        changed = re.sub(r"\s+(ol:note|ol:earliest|ol:latest) [^;]*;", "", changed)
    assert changed != text
    place.write_text(changed, encoding="utf-8")


def test_later_sources_are_as_if_they_had_not_been(made: Made, tree: Path) -> None:
    """Before a source was published the graph is that of a build without it, but for what nobody speaks of."""
    known, fresh = facts(made.known(ONE)), facts(Made.of(without(tree, LATER)).store)
    assert known - fresh == set()
    spoken_of = {line.split(" ")[0] for line in known}
    assert {line for line in fresh - known if line.split(" ")[0] in spoken_of} == set()


def test_once_all_are_published_nothing_is_missing(made: Made) -> None:
    """From the day on which the last source is published, all that is said, concluded and found is there."""
    unspoken = facts(made.store) - facts(made.known(BOTH))
    assert {line.split(" ")[0] for line in unspoken} & {f"<{one}>" for one in claims(made.store)} == set()
    assert facts(made.known(BOTH)) <= facts(made.store)


def test_no_word_of_a_later_source_is_left(made: Made) -> None:
    """No claim of a later source, no node that only it supports, and nothing that is derived from it is left."""
    store = made.known(ONE)
    assert [one for one in claims(store) if f"claim/{LATER}/" in one] == []
    assert list(store.quads_for_pattern(None, DERIVED_FROM, node(f"source/{LATER}"))) == []
    assert [one for one in claims(made.store) if f"claim/{LATER}/" in one]
    assert facts(store) & {line for line in facts(made.store) if f"/{LATER}" in line} == set()


def test_before_any_source_nothing_was_known(made: Made) -> None:
    """Before the first source nothing is left that a claim is about: only codes."""
    store = made.known(NONE)
    assert claims(store) == set()
    for kind in ("Line", "Source", "Directive", "Figure"):
        assert subjects(store, RDF_TYPE, ol_term(kind)) == []


def test_what_two_sources_say_rests_on_the_one_that_was_there(made: Made) -> None:
    """A tenure of which two reports speak stays, supported by the one that was published."""
    tenure = node("tenure/nguyen-thu-nghiem-secretary")
    sources = [{one.value for one in objects(made.known(day), tenure, DERIVED_FROM)} for day in (ONE, BOTH)]
    assert sources == [{f"{ID}source/gazette"}, {f"{ID}source/gazette", f"{ID}source/{LATER}"}]


def test_a_contradiction_needs_both_rivals(made: Made) -> None:
    """What a later source disputes was not disputed before it, and is from that day on."""
    claim = node("claim/gazette/body/mt-bloc-party-committee/name")
    answers = [EvidenceBook(made.known(day)).of(claim).answer for day in (ONE, BOTH)]
    assert answers == [STATED, CONTRADICTED]


def test_a_fact_that_only_a_later_source_has_is_gone(made: Made) -> None:
    """A tenure of which only the later source speaks is not known before it, and the post nobody named neither."""
    tenure, post = (
        node(f"{name}") for name in ("tenure/tran-vi-du-party-committee-member", "post/mt-party-committee-member")
    )
    for one in (tenure, post):
        assert list(made.known(ONE).quads_for_pattern(one, None, None)) == []
        assert list(made.known(BOTH).quads_for_pattern(one, None, None))


LATER_ROWS = """tenure,person,post,start,end,at,locator,printed,standing,reason_vi,reason_en,weaker_than
nguyen-thu-nghiem-secretary,nguyen-thu-nghiem,mt-secretary,,,event/mt-conference,L3,Secretary,,,,
le-gia-dinh-bloc-secretary,le-gia-dinh,mt-bloc-secretary,2042-02-02,2044-04-04,source/gazette-en,L3,Secretary,,,,
"""


@pytest.fixture(scope="module")
def dated_later(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The province, with a later source that gives start, end and an attestation to a tenure another speaks of."""
    root = invent(tmp_path_factory.mktemp("later") / "tree")
    tell_into(root, f"data/{LATER}/tenures.csv", LATER_ROWS)
    return Made.of(root)


@pytest.mark.parametrize(("day", "has"), [(ONE, False), (BOTH, True)])
def test_dates_that_a_later_source_adds_are_not_known_before(day: date, has: bool, dated_later: Made) -> None:
    """The start and end, and the attestation, that only a later source gives to a known tenure do not leak."""
    store, tenure = dated_later.known(day), node("tenure/le-gia-dinh-bloc-secretary")
    own = {one.value for name in (START, END) for one in objects(store, tenure, name)}
    assert ({"2042-02-02", "2044-04-04"} <= own) == has
    assert ("2046-01-06" in {one.value for one in objects(store, tenure, ol_term("attestedOn"))}) == has
    assert "2043-08-19" in {one.value for one in objects(store, tenure, ol_term("attestedOn"))}
    assert (list(objects(store, tenure, ol_term("startEarliest"))) != []) == has


def test_both_dates_say_what_could_have_been_answered(dated_later: Made) -> None:
    """Who had ended his time on a day, as a later report says, was before it last attested on that same day."""

    def on(known: date) -> str:
        store, tenure = dated_later.known(known), node("tenure/le-gia-dinh-bloc-secretary")
        start, end = (next((one.value for one in objects(store, tenure, name)), "") for name in (START, END))
        attested = (one.value for one in objects(store, tenure, ol_term("attestedOn")))
        return DatedEvidence.of(start, end, attested).on(date(2045, 1, 1).toordinal()).name

    assert (on(ONE), on(BOTH)) == ("last-attested", "ended")


def test_a_source_without_a_date_is_left_out_and_named(tree: Path) -> None:
    """A source that does not say when it was published counts on no day, and is told of by its name."""
    published(Content(tree), LATER, None)
    made = Made.of(tree)
    store, undated = made.taken(date(9999, 12, 31))
    assert [one.value for one in undated] == [f"{ID}source/{LATER}"]
    assert [one for one in claims(store) if f"claim/{LATER}/" in one] == []
    label = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    assert {one.value for one in objects(store, undated[0], label)} == {
        "Bài bịa (bản dịch tiếng Anh)",
        "Invented report (English translation)",
    }


@pytest.mark.parametrize(("issued", "first"), [("2046-01", date(2046, 1, 31)), ("2046", date(2046, 12, 31))])
def test_a_source_counts_from_the_day_by_which_it_was_surely_there(issued: str, first: date, tree: Path) -> None:
    """A source of a month or year counts from its last day: before, it may not have been published."""
    published(Content(tree), LATER, issued)
    made = Made.of(tree)
    late = [
        any(f"claim/{LATER}/" in one for one in claims(made.taken(day)[0])) for day in (first - date.resolution, first)
    ]
    assert late == [False, True]
    assert made.taken(first)[1] == []


@settings(max_examples=8)
@given(st.lists(st.dates(date(2045, 12, 20), date(2046, 1, 15)), min_size=2, max_size=2).map(sorted))
def test_the_later_the_day_the_more_is_known(made: Made, days: list[date]) -> None:
    """Whoever asks as known on a later day has every claim and statement of the earlier, and perhaps more."""
    earlier, later = (made.taken(day)[0] for day in days)
    assert claims(earlier) <= claims(later)
    assert facts(earlier) <= facts(later)


def test_the_store_that_is_asked_is_left_alone(made: Made) -> None:
    """To ask what was known changes nothing in the graph that is asked."""
    before = set(made.store)
    made.known(ONE)
    assert set(made.store) == before


ASKED = ("above", "mt-bloc-secretary", "--as-of", "2044-01-01", "--lang", "en")


@pytest.mark.slow
@pytest.mark.parametrize(("day", "code"), [("2046-01-06", 0), ("30/12/2045", 0), ("2045-12-29", 2)])
def test_commands_answer_as_known(day: str, code: int, invented: Path, invented_build: Path, run_cli: Callable) -> None:
    """A command answers from what had been published; what nobody had named by then is told of, with the day."""
    ran = run_cli(*ASKED, "--as-known-on", day, "--content", invented, "--out", invented_build, "--format", "csv")
    assert ran.code == code
    assert ("Invented report (English translation)" in ran.out) == (day == "2046-01-06")
    if code:
        assert len(ran.lines) == 1
        assert "published after 2045-12-29" in ran.err


def test_what_was_known_needs_what_the_build_kept(
    invented: Path, invented_build: Path, tmp_path: Path, run_cli: Callable
) -> None:
    """A build of which a file is gone says in one sentence what to do."""
    out = Path(shutil.copytree(invented_build, tmp_path / "build"))
    (out / "said.nq").unlink()
    ran = run_cli(*ASKED, "--as-known-on", "2046-01-06", "--content", invented, "--out", out)
    assert (ran.code, ran.lines) == (2, [f'{out / "said.nq"}: is not there. Run "orgline build" again.'])


def test_the_reports_without_a_date_are_named(real_build: Path, run_cli: Callable) -> None:
    """Of the five reports, those that do not say when they were published are named beside the answer."""
    asked = (
        "above",
        "lao-cai-bloc-party-committee",
        "--lang",
        "en",
        "--as-known-on",
        "2026-01-01",
        "--out",
        real_build,
    )
    table, as_json = run_cli(*asked), json.loads(run_cli(*asked, "--format", "json").out)
    undated = as_json["undated_sources"]
    assert (len(undated), as_json["as_known_on"]) == (3, "2026-01-01")
    assert not {one["label"] for one in as_json["sources"]} & set(undated)
    assert all(name in " ".join(table.out.split()) for name in undated)


TWO_SOURCES = """
@prefix ol: <https://w3id.org/orgline/ns#> . @prefix prov: <http://www.w3.org/ns/prov#> . @base <x:> .
@prefix dcterms: <http://purl.org/dc/terms/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
<early> a ol:Source ; dcterms:issued "2020-01-01" .
<late> a ol:Source ; dcterms:issued "2021-01-01" .
<body> rdfs:label "Board"@en ; schema:foundingDate "1930" ; ol:territory <place> .
<a> a ol:Claim ; ol:about <body> ; ol:field ol:territory ; prov:wasDerivedFrom <early> .
<b> a ol:Claim ; ol:about <body> ; ol:field rdfs:label ; prov:wasDerivedFrom <late> .
<c> a ol:Claim ; ol:about <body> ; ol:field schema:foundingDate ; prov:wasDerivedFrom <late> .
"""


def test_a_name_stays_when_the_claim_on_it_goes() -> None:
    """What only a later source says of a field goes, but a name stays: the thing must be called something."""
    store = ox.Store()
    store.load(TWO_SOURCES.encode(), ox.RdfFormat.TURTLE)
    known, _ = store_known_on(store, [], [], date(2020, 6, 1))
    said = {quad.predicate.value for quad in known.quads_for_pattern(ox.NamedNode("x:body"), None, None)}
    assert said == {"http://www.w3.org/2000/01/rdf-schema#label", ol_term("territory").value}
