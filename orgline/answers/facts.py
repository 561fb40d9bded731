"""Turns the solutions of a query into the rows of an answer, one a fact.

Solutions that differ only in the language of their texts are one fact in several languages; those that differ only in
the nodes and claims they rest on are one fact that several sources, or several claims, support.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from orgline.answers.answer import Row, Texts, Value
from orgline.answers.evidence_join import join_evidence
from orgline.content import QueryFile
from orgline.graph import INFERRED, EvidenceBook, Term, strongest, weakest
from orgline.text import most_certain

Solution = Mapping[str, Term]


def rows_of(
    book: EvidenceBook, question: QueryFile, solutions: Iterable[Solution], values: Mapping[str, Value], day: int
) -> list[Row]:
    """Return the `solutions` of `question`, asked of `values`, as rows with their evidence, in their order.

    Solutions that no source says are left out. `day`, an ordinal, is the day of the status of tenures and lines.
    """
    alike: dict[Hashable, list[Row]] = {}
    for solution, texts in _in_all_languages(question, solutions):
        row = _row(book, question, solution, texts, values, day)
        if row is None:
            continue
        cells = tuple(
            (name, tuple(texts[name].items()) if name in texts else str(row.terms[name])) for name in row.terms
        )
        alike.setdefault(cells, []).append(row)
    return [_together(rows) for rows in alike.values()]


def _row(  # noqa: PLR0917 -- the parts of one row
    book: EvidenceBook, question: QueryFile, solution: Solution, texts: Mapping[str, Texts], values: Solution, day: int
) -> Row | None:
    """Return the row of one solution of the query, None if no source says what it rests on first."""
    found = join_evidence(book, question.grounds, solution)
    if found is None:
        return None
    matched = tuple(solution[name] for name in values if name in solution and solution[name] != values[name])
    answer = weakest([found.answer, *([INFERRED] if matched else [])])
    terms = {name: term for name, term in solution.items() if name not in question.evidence}
    nodes = [solution[name] for name in question.status_of if name in solution]
    return Row(terms, found.evidence, answer, matched, book.status_of(nodes, day), texts)


def _together(rows: list[Row]) -> Row:
    """Return one row for `rows` of one fact: with the evidence of all, and as sure as the surest of them.

    It holds on a day if it does by any of them. The order of the evidence does not depend on that of the solutions,
    which a store is free to choose among equals.
    """
    rows = sorted(rows, key=lambda row: [str(claim.node) for claim in row.evidence])
    first = rows[0]
    evidence = {claim.node: claim for row in rows for claim in row.evidence}
    matched = tuple(dict.fromkeys(term for row in rows for term in row.matched))
    answer = strongest(row.answer for row in rows)
    return Row(
        first.terms, tuple(evidence.values()), answer, matched, most_certain(row.status for row in rows), first.texts
    )


@dataclass
class _Group:
    """Solutions that differ in the language of their texts only: the first of them, and the texts of each column."""

    first: Solution
    texts: dict[str, dict[str, list[str]]]

    def add(self, name: str, text: ox.Literal) -> None:
        """Add a `text` of the column `name`."""
        known = self.texts.setdefault(name, {}).setdefault(text.language or "", [])
        if text.value not in known:
            known.append(text.value)


def _in_all_languages(
    question: QueryFile, solutions: Iterable[Solution]
) -> Iterator[tuple[Solution, dict[str, Texts]]]:
    """Yield `solutions` with their texts by column and language, as one those that differ in the language only.

    Where a language has several texts in a column, they are several facts.
    """
    groups: dict[Hashable, _Group] = {}
    for solution in solutions:
        worded = {name: term for name, term in solution.items() if isinstance(term, ox.Literal) and term.language}
        key = tuple((name, None if name in worded else str(term)) for name, term in solution.items())
        group = groups.setdefault(key, _Group(solution, {}))
        for name, text in worded.items():
            group.add(name, text)
    for group in groups.values():
        most = max((len(values) for texts in group.texts.values() for values in texts.values()), default=1)
        for at in range(most):
            texts = {
                name: {lang: values[min(at, len(values) - 1)] for lang, values in sorted(by_lang.items())}
                for name, by_lang in group.texts.items()
            }
            yield group.first, {**texts, **_meanings(question, group.first)}


def _meanings(question: QueryFile, solution: Solution) -> dict[str, Texts]:
    """Return what the header says that literals of `solution` mean, by column."""
    plain = ((name, term) for name, term in solution.items() if isinstance(term, ox.Literal) and not term.language)
    return {name: question.words[term.value] for name, term in plain if term.value in question.words}
