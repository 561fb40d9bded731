"""Sheets: what a worker makes for people, by name: pages, and what the scripts of pages ask for as JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from orgline.render import ChartDocument, ExplorePage, PageContext, SitePages, SparqlPage
from orgline.server.workers.worker_state import WorkerRequest, WorkerState, iri_node, no_statements_error
from orgline.text import Message, RequestRefused, message_from_json


class PageHandlers:
    """Where one sheet is made: what is served, the frame of the page, what is asked."""

    def __init__(self, served: WorkerState, frame: PageContext, request: WorkerRequest) -> None:
        """Open what is asked of. Raises Refused for what cannot be."""
        self.state, self.frame, self.request = served, frame, request
        self.store = served.store(request)
        self.session = served.session(request)

    @cached_property
    def explorer(self) -> SitePages:
        """What makes the pages of questions and things: the questions are looked for no sooner."""
        return SitePages(self.session, self.frame, self.state.questions, self.state.index)

    @property
    def query(self) -> Any:
        """What stands in the address behind the question mark."""
        return self.request["query"]

    def render_thing(self, made: Callable[[ox.NamedNode], str | None]) -> str:
        """Return what `made` makes of the thing that is asked of. Raises Refused if nothing is said of it."""
        node = iri_node(self.request["iri"])
        text = made(node)
        if text is None:
            raise no_statements_error(node.value)
        return text


def _about_page(desk: PageHandlers) -> str:
    text = desk.explorer.about()
    if text is None:
        text = "about: this content says nothing about its data. Ask whoever runs it."
        raise RequestRefused(404, Message("wrong_no_about", text))
    return text


def _exploration_page(desk: PageHandlers) -> str:
    return desk.render_thing(lambda node: ExplorePage(desk.store, desk.frame).page(node, desk.request["after"]))


def _neighbours_json(desk: PageHandlers) -> str:
    return desk.render_thing(lambda node: ExplorePage(desk.store, desk.frame).neighbours(node, desk.request["after"]))


def _editor_page(desk: PageHandlers) -> str:
    run = desk.request["run"]
    solve = (lambda: desk.state.run_sparql({**desk.request, **run})) if run else None
    return SparqlPage(desk.store, desk.frame, desk.state.questions).page(
        solve, message_from_json(desk.request["wrong"]) if "wrong" in desk.request else None
    )


def _suggestions_json(desk: PageHandlers) -> str:
    """Return what is found as one types: without the questions, for which the disk is looked at."""
    return SitePages(desk.session, desk.frame, {}, desk.state.index).suggestions(desk.query.get("q", ""))


PAGES_BY_NAME: dict[str, Callable[[PageHandlers], str]] = {
    "about": _about_page,
    "chart": lambda desk: ChartDocument(desk.session, desk.frame, iri_node(desk.request["iri"])).page(),
    "explore": _exploration_page,
    "home": lambda desk: desk.explorer.home(),
    "neighbours": _neighbours_json,
    "question": lambda desk: desk.explorer.question(desk.request["question"], desk.request["values"]),
    "questions": lambda desk: desk.explorer.questions(),
    "search": lambda desk: desk.explorer.search(desk.query.get("q", "")),
    "sparql": _editor_page,
    "suggestions": _suggestions_json,
    "thing": lambda desk: desk.render_thing(desk.explorer.thing),
}
