"""A hierarchy in memory: lines, tenures and posts as sorted arrays, for many searches of a graph of any size.

Nodes, lines and tenures are numbers: a node is its place among the sorted IRIs (`names`), a line or tenure its row.
The lines of a node are a slice of an array sorted by that node, so a search costs what it finds, not what the graph
holds. Few lines are looked at one by one in Python, many at once in numpy: each is faster where it is used.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
import polars as pl

from orgline.hierarchy.columns import Relations
from orgline.hierarchy.interval_columns import Array, IntervalColumns, RowIndex, dictionary_encoded
from orgline.hierarchy.protocol import Holding, Hop, lowest_common

# A level with up to so many lines is searched in Python, a wider one in numpy: about where the two cost the same.
MAX_SCALAR_LINES = 24


class ArrayHierarchy:
    """Implements `Hierarchy` in arrays."""

    def __init__(self, relations: Relations) -> None:
        """Make the arrays of `relations`: once, for any number of searches."""
        self.lines, self.tenures, self.posts = relations.lines, relations.tenures, relations.posts
        nodes = (self.lines["lower"], self.lines["upper"], self.tenures["post"], self.posts["post"], self.posts["body"])
        self.names = pl.concat([column.rename("node") for column in nodes]).unique().sort()
        self.lower, self.upper = self._numbers(self.lines["lower"]), self._numbers(self.lines["upper"])
        self._types, self._type = dictionary_encoded(self.lines["type"])
        self.dates = IntervalColumns(self.lines)
        size = len(self.names)
        self._up, self._down = RowIndex(self.lower, size), RowIndex(self.upper, size)

    def _numbers(self, names: pl.Series) -> Array:
        return self.names.search_sorted(names).to_numpy().astype(np.int64)

    def number(self, name: str) -> int | None:
        """Return the number of the node `name`, None where no line, tenure or post has it."""
        number = bisect_left(self.names, name)
        return number if number < len(self.names) and self.names[number] == name else None

    @cached_property
    def tenure_dates(self) -> IntervalColumns:
        """The dates of the tenures, by row."""
        return IntervalColumns(self.tenures)

    @cached_property
    def _tenures_by_post(self) -> RowIndex:
        return RowIndex(self._numbers(self.tenures["post"]), len(self.names))

    @cached_property
    def _posts_by_post(self) -> RowIndex:
        """The rows of each post: one for each body that it is in."""
        return RowIndex(self._numbers(self.posts["post"]), len(self.names))

    @cached_property
    def _heads_by_body(self) -> tuple[RowIndex, pl.Series]:
        """The posts at the head of each body: rows of a column of post IRIs."""
        heads = self.posts.filter("heads")
        return RowIndex(self._numbers(heads["body"]), len(self.names)), heads["post"]

    @cached_property
    def _tenures_by_person(self) -> tuple[pl.Series, Array]:
        """The persons of the tenures, sorted, and the tenure's row of each."""
        order = self.tenures["person"].arg_sort()
        return self.tenures["person"][order], order.to_numpy()

    @cached_property
    def is_post(self) -> Array:
        """For each node, whether it is a post that is in a body."""
        return self._membership(self._numbers(self.posts["post"]))

    def _membership(self, nodes: Array) -> Array:
        """Return for each node whether it is among `nodes`."""
        is_member = np.zeros(len(self.names), dtype=bool)
        is_member[nodes] = True
        return is_member

    def _allowed(self, types: Iterable[str] | None) -> Array:
        """Return for each type of line whether it is among `types`; all are where `types` is None."""
        wanted = None if types is None else set(types)
        return np.array([wanted is None or line_type in wanted for line_type in self._types], dtype=bool)

    def _hop(self, row: int, level: int, day: int) -> Hop:
        line, lower, upper, line_type, quantifier = self.lines.row(row)[:5]
        return Hop(line, lower, upper, line_type or "", quantifier or "", level, self.dates.status(row, day))

    def above(self, node: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """See `Hierarchy.above`."""
        return [self._hop(row, level, day) for row, level in self._search(node, day, types, up=True)]

    def below(self, node: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """See `Hierarchy.below`."""
        return [self._hop(row, level, day) for row, level in self._search(node, day, types, up=False)]

    def lines_above(self, node: str, day: int) -> list[Hop]:
        """See `Hierarchy.lines_above`."""
        return [self._hop(row, 1, day) for row in self._up.rows(self.number(node)).tolist()]

    def _search(self, node: str, day: int, types: Iterable[str] | None, *, up: bool) -> Iterator[tuple[int, int]]:
        """Yield each walked line as its row and its level."""
        for level, rows in enumerate(self._levels(node, day, types, up=up), 1):
            for row in rows:
                yield int(row), level

    def _levels(self, node: str, day: int, types: Iterable[str] | None, *, up: bool) -> Iterator[Array]:
        """Yield the rows of the walked lines at each level, until a level has no new node at its far end."""
        number = self.number(node)
        if number is None:
            return
        lines, far_end = (self._up, self.upper) if up else (self._down, self.lower)
        allowed = self._allowed(types)
        front, seen = [number], {number}
        while front and sum(map(lines.count, front)) <= MAX_SCALAR_LINES:
            near = (row for node_number in front for row in lines.rows_view(node_number))
            rows = [row for row in near if allowed[self._type[row]] and self.dates.is_walked(row, day)]
            if rows:
                yield rows
            front = sorted({int(far_end[row]) for row in rows} - seen)
            seen.update(front)
        if front:
            yield from self._wide_levels(front, seen, day, allowed, up=up)

    def _wide_levels(
        self, front_nodes: list[int], known: set[int], day: int, allowed: Array, *, up: bool
    ) -> Iterator[Array]:
        """Yield the rows of the levels from `front_nodes` on, where they are too many to be looked at one by one."""
        lines, far_end = (self._up, self.upper) if up else (self._down, self.lower)
        seen = self._membership(list(known))
        front = np.array(front_nodes)
        while len(front):
            rows = lines.rows_of_all(front)
            rows = self.dates.walked(rows[allowed[self._type[rows]]], day)
            if len(rows):
                yield rows
            front = np.unique(far_end[rows])
            front = front[~seen[front]]
            seen[front] = True

    def walked_lines(self, day: int) -> Array:
        """Return the rows of all lines that are walked on `day`."""
        return self.dates.walked(np.arange(self.lines.height), day)

    def holders(self, post: str, day: int, *, every: bool = False) -> list[Holding]:
        """See `Hierarchy.holders`."""
        rows = self._tenures_by_post.rows(self.number(post)).tolist()
        return [self._holding(row, day) for row in rows if every or self.tenure_dates.is_walked(row, day)]

    def _holding(self, row: int, day: int) -> Holding:
        tenure, post, person = self.tenures.row(row)[:3]
        return Holding(tenure, post, person, self.tenure_dates.status(row, day))

    def heads(self, body: str, day: int) -> list[Holding]:
        """See `Hierarchy.heads`."""
        index, posts = self._heads_by_body
        rows = index.rows(self.number(body)).tolist()
        return [holding for row in rows for holding in self.holders(posts[row], day)]

    def posts_of(self, person: str, day: int, *, every: bool = False) -> list[Holding]:
        """See `Hierarchy.posts_of`."""
        persons, rows = self._tenures_by_person
        own = sorted(rows[bisect_left(persons, person) : bisect_right(persons, person)].tolist())
        holdings = [self._holding(row, day) for row in own]
        return [holding for holding in holdings if every or holding.status.is_walked]

    def body_of(self, post: str) -> str | None:
        """See `Hierarchy.body_of`."""
        rows = self._posts_by_post.rows(self.number(post))
        return self.posts["body"][int(rows[0])] if len(rows) else None

    def levels_above(self, node: str, day: int, types: Iterable[str] | None = None) -> dict[str, int]:
        """See `Hierarchy.levels_above`."""
        levels = {node: 0}
        for row, level in self._search(node, day, types, up=True):
            levels.setdefault(self.names[int(self.upper[row])], level)
        return levels

    def common(self, nodes: Iterable[str], day: int, types: Iterable[str] | None = None) -> list[str]:
        """See `Hierarchy.common`."""
        wanted = None if types is None else list(types)
        return lowest_common(nodes, lambda node: self.levels_above(node, day, wanted))

    def path(self, lower: str, upper: str, day: int, types: Iterable[str] | None = None) -> list[Hop]:
        """See `Hierarchy.path`."""
        start, goal = self.number(lower), self.number(upper)
        reached_by: dict[int, tuple[int, int]] = {}  # the row and level by which each node was first reached
        for row, level in self._search(lower, day, types, up=True):
            reached_by.setdefault(int(self.upper[row]), (row, level))
            if int(self.upper[row]) == goal:
                break
        path: list[Hop] = []
        node = goal
        while node is not None and node in reached_by and (node != start or not path):
            row, level = reached_by[node]
            path.append(self._hop(row, level, day))
            node = int(self.lower[row])
        return path[::-1]
