"""Restricts the nodes of a view to one day: removes what does not hold on it and notes the status of the rest."""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from orgline.graph import EvidenceBook, Speaker, Term
from orgline.render.view.view_nodes import NodeValues
from orgline.text import ATTESTED_LATER, ENDED, Status

_NOT_CURRENT = (ENDED, ATTESTED_LATER)


def restrict_to_day(nodes: NodeValues, book: EvidenceBook, day: int, speakers: Mapping[str, Speaker]) -> NodeValues:
    """Return the `nodes` of a view that hold on `day`, a proleptic ordinal (date.toordinal).

    A box or line about a tenure or line that has ended, or is attested only later, is left out. Where another has a
    temporal status, its note is replaced by that status, by language. A node without dates is kept as it is.
    """
    kept = {}
    for name, node in nodes.items():
        status = book.status_of(node.get("about", ()), day)
        if status is None:
            kept[name] = node
        elif status.name not in _NOT_CURRENT:
            kept[name] = {**node, "note": _status_note(status, speakers)}
    return kept


def _status_note(status: Status, speakers: Mapping[str, Speaker]) -> list[Term]:
    return [ox.Literal(speaker.status(status), language=lang) for lang, speaker in speakers.items()]
