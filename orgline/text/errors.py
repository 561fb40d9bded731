"""What can go wrong, and how it is said.

The tree of errors::

    OrglineError            anything orgline says no to; has an exit code
    ├── ContentError        the content does not conform: all its problems at once (exit 1)
    ├── CannotRun           a wrong path, name, value or setting (exit 2)
    │   └── NothingFits     a name that nothing bears
    └── Refused             a request over HTTP that is not served; has a status

A `Problem` is one sentence: place, what is wrong, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from orgline.text.messages import Message


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the content: where, what, and what to do about it."""

    place: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.place}: {_as_one_line(self.what)} {_as_one_line(self.todo)}".strip()


class OrglineError(Exception):
    """Anything orgline says no to; `exit_code` is what the command ends with."""

    exit_code = 2


class ContentError(OrglineError):
    """The content does not conform; `problems` are all of a run, sorted by place, each once."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=_natural_sort_key)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CannotRun(OrglineError):
    """orgline could not run; the message is one sentence that says where, what and what to do."""


class NameNotFound(CannotRun):
    """Nothing is called as somebody typed; the message names what was probably meant."""


class RequestRefused(OrglineError):
    """A request that is not served: the HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence

    def __str__(self) -> str:
        return self.sentence


def _natural_sort_key(problem: Problem) -> list[tuple[int, str]]:
    """Return the key by which row 2 stands before row 10."""
    parts = re.split(r"(\d+)", str(problem))
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _as_one_line(text: str) -> str:
    """Return `text` on one line, ending as a sentence does."""
    line = " ".join(text.split())
    return line if not line or line.endswith((".", "?", "!")) else line + "."


def query_failed_error(error: object) -> RequestRefused:
    """Return the refusal for a query of which the engine says that it cannot go on."""
    why = first_line(error)
    return RequestRefused(400, Message("wrong_unanswerable", f"query: cannot be answered ({why}). Correct it.", why))


def first_line(text: object) -> str:
    """Return what an error of a library says first, to stand in a sentence of ours."""
    return str(text).split("\n", maxsplit=1)[0].rstrip(".")
