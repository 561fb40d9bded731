"""Dates as exact as their source, in EDTF, and the first and last day that they allow.

Source of the format: Extended Date/Time Format, Library of Congress, levels 0 to 2.
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import date
from functools import lru_cache
from typing import Any

_QUALIFIER = "[?~%]?"
_DAY = f"(?:-(0[1-9]|[12][0-9]|3[01]){_QUALIFIER})?"
_PLAIN_DATE = re.compile(rf"([0-9]{{4}}){_QUALIFIER}(?:-(0[1-9]|1[0-2]){_QUALIFIER}{_DAY})?")
_RANGE_OF_ONE = re.compile(r"\[([0-9-]*)\.\.([0-9-]*)\]")


@lru_cache(maxsize=100_000)  # the dates of a country's register are a few thousand, each in many rows
def bounds(text: str) -> tuple[date | None, date | None]:
    """Return the first and last day that the EDTF `text` allows, None for an open end.

    >>> bounds("2023-09")
    (datetime.date(2023, 9, 1), datetime.date(2023, 9, 30))
    >>> bounds("[..2025-05-14]")
    (None, datetime.date(2025, 5, 14))

    Raises ValueError when `text` is no EDTF date, names a day that does not exist, or ends before it begins.
    """
    # Most dates have one of three forms, read here; the grammar of the edtf library is a thousand times slower.
    if plain := _PLAIN_DATE.fullmatch(text):
        year, month, day = (int(part) if part else None for part in plain.groups())
        return _plain_bounds(year or 0, month, day)
    if (one_of := _RANGE_OF_ONE.fullmatch(text)) and text != "[..]":
        first, last = one_of.groups()
        return _in_order(text, bounds(first)[0] if first else None, bounds(last)[1] if last else None)
    first, slash, last = text.partition("/")
    if slash and _PLAIN_DATE.fullmatch(first) and _PLAIN_DATE.fullmatch(last):
        return _in_order(text, bounds(first)[0], bounds(last)[1])
    # The edtf library takes digits of other scripts, and "00" for a month or day, without complaint.
    if not text.isascii() or re.match(r"[0-9]{4}-00|.*-00\b", text):
        raise ValueError(f'"{text}" is no date')
    from edtf import EDTFParseException, parse_edtf

    try:
        parsed = parse_edtf(text)
        low, high = _to_date(parsed.lower_strict()), _to_date(parsed.upper_strict())
    except (EDTFParseException, AttributeError, TypeError) as error:  # the last two for forms without bounds
        raise ValueError(f'"{text}" is no date') from error
    return _in_order(text, low, high)


def _plain_bounds(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    """Return the first and last day of a year, a month of it or a day. Raises ValueError if there is no such day."""
    last_month = month or 12
    last_day = day or calendar.monthrange(year, last_month)[1]
    return date(year, month or 1, day or 1), date(year, last_month, last_day)


def _in_order(text: str, low: date | None, high: date | None) -> tuple[date | None, date | None]:
    """Return the two bounds. Raises ValueError if the first is after the last."""
    if low and high and low > high:
        raise ValueError(f'"{text}" ends before it begins')
    return low, high


def _to_date(bound: Any) -> date | None:
    """Return a bound of the edtf library, a struct_time or an infinite float, as a date, None for infinite."""
    if isinstance(bound, float) and math.isinf(bound):
        return None
    return date(*bound[:3])
