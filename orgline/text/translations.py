"""Translations: the words of each language, read from gettext catalogues (.po files)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from orgline.text.errors import Problem, UnreadableFile

_STATEMENT = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?"(?:[^"\\]|\\.)*"')


class Translations(Mapping[str, Mapping[str, str]]):
    """The words by language, then by key (the context of a message); a catalogue is parsed when it is first used.

    The languages are iterated in the order of `paths`: words missing in one language are looked up in the next.
    A message without a translation, or marked fuzzy, counts as missing.
    """

    def __init__(self, paths: Mapping[str, Path], read: Callable[[Path], str], place: Callable[[Path], str]) -> None:
        """`paths` are the catalogues by language; `read` returns the text of a file, `place` its name in errors."""
        self._paths, self._read, self._place = paths, read, place
        self._words: dict[str, dict[str, str]] = {}

    def __getitem__(self, lang: str) -> dict[str, str]:
        """Return the words of `lang` by key.

        Raises KeyError for a language without a catalogue, UnreadableFile for a catalogue with a syntax error.
        """
        if lang not in self._words:
            path = self._paths[lang]
            self._words[lang] = _parse_po(self._read(path), self._place(path))
        return self._words[lang]

    def __contains__(self, lang: object) -> bool:
        """Whether `lang` has a catalogue; does not parse it."""
        return lang in self._paths

    def __iter__(self) -> Iterator[str]:
        """Iterate over the languages."""
        return iter(self._paths)

    def __len__(self) -> int:
        """Return the number of languages."""
        return len(self._paths)


def _parse_po(text: str, place: str) -> dict[str, str]:
    """Return the translations in the text of a .po file, by message context."""
    import polib

    try:
        _check_syntax(text)
        # polib opens its argument as a file if a file has that name; no file name ends with a line feed.
        catalogue = polib.pofile(text + "\n")
    except (ValueError, OSError) as error:  # polib raises OSError for a syntax error
        raise UnreadableFile(Problem(place, f"is no gettext catalogue ({error})", "Correct it")) from error
    return {
        entry.msgctxt: entry.msgstr
        for entry in catalogue
        if entry.msgctxt and entry.msgstr and not entry.fuzzy and not entry.obsolete
    }


def _check_syntax(text: str) -> None:
    """Raise ValueError for what polib reads in silence: a string that is not closed, a msgid without a msgstr."""
    is_open = False
    for number, line in enumerate(text.splitlines(), 1):
        statement = _STATEMENT.fullmatch(line.strip())
        if statement is None and line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"line {number} is neither a keyword with a string in quotes nor a comment")
        keyword = (statement and statement[1]) or ""
        if is_open and keyword in ("msgctxt", "msgid"):
            raise ValueError(f"line {number} begins a message before the msgstr of the message above it")
        is_open = keyword == "msgid" or (is_open and not keyword.startswith("msgstr"))
    if is_open:
        raise ValueError("the last message has no msgstr")
