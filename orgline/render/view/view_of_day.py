"""Daily: what a view shows on one day: not what had ended or had yet to come, and of the rest how far it is known."""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from orgline.graph import EvidenceBook, Speaker, Term
from orgline.render.view.view_model import NodeValues
from orgline.text import ATTESTED_LATER, ENDED, Status

_NOT_CURRENT = (ENDED, ATTESTED_LATER)


def restrict_to_day(said: NodeValues, book: EvidenceBook, day: int, speakers: Mapping[str, Speaker]) -> NodeValues:
    """Return what of `said` stands on `day`, an ordinal.

    A box or line about a tenure or line that had ended, or is only known from later, is left out; of another
    the note says what is known of it that day.
    """
    kept = {}
    for name, one in said.items():
        status = book.status_of(one.get("about", ()), day)
        if status is None:
            kept[name] = one
        elif status.name not in _NOT_CURRENT:
            kept[name] = {**one, "note": _status_note(status, speakers)}
    return kept


def _status_note(status: Status, speakers: Mapping[str, Speaker]) -> list[Term]:
    return [ox.Literal(speaker.status(status), language=lang) for lang, speaker in speakers.items()]
