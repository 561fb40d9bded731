"""Makes the pages, and the JSON that scripts of pages fetch: one function for each page name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from orgline.render import ChartDocument, ExplorePage, PageContext, SitePages, SparqlPage
from orgline.server.workers.worker_state import WorkerRequest, WorkerState, iri_node, no_statements_error
from orgline.text import Message, RequestRefused, message_from_json


class PageHandlers:
    """What the functions of this module need to make one page.

    Attributes:
        state: The build or file.
        context: The path, language, dates and nonce of the page.
        request: The request to the worker.
        store: The graph for the dates of the request.
        build: The build opened for these dates.
    """

    def __init__(self, state: WorkerState, context: PageContext, request: WorkerRequest) -> None:
        """Open the build for the dates of `request`. Raises RequestRefused."""
        self.state, self.context, self.request = state, context, request
        self.store = state.store(request)
        self.build = state.opened_build(request)

    @cached_property
    def site(self) -> SitePages:
        """The pages of questions and things. Making it reads the questions."""
        return SitePages(self.build, self.context, self.state.questions, self.state.index)

    @property
    def query(self) -> Any:
        """The parameters of the page's URL."""
        return self.request["query"]

    def render_thing(self, render: Callable[[ox.NamedNode], str | None]) -> str:
        """Return `render(node)` for the requested IRI. Raises RequestRefused (404) when it returns None."""
        node = iri_node(self.request["iri"])
        text = render(node)
        if text is None:
            raise no_statements_error(node.value)
        return text


def _about_page(page: PageHandlers) -> str:
    text = page.site.about()
    if text is None:
        text = "about: this content does not describe its data. Ask whoever runs the service."
        raise RequestRefused(404, Message("wrong_no_about", text))
    return text


def _exploration_page(page: PageHandlers) -> str:
    return page.render_thing(lambda node: ExplorePage(page.store, page.context).page(node, page.request["after"]))


def _neighbours_json(page: PageHandlers) -> str:
    return page.render_thing(lambda node: ExplorePage(page.store, page.context).neighbours(node, page.request["after"]))


def _editor_page(page: PageHandlers) -> str:
    run = page.request["run"]
    solve = (lambda: page.state.run_sparql({**page.request, **run})) if run else None
    error = message_from_json(page.request["wrong"]) if "wrong" in page.request else None
    return SparqlPage(page.store, page.context, page.state.questions).page(solve, error)


def _suggestions_json(page: PageHandlers) -> str:
    """Return the names that fit while the user types: without the questions, whose files would be looked at."""
    return SitePages(page.build, page.context, {}, page.state.index).suggestions(page.query.get("q", ""))


PAGES_BY_NAME: dict[str, Callable[[PageHandlers], str]] = {
    "about": _about_page,
    "chart": lambda page: ChartDocument(page.build, page.context, iri_node(page.request["iri"])).page(),
    "explore": _exploration_page,
    "home": lambda page: page.site.home(),
    "neighbours": _neighbours_json,
    "question": lambda page: page.site.question(page.request["question"], page.request["values"]),
    "questions": lambda page: page.site.questions(),
    "search": lambda page: page.site.search(page.query.get("q", "")),
    "sparql": _editor_page,
    "suggestions": _suggestions_json,
    "thing": lambda page: page.render_thing(page.site.thing),
}
