"""Endpoint: the SPARQL 1.1 Protocol, the reads of the Graph Store Protocol, and what the service says of itself."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orgline.server.http.gateway import Service
from orgline.server.http.query_scanner import MAX_QUERY_BYTES, require_served_graphs
from orgline.server.http.requests import first_value, read_body, request_parameters, requested_moment
from orgline.server.routes.page_routes import page_response
from orgline.text import (
    GRAPH_TYPES,
    RESULT_TYPES,
    Message,
    RequestRefused,
    message_of,
    message_to_json,
    negotiated_type,
    prefers_html,
)

_DEFAULT_GRAPH_IRI = "urn:x-arq:DefaultGraph"
_ECHOED_PARAMETERS = frozenset({"query", "lang"})
_GRAPH_FORMS = frozenset({"CONSTRUCT", "DESCRIBE"})


async def handle_sparql(service: Service, request: Request) -> Response:
    """Answer a query; asked nothing, say what the service is. To people both are a page. Raises Refused."""
    if request.method == "POST":
        request.state.body = await read_body(request)
    if same := await service.cached_response(request):
        return same
    asked = await request_parameters(request)
    is_asked = request.method == "POST" or bool(asked.keys() & {"query", "update"})
    accept, form = request.headers.get("accept"), first_value(asked, "format")
    if form == "html" or (not form and prefers_html(accept, {**RESULT_TYPES, **GRAPH_TYPES})):
        return await _query_page(service, request, asked, is_asked=is_asked)
    if not is_asked and not asked.keys() - {"format"}:
        return await get_service_description(service, request)
    work, varies = await _worker_request(service, request, asked)
    media = negotiated_type(GRAPH_TYPES if work.pop("is_graph") else RESULT_TYPES, accept, form)
    return await service.given(
        request, {"op": "sparql", **work, "media": media, **requested_moment(asked).to_mapping()}, varies=varies
    )


async def _worker_request(
    service: Service, request: Request, asked: dict[str, list[str]]
) -> tuple[dict[str, Any], bool]:
    """Return what a worker has to do for the one query that is asked, and whether its answer varies. Raises Refused."""
    queries = asked.get("query", [])
    if "update" in asked:
        raise RequestRefused(400, Message("wrong_update", "update: this service is read-only. Ask a query."))
    if len(queries) != 1:
        text = f"query: {len(queries)} are given. Give exactly one."
        raise RequestRefused(400, Message("wrong_queries", text, len(queries)))
    base = f"{service.address}sparql"
    seen = await service.scan_within_budget(request, queries[0], base)
    default, named = asked.get("default-graph-uri", []), asked.get("named-graph-uri", [])
    served = (await service.build()).graphs
    require_served_graphs([*seen.graphs, *named], served)
    require_served_graphs(default, [*served, _DEFAULT_GRAPH_IRI])
    work = {
        "query": queries[0],
        "is_graph": seen.form in _GRAPH_FORMS,
        "own": bool(seen.graphs),
        "default": [None if one == _DEFAULT_GRAPH_IRI else one for one in default],
        "named": named,
        "base": base,
    }
    return work, seen.varies


async def _query_page(service: Service, request: Request, asked: dict[str, list[str]], *, is_asked: bool) -> Response:
    """Answer with the page to ask on, and what is found; what is refused is told on it. Raises Refused if too busy."""
    if not is_asked:
        return await page_response(service, request, asked, page="sparql", run=None)
    try:
        work, varies = await _worker_request(service, request, asked)
        return await page_response(service, request, asked, varies=varies, page="sparql", run=work)
    except RequestRefused as error:
        if error.status in (429, 503):
            raise
        typed = {
            name: given[:1]
            for name, given in asked.items()
            if name in _ECHOED_PARAMETERS and len(given[0]) <= MAX_QUERY_BYTES
        }
        what = {"page": "sparql", "run": None, "wrong": message_to_json(message_of(error)), "status": error.status}
        return await page_response(service, request, typed, varies=True, **what)


async def get_service_description(service: Service, request: Request) -> Response:
    """Answer with what the service is: SPARQL 1.1 Service Description and VoID. Raises Refused."""
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), request.query_params.get("format"))
    return await service.given(request, {"op": "description", "address": service.address, "media": media})


async def get_graph(service: Service, request: Request) -> Response:
    """Answer with one graph whole. Raises Refused."""
    asked = await request_parameters(request)
    name = first_value(asked, "graph")
    if (name is None) == ("default" not in asked):
        raise RequestRefused(400, "graph: give either ?default or ?graph=ADDRESS.")
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), first_value(asked, "format"))
    return await service.given(
        request, {"op": "graph", "graph": name, "media": media, **requested_moment(asked).to_mapping()}
    )
