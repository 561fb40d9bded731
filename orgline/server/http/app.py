"""The ASGI application: which handler answers at which address, and what becomes of errors.

The service is read-only and calls no other host. Queries run in worker processes that can be killed, and what a client
may ask for is bounded before, while and after it runs: docs/threat-model.md.
"""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from orgline.server.http.error_pages import as_error_page, with_error_pages
from orgline.server.http.gateway import RouteHandler, Service
from orgline.server.http.responses import error_response
from orgline.server.limits.rate_limit import REFUSAL_COST_SECONDS, owner_of
from orgline.server.routes import chart_routes, page_routes, question_routes, sparql_routes, thing_routes
from orgline.text import Message, RequestRefused

_ROUTES: tuple[tuple[str, RouteHandler, tuple[str, ...]], ...] = (
    ("/", page_routes.get_home, ("GET",)),
    ("/about", page_routes.get_about, ("GET",)),
    ("/search", page_routes.get_search, ("GET",)),
    ("/static/{name}", page_routes.get_static_file, ("GET",)),
    ("/sparql", sparql_routes.handle_sparql, ("GET", "POST")),
    ("/rdf-graph-store", sparql_routes.get_graph, ("GET",)),
    ("/ask", question_routes.get_questions, ("GET",)),
    ("/ask/{theme}/{question}", question_routes.get_question_answer, ("GET",)),
    ("/openapi.json", question_routes.get_openapi, ("GET",)),
    ("/examples", question_routes.get_examples, ("GET",)),
    ("/id/{name:path}", thing_routes.redirect_to_document, ("GET",)),
    ("/data/{name:path}", thing_routes.get_thing_data, ("GET",)),
    ("/data", thing_routes.get_thing_data, ("GET",)),
    ("/page/{name:path}", thing_routes.get_thing_page, ("GET",)),
    ("/page", thing_routes.get_thing_page, ("GET",)),
    ("/chart/{name:path}", chart_routes.get_chart, ("GET",)),
    ("/chart", chart_routes.get_chart, ("GET",)),
    ("/explore/{name:path}", thing_routes.get_explore_page, ("GET",)),
    ("/explore", thing_routes.get_explore_page, ("GET",)),
    ("/neighbours/{name:path}", thing_routes.get_neighbours, ("GET",)),
    ("/neighbours", thing_routes.get_neighbours, ("GET",)),
)
_SPARQL_METHODS = frozenset({"GET", "POST", "OPTIONS"})
# An unknown address costs less than a refused request: crawlers follow old links in good faith.
_UNKNOWN_ADDRESS_COST_SECONDS = REFUSAL_COST_SECONDS / 5
_STATUS_MESSAGES = {
    500: Message("wrong_500", "service: an internal error occurred. Report it to whoever runs the service."),
    404: Message("wrong_404", "address: not found. See the list of questions at /ask, and the endpoint at /sparql."),
    405: Message("wrong_405", "method: not allowed, the service is read-only. Use GET, or POST for a query."),
}


def application(service: Service) -> ASGIApp:
    """Return the ASGI application of `service`. Queries, which are most of the requests, bypass the router."""
    routed = _routed_app(service)
    handle_sparql = with_error_pages(service, service.within_budget(sparql_routes.handle_sparql))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != "/sparql" or scope["method"] not in _SPARQL_METHODS:
            await routed(scope, receive, send)
            return
        response = await handle_sparql(Request(scope, receive))
        await response(scope, receive, send)

    return answer


def _routed_app(service: Service) -> Starlette:
    """Return the application that answers at all addresses."""
    routes = [
        Route(path, with_error_pages(service, service.within_budget(handler)), methods=[*methods, "OPTIONS"])
        for path, handler, methods in _ROUTES
    ]
    handlers = {HTTPException: partial(_handle_http_error, service), Exception: partial(_handle_server_error, service)}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


async def _handle_http_error(service: Service, request: Request, error: Exception) -> Response:
    """Return the response for an unknown address or method, and charge the client for it."""
    assert isinstance(error, HTTPException)
    if request.client:
        service.budget.spend(owner_of(request.client.host), _UNKNOWN_ADDRESS_COST_SECONDS)
    message = _STATUS_MESSAGES.get(error.status_code, f"request: {error.detail}.")
    response = error_response(RequestRefused(error.status_code, message))
    response.headers.update(error.headers or {})
    return as_error_page(service, request, response)


async def _handle_server_error(service: Service, request: Request, _: Exception) -> Response:
    """Return the response for an error of ours. Its cause is in the log only."""
    return as_error_page(service, request, error_response(RequestRefused(500, _STATUS_MESSAGES[500])))
