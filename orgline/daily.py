"""Daily: what a view shows on one day: not what had ended or had yet to come, and of the rest how far it is known."""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from orgline.evidence import EvidenceBook
from orgline.picture import Said
from orgline.say import Speaker
from orgline.store import Term
from orgline.when import ATTESTED_LATER, ENDED, Status

_GONE = (ENDED, ATTESTED_LATER)


def of_day(said: Said, book: EvidenceBook, day: int, speakers: Mapping[str, Speaker]) -> Said:
    """Return what of `said` stands on `day`, an ordinal.

    A box or line about a tenure or line that had ended, or is only known from later, is left out; of another
    the note says what is known of it that day.
    """
    kept = {}
    for name, one in said.items():
        status = book.status_of(one.get("about", ()), day)
        if status is None:
            kept[name] = one
        elif status.name not in _GONE:
            kept[name] = {**one, "note": _note(status, speakers)}
    return kept


def _note(status: Status, speakers: Mapping[str, Speaker]) -> list[Term]:
    return [ox.Literal(speaker.status(status), language=lang) for lang, speaker in speakers.items()]
