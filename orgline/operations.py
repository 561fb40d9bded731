"""Operations: what a worker can be asked: queries, questions, graphs, things, and what is served.

Each request is answered in frames: a head, data, an end; or a fault with an HTTP status and a sentence.
"""

from __future__ import annotations

import gzip
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox

from orgline.catalog import PREFIXES, counted_at, service_description, statistics
from orgline.content import DEFAULT_BASE, Content
from orgline.errors import CannotRun, OrglineError
from orgline.frames import END, FAULT, HEAD, FrameWriter, packed, packed_json
from orgline.guard import Refused
from orgline.place import REPORT, STATISTICS
from orgline.query import Query
from orgline.session import Graphs, Session
from orgline.store import loaded_build
from orgline.when import Moment

KEPT_SESSIONS = 4
Request = Mapping[str, Any]


class Operations:
    """Answers requests about the build in a folder, or the RDF file, at `place`."""

    def __init__(self, place: Path, content: Content) -> None:
        """Load what workers that are forked from this process can share: a file, or a small build."""
        self._place, self._content = place, content
        is_build = place.is_dir() and (place / "store").is_dir()
        self._held = loaded_build(place) if is_build else None
        self._is_file, self._file = not is_build, None if is_build or place.is_dir() else _loaded(place)
        self._sessions: OrderedDict[Moment, Session] = OrderedDict()
        self._questions: dict[str, tuple[int, Query]] = {}

    def open(self) -> None:
        """Open what most requests ask, before memory is limited."""
        if self._is_file:
            self._file = self._file or ox.Store.read_only(str(self._place))
        else:
            self._session({})

    def answer(self, request: Request, out: BinaryIO) -> None:
        """Write the frames that answer `request`."""
        frames = FrameWriter(out)
        try:
            with (
                gzip.GzipFile(fileobj=frames, mode="wb", compresslevel=5, mtime=0)
                if request.get("gzip")
                else nullcontext(frames) as writer
            ):
                _OPERATIONS[request["op"]](self, request, out, writer)
            frames.close()
            out.write(packed(END))
        except Refused as error:
            out.write(packed_json(FAULT, {"status": error.status, "sentence": str(error)}))
        except OrglineError as error:
            out.write(packed_json(FAULT, {"status": 404, "sentence": str(error)}))
        except MemoryError:
            out.write(packed_json(FAULT, {"status": 503, "sentence": "query: needs too much memory. Ask for less."}))
        out.flush()

    def _session(self, request: Request) -> Session:
        """Return the build opened at the moment that `request` asks of."""
        moment = _moment(request)
        if moment not in self._sessions:
            self._sessions[moment] = Session(self._place, self._content, moment, held=self._held)
            while len(self._sessions) > KEPT_SESSIONS:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(moment)
        return self._sessions[moment]

    def _store(self, request: Request) -> ox.Store:
        """Return the facts to ask."""
        if self._file is not None:
            if request.get("as_of") or request.get("known_on"):
                raise Refused(400, "as-of: a file is served as it stands, without days. Serve a build to ask of one.")
            return self._file
        return self._session(request).store

    def _place_of(self, request: Request) -> tuple[ox.Store, Graphs | None]:
        """Return the store to ask, and its default graph: the dataset of a day if one is named."""
        store = self._store(request)
        return self._session(request).dataset if request.get("as_of") else (store, None)

    def about(self, request: Request, out: BinaryIO, _: Any) -> None:
        """Answer what is served: the names of its graphs, the base of its things, whether it is in memory."""
        store = self._store({})
        report = self._place / REPORT
        told = json.loads(report.read_text(encoding="utf-8")) if self._file is None and report.is_file() else {}
        graphs = sorted(graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode))
        base = told.get("base", DEFAULT_BASE)
        in_memory = self._file is not None or self._held is not None
        _head(out, request, "application/json", graphs=graphs, base=base, in_memory=in_memory)

    def dataset(self, request: Request, out: BinaryIO, _: Any) -> None:
        """Make the dataset of a day, if it is not there."""
        self._place_of(request)
        _head(out, request, "text/plain")

    def sparql(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer a SPARQL query."""
        store, default = self._place_of(request)
        named: list[ox.NamedNode | ox.BlankNode] | None = None
        if request["default"] or request["named"]:
            own = default or [ox.DefaultGraph()]
            default = [graph for one in request["default"] for graph in ([_node(one)] if one else own)]
            named = [_node(one) for one in request["named"]]
        elif request["own"]:
            default = None
        try:
            found = store.query(
                request["query"],
                base_iri=request["base"],
                default_graph=default,  # type: ignore[arg-type]
                named_graphs=named,
            )
        except SyntaxError as error:
            raise Refused(400, f"query: is no SPARQL ({_first_line(error.msg)}). Correct it.") from error
        except (ValueError, OSError, RuntimeError) as error:
            raise Refused(400, f"query: cannot be answered ({_first_line(error)}). Correct it.") from error
        media = request["media"]
        _head(out, request, media)
        forms = ox.RdfFormat if isinstance(found, ox.QueryTriples) else ox.QueryResultsFormat
        form = forms.from_media_type(media)
        found.serialize(writer, form)  # type: ignore[arg-type]

    def description(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with what the service is and what its data are."""
        kept = self._place / STATISTICS
        if self._file is None and kept.is_file():
            counted = [quad.triple for quad in ox.parse(path=str(kept), format=ox.RdfFormat.N_TRIPLES)]
        else:
            counted = statistics(self._store({}))
        graphs = [graph for graph in self._store({}).named_graphs() if isinstance(graph, ox.NamedNode)]
        _head(out, request, request["media"])
        triples = [*service_description(request["address"], graphs), *counted_at(request["address"], counted)]
        ox.serialize(triples, writer, ox.RdfFormat.from_media_type(request["media"]), prefixes=PREFIXES)

    def graph(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with one graph whole, the default one if none is named."""
        store, default = self._place_of(request)
        name = request.get("graph")
        graph = ox.NamedNode(name) if name else ox.DefaultGraph()
        if name and not store.contains_named_graph(graph):
            raise Refused(404, f"graph <{name}>: is not here. See the service description.")
        _head(out, request, request["media"])
        form = ox.RdfFormat.from_media_type(request["media"])
        if name or not default:
            store.dump(writer, form, from_graph=graph)
            return
        asked = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
        found = store.query(asked, default_graph=default)  # type: ignore[arg-type]
        found.serialize(writer, form)  # type: ignore[arg-type]

    def thing(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with what is said of one thing and of the claims about it."""
        quads = described_quads(self._store(request), _node(request["iri"]))
        if not quads:
            raise Refused(404, f"{request['iri']}: nothing is said of it. Look the name up again.")
        _head(out, request, request["media"])
        triples = {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads}
        form = ox.RdfFormat.from_media_type(request["media"])
        ox.serialize(sorted(triples, key=str), writer, form, prefixes=self._content.prefixes)

    def ask(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer a question of the content."""
        from orgline.answer import as_csv, as_json
        from orgline.ask import ask, chosen
        from orgline.say import Speaker

        self._store(request)
        if self._file is not None:
            raise Refused(404, "ask: a file is served as it stands. Serve a build to ask the questions of one.")
        session = self._session(request)
        question = self._question(request["question"])
        store, graphs = session.place_of(question)
        values = chosen(store, question, self._content, request["values"], request["lang"])
        answer = session.completed(ask(store, question, values, moment=session.moment, graphs=graphs))
        speaker = Speaker(store, request["lang"], self._content.words)
        media = request["media"]
        _head(out, request, media)
        text = as_csv(answer, speaker) if media == "text/csv" else as_json(answer, speaker)
        writer.write(text.encode())

    def _question(self, name: str) -> Query:
        """Return the question of that name, read again only when its file has changed."""
        from orgline.ask import question_named

        path = self._content.root / "queries" / f"{name}.rq"
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        if self._questions.get(name, (0, None))[0] != changed or not changed:
            self._questions[name] = changed, question_named(self._content, name)
        return self._questions[name][1]

    def page(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with the page of one thing."""
        from orgline.card import Asked, page_of

        node, nonce = _node(request["iri"]), secrets.token_urlsafe(16)
        asked = Asked(request["lang"], _moment(request), request["base"], nonce, request["days"])
        text = page_of(self._store(request), self._content, node, asked)
        if text is None:
            raise Refused(404, f"{node.value}: nothing is said of it. Look the name up again.")
        _head(out, request, request["media"], nonce=nonce)
        writer.write(text.encode())


_OPERATIONS: dict[str, Callable[[Operations, Request, BinaryIO, Any], None]] = {
    "about": Operations.about,
    "ask": Operations.ask,
    "dataset": Operations.dataset,
    "description": Operations.description,
    "graph": Operations.graph,
    "page": Operations.page,
    "sparql": Operations.sparql,
    "thing": Operations.thing,
}


def _head(out: BinaryIO, request: Request, media: str, **more: Any) -> None:
    """Say that an answer comes, in which form."""
    out.write(packed_json(HEAD, {"media": media, "gzip": bool(request.get("gzip")), **more}))


def _node(iri: str) -> ox.NamedNode:
    """Return `iri` as a term. Raises Refused for one that is none."""
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise Refused(400, f"{iri[:200]}: is no address of a thing. Write it whole.") from error


def described_quads(store: ox.Store, node: ox.NamedNode) -> list[ox.Quad]:
    """Return what the default graph says of `node`, what names it, and the claims about it."""
    default = ox.DefaultGraph()
    own = list(store.quads_for_pattern(node, None, None, default))
    naming = list(store.quads_for_pattern(None, None, node, default))
    claims = {quad.subject for quad in naming if quad.predicate.value.endswith("ns#about")}
    return own + naming + [quad for claim in claims for quad in store.quads_for_pattern(claim, None, None, default)]


def _moment(request: Request) -> Moment:
    as_of, known_on = request.get("as_of"), request.get("known_on")
    return Moment(
        date.fromisoformat(as_of) if as_of else Moment.today().day,
        date.fromisoformat(known_on) if known_on else None,
    )


def _loaded(path: Path) -> ox.Store:
    """Return the RDF file at `path`, in memory. Raises CannotRun when it is none."""
    store = ox.Store()
    kind = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
    if kind is None:
        raise CannotRun(f'{path}: "{path.suffix}" is no ending of an RDF file. Give one as .nq, .ttl, .nt or .jsonld.')
    try:
        store.load(path=str(path), format=kind, base_iri=path.resolve().as_uri())
    except (SyntaxError, ValueError, OSError) as error:
        raise CannotRun(f"{path}: cannot be read ({_first_line(error)}). Correct it.") from error
    return store


def _first_line(text: object) -> str:
    return str(text).split("\n", maxsplit=1)[0].rstrip(".")
