"""Flags that several commands share. Each is defined once, so that a name means the same in every command."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cyclopts

from orgline.content import Content
from orgline.text import CannotRun, Moment

ContentFolder = Annotated[
    Path | None,
    cyclopts.Parameter(
        name="--content",
        help="Folder that holds ontology/, data/, queries/ and viz/ (default: the content that comes with orgline).",
    ),
]
OutFolder = Annotated[Path, cyclopts.Parameter(name="--out", help="Folder of the build.")]
Language = Annotated[
    str | None,
    cyclopts.Parameter(
        name="--lang",
        help="Language: a catalogue of viz/words/, such as en (default: the first in viz/languages.toml).",
    ),
]
Day = Annotated[str | None, cyclopts.Parameter(name="--as-of", help="Date: 2024-05-31 or 31/5/2024 (default: today).")]
KnownOn = Annotated[
    str | None, cyclopts.Parameter(name="--as-known-on", help="Use only sources published by this date.")
]
Themes = Annotated[
    tuple[str, ...],
    cyclopts.Parameter(name="--theme", negative="", help="Only the questions of this theme; repeat it for several."),
]
BodyOption = Annotated[str | None, cyclopts.Parameter(name="--of", help="Only this body and what is below it.")]
FormatName = Annotated[str, cyclopts.Parameter(name="--format", help="table, csv, json, or xlsx for a spreadsheet.")]
ToPath = Annotated[
    Path | None,
    cyclopts.Parameter(
        name="--to",
        help="File to write instead of printing; its ending gives the format.",
    ),
]
PagesFolder = Annotated[
    Path | None, cyclopts.Parameter(name="--folder", help="Folder to write the pages to (default: views).")
]
# What --folder was called until it meant a file in every other command; scripts may still give it.
OldPagesFolder = Annotated[Path | None, cyclopts.Parameter(name="--to", show=False)]
Who = Annotated[
    str, cyclopts.Parameter(help="A person, post, body or class of bodies: its name, without accents or in part.")
]
LineType = Annotated[
    str | None,
    cyclopts.Parameter(
        name="--type", help="Only lines of this type, or all (default: the types whose upper end is a superior)."
    ),
]
TimeLimit = Annotated[float, cyclopts.Parameter(name="--time-limit", help="Seconds that an answer may take.")]
Because = Annotated[str, cyclopts.Parameter(name="--because", help="The reason, which is recorded in data/.")]
Yes = Annotated[bool, cyclopts.Parameter(name="--yes", negative="", help="Go ahead without asking.")]

DEFAULT_OUT = Path("build")
ANSWER_FORMATS = ("table", "csv", "json", "xlsx")


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """The options of every command that answers: date, language, format, content and build."""

    as_of: Day = None
    known_on: KnownOn = None
    lang: Language = None
    output_format: FormatName = "table"
    content: ContentFolder = None
    out: OutFolder = DEFAULT_OUT

    @property
    def moment(self) -> Moment:
        """The date of the answer, today by default, and the date by which its sources were published.

        Raises CannotRun when one of them is not a date.
        """
        return Moment.parse(self.as_of, self.known_on)


DEFAULT_OPTIONS = Options()


def choose_language(lang: str | None, content: Content) -> str:
    """Return `lang`, or where it is None the preferred language among the catalogues of `content`.

    Raises CannotRun when `content` has no catalogue of that language.
    """
    available = list(content.words)
    return available[0] if lang is None and available else require_choice("--lang", lang or "", available)


def require_choice(option: str, value: str, choices: Collection[str]) -> str:
    """Return `value`, given for `option`. Raises CannotRun when it is not among `choices`."""
    if value not in choices:
        raise CannotRun(f'{option}: "{value}" is not known. Give one of {", ".join(choices)}.')
    return value
