"""What can go wrong, and how it is said.

The tree of errors::

    OrglineError            anything orgline says no to; has an exit code
    ├── ContentError        the content does not conform: all its problems at once (exit 1)
    └── CannotRun           a wrong path, name, value or setting (exit 2)
        └── NothingFits     a name that nothing bears

A `Problem` is one sentence: place, what is wrong, what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the content: where, what, and what to do about it."""

    place: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.place}: {_sentence(self.what)} {_sentence(self.todo)}".strip()


class OrglineError(Exception):
    """Anything orgline says no to; `exit_code` is what the command ends with."""

    exit_code = 2


class ContentError(OrglineError):
    """The content does not conform; `problems` are all of a run, sorted by place, each once."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=_natural)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CannotRun(OrglineError):
    """orgline could not run; the message is one sentence that says where, what and what to do."""


class NothingFits(CannotRun):
    """Nothing is called as somebody typed; the message names what was probably meant."""


def _natural(problem: Problem) -> list[tuple[int, str]]:
    """Return the key by which row 2 stands before row 10."""
    parts = re.split(r"(\d+)", str(problem))
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _sentence(text: str) -> str:
    """Return `text` on one line, ending as a sentence does."""
    line = " ".join(text.split())
    return line if not line or line.endswith((".", "?", "!")) else line + "."
