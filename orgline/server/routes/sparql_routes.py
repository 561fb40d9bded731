"""The SPARQL endpoint, its description and its page, and whole graphs (the reads of the Graph Store Protocol)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orgline.server.http.gateway import Service
from orgline.server.http.requests import Parameters, first_value, read_body, request_parameters, requested_moment
from orgline.server.limits.query_scanner import MAX_QUERY_BYTES, require_served_graphs
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

# Jena's name for the default graph, which the protocol leaves without any: for use in `default-graph-uri`.
_DEFAULT_GRAPH_IRI = "urn:x-arq:DefaultGraph"
_ECHOED_PARAMETERS = frozenset({"query", "lang"})
_GRAPH_FORMS = frozenset({"CONSTRUCT", "DESCRIBE"})


async def handle_sparql(service: Service, request: Request) -> Response:
    """Answer a query, or without one with the service description; browsers get a page. Raises RequestRefused."""
    if request.method == "POST":
        request.state.body = await read_body(request)
    if cached := await service.cached_response(request):
        return cached
    parameters = await request_parameters(request)
    has_query = request.method == "POST" or bool(parameters.keys() & {"query", "update"})
    accept, form = request.headers.get("accept"), first_value(parameters, "format")
    if form == "html" or (not form and prefers_html(accept, {**RESULT_TYPES, **GRAPH_TYPES})):
        return await _query_page(service, request, parameters, has_query=has_query)
    if not has_query and not parameters.keys() - {"format"}:
        return await get_service_description(service, request)
    work, varies = await _worker_request(service, request, parameters)
    media = negotiated_type(GRAPH_TYPES if work.pop("is_graph") else RESULT_TYPES, accept, form)
    return await service.respond(
        request, {"op": "sparql", **work, "media": media, **requested_moment(parameters).to_mapping()}, varies=varies
    )


async def _worker_request(service: Service, request: Request, parameters: Parameters) -> tuple[dict[str, Any], bool]:
    """Return what a worker needs to run the query, and whether its answer varies.

    Raises RequestRefused for anything but one query within the limits, over graphs that are served.
    """
    queries = parameters.get("query", [])
    if "update" in parameters:
        raise RequestRefused(400, Message("wrong_update", "update: this service is read-only. Send a query."))
    if len(queries) != 1:
        text = f"query: {len(queries)} are given. Give exactly one."
        raise RequestRefused(400, Message("wrong_queries", text, len(queries)))
    base = f"{service.address}sparql"
    scan = await service.scan_within_budget(request, queries[0], base)
    default, named = parameters.get("default-graph-uri", []), parameters.get("named-graph-uri", [])
    served = (await service.build()).graphs
    require_served_graphs([*scan.graphs, *named], served)
    require_served_graphs(default, [*served, _DEFAULT_GRAPH_IRI])
    work = {
        "query": queries[0],
        "is_graph": scan.form in _GRAPH_FORMS,
        "own": bool(scan.graphs),
        "default": [None if graph == _DEFAULT_GRAPH_IRI else graph for graph in default],
        "named": named,
        "base": base,
    }
    return work, scan.varies


async def _query_page(service: Service, request: Request, parameters: Parameters, *, has_query: bool) -> Response:
    """Answer with the query editor and the result. An error is shown above the query, so that it can be corrected.

    Raises RequestRefused when the service is busy or the client's budget used up.
    """
    if not has_query:
        return await page_response(service, request, parameters, page="sparql", run=None)
    try:
        work, varies = await _worker_request(service, request, parameters)
        return await page_response(service, request, parameters, varies=varies, page="sparql", run=work)
    except RequestRefused as error:
        if error.status in (429, 503):
            raise
        echoed = {
            name: values[:1]
            for name, values in parameters.items()
            if name in _ECHOED_PARAMETERS and len(values[0]) <= MAX_QUERY_BYTES
        }
        page = {"page": "sparql", "run": None, "wrong": message_to_json(message_of(error)), "status": error.status}
        return await page_response(service, request, echoed, varies=True, **page)


async def get_service_description(service: Service, request: Request) -> Response:
    """Answer with the SPARQL 1.1 Service Description and VoID statistics. Raises RequestRefused."""
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), request.query_params.get("format"))
    return await service.respond(request, {"op": "description", "address": service.address, "media": media})


async def get_graph(service: Service, request: Request) -> Response:
    """Answer with all triples of one graph. Raises RequestRefused."""
    parameters = await request_parameters(request)
    graph = first_value(parameters, "graph")
    if (graph is None) == ("default" not in parameters):
        raise RequestRefused(400, "graph: give either ?default or ?graph=IRI.")
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), first_value(parameters, "format"))
    work = {"op": "graph", "graph": graph, "media": media}
    return await service.respond(request, {**work, **requested_moment(parameters).to_mapping()})
