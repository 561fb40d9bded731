"""Hierarchy: who is above and below whom on a day, searched in arrays.

Nodes, lines and tenures are numbers; the lines of a node are found by where they begin in an array
sorted by it, so that a search costs what it finds and not what the graph holds. A few lines are looked
at one by one in Python, many at once in arrays: each costs less where it is used.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from orgline.hierarchy.columns import Relations
from orgline.hierarchy.interval_columns import Array, IntervalColumns, RowIndex, dictionary_encoded, take_texts
from orgline.text import Status

MAX_SCALAR_LINES = 24


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


class ArrayHierarchy:
    """The lines and tenures of a graph, to be searched on any day (an ordinal)."""

    def __init__(self, relations: Relations) -> None:
        """Make the arrays of `relations`: once for as many searches as are wanted."""
        self.lines, self.tenures, self.posts = relations.lines, relations.tenures, relations.posts
        ends = (self.lines["lower"], self.lines["upper"], self.tenures["post"], self.posts["post"], self.posts["body"])
        self.names = pl.concat([one.rename("node") for one in ends]).unique().sort()
        self.lower, self.upper = self._numbers(self.lines["lower"]), self._numbers(self.lines["upper"])
        self._types, self._type = dictionary_encoded(self.lines["type"])
        self.dates = IntervalColumns(self.lines)
        size = len(self.names)
        self._up, self._down = RowIndex(self.lower, size), RowIndex(self.upper, size)

    def _numbers(self, names: pl.Series) -> Array:
        return self.names.search_sorted(names).to_numpy().astype(np.int64)

    def number(self, name: str) -> int | None:
        """Return the number of the node `name`, None where no line, tenure or post has it."""
        place = bisect_left(self.names, name)
        return place if place < len(self.names) and self.names[place] == name else None

    @cached_property
    def tenure_dates(self) -> IntervalColumns:
        """The dates of the tenures."""
        return IntervalColumns(self.tenures)

    @cached_property
    def _by_post(self) -> RowIndex:
        return RowIndex(self._numbers(self.tenures["post"]), len(self.names))

    @cached_property
    def _bodies(self) -> RowIndex:
        """The rows of the bodies that each post is in."""
        return RowIndex(self._numbers(self.posts["post"]), len(self.names))

    @cached_property
    def _heads(self) -> tuple[RowIndex, pl.Series]:
        """The posts at the head of each body."""
        heads = self.posts.filter("heads")
        return RowIndex(self._numbers(heads["body"]), len(self.names)), heads["post"]

    @cached_property
    def _by_person(self) -> tuple[pl.Series, Array]:
        """The persons of the tenures, sorted, and the row of each."""
        order = self.tenures["person"].arg_sort()
        return self.tenures["person"][order], order.to_numpy()

    @cached_property
    def is_post(self) -> Array:
        """Whether each node is a post that is in a body."""
        return self._among(self._numbers(self.posts["post"]))

    def _allowed(self, types: Iterable[str] | None) -> Array:
        """Return whether lines of each type count; all do where `types` is None."""
        wanted = None if types is None else set(types)
        return np.array([wanted is None or one in wanted for one in self._types], dtype=bool)

    def lines_above(self, name: str) -> Array:
        """Return the rows of all lines, of any day, of which `name` is the lower end."""
        return self._up.rows(self.number(name))

    def lines_below(self, name: str) -> Array:
        """Return the rows of all lines, of any day, of which `name` is the upper end."""
        return self._down.rows(self.number(name))

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
        return [len(np.unique(self.lower[rows])) for rows in self._levels(name, day, types, up=False)]

    def names_below(self, name: str, day: int, types: Iterable[str] | None = None) -> pl.DataFrame:
        """Return what stands below `name` on `day`: columns `lower`, `line` and `level`, as one table."""
        found = list(self._levels(name, day, types, up=False))
        rows = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
        levels = np.repeat(np.arange(1, len(found) + 1), [len(one) for one in found])
        return pl.DataFrame(
            {
                "lower": take_texts(self.lines["lower"], rows),
                "line": take_texts(self.lines["line"], rows),
                "level": levels,
            }
        )

    def _search(self, name: str, day: int, types: Iterable[str] | None, *, up: bool) -> Iterable[tuple[int, int]]:
        for level, rows in enumerate(self._levels(name, day, types, up=up), 1):
            for row in rows:
                yield int(row), level

    def _levels(self, name: str, day: int, types: Iterable[str] | None, *, up: bool) -> Iterable[Array]:
        """Yield the rows of the current lines at each level, until nothing new stands beyond."""
        number = self.number(name)
        if number is None:
            return
        lines, beyond = (self._up, self.upper) if up else (self._down, self.lower)
        allowed = self._allowed(types)
        front, seen = [number], {number}
        while front and sum(map(lines.count, front)) <= MAX_SCALAR_LINES:
            near = (row for node in front for row in lines.rows_view(node))
            rows = [row for row in near if allowed[self._type[row]] and self.dates.is_current(row, day)]
            if rows:
                yield rows
            front = sorted({int(beyond[row]) for row in rows} - seen)
            seen.update(front)
        if front:
            yield from self._wide_levels(front, seen, day, allowed, up=up)

    def _wide_levels(self, near: list[int], known: set[int], day: int, allowed: Array, *, up: bool) -> Iterable[Array]:
        """Yield the rows of the levels beyond `near`, where they are too many to be looked at one by one."""
        lines, beyond = (self._up, self.upper) if up else (self._down, self.lower)
        seen = np.zeros(len(self.names), dtype=bool)
        seen[list(known)] = True
        front = np.array(near)
        while len(front):
            rows = lines.rows_of_all(front)
            rows = self.dates.current(rows[allowed[self._type[rows]]], day)
            if len(rows):
                yield rows
            front = np.unique(beyond[rows])
            front = front[~seen[front]]
            seen[front] = True

    def holders(self, post: str, day: int, *, every: bool = False) -> list[Holding]:
        """Return who holds `post` on `day`, as far as is known; with `every`, all who ever held it."""
        rows = self._by_post.rows(self.number(post)).tolist()
        return [self._holding(row, day) for row in rows if every or self.tenure_dates.is_current(row, day)]

    def _holding(self, row: int, day: int) -> Holding:
        tenure, post, person = self.tenures.row(row)[:3]
        return Holding(tenure, post, person, self.tenure_dates.status(row, day))

    def heads(self, body: str, day: int) -> list[Holding]:
        """Return who heads `body` on `day`, as far as is known."""
        index, posts = self._heads
        return [one for row in index.rows(self.number(body)).tolist() for one in self.holders(posts[row], day)]

    def posts_of(self, person: str, day: int, *, every: bool = False) -> list[Holding]:
        """Return what `person` holds on `day`; with `every`, all tenures of any day."""
        persons, rows = self._by_person
        own = sorted(rows[bisect_left(persons, person) : bisect_right(persons, person)].tolist())
        found = [self._holding(row, day) for row in own]
        return [one for one in found if every or one.status.is_current]

    def body_of(self, post: str) -> str | None:
        """Return the body that `post` is in."""
        rows = self._bodies.rows(self.number(post))
        return self.posts["body"][int(rows[0])] if len(rows) else None

    def levels_above(self, name: str, day: int, types: Iterable[str] | None = None) -> dict[str, int]:
        """Return `name` (0) and all above it on `day`, each with how many lines up it stands at least."""
        found = {name: 0}
        for row, level in self._search(name, day, types, up=True):
            found.setdefault(self.names[int(self.upper[row])], level)
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
            came.setdefault(int(self.upper[row]), (row, level))
            if int(self.upper[row]) == goal:
                break
        way: list[Hop] = []
        start = self.number(lower)
        while goal is not None and goal in came and (goal != start or not way):
            row, level = came[goal]
            way.append(self.hop(row, level, day))
            goal = int(self.lower[row])
        return way[::-1]

    def current_lines(self, day: int, types: Iterable[str] | None = None) -> Array:
        """Return the rows of all lines that hold on `day`."""
        return self.dates.current(np.flatnonzero(self._allowed(types)[self._type]), day)

    def in_loops(self, day: int, types: Iterable[str] | None = None) -> list[str]:
        """Return the nodes that stand above themselves on `day`, sorted.

        Whatever has nothing above or nothing below it is taken away until none such is left; of the rest,
        networkx tells which are on a loop.
        """
        rows = self.current_lines(day, types)
        lower, upper = self.lower[rows], self.upper[rows]
        while len(lower):
            kept = self._among(lower)[upper] & self._among(upper)[lower]
            if kept.all():
                break
            lower, upper = lower[kept], upper[kept]
        import networkx as nx

        rest = nx.DiGraph(zip(lower.tolist(), upper.tolist(), strict=True))
        loops = (one for one in nx.strongly_connected_components(rest) if len(one) > 1 or rest.has_edge(*[*one] * 2))
        return sorted(self.names[node] for one in loops for node in one)

    def with_two_superiors(self, day: int) -> pl.DataFrame:
        """Return each node (`lower`) with several superiors by one `type` of line on `day`, and how many (`count`)."""
        rows = self.current_lines(day)
        current = pl.DataFrame({"lower": self.lower[rows], "type": self._type[rows], "upper": self.upper[rows]})
        found = current.group_by("lower", "type").agg(count=pl.col("upper").n_unique()).filter(pl.col("count") > 1)
        named = found.with_columns(
            lower=self.names[found["lower"]], type=pl.Series(self._types, dtype=pl.String)[found["type"]]
        )
        return named.sort("lower", "type")

    def without_superior(self, day: int, types: Iterable[str] | None = None) -> pl.Series:
        """Return the nodes that have a line below them on `day`, or had one above, and none above on it."""
        rows = self.current_lines(day, types)
        known = self._among(self.upper[rows]) | self._among(self.lower[self._allowed(types)[self._type]])
        return self.names[np.flatnonzero(known & ~self._among(self.lower[rows]))]

    def _among(self, nodes: Array) -> Array:
        """Return of each node whether it is one of `nodes`."""
        among = np.zeros(len(self.names), dtype=bool)
        among[nodes] = True
        return among
