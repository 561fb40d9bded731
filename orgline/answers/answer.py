"""The answer to a question, and how it is written as a table, CSV or JSON.

A row is one fact with all its evidence. A text is given in the reader's language if it is known in that.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from orgline.content import EVIDENCE_COLUMNS, QueryFile
from orgline.graph import (
    NOT_STATED,
    RDF_TYPE,
    Evidence,
    NameChange,
    Speaker,
    Term,
    changes_for,
    locator_sort_key,
    ol_term,
    strongest,
    subjects,
    weakest,
)
from orgline.text import Moment, Status, escape_formula

Value = ox.NamedNode | ox.Literal
Texts = Mapping[str, str]
_CERTAINTIES = (ol_term("Stated"), ol_term("Inferred"), ol_term("OutsideKnowledge"))
_STANDINGS = (ol_term("Preferred"), ol_term("Normal"), ol_term("Superseded"))


@dataclass(frozen=True)
class Row:
    """One row of an answer, a fact: its terms by column, the claims it rests on, its own answer.

    `matched` are things that matching decisions call the same as what was asked about; `status` is that of the fact on
    the day asked about; `texts` are the texts of a column by language.
    """

    terms: Mapping[str, Term]
    evidence: tuple[Evidence, ...]
    answer: str
    matched: tuple[Term, ...] = ()
    status: Status | None = None
    texts: Mapping[str, Texts] = field(default_factory=dict)

    @property
    def standing(self) -> Term | None:
        """The best standing of the claims on the first node of the evidence."""
        first = self.evidence[:1]
        found = {
            claim.standing for claim in self.evidence if claim.about == first[0].about and claim.field == first[0].field
        }
        return next((standing for standing in _STANDINGS if standing in found), None)


@dataclass(frozen=True)
class Answer:
    """The answer to a question: the overall answer, the rows, and the sources used or, without rows, searched."""

    question: QueryFile
    answer: str
    rows: tuple[Row, ...]
    sources: tuple[Term, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    moment: Moment = field(default_factory=Moment.today)
    undated: tuple[Term, ...] = ()
    through: tuple[NameChange, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether any row rests on a tenure or line."""
        return any(row.status for row in self.rows)


def make_answer(
    store: ox.Store, question: QueryFile, rows: list[Row], values: Mapping[str, Value], moment: Moment
) -> Answer:
    """Return the answer with `rows`: as certain as its least certain fact, with the sources used or searched."""
    used = {source for row in rows for claim in row.evidence for source in claim.sources}
    sources = used or set(subjects(store, RDF_TYPE, ol_term("Source")))
    answer = weakest(strongest(answers) for answers in answers_by_statement(question, rows))
    ordered, through = tuple(sorted(sources, key=str)), changes_for(store, values)
    return Answer(question, answer, tuple(rows), ordered, values, moment, through=through)


def answers_by_statement(question: QueryFile, rows: list[Row]) -> Iterable[list[str]]:
    """Return the answers of the rows of each fact; rows of one fact are equal in all columns."""
    together: dict[Any, list[str]] = {}
    names = visible_columns(question, rows)
    for row in rows:
        cells = tuple((name, str(row.terms.get(name))) for name in names)
        together.setdefault(cells, []).append(row.answer)
    return together.values()


def visible_columns(question: QueryFile, rows: Iterable[Row]) -> list[str]:
    """Return the columns of the question, else those of the rows, without the columns of evidence."""
    named = [name for name in question.columns if name not in EVIDENCE_COLUMNS]
    return named or list(dict.fromkeys(name for row in rows for name in row.terms if name not in EVIDENCE_COLUMNS))


def cell_term(row: Row, name: str, speaker: Speaker) -> Term | None:
    """Return the term of a row in a column; a text in the language of `speaker` if it is known in that."""
    if name in row.texts:
        return ox.Literal(speaker.summary(row.texts[name]))
    return row.terms.get(name)


def as_table(answer: Answer, speaker: Speaker, *, exact: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of `answer` in the language of `speaker`, without empty columns.

    With `exact`, for programs: all columns, numbers and dates as in the graph.
    """
    say = speaker.exact if exact else speaker.term
    columns = visible_columns(answer.question, answer.rows)
    if answer.rows and not exact:
        columns = _filled(answer, columns)
    headings = [speaker.heading(name, answer.question.columns) for name in (*columns, *EVIDENCE_COLUMNS)]
    table = [
        [*(say(cell_term(row, name, speaker)) for name in columns), *evidence_texts(row, speaker).values()]
        for row in answer.rows
    ]
    return _insert_status(answer, headings, table, speaker, exact=exact)


def _filled(answer: Answer, columns: Iterable[str]) -> list[str]:
    """Return those `columns` that are not empty in all rows."""
    return [name for name in columns if any(name in row.terms for row in answer.rows)]


def table_terms(answer: Answer, speaker: Speaker) -> tuple[list[str], list[tuple[Row, list[Term | None]]]]:
    """Return the headings of `answer` and each row with its terms, without the columns of evidence."""
    columns = _filled(answer, visible_columns(answer.question, answer.rows))
    headings = [speaker.heading(name, answer.question.columns) for name in columns]
    return headings, [(row, [cell_term(row, name, speaker) for name in columns]) for row in answer.rows]


def _insert_status(
    answer: Answer, headings: list[str], table: list[list[str]], speaker: Speaker, *, exact: bool
) -> tuple[list[str], list[list[str]]]:
    """Insert the status before the evidence: in words or, if `exact`, as two columns, its name and date."""
    if not answer.is_dated:
        return headings, table
    at = len(headings) - len(EVIDENCE_COLUMNS)
    if exact:
        cells = [[row.status.name, row.status.date] if row.status else ["", ""] for row in answer.rows]
        titles = ["status", "status_date"]
    else:
        cells = [[speaker.status(row.status)] for row in answer.rows]
        titles = [speaker.word("as_of").format(speaker.date(answer.moment.day.isoformat()))]
    return [*headings[:at], *titles, *headings[at:]], [
        [*line[:at], *added, *line[at:]] for line, added in zip(table, cells, strict=True)
    ]


def evidence_texts(row: Row, speaker: Speaker) -> dict[str, str]:
    """Return source, lines, certainty and answer of a row in words; lines are grouped by source."""
    lines: dict[Term, set[str]] = {}
    for claim in row.evidence:
        for source, locators in claim.lines.items():
            lines.setdefault(source, set()).update(locators)
    found = {claim.certainty for claim in row.evidence}
    certainties = [certainty for certainty in _CERTAINTIES if certainty in found]
    standing = {row.standing} - {None, ol_term("Normal")}
    locators_by_source = [", ".join(sorted(locators, key=locator_sort_key)) for locators in lines.values()]
    return {
        "source": "; ".join(speaker.term(source) for source in lines),
        "locator": "; ".join(locators or "–" for locators in locators_by_source) if any(locators_by_source) else "",
        "certainty": "; ".join(speaker.term(term) for term in (*certainties, *standing)),
        "answer": speaker.word(row.answer),
    }


def as_json(answer: Answer, speaker: Speaker) -> str:
    """Return `answer` as JSON: question, summary, answer, rows with evidence, sources."""
    columns = visible_columns(answer.question, answer.rows)
    rows = [_row_json(row, columns, speaker) for row in answer.rows]
    sources = [
        {"iri": source.value, "label": speaker.term(source), "issued": speaker.issued(source)}
        for source in answer.sources
        if isinstance(source, ox.NamedNode)
    ]
    value = {
        "question": f"{answer.question.theme}/{answer.question.name}",
        "summary": speaker.summary(answer.question.summary),
        "as_of": answer.moment.day.isoformat(),
        **_known_on_json(answer, speaker),
        "through": [change.fields(speaker) for change in answer.through],
        "answer": answer.answer,
        "rows": rows,
        "sources": sources,
    }
    return json.dumps(value, ensure_ascii=False, indent=2)


def _row_json(row: Row, columns: Iterable[str], speaker: Speaker) -> dict[str, Any]:
    """Return a row as JSON: its columns, things also by their IRI, its status and evidence, the claims below it."""
    cells: dict[str, Any] = {}
    for name in columns:
        term = cell_term(row, name, speaker)
        cells[name] = speaker.value(term)
        if isinstance(term, ox.NamedNode):
            cells[f"{name}_iri"] = term.value
    status = {"status": row.status.name, "status_date": row.status.date} if row.status else {}
    evidence = {**evidence_texts(row, speaker), "answer": row.answer, "reasons": row_reasons(row, speaker)}
    return {**cells, **status, **evidence, "claims": [_claim(claim, speaker) for claim in row.evidence]}


def row_reasons(row: Row, speaker: Speaker) -> list[str]:
    """Return the reasons why a row is inferred, superseded or contradicted, without duplicates."""
    return list(dict.fromkeys(text for claim in row.evidence for text in speaker.reasons(claim, row.matched)))


def _claim(evidence: Evidence, speaker: Speaker) -> dict[str, Any]:
    """Return one claim as JSON: its sources with lines, the value as printed, certainty and standing."""
    return {
        "iri": evidence.node.value,
        "sources": [
            {"iri": source.value, "label": speaker.term(source), "lines": list(lines)}
            for source, lines in evidence.lines.items()
        ],
        "printed": list(evidence.printed),
        "certainty": speaker.term(evidence.certainty),
        "standing": speaker.term(evidence.standing),
        "answer": evidence.answer,
    }


def _known_on_json(answer: Answer, speaker: Speaker) -> dict[str, Any]:
    """Return the day *as known on* and the sources without a date, if such a day was asked about."""
    known_on = answer.moment.known_on
    if known_on is None:
        return {}
    return {"as_known_on": known_on.isoformat(), "undated_sources": [speaker.term(source) for source in answer.undated]}


def as_csv(answer: Answer, speaker: Speaker) -> str:
    """Return `answer` as CSV with formulas escaped; without rows, the last cell says "not stated"."""
    headings, rows = as_table(answer, speaker, exact=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    if answer.answer == NOT_STATED:
        writer.writerow([""] * (len(headings) - 1) + [speaker.word(NOT_STATED)])
    return text.getvalue()


def reasons_of(answer: Answer, speaker: Speaker) -> list[str]:
    """Return the reasons why rows are inferred, superseded or contradicted, without duplicates."""
    return list(dict.fromkeys(text for row in answer.rows for text in row_reasons(row, speaker)))
