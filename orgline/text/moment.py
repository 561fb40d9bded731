"""A moment that a reader asks about: a day, and by which day its sources must have been published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from orgline.text.errors import CannotRun
from orgline.text.messages import Message

_DAY_KEY, _KNOWN_ON_KEY = "as_of", "known_on"


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
