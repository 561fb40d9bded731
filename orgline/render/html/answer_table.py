"""The values with which a page shows an answer as a table: linked cells, and the evidence of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from orgline.answers import Answer, evidence_texts, reasons_of, table_terms
from orgline.graph import NOT_STATED, Term
from orgline.render.html.page_context import PageContext

MAX_LISTED_ROWS, MAX_REASONS = 500, 20


@dataclass(frozen=True)
class LinkedText:
    """The text of a cell, and the address that it links to."""

    text: str
    address: str | None


def answer_table_data(
    answer: Answer,
    store: ox.Store,
    context: PageContext,
    *,
    max_rows: int = MAX_LISTED_ROWS,
    about: ox.NamedNode | None = None,
) -> dict[str, Any]:
    """Return the values for the macro `table`: headings, at most `max_rows` rows, notes on the whole answer.

    On the page `about` a node, a column that holds nothing but that node is left out.
    """
    speaker = context.speaker(store)
    headings, rows = table_terms(answer, speaker)
    columns = [
        column for column in range(len(headings)) if about is None or any(terms[column] != about for _, terms in rows)
    ]

    def cell(term: Term | None) -> LinkedText:
        return LinkedText(speaker.term(term), context.page_of(store, term))

    return {
        "headings": [headings[column] for column in columns],
        "is_dated": answer.is_dated,
        "rows": [
            {
                "cells": [cell(terms[column]) for column in columns],
                "status": speaker.status(row.status),
                "sources": list(
                    dict.fromkeys(cell(source) for evidence in row.evidence for source in evidence.sources)
                ),
                **evidence_texts(row, speaker),
                "mark": row.answer,
            }
            for row, terms in rows[:max_rows]
        ],
        "more": max(len(rows) - max_rows, 0),
        "mark": answer.answer,
        "is_stated": answer.answer != NOT_STATED,
        "reasons": reasons_of(answer, speaker)[:MAX_REASONS],
        "looked_at": [cell(source) for source in answer.sources],
        "name_changes": [change.sentence(speaker) for change in answer.through],
    }
