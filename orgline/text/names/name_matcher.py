"""Finds and replaces a name in texts, however it is spelled: case, accents, hyphens, invisible characters, escapes.

A word without accents matches every word that differs from it in accents only; two words with accents match if their
accents are equal. A form without accents of a name whose accented form is known adds nothing: it does not match
another name with other accents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from urllib.parse import quote, unquote

from orgline.text.normalize import folded, split_tones, to_nfc

# Soft hyphen, zero-width characters and byte-order mark: invisible, so that a name with one in it reads as the name.
_HIDDEN = "\u00ad\u200b-\u200d\u2060\ufeff"
_WORD = re.compile(rf"[^\W_]+(?:[\u0300-\u036f{_HIDDEN}]+[^\W_]*)*")
_INVISIBLE = re.compile(f"[{_HIDDEN}]")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ADDRESS, _STRING = re.compile(r"[^\s<>\"|]+"), re.compile(r"[^\"\n]+")


@dataclass(frozen=True)
class WordSpan:
    """A word of a text: its start and end, its letters without accents (`plain`) and with them (`marked`)."""

    start: int
    end: int
    plain: str
    marked: str


def split_words(text: str) -> list[WordSpan]:
    """Return the words of `text` (in NFC) with their positions.

    >>> [(word.plain, word.start) for word in split_words("Lê-Thị Ảnh")]
    [('le', 0), ('thi', 3), ('anh', 7)]
    """
    spans = (WordSpan(word.start(), word.end(), *_plain_and_accented(word.group())) for word in _WORD.finditer(text))
    return [span for span in spans if span.plain]


@lru_cache(maxsize=100_000)
def _plain_and_accented(word: str) -> tuple[str, str]:
    """Return a word without accents, and in the form in which accents are compared: letters, tones."""
    word = _INVISIBLE.sub("", word)
    plain = folded(word).replace(" ", "")
    return plain, plain if word.isascii() else "'".join(split_tones(to_nfc(word)))


def unaccented(text: str) -> str:
    """Return the words of `text` without accents, separated by single spaces."""
    return " ".join(word.plain for word in split_words(to_nfc(text)))


def accent_variants(form: str) -> set[str]:
    """Return the spellings of `form`: each of its accented words with its accents or without any."""
    words = split_words(to_nfc(form))
    return {" ".join(spelling) for spelling in product(*({word.marked, word.plain} for word in words))}


class NameMatcher:
    """The forms of one name, to be found and replaced in texts.

    A form of one word matches only where it is the whole text, or a whole item of a list in it: within a sentence it
    is too often an ordinary word.
    """

    def __init__(self, forms: Iterable[str]) -> None:
        known = [form for text in forms if (form := to_nfc(text).strip()) and unaccented(form)]
        self.forms = sorted(set(known))
        accented = {unaccented(form) for form in known if not form.isascii()}
        # Forms known only without accents match whatever accents a text has.
        self.bare = {unaccented(form) for form in known if form.isascii()} - accented
        self.exact = {
            spelling: unaccented(form) for form in known if not form.isascii() for spelling in accent_variants(form)
        }
        plain = self.bare | accented
        self.sizes = tuple(sorted({form.count(" ") + 1 for form in plain}, reverse=True))
        self.plain = frozenset(plain)

    def _is_form(self, words: list[WordSpan]) -> bool:
        """Whether words are a form of the name: in any spelling if it has no accents, else with them."""
        plain = " ".join(word.plain for word in words)
        return plain in self.plain and (plain in self.bare or " ".join(word.marked for word in words) in self.exact)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of each occurrence of the name in `text` (in NFC); of overlapping ones the longest."""
        words, spans, at = split_words(text), [], 0
        while at < len(words):
            size = next((size for size in self.sizes if self._matches_at(text, words, at, size)), 0)
            if size:
                spans.append((words[at].start, words[at + size - 1].end))
            at += size or 1
        return spans

    def _matches_at(self, text: str, words: list[WordSpan], at: int, size: int) -> bool:
        candidate = words[at : at + size]
        if len(candidate) < size or not self._is_form(candidate):
            return False
        return size > 1 or is_whole_item(text, candidate[0])

    def is_in(self, text: str) -> bool:
        """Whether the name occurs in `text`, escaped or not."""
        return self.masked(text, "", "") != to_nfc(text)

    def masked(self, text: str, mark: str, code: str) -> str:
        r"""Return `text` in NFC with `mark` in place of the name, `code` where it is part of an identifier or address.

        Percent-encoded letters (%E1%BA%A1) and escapes (\u1EA1) are decoded to find the name.
        """
        text = to_nfc(text)
        if "%" in text:
            text = _ADDRESS.sub(
                lambda part: self._mask_decoded(part.group(), unquote, _percent_encoded, mark, code), text
            )
        if "\\u" in text or "\\U" in text:
            text = _STRING.sub(lambda part: self._mask_decoded(part.group(), _unescaped, str, mark, code), text)
        for start, end in reversed(self.spans(text)):
            name = text[start:end]
            is_code = len(name.split()) == 1 and re.search(r"[-_+.]", name)
            text = text[:start] + (code if is_code else mark) + text[end:]
        return text

    def _mask_decoded(
        self, text: str, decode: Callable[[str], str], encode: Callable[[str], str], mark: str, code: str
    ) -> str:
        """Return `text` masked if the name occurs in it once decoded, else as it is."""
        decoded = to_nfc(decode(text))
        return encode(self.masked(decoded, mark, code)) if decoded != text and self.spans(decoded) else text


def _percent_encoded(text: str) -> str:
    """Return an address with all but its reserved characters percent-encoded."""
    return quote(text, safe=":/?#[]@!$&'()*+,;=%~")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda escape: chr(int(escape[1] or escape[2], 16)), text)


def is_whole_item(text: str, word: WordSpan) -> bool:
    """Whether `word` is the whole of `text`, or of an item of the list in it (items are separated by bars)."""
    low = text.rfind("|", 0, word.start) + 1
    high = text.find("|", word.end)
    return text[low : high if high >= 0 else len(text)].strip() == text[word.start : word.end]


def decode_escapes(text: str) -> str:
    r"""Return `text` in NFC with percent-encoded letters (%E1%BA%A1) and escapes (\u1EA1) decoded."""
    text = _ADDRESS.sub(lambda part: unquote(part.group()), text) if "%" in text else text
    return to_nfc(_unescaped(text) if "\\" in text else text)
