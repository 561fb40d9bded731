"""Runs a service in uvicorn: the listening socket, the configuration, signals, and what the process needs."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

import uvicorn

from orgline.content import Content
from orgline.server.http.app import application
from orgline.server.http.gateway import Service
from orgline.server.http.responses import SEND_SECONDS
from orgline.server.http.spool import ResponseAborted
from orgline.server.limits.connection_limits import ConnectionLimits
from orgline.server.limits.rate_limit import Limits, owner_of
from orgline.text import CannotRun, RequestRefused, __version__

MAX_OPEN_FILES = 4096
# What clients do wrong is no news to whoever reads the service's log.
_IGNORED_LOG_PREFIXES = (
    "Invalid HTTP request",
    "Unsupported upgrade request",
    "No supported WebSocket library",
    "Cancel ",
)


def run_server(
    place: Path,
    content: Content,
    at: tuple[str, int],
    limits: Limits,
    address: str | None = None,
    *,
    proxies: Sequence[str] = (),
) -> None:
    """Serve until Ctrl-C or SIGTERM, as the only service of this process; the arguments are those of HttpServer."""
    server = HttpServer(place, content, at, limits, address, proxies=proxies)
    _set_process_limits()
    with suppress(KeyboardInterrupt), _sigterm_as_interrupt(), asyncio.Runner(loop_factory=_new_event_loop) as runner:
        runner.run(server.serve(handle_signals=True))


class HttpServer:
    """One service that listens at one host and port. Several can run in one process: they share nothing.

    Attributes:
        url: The URL at which it listens, with a slash at its end.
    """

    def __init__(
        self,
        place: Path,
        content: Content,
        at: tuple[str, int],
        limits: Limits,
        address: str | None = None,
        *,
        proxies: Sequence[str] = (),
    ) -> None:
        """Listen, without answering yet.

        Args:
            place: The link to the newest build, a build folder, or an RDF file.
            content: The content folders that the build was made from.
            at: Host and port; with port 0 the system chooses.
            limits: The limits of the service.
            address: The URL at which clients reach the service, if a proxy forwards requests to it; else `url`.
            proxies: IP addresses of proxies: their X-Forwarded-For names the client.

        Raises:
            CannotRun: `place` does not exist, or `at` cannot be listened at.
        """
        if not place.exists():
            raise CannotRun(f'{place}: does not exist. Run "orgline build" first, or give an RDF file.')
        host = at[0]
        self._socket = _listening_socket(*at)
        port = self._socket.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        self._service = Service(place, content, limits, f"{address.rstrip('/')}/" if address else self.url)
        connections = ConnectionLimits(self._service.budget, frozenset(map(owner_of, proxies)))
        config = uvicorn.Config(
            application(self._service),
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=[*proxies],
            http=connections.protocol_factory(),  # type: ignore[arg-type]  # uvicorn only calls it
            ws="none",
            lifespan="off",
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
            headers=[("Server", f"orgline/{__version__}")],
        )
        logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)
        announcement = f"orgline serves {self.url} (SPARQL at {self.url}sparql). Ctrl-C ends it."
        self._server = _AnnouncingServer(config, announcement)

    async def serve(self, *, handle_signals: bool = False) -> None:
        """Answer requests until `stop`, or until Ctrl-C or SIGTERM if it is to `handle_signals` of the process.

        Raises CannotRun when there is nothing to serve.
        """
        self._server.handles_signals = handle_signals
        try:
            with self._socket:
                await self._service.build()
                await self._server.serve(sockets=[self._socket])
        except RequestRefused as error:
            raise CannotRun(str(error)) from error
        finally:
            await self._service.end()

    def stop(self) -> None:
        """Have `serve` return, after the requests that are being answered."""
        self._server.should_exit = True


class _AnnouncingServer(uvicorn.Server):
    """A server that prints a line when it is ready for the first request.

    A process has one handler for each signal, so it takes them only where it is the only server: `handles_signals`.
    """

    handles_signals = False

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announce = partial(print, announcement, flush=True)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Return the context in which the server runs: with its signal handlers, or with those that are there."""
        return super().capture_signals() if self.handles_signals else nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def _listening_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket. Raises CannotRun when the address cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError, AttributeError):
            # The kernel closes a connection whose client acknowledges nothing for so long. Without it, bytes that
            # have been handed to the kernel keep a dead connection open for many minutes.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SEND_SECONDS * 1000))
        listening.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotRun(f"{host}:{port}: cannot be listened at ({reason}). Give another --port or --host.") from error
    return listening


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM, by which service managers end a process, as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _set_process_limits() -> None:
    """Allow open files for all connections and workers, and have threads yield to the event loop within 1 ms."""
    sys.setswitchinterval(0.001)
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop: uvloop's where it exists, with which an answer takes two thirds of the time."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Return whether a line of uvicorn's log is for whoever runs the service, and not about a client that was cut off.

    uvicorn has one log for all servers of a process. This filter keeps no state, so services may share it.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (ResponseAborted, asyncio.CancelledError)) and not record.getMessage().startswith(
        _IGNORED_LOG_PREFIXES
    )
