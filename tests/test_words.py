"""Words as people type them: accents, case and punctuation forgiven, near misses found."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgline.text.normalize import closest_match, folded, suggestion_for, to_nfc

VIETNAMESE = st.text(
    "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯàáạảãấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ -/0123456789"
)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """What is folded stays as it is."""
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_folded_text_is_plain_words(text: str) -> None:
    """Folded text has small letters a to z, digits and single spaces between them."""
    assert set(folded(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert folded(text) == " ".join(folded(text).split())


@given(VIETNAMESE)
def test_decomposed_letters_fold_alike(text: str) -> None:
    """Vietnamese folds to the same, however its accents are typed."""
    assert folded(unicodedata.normalize("NFD", text)) == folded(text)


@given(VIETNAMESE)
def test_case_does_not_matter(text: str) -> None:
    """Capital and small letters fold alike."""
    assert folded(text.upper()) == folded(text.lower())


@given(VIETNAMESE)
def test_composed_text_is_composed_once(text: str) -> None:
    """Composing decomposed letters gives them back."""
    assert to_nfc(unicodedata.normalize("NFD", text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Đề án 24-ĐA/TU", "de an 24 da tu"),
        ("Phạm Văn Hậu", "pham van hau"),
        ("21-NQ/TW", "21 nq tw"),
        ("Ban Tổ chức Tỉnh ủy", "ban to chuc tinh uy"),
        ("  …—!  ", ""),
    ],
)
def test_folded_words(text: str, plain: str) -> None:
    """Names and numbers fold to what people type without a Vietnamese keyboard."""
    assert folded(text) == plain


@given(st.text(), st.lists(st.text(min_size=1), max_size=5))
def test_the_nearest_is_one_of_the_known(word: str, known: list[str]) -> None:
    """Only what is known is ever proposed."""
    assert closest_match(word, known) in {*known, None}


@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=5))
def test_a_known_word_is_nearest_to_itself(word: str, others: list[str]) -> None:
    """A word that is known is the one that is meant."""
    assert closest_match(word, [*others, word]) == word


def test_a_hint_is_a_question_or_nothing() -> None:
    """A near miss is asked about; what is far from all is passed over in silence."""
    assert suggestion_for("nursse", ["nurse", "ward"]) == ' Did you mean "nurse"?'
    assert suggestion_for("weather", ["nurse", "ward"]) == ""
    assert suggestion_for("weather", []) == ""
