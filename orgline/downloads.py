"""Downloads: what a page shows, as a file of tables: XLSX with a sheet each section, or CSV of all that is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyoxigraph as ox

from orgline.answer import as_csv, as_json
from orgline.ask import ask, chosen
from orgline.card import Card
from orgline.charts import POLICY, SVG, Charts
from orgline.negotiate import TABLES
from orgline.say import Speaker
from orgline.served import Request, Served, node_of, nothing_said
from orgline.sheets import Desk
from orgline.spreadsheet import About, answer_book, disposition, statement_table, table_book, table_csv, thing_book
from orgline.workbook import Cell, Sheet


@dataclass(frozen=True)
class File:
    """What is sent, and the header by which it is kept as a file, none if it is for programs."""

    data: bytes
    head: Mapping[str, Any]


def answered(served: Served, request: Request) -> File:
    """Return the answer to a question of the content in the form that is asked for."""
    session, question = served.session(request), served.question(request["question"])
    store, graphs = session.place_of(question)
    values = chosen(store, question, served.content, request["values"], request["lang"])
    answer = session.completed(ask(store, question, values, moment=session.moment, graphs=graphs))
    speaker = Speaker(store, request["lang"], served.content.words)
    title, media = speaker.summary(question.summary), request["media"]
    if media == TABLES["xlsx"]:
        data = answer_book(answer, speaker, date.fromisoformat(request["today"]), request.get("address", ""))
        return File(data, {"kept": disposition(title, "xlsx")})
    if media == TABLES["csv"]:
        return File(as_csv(answer, speaker).encode(), {"kept": disposition(title, "csv")})
    return File(as_json(answer, speaker).encode(), {})


def of_thing(desk: Desk) -> File:
    """Return what the page of a thing shows: its sections as sheets, or all statements as CSV. Raises Refused."""
    node, speaker = node_of(desk.request["iri"]), desk.frame.speaker(desk.store)
    card, about = Card(desk.store, desk.frame), _about(desk, speaker.term(node))
    if next(iter(desk.store.quads_for_pattern(node, None, None, None)), None) is None:
        raise nothing_said(node.value)
    if desk.request["media"] == TABLES["csv"]:
        return _file(about, "csv", table_csv(*statement_table(card.said(node), speaker)))
    words = desk.served.content.words
    answers = desk.explorer.answers_about(node)
    sections = ((answer, Speaker(store, speaker.lang, words)) for _, _, answer, store in answers)
    book = thing_book(node, sections, card.said(node), desk.explorer.kinds(node), speaker, about)
    return _file(about, "xlsx", book)


def of_search(desk: Desk) -> File:
    """Return what is called as somebody typed: names, kinds, addresses."""
    speaker, typed = desk.frame.speaker(desk.store), desk.query.get("q", "")
    about = _about(desk, f"{speaker.word('search_everywhere')}: {typed}")
    headings = [speaker.word(one) for one in ("name", "kind", "iri")]
    rows = [_hit(node, desk, speaker) for node in desk.explorer.found(typed)]
    if desk.request["media"] == TABLES["csv"]:
        return _file(about, "csv", table_csv(headings, rows))
    sheet = Sheet(speaker.word("name"), about.title, headings, rows)
    return _file(about, "xlsx", table_book(sheet, speaker, about))


def of_chart(desk: Desk) -> File:
    """Return an organization chart as a picture, which is shown as it is, or on paper. Raises Refused."""
    charts = Charts(desk.session, desk.frame, node_of(desk.request["iri"]))
    ending = "svg" if desk.request["media"] == SVG else "pdf"
    kept = disposition(charts.title, ending)
    if ending == "pdf":
        return File(charts.pdf(), {"kept": kept})
    return File(charts.svg(), {"kept": kept.replace("attachment", "inline", 1), "policy": POLICY})


def _hit(node: ox.NamedNode, desk: Desk, speaker: Speaker) -> list[Cell]:
    return [speaker.term(node), "; ".join(map(speaker.term, desk.explorer.kinds(node))), node.value]


def _about(desk: Desk, title: str) -> About:
    address = desk.request.get("address", "")
    return About(title, desk.frame.moment, date.fromisoformat(desk.request["today"]), address)


def _file(about: About, ending: str, data: bytes) -> File:
    return File(data, {"kept": disposition(about.title, ending)})


DOWNLOADS: dict[str, Callable[[Desk], File]] = {"chart": of_chart, "search": of_search, "thing": of_thing}
