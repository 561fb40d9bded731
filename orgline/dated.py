"""Dated: the dates of many tenures or lines as arrays, and what is known of each of them on a day."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from orgline.when import CURRENT, ORDER, UNKNOWN, Status, Times, law, ordinals

Array = Any
_CURRENT = tuple(ORDER.index(name) for name in CURRENT)
UNDATED_CODE = len(ORDER)


class Dated:
    """The dates of many lines or tenures, in the order of their table."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._start, self._end = frame["start"].fill_null(""), frame["end"].fill_null("")
        self._attested = frame["attested"]
        self.start_first, self.start_last = _bounds(self._start)
        self.end_first, self.end_last = _bounds(self._end)
        lengths = self._attested.list.len().fill_null(0).to_numpy()
        self._pointer = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        self._texts = self._attested.drop_nulls().explode().drop_nulls().cast(pl.String).alias("start")
        self._first, self._last = _bounds(self._texts)

    def statuses(self, rows: Array, day: int) -> Array:
        """Return for each of `rows` the place of its status in ORDER on `day`."""
        before, on, around, after = self._attestations(rows, day)
        holds = law(
            day,
            (self.start_first[rows], self.start_last[rows]),
            (self.end_first[rows], self.end_last[rows]),
            (before, on, around, after),
        )
        return np.select(list(holds), list(range(len(ORDER))), default=UNDATED_CODE)

    def _attestations(self, rows: Array, day: int) -> tuple[Array, Array, Array, Array]:
        """Return of each of `rows` the latest attestation before `day`, whether on and around it, the first after."""
        before, after = np.full(len(rows), -UNKNOWN), np.full(len(rows), UNKNOWN)
        on, around = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
        places, owners = gathered(self._pointer, rows)
        if len(places):
            first, last = self._first[places], self._last[places]
            exact = (first == day) & (last == day)
            np.maximum.at(before, owners, np.where(last < day, last, -UNKNOWN))
            np.minimum.at(after, owners, np.where(first > day, first, UNKNOWN))
            np.logical_or.at(on, owners, exact)
            np.logical_or.at(around, owners, (first <= day) & (last >= day) & ~exact)
        return before, on, around & ~on, after

    def current(self, rows: Array, day: int) -> Array:
        """Return those of `rows` that are held, or last attested before, on `day`."""
        return rows[np.isin(self.statuses(rows, day), _CURRENT)]

    def last_known(self, rows: Array, day: int) -> pl.Series:
        """Return for each of `rows` the text of the latest day before `day` on which it is known to hold, or none."""
        places, owners = gathered(self._pointer, rows)
        stated = np.where(self.start_last[rows] <= day, self.start_last[rows], -UNKNOWN)
        known = pl.DataFrame(
            {
                "owner": np.concatenate((np.arange(len(rows)), owners)),
                "last": np.concatenate((stated, self._last[places])),
                "text": pl.concat([self._start[rows], self._texts[places]]),
            }
        )
        known = known.filter((pl.col("last") < day) & (pl.col("last") > -UNKNOWN)).sort("owner", "last", "text")
        latest = known.group_by("owner", maintain_order=True).last()
        return pl.DataFrame({"owner": np.arange(len(rows))}).join(latest, on="owner", how="left")["text"].fill_null("")

    def status(self, row: int, day: int) -> Status:
        """Return what is known of `row` on `day`, with the date that says so."""
        attested = self._attested[row]
        return Times.of(self._start[row], self._end[row], [] if attested is None else attested.to_list()).on(day)


def _bounds(texts: pl.Series) -> tuple[Array, Array]:
    """Return the first and last days that EDTF `texts` allow, as ordinals; each text is read once."""
    unique = texts.unique().to_list()
    first, last = zip(*map(ordinals, unique), strict=True) if unique else ((), ())
    table = pl.DataFrame(
        {"text": unique, "first": first, "last": last}, schema={"text": pl.String, "first": pl.Int64, "last": pl.Int64}
    )
    found = texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    return found["first"].to_numpy(), found["last"].to_numpy()


def index(keys: Array, size: int) -> tuple[Array, Array]:
    """Return where the rows of each key begin, and the rows in the order of their keys."""
    order = np.argsort(keys, kind="stable")
    return np.searchsorted(keys[order], np.arange(size + 1)), order


def slice_of(pointer: Array, order: Array, key: int) -> Array:
    """Return the rows of `key`, as `index` gave their beginnings and order."""
    return order[pointer[key] : pointer[key + 1]]


def gathered(pointer: Array, keys: Array) -> tuple[Array, Array]:
    """Return the places of all items of `keys`, and for each place which of the keys it belongs to."""
    starts, counts = pointer[keys], pointer[keys + 1] - pointer[keys]
    owners = np.repeat(np.arange(len(keys)), counts)
    offsets = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(starts, counts) + offsets, owners
