"""Batch answers: a question asked once about all things, and its rows divided into the answers about each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pyoxigraph as ox

from orgline.answers.answer import Answer, Row, make_answer
from orgline.content import QueryFile
from orgline.graph import INFERRED, same_as, weakest

_LIMIT = re.compile(r"\bLIMIT\b", re.IGNORECASE)
AnsweredQuestion = tuple[QueryFile, Answer, ox.Store]


class BatchAnswers:
    """Answers to questions that were asked without values, and the part of each that is about one thing."""

    def __init__(self, asked: Iterable[AnsweredQuestion]) -> None:
        """`asked` are the questions with their answers; an answer is divided when a part of it is first needed."""
        self._asked = {entry[0].name: entry for entry in asked if not _LIMIT.search(entry[0].text)}
        self._rows: dict[tuple[str, str], dict[Any, list[Row]]] = {}

    def share(self, question: QueryFile, parameter: str, node: ox.NamedNode) -> AnsweredQuestion | None:
        """Return the answer to `question` asked of `node` by `parameter`, None where it must be asked by itself.

        That is so where not every row says what it is of, or there are only so many rows.
        """
        if question.name not in self._asked:
            return None
        _, whole, store = self._asked[question.name]
        key = (question.name, parameter)
        if key not in self._rows:
            self._rows[key] = {}
            for row in whole.rows:
                self._rows[key].setdefault(row.terms.get(parameter), []).append(row)
        if None in self._rows[key]:
            return None
        rows = list(self._rows[key].get(node, ()))
        for same in same_as(store, node):
            also = self._rows[key].get(same, ())
            rows += [replace(row, matched=(same,), answer=weakest([row.answer, INFERRED])) for row in also]
        answer = make_answer(store, question, rows, {parameter: node}, whole.moment)
        return question, replace(answer, undated=whole.undated), store
