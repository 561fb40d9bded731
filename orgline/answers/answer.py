"""Answer: what comes of a question, and how it is written as a table, CSV or JSON.

A row is one fact with all that it rests on. A text is shown in the reader's language where it is known in that.
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

    `matched` are the things that a matching decision calls the same as what was asked of, `status` what is known of
    the fact on the day asked of, `texts` the texts of a column by language.
    """

    terms: Mapping[str, Term]
    evidence: tuple[Evidence, ...]
    answer: str
    matched: tuple[Term, ...] = ()
    status: Status | None = None
    texts: Mapping[str, Texts] = field(default_factory=dict)

    @property
    def standing(self) -> Term | None:
        """The best standing of the claims on the first node that the row rests on."""
        first = self.evidence[:1]
        found = {
            claim.standing for claim in self.evidence if claim.about == first[0].about and claim.field == first[0].field
        }
        return next((standing for standing in _STANDINGS if standing in found), None)


@dataclass(frozen=True)
class Answer:
    """The answer to a question: one of the four as a whole, its rows, the sources used or looked at."""

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
    """Return the answer that `rows` are: as sure as its weakest statement, with the sources used or looked at."""
    used = {source for row in rows for one in row.evidence for source in one.sources}
    sources = used or set(subjects(store, RDF_TYPE, ol_term("Source")))
    answer = weakest(strongest(said) for said in answers_by_statement(question, rows))
    ordered, through = tuple(sorted(sources, key=str)), changes_for(store, values)
    return Answer(question, answer, tuple(rows), ordered, values, moment, through=through)


def answers_by_statement(question: QueryFile, rows: list[Row]) -> Iterable[list[str]]:
    """Return the answers of the rows of each statement: rows that differ only in who says so."""
    together: dict[Any, list[str]] = {}
    names = visible_columns(question, rows)
    for row in rows:
        said = tuple((name, str(row.terms.get(name))) for name in names)
        together.setdefault(said, []).append(row.answer)
    return together.values()


def visible_columns(question: QueryFile, rows: Iterable[Row]) -> list[str]:
    """Return the columns of an answer, those of its evidence left out: the header's, else all."""
    named = [name for name in question.columns if name not in EVIDENCE_COLUMNS]
    return named or list(dict.fromkeys(name for row in rows for name in row.terms if name not in EVIDENCE_COLUMNS))


def _cell(row: Row, name: str, speaker: Speaker) -> Term | None:
    """Return what a row has in a column, a text in the language of `speaker` if it is known in that."""
    if name in row.texts:
        return ox.Literal(speaker.summary(row.texts[name]))
    return row.terms.get(name)


def as_table(answer: Answer, speaker: Speaker, *, exact: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of `answer` in the words of `speaker`, columns without a cell left out.

    If `exact`, for programs: every column, numbers and dates as they stand in the graph.
    """
    say = speaker.exact if exact else speaker.term
    columns = visible_columns(answer.question, answer.rows)
    if answer.rows and not exact:
        columns = _filled(answer, columns)
    headings = [speaker.heading(name, answer.question.columns) for name in (*columns, *EVIDENCE_COLUMNS)]
    table = [
        [*(say(_cell(row, name, speaker)) for name in columns), *evidence_texts(row, speaker).values()]
        for row in answer.rows
    ]
    return _insert_status(answer, headings, table, speaker, exact=exact)


def _filled(answer: Answer, columns: Iterable[str]) -> list[str]:
    """Return those `columns` in which any row has something."""
    return [name for name in columns if any(name in row.terms for row in answer.rows)]


def table_terms(answer: Answer, speaker: Speaker) -> tuple[list[str], list[tuple[Row, list[Term | None]]]]:
    """Return the headings of `answer` and, for each row, what fills its columns; those of its evidence left out."""
    columns = _filled(answer, visible_columns(answer.question, answer.rows))
    headings = [speaker.heading(name, answer.question.columns) for name in columns]
    return headings, [(row, [_cell(row, name, speaker) for name in columns]) for row in answer.rows]


def _insert_status(
    answer: Answer, headings: list[str], table: list[list[str]], speaker: Speaker, *, exact: bool
) -> tuple[list[str], list[list[str]]]:
    """Put what is known on the day before the evidence: in words, or if `exact` as the status and its date."""
    if not answer.is_dated:
        return headings, table
    at = len(headings) - len(EVIDENCE_COLUMNS)
    if exact:
        said = [[row.status.name, row.status.date] if row.status else ["", ""] for row in answer.rows]
        titles = ["status", "status_date"]
    else:
        said = [[speaker.status(row.status)] for row in answer.rows]
        titles = [speaker.word("as_of").format(speaker.date(answer.moment.day.isoformat()))]
    return [*headings[:at], *titles, *headings[at:]], [
        [*line[:at], *cells, *line[at:]] for line, cells in zip(table, said, strict=True)
    ]


def evidence_texts(row: Row, speaker: Speaker) -> dict[str, str]:
    """Return source, lines, certainty and answer of a row in words: of several sources, each with its lines."""
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
    rows = []
    for row in answer.rows:
        cells: dict[str, Any] = {}
        for name in visible_columns(answer.question, answer.rows):
            term = _cell(row, name, speaker)
            cells[name] = speaker.value(term)
            if isinstance(term, ox.NamedNode):
                cells[f"{name}_iri"] = term.value
        status = {"status": row.status.name, "status_date": row.status.date} if row.status else {}
        evidence = {**evidence_texts(row, speaker), "answer": row.answer, "reasons": _reasons(row, speaker)}
        rows.append({**cells, **status, **evidence, "claims": [_claim(one, speaker) for one in row.evidence]})
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


def _reasons(row: Row, speaker: Speaker) -> list[str]:
    return list(dict.fromkeys(text for one in row.evidence for text in speaker.reasons(one, row.matched)))


def _claim(evidence: Evidence, speaker: Speaker) -> dict[str, Any]:
    """Return one claim that a row rests on: who says it where, as printed, how sure it is."""
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
    """Return by which day sources count, and those that have no date to tell, if that was asked."""
    known_on = answer.moment.known_on
    if known_on is None:
        return {}
    return {"as_known_on": known_on.isoformat(), "undated_sources": [speaker.term(one) for one in answer.undated]}


def as_csv(answer: Answer, speaker: Speaker) -> str:
    """Return `answer` as CSV, harmless in a spreadsheet; one without rows says that nothing is stated."""
    headings, rows = as_table(answer, speaker, exact=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    if answer.answer == NOT_STATED:
        writer.writerow([""] * (len(headings) - 1) + [speaker.word(NOT_STATED)])
    return text.getvalue()


def reasons_of(answer: Answer, speaker: Speaker) -> list[str]:
    """Return why rows are inferred, superseded or contradicted, each sentence once."""
    return list(dict.fromkeys(text for row in answer.rows for text in _reasons(row, speaker)))


def explain_hops(answer: Answer, speaker: Speaker) -> list[str]:
    """Return why each hop of `answer` holds, one sentence each: line, date, rule, what is printed where."""
    return [_explain_hop(row, speaker) for row in answer.rows]


def _explain_hop(row: Row, speaker: Speaker) -> str:
    said = {name: speaker.term(_cell(row, name, speaker)) for name in row.terms}
    lower = f"{said['lower']} ({said['quantifier']})" if "quantifier" in said else said["lower"]
    parts = [speaker.word("why_hop").format(lower, said["type"], said["upper"])]
    parts.append(speaker.status(row.status))
    rule = said.get("rule")
    parts.append(speaker.word("why_rule").format(rule) if rule else "")
    parts += [_quotation(one, speaker) for one in _distinct_evidence(row.evidence[1:] if rule else row.evidence)]
    parts.append(speaker.word(row.answer))
    sentence = "; ".join(dict.fromkeys(filter(None, parts))) + "."
    return " ".join([sentence, *_reasons(row, speaker)])


def _distinct_evidence(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence to tell: what is printed, and what stands on other lines than that."""
    told = list(evidence)
    printed = {line for one in told if one.printed for line in _source_lines(one)}
    return [one for one in told if one.printed or not _source_lines(one) <= printed]


def _source_lines(evidence: Evidence) -> set[tuple[Term, str]]:
    return {(source, line) for source, lines in evidence.lines.items() for line in lines or ("",)}


def _quotation(evidence: Evidence, speaker: Speaker) -> str:
    """Return what is printed where, of one claim."""
    printed = ", ".join(f"“{one}”" for one in evidence.printed)
    places = "; ".join(_citation(source, lines, speaker) for source, lines in evidence.lines.items())
    return f"{printed} ({places})" if printed and places else places


def _citation(source: Term, lines: tuple[str, ...], speaker: Speaker) -> str:
    if not lines:
        return speaker.term(source)
    word = speaker.word("line_of_file" if len(lines) == 1 else "lines_of_file")
    return f"{speaker.term(source)}, {word.format(', '.join(lines))}"
