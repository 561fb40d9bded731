"""Words as people type them: accents, case and punctuation forgiven, near misses found."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

from orgline.text.messages import Message

_TONES = "\u0300\u0301\u0303\u0309\u0323"
FORMULA_START = r"^[=+\-@\t\r]"
PLAIN_NUMBER = r"^[+-]?\d+([.,]\d+)*$"
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def to_nfc(text: str) -> str:
    """Return `text` with each accented letter as one character (NFC), the form the graph keeps."""
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=100_000)
def folded(text: str) -> str:
    """Return `text` without accents, case or punctuation: the form in which people search.

    >>> folded("Đề án 24-ĐA/TU")
    'de an 24 da tu'
    """
    return " ".join(filter(None, map(_folded_word, text.split())))


@lru_cache(maxsize=100_000)
def _folded_word(word: str) -> str:
    """Return one word folded: names of a country's things have the same words again and again."""
    plain = word if word.isascii() else anyascii(to_nfc(word))
    return _NOT_WORD.sub(" ", plain.lower()).strip()


def accents_compatible(typed: str, name: str) -> bool:
    """Tell whether two words that are the same without accents do not contradict each other in them.

    What is typed without accents agrees with all; a letter with an accent agrees with the same letter
    and with one printed without any.

    >>> pairs = ("dong", "Đồng"), ("Đông", "Đồng"), ("Hậu", "Hau"), ("uỷ", "ủy")
    >>> [accents_compatible(*pair) for pair in pairs]
    [True, False, True, True]
    """
    if typed.isascii() or name.isascii():
        return True
    return split_tones(typed) == split_tones(name)


def split_tones(word: str) -> tuple[str, str]:
    """Return a word's letters without tone, and its tones: wherever in the word a tone is written."""
    apart = unicodedata.normalize("NFD", word.casefold())
    letters = "".join(sign for sign in apart if sign not in _TONES)
    return letters, "".join(sign for sign in apart if sign in _TONES)


def escape_formula(cell: str) -> str:
    """Return `cell` so that a spreadsheet takes it for text: a formula gets an apostrophe before it.

    >>> escape_formula("=1+1"), escape_formula("-0,5")
    ("'=1+1", '-0,5')
    """
    return "'" + cell if re.match(FORMULA_START, cell) and not re.match(PLAIN_NUMBER, cell) else cell


def closest_match(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that was probably meant by `word`, or None if none is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)
    return found[0] if found else None


def suggestion_for(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean "x"?`` for a near miss of `word` among `known`, else nothing."""
    near = closest_match(word, known)
    return did_you_mean(near) if near else ""


def did_you_mean(name: str) -> str:
    """Return the sentence that asks whether `name` was meant."""
    return Message("wrong_meant", f' Did you mean "{name}"?', name)
