"""Shapes: the SHACL shapes of the content held against a graph, in a process of their own when it is large.

SHACL in Python is the slowest step of a build, and needs nothing that the steps after it make: so it
runs beside them, and the build waits for its word before it is shown to anyone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyoxigraph as ox

from orgline.content import Content
from orgline.graph.store import local_name
from orgline.text import SOURCE_LANGUAGE, CannotRun, Problem

MAX_QUADS_IN_PROCESS = 3_000
_SH = "http://www.w3.org/ns/shacl#"
Violation = tuple[str, str, str]


class ShapeCheck:
    """The check of a graph against the content's shapes, under way; a context manager.

    `origins` says where each node was described, `base` is taken off the names of nodes in sentences.
    """

    def __init__(self, store: ox.Store, content: Content, origins: Mapping[str, str], base: str) -> None:
        self._origins, self._base = origins, base
        facts = (quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        graph = ox.serialize(facts, format=ox.RdfFormat.N_TRIPLES) or b""
        self._found: list[Violation] = []
        self._beside: subprocess.Popen[bytes] | None = None
        if len(store) < MAX_QUADS_IN_PROCESS:
            self._found = violations(graph, content.shapes)
        else:
            self._beside = _start_process(graph, content.shapes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._beside:
            self._beside.kill()
            self._beside.communicate()

    def problems(self) -> list[Problem]:
        """Wait for the check and return a problem for each violation. Raises CannotRun when it broke off."""
        if self._beside:
            said, why = self._beside.communicate()
            if self._beside.returncode:
                last = why.decode(errors="replace").strip().rpartition("\n")[2]
                raise CannotRun(f"ontology/shapes: could not be checked ({last}). Look whether memory ran out.")
            self._found = [tuple(one) for one in json.loads(said)]
        return [self._problem(*one) for one in self._found]

    def _problem(self, node: str, message: str, value: str) -> Problem:
        what, _, todo = message.partition(": ")
        if not todo:
            what, _, todo = message.partition(". ")
        return Problem(
            place_of_node(node, self._origins, self._base), what.rstrip(".") + value, todo[:1].upper() + todo[1:]
        )


def _start_process(graph: bytes, shapes: list[Path]) -> subprocess.Popen[bytes]:
    """Start the check of `graph` in a process of its own, which prints what it found as JSON."""
    with tempfile.TemporaryFile() as file:
        file.write(graph)
        file.seek(0)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))}
        command = [sys.executable, "-P", "-m", __name__, *map(str, shapes)]
        return subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)  # noqa: S603


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
    message = messages.get(SOURCE_LANGUAGE) or next(iter(messages.values()), "does not have the form asked for")
    node, value = str(report.value(result, sh.focusNode)), report.value(result, sh.value)
    if isinstance(value, rdflib.Literal):
        return node, message, f' ("{value}")'
    if value is None or str(value) == node:
        return node, message, ""
    return node, message, f" ({local_name(ox.NamedNode(str(value)))})"


def place_of_node(node: str, origins: Mapping[str, str], base: str) -> str:
    """Return the place of a node as people are told of it: its row, if it has one, and its name."""
    short = node.removeprefix(base)
    return f"{origins[node]}, {short}" if node in origins else short


if __name__ == "__main__":
    print(json.dumps(violations(sys.stdin.buffer.read(), [Path(name) for name in sys.argv[1:]])))
