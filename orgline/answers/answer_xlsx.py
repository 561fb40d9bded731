"""Spreadsheet: answers, and what is said of a thing, as tables, with a sheet that says what they are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

import pyoxigraph as ox

from orgline.answers.answer import Answer, Row, as_csv, as_json, evidence_texts, reasons_of, table_terms
from orgline.graph import CONTRADICTED, INFERRED, NOT_STATED, STATED, Evidence, Speaker, Term
from orgline.text import CellValue, Moment, Sheet, build_workbook, escape_formula, folded

_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMERIC_TYPES = (f"{_XSD}decimal", f"{_XSD}integer")
_DATE_TYPES = (f"{_XSD}date", "http://id.loc.gov/datatypes/edtf/EDTF")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MAX_NAME_LENGTH = 60
ANSWER_STATES = (STATED, INFERRED, CONTRADICTED, NOT_STATED)
EvidencedStatement = tuple[Term, ox.NamedNode, Term, Evidence | None]


@dataclass(frozen=True)
class FileInfo:
    """What a file of tables is: its title, of which days, given when, where the same can be read."""

    title: str
    moment: Moment
    given: date
    address: str = ""


def _date_format(speaker: Speaker) -> str:
    """Return how a spreadsheet shows a day in this language; ISO where nobody says."""
    found = speaker.word("sheet_day")
    return found if found != "sheet_day" else "yyyy-mm-dd"


def to_cell(term: Term | None, speaker: Speaker) -> CellValue:
    """Return `term` as a cell: a number or a whole day as what it is, all else in words; codes are words."""
    if isinstance(term, ox.Literal):
        kind, text = term.datatype.value, term.value
        if kind in _NUMERIC_TYPES:
            with suppress(ArithmeticError):
                return Decimal(text)
        if kind in _DATE_TYPES and _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
    return speaker.term(term)


def answer_workbook(answer: Answer, speaker: Speaker, given: date, address: str = "") -> bytes:
    """Return `answer` as an XLSX file: its table, and what was asked of what, when, with which sources."""
    about = FileInfo(speaker.summary(answer.question.summary), answer.moment, given, address)
    sheets = [answer_sheet(answer, speaker, speaker.word("answer")), _answer_info_sheet(answer, speaker, about)]
    return build_workbook(sheets, about.title, about.moment.day, _date_format(speaker))


def answer_file(answer: Answer, speaker: Speaker, form: str) -> bytes:
    """Return `answer`, given today, as a file of that form: xlsx, csv or json."""
    if form == "xlsx":
        return answer_workbook(answer, speaker, Moment.today().day)
    return (as_csv(answer, speaker) if form == "csv" else as_json(answer, speaker) + "\n").encode()


def answer_sheet(answer: Answer, speaker: Speaker, name: str) -> Sheet:
    """Return the table of `answer`: what is asked for, what it rests on, and how sure it is."""
    headings, laid = table_terms(answer, speaker)
    day = speaker.word("as_of").format(speaker.date(answer.moment.day.isoformat()))
    reasons = [_reason_text(row, speaker) for row, _ in laid]
    dated, explained = answer.is_dated, any(reasons)
    rows: list[list[CellValue]] = []
    for (row, terms), why in zip(laid, reasons, strict=True):
        status = [speaker.status(row.status)] if dated else []
        grounds: list[CellValue] = [*status, *_evidence_cells(row, speaker), *([why] if explained else [])]
        rows.append([*(to_cell(term, speaker) for term in terms), *grounds])
    headings = [*headings, *([day] if dated else []), *map(speaker.word, ("source", "locator", "certainty", "answer"))]
    headings += [speaker.word("reason")] if explained else []
    if answer.answer == NOT_STATED:
        rows.append([*[None] * (len(headings) - 1), speaker.word(NOT_STATED)])
    heading = f"{speaker.summary(answer.question.summary)} {day}"
    return Sheet(name, heading, headings, rows)


def _evidence_cells(row: Row, speaker: Speaker) -> list[str]:
    words = evidence_texts(row, speaker)
    return [words["source"], words["locator"], words["certainty"], words["answer"]]


def _reason_text(row: Row, speaker: Speaker) -> str:
    return " ".join(dict.fromkeys(text for claim in row.evidence for text in speaker.reasons(claim, row.matched)))


def _answer_info_sheet(answer: Answer, speaker: Speaker, about: FileInfo) -> Sheet:
    """Return the sheet that says what was asked, of which day, the answer, its reasons and its sources."""
    parameters = {parameter.name: speaker.summary(parameter.words) for parameter in answer.question.parameters}
    rows: list[tuple[str, CellValue]] = [(speaker.word("question"), about.title)]
    for name, value in answer.values.items():
        address = f" <{value.value}>" if isinstance(value, ox.NamedNode) else ""
        rows.append((parameters.get(name) or speaker.word("asked_of"), f"{speaker.term(value)}{address}"))
    rows += [(speaker.word("answer"), speaker.word(answer.answer)), *_date_rows(speaker, about)]
    if answer.moment.known_on is not None and answer.undated:
        rows.append((speaker.word("undated_sources"), "; ".join(map(speaker.term, answer.undated))))
    rows += [(speaker.word("change"), change.sentence(speaker)) for change in answer.through]
    rows += [(speaker.word("reason"), text) for text in reasons_of(answer, speaker)]
    word = speaker.word("looked_at" if answer.answer == NOT_STATED else "source")
    rows += [(word, _dated_source(source, speaker)) for source in answer.sources]
    return _info_sheet(rows, speaker, about)


def _date_rows(speaker: Speaker, about: FileInfo) -> Iterator[tuple[str, CellValue]]:
    yield speaker.word("on_day"), about.moment.day
    if about.moment.known_on is not None:
        yield speaker.word("known_on_day"), about.moment.known_on
    yield speaker.word("given_on"), about.given


def _dated_source(source: Term, speaker: Speaker) -> str:
    """Return a source with the day of its publication, or that it does not say."""
    issued = speaker.issued(source)
    published = speaker.word("published").format(speaker.date(issued)) if issued else speaker.word("undated")
    return f"{speaker.term(source)} ({published})"


def _info_sheet(rows: list[tuple[str, CellValue]], speaker: Speaker, about: FileInfo) -> Sheet:
    """Return the sheet that says what a file is, with the meaning of the four answers."""
    meanings: list[tuple[str, CellValue]] = [
        (speaker.word("meaning"), f"{speaker.word(state)}: {speaker.word(f'means_{state}')}") for state in ANSWER_STATES
    ]
    where: list[tuple[str, CellValue]] = [(speaker.word("page_address"), about.address)] if about.address else []
    headings = [speaker.word("item"), speaker.word("said_of_item")]
    return Sheet(speaker.word("about_answer"), about.title, headings, [*rows, *meanings, *where])


def thing_workbook(  # noqa: PLR0917 -- the parts of one page
    node: ox.NamedNode,
    sections: Iterable[tuple[Answer, Speaker]],
    stated: Iterable[EvidencedStatement],
    kinds: Iterable[Term],
    speaker: Speaker,
    about: FileInfo,
) -> bytes:
    """Return the page of `node` as an XLSX file: a sheet each section, all statements, and what it is of."""
    statements = list(stated)
    sheets = [answer_sheet(answer, who, who.summary(answer.question.summary)) for answer, who in sections]
    headings, rows = statement_table(statements, speaker)
    sheets.append(Sheet(speaker.word("all_said"), about.title, headings, rows))
    sources = {source for *_, evidence in statements if evidence for source in evidence.sources}
    lines: list[tuple[str, CellValue]] = [
        (speaker.word("name"), about.title),
        (speaker.word("kind"), "; ".join(map(speaker.term, kinds))),
        (speaker.word("iri"), node.value),
        *_date_rows(speaker, about),
        *((speaker.word("source"), _dated_source(source, speaker)) for source in sorted(sources, key=str)),
    ]
    return build_workbook(
        [*sheets, _info_sheet(lines, speaker, about)], about.title, about.moment.day, _date_format(speaker)
    )


def statement_table(stated: Iterable[EvidencedStatement], speaker: Speaker) -> tuple[list[str], list[list[CellValue]]]:
    """Return statements as headings and rows: who, what, the value, and each source with line, date and certainty."""
    names = "of_thing property value language source published_on locator printed certainty answer reason iri".split()  # noqa: SIM905
    rows: list[list[CellValue]] = []
    for subject, name, value, evidence in stated:
        language = value.language if isinstance(value, ox.Literal) else None
        own: list[CellValue] = [speaker.term(subject), speaker.term(name), to_cell(value, speaker), language or None]
        address = value.value if isinstance(value, ox.NamedNode) else None
        rows += [[*own, *cells, address] for cells in _evidence_rows(evidence, speaker)]
    return [speaker.word(name) for name in names], rows


def _evidence_rows(evidence: Evidence | None, speaker: Speaker) -> list[list[CellValue]]:
    """Return a row for each source of a piece of evidence: source, date, lines, as printed, certainty, answer, why."""
    if evidence is None:
        return [[None] * 7]
    reasons = " ".join(speaker.reasons(evidence)) or None
    printed = "; ".join(evidence.printed) or None
    sure: list[CellValue] = [printed, speaker.term(evidence.certainty), speaker.word(evidence.answer), reasons]
    if not evidence.lines:
        return [[None, None, None, *sure]]
    return [
        [speaker.term(source), _issue_date(source, speaker), ", ".join(lines) or None, *sure]
        for source, lines in evidence.lines.items()
    ]


def _issue_date(source: Term, speaker: Speaker) -> CellValue:
    issued = speaker.issued(source)
    if issued and _ISO_DAY.fullmatch(issued):
        return date.fromisoformat(issued)
    return speaker.date(issued) if issued else speaker.word("undated")


def table_workbook(sheet: Sheet, speaker: Speaker, about: FileInfo) -> bytes:
    """Return one table, such as the hits of a search, as an XLSX file with a sheet that describes it."""
    rows: list[tuple[str, CellValue]] = [(speaker.word("question"), about.title), *_date_rows(speaker, about)]
    return build_workbook(
        [sheet, _info_sheet(rows, speaker, about)], about.title, about.moment.day, _date_format(speaker)
    )


def table_csv(headings: Iterable[str], rows: Iterable[Sequence[CellValue]]) -> bytes:
    """Return a table as CSV, harmless in a spreadsheet and marked as UTF-8 for it, as the tables of a build are."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(escape_formula, headings))
    for row in rows:
        writer.writerow(escape_formula("" if value is None else str(value)) for value in row)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def content_disposition(title: str, ending: str) -> str:
    r"""Return the header that names a downloaded file `title`: in plain letters for old browsers, in full for others.

    >>> content_disposition("Đề án 24?", "csv")
    'attachment; filename="de-an-24.csv"; filename*=UTF-8\'\'%C4%90%E1%BB%81%20%C3%A1n%2024.csv'
    """
    plain = folded(title).replace(" ", "-")[:_MAX_NAME_LENGTH].strip("-") or "orgline"
    kept = " ".join(re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', " ", title).split())[:_MAX_NAME_LENGTH].strip(" .") or plain
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(kept, safe='')}.{ending}"
