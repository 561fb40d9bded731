"""The law of time: what is known of a tenure or line on a day.

A source says that a post was held on the day it speaks of. That is an attestation: neither a start nor an end. So on
day D a tenure or line has one of six statuses:

- **ended**: its last possible day is before D;
- **held**: it is attested on D, or D is between two days on which it surely held;
- **last attested**: it surely held on a day before D, and no source says that it ended;
- **attested later**: all that is known of it is after D;
- **unsure**: its dates are not exact enough to tell for D;
- **undated**: no source gives any date.

The truth table, which tests/test_when.py reads::

    start       end             attested    | 2019-06-01     2020-01-01     2021-01-01     2022-01-01     2023-01-01
    -           -               -           | undated        undated        undated        undated        undated
    2020-01-01  -               -           | attested-later held           last-attested  last-attested  last-attested
    -           2022-01-01      -           | attested-later attested-later attested-later held           ended
    2020-01-01  2022-01-01      -           | attested-later held           held           held           ended
    -           -               2021-01-01  | attested-later attested-later held           last-attested  last-attested
    2020-01-01  -               2021-01-01  | attested-later held           held           last-attested  last-attested
    -           2022-01-01      2021-01-01  | attested-later attested-later held           held           ended
    2020        -               -           | attested-later unsure         last-attested  last-attested  last-attested
    -           2022            -           | attested-later attested-later attested-later unsure         ended
    2020        2022            -           | attested-later unsure         held           held           ended
    -           -               2021        | attested-later attested-later unsure         last-attested  last-attested
    -           [..2022-01-01]  -           | unsure         unsure         unsure         unsure         ended
    2020-01-01  [..2022-01-01]  -           | attested-later held           last-attested  last-attested  ended

Days are ordinals (``date.toordinal``); an unknown bound is ``-UNKNOWN`` or ``UNKNOWN``. Source: docs/time.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from orgline.text.edtf_dates import bounds

# Beyond the ordinal of every date that Python knows (9999-12-31 is 3,652,059), and within 32 bits.
UNKNOWN = 10_000_000
ENDED, HELD, LAST_ATTESTED, ATTESTED_LATER, UNSURE, UNDATED = (
    "ended",
    "held",
    "last-attested",
    "attested-later",
    "unsure",
    "undated",
)
# The order in which the conditions are tried: the first that is true decides. None true: undated.
STATUS_ORDER = (ENDED, HELD, LAST_ATTESTED, ATTESTED_LATER, UNSURE)
STATUS_BY_CERTAINTY = (HELD, LAST_ATTESTED, UNSURE, UNDATED, ATTESTED_LATER, ENDED)
CURRENT_STATUSES = (HELD, LAST_ATTESTED)
# What a chain goes through and an answer shows, marked with its status. What has ended, or is attested only later, is
# not: the unknown is shown, never as current (docs/time.md).
WALKED_STATUSES = (*CURRENT_STATUSES, UNSURE, UNDATED)


def status_conditions(
    day: Any, start: tuple[Any, Any], end: tuple[Any, Any], attested: tuple[Any, Any, Any, Any]
) -> tuple[Any, ...]:
    """Return the conditions of the statuses of STATUS_ORDER on `day`, in that order.

    `start` and `end` are their first and last possible days. `attested` holds the latest day up to `day` on which the
    tenure or line is surely attested; whether it is attested on exactly `day`; whether on one of several days around
    `day`; the earliest day from `day` on, on which it is surely attested.

    Each value is an int or bool, or a numpy array of them for many tenures or lines at once. So conditions are joined
    with & and |, and negated with ``== 0``: ``not`` fails for an array, and ~ of a Python bool is an int that is true.
    """
    start_first, start_last = start
    end_first, end_last = end
    attested_before, attested_today, maybe_attested_today, attested_after = attested
    known_before, known_after = attested_before > -UNKNOWN, attested_after < UNKNOWN
    has_start = (start_first > -UNKNOWN) | (start_last < UNKNOWN)
    # An end that is only "by 2022" has no first possible day: it may be earlier than any day asked about.
    has_end = end_first > -UNKNOWN
    surely_begun = (start_last <= day) | (has_start & known_before)
    surely_lasting = (end_first >= day) | (has_end & known_after)
    maybe_begun = has_start & (start_first <= day) & (start_last > day)
    is_first_day = (start_first == day) & (start_last == day)
    is_last_day = (end_first == day) & (end_last == day)

    ended = end_last < day
    held = (start_first <= day) & (
        attested_today
        | is_first_day
        | is_last_day
        | (surely_begun & (surely_lasting | known_after))
        | (known_before & surely_lasting)
    )
    last_attested = (start_first <= day) & (surely_begun | known_before) & (has_end == 0)
    known_only_later = ((end_first > day) | known_after) & (known_before == 0)
    attested_later = (start_first > day) | (known_only_later & (maybe_attested_today == 0) & (maybe_begun == 0))
    has_any_date = has_start | (end_last < UNKNOWN) | has_end | known_before | known_after | maybe_attested_today
    return ended, held, last_attested, attested_later, has_any_date


@dataclass(frozen=True)
class Status:
    """What is known of a tenure or line on a day, and the date (EDTF) that says so; an empty text if none does."""

    name: str
    date: str = ""

    @property
    def is_current(self) -> bool:
        """Whether the tenure or line holds on the day, as far as is known."""
        return self.name in CURRENT_STATUSES

    @property
    def is_walked(self) -> bool:
        """Whether chains go through it on the day: it is current, undated, or not dated exactly enough to tell."""
        return self.name in WALKED_STATUSES


@dataclass(frozen=True)
class DatedEvidence:
    """The dates of one tenure or line.

    `start` and `end` are the first and last possible ordinals; `attested` has the same and the EDTF text of each
    attestation, sorted. `start_text` and `end_text` are EDTF, empty where no source gives the date.
    """

    start: tuple[int, int] = (-UNKNOWN, UNKNOWN)
    end: tuple[int, int] = (-UNKNOWN, UNKNOWN)
    attested: tuple[tuple[int, int, str], ...] = ()
    start_text: str = ""
    end_text: str = ""

    @classmethod
    def of(cls, start: str = "", end: str = "", attested: Iterable[str] = ()) -> DatedEvidence:
        """Return the dates that EDTF texts give. Raises ValueError for a text that is no date."""
        return cls(
            ordinal_bounds(start),
            ordinal_bounds(end),
            tuple(sorted((*ordinal_bounds(text), text) for text in attested)),
            start,
            end,
        )

    def on(self, day: int) -> Status:
        """Return the status on `day`, an ordinal."""
        is_today = any(first == last == day for first, last, _ in self.attested)
        is_around = any(first <= day <= last for first, last, _ in self.attested) and not is_today
        before = max((last for _, last, _ in self.attested if last <= day), default=-UNKNOWN)
        after = min((first for first, _, _ in self.attested if first >= day), default=UNKNOWN)
        conditions = status_conditions(day, self.start, self.end, (before, is_today, is_around, after))
        name = next((name for name, holds in zip(STATUS_ORDER, conditions, strict=True) if holds), UNDATED)
        return Status(name, self._deciding_date(name, day, before, after))

    def _deciding_date(self, name: str, day: int, before: int, after: int) -> str:
        """Return the EDTF text of the date because of which the status on `day` is `name`."""
        if name == ENDED:
            return self.end_text
        if name == HELD:
            today = next((text for first, last, text in self.attested if first == last == day), "")
            return self.start_text or today or self._attested_until(before) or self.end_text
        if name == LAST_ATTESTED:
            begun = self.start[1] if self.start[1] <= day else -UNKNOWN
            return self.start_text if begun > before else self._attested_until(before)
        if name == ATTESTED_LATER:
            return self.start_text or (self._attested_from(after) if after < UNKNOWN else self.end_text)
        around = next((text for first, last, text in self.attested if first <= day <= last), "")
        return around or self.start_text or self.end_text

    def _attested_from(self, ordinal: int) -> str:
        return next((text for first, _, text in self.attested if first == ordinal), "")

    def _attested_until(self, ordinal: int) -> str:
        return next((text for _, last, text in self.attested if last == ordinal), "")


def ordinal_bounds(text: str) -> tuple[int, int]:
    """Return the first and last possible ordinals of an EDTF `text`; ∓UNKNOWN where it is open or empty."""
    first, last = bounds(text) if text else (None, None)
    return first.toordinal() if first else -UNKNOWN, last.toordinal() if last else UNKNOWN


def least_certain(statuses: Iterable[Status]) -> Status | None:
    """Return the least certain of `statuses`, of equals the one with the earlier date; None for none."""
    return max(
        statuses,
        key=lambda status: (STATUS_BY_CERTAINTY.index(status.name), -ordinal_bounds(status.date)[1]),
        default=None,
    )


def most_certain(statuses: Iterable[Status | None]) -> Status | None:
    """Return the most certain of `statuses`, of equals the one with the nearest date; None for none."""
    known = (status for status in statuses if status is not None)
    return min(
        known,
        key=lambda status: (
            STATUS_BY_CERTAINTY.index(status.name),
            ordinal_bounds(status.date)[1] * (1 if status.name == ATTESTED_LATER else -1),
        ),
        default=None,
    )
