"""When: what is known of a tenure or line on a day.

The terms are those of the design (§3). A source says that a post was held *on the day it speaks of*;
that is no start and no end. So on day D a tenure or line is **held** (D lies within stated dates, or
it is attested on D), **last attested** before (no end known), **attested later** only, or **ended**.
Two more keep the unknown apart from these: **unsure**, where dates are not exact enough to tell, and
**undated**, where no source gives any.

Days are ordinals (``date.toordinal``); a bound that is not known is ``∓UNKNOWN``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from orgline.text.edtf_dates import bounds
from orgline.text.errors import CannotRun
from orgline.text.messages import Message

UNKNOWN = 10_000_000
ENDED, HELD, LAST_ATTESTED, ATTESTED_LATER, UNSURE, UNDATED = (
    "ended",
    "held",
    "last-attested",
    "attested-later",
    "unsure",
    "undated",
)
STATUS_ORDER = (ENDED, HELD, LAST_ATTESTED, ATTESTED_LATER, UNSURE)
STATUS_BY_CERTAINTY = (HELD, LAST_ATTESTED, UNSURE, UNDATED, ATTESTED_LATER, ENDED)
CURRENT_STATUSES = (HELD, LAST_ATTESTED)
_DAY_KEY, _KNOWN_ON_KEY = "as_of", "known_on"


def status_conditions(
    day: Any, start: tuple[Any, Any], end: tuple[Any, Any], attested: tuple[Any, Any, Any, Any]
) -> tuple[Any, ...]:
    """Return for each status of ORDER whether it is that on `day`; the first that holds counts, else it is undated.

    `start` and `end` are the first and last day they allow. `attested` says when it is attested: the latest day,
    up to `day`, by which it surely is; whether on `day` exactly, whether on one of several days around it; the
    earliest day, from `day` on, on which it surely still is. Everything may be a number, or an array of numbers for
    many tenures or lines at once.
    """
    start_first, start_last = start
    end_first, end_last = end
    before, on, around, after = attested
    known_before, known_after = before > -UNKNOWN, after < UNKNOWN
    has_start = (start_first > -UNKNOWN) | (start_last < UNKNOWN)
    has_end = end_first > -UNKNOWN  # one that only says by when says of the days before nothing
    begun, lasting = (start_last <= day) | (has_start & known_before), (end_first >= day) | (has_end & known_after)
    doubtful_start = has_start & (start_first <= day) & (start_last > day)
    first_day, last_day = (start_first == day) & (start_last == day), (end_first == day) & (end_last == day)
    ended = end_last < day
    held = (start_first <= day) & (
        on | first_day | last_day | (begun & (lasting | known_after)) | (known_before & lasting)
    )
    last = (start_first <= day) & (begun | known_before) & (has_end == 0)
    only_after = ((end_first > day) | known_after) & (known_before == 0)
    later = (start_first > day) | (only_after & (around == 0) & (doubtful_start == 0))
    return ended, held, last, later, has_start | (end_last < UNKNOWN) | has_end | known_before | known_after | around


@dataclass(frozen=True)
class Status:
    """What is known of a tenure or line on a day, and the date (EDTF) that says so, empty if none does."""

    name: str
    date: str = ""

    @property
    def is_current(self) -> bool:
        """Whether it holds on the day, as far as is known."""
        return self.name in CURRENT_STATUSES


@dataclass(frozen=True)
class DatedEvidence:
    """The dates of one tenure or line: bounds of start and end, days of attestation, and their EDTF texts."""

    start: tuple[int, int] = (-UNKNOWN, UNKNOWN)
    end: tuple[int, int] = (-UNKNOWN, UNKNOWN)
    attested: tuple[tuple[int, int, str], ...] = ()
    start_text: str = ""
    end_text: str = ""

    @classmethod
    def of(cls, start: str = "", end: str = "", attested: Iterable[str] = ()) -> DatedEvidence:
        """Return the times that EDTF texts say, each empty where no source says it."""
        return cls(
            ordinal_bounds(start),
            ordinal_bounds(end),
            tuple(sorted((*ordinal_bounds(text), text) for text in attested)),
            start,
            end,
        )

    def on(self, day: int) -> Status:
        """Return what is known on `day`, an ordinal."""
        exact = any(first == last == day for first, last, _ in self.attested)
        around = any(first <= day <= last for first, last, _ in self.attested) and not exact
        before = max((last for _, last, _ in self.attested if last <= day), default=-UNKNOWN)
        after = min((first for first, _, _ in self.attested if first >= day), default=UNKNOWN)
        holds = status_conditions(day, self.start, self.end, (before, exact, around, after))
        name = next((name for name, one in zip(STATUS_ORDER, holds, strict=True) if one), UNDATED)
        return Status(name, self._date(name, day, before, after))

    def _date(self, name: str, day: int, before: int, after: int) -> str:
        """Return the text of the date by which it is `name` on `day`."""
        if name == ENDED:
            return self.end_text
        if name == HELD:
            on = next((text for first, last, text in self.attested if first == last == day), "")
            return self.start_text or on or self._said(before, 1) or self.end_text
        if name == LAST_ATTESTED:
            stated = self.start[1] if self.start[1] <= day else -UNKNOWN
            return self.start_text if stated > before else self._said(before, 1)
        if name == ATTESTED_LATER:
            return self.start_text or (self._said(after, 0) if after < UNKNOWN else self.end_text)
        around = (text for first, last, text in self.attested if first <= day <= last)
        return next(around, "") or self.start_text or self.end_text

    def _said(self, ordinal: int, which: int) -> str:
        return next((one[2] for one in self.attested if one[which] == ordinal), "")


@dataclass(frozen=True)
class Moment:
    """The day asked about, and the last day of publication that counts (None: all sources count).

    `is_day_given` is False where the reader gave no day and today stands in. It takes no part in comparison: the
    same build answers both. SPARQL reads the shortcuts of a day only where one was given.
    """

    day: date
    known_on: date | None = None
    is_day_given: bool = field(default=True, compare=False)

    @classmethod
    def today(cls) -> Moment:
        """Return today, in the time zone of this machine, with all sources."""
        return cls(date.today(), is_day_given=False)  # noqa: DTZ011 -- a reader means the day of their own calendar

    @classmethod
    def parse(
        cls, as_of: str | None, known_on: str | None = None, names: tuple[str, str] = ("--as-of", "--as-known-on")
    ) -> Moment:
        """Return the moment that two typed days mean, None for one that was not given.

        Raises CannotRun for a text that is not a day; `names` are what the message calls the two.
        """
        return cls._of(
            None if as_of is None else parse_day(names[0], as_of),
            None if known_on is None else parse_day(names[1], known_on),
        )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Moment:
        """Return the moment that `to_mapping` wrote into `mapping`, which may hold other keys too."""
        days = (mapping.get(key) for key in (_DAY_KEY, _KNOWN_ON_KEY))
        return cls._of(*(date.fromisoformat(day) if day else None for day in days))

    @classmethod
    def _of(cls, day: date | None, known_on: date | None) -> Moment:
        given = cls.today() if day is None else cls(day)
        return cls(given.day, known_on, given.is_day_given)

    def to_mapping(self) -> dict[str, str]:
        """Return what the reader gave, as ISO days: "as_of" and "known_on", each only where it was given."""
        days = {_DAY_KEY: self.day if self.is_day_given else None, _KNOWN_ON_KEY: self.known_on}
        return {key: day.isoformat() for key, day in days.items() if day is not None}

    @property
    def ordinal(self) -> int:
        """The day as a number: `date.toordinal`."""
        return self.day.toordinal()


def ordinal_bounds(text: str) -> tuple[int, int]:
    """Return the first and last day that an EDTF `text` allows, as ordinals; ∓UNKNOWN where it is open or empty."""
    first, last = bounds(text) if text else (None, None)
    return first.toordinal() if first else -UNKNOWN, last.toordinal() if last else UNKNOWN


def least_certain(found: Iterable[Status]) -> Status | None:
    """Return the status of what rests on several: the least sure of them; of two alike, the earlier date's."""
    return max(found, key=lambda one: (STATUS_BY_CERTAINTY.index(one.name), -ordinal_bounds(one.date)[1]), default=None)


def parse_day(option: str, typed: str) -> date:
    """Return the day meant by `typed`: 2024-05-31, 31/5/2024 or 31.5.2024.

    Raises CannotRun for any other text; `option` is what the message calls it.
    """
    text = typed.strip()
    for separator in "/.":
        if text.count(separator) == 2:
            number, month, year = text.split(separator)
            text = f"{year}-{month:0>2}-{number:0>2}"
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        sentence = f'{option}: "{typed}" is no day. Write it as 2024-05-31 or 31/5/2024.'
        raise CannotRun(Message("wrong_day", sentence, option, typed)) from error
