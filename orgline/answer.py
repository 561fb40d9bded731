"""Answer: what comes of a question, and how it is written as a table, CSV or JSON.

A text that a question gives in several languages is shown in the reader's: columns ``task_vi`` and
``task_en`` are one column ``task``, and of rows that differ only in the language of a text one is shown.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from orgline.evidence import NOT_STATED, Evidence, strongest, weakest
from orgline.query import Query
from orgline.say import Speaker
from orgline.store import LANGUAGES, RDF_TYPE, Term, ol, subjects
from orgline.through import Change, changes_behind
from orgline.when import Moment, Status
from orgline.words import harmless

_IN_LANGUAGE = re.compile(rf"(\w+)_({'|'.join(LANGUAGES)})")
Value = ox.NamedNode | ox.Literal
EVIDENCE_COLUMNS = ("source", "locator", "certainty", "answer")


@dataclass(frozen=True)
class Row:
    """One row of an answer: its terms by column, what it rests on, its own answer, its status on the day asked of."""

    terms: Mapping[str, Term]
    evidence: tuple[Evidence, ...]
    answer: str
    locators: tuple[str, ...] = ()
    matched: tuple[Term, ...] = ()
    status: Status | None = None


@dataclass(frozen=True)
class Answer:
    """The answer to a question: one of the four as a whole, its rows, the sources used or looked at."""

    question: Query
    answer: str
    rows: tuple[Row, ...]
    sources: tuple[Term, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    moment: Moment = field(default_factory=Moment.today)
    undated: tuple[Term, ...] = ()
    through: tuple[Change, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether any row rests on a tenure or line."""
        return any(row.status for row in self.rows)


def answer_of(store: ox.Store, question: Query, rows: list[Row], values: Mapping[str, Value], moment: Moment) -> Answer:
    """Return the answer that `rows` are: as sure as its weakest statement, with the sources used or looked at."""
    used = {source for row in rows for one in row.evidence for source in one.sources}
    sources = used or set(subjects(store, RDF_TYPE, ol("Source")))
    answer = weakest(strongest(said) for said in statements(question, rows))
    ordered, through = tuple(sorted(sources, key=str)), changes_behind(store, values)
    return Answer(question, answer, tuple(rows), ordered, values, moment, through=through)


def statements(question: Query, rows: list[Row]) -> Iterable[list[str]]:
    """Return the answers of the rows of each statement: rows that differ only in who says so."""
    together: dict[Any, list[str]] = {}
    names = shown(question, rows)
    for row in rows:
        said = tuple((name, str(row.terms.get(name))) for name in names)
        together.setdefault(said, []).append(row.answer)
    return together.values()


def shown(question: Query, rows: Iterable[Row]) -> list[str]:
    """Return the columns of an answer, those of its evidence left out: the header's, else all."""
    named = [name for name in question.columns if name not in EVIDENCE_COLUMNS]
    return named or list(dict.fromkeys(name for row in rows for name in row.terms if name not in EVIDENCE_COLUMNS))


def _columns(answer: Answer, lang: str) -> dict[str, list[str]]:
    """Return the columns to show and, for each, the variables that may fill it, the reader's language first."""
    columns: dict[str, list[str]] = {}
    for name in shown(answer.question, answer.rows):
        parted = _IN_LANGUAGE.fullmatch(name)
        filling = columns.setdefault(parted.group(1) if parted else name, [])
        filling.insert(0 if name.endswith(f"_{lang}") else len(filling), name)
    return columns


def _in_language(answer: Answer, lang: str) -> list[Row]:
    """Return the rows of `answer`, of those that differ only in the language of a text the reader's."""
    together: dict[Any, dict[str, list[Row]]] = {}
    for row in answer.rows:
        same, languages = [], set()
        for name, term in row.terms.items():
            tag = term.language if isinstance(term, ox.Literal) else None
            languages |= {tag} - {None}
            same.append((name, "" if tag and not _IN_LANGUAGE.fullmatch(name) else str(term)))
        key = (tuple(same), tuple(str(one.node) for one in row.evidence), row.locators)
        tag = next(iter(languages)) if len(languages) == 1 else ""
        together.setdefault(key, {}).setdefault(str(tag), []).append(row)
    order = (lang, *LANGUAGES, "")
    return [
        row
        for group in together.values()
        for row in group[next((one for one in order if one in group), next(iter(group)))]
    ]


def _cell(row: Row, names: Iterable[str]) -> Term | None:
    return next((row.terms[name] for name in names if name in row.terms), None)


def as_table(answer: Answer, speaker: Speaker, *, exact: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of `answer` in the words of `speaker`, columns without a cell left out.

    If `exact`, for programs: every column, numbers and dates as they stand in the graph.
    """
    say = speaker.exact if exact else speaker.term
    rows = _in_language(answer, speaker.lang)
    columns = list(_columns(answer, speaker.lang).values())
    if rows and not exact:
        columns = [names for names in columns if any(_cell(row, names) is not None for row in rows)]
    names = (*(one[0] for one in columns), *EVIDENCE_COLUMNS)
    headings = [speaker.heading(name, answer.question.columns) for name in names]
    table = [[*(say(_cell(row, one)) for one in columns), *evidence_words(row, speaker).values()] for row in rows]
    return _with_status(answer, rows, headings, table, speaker, exact=exact)


def laid_out(answer: Answer, speaker: Speaker) -> tuple[list[str], list[tuple[Row, list[Term | None]]]]:
    """Return the headings of `answer` and, for each row, what fills its columns; those of its evidence left out."""
    rows = _in_language(answer, speaker.lang)
    columns = list(_columns(answer, speaker.lang).values())
    columns = [names for names in columns if any(_cell(row, names) is not None for row in rows)]
    headings = [speaker.heading(names[0], answer.question.columns) for names in columns]
    return headings, [(row, [_cell(row, names) for names in columns]) for row in rows]


def _with_status(
    answer: Answer, rows: list[Row], headings: list[str], table: list[list[str]], speaker: Speaker, *, exact: bool
) -> tuple[list[str], list[list[str]]]:
    """Put what is known on the day before the evidence: in words, or if `exact` as the status and its date."""
    if not answer.is_dated:
        return headings, table
    at = len(headings) - len(EVIDENCE_COLUMNS)
    if exact:
        said = [[row.status.name, row.status.date] if row.status else ["", ""] for row in rows]
        titles = ["status", "status_date"]
    else:
        said = [[speaker.status(row.status)] for row in rows]
        titles = [speaker.word("as_of").format(speaker.date(answer.moment.day.isoformat()))]
    return [*headings[:at], *titles, *headings[at:]], [
        [*line[:at], *cells, *line[at:]] for line, cells in zip(table, said, strict=True)
    ]


def evidence_words(row: Row, speaker: Speaker) -> dict[str, str]:
    """Return source, lines, certainty and answer of a row in words: of several sources, each with its lines."""
    lines: dict[Term, dict[str, None]] = {}
    for one in row.evidence:
        for source, named in one.lines.items():
            lines.setdefault(source, {}).update(dict.fromkeys(named))
    certainties = dict.fromkeys(one.certainty for one in row.evidence if one.certainty)
    standings = dict.fromkeys(one.standing for one in row.evidence[:1] if one.standing != ol("Normal"))
    return {
        "source": "; ".join(speaker.term(source) for source in lines),
        "locator": "; ".join(", ".join(found) or "–" for found in lines.values()) if any(lines.values()) else "",
        "certainty": "; ".join(speaker.term(one) for one in (*certainties, *standings) if one),
        "answer": speaker.word(row.answer),
    }


def as_json(answer: Answer, speaker: Speaker) -> str:
    """Return `answer` as JSON: question, summary, answer, rows with evidence, sources."""
    rows = []
    columns = _columns(answer, speaker.lang)
    for row in _in_language(answer, speaker.lang):
        cells: dict[str, Any] = {}
        for name, filling in columns.items():
            term = _cell(row, filling)
            cells[name] = speaker.value(term)
            if isinstance(term, ox.NamedNode):
                cells[f"{name}_iri"] = term.value
        words = evidence_words(row, speaker)
        reasons = dict.fromkeys(text for one in row.evidence for text in speaker.reasons(one, row.matched))
        status = {"status": row.status.name, "status_date": row.status.date} if row.status else {}
        rows.append({**cells, **status, **words, "answer": row.answer, "reasons": list(reasons)})
    sources = [
        {"iri": source.value, "label": speaker.term(source), "issued": speaker.issued(source)}
        for source in answer.sources
        if isinstance(source, ox.NamedNode)
    ]
    value = {
        "question": f"{answer.question.theme}/{answer.question.name}",
        "summary": speaker.summary(answer.question.summary),
        "as_of": answer.moment.day.isoformat(),
        **_known_on(answer, speaker),
        "through": [change.fields(speaker) for change in answer.through],
        "answer": answer.answer,
        "rows": rows,
        "sources": sources,
    }
    return json.dumps(value, ensure_ascii=False, indent=2)


def _known_on(answer: Answer, speaker: Speaker) -> dict[str, Any]:
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
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    if answer.answer == NOT_STATED:
        writer.writerow([""] * (len(headings) - 1) + [speaker.word(NOT_STATED)])
    return text.getvalue()


def reasons_of(answer: Answer, speaker: Speaker) -> list[str]:
    """Return why rows are inferred, superseded or contradicted, each sentence once."""
    found = (text for row in answer.rows for one in row.evidence for text in speaker.reasons(one, row.matched))
    return list(dict.fromkeys(found))


def sentences(answer: Answer, speaker: Speaker) -> list[str]:
    """Return why each hop of `answer` holds, one sentence each: line, date, rule, what is printed where."""
    return [_sentence(row, speaker) for row in answer.rows]


def _sentence(row: Row, speaker: Speaker) -> str:
    said = {name: speaker.term(term) for name, term in row.terms.items()}
    lower = f"{said['lower']} ({said['quantifier']})" if "quantifier" in said else said["lower"]
    parts = [speaker.word("why_hop").format(lower, said["type"], said["upper"])]
    parts.append(speaker.status(row.status))
    rule = said.get(f"rule_{speaker.lang}") or said.get("rule_en")
    parts.append(speaker.word("why_rule").format(rule) if rule else "")
    parts += [_source(one, speaker) for one in _told(row.evidence[1:] if rule else row.evidence)]
    parts.append(speaker.word(row.answer))
    sentence = "; ".join(dict.fromkeys(filter(None, parts))) + "."
    reasons = dict.fromkeys(text for one in row.evidence for text in speaker.reasons(one, row.matched))
    return " ".join([sentence, *reasons])


def _told(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence to tell: what is printed, and what stands on other lines than that."""
    told = list(evidence)
    printed = {line for one in told if one.printed for line in _lines(one)}
    return [one for one in told if one.printed or not _lines(one) <= printed]


def _lines(evidence: Evidence) -> set[tuple[Term, str]]:
    return {(source, line) for source, lines in evidence.lines.items() for line in lines or ("",)}


def _source(evidence: Evidence, speaker: Speaker) -> str:
    """Return what is printed where, of one claim."""
    printed = ", ".join(f"“{one}”" for one in evidence.printed)
    places = "; ".join(_place(source, lines, speaker) for source, lines in evidence.lines.items())
    return f"{printed} ({places})" if printed and places else places


def _place(source: Term, lines: tuple[str, ...], speaker: Speaker) -> str:
    if not lines:
        return speaker.term(source)
    word = speaker.word("line_of_file" if len(lines) == 1 else "lines_of_file")
    return f"{speaker.term(source)}, {word.format(', '.join(lines))}"
