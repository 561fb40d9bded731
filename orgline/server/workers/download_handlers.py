"""Downloads: what a page shows, as a file of tables: XLSX with a sheet each section, or CSV of all that is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyoxigraph as ox

from orgline.answers import (
    FileInfo,
    answer_workbook,
    as_csv,
    as_json,
    content_disposition,
    statement_table,
    table_csv,
    table_workbook,
    thing_workbook,
)
from orgline.graph import Speaker
from orgline.render import SVG_POLICY, SVG_TYPE, ChartDocument, ThingFacts
from orgline.server.workers.page_handlers import PageHandlers
from orgline.server.workers.worker_state import WorkerRequest, WorkerState, iri_node, no_statements_error
from orgline.text import TABLE_TYPES, CellValue, Sheet


@dataclass(frozen=True)
class Download:
    """What is sent, and the header by which it is kept as a file, none if it is for programs."""

    data: bytes
    head: Mapping[str, Any]


def question_download(served: WorkerState, request: WorkerRequest) -> Download:
    """Return the answer to a question of the content in the form that is asked for."""
    session, question = served.session(request), served.question(request["question"])
    answer, speaker = session.answer(question, request["values"], request["lang"])
    title, media = speaker.summary(question.summary), request["media"]
    if media == TABLE_TYPES["xlsx"]:
        data = answer_workbook(answer, speaker, date.fromisoformat(request["today"]), request.get("address", ""))
        return Download(data, {"kept": content_disposition(title, "xlsx")})
    if media == TABLE_TYPES["csv"]:
        return Download(as_csv(answer, speaker).encode(), {"kept": content_disposition(title, "csv")})
    return Download(as_json(answer, speaker).encode(), {})


def thing_download(desk: PageHandlers) -> Download:
    """Return what the page of a thing shows: its sections as sheets, or all statements as CSV. Raises Refused."""
    node, speaker = iri_node(desk.request["iri"]), desk.frame.speaker(desk.store)
    card, about = ThingFacts(desk.store, desk.frame), _download_info(desk, speaker.term(node))
    if next(iter(desk.store.quads_for_pattern(node, None, None, None)), None) is None:
        raise no_statements_error(node.value)
    if desk.request["media"] == TABLE_TYPES["csv"]:
        return _attachment(about, "csv", table_csv(*statement_table(card.statements(node), speaker)))
    words = desk.state.content.words
    answers = desk.explorer.answers_about(node)
    sections = ((answer, Speaker(store, speaker.lang, words)) for _, _, answer, store in answers)
    book = thing_workbook(node, sections, card.statements(node), desk.explorer.kinds(node), speaker, about)
    return _attachment(about, "xlsx", book)


def search_download(desk: PageHandlers) -> Download:
    """Return what is called as somebody typed: names, kinds, addresses."""
    speaker, typed = desk.frame.speaker(desk.store), desk.query.get("q", "")
    about = _download_info(desk, f"{speaker.word('search_everywhere')}: {typed}")
    headings = [speaker.word(one) for one in ("name", "kind", "iri")]
    rows = [_search_row(node, desk, speaker) for node in desk.explorer.found(typed)]
    if desk.request["media"] == TABLE_TYPES["csv"]:
        return _attachment(about, "csv", table_csv(headings, rows))
    sheet = Sheet(speaker.word("name"), about.title, headings, rows)
    return _attachment(about, "xlsx", table_workbook(sheet, speaker, about))


def chart_download(desk: PageHandlers) -> Download:
    """Return an organization chart as a picture, which is shown as it is, or on paper. Raises Refused."""
    charts = ChartDocument(desk.session, desk.frame, iri_node(desk.request["iri"]))
    ending = "svg" if desk.request["media"] == SVG_TYPE else "pdf"
    kept = content_disposition(charts.title, ending)
    if ending == "pdf":
        return Download(charts.pdf(), {"kept": kept})
    return Download(charts.svg(), {"kept": kept.replace("attachment", "inline", 1), "policy": SVG_POLICY})


def _search_row(node: ox.NamedNode, desk: PageHandlers, speaker: Speaker) -> list[CellValue]:
    return [speaker.term(node), "; ".join(map(speaker.term, desk.explorer.kinds(node))), node.value]


def _download_info(desk: PageHandlers, title: str) -> FileInfo:
    address = desk.request.get("address", "")
    return FileInfo(title, desk.frame.moment, date.fromisoformat(desk.request["today"]), address)


def _attachment(about: FileInfo, ending: str, data: bytes) -> Download:
    return Download(data, {"kept": content_disposition(about.title, ending)})


DOWNLOADS_BY_NAME: dict[str, Callable[[PageHandlers], Download]] = {
    "chart": chart_download,
    "search": search_download,
    "thing": thing_download,
}
