"""Served: what a worker answers from: a build or an RDF file, opened as of the days that are asked."""

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

WorkerRequest = Mapping[str, Any]


class WorkerState:
    """The build in a folder, or the RDF file, at `place`."""

    def __init__(self, place: Path, content: Content) -> None:
        """Load what workers that are forked from this process can share: a file, or a small build."""
        self.place, self.content = place, content
        self.is_build = place.is_dir() and (place / "store").is_dir()
        self.held = build_in_memory(place) if self.is_build else None if place.is_dir() else _load_rdf_file(place)
        self._opened = OpenedBuilds(place, content, held=self.held)
        self._questions: dict[str, QueryFile] = {}
        self._changed: list[tuple[Path, int]] = []
        self.index: NameIndex | None = None
        if self.held is not None and not (place / NAME_INDEX_FILE).is_file():
            self.index = NameIndex(make_name_index(self.held, self.base), content.abbreviations)

    def open(self) -> None:
        """Open what most requests ask, before memory is limited."""
        if not self.is_build:
            self.held = self.held or ox.Store.read_only(str(self.place))
            self._opened = OpenedBuilds(self.place, self.content, held=self.held)
        self.session({})
        if (self.place / NAME_INDEX_FILE).is_file():
            self.index = NameIndex.opened(self.place / NAME_INDEX_FILE, self.content.abbreviations)

    @property
    def base(self) -> str:
        """What the names of things begin with."""
        report = self.place / REPORT_FILE
        told = json.loads(report.read_text(encoding="utf-8")) if self.is_build and report.is_file() else {}
        return str(told.get("base", DEFAULT_BASE))

    def session(self, request: WorkerRequest) -> OpenedBuild:
        """Return the build opened at the moment that `request` asks of."""
        return self._opened.at(Moment.from_mapping(request))

    def store(self, request: WorkerRequest) -> ox.Store:
        """Return the facts to ask."""
        if not self.is_build and Moment.from_mapping(request).known_on:
            text = "as-known-on: a file does not say who says what. Serve a build to ask of one."
            raise RequestRefused(400, Message("wrong_known_on", text))
        return self.session(request).store

    def place_of(self, request: WorkerRequest) -> tuple[ox.Store, Graphs | None]:
        """Return the store to ask, and its default graph: the dataset of a day if one is named."""
        store = self.store(request)
        return self.session(request).dataset if Moment.from_mapping(request).is_day_given else (store, None)

    def run_sparql(self, request: WorkerRequest) -> Any:
        """Return what a SPARQL query finds, to be read once. Raises Refused for one that cannot be answered."""
        store, default = self.place_of(request)
        named: list[ox.NamedNode | ox.BlankNode] | None = None
        if request["default"] or request["named"]:
            own = default or [ox.DefaultGraph()]
            default = [graph for one in request["default"] for graph in ([iri_node(one)] if one else own)]
            named = [iri_node(one) for one in request["named"]]
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
            why = first_line(error.msg)
            raise RequestRefused(
                400, Message("wrong_sparql", f"query: is no SPARQL ({why}). Correct it.", why)
            ) from error
        except (ValueError, OSError, RuntimeError) as error:
            raise query_failed_error(error) from error

    def prepare(self) -> None:
        """Read what any request may need, so that workers share it."""
        with suppress(OrglineError):  # a question that is broken is told to whoever asks it
            _ = self.questions

    @property
    def questions(self) -> dict[str, QueryFile]:
        """The questions by theme and name, read again when a file of theirs has changed."""
        paths = self.content.questions
        changed = [(path, path.stat().st_mtime_ns) for path in paths]
        if changed != self._changed:
            self._questions = {f"{one.theme}/{one.name}": one for one in read_query_files(paths, self.content)}
            self._changed = changed
        return self._questions

    def question(self, name: str) -> QueryFile:
        """Return the question of that name. Raises CannotRun when there is none, naming what was probably meant."""
        found = None
        if self._questions:  # who has not read them all need not, for one
            with suppress(OrglineError):  # another may be broken
                found = self.questions.get(name)
        return found or find_question(self.content, name)


def iri_node(iri: str) -> ox.NamedNode:
    """Return `iri` as a term. Raises Refused for one that is none."""
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        text = f"{iri[:200]}: is no address of a thing. Write it whole."
        raise RequestRefused(400, Message("wrong_iri", text, iri[:200])) from error


def no_statements_error(iri: str) -> RequestRefused:
    """Return the refusal for a thing of which nothing is said."""
    return RequestRefused(
        404, Message("wrong_nothing_said", f"{iri}: nothing is said of it. Look the name up again.", iri)
    )


def _load_rdf_file(path: Path) -> ox.Store:
    """Return the RDF file at `path`, in memory. Raises CannotRun when it is none."""
    store = ox.Store()
    kind = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
    if kind is None:
        raise CannotRun(f'{path}: "{path.suffix}" is no ending of an RDF file. Give one as .nq, .ttl, .nt or .jsonld.')
    try:
        store.load(path=str(path), format=kind, base_iri=path.resolve().as_uri())
    except (SyntaxError, ValueError, OSError) as error:
        raise CannotRun(f"{path}: cannot be read ({first_line(error)}). Correct it.") from error
    return store
