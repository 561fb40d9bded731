"""Ask: one question of the graph, answered with rows, their evidence and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import pyoxigraph as ox

from orgline.answers.answer import Answer, Value, make_answer
from orgline.answers.facts import rows_of
from orgline.content import DAY_TYPE, Content, QueryFile, read_query_files, run_select, select
from orgline.graph import ChosenValues, EvidenceBook, Speaker, same_as
from orgline.hierarchy import with_levels
from orgline.text import CannotRun, Message, Moment, folded, parse_day, suggestion_for

if TYPE_CHECKING:
    from orgline.answers.endpoint_client import Endpoint

Graphs = list[ox.NamedNode | ox.DefaultGraph]
_DATE = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")


def ask(
    store: ox.Store,
    question: QueryFile,
    values: Mapping[str, Value] | None = None,
    endpoint: Endpoint | None = None,
    *,
    moment: Moment | None = None,
    graphs: Graphs | None = None,
) -> Answer:
    """Return the answer to `question` about `values`, a thing or a day for each parameter that is given.

    What recorded matching decisions call the same as a value is asked of too; such rows are inferred.
    With `endpoint` the question is asked there, and `store` (see `remote.names_at`) takes what it says.
    Rows that rest on a tenure or line say what is known of it at `moment` (today if it is not given).
    With `graphs`, these together are the default graph: see `orgline.hierarchy.day_dataset`.
    """
    values, moment = values or {}, moment or Moment.today()
    asked = {name: _with_matches(store, value) for name, value in values.items()}
    if endpoint:
        from orgline.answers.endpoint_client import fetch_rows

        solutions = fetch_rows(endpoint, question, asked, store)
    else:
        solutions = run_select(store, question, asked, graphs)
    ask_more = endpoint.select if endpoint else partial(select, store, graphs=graphs)
    numbered = with_levels(question, solutions, ask_more)
    rows = rows_of(EvidenceBook(store), question, numbered, values, moment.ordinal)
    return make_answer(store, question, rows, values, moment)


def _with_matches(store: ox.Store, value: Value) -> list[Value]:
    """Return `value` and what matching decisions call the same."""
    return [value, *same_as(store, value)] if isinstance(value, ox.NamedNode) else [value]


_SEE_ALL = Message("wrong_see_questions", ' See all with "orgline list".')


def find_question(content: Content, typed: str) -> QueryFile:
    """Return the question that `typed` names: its file's stem, with or without its theme.

    Raises CannotRun when there is none, naming what was probably meant.
    """
    name = typed.removesuffix(".rq").strip("/")
    found = [path for path in content.questions if name in (path.stem, f"{path.parent.name}/{path.stem}")]
    if not found:
        names = [path.stem for path in content.questions]
        hint = suggestion_for(folded(name).replace(" ", "-"), names) or _SEE_ALL
        text = f'ask: there is no question called "{typed}".{hint}'
        raise CannotRun(Message("wrong_question", text, typed, hint))
    if len(found) > 1:
        both = ", ".join(f"{path.parent.name}/{path.stem}" for path in found)
        raise CannotRun(f'ask: "{typed}" names {len(found)} questions. Give one of {both}.')
    return read_query_files(found, content)[0]


def find_view(content: Content, typed: str) -> QueryFile:
    """Return the view that `typed` names. Raises CannotRun when there is none, naming what was probably meant."""
    found = {path.stem: path for path in content.views}
    if typed not in found:
        raise CannotRun(
            f'view: there is no view called "{typed}".{suggestion_for(typed, found)} Give one of {", ".join(found)}.'
        )
    return read_query_files([found[typed]], content)[0]


def resolve_parameters(
    store: ox.Store, question: QueryFile, content: Content, typed: Mapping[str, str], lang: str
) -> ChosenValues:
    """Return the things, or days, meant by what was `typed` for the parameters of `question`.

    Raises CannotRun for an unknown parameter, a required one left out, and as `Chosen.choose` does.
    """
    known = {parameter.name: parameter for parameter in question.parameters}
    for name in typed:
        if name not in known:
            may = ", ".join(f"--{name}" for name in known) or "nothing"
            hint = suggestion_for(name, known)
            text = f"--{name}: {question.name} is not asked of that.{hint} It takes {may}."
            raise CannotRun(Message("wrong_not_asked", text, f"--{name}", hint, may))
    for parameter in known.values():
        if parameter.required and parameter.name not in typed:
            option, what = f"--{parameter.name}", _words(parameter.words, lang)
            text = f"{option}: {question.name} needs it. Give {what}."
            raise CannotRun(Message("wrong_needed", text, option, what))
    values = ChosenValues(Speaker(store, lang, content.words), content)
    for name, value in typed.items():
        if known[name].kind == DAY_TYPE:
            values[name] = ox.Literal(parse_day(f"--{name}", value).isoformat(), datatype=_DATE)
        else:
            values.choose(known[name], _class_iris(known[name].kind, content), value)
    return values


def connect_endpoint(question: QueryFile, content: Content, url: str) -> tuple[ox.Store, Endpoint]:
    """Return what the endpoint at `url` calls the things that `question` can be asked of, and that endpoint."""
    from orgline.answers.endpoint_client import Endpoint, fetch_names

    endpoint = Endpoint(url)
    things = (parameter for parameter in question.parameters if parameter.kind != DAY_TYPE)
    classes = {iri for parameter in things for iri in _class_iris(parameter.kind, content)}
    return fetch_names(endpoint, sorted(classes)), endpoint


def _class_iris(kind: str, content: Content) -> list[str]:
    return [content.expand(name) for name in kind.split()]


def _words(words: Mapping[str, str], lang: str) -> str:
    return words.get(lang) or next(iter(words.values()), "")
