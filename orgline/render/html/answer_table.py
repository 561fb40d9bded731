"""Listing: an answer as a table of a page: its cells lead to things, its rows say what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from orgline.answers import Answer, evidence_texts, reasons_of, table_terms
from orgline.graph import NOT_STATED, Term
from orgline.render.html.page_context import PageContext

MAX_LISTED_ROWS = 500


@dataclass(frozen=True)
class LinkedText:
    """What stands in one cell of a table, and where it leads to."""

    text: str
    address: str | None


def answer_table_data(
    answer: Answer, store: ox.Store, frame: PageContext, *, most: int = MAX_LISTED_ROWS, of: ox.NamedNode | None = None
) -> dict[str, Any]:
    """Return what a page needs to show `answer`: headings, at most `most` rows, what it rests on.

    A column that says nothing but what the page is `of` is left out.
    """
    speaker = frame.speaker(store)
    headings, rows = table_terms(answer, speaker)
    kept = [at for at in range(len(headings)) if of is None or any(terms[at] != of for _, terms in rows)]

    def cell(term: Term | None) -> LinkedText:
        return LinkedText(speaker.term(term), frame.page_of(store, term))

    return {
        "headings": [headings[at] for at in kept],
        "is_dated": answer.is_dated,
        "rows": [
            {
                "cells": [cell(terms[at]) for at in kept],
                "status": speaker.status(row.status),
                "sources": list(dict.fromkeys(cell(source) for one in row.evidence for source in one.sources)),
                **evidence_texts(row, speaker),
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
