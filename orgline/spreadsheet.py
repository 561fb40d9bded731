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

from orgline.answer import Answer, Row, as_csv, as_json, evidence_words, laid_out, reasons_of
from orgline.evidence import CONTRADICTED, INFERRED, NOT_STATED, STATED, Evidence
from orgline.say import Speaker
from orgline.store import Term
from orgline.when import Moment
from orgline.words import folded, harmless
from orgline.workbook import Cell, Sheet, workbook

_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = (f"{_XSD}decimal", f"{_XSD}integer")
_DATES = (f"{_XSD}date", "http://id.loc.gov/datatypes/edtf/EDTF")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LONGEST_NAME = 60
ANSWERS = (STATED, INFERRED, CONTRADICTED, NOT_STATED)
Said = tuple[Term, ox.NamedNode, Term, Evidence | None]


@dataclass(frozen=True)
class About:
    """What a file of tables is: its title, of which days, given when, where the same can be read."""

    title: str
    moment: Moment
    given: date
    address: str = ""


def _day_form(speaker: Speaker) -> str:
    """Return how a spreadsheet shows a day in this language; ISO where nobody says."""
    found = speaker.word("sheet_day")
    return found if found != "sheet_day" else "yyyy-mm-dd"


def cell(term: Term | None, speaker: Speaker) -> Cell:
    """Return `term` as a cell: a number or a whole day as what it is, all else in words; codes are words."""
    if isinstance(term, ox.Literal):
        kind, text = term.datatype.value, term.value
        if kind in _NUMBERS:
            with suppress(ArithmeticError):
                return Decimal(text)
        if kind in _DATES and _DAY.fullmatch(text):
            return date.fromisoformat(text)
    return speaker.term(term)


def answer_book(answer: Answer, speaker: Speaker, given: date, address: str = "") -> bytes:
    """Return `answer` as an XLSX file: its table, and what was asked of what, when, with which sources."""
    about = About(speaker.summary(answer.question.summary), answer.moment, given, address)
    sheets = [answer_sheet(answer, speaker, speaker.word("answer")), _about_answer(answer, speaker, about)]
    return workbook(sheets, about.title, about.moment.day, _day_form(speaker))


def as_bytes(answer: Answer, speaker: Speaker, form: str) -> bytes:
    """Return `answer`, given today, as a file of that form: xlsx, csv or json."""
    if form == "xlsx":
        return answer_book(answer, speaker, Moment.today().day)
    return (as_csv(answer, speaker) if form == "csv" else as_json(answer, speaker) + "\n").encode()


def answer_sheet(answer: Answer, speaker: Speaker, name: str) -> Sheet:
    """Return the table of `answer`: what is asked for, what it rests on, and how sure it is."""
    headings, laid = laid_out(answer, speaker)
    day = speaker.word("as_of").format(speaker.date(answer.moment.day.isoformat()))
    reasons = [_reasons(row, speaker) for row, _ in laid]
    dated, explained = answer.is_dated, any(reasons)
    rows: list[list[Cell]] = []
    for (row, terms), why in zip(laid, reasons, strict=True):
        status = [speaker.status(row.status)] if dated else []
        told: list[Cell] = [*status, *_evidence(row, speaker), *([why] if explained else [])]
        rows.append([*(cell(one, speaker) for one in terms), *told])
    headings = [*headings, *([day] if dated else []), *map(speaker.word, ("source", "locator", "certainty", "answer"))]
    headings += [speaker.word("reason")] if explained else []
    if answer.answer == NOT_STATED:
        rows.append([*[None] * (len(headings) - 1), speaker.word(NOT_STATED)])
    heading = f"{speaker.summary(answer.question.summary)} {day}"
    return Sheet(name, heading, headings, rows)


def _evidence(row: Row, speaker: Speaker) -> list[str]:
    words = evidence_words(row, speaker)
    return [words["source"], words["locator"], words["certainty"], words["answer"]]


def _reasons(row: Row, speaker: Speaker) -> str:
    return " ".join(dict.fromkeys(text for one in row.evidence for text in speaker.reasons(one, row.matched)))


def _about_answer(answer: Answer, speaker: Speaker, about: About) -> Sheet:
    parameters = {one.name: speaker.summary(one.words) for one in answer.question.parameters}
    rows: list[tuple[str, Cell]] = [(speaker.word("question"), about.title)]
    for name, value in answer.values.items():
        address = f" <{value.value}>" if isinstance(value, ox.NamedNode) else ""
        rows.append((parameters.get(name) or speaker.word("asked_of"), f"{speaker.term(value)}{address}"))
    rows += [(speaker.word("answer"), speaker.word(answer.answer)), *_days(speaker, about)]
    if answer.moment.known_on is not None and answer.undated:
        rows.append((speaker.word("undated_sources"), "; ".join(map(speaker.term, answer.undated))))
    rows += [(speaker.word("change"), change.sentence(speaker)) for change in answer.through]
    rows += [(speaker.word("reason"), text) for text in reasons_of(answer, speaker)]
    word = speaker.word("looked_at" if answer.answer == NOT_STATED else "source")
    rows += [(word, _source(one, speaker)) for one in answer.sources]
    return _about(rows, speaker, about)


def _days(speaker: Speaker, about: About) -> Iterator[tuple[str, Cell]]:
    yield speaker.word("on_day"), about.moment.day
    if about.moment.known_on is not None:
        yield speaker.word("known_on_day"), about.moment.known_on
    yield speaker.word("given_on"), about.given


def _source(source: Term, speaker: Speaker) -> str:
    """Return a source with the day of its publication, or that it does not say."""
    issued = speaker.issued(source)
    said = speaker.word("published").format(speaker.date(issued)) if issued else speaker.word("undated")
    return f"{speaker.term(source)} ({said})"


def _about(rows: list[tuple[str, Cell]], speaker: Speaker, about: About) -> Sheet:
    """Return the sheet that says what a file is, with the meaning of the four answers."""
    meanings: list[tuple[str, Cell]] = [
        (speaker.word("meaning"), f"{speaker.word(one)}: {speaker.word(f'means_{one}')}") for one in ANSWERS
    ]
    where: list[tuple[str, Cell]] = [(speaker.word("page_address"), about.address)] if about.address else []
    headings = [speaker.word("item"), speaker.word("said_of_item")]
    return Sheet(speaker.word("about_answer"), about.title, headings, [*rows, *meanings, *where])


def thing_book(  # noqa: PLR0917 -- the parts of one page
    node: ox.NamedNode,
    sections: Iterable[tuple[Answer, Speaker]],
    said: Iterable[Said],
    kinds: Iterable[Term],
    speaker: Speaker,
    about: About,
) -> bytes:
    """Return the page of `node` as an XLSX file: a sheet each section, all statements, and what it is of."""
    statements = list(said)
    sheets = [answer_sheet(one, who, who.summary(one.question.summary)) for one, who in sections]
    headings, rows = statement_table(statements, speaker)
    sheets.append(Sheet(speaker.word("all_said"), about.title, headings, rows))
    sources = {source for *_, one in statements if one for source in one.sources}
    lines: list[tuple[str, Cell]] = [
        (speaker.word("name"), about.title),
        (speaker.word("kind"), "; ".join(map(speaker.term, kinds))),
        (speaker.word("iri"), node.value),
        *_days(speaker, about),
        *((speaker.word("source"), _source(one, speaker)) for one in sorted(sources, key=str)),
    ]
    return workbook([*sheets, _about(lines, speaker, about)], about.title, about.moment.day, _day_form(speaker))


def statement_table(said: Iterable[Said], speaker: Speaker) -> tuple[list[str], list[list[Cell]]]:
    """Return statements as headings and rows: who, what, the value, and each source with line, date and certainty."""
    names = "of_thing property value language source published_on locator printed certainty answer reason iri".split()  # noqa: SIM905
    rows: list[list[Cell]] = []
    for subject, name, value, evidence in said:
        language = value.language if isinstance(value, ox.Literal) else None
        own: list[Cell] = [speaker.term(subject), speaker.term(name), cell(value, speaker), language or None]
        address = value.value if isinstance(value, ox.NamedNode) else None
        rows += [[*own, *one, address] for one in _grounds(evidence, speaker)]
    return [speaker.word(one) for one in names], rows


def _grounds(evidence: Evidence | None, speaker: Speaker) -> list[list[Cell]]:
    """Return a row for each source of a piece of evidence: source, date, lines, as printed, certainty, answer, why."""
    if evidence is None:
        return [[None] * 7]
    reasons = " ".join(speaker.reasons(evidence)) or None
    printed = "; ".join(evidence.printed) or None
    sure: list[Cell] = [printed, speaker.term(evidence.certainty), speaker.word(evidence.answer), reasons]
    if not evidence.lines:
        return [[None, None, None, *sure]]
    return [
        [speaker.term(source), _issued(source, speaker), ", ".join(lines) or None, *sure]
        for source, lines in evidence.lines.items()
    ]


def _issued(source: Term, speaker: Speaker) -> Cell:
    issued = speaker.issued(source)
    if issued and _DAY.fullmatch(issued):
        return date.fromisoformat(issued)
    return speaker.date(issued) if issued else speaker.word("undated")


def table_book(sheet: Sheet, speaker: Speaker, about: About) -> bytes:
    """Return one table, such as what a search found, as an XLSX file, with what it is of."""
    rows: list[tuple[str, Cell]] = [(speaker.word("question"), about.title), *_days(speaker, about)]
    return workbook([sheet, _about(rows, speaker, about)], about.title, about.moment.day, _day_form(speaker))


def table_csv(headings: Iterable[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as CSV, harmless in a spreadsheet and marked as UTF-8 for it, as the tables of a build are."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(harmless, headings))
    for row in rows:
        writer.writerow(harmless("" if one is None else str(one)) for one in row)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def disposition(title: str, ending: str) -> str:
    r"""Return the header by which a file called `title` is kept: a plain name for all, the real one for most.

    >>> disposition("Đề án 24?", "csv")
    'attachment; filename="de-an-24.csv"; filename*=UTF-8\'\'%C4%90%E1%BB%81%20%C3%A1n%2024.csv'
    """
    plain = folded(title).replace(" ", "-")[:_LONGEST_NAME].strip("-") or "orgline"
    kept = " ".join(re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', " ", title).split())[:_LONGEST_NAME].strip(" .") or plain
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(kept, safe='')}.{ending}"
