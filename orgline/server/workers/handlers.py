"""What a worker can be asked to do: run queries, answer questions, send graphs and things, make pages and downloads.

An answer is a sequence of frames: HEAD, any number of DATA, END; or FAULT with an HTTP status and a message.
"""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyoxigraph as ox

from orgline.content import STATISTICS_FILE, Content
from orgline.graph import ol_term, void_statistics
from orgline.server.routes.service_description import PREFIXES, service_description, statistics_at
from orgline.server.workers.wire import END, FAULT, HEAD, FrameWriter, pack_frame, pack_json_frame
from orgline.server.workers.worker_state import (
    WorkerRequest,
    WorkerState,
    iri_node,
    no_statements_error,
)
from orgline.text import Message, Moment, OrglineError, RequestRefused, message_of, message_to_json

if TYPE_CHECKING:
    from orgline.server.workers.page_handlers import PageHandlers

_ABOUT = ol_term("about")


class Handlers:
    """Answers requests about one build folder or RDF file."""

    def __init__(self, place: Path, content: Content) -> None:
        """Load what all workers share. Raises CannotRun for a file that is not RDF."""
        self.state = WorkerState(place, content)

    def prepare(self) -> None:
        """Load what any request may need, so that workers forked from now on share it."""
        import orgline.server.workers.download_handlers  # noqa: F401 imports the modules of pages too

        self.state.prepare()

    def answer(self, request: WorkerRequest, out: BinaryIO) -> None:
        """Write the frames that answer `request` to `out`."""
        frames = FrameWriter(out)
        try:
            with (
                gzip.GzipFile(fileobj=frames, mode="wb", compresslevel=5, mtime=0)
                if request.get("gzip")
                else nullcontext(frames) as body
            ):
                _HANDLERS_BY_NAME[request["op"]](self, request, out, body)
            frames.close()
            out.write(pack_frame(END))
        except RequestRefused as error:
            _write_fault(out, error.status, message_of(error))
        except OrglineError as error:
            _write_fault(out, 404, message_of(error))
        except MemoryError:
            _write_fault(out, 503, Message("wrong_memory", "query: needs too much memory. Ask for less."))
        out.flush()

    def about(self, request: WorkerRequest, out: BinaryIO, _: Any) -> None:
        """Send, in the head, the IRIs of the named graphs, the base of things, and whether the graph is in memory."""
        graphs = sorted(graph.value for graph in self.state.store({}).named_graphs() if isinstance(graph, ox.NamedNode))
        in_memory = self.state.memory_store is not None
        _write_head(out, request, "application/json", graphs=graphs, base=self.state.base, in_memory=in_memory)

    def dataset(self, request: WorkerRequest, out: BinaryIO, _: Any) -> None:
        """Build the graph of a date, if it does not exist."""
        self.state.store_and_graphs(request)
        _write_head(out, request, "text/plain")

    def sparql(self, request: WorkerRequest, out: BinaryIO, body: Any) -> None:
        """Send the result of a SPARQL query."""
        result = self.state.run_sparql(request)
        media = request["media"]
        _write_head(out, request, media)
        formats = ox.RdfFormat if isinstance(result, ox.QueryTriples) else ox.QueryResultsFormat
        result.serialize(body, formats.from_media_type(media))

    def description(self, request: WorkerRequest, out: BinaryIO, body: Any) -> None:
        """Send the service description with the statistics of the build, or of the file, which are counted now."""
        path = self.state.place / STATISTICS_FILE
        if self.state.is_build and path.is_file():
            statistics = [quad.triple for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_TRIPLES)]
        else:
            statistics = void_statistics(self.state.store({}))
        graphs = [graph for graph in self.state.store({}).named_graphs() if isinstance(graph, ox.NamedNode)]
        _write_head(out, request, request["media"])
        address = request["address"]
        triples = [*service_description(address, graphs), *statistics_at(address, statistics)]
        ox.serialize(triples, body, ox.RdfFormat.from_media_type(request["media"]), prefixes=PREFIXES)

    def graph(self, request: WorkerRequest, out: BinaryIO, body: Any) -> None:
        """Send all triples of a named graph, or of the default graph. Raises RequestRefused (404)."""
        store, default = self.state.store_and_graphs(request)
        name = request.get("graph")
        graph = ox.NamedNode(name) if name else ox.DefaultGraph()
        if name and not store.contains_named_graph(graph):
            raise RequestRefused(404, f"graph <{name}>: does not exist. See the service description.")
        _write_head(out, request, request["media"])
        form = ox.RdfFormat.from_media_type(request["media"])
        if name or not default:
            store.dump(body, form, from_graph=graph)
            return
        # Of a date, the default graph is a union of graphs, which only a query can read.
        triples = store.query(
            "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
            default_graph=default,  # type: ignore[arg-type]
        )
        triples.serialize(body, form)  # type: ignore[arg-type]

    def thing(self, request: WorkerRequest, out: BinaryIO, body: Any) -> None:
        """Send the statements about a thing and the claims they rest on. Raises RequestRefused (404)."""
        quads = quads_about(self.state.store(request), iri_node(request["iri"]))
        if not quads:
            raise no_statements_error(request["iri"])
        _write_head(out, request, request["media"])
        triples = {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads}
        form = ox.RdfFormat.from_media_type(request["media"])
        ox.serialize(sorted(triples, key=str), body, form, prefixes=self.state.content.prefixes)

    def ask(self, request: WorkerRequest, out: BinaryIO, body: Any) -> None:
        """Send the answer to a question."""
        from orgline.server.workers.download_handlers import question_download

        download = question_download(self.state, request)
        _write_head(out, request, request["media"], **download.head)
        body.write(download.data)

    def page(self, request: WorkerRequest, out: BinaryIO, body: Any) -> None:
        """Send a page, or the JSON that a script of one fetches."""
        from orgline.server.workers.page_handlers import PAGES_BY_NAME

        nonce = secrets.token_urlsafe(16)
        text = PAGES_BY_NAME[request["page"]](self._page_handlers(request, nonce))
        _write_head(out, request, request["media"], **_page_head_fields(request, nonce))
        body.write(text.encode())

    def download(self, request: WorkerRequest, out: BinaryIO, body: Any) -> None:
        """Send what a page shows, as a file."""
        from orgline.server.workers.download_handlers import DOWNLOADS_BY_NAME

        download = DOWNLOADS_BY_NAME[request["page"]](self._page_handlers(request))
        _write_head(out, request, request["media"], **download.head)
        body.write(download.data)

    def _page_handlers(self, request: WorkerRequest, nonce: str = "") -> PageHandlers:
        """Return what makes the page that `request` asks for."""
        from orgline.render import PageContext
        from orgline.server.workers.page_handlers import PageHandlers

        moment = Moment.from_mapping(request)
        context = PageContext(
            self.state.content, request["path"], request["query"], request["lang"], moment, request["base"], nonce
        )
        return PageHandlers(self.state, context, request)


_HANDLERS_BY_NAME: dict[str, Callable[[Handlers, WorkerRequest, BinaryIO, Any], None]] = {
    "about": Handlers.about,
    "ask": Handlers.ask,
    "dataset": Handlers.dataset,
    "description": Handlers.description,
    "download": Handlers.download,
    "graph": Handlers.graph,
    "page": Handlers.page,
    "sparql": Handlers.sparql,
    "thing": Handlers.thing,
}


def _write_head(out: BinaryIO, request: WorkerRequest, media: str, **fields: Any) -> None:
    out.write(pack_json_frame(HEAD, {"media": media, "gzip": bool(request.get("gzip")), **fields}))


def _write_fault(out: BinaryIO, status: int, message: str) -> None:
    out.write(pack_json_frame(FAULT, {"status": status, "sentence": message_to_json(message)}))


def _page_head_fields(request: WorkerRequest, nonce: str) -> dict[str, Any]:
    """Return what the head of a page adds: its nonce, and its status if it shows an error. JSON adds nothing."""
    if request["media"] != "text/html":
        return {}
    return {"nonce": nonce, **({"status": request["status"]} if "status" in request else {})}


def quads_about(store: ox.Store, node: ox.NamedNode) -> list[ox.Quad]:
    """Return the quads of the default graph with `node` as subject or object, and those of the claims about it."""
    default = ox.DefaultGraph()
    outgoing = list(store.quads_for_pattern(node, None, None, default))
    incoming = list(store.quads_for_pattern(None, None, node, default))
    claims = {quad.subject for quad in incoming if quad.predicate == _ABOUT}
    of_claims = [quad for claim in claims for quad in store.quads_for_pattern(claim, None, None, default)]
    return outgoing + incoming + of_claims
