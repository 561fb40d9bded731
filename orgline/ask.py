"""Ask: one question of the graph, answered with rows, their evidence and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from orgline.answer import Answer, Row, statements
from orgline.content import Content
from orgline.errors import CannotRun
from orgline.evidence import INFERRED, EvidenceBook, strongest, weakest
from orgline.find import choose, same_as
from orgline.query import Query, read_queries, run
from orgline.remote import Endpoint, names_at, rows_at
from orgline.store import RDF_TYPE, Term, ol, open_build, subjects
from orgline.words import folded, meant


def ask(
    store: ox.Store,
    question: Query,
    values: Mapping[str, ox.NamedNode] | None = None,
    endpoint: Endpoint | None = None,
) -> Answer:
    """Return the answer to `question` about `values`, a thing for each parameter that is given.

    What recorded matching decisions call the same as a value is asked of too; such rows are inferred.
    With `endpoint` the question is asked there, and `store` (see `remote.names_at`) takes what it says.
    """
    values = values or {}
    asked = {name: [node, *same_as(store, node)] for name, node in values.items()}
    solutions = rows_at(endpoint, question, asked, store) if endpoint else run(store, question, asked)
    book = EvidenceBook(store)
    rows = [_row(book, question, solution, values) for solution in solutions]
    rows = _folded_rows(rows)
    used = {source for row in rows for one in row.evidence for source in one.sources}
    sources = used or set(subjects(store, RDF_TYPE, ol("Source")))
    answer = weakest(strongest(said) for said in statements(question, rows))
    return Answer(question, answer, tuple(rows), tuple(sorted(sources, key=str)), values)


def _row(book: EvidenceBook, question: Query, solution: Mapping[str, Term], values: Mapping[str, ox.NamedNode]) -> Row:
    evidence = tuple(book.of(solution[name]) for name in question.evidence if name in solution)
    matched = tuple(solution[name] for name in values if name in solution and solution[name] != values[name])
    answers = [one.answer for one in evidence] + ([INFERRED] if matched or not evidence else [])
    terms = {name: term for name, term in solution.items() if name not in question.evidence}
    locator = terms.get("locator")
    return Row(terms, evidence, weakest(answers), (locator.value,) if locator is not None else (), matched)


def _folded_rows(rows: list[Row]) -> list[Row]:
    """Return `rows` with those that differ only in the line of the source put together, in their order."""
    together: dict[Any, list[Row]] = {}
    for row in rows:
        same = tuple((name, str(term)) for name, term in row.terms.items() if name != "locator")
        together.setdefault((same, tuple(str(one.node) for one in row.evidence)), []).append(row)
    return [
        Row(group[0].terms, group[0].evidence, group[0].answer, _all_locators(group), group[0].matched)
        for group in together.values()
    ]


def _all_locators(group: list[Row]) -> tuple[str, ...]:
    found = {locator for row in group for locator in row.locators}
    return tuple(sorted(found, key=lambda one: (len(one), one)))


def question_named(content: Content, typed: str) -> Query:
    """Return the question that `typed` names: its file's stem, with or without its theme.

    Raises CannotRun when there is none, naming what was probably meant.
    """
    name = typed.removesuffix(".rq").strip("/")
    found = [path for path in content.questions if name in (path.stem, f"{path.parent.name}/{path.stem}")]
    if not found:
        names = [path.stem for path in content.questions]
        hint = meant(folded(name).replace(" ", "-"), names) or ' See all with "orgline list".'
        raise CannotRun(f'ask: there is no question called "{typed}".{hint}')
    if len(found) > 1:
        both = ", ".join(f"{path.parent.name}/{path.stem}" for path in found)
        raise CannotRun(f'ask: "{typed}" names {len(found)} questions. Give one of {both}.')
    return read_queries(found, content)[0]


def chosen(
    store: ox.Store, question: Query, content: Content, typed: Mapping[str, str], lang: str
) -> dict[str, ox.NamedNode]:
    """Return the things meant by what was `typed` for the parameters of `question`.

    Raises CannotRun for an unknown parameter, a required one left out, and as `find.choose` does.
    """
    known = {parameter.name: parameter for parameter in question.parameters}
    for name in typed:
        if name not in known:
            may = ", ".join(f"--{one}" for one in known) or "nothing"
            raise CannotRun(f"--{name}: {question.name} is not asked of that.{meant(name, known)} It takes {may}.")
    for parameter in known.values():
        if parameter.required and parameter.name not in typed:
            raise CannotRun(f"--{parameter.name}: {question.name} needs it. Give {_words(parameter.words, lang)}.")
    return {
        name: choose(store, known[name], _classes(known[name].kind, content), value, lang)
        for name, value in typed.items()
    }


def place_to_ask(out: Path, question: Query, content: Content, url: str | None) -> tuple[ox.Store, Endpoint | None]:
    """Return the store of the build at `out`, or what the endpoint at `url` calls things, and that endpoint."""
    if url is None:
        return open_build(out), None
    endpoint = Endpoint(url)
    classes = {one for parameter in question.parameters for one in _classes(parameter.kind, content)}
    return names_at(endpoint, sorted(classes)), endpoint


def _classes(kind: str, content: Content) -> list[str]:
    return [content.expand(name) for name in kind.split()]


def _words(words: Mapping[str, str], lang: str) -> str:
    return words.get(lang) or next(iter(words.values()), "")
