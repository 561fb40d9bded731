"""What a command that answers works with: the opened build, the language, and the output of its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from orgline.cli.options import ANSWER_FORMATS, Options, choose_language, require_choice
from orgline.content import Content
from orgline.text import CannotRun, NameNotFound

if TYPE_CHECKING:
    from orgline.answers import Answer
    from orgline.content import QueryFile
    from orgline.graph import Speaker


class CommandContext:
    """A build opened with the options that were typed: `content`, `build`, `moment`, `lang` and `speaker`."""

    def __init__(self, options: Options, *, many: bool = False) -> None:
        """Open the build, in memory where `many` questions follow. Raises CannotRun for an option that is wrong."""
        from orgline.answers import OpenedBuild

        self.content = Content.find(options.content)
        self.lang = choose_language(options.lang, self.content)
        self.output_format = require_choice("--format", options.output_format, ANSWER_FORMATS)
        self.moment = options.moment
        self.build = OpenedBuild(options.out, self.content, self.moment, many=many)
        self.speaker = self.build.speaker(self.lang)

    def answer(self, question: QueryFile, typed: Mapping[str, str]) -> Answer:
        """Return the answer to `question` with the texts `typed` for its parameters. Raises as `OpenedBuild.answer`."""
        with self.explain_left_out_sources():
            answer, _ = self.build.answer(question, typed, self.lang)
        return answer

    def chain(self, name: str, line_type: str | None, *typed: tuple[str, str]) -> Answer:
        """Return the chain `name` of the things `typed`, each with its option. Raises as `OpenedBuild.chain`."""
        with self.explain_left_out_sources():
            return self.build.chain(name, typed, line_type, self.lang)

    def thing(self, option: str, typed: str) -> ox.NamedNode:
        """Return the person, post, body or class whose name or former name is `typed`, the value of `option`.

        Raises NameNotFound when there is none, CannotRun when there are several.
        """
        with self.explain_left_out_sources():
            nodes, _ = self.build.things([(option, typed)], self.lang)
        return nodes[0]

    @contextmanager
    def explain_left_out_sources(self) -> Iterator[None]:
        """Add to a NameNotFound, where --as-known-on was given, which sources that leaves out."""
        try:
            yield
        except NameNotFound as error:
            if self.moment.known_on is None:
                raise
            undated = "; ".join(map(self.speaker.term, self.build.undated)) or "none"
            left_out = f"what was published after {self.moment.known_on} or has no date ({undated})"
            raise NameNotFound(f"{error} --as-known-on leaves out {left_out}.") from error

    def show(self, answer: Answer, to: Path | None = None) -> None:
        """Print `answer`, or write it to the file `to`. Raises as `output_answer` does."""
        output_answer(answer, self.speaker, self.output_format, to)


def output_answer(answer: Answer, speaker: Speaker, output_format: str, to: Path | None) -> None:
    """Print `answer` in `output_format`, or write it to the file `to` and print the file's name.

    Raises CannotRun where the format needs a file and there is none, the file cannot hold the format, or the file
    exists and orgline did not write it.
    """
    if to is None and output_format != "xlsx":
        from orgline.cli.terminal import show_answer

        show_answer(answer, speaker, output_format)
        return
    from orgline.answers import answer_file
    from orgline.text import is_untouched, refuse_foreign, write_atomically

    if to is None:
        raise CannotRun("--to: is missing. A spreadsheet needs a file: give --to answer.xlsx.")
    ending = to.suffix.lower().removeprefix(".")
    if output_format == "table" and ending in ANSWER_FORMATS[1:]:
        output_format = ending
    if output_format == "table":
        raise CannotRun(f"{to}: a table is printed, not written. Give --format xlsx, csv or json.")
    refuse_foreign(to, is_untouched)
    print(write_atomically(to, answer_file(answer, speaker, output_format)))
