"""Dates as exact as the source: EDTF, and the first and last day they allow.

Source of the format: Extended Date/Time Format, Library of Congress, levels 0 to 2.
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import date
from functools import lru_cache
from typing import Any

_MARK = "[?~%]?"
_PLAIN = re.compile(rf"([0-9]{{4}}){_MARK}(?:-(0[1-9]|1[0-2]){_MARK}(?:-(0[1-9]|[12][0-9]|3[01]){_MARK})?)?")
_ONE_OF = re.compile(r"\[([0-9-]*)\.\.([0-9-]*)\]")


@lru_cache(maxsize=100_000)
def bounds(text: str) -> tuple[date | None, date | None]:
    """Return the first and last day that the EDTF `text` allows, None for an open end.

    >>> bounds("2023-09")
    (datetime.date(2023, 9, 1), datetime.date(2023, 9, 30))
    >>> bounds("[..2025-05-14]")
    (None, datetime.date(2025, 5, 14))

    Raises ValueError when `text` is no EDTF date or no such day exists.
    """
    if plain := _PLAIN.fullmatch(text):
        year, month, day = (int(part) if part else None for part in plain.groups())
        return _plain_bounds(year or 0, month, day)
    if (one_of := _ONE_OF.fullmatch(text)) and text != "[..]":
        first, last = one_of.groups()
        return _checked_order(text, bounds(first)[0] if first else None, bounds(last)[1] if last else None)
    first, slash, last = text.partition("/")
    if slash and _PLAIN.fullmatch(first) and _PLAIN.fullmatch(last):
        return _checked_order(text, bounds(first)[0], bounds(last)[1])
    if not text.isascii() or re.match(r"[0-9]{4}-00|.*-00\b", text):
        raise ValueError(f'"{text}" is no date')
    from edtf import EDTFParseException, parse_edtf

    try:
        parsed = parse_edtf(text)
        low, high = _bound_to_date(parsed.lower_strict()), _bound_to_date(parsed.upper_strict())
    except (EDTFParseException, AttributeError, TypeError) as error:
        raise ValueError(f'"{text}" is no date') from error
    return _checked_order(text, low, high)


def _plain_bounds(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    """Return the first and last day of a year, month or day, marked or not: most dates, without the grammar."""
    last_month = month or 12
    last_day = day or calendar.monthrange(year, last_month)[1]
    return date(year, month or 1, day or 1), date(year, last_month, last_day)


def _checked_order(text: str, low: date | None, high: date | None) -> tuple[date | None, date | None]:
    if low and high and low > high:
        raise ValueError(f'"{text}" ends before it begins')
    return low, high


def _bound_to_date(value: Any) -> date | None:
    """Return the day of one bound as the edtf library gives it; an infinite bound is None."""
    if isinstance(value, float) and math.isinf(value):
        return None
    return date(*value[:3])
