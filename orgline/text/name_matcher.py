"""Spelled: where a name stands in a text, however it is spelled: case, accents, hyphens, escapes.

A word without accents may be any word that differs in them only; two words with accents are the same if their
accents are. A form without accents of a name that is known with them says nothing new: it is no witness against
another name that has other accents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from urllib.parse import quote, unquote

from orgline.text.normalize import folded, split_tones, to_nfc

_HIDDEN = "\u00ad\u200b-\u200d\u2060\ufeff"
_WORD = re.compile(rf"[^\W_]+(?:[\u0300-\u036f{_HIDDEN}]+[^\W_]*)*")
_INVISIBLE = re.compile(f"[{_HIDDEN}]")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ADDRESS, _STRING = re.compile(r"[^\s<>\"|]+"), re.compile(r"[^\"\n]+")


@dataclass(frozen=True)
class WordSpan:
    """A word of a text: where it stands, its letters without accents, and with them (`marked`)."""

    start: int
    end: int
    plain: str
    marked: str


def split_words(text: str) -> list[WordSpan]:
    """Return the words of `text`, a composed one, each with its place.

    >>> [(word.plain, word.start) for word in split_words("Lê-Thị Ảnh")]
    [('le', 0), ('thi', 3), ('anh', 7)]
    """
    found = ((one.start(), one.end(), *_plain_and_accented(one.group())) for one in _WORD.finditer(text))
    return [WordSpan(*one) for one in found if one[2]]


@lru_cache(maxsize=100_000)
def _plain_and_accented(word: str) -> tuple[str, str]:
    """Return a word without accents, and with them in the one way they are compared."""
    word = _INVISIBLE.sub("", word)
    plain = folded(word).replace(" ", "")
    return plain, plain if word.isascii() else "'".join(split_tones(to_nfc(word)))


def unaccented(text: str) -> str:
    """Return the words of `text` without accents, with single spaces."""
    return " ".join(word.plain for word in split_words(to_nfc(text)))


def accent_variants(form: str) -> set[str]:
    """Return all ways in which `form` is spelled: each of its accented words with its accents or without any."""
    words = split_words(to_nfc(form))
    return {" ".join(one) for one in product(*({word.marked, word.plain} for word in words))}


class NameMatcher:
    """The forms of one name, to be found and replaced in texts.

    A form of one word counts only where it is all that a text, or an item of a list in it, says: alone it is
    too often a word like any other.
    """

    def __init__(self, forms: Iterable[str]) -> None:
        given = [form for one in forms if (form := to_nfc(one).strip()) and unaccented(form)]
        self.forms = sorted(set(given))
        accented = {unaccented(form) for form in given if not form.isascii()}
        self.bare = {unaccented(form) for form in given if form.isascii()} - accented
        self.exact = {one: unaccented(form) for form in given if not form.isascii() for one in accent_variants(form)}
        plain = self.bare | accented
        self.sizes = tuple(sorted({one.count(" ") + 1 for one in plain}, reverse=True))
        self.plain = frozenset(plain)

    def _is_form(self, words: list[WordSpan]) -> bool:
        plain = " ".join(word.plain for word in words)
        return plain in self.plain and (plain in self.bare or " ".join(word.marked for word in words) in self.exact)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the name stands in `text`, a composed one: first to last, apart from each other."""
        words, found, at = split_words(text), [], 0
        while at < len(words):
            size = next((one for one in self.sizes if self._matches_at(text, words, at, one)), 0)
            if size:
                found.append((words[at].start, words[at + size - 1].end))
            at += size or 1
        return found

    def _matches_at(self, text: str, words: list[WordSpan], at: int, size: int) -> bool:
        some = words[at : at + size]
        if len(some) < size or not self._is_form(some):
            return False
        return size > 1 or is_whole_item(text, some[0])

    def is_in(self, text: str) -> bool:
        """Tell whether the name stands in `text`, escaped or not."""
        return self.masked(text, "", "") != to_nfc(text)

    def masked(self, text: str, mark: str, code: str) -> str:
        r"""Return `text`, composed, with `mark` for the name; `code` where it stands without spaces, as in an address.

        Letters written as %1E or \u1EA1 are read as what they stand for.
        """
        text = to_nfc(text)
        if "%" in text:
            text = _ADDRESS.sub(
                lambda one: self._mask_decoded(one.group(), unquote, _percent_encoded, mark, code), text
            )
        if "\\u" in text or "\\U" in text:
            text = _STRING.sub(lambda one: self._mask_decoded(one.group(), _unescaped, str, mark, code), text)
        for start, end in reversed(self.spans(text)):
            there = text[start:end]
            is_code = len(there.split()) == 1 and re.search(r"[-_+.]", there)
            text = text[:start] + (code if is_code else mark) + text[end:]
        return text

    def _mask_decoded(
        self, text: str, read: Callable[[str], str], write: Callable[[str], str], mark: str, code: str
    ) -> str:
        """Return a part of a text with the name replaced that only those see who `read` its escapes."""
        said = to_nfc(read(text))
        return write(self.masked(said, mark, code)) if said != text and self.spans(said) else text


def _percent_encoded(text: str) -> str:
    """Return an address with its letters encoded again."""
    return quote(text, safe=":/?#[]@!$&'()*+,;=%~")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda one: chr(int(one[1] or one[2], 16)), text)


def is_whole_item(text: str, word: WordSpan) -> bool:
    """Tell whether `word` is all that `text`, or an item of a list in it, says."""
    low = text.rfind("|", 0, word.start) + 1
    high = text.find("|", word.end)
    return text[low : high if high >= 0 else len(text)].strip() == text[word.start : word.end]


def decode_escapes(text: str) -> str:
    r"""Return `text` composed, with letters that are written as %1E or \u1EA1 as what they stand for."""
    text = _ADDRESS.sub(lambda one: unquote(one.group()), text) if "%" in text else text
    return to_nfc(_unescaped(text) if "\\" in text else text)
