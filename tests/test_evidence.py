"""How sure an answer is: contradicted if any row is, else as sure as its weakest."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgline.graph.evidence import (
    CONTRADICTED,
    INFERRED,
    NOT_STATED,
    STATED,
    EvidenceBook,
    evidence_of,
    strongest,
    weakest,
)
from orgline.graph.store import RDF_TYPE, ol_term

ANSWERS = st.lists(st.sampled_from([STATED, INFERRED, CONTRADICTED]))
DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
CLAIM, THING = ox.NamedNode("https://x/claim"), ox.NamedNode("https://x/thing")


@given(ANSWERS)
def test_the_law_of_the_weakest(answers: list[str]) -> None:
    """Contradicted if any is; else inferred if any is; else stated; of nothing, not stated."""
    wanted = next((one for one in (CONTRADICTED, INFERRED, STATED) if one in answers), NOT_STATED)
    assert weakest(answers) == wanted


@given(ANSWERS, ANSWERS)
def test_parts_may_be_taken_together_first(some: list[str], others: list[str]) -> None:
    """The whole is as weak as the weakest of its parts, however they are grouped and ordered."""
    parts = [weakest(one) for one in (some, others) if one]
    assert weakest(parts) == weakest(others + some)


@given(ANSWERS, st.sampled_from([STATED, INFERRED, CONTRADICTED]))
def test_another_row_never_makes_an_answer_surer(answers: list[str], more: str) -> None:
    """An answer with one row more is not surer than it was."""
    order = [STATED, INFERRED, CONTRADICTED]
    if answers:
        assert order.index(weakest([*answers, more])) >= order.index(weakest(answers))


@pytest.fixture
def store() -> ox.Store:
    """A claim about a thing, stated by a source."""
    store = ox.Store()
    store.add(ox.Quad(CLAIM, DERIVED_FROM, ox.NamedNode("https://example.org/source")))
    store.add(ox.Quad(CLAIM, RDF_TYPE, ol_term("Claim")))
    store.add(ox.Quad(CLAIM, ol_term("about"), THING))
    store.add(ox.Quad(CLAIM, ol_term("certainty"), ol_term("Stated")))
    for line in ("L12", "L3"):
        store.add(ox.Quad(CLAIM, ol_term("locator"), ox.Literal(line)))
    return store


def found_on(store: ox.Store, node: ox.NamedNode) -> None:
    """Put a finding of a check on `node`."""
    finding = ox.NamedNode("https://x/finding")
    store.add(ox.Quad(finding, ol_term("check"), ox.Literal("loops")))
    store.add(ox.Quad(finding, ol_term("about"), node))


def test_a_stated_claim_is_stated(store: ox.Store) -> None:
    """A claim that its source states is stated."""
    assert evidence_of(store, CLAIM).answer == STATED


def test_lines_stand_in_their_order(store: ox.Store) -> None:
    """Line 3 stands before line 12."""
    assert evidence_of(store, CLAIM).locators == ("L3", "L12")


@pytest.mark.parametrize("certainty", ["Inferred", "OutsideKnowledge"])
def test_outside_knowledge_counts_as_inferred(store: ox.Store, certainty: str) -> None:
    """What is inferred, or known from outside, is inferred."""
    store.remove(ox.Quad(CLAIM, ol_term("certainty"), ol_term("Stated")))
    store.add(ox.Quad(CLAIM, ol_term("certainty"), ol_term(certainty)))
    assert evidence_of(store, CLAIM).answer == INFERRED


def test_what_says_nothing_of_itself_is_inferred(store: ox.Store) -> None:
    """A node without certainty is never taken as stated."""
    assert evidence_of(store, ox.NamedNode("https://x/unknown")).answer == INFERRED


@pytest.mark.parametrize("node", [CLAIM, THING])
def test_a_finding_contradicts(store: ox.Store, node: ox.NamedNode) -> None:
    """A finding on the claim, or on what it is about, makes it contradicted."""
    found_on(store, node)
    assert evidence_of(store, CLAIM).answer == CONTRADICTED


def test_a_finding_on_a_thing_leaves_claims_of_a_field(store: ox.Store) -> None:
    """A claim on one field of a thing is not contradicted by a finding on the thing."""
    store.add(ox.Quad(CLAIM, ol_term("field"), ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")))
    found_on(store, THING)
    assert evidence_of(store, CLAIM).answer == STATED


def test_each_finding_of_the_real_graph_contradicts(graph: ox.Store, findings) -> None:
    """What a check has found in the real graph is contradicted there."""
    assert findings
    for finding in findings:
        for node in finding.about:
            assert evidence_of(graph, node).answer == CONTRADICTED


@pytest.mark.parametrize(
    ("answers", "whole"),
    [
        ([STATED, INFERRED], STATED),
        ([INFERRED, STATED], STATED),
        ([INFERRED, INFERRED], INFERRED),
        ([STATED, CONTRADICTED], CONTRADICTED),
        ([INFERRED, CONTRADICTED, STATED], CONTRADICTED),
    ],
)
def test_a_statement_is_as_sure_as_its_surest_claim(answers: list[str], whole: str) -> None:
    """Of several claims that say one thing the surest counts, unless one of them is contradicted."""
    assert strongest(answers) == whole


def test_a_claim_without_a_source_is_no_evidence(store: ox.Store) -> None:
    """What rests on a thing cites the claims about it that name a source, and no other."""
    bare = ox.NamedNode("https://x/bare")
    store.add(ox.Quad(bare, RDF_TYPE, ol_term("Claim")))
    store.add(ox.Quad(bare, ol_term("about"), THING))
    store.add(ox.Quad(bare, ol_term("certainty"), ol_term("Stated")))
    assert EvidenceBook(store).claims(THING) == [CLAIM]
    assert EvidenceBook(store).claims_on_field(THING, RDF_TYPE) == [CLAIM]


def test_a_thing_without_a_claim_that_names_a_source_is_its_own_evidence(store: ox.Store) -> None:
    """Where no claim about a thing names a source, the thing itself is cited; of a field, only if it names one."""
    for quad in list(store.quads_for_pattern(CLAIM, DERIVED_FROM, None)):
        store.remove(quad)
    assert EvidenceBook(store).claims(THING) == [THING]
    assert EvidenceBook(store).claims_on_field(THING, RDF_TYPE) == []
    store.add(ox.Quad(THING, DERIVED_FROM, ox.NamedNode("https://example.org/source")))
    assert EvidenceBook(store).claims_on_field(THING, RDF_TYPE) == [THING]
