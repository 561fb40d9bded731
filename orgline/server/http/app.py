"""Serve: the build, or an RDF file, over HTTP: the SPARQL protocol, the questions, an address for every thing.

It is read-only and reaches no other host. What runs a query is a worker that can be killed; what a
stranger may ask for is bounded before, while and after it runs (DEFENCE 1–7, 17).
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from orgline.content import Content
from orgline.server.http.connection_limits import LimitedHttpProtocol
from orgline.server.http.error_pages import as_error_page, with_error_pages
from orgline.server.http.gateway import RouteHandler, Service
from orgline.server.http.rate_limit import REFUSAL_COST_SECONDS, Limits, owner_of
from orgline.server.http.requests import SEND_SECONDS, error_response
from orgline.server.http.spool import ResponseAborted
from orgline.server.routes import chart_routes as charting
from orgline.server.routes import page_routes as browsing
from orgline.server.routes import question_routes as asking
from orgline.server.routes import sparql_routes as endpoint
from orgline.server.routes import thing_routes as things
from orgline.text import CannotRun, Message, RequestRefused, __version__

_ROUTES: tuple[tuple[str, RouteHandler, tuple[str, ...]], ...] = (
    ("/", browsing.get_home, ("GET",)),
    ("/about", browsing.get_about, ("GET",)),
    ("/search", browsing.get_search, ("GET",)),
    ("/static/{name}", browsing.get_static_file, ("GET",)),
    ("/sparql", endpoint.handle_sparql, ("GET", "POST")),
    ("/rdf-graph-store", endpoint.get_graph, ("GET",)),
    ("/ask", asking.get_questions, ("GET",)),
    ("/ask/{theme}/{question}", asking.get_question_answer, ("GET",)),
    ("/openapi.json", asking.get_openapi, ("GET",)),
    ("/examples", asking.get_examples, ("GET",)),
    ("/id/{name:path}", things.redirect_to_document, ("GET",)),
    ("/data/{name:path}", things.get_thing_data, ("GET",)),
    ("/data", things.get_thing_data, ("GET",)),
    ("/page/{name:path}", things.get_thing_page, ("GET",)),
    ("/page", things.get_thing_page, ("GET",)),
    ("/chart/{name:path}", charting.get_chart, ("GET",)),
    ("/chart", charting.get_chart, ("GET",)),
    ("/explore/{name:path}", things.get_explore_page, ("GET",)),
    ("/explore", things.get_explore_page, ("GET",)),
    ("/neighbours/{name:path}", things.get_neighbours, ("GET",)),
    ("/neighbours", things.get_neighbours, ("GET",)),
)
MAX_OPEN_FILES = 4096
_IGNORED_LOG_PREFIXES = (
    "Invalid HTTP request",
    "Unsupported upgrade request",
    "No supported WebSocket library",
    "Cancel ",
)
_STATUS_MESSAGES = {
    500: Message("wrong_500", "service: something went wrong here. Tell whoever runs it."),
    404: Message(
        "wrong_404", "address: nothing is here. See the list of questions at /ask, and the endpoint at /sparql."
    ),
    405: Message(
        "wrong_405", "method: is not taken here. This service is read-only: ask by GET, a query also by POST."
    ),
}


def application(service: Service) -> ASGIApp:
    """Return the ASGI application that answers with `service`: what most ask for goes past the routes."""
    routed, handled = _routed_app(service), with_error_pages(service, service.within(endpoint.handle_sparql))

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope.get("path") != "/sparql" or scope["method"] not in _SPARQL_METHODS:
            await routed(scope, receive, send)
            return
        response = await handled(Request(scope, receive))
        await response(scope, receive, send)

    return answered


_SPARQL_METHODS = frozenset({"GET", "POST", "OPTIONS"})


def _routed_app(service: Service) -> Starlette:
    """Return what answers at all addresses."""
    routes = [
        Route(path, with_error_pages(service, service.within(handler)), methods=[*methods, "OPTIONS"])
        for path, handler, methods in _ROUTES
    ]
    faults = {HTTPException: partial(_handle_http_error, service), Exception: partial(_handle_server_error, service)}
    app = Starlette(routes=routes, exception_handlers=faults)
    app.router.redirect_slashes = False
    return app


async def _handle_http_error(service: Service, request: Request, error: Exception) -> Response:
    """Return what is wrong with a request that no address takes; it counts as work of whoever sent it."""
    assert isinstance(error, HTTPException)
    if LimitedHttpProtocol.budget and request.client:
        LimitedHttpProtocol.budget.spend(owner_of(request.client.host), REFUSAL_COST_SECONDS / 5)
    response = error_response(
        RequestRefused(error.status_code, _STATUS_MESSAGES.get(error.status_code, f"request: {error.detail}."))
    )
    response.headers.update(error.headers or {})
    return as_error_page(service, request, response)


async def _handle_server_error(service: Service, request: Request, _: Exception) -> Response:
    """Return that something went wrong; what, stands in the service's log."""
    return as_error_page(service, request, error_response(RequestRefused(500, _STATUS_MESSAGES[500])))


def run_server(
    place: Path,
    content: Content,
    at: tuple[str, int],
    limits: Limits,
    address: str | None = None,
    *,
    proxies: Sequence[str] = (),
) -> None:
    """Serve at a host and port until Ctrl-C; print the address when ready. Raises CannotRun when it cannot be had.

    Who stands in front, at one of the addresses `proxies`, is believed when it tells who asks (X-Forwarded-For).
    """
    if not place.exists():
        raise CannotRun(f'{place}: is not there. Run "orgline build" first, or give an RDF file.')
    host = at[0]
    listening = _listening_socket(*at)
    port = listening.getsockname()[1]
    own = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    service = Service(place, content, limits, f"{address.rstrip('/')}/" if address else own)
    LimitedHttpProtocol.budget, LimitedHttpProtocol.proxies = service.budget, frozenset(map(owner_of, proxies))
    config = uvicorn.Config(
        application(service),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[*proxies],
        http=LimitedHttpProtocol,
        ws="none",
        lifespan="off",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        headers=[("Server", f"orgline/{__version__}")],
    )
    logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)
    told = f"orgline serves {own} (SPARQL at {own}sparql). Ctrl-C ends it."
    _raise_process_limits()
    with (
        suppress(KeyboardInterrupt),
        _sigterm_as_interrupt(),
        listening,
        asyncio.Runner(loop_factory=_new_event_loop) as runner,
    ):
        runner.run(_serve_until_stopped(service, _AnnouncingServer(config, told), listening))


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C: it is how a service is told to end."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise_process_limits() -> None:
    """Have file handles for all connections and workers there may be, and threads give way to the event loop soon."""
    sys.setswitchinterval(0.001)
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop, uvloop's where there is one: an answer takes it two thirds of the time."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


async def _serve_until_stopped(service: Service, server: uvicorn.Server, listening: socket.socket) -> None:
    """Serve until told to end. Raises CannotRun when there is nothing to be served."""
    try:
        await service.build()
        await server.serve(sockets=[listening])
    except RequestRefused as error:
        raise CannotRun(str(error)) from error
    finally:
        await service.end()


def _listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises CannotRun when the address cannot be had."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError, AttributeError):
            # Who takes nothing of what was sent for so long is let go, also after the last byte has been handed over.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SEND_SECONDS * 1000))
        listening.bind(place)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotRun(f"{host}:{port}: cannot be listened at ({reason}). Give another --port or --host.") from error
    return listening


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Tell whether a line of the server's log is for whoever runs it: not that some client was cut off."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (ResponseAborted, asyncio.CancelledError)) and not record.getMessage().startswith(
        _IGNORED_LOG_PREFIXES
    )


class _AnnouncingServer(uvicorn.Server):
    """A server that tells its address when the first request can come."""

    def __init__(self, config: uvicorn.Config, told: str) -> None:
        super().__init__(config)
        self._announce = partial(print, told, flush=True)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()
