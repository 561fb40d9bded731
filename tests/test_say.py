"""Terms of the graph in the words of a language."""

from decimal import Decimal

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgline.content.tree import Content
from orgline.graph.speaker import Speaker

XSD = "http://www.w3.org/2001/XMLSchema#"
EDTF = ox.NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")
DECIMALS = st.decimals(-(10**9), 10**9, allow_nan=False, places=3)


@pytest.fixture(scope="module")
def vi(hospital: Content, hospital_graph: ox.Store) -> Speaker:
    """Who speaks Vietnamese."""
    return Speaker(hospital_graph, "vi", hospital.words)


@pytest.fixture(scope="module")
def en(hospital: Content, hospital_graph: ox.Store) -> Speaker:
    """Who speaks English."""
    return Speaker(hospital_graph, "en", hospital.words)


@given(DECIMALS)
def test_a_number_is_the_same_number_in_english(en: Speaker, number: Decimal) -> None:
    """What is said in English is the number of the graph, sign and all."""
    assert Decimal(en.number(f"{number:f}").replace(",", "")) == number


@given(DECIMALS)
def test_a_number_is_the_same_number_in_vietnamese(vi: Speaker, number: Decimal) -> None:
    """What is said in Vietnamese, with points between thousands and a comma for decimals, is the same number."""
    assert Decimal(vi.number(f"{number:f}").replace(".", "").replace(",", ".")) == number


@pytest.mark.parametrize(
    ("text", "english", "vietnamese"),
    [("7402", "7,402", "7.402"), ("78.14", "78.14", "78,14"), ("8.50", "8.5", "8,5"), ("-0.5", "-0.5", "-0,5")],
)
def test_numbers(en: Speaker, vi: Speaker, text: str, english: str, vietnamese: str) -> None:
    """Numbers are written as each language writes them."""
    literal = ox.Literal(text, datatype=ox.NamedNode(XSD + "decimal"))
    assert (en.term(literal), vi.term(literal)) == (english, vietnamese)


@pytest.mark.parametrize(
    ("text", "english", "vietnamese"),
    [
        ("2023-09-14", "2023-09-14", "14/9/2023"),
        ("2023-09", "2023-09", "9/2023"),
        ("2023", "2023", "2023"),
        ("2022/2025", "2022–2025", "2022–2025"),
        ("2022/..", "2022–…", "2022–…"),
        ("[..2025-05-14]", "on or before 2025-05-14", None),
        ("[2025-05-14..]", "on or after 2025-05-14", None),
        ("[2022..2024]", "2022 to 2024", None),
        ("2023~", "2023 (about)", None),
    ],
)
def test_dates(en: Speaker, vi: Speaker, text: str, english: str, vietnamese: str | None) -> None:
    """Dates are said as exactly as they are known."""
    literal = ox.Literal(text, datatype=EDTF)
    assert en.term(literal) == english
    assert vietnamese is None or vi.term(literal) == vietnamese


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("2023?", "2023"),
        ("2023~", "2023"),
        ("2023%", "2023"),
        ("2023-09?", "2023-09"),
        ("2023-09~", "2023-09"),
        ("2023-09-14?", "2023-09-14"),
        ("2023-09-14~", "2023-09-14"),
        ("2023-09-14%", "2023-09-14"),
        ("2023?-09-14", "2023-09-14"),
        ("2023~-09-14", "2023-09-14"),
        ("2022?/2025", "2022/2025"),
    ],
)
def test_an_uncertain_date_is_never_said_as_a_certain_one(
    text: str, certain: str, lang: str, hospital: Content, hospital_graph: ox.Store
) -> None:
    """A date with a mark of doubt is not said like the same date without, in whatever order of day and month."""
    speaker = Speaker(hospital_graph, lang, hospital.words)
    assert speaker.date(text) not in {certain, speaker.date(certain)}


@pytest.mark.parametrize("text", ["[2021,2023]", "[2021-05,2021-07..2021-09]"])
def test_one_of_several_is_not_said_as_a_period(en: Speaker, text: str) -> None:
    """A choice of years is not said as "on or after" the first of them."""
    assert "on or after" not in en.date(text)
    assert "2021" in en.date(text)


def test_a_thing_is_called_in_the_language(en: Speaker, vi: Speaker) -> None:
    """A thing has its label in the language asked for."""
    node = ox.NamedNode("https://w3id.org/orgline/id/ward/maternity")
    assert (en.term(node), vi.term(node)) == ("Maternity", "Khoa Sản")


def test_a_thing_without_a_label_in_the_language_is_called_by_another() -> None:
    """A thing with a name in one language alone is called by it in all."""
    store, node = ox.Store(), ox.NamedNode("https://x/ward/a")
    store.add(ox.Quad(node, ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label"), ox.Literal("A", language="fr")))
    assert Speaker(store, "vi", {}).term(node) == "A"


def test_a_thing_without_a_label_is_called_by_its_name() -> None:
    """A thing without any label is called by the last part of its IRI."""
    assert Speaker(ox.Store(), "vi", {}).term(ox.NamedNode("https://x/ward/a-b")) == "a-b"


def test_nothing_is_said_of_nothing(en: Speaker) -> None:
    """An unbound cell is empty."""
    assert en.term(None) == ""


def test_a_missing_word_is_said_in_another_language() -> None:
    """A page word that one language lacks is said in another, else by its key."""
    speaker = Speaker(ox.Store(), "en", {"vi": {"a": "á"}, "en": {}})
    assert (speaker.word("a"), speaker.word("b")) == ("á", "b")


def test_both_languages_have_the_same_words(content: Content) -> None:
    """Each page word is there in each language, with the same places to fill."""
    words = content.words
    assert set(words) >= {"vi", "en"}
    for lang in words:
        assert set(words[lang]) == set(words["vi"]), lang
