"""Worker: a confined process that answers one request after another from a build or an RDF file.

It is started by the service, killed at a deadline, and replaced. It reads requests as frames from its
standard input and answers as frames: a head, data, an end; or a fault with an HTTP status and a sentence.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox

from orgline.confine import STACK, confine
from orgline.content import Content
from orgline.errors import OrglineError
from orgline.frames import END, FAULT, HEAD, READY, FrameWriter, packed, packed_json, read_frame
from orgline.guard import Refused
from orgline.session import Graphs, Session
from orgline.when import Moment

KEPT_SESSIONS = 4
Request = Mapping[str, Any]


class Worker:
    """Answers requests about the build in a folder, or the RDF file, at `place`."""

    def __init__(self, place: Path, content: Content) -> None:
        self._place, self._content = place, content
        self._file = None if place.is_dir() and (place / "store").is_dir() else _loaded(place)
        self._sessions: OrderedDict[Moment, Session] = OrderedDict()

    def open(self) -> None:
        """Open what most requests ask, before memory is limited."""
        if self._file is None:
            self._session({})

    def answer(self, request: Request, out: BinaryIO) -> None:
        """Write the frames that answer `request`."""
        writer = FrameWriter(out)
        try:
            _OPERATIONS[request["op"]](self, request, out, writer)
            writer.close()
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
            self._sessions[moment] = Session(self._place, self._content, moment, many=True)
            while len(self._sessions) > KEPT_SESSIONS:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(moment)
        return self._sessions[moment]

    def _place_of(self, request: Request) -> tuple[ox.Store, Graphs | None]:
        """Return the store to ask, and its default graph: the dataset of a day if one is named."""
        if self._file is not None:
            if request.get("as_of") or request.get("known_on"):
                raise Refused(400, "as-of: a file is served as it stands, without days. Serve a build to ask of one.")
            return self._file, None
        session = self._session(request)
        return session.dataset if request.get("as_of") else (session.store, None)

    def sparql(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer a SPARQL query."""
        store, default = self._place_of(request)
        named: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(one) for one in request.get("named") or ()]
        if request.get("default"):
            default = [ox.NamedNode(one) for one in request["default"]]
        elif named:
            default = []
        try:
            found = store.query(
                request["query"],
                base_iri=request.get("base"),
                default_graph=default,  # type: ignore[arg-type]
                named_graphs=named or None,
            )
        except SyntaxError as error:
            raise Refused(400, f"query: is no SPARQL ({_first_line(error.msg)}). Correct it.") from error
        except (ValueError, OSError) as error:
            raise Refused(400, f"query: cannot be answered ({_first_line(str(error))}). Correct it.") from error
        media = request["media"]
        out.write(packed_json(HEAD, {"media": media}))
        forms = ox.RdfFormat if isinstance(found, ox.QueryTriples) else ox.QueryResultsFormat
        form = forms.from_media_type(media)
        found.serialize(writer, form)  # type: ignore[arg-type]

    def graph(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with one graph whole, or with all of them."""
        store, _ = self._place_of({**request, "as_of": None})
        media = request["media"]
        name = request.get("graph")
        if name and not store.contains_named_graph(ox.NamedNode(name)):
            raise Refused(404, f"graph <{name}>: is not here. See the service description.")
        out.write(packed_json(HEAD, {"media": media}))
        graph = None if request.get("all") else ox.NamedNode(name) if name else ox.DefaultGraph()
        if graph is None and media in ("application/trig", "application/n-quads"):
            store.dump(writer, ox.RdfFormat.from_media_type(media))
        else:
            store.dump(writer, ox.RdfFormat.from_media_type(media), from_graph=graph or ox.DefaultGraph())

    def thing(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with what is said of one thing and of the claims about it."""
        store, _ = self._place_of({**request, "as_of": None})
        node = ox.NamedNode(request["iri"])
        quads = described_quads(store, node)
        if not quads:
            raise Refused(404, f"{request['iri']}: nothing is said of it. Look the name up again.")
        out.write(packed_json(HEAD, {"media": request["media"]}))
        triples = [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads]
        ox.serialize(sorted(triples, key=str), writer, ox.RdfFormat.from_media_type(request["media"]))

    def ask(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer a question of the content."""
        from orgline.answer import as_csv, as_json
        from orgline.ask import ask, chosen, question_named
        from orgline.say import Speaker

        session = self._session(request)
        question = question_named(self._content, request["question"])
        store, graphs = session.place_of(question)
        values = chosen(store, question, self._content, request["values"], request["lang"])
        answer = session.completed(ask(store, question, values, moment=session.moment, graphs=graphs))
        speaker = Speaker(store, request["lang"], self._content.words)
        media = request["media"]
        out.write(packed_json(HEAD, {"media": media, "answer": answer.answer}))
        text = as_csv(answer, speaker) if media == "text/csv" else as_json(answer, speaker)
        writer.write(text.encode())

    def ping(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer that the worker is there."""
        out.write(packed_json(HEAD, {"pid": os.getpid(), "request": bool(request)}))
        writer.write(b"")


_OPERATIONS: dict[str, Callable[[Worker, Request, BinaryIO, Any], None]] = {
    "sparql": Worker.sparql,
    "graph": Worker.graph,
    "thing": Worker.thing,
    "ask": Worker.ask,
    "ping": Worker.ping,
}


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
    """Return the RDF file, or the store, at `path`."""
    if path.is_dir():
        return ox.Store.read_only(str(path))
    store = ox.Store()
    kind = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
    store.bulk_load(path=str(path), format=kind)
    return store


def _first_line(text: object) -> str:
    return str(text).split("\n", maxsplit=1)[0].rstrip(".")


def run(arguments: list[str]) -> None:
    """Serve requests from standard input until it ends: the place, the content's folder, and the memory in bytes."""
    place, content, memory = Path(arguments[0]), Content.find(Path(arguments[1])), int(arguments[2])
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    worker = Worker(place, content)
    worker.open()
    # What the engine says as it runs out of memory is no news to whoever reads the service's log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    confine(memory)
    threading.stack_size(STACK)
    thread = threading.Thread(target=_serve, args=(worker, requests, answers))
    thread.start()
    thread.join()


def _serve(worker: Worker, requests: BinaryIO, answers: BinaryIO) -> None:
    answers.write(packed(READY))
    answers.flush()
    while (frame := read_frame(requests)) is not None:
        worker.answer(json.loads(frame[1]), answers)


if __name__ == "__main__":
    run(sys.argv[1:])
