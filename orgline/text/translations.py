"""Catalogues: the words of each language, from gettext files that any tool for translators opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

from orgline.text.errors import CannotRun


class Translations(Mapping[str, dict[str, str]]):
    """The words by language, then by key (the context of a message); a language is read when it is first used.

    A message without a translation, or one marked fuzzy, is not a word of that language.
    """

    def __init__(self, paths: Mapping[str, Path], read: Callable[[Path], str], place: Callable[[Path], str]) -> None:
        """`paths` are the files by language; `read` returns the text of one, `place` what to call it."""
        self._paths, self._read, self._place = paths, read, place
        self._words: dict[str, dict[str, str]] = {}

    def __getitem__(self, lang: str) -> dict[str, str]:
        """Return the words of `lang`. Raises KeyError for another language, CannotRun for a file that is broken."""
        if lang not in self._words:
            path = self._paths[lang]
            self._words[lang] = _parse_po(self._read(path), self._place(path))
        return self._words[lang]

    def __contains__(self, lang: object) -> bool:
        """Tell whether there is a file of `lang`, without reading it."""
        return lang in self._paths

    def __iter__(self) -> Iterator[str]:
        """Yield the languages."""
        return iter(self._paths)

    def __len__(self) -> int:
        """Return how many languages there are."""
        return len(self._paths)


def _parse_po(text: str, place: str) -> dict[str, str]:
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalogue = read_po(BytesIO(text.encode()), abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise CannotRun(f"{place}: is no gettext catalogue ({str(error).rstrip('.')}). Correct it.") from error
    return {
        one.context: one.string
        for one in catalogue
        if one.context and not one.fuzzy and isinstance(one.string, str) and one.string
    }
