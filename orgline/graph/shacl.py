"""Validates a graph against the SHACL shapes of the content; a large graph in a process of its own.

SHACL in Python is the slowest step of a build, and no later step needs its result: it runs beside these steps, and
the build waits for it before the result is published.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyoxigraph as ox

from orgline.content import Content
from orgline.graph.store import local_name, ol_term
from orgline.text import SOURCE_LANGUAGE, CannotRun, Problem

# Below this size validation takes less time than a new process needs to import pyshacl.
MAX_QUADS_IN_PROCESS = 3_000
_SH = "http://www.w3.org/ns/shacl#"
Violation = tuple[str, str, str]


class ShapeCheck:
    """A running validation of a graph against the content's shapes; a context manager, which ends its process.

    `origins` has the place (file and row) of each node, by IRI; `base` is the part of IRIs that messages leave out.
    """

    def __init__(self, store: ox.Store, content: Content, origins: Mapping[str, str], base: str) -> None:
        """Start to validate the default graph of `store`; a small graph is validated before this returns."""
        self._origins, self._base = origins, base
        facts = (quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        graph = ox.serialize(facts, format=ox.RdfFormat.N_TRIPLES) or b""
        self._violations: list[Violation] = []
        self._process: subprocess.Popen[bytes] | None = None
        if len(store) < MAX_QUADS_IN_PROCESS:
            self._violations = violations(graph, content.shapes, content.languages.of_data)
        else:
            self._process = _start_process(graph, content.shapes, content.languages.of_data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()

    def problems(self) -> list[Problem]:
        """Wait for the validation and return a problem for each violation.

        Raises CannotRun when the process of the validation failed.
        """
        if self._process:
            output, errors = self._process.communicate()
            if self._process.returncode:
                reason = errors.decode(errors="replace").strip().rpartition("\n")[2]
                raise CannotRun(f"ontology/shapes: the validation failed ({reason}). Check whether memory ran out.")
            self._violations = [tuple(violation) for violation in json.loads(output)]
        return [self._problem(*violation) for violation in self._violations]

    def _problem(self, node: str, message: str, value: str) -> Problem:
        """Return the problem of a violation: a shape's message is "what is wrong: what to do"."""
        what, _, todo = message.partition(": ")
        if not todo:
            what, _, todo = message.partition(". ")
        return Problem(
            place_of_node(node, self._origins, self._base), what.rstrip(".") + value, todo[:1].upper() + todo[1:]
        )


def _start_process(graph: bytes, shapes: list[Path], languages: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a process that validates `graph` (N-Triples) and prints the violations as JSON."""
    # The graph is in a file, not a pipe: a pipe would block this process until the other has read all of it.
    with tempfile.TemporaryFile() as file:
        file.write(graph)
        file.seek(0)
        # -P keeps the current folder, which may be a content tree with modules of the same names, out of the imports.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))}
        command = [sys.executable, "-P", "-m", __name__, ",".join(languages), *map(str, shapes)]
        return subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)  # noqa: S603


def violations(graph: bytes, shapes: list[Path], languages: Sequence[str]) -> list[Violation]:
    """Validate `graph` (N-Triples) against `shapes` (Turtle files), whose list ``ol:languages`` holds `languages`.

    Returns, sorted, the focus node, the shape's message and the value of each violation; the value is in brackets, or
    empty where it is the node itself or the shape has none.
    """
    import pyshacl
    import rdflib

    facts = rdflib.Graph().parse(data=graph, format="nt")
    conforms, report, _ = pyshacl.validate(
        facts, shacl_graph=read_shapes(shapes, languages), advanced=False, inplace=True
    )
    if conforms:
        return []
    results = report.subjects(rdflib.RDF.type, rdflib.URIRef(_SH + "ValidationResult"))
    return sorted(_violation(report, result) for result in results)


def read_shapes(paths: Iterable[Path], languages: Iterable[str]) -> Any:
    """Return the shapes of Turtle files as an rdflib graph, its list ``ol:languages`` filled with `languages`.

    In the files the list allows any language: they know none of a content.
    """
    import rdflib
    from rdflib.collection import Collection

    shapes = rdflib.Graph()
    for path in paths:
        shapes.parse(path, format="turtle")
    allowed = rdflib.URIRef(ol_term("languages").value)
    for part in (rdflib.RDF.first, rdflib.RDF.rest):
        shapes.remove((allowed, part, None))
    Collection(shapes, allowed, [rdflib.Literal(tag) for tag in languages])
    return shapes


def _violation(report: Any, result: Any) -> Violation:
    """Return a result of the rdflib graph `report` as node, message and value."""
    import rdflib

    sh = rdflib.Namespace(_SH)
    messages = {text.language: str(text) for text in report.objects(result, sh.resultMessage)}
    message = messages.get(SOURCE_LANGUAGE) or next(iter(messages.values()), "violates a shape that has no message")
    node, value = str(report.value(result, sh.focusNode)), report.value(result, sh.value)
    if isinstance(value, rdflib.Literal):
        return node, message, f' ("{value}")'
    if value is None or str(value) == node:
        return node, message, ""
    return node, message, f" ({local_name(ox.NamedNode(str(value)))})"


def place_of_node(node: str, origins: Mapping[str, str], base: str) -> str:
    """Return the place of a node in messages: its file and row, if known, and its IRI without `base`."""
    name = node.removeprefix(base)
    return f"{origins[node]}, {name}" if node in origins else name


if __name__ == "__main__":
    tags, *names = sys.argv[1:]
    print(json.dumps(violations(sys.stdin.buffer.read(), [Path(name) for name in names], tags.split(","))))
