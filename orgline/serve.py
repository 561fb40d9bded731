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

from orgline import __version__, asking, browsing, charting, endpoint, things
from orgline.budget import REFUSED_SECONDS, Limits, owner_of
from orgline.connections import Bounded
from orgline.content import Content
from orgline.errors import CannotRun
from orgline.guard import Refused
from orgline.protocol import SEND_SECONDS, refusal
from orgline.sentences import Sentence
from orgline.service import Handler, Service
from orgline.spool import BrokenOff
from orgline.telling import telling, told

_ROUTES: tuple[tuple[str, Handler, tuple[str, ...]], ...] = (
    ("/", browsing.home, ("GET",)),
    ("/about", browsing.about, ("GET",)),
    ("/search", browsing.search, ("GET",)),
    ("/static/{name}", browsing.static, ("GET",)),
    ("/sparql", endpoint.sparql, ("GET", "POST")),
    ("/rdf-graph-store", endpoint.graph_store, ("GET",)),
    ("/ask", asking.questions, ("GET",)),
    ("/ask/{theme}/{question}", asking.ask, ("GET",)),
    ("/openapi.json", asking.described, ("GET",)),
    ("/examples", asking.listed_examples, ("GET",)),
    ("/id/{name:path}", things.thing, ("GET",)),
    ("/data/{name:path}", things.data, ("GET",)),
    ("/data", things.data, ("GET",)),
    ("/page/{name:path}", things.page, ("GET",)),
    ("/page", things.page, ("GET",)),
    ("/chart/{name:path}", charting.chart, ("GET",)),
    ("/chart", charting.chart, ("GET",)),
    ("/explore/{name:path}", things.explore, ("GET",)),
    ("/explore", things.explore, ("GET",)),
    ("/neighbours/{name:path}", things.neighbours, ("GET",)),
    ("/neighbours", things.neighbours, ("GET",)),
)
HANDLES = 4096
_NO_NEWS = ("Invalid HTTP request", "Unsupported upgrade request", "No supported WebSocket library", "Cancel ")
_SENTENCES = {
    500: Sentence("wrong_500", "service: something went wrong here. Tell whoever runs it."),
    404: Sentence(
        "wrong_404", "address: nothing is here. See the list of questions at /ask, and the endpoint at /sparql."
    ),
    405: Sentence(
        "wrong_405", "method: is not taken here. This service is read-only: ask by GET, a query also by POST."
    ),
}


def application(service: Service) -> ASGIApp:
    """Return the ASGI application that answers with `service`: what most ask for goes past the routes."""
    routed, handled = _routed(service), telling(service, service.within(endpoint.sparql))

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope.get("path") != "/sparql" or scope["method"] not in _ASKED:
            await routed(scope, receive, send)
            return
        response = await handled(Request(scope, receive))
        await response(scope, receive, send)

    return answered


_ASKED = frozenset({"GET", "POST", "OPTIONS"})


def _routed(service: Service) -> Starlette:
    """Return what answers at all addresses."""
    routes = [
        Route(path, telling(service, service.within(handler)), methods=[*methods, "OPTIONS"])
        for path, handler, methods in _ROUTES
    ]
    faults = {HTTPException: partial(_told, service), Exception: partial(_failed, service)}
    app = Starlette(routes=routes, exception_handlers=faults)
    app.router.redirect_slashes = False
    return app


async def _told(service: Service, request: Request, error: Exception) -> Response:
    """Return what is wrong with a request that no address takes; it counts as work of whoever sent it."""
    assert isinstance(error, HTTPException)
    if Bounded.budget and request.client:
        Bounded.budget.spend(owner_of(request.client.host), REFUSED_SECONDS / 5)
    response = refusal(Refused(error.status_code, _SENTENCES.get(error.status_code, f"request: {error.detail}.")))
    response.headers.update(error.headers or {})
    return told(service, request, response)


async def _failed(service: Service, request: Request, _: Exception) -> Response:
    """Return that something went wrong; what, stands in the service's log."""
    return told(service, request, refusal(Refused(500, _SENTENCES[500])))


def run(
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
    listening = _listening(*at)
    port = listening.getsockname()[1]
    own = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    service = Service(place, content, limits, f"{address.rstrip('/')}/" if address else own)
    Bounded.budget, Bounded.proxies = service.budget, frozenset(map(owner_of, proxies))
    config = uvicorn.Config(
        application(service),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[*proxies],
        http=Bounded,
        ws="none",
        lifespan="off",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        headers=[("Server", f"orgline/{__version__}")],
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    told = f"orgline serves {own} (SPARQL at {own}sparql). Ctrl-C ends it."
    _make_room()
    with suppress(KeyboardInterrupt), _ended_by_sigterm(), listening, asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(_serving(service, _Told(config, told), listening))


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C: it is how a service is told to end."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _make_room() -> None:
    """Have file handles for all connections and workers there may be, and threads give way to the event loop soon."""
    sys.setswitchinterval(0.001)
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = HANDLES if hard == resource.RLIM_INFINITY else min(HANDLES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _loop() -> asyncio.AbstractEventLoop:
    """Return an event loop, uvloop's where there is one: an answer takes it two thirds of the time."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


async def _serving(service: Service, server: uvicorn.Server, listening: socket.socket) -> None:
    """Serve until told to end. Raises CannotRun when there is nothing to be served."""
    try:
        await service.build()
        await server.serve(sockets=[listening])
    except Refused as error:
        raise CannotRun(str(error)) from error
    finally:
        await service.end()


def _listening(host: str, port: int) -> socket.socket:
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


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line of the server's log is for whoever runs it: not that some client was cut off."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (BrokenOff, asyncio.CancelledError)) and not record.getMessage().startswith(_NO_NEWS)


class _Told(uvicorn.Server):
    """A server that tells its address when the first request can come."""

    def __init__(self, config: uvicorn.Config, told: str) -> None:
        super().__init__(config)
        self._tell = partial(print, told, flush=True)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self._tell()
