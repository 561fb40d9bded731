"""Pinned answers: the expected rows of questions and checks, one CSV file for each, checked by hand when written.

``tests/answers/<world>/<theme>/<question>.csv`` holds one or more askings. Each begins with a line
``# asked: name=value … as-of=DAY``, then ``# answer: …`` (the answer as a whole; not for checks), perhaps
``# FOUND Qn: not right yet`` where the rows are known to be wrong, then the rows as CSV. The day is always given, so
that a pin does not change with the date of the test run. Things are written by their slug below the base IRI
(``person/tran-vi-du``), codes and terms with a prefix (``code:role/member``).

A row has the columns of the question, then ``on_the_day`` (what is known of a tenure or line on the day), ``sources``
(with the lines of each), ``certainty`` and ``answer``. A text stands in all its languages. Rows are sorted, since not
every question orders all of its rows.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from orgline.answers import ask
from orgline.content import DAY_TYPE, Content, QueryFile, read_query_files, run_select
from orgline.graph import infer, load, run_checks
from orgline.hierarchy import ArrayHierarchy, open_day_dataset, relations_of
from orgline.text import Moment

HERE = Path(__file__).parent
BASE = "https://w3id.org/orgline/id/"
CHECKS = "checks"
ASKED, ANSWERED, FOUND = "# asked:", "# answer:", "# FOUND "
DEFAULT_DAY = date(2046, 6, 30)
_XSD_DATE = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
_NOT_SHOWN = frozenset({"source", "locator", "certainty", "answer"})


@dataclass
class World:
    """A content tree, loaded, with its conclusions and findings: what the pins of one folder are asked of."""

    content: Content
    store: ox.Store
    _of_days: dict[date, tuple[ox.Store, list[ox.NamedNode | ox.DefaultGraph]]] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Content) -> World:
        """Return the world of a content tree."""
        loaded = load(content)
        infer(loaded.store, content)
        run_checks(loaded.store, content, loaded.origins)
        return cls(content, loaded.store)

    @cached_property
    def questions(self) -> dict[str, QueryFile]:
        """The questions and checks by their place, ``theme/name``."""
        read = read_query_files([*self.content.questions, *self.content.checks], self.content)
        return {f"{one.theme}/{one.name}": one for one in read}

    @cached_property
    def _hierarchy(self) -> ArrayHierarchy:
        return ArrayHierarchy(relations_of(self.store))

    def on(self, day: date) -> tuple[ox.Store, list[ox.NamedNode | ox.DefaultGraph]]:
        """Return a copy of the store with the shortcuts of `day`, and the graphs that are its default graph."""
        if day not in self._of_days:
            copy = ox.Store()
            copy.bulk_extend(self.store)
            self._of_days[day] = open_day_dataset(copy, self._hierarchy, day)
        return self._of_days[day]

    @cached_property
    def _namespaces(self) -> list[tuple[str, str]]:
        prefixes = self.content.prefixes.items()
        return sorted(((space, f"{name}:") for name, space in prefixes), key=lambda pair: -len(pair[0]))

    def short(self, term: ox.NamedNode | ox.Literal | ox.BlankNode | ox.Triple | None) -> str:
        """Return how a pin writes a term; nothing for None."""
        if term is None:
            return ""
        if not isinstance(term, ox.NamedNode):
            return str(getattr(term, "value", term))
        if term.value.startswith(BASE):
            return term.value.removeprefix(BASE)
        space, prefix = next(((s, p) for s, p in self._namespaces if term.value.startswith(s)), ("", ""))
        return prefix + term.value.removeprefix(space)

    def term(self, question: QueryFile, name: str, text: str) -> ox.NamedNode | ox.Literal:
        """Return the value that `text` stands for, of the parameter `name` of a question."""
        kind = next(one.kind for one in question.parameters if one.name == name)
        if kind == DAY_TYPE:
            return ox.Literal(text, datatype=_XSD_DATE)
        return ox.NamedNode(self.content.expand(text) if ":" in text else BASE + text)


@dataclass(frozen=True)
class Asking:
    """One asking of a question: its arguments as text, the day, and the remarks that stand above its rows."""

    arguments: Mapping[str, str] = field(default_factory=dict)
    day: date = DEFAULT_DAY
    remarks: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The line that begins it."""
        said = (f"{name}={value}" for name, value in {**self.arguments, "as-of": self.day.isoformat()}.items())
        return f"{ASKED} {' '.join(said)}"

    @classmethod
    def read(cls, line: str, remarks: Iterable[str]) -> Asking:
        """Return the asking that a line tells."""
        arguments = dict(part.split("=", 1) for part in line.removeprefix(ASKED).split())
        return cls(arguments, date.fromisoformat(arguments.pop("as-of")), tuple(remarks))


def askings(text: str) -> list[Asking]:
    """Return the askings of a pin file, each with its remarks."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(ASKED):
            found.append((line, []))
        elif line.startswith("#") and not line.startswith(ANSWERED):
            found[-1][1].append(line)
    return [Asking.read(line, remarks) for line, remarks in found]


def rows_of(world: World, question: QueryFile, asking: Asking) -> tuple[str, list[str], list[list[str]]]:
    """Return the answer as a whole, the columns and the sorted rows of one asking. A check has no answer."""
    values = {name: world.term(question, name, text) for name, text in asking.arguments.items()}
    if question.theme == CHECKS:
        found = run_select(world.store, question, {})
        columns = list(dict.fromkeys(name for row in found for name in row))
        return "", columns, sorted([world.short(row.get(name)) for name in columns] for row in found)
    store, graphs = world.on(asking.day) if question.depends_on_day else (world.store, None)
    answer = ask(store, question, values, moment=Moment(asking.day), graphs=graphs)
    columns = [name for name in question.columns if name not in _NOT_SHOWN]
    rows = sorted([*_cells(world, columns, row), *_evidence(world, row)] for row in answer.rows)
    return answer.answer, [*columns, "on_the_day", "sources", "certainty", "answer"], rows


def _cells(world: World, columns: list[str], row: object) -> Iterator[str]:
    texts = getattr(row, "texts", {})
    for name in columns:
        spoken = texts.get(name)
        term = row.terms.get(name)  # type: ignore[attr-defined]
        yield " | ".join(spoken[lang] for lang in sorted(spoken)) if spoken else world.short(term)


def _evidence(world: World, row: object) -> list[str]:
    """Return the status, the sources with their lines, the certainties and standings, and the answer of a row."""
    said: dict[str, dict[str, None]] = {}
    sure: dict[str, None] = {}
    for one in row.evidence:  # type: ignore[attr-defined]
        for source, lines in one.lines.items():
            said.setdefault(world.short(source).removeprefix("source/"), {}).update(dict.fromkeys(lines))
        if not one.lines:
            said.setdefault(world.short(one.node), {})
        for mark in (one.certainty, one.standing):
            if mark is not None:
                sure[world.short(mark).removeprefix("ol:")] = None
    sources = "; ".join(" ".join([name, *sorted(lines, key=_by_number)]) for name, lines in sorted(said.items()))
    certainty = " ".join(sorted(sure.keys() - {"Normal"}))
    status = row.status  # type: ignore[attr-defined]
    words = f"{status.name} {status.date}".strip() if status else ""
    return [words, sources, certainty, row.answer]  # type: ignore[attr-defined]


def _by_number(locator: str) -> tuple[int, str]:
    return len(locator), locator


def written(world: World, question: QueryFile, asking: Asking) -> str:
    """Return one asking with its rows, as it stands in a pin file."""
    answer, columns, rows = rows_of(world, question, asking)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([columns, *rows] if columns else rows)
    head = [asking.line, *([f"{ANSWERED} {answer}"] if answer else []), *asking.remarks]
    return "\n".join(head) + "\n" + out.getvalue()


def pin(world: World, question: QueryFile, asked: Iterable[Asking]) -> str:
    """Return the text of the pin file of a question."""
    return "\n".join(written(world, question, asking) for asking in asked)


def proposed(world: World, question: QueryFile, asked: Iterable[Asking] = ()) -> list[Asking]:
    """Return what a question is not yet `asked`: nothing in particular, and of each of its parameters something."""
    asked = list(asked)
    if question.theme == CHECKS or question.needs_values:
        return [] if asked else [Asking()] if question.theme == CHECKS else []
    store, graphs = world.on(DEFAULT_DAY) if question.depends_on_day else (world.store, None)
    solutions = run_select(store, question, {}, graphs)
    found = [] if any(not one.arguments for one in asked) else [Asking()]
    for parameter in question.parameters:
        if any(parameter.name in one.arguments for one in asked):
            continue
        counts = Counter(world.short(row[parameter.name]) for row in solutions if parameter.name in row)
        if counts:
            found.append(Asking({parameter.name: _fit(counts)}))
    return found


def _fit(counts: Counter[str]) -> str:
    """Return the value with the most rows of those with at most eight, else the one with the fewest."""
    few = {value: number for value, number in counts.items() if number <= 8}
    return (
        max(few, key=lambda value: (few[value], value))
        if few
        else min(counts, key=lambda value: (counts[value], value))
    )
