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

from orgline.catalog import PREFIXES, counted_at, service_description, statistics
from orgline.content import Content
from orgline.errors import OrglineError
from orgline.frames import END, FAULT, HEAD, FrameWriter, packed, packed_json
from orgline.guard import Refused
from orgline.place import STATISTICS
from orgline.sentences import Sentence, sentence_of, written
from orgline.served import Request, Served, moment_of, node_of, nothing_said
from orgline.store import ol

if TYPE_CHECKING:
    from orgline.sheets import Desk

_ABOUT = ol("about")


class Operations:
    """Answers requests about the build in a folder, or the RDF file, at `place`."""

    def __init__(self, place: Path, content: Content) -> None:
        """Load what workers that are forked from this process can share. Raises CannotRun for what is no RDF."""
        self.served = Served(place, content)

    def prepare(self) -> None:
        """Read what any request may need, so that workers share it."""
        import orgline.downloads  # noqa: F401 loaded for those that fork, pages with it

        self.served.prepare()

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
            out.write(packed_json(FAULT, {"status": error.status, "sentence": written(sentence_of(error))}))
        except OrglineError as error:
            out.write(packed_json(FAULT, {"status": 404, "sentence": written(sentence_of(error))}))
        except MemoryError:
            text = Sentence("wrong_memory", "query: needs too much memory. Ask for less.")
            out.write(packed_json(FAULT, {"status": 503, "sentence": written(text)}))
        out.flush()

    def about(self, request: Request, out: BinaryIO, _: Any) -> None:
        """Answer what is served: the names of its graphs, the base of its things, whether it is in memory."""
        graphs = sorted(
            graph.value for graph in self.served.store({}).named_graphs() if isinstance(graph, ox.NamedNode)
        )
        in_memory = self.served.held is not None
        _head(out, request, "application/json", graphs=graphs, base=self.served.base, in_memory=in_memory)

    def dataset(self, request: Request, out: BinaryIO, _: Any) -> None:
        """Make the dataset of a day, if it is not there."""
        self.served.place_of(request)
        _head(out, request, "text/plain")

    def sparql(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer a SPARQL query."""
        found = self.served.solved(request)
        media = request["media"]
        _head(out, request, media)
        forms = ox.RdfFormat if isinstance(found, ox.QueryTriples) else ox.QueryResultsFormat
        form = forms.from_media_type(media)
        found.serialize(writer, form)

    def description(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with what the service is and what its data are."""
        kept = self.served.place / STATISTICS
        if self.served.is_build and kept.is_file():
            counted = [quad.triple for quad in ox.parse(path=str(kept), format=ox.RdfFormat.N_TRIPLES)]
        else:
            counted = statistics(self.served.store({}))
        graphs = [graph for graph in self.served.store({}).named_graphs() if isinstance(graph, ox.NamedNode)]
        _head(out, request, request["media"])
        triples = [*service_description(request["address"], graphs), *counted_at(request["address"], counted)]
        ox.serialize(triples, writer, ox.RdfFormat.from_media_type(request["media"]), prefixes=PREFIXES)

    def graph(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with one graph whole, the default one if none is named."""
        store, default = self.served.place_of(request)
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
        quads = described_quads(self.served.store(request), node_of(request["iri"]))
        if not quads:
            raise nothing_said(request["iri"])
        _head(out, request, request["media"])
        triples = {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads}
        form = ox.RdfFormat.from_media_type(request["media"])
        ox.serialize(sorted(triples, key=str), writer, form, prefixes=self.served.content.prefixes)

    def ask(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer a question of the content."""
        from orgline.downloads import answered

        file = answered(self.served, request)
        _head(out, request, request["media"], **file.head)
        writer.write(file.data)

    def page(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with a page, or with what the script of one asks for."""
        from orgline.sheets import SHEETS

        nonce = secrets.token_urlsafe(16)
        text = SHEETS[request["page"]](self._desk(request, nonce))
        media = request["media"]
        _head(out, request, media, **_of_page(request, nonce))
        writer.write(text.encode())

    def download(self, request: Request, out: BinaryIO, writer: Any) -> None:
        """Answer with what a page shows as a file of tables."""
        from orgline.downloads import DOWNLOADS

        file = DOWNLOADS[request["page"]](self._desk(request))
        _head(out, request, request["media"], **file.head)
        writer.write(file.data)

    def _desk(self, request: Request, nonce: str = "") -> Desk:
        """Return what a page, or the file that shows the same, is made at."""
        from orgline.frame import Frame
        from orgline.sheets import Desk

        path, query, lang = request["path"], request["query"], request["lang"]
        frame = Frame(self.served.content, path, query, lang, moment_of(request), request["base"], nonce)
        return Desk(self.served, frame, request)


_OPERATIONS: dict[str, Callable[[Operations, Request, BinaryIO, Any], None]] = {
    "about": Operations.about,
    "ask": Operations.ask,
    "dataset": Operations.dataset,
    "description": Operations.description,
    "download": Operations.download,
    "graph": Operations.graph,
    "page": Operations.page,
    "sparql": Operations.sparql,
    "thing": Operations.thing,
}


def _head(out: BinaryIO, request: Request, media: str, **more: Any) -> None:
    """Say that an answer comes, in which form."""
    out.write(packed_json(HEAD, {"media": media, "gzip": bool(request.get("gzip")), **more}))


def _of_page(request: Request, nonce: str) -> dict[str, Any]:
    """Return what of the head of an answer a page has and JSON has not: its nonce, and a status if it tells a fault."""
    if request["media"] != "text/html":
        return {}
    return {"nonce": nonce, **({"status": request["status"]} if "status" in request else {})}


def described_quads(store: ox.Store, node: ox.NamedNode) -> list[ox.Quad]:
    """Return what the default graph says of `node`, what names it, and the claims about it."""
    default = ox.DefaultGraph()
    own = list(store.quads_for_pattern(node, None, None, default))
    naming = list(store.quads_for_pattern(None, None, node, default))
    claims = {quad.subject for quad in naming if quad.predicate == _ABOUT}
    return own + naming + [quad for claim in claims for quad in store.quads_for_pattern(claim, None, None, default)]
