"""Options: what every command that asks takes, and the build opened with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from orgline.content import Content
from orgline.errors import CannotRun
from orgline.store import LANGUAGES
from orgline.when import Moment, day_typed

ContentFolder = Annotated[Path | None, Parameter(name="--content", help="Another content tree.")]
OutFolder = Annotated[Path, Parameter(name="--out", help="Where the build is.")]
Language = Annotated[str | None, Parameter(name="--lang", help="vi or en; vi if there are words in it.")]
Day = Annotated[
    str | None, Parameter(name="--as-of", help="The day asked of: 2024-05-31 or 31/5/2024; today if not given.")
]
KnownOn = Annotated[str | None, Parameter(name="--as-known-on", help="Only what had been published by this day.")]
BUILD = Path("build")
FORMATS = ("table", "csv", "json")
Form = Annotated[str, Parameter(name="--format", help="table, csv or json.")]
LineType = Annotated[
    str | None, Parameter(name="--type", help="One type of line only, or all; else what makes a superior.")
]


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """What every command that asks takes: the build, the day, the language and the format."""

    as_of: Day = None
    known_on: KnownOn = None
    lang: Language = None
    form: Form = "table"
    content: ContentFolder = None
    out: OutFolder = BUILD

    @property
    def moment(self) -> Moment:
        """The day that was typed, today if none was, and the day by which sources count."""
        return Moment(
            day_typed("--as-of", self.as_of) if self.as_of else Moment.today().day,
            day_typed("--as-known-on", self.known_on) if self.known_on else None,
        )


NO_OPTIONS = Options()


class Asked:
    """A build opened with the options that were typed, and how to show what it answers."""

    def __init__(self, options: Options) -> None:
        from orgline.session import Session
        from orgline.show import speaker_for

        self.tree = Content.find(options.content)
        self.lang, self.form = language(options.lang, self.tree), one_of("--format", options.form, FORMATS)
        self.moment = options.moment
        self.session = Session(options.out, self.tree, self.moment)
        self.speaker = speaker_for(self.session.store, self.tree, self.lang)

    @cached_property
    def chains(self) -> Any:
        """What searches the chains of the day."""
        return self.session.chains()

    def thing(self, option: str, typed: str) -> Any:
        """Return the person, post or body meant by `typed`."""
        return self.chains.thing(option, typed, self.lang)

    def show(self, answer: Any) -> None:
        """Print `answer` in the format asked for."""
        from orgline.show import show_answer

        show_answer(self.session.completed(answer), self.speaker, self.form)


def language(lang: str | None, content: Content) -> str:
    """Return the language to speak: the one asked for, else the first that the content has words in."""
    known = [one for one in LANGUAGES if one in content.words] + sorted(set(content.words) - set(LANGUAGES))
    return known[0] if lang is None and known else one_of("--lang", lang or "", known)


def one_of(option: str, value: str, known: Any) -> str:
    """Return `value`, typed for `option`. Raises CannotRun when it is none of `known`."""
    if value not in known:
        raise CannotRun(f'{option}: "{value}" is not known. Give one of {", ".join(known)}.')
    return value
