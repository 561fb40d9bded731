"""Makes downloads: an answer, a thing or a search as XLSX or CSV, a chart as SVG or PDF."""

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
    """The bytes of a file, and what the head of the answer adds: `kept` is its Content-Disposition header."""

    data: bytes
    head: Mapping[str, Any]


def question_download(state: WorkerState, request: WorkerRequest) -> Download:
    """Return the answer to a question: XLSX or CSV as files to save, or JSON for programs. Raises OrglineError."""
    build, question = state.opened_build(request), state.question(request["question"])
    answer, speaker = build.answer(question, request["values"], request["lang"])
    title, media = speaker.summary(question.summary), request["media"]
    if media == TABLE_TYPES["xlsx"]:
        data = answer_workbook(answer, speaker, date.fromisoformat(request["today"]), request.get("address", ""))
        return Download(data, {"kept": content_disposition(title, "xlsx")})
    if media == TABLE_TYPES["csv"]:
        return Download(as_csv(answer, speaker).encode(), {"kept": content_disposition(title, "csv")})
    return Download(as_json(answer, speaker).encode(), {})


def thing_download(page: PageHandlers) -> Download:
    """Return a thing as XLSX, a sheet for each section of its page, or all statements about it as CSV.

    Raises RequestRefused (404) when there are none.
    """
    node, speaker = iri_node(page.request["iri"]), page.context.speaker(page.store)
    facts, info = ThingFacts(page.store, page.context), _file_info(page, speaker.term(node))
    if next(iter(page.store.quads_for_pattern(node, None, None, None)), None) is None:
        raise no_statements_error(node.value)
    if page.request["media"] == TABLE_TYPES["csv"]:
        return _attachment(info, "csv", table_csv(*statement_table(facts.statements(node), speaker)))
    words = page.state.content.words
    answers = page.site.answers_about(node)
    sections = ((answer, Speaker(store, speaker.lang, words)) for _, _, answer, store in answers)
    workbook = thing_workbook(node, sections, facts.statements(node), page.site.kinds(node), speaker, info)
    return _attachment(info, "xlsx", workbook)


def search_download(page: PageHandlers) -> Download:
    """Return the things whose names fit the search, with name, kind and IRI, as XLSX or CSV."""
    speaker, typed = page.context.speaker(page.store), page.query.get("q", "")
    info = _file_info(page, f"{speaker.word('search_everywhere')}: {typed}")
    headings = [speaker.word(key) for key in ("name", "kind", "iri")]
    rows = [_search_row(node, page, speaker) for node in page.site.found(typed)]
    if page.request["media"] == TABLE_TYPES["csv"]:
        return _attachment(info, "csv", table_csv(headings, rows))
    sheet = Sheet(speaker.word("name"), info.title, headings, rows)
    return _attachment(info, "xlsx", table_workbook(sheet, speaker, info))


def chart_download(page: PageHandlers) -> Download:
    """Return an organization chart as SVG, which browsers show, or as PDF to save. Raises RequestRefused."""
    chart = ChartDocument(page.build, page.context, iri_node(page.request["iri"]))
    extension = "svg" if page.request["media"] == SVG_TYPE else "pdf"
    disposition = content_disposition(chart.title, extension)
    if extension == "pdf":
        return Download(chart.pdf(), {"kept": disposition})
    return Download(chart.svg(), {"kept": disposition.replace("attachment", "inline", 1), "policy": SVG_POLICY})


def _search_row(node: ox.NamedNode, page: PageHandlers, speaker: Speaker) -> list[CellValue]:
    return [speaker.term(node), "; ".join(map(speaker.term, page.site.kinds(node))), node.value]


def _file_info(page: PageHandlers, title: str) -> FileInfo:
    address = page.request.get("address", "")
    return FileInfo(title, page.context.moment, date.fromisoformat(page.request["today"]), address)


def _attachment(info: FileInfo, extension: str, data: bytes) -> Download:
    return Download(data, {"kept": content_disposition(info.title, extension)})


DOWNLOADS_BY_NAME: dict[str, Callable[[PageHandlers], Download]] = {
    "chart": chart_download,
    "search": search_download,
    "thing": thing_download,
}
