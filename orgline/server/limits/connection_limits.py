"""Limits on connections: how many, how slowly a request may be sent, and how large its headers may be.

uvicorn has no timeout for request headers and no limit per client, so this adds them to its HTTP protocol class. That
class is private: pyproject.toml bounds the version of uvicorn, and tests/test_uvicorn.py names what is used of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from orgline.server.limits.rate_limit import Budget, owner_of

HEADER_SECONDS, MAX_HEADER_BYTES, MAX_HEADER_LINES = 10.0, 80 * 1024, 200
MAX_CONNECTIONS, MAX_CONNECTIONS_PER_OWNER = 1000, 100
# A client may send requests ahead of their answers (pipelining); each holds memory until its turn.
MAX_PIPELINED_REQUESTS = 128
# A body sent in tiny pieces costs more time to receive than to send: after so many pieces their mean size counts.
MAX_SMALL_CHUNKS, MIN_MEAN_CHUNK_BYTES = 512, 64
# All connections are read by one process, so the time of reading is charged four times.
READ_COST_FACTOR, MIN_CHARGED_READ_SECONDS, BAD_REQUEST_COST_SECONDS = 4, 0.001, 2.0


def _raw_error_response(status: bytes, sentence: bytes) -> bytes:
    """Return the bytes of an error response, for requests that never reach the application."""
    head = b"HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    return head % (status, len(sentence)) + b"Cache-Control: no-store\r\nConnection: close\r\n\r\n" + sentence


_HEADER_TIMEOUT_RESPONSE = _raw_error_response(
    b"408 Request Timeout", b"request: its headers did not arrive in time. Send it again.\n"
)
_HEADER_TOO_LARGE_RESPONSE = _raw_error_response(
    b"431 Request Header Fields Too Large",
    b"request: its headers are longer than %d KiB. Send a long query by POST.\n" % (MAX_HEADER_BYTES // 1024),
)
_BAD_REQUEST_RESPONSE = _raw_error_response(b"400 Bad Request", b"request: is not valid HTTP. Correct it.\n")


class _CoalescingTransport:
    """A transport that sends the head of a response together with the first bytes of its body: one system call."""

    __slots__ = ("_head", "_loop", "_write", "under")

    def __init__(self, under: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.under, self._loop, self._write, self._head = under, loop, under.write, b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.under, name)

    def write(self, data: bytes) -> None:
        """Send `data`. A head waits for the next write, or for the end of this turn of the event loop."""
        if self._head:
            data, self._head = self._head + data, b""
            self._write(data)
        elif data.startswith(b"HTTP/1.1 2"):
            self._head = data
            self._loop.call_soon(self._flush)
        elif data:
            self._write(data)

    def close(self) -> None:
        """Send a head that waits, and close."""
        self._flush()
        self.under.close()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            if not self.under.is_closing():
                self._write(head)


class _LimitExceeded(Exception):
    """Raised in a callback of the parser, which then stops reading; the request is answered with 400."""


@dataclass
class ConnectionLimits:
    """The limits on the connections of one service, and its open connections.

    Attributes:
        budget: Is charged for the time of reading requests.
        proxies: Owners that forward requests of many clients: `max_per_owner` does not apply to them.
        max_connections: Connections at the same time.
        max_per_owner: Connections of one owner at the same time.
    """

    budget: Budget
    proxies: frozenset[str] = frozenset()
    max_connections: int = MAX_CONNECTIONS
    max_per_owner: int = MAX_CONNECTIONS_PER_OWNER
    by_owner: dict[str, set[LimitedHttpProtocol]] = field(default_factory=dict)

    def protocol_factory(self) -> Callable[..., LimitedHttpProtocol]:
        """Return what uvicorn calls to make the protocol object of each connection."""
        return partial(LimitedHttpProtocol, limits=self)

    def least_needed(self) -> LimitedHttpProtocol:
        """Return a connection of the owner with most connections, an idle one if there is any."""
        connections = max(self.by_owner.values(), key=len)
        return next((connection for connection in connections if connection.is_idle), next(iter(connections)))


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection, within the limits of its service."""

    _header_timer: asyncio.TimerHandle | None = None
    _running: Any = None  # the request being answered: uvicorn's RequestResponseCycle
    _owner = ""
    _header_bytes = _chunks = 0

    def __init__(self, *arguments: Any, limits: ConnectionLimits, **keywords: Any) -> None:
        """`limits` are those of the service; the other arguments are uvicorn's."""
        super().__init__(*arguments, **keywords)
        self._limits = limits

    def connection_made(self, transport: Any) -> None:
        """Accept the connection or abort it. When there are too many, the owner with most of them loses one."""
        super().connection_made(_CoalescingTransport(transport, self.loop))  # type: ignore[arg-type]
        limits = self._limits
        self._owner = owner_of(self.client[0] if self.client else "")
        own = limits.by_owner.setdefault(self._owner, set())
        own.add(self)
        has_too_many = len(own) > limits.max_per_owner and self._owner not in limits.proxies
        if has_too_many or limits.budget.is_twice_over(self._owner):
            transport.abort()
            return
        self._start_header_timer()
        if len(self.connections) > limits.max_connections:
            most = max(map(len, limits.by_owner.values()))
            leaving = self if len(own) == most else limits.least_needed()
            limits.by_owner[leaving._owner].discard(leaving)  # noqa: SLF001 of this class
            leaving.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, and tell the request that is being answered that its client is gone."""
        self._stop_header_timer()
        by_owner = self._limits.by_owner
        own = by_owner.get(self._owner, set())
        own.discard(self)
        if not own:
            by_owner.pop(self._owner, None)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        self._chunks = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Read one header. Raises _LimitExceeded when there are too many."""
        if len(self.headers) >= MAX_HEADER_LINES:
            raise _LimitExceeded
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer. Raises _LimitExceeded for too many pipelined requests, or far beyond the budget.

        Also for a request with several hosts, or of HTTP/1.1 with none, as RFC 9112, section 3.2, requires: a proxy
        and the service could each read another of them.
        """
        hosts = sum(name.lower() == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise _LimitExceeded
        if len(self.pipeline) >= MAX_PIPELINED_REQUESTS or self._limits.budget.is_twice_over(self._owner):
            raise _LimitExceeded
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Read a piece of a body. Raises _LimitExceeded when it arrives in many tiny pieces."""
        self._chunks += 1
        if self._chunks > MAX_SMALL_CHUNKS and len(self.cycle.body) < self._chunks * MIN_MEAN_CHUNK_BYTES:
            raise _LimitExceeded
        super().on_body(body)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # With pipelining `self.cycle` is the request read last, which may still wait for its turn.
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        """Parse bytes that arrived. The headers of a request must be complete within HEADER_SECONDS."""
        if self.is_idle:
            self._header_bytes += len(data)
            if self._header_timer is None:
                self._start_header_timer()
        begun = time.perf_counter()
        super().data_received(data)
        self._charge(time.perf_counter() - begun)
        if not self.is_idle:
            self._stop_header_timer()
            self._header_bytes = 0
        elif self._header_bytes > MAX_HEADER_BYTES:
            self._refuse(_HEADER_TOO_LARGE_RESPONSE)

    def _charge(self, seconds: float) -> None:
        """Charge the owner for time spent on reading; a proxy, which has checked what it forwards, is not charged."""
        if seconds > MIN_CHARGED_READ_SECONDS and self._owner not in self._limits.proxies:
            self._limits.budget.spend(self._owner, seconds * READ_COST_FACTOR)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 uvicorn's signature
        """Answer bytes that are not HTTP, or exceed a limit."""
        self._charge(BAD_REQUEST_COST_SECONDS / READ_COST_FACTOR)
        self._refuse(_BAD_REQUEST_RESPONSE)

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered and no body read."""
        return self.cycle is None or self.cycle.response_complete

    def _start_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self._expire)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _expire(self) -> None:
        """Close a connection whose request headers are not complete in time."""
        self._header_timer = None
        if self.is_idle:
            self._refuse(_HEADER_TIMEOUT_RESPONSE)

    def _refuse(self, answer: bytes) -> None:
        """Send an error response and close; send nothing while a response is under way, whose part it would seem."""
        if not self.transport.is_closing():
            running = self._running
            if running is None or running.response_complete or not running.response_started:
                self.transport.write(answer)
                if running is not None:
                    running.disconnected = True
            self.transport.close()
