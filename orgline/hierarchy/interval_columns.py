"""Dated: the dates of many tenures or lines as arrays, and what is known of each of them on a day."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from orgline.text import (
    CURRENT_STATUSES,
    STATUS_ORDER,
    UNKNOWN,
    DatedEvidence,
    Status,
    ordinal_bounds,
    status_conditions,
)

Array = Any
_CURRENT = tuple(STATUS_ORDER.index(name) for name in CURRENT_STATUSES)
UNDATED_CODE = len(STATUS_ORDER)
MAX_SCALAR_READS = 400


class IntervalColumns:
    """The dates of many lines or tenures, in the order of their table.

    A date is kept as the number of its text; what the texts allow is worked out once for each of them.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        start, end, attested = frame["start"], frame["end"], frame["attested"]
        lengths = attested.list.len().fill_null(0).to_numpy()
        said = attested.drop_nulls().explode().drop_nulls().cast(pl.String)
        self._texts, numbers = dictionary_encoded(pl.concat([one.rename("text") for one in (start, end, said)]))
        bounds = [ordinal_bounds(one) for one in self._texts]
        self._first, self._last = [one[0] for one in bounds], [one[1] for one in bounds]
        self._firsts, self._lasts = np.array(self._first), np.array(self._last)
        self._start, self._end, self._said = np.split(numbers, (frame.height, 2 * frame.height))
        self._pointer = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        self._plain, self._since, self._until = self._has_exact_bounds()
        self._row = (
            scalar_view(self._start),
            scalar_view(self._end),
            scalar_view(self._said),
            scalar_view(self._pointer),
        )

    def _has_exact_bounds(self) -> tuple[Array, Array, Array]:
        """Return which rows start on a known day and end on a known day or on none stated, and those days.

        By the law such a row is held or last attested from the one to the other, whatever attests it.
        """
        first, last = self._firsts[self._start], self._lasts[self._start]
        end_first, end_last = self._firsts[self._end], self._lasts[self._end]
        open_end = (end_first == -UNKNOWN) & (end_last == UNKNOWN)
        return (first == last) & (open_end | (end_first == end_last)), first.astype(np.int32), end_last.astype(np.int32)

    def is_current(self, row: int, day: int) -> bool:
        """Return whether `row` is held, or last attested before, on `day`."""
        if self._plain[row]:
            return bool(self._since[row] <= day <= self._until[row])
        return self._times(row).on(day).is_current

    def statuses(self, rows: Array, day: int) -> Array:
        """Return for each of `rows` the place of its status in ORDER on `day`."""
        before, on, around, after = self._attestations(rows, day)
        holds = status_conditions(
            day,
            (self._firsts[self._start[rows]], self._lasts[self._start[rows]]),
            (self._firsts[self._end[rows]], self._lasts[self._end[rows]]),
            (before, on, around, after),
        )
        return np.select(list(holds), list(range(len(STATUS_ORDER))), default=UNDATED_CODE)

    def _attestations(self, rows: Array, day: int) -> tuple[Array, Array, Array, Array]:
        """Return of each of `rows` the latest attestation before `day`, whether on and around it, the first after."""
        before, after = np.full(len(rows), -UNKNOWN), np.full(len(rows), UNKNOWN)
        on, around = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
        places, owners = gather_rows(self._pointer, rows)
        if len(places):
            first, last = self._firsts[self._said[places]], self._lasts[self._said[places]]
            exact = (first == day) & (last == day)
            np.maximum.at(before, owners, np.where(last <= day, last, -UNKNOWN))
            np.minimum.at(after, owners, np.where(first >= day, first, UNKNOWN))
            np.logical_or.at(on, owners, exact)
            np.logical_or.at(around, owners, (first <= day) & (last >= day) & ~exact)
        return before, on, around & ~on, after

    def current(self, rows: Array, day: int) -> Array:
        """Return those of `rows` that are held, or last attested before, on `day`."""
        current = (self._since[rows] <= day) & (self._until[rows] >= day)
        others = np.flatnonzero(~self._plain[rows])
        if len(others):
            current[others] = np.isin(self.statuses(rows[others], day), _CURRENT)
        return rows[current]

    def last_known(self, rows: Array, day: int) -> pl.Series:
        """Return for each of `rows` the text of the latest day up to `day` by which it is known to hold, or none."""
        places, owners = gather_rows(self._pointer, rows)
        numbers = np.concatenate((self._start[rows], self._said[places]))
        last = self._lasts[numbers]
        known = (last <= day) & (last > -UNKNOWN)
        owners = np.concatenate((np.arange(len(rows)), owners))[known]
        latest = np.full(len(rows), len(self._texts))
        order = np.lexsort((numbers[known], last[known]))
        latest[owners[order]] = numbers[known][order]  # of several the last counts
        return pl.Series([*self._texts, ""])[latest]

    def status(self, row: int, day: int) -> Status:
        """Return what is known of `row` on `day`, with the date that says so."""
        return self._times(row).on(day)

    def _times(self, row: int) -> DatedEvidence:
        start, end, said, pointer = self._row
        first, last, texts = self._first, self._last, self._texts
        a, z = start[row], end[row]
        attested = sorted((first[one], last[one], texts[one]) for one in said[pointer[row] : pointer[row + 1]])
        return DatedEvidence((first[a], last[a]), (first[z], last[z]), tuple(attested), texts[a], texts[z])


def dictionary_encoded(texts: pl.Series) -> tuple[list[str], Array]:
    """Return the different `texts`, sorted, and for each of them its number there; none is the empty text."""
    filled = texts.fill_null("")
    unique = sorted(filled.unique())
    return unique, filled.cast(pl.Enum(unique)).to_physical().to_numpy().astype(np.int32)


def scalar_view(numbers: Array) -> memoryview[int]:
    """Return `numbers` as Python reads them fastest one by one."""
    return memoryview(numbers)


def take_texts(texts: pl.Series, rows: Array) -> pl.Series:
    """Return the `texts` of `rows`: a few are taken one by one, which costs less than to gather them."""
    few = [texts[row] for row in rows.tolist()] if len(rows) <= MAX_SCALAR_READS else texts.gather(rows)
    return pl.Series(few, dtype=pl.String)


class RowIndex:
    """The rows of a table by the number (of `size`) that a column holds in each."""

    def __init__(self, keys: Array, size: int) -> None:
        self._order = np.argsort(keys, kind="stable")
        self._pointer = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=size))))
        self._starts, self._rows = scalar_view(self._pointer), scalar_view(self._order)

    def rows(self, key: int | None) -> Array:
        """Return the rows of `key`, an array; none where it is None."""
        return self._order[:0] if key is None else self._order[self._starts[key] : self._starts[key + 1]]

    def rows_view(self, key: int) -> memoryview[int]:
        """Return the rows of `key` as Python reads them fastest one by one."""
        return self._rows[self._starts[key] : self._starts[key + 1]]

    def count(self, key: int) -> int:
        """Return how many rows `key` has."""
        return self._starts[key + 1] - self._starts[key]

    def rows_of_all(self, keys: Array) -> Array:
        """Return the rows of all `keys`, in their order."""
        return self._order[gather_rows(self._pointer, keys)[0]]


def gather_rows(pointer: Array, keys: Array) -> tuple[Array, Array]:
    """Return the places of all items of `keys`, and for each place which of the keys it belongs to."""
    starts, counts = pointer[keys], pointer[keys + 1] - pointer[keys]
    owners = np.repeat(np.arange(len(keys)), counts)
    offsets = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(starts, counts) + offsets, owners
