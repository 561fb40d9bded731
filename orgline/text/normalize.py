"""Text as people type it: comparison without accents, case and punctuation, and suggestions for misspellings."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

from orgline.text.messages import Message

# Grave, acute, tilde, hook above and dot below, the tone marks of Vietnamese. Other marks (â, ơ, đ) make other letters.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# Spreadsheets run a cell that begins with one of these signs as a formula (OWASP, "CSV Injection").
FORMULA_START = r"^[=+\-@\t\r]"
PLAIN_NUMBER = r"^[+-]?\d+([.,]\d+)*$"
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def to_nfc(text: str) -> str:
    """Return `text` with each accented letter as one character (NFC), the form in which the graph holds texts."""
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=100_000)  # a search folds the names of all things of a class
def folded(text: str) -> str:
    """Return `text` in the form in which it is searched: without accents, case or punctuation, single spaces.

    >>> folded("Đề án 24-ĐA/TU")
    'de an 24 da tu'
    """
    return " ".join(filter(None, map(_folded_word, text.split())))


@lru_cache(maxsize=100_000)
def _folded_word(word: str) -> str:
    """Return one word folded. Cached on its own: the names in a register repeat a few thousand words."""
    plain = word if word.isascii() else anyascii(to_nfc(word))
    return _NOT_WORD.sub(" ", plain.lower()).strip()


def accents_compatible(typed: str, name: str) -> bool:
    """Whether two words that are equal without accents do not contradict each other in their accents.

    A word without any accents is compatible with every other; two words with accents only if letters and tones are
    equal, wherever in the word the tone is written.

    >>> pairs = ("dong", "Đồng"), ("Đông", "Đồng"), ("Hậu", "Hau"), ("uỷ", "ủy")
    >>> [accents_compatible(*pair) for pair in pairs]
    [True, False, True, True]
    """
    if typed.isascii() or name.isascii():
        return True
    return split_tones(typed) == split_tones(name)


def split_tones(word: str) -> tuple[str, str]:
    """Return the letters of a word without tone marks, and its tone marks in their order.

    Spellings differ in which vowel carries the tone (uỷ, ủy): taken apart they are equal.
    """
    characters = unicodedata.normalize("NFD", word.casefold())
    letters = "".join(character for character in characters if character not in _TONES)
    return letters, "".join(character for character in characters if character in _TONES)


def escape_formula(cell: str) -> str:
    """Return `cell` so that a spreadsheet does not run it: an apostrophe before what would be a formula.

    >>> escape_formula("=1+1"), escape_formula("-0,5")
    ("'=1+1", '-0,5')
    """
    return "'" + cell if re.match(FORMULA_START, cell) and not re.match(PLAIN_NUMBER, cell) else cell


def closest_match(word: str, known: Iterable[str]) -> str | None:
    """Return the element of `known` that is most similar to `word`, None if none is similar enough."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)  # 0.6 proposes quite other words
    return matches[0] if matches else None


def suggestion_for(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean "x"?`` for the element of `known` most similar to `word`, else an empty text."""
    near = closest_match(word, known)
    return did_you_mean(near) if near else ""


def did_you_mean(name: str) -> str:
    """Return the sentence that suggests `name`, with a space before it, to follow another sentence."""
    return Message("wrong_meant", f' Did you mean "{name}"?', name)
