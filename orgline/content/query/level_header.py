"""The column that numbers the levels of a chain, as a header says it.

``#+ level: {column: level, from: unit, to: lower, by: org:reportsTo}``: a property path says what is above, but not
how far, so the engine counts the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orgline.text import ContentError, Problem

_KEYS = {"column", "from", "to", "by"}
_DEEPEST_FIRST = "deepest first"


@dataclass(frozen=True)
class Level:
    """The level of a row: 1 where the node in `end` is the node in `start`, and 1 more for each step between them.

    A step is a solution of the property path `step`; a shortest way counts. `column` takes the level, and rows are
    sorted by it: within those of one start, or with `deepest_first` all rows, the deepest first.
    """

    column: str
    start: str
    end: str
    step: str
    deepest_first: bool = False

    @property
    def variables(self) -> list[str]:
        """The variables that the question must select."""
        return [self.column, self.start, self.end]


def level_of(header: Any, place: str) -> Level | None:
    """Return the level that a header at `place` gives, None where it gives none.

    Raises ContentError for what cannot be read.
    """
    if header is None:
        return None
    is_read = isinstance(header, dict) and header.keys() - {"order"} == _KEYS
    if not is_read or header.get("order") not in (None, _DEEPEST_FIRST):
        todo = "Write level: {column: level, from: unit, to: lower, by: org:reportsTo}"
        raise ContentError([Problem(place, "its level cannot be read", todo)])
    column, start, end, step = (str(header[key]) for key in ("column", "from", "to", "by"))
    return Level(column, start, end, step, "order" in header)
