"""Which thing is meant by what somebody typed."""

import unicodedata

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgline.content import Parameter
from orgline.graph.lookup import choose, find, same_as
from orgline.graph.store import RDF_TYPE, local_name, ol_term
from orgline.text.errors import CannotRun
from orgline.text.normalize import folded

PERSON, PLACE = "http://xmlns.com/foaf/0.1/Person", "https://w3id.org/orgline/ns#Place"
BODY = "http://www.w3.org/ns/org#Organization"
NURSE, WARD = "https://example.org/hospital/ns#Nurse", "https://example.org/hospital/ns#Ward"
SAME = "https://w3id.org/orgline/code/match-decision/same"
UNSURE = "https://w3id.org/orgline/code/match-decision/unsure"


def names(found) -> list[str]:
    return [local_name(node) for node in found]


@pytest.mark.parametrize("typed", ["Phạm Văn Hậu", "pham van hau", "PHAM VAN HAU", "pham-van-hau", "van hau"])
def test_accents_case_and_punctuation_are_forgiven(graph: ox.Store, typed: str) -> None:
    """A name is found however it is typed."""
    assert names(find(graph, typed, [PERSON])) == ["pham-van-hau"]


def test_decomposed_letters_are_found(graph: ox.Store) -> None:
    """A name typed with combining accents is found."""
    assert names(find(graph, unicodedata.normalize("NFD", "Phạm Văn Hậu"), [PERSON])) == ["pham-van-hau"]


def test_an_official_is_not_a_province(graph: ox.Store) -> None:
    """Only things of the classes asked for are found: a person's name never finds a place."""
    assert all("/person/" in node.value for node in find(graph, "lam", [PERSON]))
    assert all("/place/" in node.value for node in find(graph, "lao cai", [PLACE]))


def test_a_whole_name_wins_over_a_part(hospital_graph: ox.Store) -> None:
    """Who types a whole name means that thing, even if others have it as a part of theirs."""
    store = ox.Store()
    store.extend(hospital_graph)
    store.add(ox.Quad(ox.NamedNode("https://x/nurse/anna"), RDF_TYPE, ox.NamedNode(NURSE)))
    assert names(find(store, "Anna", [NURSE])) == ["anna"]


def test_parts_of_names_are_all_found(hospital_graph: ox.Store) -> None:
    """A part of several names finds all of them, sorted."""
    assert names(find(hospital_graph, "anna", [NURSE])) == ["anna-le", "anna-tran"]


def test_other_forms_of_a_name_are_found(hospital_graph: ox.Store) -> None:
    """A thing is found by any printed form of its name."""
    assert names(find(hospital_graph, "sister anna", [NURSE])) == ["anna-le"]


def test_an_iri_is_found(hospital_graph: ox.Store) -> None:
    """A thing is found by its IRI."""
    assert names(find(hospital_graph, "https://w3id.org/orgline/id/nurse/anna-le", [NURSE])) == ["anna-le"]


def test_a_part_begins_with_a_word(hospital_graph: ox.Store) -> None:
    """A part of a name begins where a word begins: "inh" does not find Binh, "bin" does."""
    assert find(hospital_graph, "inh", [NURSE]) == []
    assert names(find(hospital_graph, "bin", [NURSE])) == ["binh-do"]


@pytest.mark.parametrize("typed", ["", " ", "…"])
def test_nothing_finds_nothing(hospital_graph: ox.Store, typed: str) -> None:
    """An empty word fits no thing, rather than all."""
    assert find(hospital_graph, typed, [NURSE]) == []


@given(st.text(max_size=30))
def test_what_is_found_has_the_words_typed(hospital_graph: ox.Store, typed: str) -> None:
    """Whatever is typed, only things of the class are found, in order, each once."""
    found = find(hospital_graph, typed, [NURSE, WARD])
    assert found == sorted(set(found), key=lambda node: node.value)
    assert not found or folded(typed) or typed.startswith("https://")


def test_choosing_says_what_was_meant(hospital_graph: ox.Store) -> None:
    """A near miss names the thing in the language of who asks."""
    with pytest.raises(CannotRun, match=r'^--ward: nothing is called "maternitty". Did you mean "Khoa Sản"\?$'):
        choose(hospital_graph, Parameter("ward", WARD, {}), [WARD], "maternitty", "vi")


def test_two_things_that_are_one_are_no_choice() -> None:
    """Things that a recorded decision calls the same are not asked about."""
    store = matched(SAME)
    node = choose(store, Parameter("ward", WARD, {}), [WARD], "b", "en")
    assert local_name(node) == "b-1"


def test_an_unsure_match_is_a_choice() -> None:
    """Things that a decision leaves unsure stay two."""
    with pytest.raises(CannotRun, match="matches 2 things"):
        choose(matched(UNSURE), Parameter("ward", WARD, {}), [WARD], "b", "en")


def matched(decision: str) -> ox.Store:
    """Return a store of the wards b-1, b-2 and b-3, the first two of them matched."""
    store, one = ox.Store(), ox.NamedNode("https://x/match/1")
    wards = [ox.NamedNode(f"https://x/ward/b-{number}") for number in (1, 2)]
    store.extend(ox.Quad(ward, RDF_TYPE, ox.NamedNode(WARD)) for ward in wards)
    store.extend(
        ox.Quad(one, ol_term(name), value)
        for name, value in (("left", wards[0]), ("right", wards[1]), ("decision", ox.NamedNode(decision)))
    )
    return store


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_same_as_is_an_equivalence(pairs: list[tuple[int, int]]) -> None:
    """If a is the same as b then b is the same as a, and what is the same as b is the same as a."""
    store, nodes = ox.Store(), [ox.NamedNode(f"https://x/{number}") for number in range(7)]
    for number, (left, right) in enumerate(pairs):
        match = ox.NamedNode(f"https://x/match/{number}")
        store.add(ox.Quad(match, ol_term("left"), nodes[left]))
        store.add(ox.Quad(match, ol_term("right"), nodes[right]))
        store.add(ox.Quad(match, ol_term("decision"), ox.NamedNode(SAME)))
    for node in nodes:
        same = same_as(store, node)
        assert node not in same
        for other in same:
            assert {node, *same} == {other, *same_as(store, other)}


@pytest.mark.parametrize(
    ("typed", "found"),
    [("binh do", True), ("Đỗ Bình", True), ("Đô Bình", False), ("do binh", True), ("Đỗ", True), ("Đồ", False)],
)
def test_accents_that_are_typed_must_be_the_name_s(hospital_graph: ox.Store, typed: str, found: bool) -> None:
    """Accents may be left out, not changed: Lâm Đông is a person, Lâm Đồng a province."""
    node = ox.NamedNode("https://w3id.org/orgline/id/nurse/binh-do")
    assert (node in find(hospital_graph, typed, ["https://example.org/hospital/ns#Nurse"])) is found
