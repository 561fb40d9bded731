"""Endpoint: the SPARQL 1.1 Protocol, the reads of the Graph Store Protocol, and what the service says of itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orgline.guard import Refused, refuse_graphs
from orgline.negotiate import GRAPHS, RESULTS, media_type, prefers_page
from orgline.protocol import first, moment, parameters
from orgline.service import Service

_OWN_DEFAULT = "urn:x-arq:DefaultGraph"
_GRAPH_FORMS = frozenset({"CONSTRUCT", "DESCRIBE"})


async def sparql(service: Service, request: Request) -> Response:
    """Answer a query; asked nothing, say what the service is. Raises Refused."""
    asked = await parameters(request)
    if request.method != "POST" and not asked.keys() - {"format"}:
        return await description(service, request)
    queries = asked.get("query", [])
    if "update" in asked:
        raise Refused(400, "update: this service is read-only. Ask a query.")
    if len(queries) != 1:
        raise Refused(400, f"query: {len(queries)} are given. Give exactly one.")
    base = f"{service.address}sparql"
    seen = await service.scanned(request, queries[0], base)
    default, named = asked.get("default-graph-uri", []), asked.get("named-graph-uri", [])
    served = (await service.build()).graphs
    refuse_graphs([*seen.graphs, *named], served)
    refuse_graphs(default, [*served, _OWN_DEFAULT])
    known = GRAPHS if seen.form in _GRAPH_FORMS else RESULTS
    media = media_type(known, request.headers.get("accept"), first(asked, "format"))
    work = {
        "op": "sparql",
        "query": queries[0],
        "media": media,
        "own": bool(seen.graphs),
        "default": [None if one == _OWN_DEFAULT else one for one in default],
        "named": named,
        "base": base,
    }
    return await service.given(request, {**work, **moment(asked)}, varies=seen.varies)


async def description(service: Service, request: Request) -> Response:
    """Answer with what the service is: SPARQL 1.1 Service Description and VoID. Raises Refused."""
    accept, name = request.headers.get("accept"), request.query_params.get("format")
    if not name and prefers_page(accept, GRAPHS):
        return RedirectResponse("/", status_code=303, headers={"Vary": "Accept"})
    media = media_type(GRAPHS, accept, name)
    return await service.given(request, {"op": "description", "address": service.address, "media": media})


async def graph_store(service: Service, request: Request) -> Response:
    """Answer with one graph whole. Raises Refused."""
    asked = await parameters(request)
    name = first(asked, "graph")
    if (name is None) == ("default" not in asked):
        raise Refused(400, "graph: give either ?default or ?graph=ADDRESS.")
    media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
    return await service.given(request, {"op": "graph", "graph": name, "media": media, **moment(asked)})
