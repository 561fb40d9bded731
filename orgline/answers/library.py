"""The library's face of a build: open it, ask a question, walk a chain; names in, written answers out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orgline.answers.opened_build import OpenedBuild
from orgline.content import Content
from orgline.text import CannotRun, Moment, name_arguments

if TYPE_CHECKING:
    from orgline.answers.answer import Answer
    from orgline.answers.written_answer import WrittenAnswer

Day = str | date


def open_build(
    folder: str | Path = "build",
    *,
    as_of: Day | None = None,
    as_known_on: Day | None = None,
    content: str | Path | None = None,
    lang: str | None = None,
) -> Build:
    """Return the build in `folder`, to be asked.

    `as_of` is the day that questions are about (default: today), as a date, "2024-12-31" or "31/12/2024".
    `as_known_on` leaves out sources published after that day. `content` is the content tree with the questions
    (default: the content that comes with orgline). `lang` is the language of the answers (default: the content's
    first). Raises CannotRun when there is no build, a day is not a day, or the content has no such language.

    >>> build = open_build("build", as_of="2024-12-31", lang="en")  # doctest: +SKIP
    >>> for row in build.ask("posts-of-a-person", who="lam dong"):  # doctest: +SKIP
    ...     print(row["post"], row["source"])
    """
    with name_arguments(out="folder"):
        moment = Moment.parse(_text(as_of), _text(as_known_on))
        tree = Content.find(None if content is None else Path(content))
        return Build(Path(folder), tree, moment, lang)


def _text(day: Day | None) -> str | None:
    return None if day is None else str(day)


class Build(OpenedBuild):
    """A build opened at a moment, whose answers are written in the language `lang`."""

    def __init__(self, folder: Path, content: Content, moment: Moment, lang: str | None = None) -> None:
        """Open the build. Raises CannotRun when there is none, or `content` has no catalogue of `lang`."""
        languages = list(content.words)
        if lang is not None and lang not in languages:
            raise CannotRun(f'lang: "{lang}" is not known. Give one of {", ".join(languages)}.')
        super().__init__(folder, content, moment)
        self.lang = lang or next(iter(languages), "")

    @property
    def questions(self) -> dict[str, list[str]]:
        """The names of the questions, by theme."""
        themes: dict[str, list[str]] = {}
        for path in self.content.questions:
            themes.setdefault(path.parent.name, []).append(path.stem)
        return themes

    def ask(self, question: str, /, **values: str) -> WrittenAnswer:
        """Return the answer to `question`, the name of a question file, with or without its theme.

        `values` are the question's parameters; a name may be typed without accents or in part. Raises CannotRun for
        an unknown question or parameter, and for a name that fits nothing or several things.
        """
        from orgline.answers.asking import find_question
        from orgline.answers.written_answer import WrittenAnswer

        with name_arguments(type="line_type", out="folder"):
            return WrittenAnswer(*self.answer(find_question(self.content, question), values, self.lang))

    def above(self, who: str, line_type: str | None = None) -> WrittenAnswer:
        """Return the chain above a person, post or body, level by level, with the holders.

        `line_type` is the name of a type of line, or "all"; by default those that make a superior. Raises CannotRun
        for a name that fits nothing or several things, and for an unknown type.
        """
        return self._chain("above", line_type, ("who", who))

    def below(self, who: str, line_type: str | None = None) -> WrittenAnswer:
        """Return all below a person, post or body, level by level, with the holders: see `above`."""
        return self._chain("below", line_type, ("who", who))

    def why(self, lower: str, upper: str, line_type: str | None = None) -> WrittenAnswer:
        """Return a shortest way from `lower` up to `upper`, without rows if there is none: see `above`."""
        return self._chain("why", line_type, ("lower", lower), ("upper", upper))

    def common(self, *units: str, line_type: str | None = None) -> WrittenAnswer:
        """Return the lowest common superiors of two or more `units`, and the way of each to them: see `above`."""
        return self._chain("common", line_type, *(("units", unit) for unit in units))

    def _chain(self, name: str, line_type: str | None, *typed: tuple[str, str]) -> WrittenAnswer:
        from orgline.answers.written_answer import WrittenAnswer

        with name_arguments(type="line_type", out="folder"):
            answer: Answer = self.chain(name, typed, line_type, self.lang)
        return WrittenAnswer(answer, self.speaker(self.lang))
