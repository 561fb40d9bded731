"""The errors of orgline.

::

    OrglineError               any error that orgline raises on purpose; has an exit code
    ├── ContentError           the content does not conform: all problems of a run (exit code 1)
    ├── CannotRun              a wrong path, name, value or setting (exit code 2)
    │   ├── NameNotFound       nothing has the name that a user gave
    │   └── UnreadableFile     a catalogue or a file of settings with a syntax error
    └── RequestRefused         an HTTP request that is not served; has a status

The message of each is a sentence of the form ``place: what is wrong. What to do.``
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from orgline.text.messages import Message

# What a user typed is quoted in messages and stays as it is; an option outside of quotes is the command's.
_QUOTED_OR_OPTION = re.compile(r'"[^"]*"|--([a-z]+(?:-[a-z]+)*)')


@dataclass(frozen=True)
class Problem:
    """One mistake in the content: its place (file, row, column or node), what is wrong, what to do."""

    place: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.place}: {_as_sentence(self.what)} {_as_sentence(self.todo)}".strip()


class OrglineError(Exception):
    """Any error that orgline raises on purpose; `exit_code` is that of the command."""

    exit_code = 2


class ContentError(OrglineError):
    """The content does not conform; `problems` are those of the whole run, sorted by place, without duplicates."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=_natural_sort_key)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CannotRun(OrglineError):
    """A command, question or request cannot be carried out; the message says why and what to do."""


class NameNotFound(CannotRun):
    """Nothing has the name that a user gave; the message suggests the nearest name."""


class UnreadableFile(CannotRun):
    """A catalogue or a file of settings has a syntax error, the `problem`; a check lists it among the others."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class RequestRefused(OrglineError):
    """An HTTP request that is not served: the status code, and a sentence for the body."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence

    def __str__(self) -> str:
        return self.sentence


def _natural_sort_key(problem: Problem) -> list[tuple[int, str]]:
    """Return a sort key that puts row 2 before row 10."""
    parts = re.split(r"(\d+)", str(problem))
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _as_sentence(text: str) -> str:
    """Return `text` on one line, with a full stop if it has no other end."""
    line = " ".join(text.split())
    return line if not line or line.endswith((".", "?", "!")) else line + "."


def query_failed_error(error: object) -> RequestRefused:
    """Return the refusal (400) of a query that the SPARQL engine gave up with `error`."""
    reason = first_line(error)
    return RequestRefused(
        400, Message("wrong_unanswerable", f"query: cannot be answered ({reason}). Correct it.", reason)
    )


@contextmanager
def name_arguments(**names: str) -> Iterator[None]:
    """Let the messages of CannotRun name options as the arguments of a Python function: who, not --who.

    `names` are the arguments that have another name than their option, by option: ``type="line_type"``.

    >>> with name_arguments(type="line_type"):
    ...     raise CannotRun('--type: there is no line called "--up". It takes --as-of.')
    Traceback (most recent call last):
    orgline.text.errors.CannotRun: line_type: there is no line called "--up". It takes as_of.
    """

    def argument(word: re.Match[str]) -> str:
        option = word[1]
        return names.get(option, option.replace("-", "_")) if option else word[0]

    try:
        yield
    except CannotRun as error:
        raise type(error)(_QUOTED_OR_OPTION.sub(argument, str(error))) from error


def first_line(text: object) -> str:
    """Return the first line of a library's error, without its full stop, to be quoted in a sentence."""
    return str(text).split("\n", maxsplit=1)[0].rstrip(".")
