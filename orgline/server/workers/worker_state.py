"""What a worker answers from: a build folder or an RDF file, opened for the dates that requests are about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from orgline.answers import Graphs, OpenedBuild, OpenedBuilds, find_question
from orgline.content import DEFAULT_BASE, NAME_INDEX_FILE, REPORT_FILE, Content, QueryFile, read_query_files
from orgline.graph import NameIndex, build_in_memory, make_name_index
from orgline.text import CannotRun, Message, Moment, OrglineError, RequestRefused, first_line, query_failed_error

# A request as JSON: `op` names its handler; `as_of` and `known_on` are ISO 8601 dates, if they are given.
WorkerRequest = Mapping[str, Any]


class WorkerState:
    """The build folder, or RDF file, that a worker answers from.

    Attributes:
        place: The build folder or the file.
        content: The content folders that the build was made from.
        is_build: Whether `place` is a build folder with a store.
        memory_store: The graph in memory, if it is small enough or a file; workers share it.
        index: The index of names; None until `open`, and for builds without one.
    """

    def __init__(self, place: Path, content: Content) -> None:
        """Load what all workers share: it is loaded once, before they are forked.

        Raises CannotRun for a file that is not RDF.
        """
        self.place, self.content = place, content
        self.is_build = place.is_dir() and (place / "store").is_dir()
        if self.is_build:
            self.memory_store = build_in_memory(place)
        else:
            self.memory_store = None if place.is_dir() else _load_rdf_file(place)
        self._builds = OpenedBuilds(place, content, held=self.memory_store)
        self._questions: dict[str, QueryFile] = {}
        self._question_times: list[tuple[Path, int]] = []
        self.index: NameIndex | None = None
        if self.memory_store is not None and not (place / NAME_INDEX_FILE).is_file():
            self.index = NameIndex(make_name_index(self.memory_store, self.base), content.abbreviations)

    def open(self) -> None:
        """Open what most requests need. This comes before the worker's memory is limited, and is not counted."""
        if not self.is_build:
            self.memory_store = self.memory_store or ox.Store.read_only(str(self.place))
            self._builds = OpenedBuilds(self.place, self.content, held=self.memory_store)
        self.opened_build({})
        if (self.place / NAME_INDEX_FILE).is_file():
            self.index = NameIndex.opened(self.place / NAME_INDEX_FILE, self.content.abbreviations)

    def prepare(self) -> None:
        """Read the questions, so that workers forked from now on share them."""
        with suppress(OrglineError):  # an error in a question file is reported to clients who ask that question
            _ = self.questions

    @property
    def base(self) -> str:
        """What the IRIs of things begin with."""
        path = self.place / REPORT_FILE
        report = json.loads(path.read_text(encoding="utf-8")) if self.is_build and path.is_file() else {}
        return str(report.get("base", DEFAULT_BASE))

    def opened_build(self, request: WorkerRequest) -> OpenedBuild:
        """Return the build opened for the dates of `request`."""
        return self._builds.at(Moment.from_mapping(request))

    def store(self, request: WorkerRequest) -> ox.Store:
        """Return the graph for the dates of `request`.

        Raises RequestRefused (400) for `known_on` where a file is served.
        """
        if not self.is_build and Moment.from_mapping(request).known_on:
            text = "as-known-on: an RDF file does not record its sources. Serve a build to use this date."
            raise RequestRefused(400, Message("wrong_known_on", text))
        return self.opened_build(request).store

    def store_and_graphs(self, request: WorkerRequest) -> tuple[ox.Store, Graphs | None]:
        """Return the store to query and the graphs that form its default graph; None: the default graph alone.

        A request for a date has the shortcuts of that date in its default graph.
        """
        store = self.store(request)
        return self.opened_build(request).dataset if Moment.from_mapping(request).is_day_given else (store, None)

    def run_sparql(self, request: WorkerRequest) -> Any:
        """Return the result of the SPARQL query in `request`, an iterator. Raises RequestRefused (400).

        `request` holds `query`, `base` (IRI), `default` and `named` (the graphs of the protocol; None in `default` is
        the default graph) and `own` (whether the query has FROM).
        """
        store, default = self.store_and_graphs(request)
        named: list[ox.NamedNode | ox.BlankNode] | None = None
        if request["default"] or request["named"]:
            # SPARQL 1.1 Protocol, 2.1.4: graphs named by the request replace those of the query.
            own = default or [ox.DefaultGraph()]
            default = [part for graph in request["default"] for part in ([iri_node(graph)] if graph else own)]
            named = [iri_node(graph) for graph in request["named"]]
        elif request["own"]:
            default = None
        try:
            return store.query(
                request["query"],
                base_iri=request["base"],
                default_graph=default,  # type: ignore[arg-type]
                named_graphs=named,
            )
        except SyntaxError as error:
            reason = first_line(error.msg)
            text = f"query: is not valid SPARQL ({reason}). Correct it."
            raise RequestRefused(400, Message("wrong_sparql", text, reason)) from error
        except (ValueError, OSError, RuntimeError) as error:
            raise query_failed_error(error) from error

    @property
    def questions(self) -> dict[str, QueryFile]:
        """The questions as "theme/name" -> question, read again when one of their files has changed."""
        paths = self.content.questions
        times = [(path, path.stat().st_mtime_ns) for path in paths]
        if times != self._question_times:
            questions = read_query_files(paths, self.content)
            self._questions = {f"{question.theme}/{question.name}": question for question in questions}
            self._question_times = times
        return self._questions

    def question(self, name: str) -> QueryFile:
        """Return the question "theme/name". Raises CannotRun when there is none; the message suggests a similar one.

        Only its own file is read if the others have not been: that is quicker, and an error in another does not matter.
        """
        question = None
        if self._questions:
            with suppress(OrglineError):
                question = self.questions.get(name)
        return question or find_question(self.content, name)


def iri_node(iri: str) -> ox.NamedNode:
    """Return `iri` as an RDF term. Raises RequestRefused (400) for text that is not an absolute IRI."""
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        text = f"{iri[:200]}: is not an absolute IRI. Write it in full."
        raise RequestRefused(400, Message("wrong_iri", text, iri[:200])) from error


def no_statements_error(iri: str) -> RequestRefused:
    """Return the error (404) for an IRI that the graph has no statements about."""
    text = f"{iri}: the graph has no statements about it. Check the address or search for the name."
    return RequestRefused(404, Message("wrong_nothing_said", text, iri))


def _load_rdf_file(path: Path) -> ox.Store:
    """Return the RDF file at `path` as a store in memory. Raises CannotRun when it cannot be read."""
    store = ox.Store()
    form = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
    if form is None:
        raise CannotRun(
            f'{path}: "{path.suffix}" is not an extension of RDF files. Give a file such as .nq, .ttl, .nt or .jsonld.'
        )
    try:
        store.load(path=str(path), format=form, base_iri=path.resolve().as_uri())
    except (SyntaxError, ValueError, OSError) as error:
        raise CannotRun(f"{path}: cannot be read ({first_line(error)}). Correct it.") from error
    return store
