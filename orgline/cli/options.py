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

from orgline.content import Content, Parameter
from orgline.graph import LANGUAGES
from orgline.text import CannotRun, Moment, NameNotFound

if TYPE_CHECKING:
    from orgline.answers import Answer, Chains
    from orgline.graph import ChosenValues, Speaker

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
BodyOption = Annotated[str | None, cyclopts.Parameter(name="--of", help="Only this body, and what is below it.")]
DEFAULT_OUT = Path("build")
ANSWER_FORMATS = ("table", "csv", "json", "xlsx")
FormatName = Annotated[str, cyclopts.Parameter(name="--format", help="table, csv, json, or xlsx for a spreadsheet.")]
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
    form: FormatName = "table"
    content: ContentFolder = None
    out: OutFolder = DEFAULT_OUT

    @property
    def moment(self) -> Moment:
        """The day that was typed, today if none was, and the day by which sources count."""
        return Moment.parse(self.as_of, self.known_on)


DEFAULT_OPTIONS = Options()


class CommandContext:
    """A build opened with the options that were typed, and how to show what it answers."""

    def __init__(self, options: Options, *, many: bool = False) -> None:
        from orgline.answers import OpenedBuild
        from orgline.cli.terminal import speaker_for

        self.tree = Content.find(options.content)
        self.lang, self.form = (
            choose_language(options.lang, self.tree),
            require_choice("--format", options.form, ANSWER_FORMATS),
        )
        self.moment = options.moment
        self.session = OpenedBuild(options.out, self.tree, self.moment, many=many)
        self.speaker = speaker_for(self.session.store, self.tree, self.lang)

    @cached_property
    def chains(self) -> Chains:
        """What searches the chains of the day."""
        return self.session.chains()

    @cached_property
    def _chosen(self) -> ChosenValues:
        from orgline.graph import ChosenValues

        return ChosenValues(self.speaker, self.tree)

    def thing(self, option: str, typed: str) -> ox.NamedNode:
        """Return the person, post, body or class meant by `typed`, by its name or a former one."""
        from orgline.answers import CHAIN_CLASSES

        with self.explain_left_out_sources():
            self._chosen.choose(Parameter(option, "", {}), CHAIN_CLASSES, typed)
        found = self._chosen[option]
        assert isinstance(found, ox.NamedNode)
        return found

    @contextmanager
    def explain_left_out_sources(self) -> Iterator[None]:
        """Add, where nothing is called as it was typed, which sources the day leaves out."""
        try:
            yield
        except NameNotFound as error:
            if self.moment.known_on is None:
                raise
            undated = "; ".join(map(self.speaker.term, self.session.undated)) or "none"
            left_out = f"what was published after {self.moment.known_on} or has no date ({undated})"
            raise NameNotFound(f"{error} --as-known-on leaves out {left_out}.") from error

    def completed(self, answer: Answer) -> Answer:
        """Return `answer` with the changes through which it was found, and the sources that have no date."""
        through = (*self._chosen.through, *answer.through)
        return self.session.completed(replace(answer, through=tuple(dict.fromkeys(through))))

    def show(self, answer: Answer, to: Path | None = None) -> None:
        """Print `answer` in the format asked for, or write it into the file `to`."""
        output_answer(self.completed(answer), self.speaker, self.form, to)


def output_answer(answer: Answer, speaker: Speaker, form: str, to: Path | None) -> None:
    """Print `answer`, or write it into the file `to`; print its name. Raises CannotRun for what cannot be done."""
    if to is None and form != "xlsx":
        from orgline.cli.terminal import show_answer

        show_answer(answer, speaker, form)
        return
    from orgline.answers import answer_file
    from orgline.text import is_untouched, refuse_foreign, write_atomically

    if to is None:
        raise CannotRun("--to: is missing. A spreadsheet goes into a file: give --to answer.xlsx.")
    ending = to.suffix.lower().removeprefix(".")
    form = ending if form == "table" and ending in ANSWER_FORMATS[1:] else form
    if form == "table":
        raise CannotRun(f"{to}: a table is for the terminal. Give --format xlsx, csv or json.")
    refuse_foreign(to, is_untouched)
    print(write_atomically(to, answer_file(answer, speaker, form)))


def choose_language(lang: str | None, content: Content) -> str:
    """Return the language to speak: the one asked for, else the first that the content has words in."""
    known = [one for one in LANGUAGES if one in content.words] + sorted(set(content.words) - set(LANGUAGES))
    return known[0] if lang is None and known else require_choice("--lang", lang or "", known)


def require_choice(option: str, value: str, known: Any) -> str:
    """Return `value`, typed for `option`. Raises CannotRun when it is none of `known`."""
    if value not in known:
        raise CannotRun(f'{option}: "{value}" is not known. Give one of {", ".join(known)}.')
    return value
