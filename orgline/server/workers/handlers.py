"""Operations: what a worker can be asked: queries, questions, graphs, things, and what is served.

Each request is answered in frames: a head, data, an end; or a fault with an HTTP status and a sentence.
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
    """Answers requests about the build in a folder, or the RDF file, at `place`."""

    def __init__(self, place: Path, content: Content) -> None:
        """Load what workers that are forked from this process can share. Raises CannotRun for what is no RDF."""
        self.state = WorkerState(place, content)

    def prepare(self) -> None:
        """Read what any request may need, so that workers share it."""
        import orgline.server.workers.download_handlers  # noqa: F401 loaded for those that fork, pages with it

        self.state.prepare()

    def answer(self, request: WorkerRequest, out: BinaryIO) -> None:
        """Write the frames that answer `request`."""
        frames = FrameWriter(out)
        try:
            with (
                gzip.GzipFile(fileobj=frames, mode="wb", compresslevel=5, mtime=0)
                if request.get("gzip")
                else nullcontext(frames) as writer
            ):
                _HANDLERS_BY_NAME[request["op"]](self, request, out, writer)
            frames.close()
            out.write(pack_frame(END))
        except RequestRefused as error:
            out.write(pack_json_frame(FAULT, {"status": error.status, "sentence": message_to_json(message_of(error))}))
        except OrglineError as error:
            out.write(pack_json_frame(FAULT, {"status": 404, "sentence": message_to_json(message_of(error))}))
        except MemoryError:
            text = Message("wrong_memory", "query: needs too much memory. Ask for less.")
            out.write(pack_json_frame(FAULT, {"status": 503, "sentence": message_to_json(text)}))
        out.flush()

    def about(self, request: WorkerRequest, out: BinaryIO, _: Any) -> None:
        """Answer what is served: the names of its graphs, the base of its things, whether it is in memory."""
        graphs = sorted(graph.value for graph in self.state.store({}).named_graphs() if isinstance(graph, ox.NamedNode))
        in_memory = self.state.held is not None
        _write_head(out, request, "application/json", graphs=graphs, base=self.state.base, in_memory=in_memory)

    def dataset(self, request: WorkerRequest, out: BinaryIO, _: Any) -> None:
        """Make the dataset of a day, if it is not there."""
        self.state.place_of(request)
        _write_head(out, request, "text/plain")

    def sparql(self, request: WorkerRequest, out: BinaryIO, writer: Any) -> None:
        """Answer a SPARQL query."""
        found = self.state.run_sparql(request)
        media = request["media"]
        _write_head(out, request, media)
        forms = ox.RdfFormat if isinstance(found, ox.QueryTriples) else ox.QueryResultsFormat
        form = forms.from_media_type(media)
        found.serialize(writer, form)

    def description(self, request: WorkerRequest, out: BinaryIO, writer: Any) -> None:
        """Answer with what the service is and what its data are."""
        kept = self.state.place / STATISTICS_FILE
        if self.state.is_build and kept.is_file():
            counted = [quad.triple for quad in ox.parse(path=str(kept), format=ox.RdfFormat.N_TRIPLES)]
        else:
            counted = void_statistics(self.state.store({}))
        graphs = [graph for graph in self.state.store({}).named_graphs() if isinstance(graph, ox.NamedNode)]
        _write_head(out, request, request["media"])
        triples = [*service_description(request["address"], graphs), *statistics_at(request["address"], counted)]
        ox.serialize(triples, writer, ox.RdfFormat.from_media_type(request["media"]), prefixes=PREFIXES)

    def graph(self, request: WorkerRequest, out: BinaryIO, writer: Any) -> None:
        """Answer with one graph whole, the default one if none is named."""
        store, default = self.state.place_of(request)
        name = request.get("graph")
        graph = ox.NamedNode(name) if name else ox.DefaultGraph()
        if name and not store.contains_named_graph(graph):
            raise RequestRefused(404, f"graph <{name}>: is not here. See the service description.")
        _write_head(out, request, request["media"])
        form = ox.RdfFormat.from_media_type(request["media"])
        if name or not default:
            store.dump(writer, form, from_graph=graph)
            return
        asked = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
        found = store.query(asked, default_graph=default)  # type: ignore[arg-type]
        found.serialize(writer, form)  # type: ignore[arg-type]

    def thing(self, request: WorkerRequest, out: BinaryIO, writer: Any) -> None:
        """Answer with what is said of one thing and of the claims about it."""
        quads = quads_about(self.state.store(request), iri_node(request["iri"]))
        if not quads:
            raise no_statements_error(request["iri"])
        _write_head(out, request, request["media"])
        triples = {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads}
        form = ox.RdfFormat.from_media_type(request["media"])
        ox.serialize(sorted(triples, key=str), writer, form, prefixes=self.state.content.prefixes)

    def ask(self, request: WorkerRequest, out: BinaryIO, writer: Any) -> None:
        """Answer a question of the content."""
        from orgline.server.workers.download_handlers import question_download

        file = question_download(self.state, request)
        _write_head(out, request, request["media"], **file.head)
        writer.write(file.data)

    def page(self, request: WorkerRequest, out: BinaryIO, writer: Any) -> None:
        """Answer with a page, or with what the script of one asks for."""
        from orgline.server.workers.page_handlers import PAGES_BY_NAME

        nonce = secrets.token_urlsafe(16)
        text = PAGES_BY_NAME[request["page"]](self._page_handlers(request, nonce))
        media = request["media"]
        _write_head(out, request, media, **_page_head_fields(request, nonce))
        writer.write(text.encode())

    def download(self, request: WorkerRequest, out: BinaryIO, writer: Any) -> None:
        """Answer with what a page shows as a file of tables."""
        from orgline.server.workers.download_handlers import DOWNLOADS_BY_NAME

        file = DOWNLOADS_BY_NAME[request["page"]](self._page_handlers(request))
        _write_head(out, request, request["media"], **file.head)
        writer.write(file.data)

    def _page_handlers(self, request: WorkerRequest, nonce: str = "") -> PageHandlers:
        """Return what a page, or the file that shows the same, is made at."""
        from orgline.render import PageContext
        from orgline.server.workers.page_handlers import PageHandlers

        path, query, lang = request["path"], request["query"], request["lang"]
        frame = PageContext(self.state.content, path, query, lang, Moment.from_mapping(request), request["base"], nonce)
        return PageHandlers(self.state, frame, request)


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


def _write_head(out: BinaryIO, request: WorkerRequest, media: str, **more: Any) -> None:
    """Say that an answer comes, in which form."""
    out.write(pack_json_frame(HEAD, {"media": media, "gzip": bool(request.get("gzip")), **more}))


def _page_head_fields(request: WorkerRequest, nonce: str) -> dict[str, Any]:
    """Return what of the head of an answer a page has and JSON has not: its nonce, and a status if it tells a fault."""
    if request["media"] != "text/html":
        return {}
    return {"nonce": nonce, **({"status": request["status"]} if "status" in request else {})}


def quads_about(store: ox.Store, node: ox.NamedNode) -> list[ox.Quad]:
    """Return what the default graph says of `node`, what names it, and the claims about it."""
    default = ox.DefaultGraph()
    own = list(store.quads_for_pattern(node, None, None, default))
    naming = list(store.quads_for_pattern(None, None, node, default))
    claims = {quad.subject for quad in naming if quad.predicate == _ABOUT}
    return own + naming + [quad for claim in claims for quad in store.quads_for_pattern(claim, None, None, default)]
