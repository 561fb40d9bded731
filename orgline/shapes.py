"""Shapes: the SHACL shapes of the content held against a graph, in a process of their own when it is large.

SHACL in Python is the slowest step of a build, and needs nothing that the steps after it make: so it
runs beside them, and the build waits for its word before it is shown to anyone.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyoxigraph as ox

from orgline.content import Content
from orgline.errors import Problem
from orgline.store import local_name

LARGE = 3_000
_SH = "http://www.w3.org/ns/shacl#"
_LANGUAGE = "en"
Violation = tuple[str, str, str]


class Shapes:
    """The check of a graph against the content's shapes, under way; a context manager.

    `origins` says where each node was described, `base` is taken off the names of nodes in sentences.
    """

    def __init__(self, store: ox.Store, content: Content, origins: Mapping[str, str], base: str) -> None:
        self._origins, self._base = origins, base
        facts = (quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        graph = ox.serialize(facts, format=ox.RdfFormat.N_TRIPLES) or b""
        self._pool: ProcessPoolExecutor | None = None
        self._found: Future[list[Violation]] | list[Violation]
        if len(store) < LARGE:
            self._found = violations(graph, content.shapes)
        else:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn)
            self._found = self._pool.submit(violations, graph, content.shapes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool:
            self._pool.shutdown(wait=error is None, cancel_futures=True)

    def problems(self) -> list[Problem]:
        """Wait for the check and return a problem for each violation."""
        found = self._found.result() if isinstance(self._found, Future) else self._found
        return [self._problem(*one) for one in found]

    def _problem(self, node: str, message: str, value: str) -> Problem:
        what, _, todo = message.partition(": ")
        if not todo:
            what, _, todo = message.partition(". ")
        return Problem(where(node, self._origins, self._base), what.rstrip(".") + value, todo[:1].upper() + todo[1:])


def violations(graph: bytes, shapes: list[Path]) -> list[Violation]:
    """Return each violation of the `shapes` (Turtle files) by `graph` (N-Triples): node, message, value.

    The message is the shape's own sentence; the value is in brackets, or empty.
    """
    import pyshacl
    import rdflib

    wanted = rdflib.Graph()
    for path in shapes:
        wanted.parse(path, format="turtle")
    conforms, report, _ = pyshacl.validate(
        rdflib.Graph().parse(data=graph, format="nt"), shacl_graph=wanted, advanced=False, inplace=True
    )
    if conforms:
        return []
    results = report.subjects(rdflib.RDF.type, rdflib.URIRef(_SH + "ValidationResult"))
    return sorted(_violation(report, result) for result in results)


def _violation(report: Any, result: Any) -> Violation:
    import rdflib

    sh = rdflib.Namespace(_SH)
    messages = {text.language: str(text) for text in report.objects(result, sh.resultMessage)}
    message = messages.get(_LANGUAGE) or next(iter(messages.values()), "does not have the form asked for")
    node, value = str(report.value(result, sh.focusNode)), report.value(result, sh.value)
    if isinstance(value, rdflib.Literal):
        return node, message, f' ("{value}")'
    if value is None or str(value) == node:
        return node, message, ""
    return node, message, f" ({local_name(ox.NamedNode(str(value)))})"


def where(node: str, origins: Mapping[str, str], base: str) -> str:
    """Return the place of a node as people are told of it: its row, if it has one, and its name."""
    short = node.removeprefix(base)
    return f"{origins[node]}, {short}" if node in origins else short
