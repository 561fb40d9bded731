"""Sheets: what a worker makes for people, by name: pages, and what the scripts of pages ask for as JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from orgline.charts import Charts
from orgline.editor import Editor
from orgline.explorer import Explorer
from orgline.exploring import Exploring
from orgline.frame import Frame
from orgline.guard import Refused
from orgline.sentences import Sentence, read_back
from orgline.served import Request, Served, node_of, nothing_said


class Desk:
    """Where one sheet is made: what is served, the frame of the page, what is asked."""

    def __init__(self, served: Served, frame: Frame, request: Request) -> None:
        """Open what is asked of. Raises Refused for what cannot be."""
        self.served, self.frame, self.request = served, frame, request
        self.store = served.store(request)
        self.session = served.session(request)

    @cached_property
    def explorer(self) -> Explorer:
        """What makes the pages of questions and things: the questions are looked for no sooner."""
        return Explorer(self.session, self.frame, self.served.questions, self.served.index)

    @property
    def query(self) -> Any:
        """What stands in the address behind the question mark."""
        return self.request["query"]

    def of_thing(self, made: Callable[[ox.NamedNode], str | None]) -> str:
        """Return what `made` makes of the thing that is asked of. Raises Refused if nothing is said of it."""
        node = node_of(self.request["iri"])
        text = made(node)
        if text is None:
            raise nothing_said(node.value)
        return text


def _about(desk: Desk) -> str:
    text = desk.explorer.about()
    if text is None:
        text = "about: this content says nothing about its data. Ask whoever runs it."
        raise Refused(404, Sentence("wrong_no_about", text))
    return text


def _explored(desk: Desk) -> str:
    return desk.of_thing(lambda node: Exploring(desk.store, desk.frame).page(node, desk.request["after"]))


def _neighbours(desk: Desk) -> str:
    return desk.of_thing(lambda node: Exploring(desk.store, desk.frame).neighbours(node, desk.request["after"]))


def _sparql(desk: Desk) -> str:
    run = desk.request["run"]
    solve = (lambda: desk.served.solved({**desk.request, **run})) if run else None
    return Editor(desk.store, desk.frame, desk.served.questions).page(
        solve, read_back(desk.request["wrong"]) if "wrong" in desk.request else None
    )


def _suggestions(desk: Desk) -> str:
    """Return what is found as one types: without the questions, for which the disk is looked at."""
    return Explorer(desk.session, desk.frame, {}, desk.served.index).suggestions(desk.query.get("q", ""))


SHEETS: dict[str, Callable[[Desk], str]] = {
    "about": _about,
    "chart": lambda desk: Charts(desk.session, desk.frame, node_of(desk.request["iri"])).page(),
    "explore": _explored,
    "home": lambda desk: desk.explorer.home(),
    "neighbours": _neighbours,
    "question": lambda desk: desk.explorer.question(desk.request["question"], desk.request["values"]),
    "questions": lambda desk: desk.explorer.questions(),
    "search": lambda desk: desk.explorer.search(desk.query.get("q", "")),
    "sparql": _sparql,
    "suggestions": _suggestions,
    "thing": lambda desk: desk.of_thing(desk.explorer.thing),
}
