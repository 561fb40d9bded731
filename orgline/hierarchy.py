"""Hierarchy: who is above and below whom on a day, searched in arrays.

Nodes, lines and tenures are numbers; the lines of a node are found by where they begin in an array
sorted by it, so that a search costs what it finds and not what the graph holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from orgline.dated import Array, Dated, gathered, index, slice_of
from orgline.relations import Relations
from orgline.when import Status


@dataclass(frozen=True)
class Hop:
    """One line on the way up or down: its IRI, ends, type, quantifier (or empty), and what is known of it that day."""

    line: str
    lower: str
    upper: str
    type: str
    quantifier: str
    level: int
    status: Status


@dataclass(frozen=True)
class Holding:
    """One person's time in a post: the tenure's IRI, the post, the person, and what is known of it that day."""

    tenure: str
    post: str
    person: str
    status: Status


class Hierarchy:
    """The lines and tenures of a graph, to be searched on any day (an ordinal)."""

    def __init__(self, relations: Relations) -> None:
        """Make the arrays of `relations`: once for as many searches as are wanted."""
        self.lines, self.tenures, self.posts = relations.lines, relations.tenures, relations.posts
        ends = (self.lines["lower"], self.lines["upper"], self.tenures["post"], self.posts["post"], self.posts["body"])
        self.names = pl.concat([one.rename("node") for one in ends]).unique().sort()
        self._lower, self._upper = self._numbers(self.lines["lower"]), self._numbers(self.lines["upper"])
        self._types = self.lines["type"]
        self.dates = Dated(self.lines)
        size = len(self.names)
        self._up, self._up_rows = index(self._lower, size)
        self._down, self._down_rows = index(self._upper, size)
        self._seen = np.zeros(size, dtype=bool)

    def _numbers(self, names: pl.Series) -> Array:
        return self.names.search_sorted(names).to_numpy().astype(np.int64)

    def number(self, name: str) -> int | None:
        """Return the number of the node `name`, None where no line, tenure or post has it."""
        place = int(self.names.search_sorted(name))
        return place if place < len(self.names) and self.names[place] == name else None

    @cached_property
    def holdings(self) -> Dated:
        """The dates of the tenures."""
        return Dated(self.tenures)

    @cached_property
    def _by_post(self) -> tuple[Array, Array]:
        return index(self._numbers(self.tenures["post"]), len(self.names))

    @cached_property
    def _heads(self) -> tuple[Array, Array]:
        """The posts at the head of each body."""
        heads = self.posts.filter("heads")
        pointer, order = index(self._numbers(heads["body"]), len(self.names))
        return pointer, self._numbers(heads["post"])[order]

    @cached_property
    def _of_persons(self) -> dict[str, list[int]]:
        found = self.tenures.with_row_index("row").group_by("person", maintain_order=True).agg("row")
        return dict(found.iter_rows())

    def _allowed(self, types: Iterable[str] | None) -> Array | None:
        """Return which lines are of `types` (None: of all)."""
        return None if types is None else self._types.is_in(list(types)).to_numpy()

    def lines_above(self, name: str) -> Array:
        """Return the rows of all lines, of any day, of which `name` is the lower end."""
        number = self.number(name)
        return np.empty(0, dtype=np.int64) if number is None else slice_of(self._up, self._up_rows, number)

    def lines_below(self, name: str) -> Array:
        """Return the rows of all lines, of any day, of which `name` is the upper end."""
        number = self.number(name)
        return np.empty(0, dtype=np.int64) if number is None else slice_of(self._down, self._down_rows, number)

    def hop(self, row: int, level: int, day: int) -> Hop:
        """Return the line in `row` as a hop at `level`."""
        line, lower, upper, kind, quantifier = self.lines.row(row)[:5]
        return Hop(line, lower, upper, kind, quantifier or "", level, self.dates.status(row, day))

    def above(self, name: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """Return the lines from `name` up to the top on `day`, level by level, each superior's own once."""
        return [self.hop(row, level, day) for row, level in self._search(name, day, types, up=True)]

    def below(self, name: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """Return the lines below `name` on `day`, level by level."""
        return [self.hop(row, level, day) for row, level in self._search(name, day, types, up=False)]

    def count_below(self, name: str, day: int, types: Iterable[str] | None = None) -> list[int]:
        """Return how many nodes stand below `name` on `day` at each level."""
        return [len(np.unique(self._lower[rows])) for rows in self._levels(name, day, types, up=False)]

    def names_below(self, name: str, day: int, types: Iterable[str] | None = None) -> pl.DataFrame:
        """Return what stands below `name` on `day`: columns `lower`, `line` and `level`, as one table."""
        found = list(self._levels(name, day, types, up=False))
        rows = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
        levels = np.repeat(np.arange(1, len(found) + 1), [len(one) for one in found])
        return self.lines[rows].select("lower", "line").with_columns(level=pl.Series(levels, dtype=pl.Int64))

    def _search(self, name: str, day: int, types: Iterable[str] | None, *, up: bool) -> Iterable[tuple[int, int]]:
        for level, rows in enumerate(self._levels(name, day, types, up=up), 1):
            for row in rows:
                yield int(row), level

    def _levels(self, name: str, day: int, types: Iterable[str] | None, *, up: bool) -> Iterable[Array]:
        """Yield the rows of the current lines at each level, until nothing new stands beyond."""
        number = self.number(name)
        if number is None:
            return
        pointer, order, beyond = (
            (self._up, self._up_rows, self._upper) if up else (self._down, self._down_rows, self._lower)
        )
        allowed = self._allowed(types)
        front, touched = np.array([number]), [np.array([number])]
        self._seen[front] = True
        try:
            while len(front):
                places, _ = gathered(pointer, front)
                rows = self.dates.current(order[places], day)
                rows = rows if allowed is None else rows[allowed[rows]]
                if len(rows):
                    yield rows
                front = np.unique(beyond[rows])
                front = front[~self._seen[front]]
                self._seen[front] = True
                touched.append(front)
        finally:
            self._seen[np.concatenate(touched)] = False

    def holders(self, post: str, day: int, *, every: bool = False) -> list[Holding]:
        """Return who holds `post` on `day`, as far as is known; with `every`, all who ever held it."""
        number = self.number(post)
        if number is None:
            return []
        rows = slice_of(*self._by_post, number)
        return [self._holding(int(row), day) for row in (rows if every else self.holdings.current(rows, day))]

    def _holding(self, row: int, day: int) -> Holding:
        tenure, post, person = self.tenures.row(row)[:3]
        return Holding(tenure, post, person, self.holdings.status(row, day))

    def heads(self, body: str, day: int) -> list[Holding]:
        """Return who heads `body` on `day`, as far as is known."""
        number = self.number(body)
        posts = [] if number is None else slice_of(*self._heads, number)
        return [one for post in posts for one in self.holders(self.names[int(post)], day)]

    def posts_of(self, person: str, day: int, *, every: bool = False) -> list[Holding]:
        """Return what `person` holds on `day`; with `every`, all tenures of any day."""
        found = [self._holding(row, day) for row in self._of_persons.get(person, [])]
        return [one for one in found if every or one.status.is_current]

    def body_of(self, post: str) -> str | None:
        """Return the body that `post` is in."""
        found = self.posts.filter(pl.col("post") == post)
        return found["body"][0] if found.height else None

    def levels_above(self, name: str, day: int, types: Iterable[str] | None = None) -> dict[str, int]:
        """Return `name` (0) and all above it on `day`, each with how many lines up it stands at least."""
        found = {name: 0}
        for row, level in self._search(name, day, types, up=True):
            found.setdefault(self.names[int(self._upper[row])], level)
        return found

    def common(self, names: Iterable[str], day: int, types: Iterable[str] | None = None) -> list[str]:
        """Return the lowest common superiors of `names` on `day`: above (or one of) all, with none of them below.

        There are several where a body has more than one superior.
        """
        above = [self.levels_above(name, day, types) for name in names]
        shared = set(above[0]).intersection(*above[1:]) if above else set()
        higher = {
            upper for one in shared for upper in self.levels_above(one, day, types) if upper != one and upper in shared
        }
        lowest = shared - higher or shared
        return sorted(lowest, key=lambda one: (sum(levels[one] for levels in above), one))

    def path(self, lower: str, upper: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """Return a shortest way from `lower` up to `upper` on `day`; empty when there is none."""
        goal = self.number(upper)
        came: dict[int, tuple[int, int]] = {}
        for row, level in self._search(lower, day, types, up=True):
            came.setdefault(int(self._upper[row]), (row, level))
            if int(self._upper[row]) == goal:
                break
        way: list[Hop] = []
        start = self.number(lower)
        while goal is not None and goal in came and (goal != start or not way):
            row, level = came[goal]
            way.append(self.hop(row, level, day))
            goal = int(self._lower[row])
        return way[::-1]

    def current_lines(self, day: int, types: Iterable[str] | None = None) -> Array:
        """Return the rows of all lines that hold on `day`."""
        rows = self.dates.current(np.arange(self.lines.height), day)
        allowed = self._allowed(types)
        return rows if allowed is None else rows[allowed[rows]]

    def in_loops(self, day: int, types: Iterable[str] | None = None) -> list[str]:
        """Return the nodes that stand above themselves on `day`, sorted.

        Whatever has nothing above or nothing below it is taken away until none such is left; of the rest,
        networkx tells which are on a loop.
        """
        rows = self.current_lines(day, types)
        lower, upper = self._lower[rows], self._upper[rows]
        while len(lower):
            kept = np.isin(lower, upper) & np.isin(upper, lower)
            if kept.all():
                break
            lower, upper = lower[kept], upper[kept]
        import networkx as nx

        rest = nx.DiGraph(zip(lower.tolist(), upper.tolist(), strict=True))
        loops = (one for one in nx.strongly_connected_components(rest) if len(one) > 1 or rest.has_edge(*[*one] * 2))
        return sorted(self.names[node] for one in loops for node in one)

    def with_two_superiors(self, day: int) -> pl.DataFrame:
        """Return each node (`lower`) with several superiors by one `type` of line on `day`, and how many (`count`)."""
        current: pl.DataFrame = self.lines[self.current_lines(day)]
        found = current.group_by("lower", "type").agg(count=pl.col("upper").n_unique())
        return found.filter(pl.col("count") > 1).sort("lower", "type")

    def without_superior(self, day: int, types: Iterable[str] | None = None) -> pl.Series:
        """Return the nodes that have a line below them on `day`, or had one above, and none above on it."""
        rows = self.current_lines(day, types)
        lower = np.unique(self._lower[rows])
        allowed = self._allowed(types)
        every = slice(None) if allowed is None else allowed
        known = np.unique(np.concatenate((self._upper[rows], self._lower[every])))
        return self.names[np.setdiff1d(known, lower)]
