"""Listing: an answer as a table of a page: its cells lead to things, its rows say what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from orgline.answer import Answer, evidence_words, laid_out, reasons_of
from orgline.evidence import NOT_STATED
from orgline.frame import Frame
from orgline.store import Term

MOST = 500


@dataclass(frozen=True)
class Cell:
    """What stands in one cell of a table, and where it leads to."""

    text: str
    address: str | None


def listing(
    answer: Answer, store: ox.Store, frame: Frame, *, most: int = MOST, of: ox.NamedNode | None = None
) -> dict[str, Any]:
    """Return what a page needs to show `answer`: headings, at most `most` rows, what it rests on.

    A column that says nothing but what the page is `of` is left out.
    """
    speaker = frame.speaker(store)
    headings, rows = laid_out(answer, speaker)
    kept = [at for at in range(len(headings)) if of is None or any(terms[at] != of for _, terms in rows)]

    def cell(term: Term | None) -> Cell:
        return Cell(speaker.term(term), frame.page_of(store, term))

    return {
        "headings": [headings[at] for at in kept],
        "is_dated": answer.is_dated,
        "rows": [
            {
                "cells": [cell(terms[at]) for at in kept],
                "status": speaker.status(row.status),
                "sources": list(dict.fromkeys(cell(source) for one in row.evidence for source in one.sources)),
                **evidence_words(row, speaker),
                "mark": row.answer,
            }
            for row, terms in rows[:most]
        ],
        "more": max(len(rows) - most, 0),
        "mark": answer.answer,
        "is_stated": answer.answer != NOT_STATED,
        "reasons": reasons_of(answer, speaker)[:20],
        "looked_at": [cell(source) for source in answer.sources],
        "through": [change.sentence(speaker) for change in answer.through],
    }
