"""The dates of many tenures or lines as arrays, and the status of each of them on a day.

The law of `orgline.text.temporal_status` is written in operators that numbers and arrays share; here it is applied to
arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from orgline.text import (
    STATUS_ORDER,
    UNKNOWN,
    WALKED_STATUSES,
    DatedEvidence,
    Status,
    ordinal_bounds,
    status_conditions,
)

Array = Any
# A status as a number: its place in STATUS_ORDER, or after all of them for undated, which is what no condition meets.
UNDATED_CODE = len(STATUS_ORDER)
STATUS_NAMES = (*STATUS_ORDER, "undated")
_WALKED_CODES = tuple(STATUS_NAMES.index(name) for name in WALKED_STATUSES)


class IntervalColumns:
    """The dates of many lines or tenures, in the order of their table.

    Of a date only the number of its text is kept; the bounds are worked out once for each different text.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        """Take the columns `start`, `end` (EDTF texts, null or "" where unknown) and `attested` (lists of them)."""
        start, end, attested = frame["start"], frame["end"], frame["attested"]
        lengths = attested.list.len().fill_null(0).to_numpy()
        attestations = attested.drop_nulls().explode().drop_nulls().cast(pl.String)
        columns = [column.rename("text") for column in (start, end, attestations)]
        self._texts, numbers = dictionary_encoded(pl.concat(columns))
        bounds = [ordinal_bounds(text) for text in self._texts]
        self._first, self._last = [first for first, _ in bounds], [last for _, last in bounds]
        self._firsts, self._lasts = np.array(self._first), np.array(self._last)
        self._start, self._end, self._attested = np.split(numbers, (frame.height, 2 * frame.height))
        # The attestations of row r are _attested[_pointer[r] : _pointer[r + 1]].
        self._pointer = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        self._is_exact, self._since, self._until = self._exact_bounds()
        self._scalar_columns = (
            scalar_view(self._start),
            scalar_view(self._end),
            scalar_view(self._attested),
            scalar_view(self._pointer),
        )

    def _exact_bounds(self) -> tuple[Array, Array, Array]:
        """Return which rows start on a known day and end on a known day or have no end; and those two days.

        By the law such a row is walked from the one to the other and at no other time, whatever attests it.
        """
        first, last = self._firsts[self._start], self._lasts[self._start]
        end_first, end_last = self._firsts[self._end], self._lasts[self._end]
        open_end = (end_first == -UNKNOWN) & (end_last == UNKNOWN)
        return (first == last) & (open_end | (end_first == end_last)), first.astype(np.int32), end_last.astype(np.int32)

    def is_walked(self, row: int, day: int) -> bool:
        """Return whether `row` is walked on `day`: see `Status.is_walked`."""
        if self._is_exact[row]:
            return bool(self._since[row] <= day <= self._until[row])
        return self._evidence(row).on(day).is_walked

    def statuses(self, rows: Array, day: int) -> Array:
        """Return for each of `rows` the number of its status on `day`: its place in STATUS_NAMES."""
        before, on, around, after = self._attestations(rows, day)
        conditions = status_conditions(
            day,
            (self._firsts[self._start[rows]], self._lasts[self._start[rows]]),
            (self._firsts[self._end[rows]], self._lasts[self._end[rows]]),
            (before, on, around, after),
        )
        return np.select(list(conditions), list(range(len(STATUS_ORDER))), default=UNDATED_CODE)

    def _attestations(self, rows: Array, day: int) -> tuple[Array, Array, Array, Array]:
        """Return for each of `rows` the latest attestation up to `day`, whether on and around it, the first from it."""
        before, after = np.full(len(rows), -UNKNOWN), np.full(len(rows), UNKNOWN)
        on, around = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
        items, owners = gather_rows(self._pointer, rows)
        if len(items):
            first, last = self._firsts[self._attested[items]], self._lasts[self._attested[items]]
            exact = (first == day) & (last == day)
            np.maximum.at(before, owners, np.where(last <= day, last, -UNKNOWN))
            np.minimum.at(after, owners, np.where(first >= day, first, UNKNOWN))
            np.logical_or.at(on, owners, exact)
            np.logical_or.at(around, owners, (first <= day) & (last >= day) & ~exact)
        return before, on, around & ~on, after

    def walked(self, rows: Array, day: int) -> Array:
        """Return those of `rows` that are walked on `day`, in their order."""
        is_walked = (self._since[rows] <= day) & (self._until[rows] >= day)
        others = np.flatnonzero(~self._is_exact[rows])
        if len(others):
            is_walked[others] = np.isin(self.statuses(rows[others], day), _WALKED_CODES)
        return rows[is_walked]

    def last_known(self, rows: Array, day: int) -> pl.Series:
        """Return for each of `rows` the EDTF text of the latest day up to `day` on which it is known to hold, or ""."""
        items, owners = gather_rows(self._pointer, rows)
        numbers = np.concatenate((self._start[rows], self._attested[items]))
        last = self._lasts[numbers]
        known = (last <= day) & (last > -UNKNOWN)
        owners = np.concatenate((np.arange(len(rows)), owners))[known]
        latest = np.full(len(rows), len(self._texts))
        order = np.lexsort((numbers[known], last[known]))
        latest[owners[order]] = numbers[known][order]  # numpy keeps the last value assigned, here the latest day
        return pl.Series([*self._texts, ""])[latest]

    def status(self, row: int, day: int) -> Status:
        """Return the status of `row` on `day`, with the date that gives it."""
        return self._evidence(row).on(day)

    def _evidence(self, row: int) -> DatedEvidence:
        """Return the dates of a row: its start, its end, and the days on which it is attested."""
        starts, ends, attested, pointer = self._scalar_columns
        first, last, texts = self._first, self._last, self._texts
        start, end = starts[row], ends[row]
        own = attested[pointer[row] : pointer[row + 1]]
        attestations = sorted((first[text], last[text], texts[text]) for text in own)
        return DatedEvidence(
            (first[start], last[start]), (first[end], last[end]), tuple(attestations), texts[start], texts[end]
        )


def dictionary_encoded(texts: pl.Series) -> tuple[list[str], Array]:
    """Return the different `texts`, sorted, and for each item its place among them; null counts as ""."""
    filled = texts.fill_null("")
    unique = sorted(filled.unique())
    return unique, filled.cast(pl.Enum(unique)).to_physical().to_numpy().astype(np.int32)


def scalar_view(numbers: Array) -> memoryview[int]:
    """Return a memoryview of `numbers`: reading single items of it is several times as fast as of an array."""
    return memoryview(numbers)


class RowIndex:
    """The rows of a table by the number (below `size`) that a column has in each: rows of a key are in table order."""

    def __init__(self, keys: Array, size: int) -> None:
        self._order = np.argsort(keys, kind="stable")
        self._pointer = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=size))))
        self._starts, self._rows = scalar_view(self._pointer), scalar_view(self._order)

    def rows(self, key: int | None) -> Array:
        """Return the rows of `key`; none where it is None."""
        return self._order[:0] if key is None else self._order[self._starts[key] : self._starts[key + 1]]

    def rows_view(self, key: int) -> memoryview[int]:
        """Return the rows of `key` as a memoryview, for reading one by one."""
        return self._rows[self._starts[key] : self._starts[key + 1]]

    def count(self, key: int) -> int:
        """Return the number of rows of `key`."""
        return self._starts[key + 1] - self._starts[key]

    def rows_of_all(self, keys: Array) -> Array:
        """Return the rows of all `keys`, key after key."""
        return self._order[gather_rows(self._pointer, keys)[0]]


def gather_rows(pointer: Array, keys: Array) -> tuple[Array, Array]:
    """Return the places pointer[k] … pointer[k + 1] - 1 of all `keys`, and for each place the index of its key."""
    starts, counts = pointer[keys], pointer[keys + 1] - pointer[keys]
    owners = np.repeat(np.arange(len(keys)), counts)
    offsets = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(starts, counts) + offsets, owners
