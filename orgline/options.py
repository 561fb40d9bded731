"""Options: what every command that asks takes, and the build opened with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
import pyoxigraph as ox

from orgline.content import Content
from orgline.errors import CannotRun, NothingFits
from orgline.query import Parameter
from orgline.store import LANGUAGES
from orgline.when import Moment, day_typed

if TYPE_CHECKING:
    from orgline.answer import Answer
    from orgline.chain import Chains
    from orgline.say import Speaker
    from orgline.through import Chosen

ContentFolder = Annotated[Path | None, cyclopts.Parameter(name="--content", help="Another content tree.")]
OutFolder = Annotated[Path, cyclopts.Parameter(name="--out", help="Where the build is.")]
Language = Annotated[str | None, cyclopts.Parameter(name="--lang", help="vi or en; vi if there are words in it.")]
Day = Annotated[
    str | None,
    cyclopts.Parameter(name="--as-of", help="The day asked of: 2024-05-31 or 31/5/2024; today if not given."),
]
KnownOn = Annotated[
    str | None, cyclopts.Parameter(name="--as-known-on", help="Only what had been published by this day.")
]
Themes = Annotated[
    tuple[str, ...],
    cyclopts.Parameter(name="--theme", negative="", help="Questions of this theme only; may be given several times."),
]
Body = Annotated[str | None, cyclopts.Parameter(name="--of", help="Only this body, and what is below it.")]
BUILD = Path("build")
FORMATS = ("table", "csv", "json", "xlsx")
Form = Annotated[str, cyclopts.Parameter(name="--format", help="table, csv, json, or xlsx for a spreadsheet.")]
ToFile = Annotated[
    Path | None, cyclopts.Parameter(name="--to", help="The file to write; its ending says the format if none is given.")
]
Who = Annotated[
    str, cyclopts.Parameter(help="A person, post, body or class of bodies; no accents needed, a part will do.")
]
LineType = Annotated[
    str | None, cyclopts.Parameter(name="--type", help="One type of line only, or all; else what makes a superior.")
]


@cyclopts.Parameter(name="*")
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
            day_typed("--as-of", self.as_of) if self.as_of is not None else Moment.today().day,
            day_typed("--as-known-on", self.known_on) if self.known_on is not None else None,
        )


NO_OPTIONS = Options()


class Asked:
    """A build opened with the options that were typed, and how to show what it answers."""

    def __init__(self, options: Options, *, many: bool = False) -> None:
        from orgline.session import Session
        from orgline.show import speaker_for

        self.tree = Content.find(options.content)
        self.lang, self.form = language(options.lang, self.tree), one_of("--format", options.form, FORMATS)
        self.moment = options.moment
        self.session = Session(options.out, self.tree, self.moment, many=many)
        self.speaker = speaker_for(self.session.store, self.tree, self.lang)

    @cached_property
    def chains(self) -> Chains:
        """What searches the chains of the day."""
        return self.session.chains()

    @cached_property
    def _chosen(self) -> Chosen:
        from orgline.through import Chosen

        return Chosen(self.speaker, self.tree)

    def thing(self, option: str, typed: str) -> ox.NamedNode:
        """Return the person, post, body or class meant by `typed`, by its name or a former one."""
        from orgline.chain import KINDS

        with self.naming():
            self._chosen.choose(Parameter(option, "", {}), KINDS, typed)
        found = self._chosen[option]
        assert isinstance(found, ox.NamedNode)
        return found

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Add, where nothing is called as it was typed, which sources the day leaves out."""
        try:
            yield
        except NothingFits as error:
            if self.moment.known_on is None:
                raise
            undated = "; ".join(map(self.speaker.term, self.session.undated)) or "none"
            left_out = f"what was published after {self.moment.known_on} or has no date ({undated})"
            raise NothingFits(f"{error} --as-known-on leaves out {left_out}.") from error

    def completed(self, answer: Answer) -> Answer:
        """Return `answer` with the changes through which it was found, and the sources that have no date."""
        through = (*self._chosen.through, *answer.through)
        return self.session.completed(replace(answer, through=tuple(dict.fromkeys(through))))

    def show(self, answer: Answer, to: Path | None = None) -> None:
        """Print `answer` in the format asked for, or write it into the file `to`."""
        give(self.completed(answer), self.speaker, self.form, to)


def give(answer: Answer, speaker: Speaker, form: str, to: Path | None) -> None:
    """Print `answer`, or write it into the file `to`; print its name. Raises CannotRun for what cannot be done."""
    if to is None and form != "xlsx":
        from orgline.show import show_answer

        show_answer(answer, speaker, form)
        return
    from orgline.outfile import put, refuse_foreign
    from orgline.spreadsheet import as_bytes
    from orgline.workbook import is_untouched

    if to is None:
        raise CannotRun("--to: is missing. A spreadsheet goes into a file: give --to answer.xlsx.")
    ending = to.suffix.lower().removeprefix(".")
    form = ending if form == "table" and ending in FORMATS[1:] else form
    if form == "table":
        raise CannotRun(f"{to}: a table is for the terminal. Give --format xlsx, csv or json.")
    refuse_foreign(to, is_untouched)
    print(put(to, as_bytes(answer, speaker, form)))


def language(lang: str | None, content: Content) -> str:
    """Return the language to speak: the one asked for, else the first that the content has words in."""
    known = [one for one in LANGUAGES if one in content.words] + sorted(set(content.words) - set(LANGUAGES))
    return known[0] if lang is None and known else one_of("--lang", lang or "", known)


def one_of(option: str, value: str, known: Any) -> str:
    """Return `value`, typed for `option`. Raises CannotRun when it is none of `known`."""
    if value not in known:
        raise CannotRun(f'{option}: "{value}" is not known. Give one of {", ".join(known)}.')
    return value
