"""The languages of a content tree: those of its pages, and those that only its data has texts in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orgline.text import Problem

SETTINGS_FILE = "viz/languages.toml"
# A language tag (RFC 5646) in small letters, as the store keeps it; safe in HTML, CSS and the name of a file.
LANGUAGE_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*")
_LISTS = ("order", "data_only", "required")


@dataclass(frozen=True)
class Languages:
    """What viz/languages.toml and the catalogues say of languages; each is a tag such as ``vi`` or ``pt-br``.

    `pages` are the languages with a catalogue: those that the settings order, then the others. `data_only` are
    languages of texts in the data without pages. In those of `required` a table must give a text that it requires.
    `names` are the names of a language, by its tag and by the language of the name. `problems` are those of the file.
    """

    pages: tuple[str, ...] = ()
    data_only: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def of_data(self) -> tuple[str, ...]:
        """The languages in which data may have texts: those of the pages first."""
        return tuple(dict.fromkeys((*self.pages, *self.data_only)))

    def name(self, tag: str, lang: str) -> str:
        """Return the name of the language `tag` in `lang`; the tag itself where the settings have none."""
        return self.names.get(tag, {}).get(lang, tag)


def read_languages(settings: Mapping[str, Any], catalogues: Collection[str]) -> Languages:
    """Return the languages that `settings`, the value of viz/languages.toml, and the names of the catalogues give.

    Where the settings require no language, the first of the pages is the required one.
    """
    order, data_only, required = (_tags(settings.get(key, [])) for key in _LISTS)
    pages = tuple(lang for lang in dict.fromkeys((*order, *sorted(catalogues))) if lang in catalogues)
    # A language without its catalogue is told once, in `problems`, and not again of each of its texts.
    data_only = tuple(lang for lang in dict.fromkeys((*order, *data_only)) if lang not in pages)
    names = settings.get("names", {})
    return Languages(
        pages, data_only, required or pages[:1], names if _is_names(names) else {},
        tuple(_problems(settings, catalogues, {*pages, *data_only})),
    )  # fmt: skip


def _tags(value: Any) -> tuple[str, ...]:
    """Return the language tags in a list of the settings, without what is none."""
    return tuple(tag for tag in value if _is_tag(tag)) if isinstance(value, list) else ()


def _is_tag(value: Any) -> bool:
    return isinstance(value, str) and LANGUAGE_TAG.fullmatch(value) is not None


def _is_names(value: Any) -> bool:
    """Whether `value` is a table of names by language, in a table by language."""
    return isinstance(value, Mapping) and all(
        isinstance(names, Mapping) and all(isinstance(name, str) for name in names.values()) for names in value.values()
    )


def _problems(settings: Mapping[str, Any], catalogues: Collection[str], known: Collection[str]) -> Iterator[Problem]:
    """Yield the problems of the settings; `known` are the languages of the data."""
    for key in settings:
        if key not in (*_LISTS, "names"):
            yield Problem(SETTINGS_FILE, f'has an unknown key "{key}"', f"The keys are {', '.join(_LISTS)} and names")
    for key in _LISTS:
        value = settings.get(key, [])
        if not isinstance(value, list):
            yield Problem(SETTINGS_FILE, f"{key} is not a list", f'Write it as {key} = ["vi", "en"]')
            continue
        for tag in value:
            if not _is_tag(tag):
                yield Problem(
                    SETTINGS_FILE, f'"{tag}" in {key} is not a language tag', "Write a tag such as de or pt-br"
                )
            elif key == "order" and tag not in catalogues:
                todo = f'Add viz/words/{tag}.po, or move "{tag}" to data_only if it has no pages'
                yield Problem(SETTINGS_FILE, f'the language "{tag}" has no catalogue', todo)
            elif key == "required" and tag not in known:
                todo = "Name it in order or in data_only too"
                yield Problem(SETTINGS_FILE, f'the required language "{tag}" is none of the content', todo)
    if not _is_names(settings.get("names", {})):
        todo = 'Write such as [names.fr] with en = "French"'
        yield Problem(SETTINGS_FILE, "names is not a table of tables of texts", todo)
