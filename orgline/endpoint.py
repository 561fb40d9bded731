"""Endpoint: the SPARQL 1.1 Protocol, the reads of the Graph Store Protocol, and what the service says of itself."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orgline.browsing import page_of
from orgline.guard import MAX_BYTES, Refused, refuse_graphs
from orgline.negotiate import GRAPHS, RESULTS, media_type, prefers_page
from orgline.protocol import bounded_body, first, moment, parameters
from orgline.sentences import Sentence, sentence_of, written
from orgline.service import Service

_OWN_DEFAULT = "urn:x-arq:DefaultGraph"
_SHOWN = frozenset({"query", "lang"})
_GRAPH_FORMS = frozenset({"CONSTRUCT", "DESCRIBE"})


async def sparql(service: Service, request: Request) -> Response:
    """Answer a query; asked nothing, say what the service is. To people both are a page. Raises Refused."""
    if request.method == "POST":
        request.state.body = await bounded_body(request)
    if same := await service.again(request):
        return same
    asked = await parameters(request)
    is_asked = request.method == "POST" or bool(asked.keys() & {"query", "update"})
    accept, form = request.headers.get("accept"), first(asked, "format")
    if form == "html" or (not form and prefers_page(accept, {**RESULTS, **GRAPHS})):
        return await _page(service, request, asked, is_asked=is_asked)
    if not is_asked and not asked.keys() - {"format"}:
        return await description(service, request)
    work, varies = await _work(service, request, asked)
    media = media_type(GRAPHS if work.pop("is_graph") else RESULTS, accept, form)
    return await service.given(request, {"op": "sparql", **work, "media": media, **moment(asked)}, varies=varies)


async def _work(service: Service, request: Request, asked: dict[str, list[str]]) -> tuple[dict[str, Any], bool]:
    """Return what a worker has to do for the one query that is asked, and whether its answer varies. Raises Refused."""
    queries = asked.get("query", [])
    if "update" in asked:
        raise Refused(400, Sentence("wrong_update", "update: this service is read-only. Ask a query."))
    if len(queries) != 1:
        text = f"query: {len(queries)} are given. Give exactly one."
        raise Refused(400, Sentence("wrong_queries", text, len(queries)))
    base = f"{service.address}sparql"
    seen = await service.scanned(request, queries[0], base)
    default, named = asked.get("default-graph-uri", []), asked.get("named-graph-uri", [])
    served = (await service.build()).graphs
    refuse_graphs([*seen.graphs, *named], served)
    refuse_graphs(default, [*served, _OWN_DEFAULT])
    work = {
        "query": queries[0],
        "is_graph": seen.form in _GRAPH_FORMS,
        "own": bool(seen.graphs),
        "default": [None if one == _OWN_DEFAULT else one for one in default],
        "named": named,
        "base": base,
    }
    return work, seen.varies


async def _page(service: Service, request: Request, asked: dict[str, list[str]], *, is_asked: bool) -> Response:
    """Answer with the page to ask on, and what is found; what is refused is told on it. Raises Refused if too busy."""
    if not is_asked:
        return await page_of(service, request, asked, page="sparql", run=None)
    try:
        work, varies = await _work(service, request, asked)
        return await page_of(service, request, asked, varies=varies, page="sparql", run=work)
    except Refused as error:
        if error.status in (429, 503):
            raise
        typed = {name: given[:1] for name, given in asked.items() if name in _SHOWN and len(given[0]) <= MAX_BYTES}
        what = {"page": "sparql", "run": None, "wrong": written(sentence_of(error)), "status": error.status}
        return await page_of(service, request, typed, varies=True, **what)


async def description(service: Service, request: Request) -> Response:
    """Answer with what the service is: SPARQL 1.1 Service Description and VoID. Raises Refused."""
    media = media_type(GRAPHS, request.headers.get("accept"), request.query_params.get("format"))
    return await service.given(request, {"op": "description", "address": service.address, "media": media})


async def graph_store(service: Service, request: Request) -> Response:
    """Answer with one graph whole. Raises Refused."""
    asked = await parameters(request)
    name = first(asked, "graph")
    if (name is None) == ("default" not in asked):
        raise Refused(400, "graph: give either ?default or ?graph=ADDRESS.")
    media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
    return await service.given(request, {"op": "graph", "graph": name, "media": media, **moment(asked)})
