"""Connections: how many there may be, and how long and large the head of a request (DEFENCE 17).

The server underneath waits for a head without end; here each has a deadline, and each address a number.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from orgline.server.http.rate_limit import Budget, owner_of

HEADER_SECONDS, MAX_HEADER_BYTES, MAX_HEADER_LINES, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_OWNER = (
    10.0,
    80 * 1024,
    200,
    1000,
    100,
)
MAX_PIPELINED_REQUESTS, MAX_SMALL_CHUNKS, MIN_MEAN_CHUNK_BYTES = 128, 512, 64
# What an address is charged: reading is done for all by one process, so its time is dear.
READ_COST_FACTOR, MIN_CHARGED_READ_SECONDS, BAD_REQUEST_COST_SECONDS = 4, 0.001, 2.0


def _raw_error_response(status: bytes, sentence: bytes) -> bytes:
    """Return the bytes of an answer to a request whose head is not there whole."""
    head = b"HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    return head % (status, len(sentence)) + b"Cache-Control: no-store\r\nConnection: close\r\n\r\n" + sentence


_HEADER_TIMEOUT_RESPONSE = _raw_error_response(
    b"408 Request Timeout", b"request: its head did not come in time. Send it again.\n"
)
_HEADER_TOO_LARGE_RESPONSE = _raw_error_response(
    b"431 Request Header Fields Too Large",
    b"request: its head is longer than %d KiB. Send a long query by POST.\n" % (MAX_HEADER_BYTES // 1024),
)
_BAD_REQUEST_RESPONSE = _raw_error_response(b"400 Bad Request", b"request: is no HTTP. Send it again.\n")


class _CoalescingTransport:
    """A transport that sends the head of an answer with the first of its body: one call of the system, not two."""

    __slots__ = ("_head", "_loop", "_write", "under")

    def __init__(self, under: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.under, self._loop, self._write, self._head = under, loop, under.write, b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.under, name)

    def write(self, data: bytes) -> None:
        """Send `data`, a head with what comes next or, if nothing does, at the end of this turn of the loop."""
        if self._head:
            data, self._head = self._head + data, b""
            self._write(data)
        elif data.startswith(b"HTTP/1.1 2"):
            self._head = data
            self._loop.call_soon(self._flush)
        elif data:
            self._write(data)

    def close(self) -> None:
        """Send what is held, and close."""
        self._flush()
        self.under.close()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            if not self.under.is_closing():
                self._write(head)


class _LimitExceeded(Exception):
    """More than one request may have."""


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection: refused when there are too many, ended when a request's head does not come in time.

    Of `proxies` there may be as many as there may be at all: behind each are many who ask.
    """

    _by_owner: ClassVar[dict[str, set[LimitedHttpProtocol]]] = {}
    max_per_owner, most = MAX_CONNECTIONS_PER_OWNER, MAX_CONNECTIONS
    budget: ClassVar[Budget | None] = None
    proxies: ClassVar[frozenset[str]] = frozenset()
    _header_timer: asyncio.TimerHandle | None = None
    _running: Any = None
    _owner = ""
    _head = _pieces = 0

    def connection_made(self, transport: Any) -> None:
        """Take the connection in, or break it: when there are too many, one of whoever has most."""
        super().connection_made(_CoalescingTransport(transport, self.loop))  # type: ignore[arg-type]
        self._owner = owner_of(self.client[0] if self.client else "")
        own = self._by_owner.setdefault(self._owner, set())
        own.add(self)
        is_one_of_many = len(own) > self.max_per_owner and self._owner not in self.proxies
        if is_one_of_many or (self.budget and self.budget.is_twice_over(self._owner)):
            transport.abort()
            return
        self._start_header_timer()
        if len(self.connections) > self.most:
            most = max(self._by_owner.values(), key=len)
            waiting = (one for one in most if one._is_idle)  # noqa: SLF001 one of this class
            leaving = self if len(own) == len(most) else next(waiting, None) or next(iter(most))
            most.discard(leaving)
            leaving.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection go, and tell the request that is being answered."""
        self._done()
        own = self._by_owner.get(self._owner, set())
        own.discard(self)
        if not own:
            self._by_owner.pop(self._owner, None)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        self._pieces = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of the head. Raises what ends the reading when there are too many."""
        if len(self.headers) >= MAX_HEADER_LINES:
            raise _LimitExceeded
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer. Raises what ends the reading when too many requests come ahead of their answers."""
        if len(self.pipeline) >= MAX_PIPELINED_REQUESTS or (self.budget and self.budget.is_twice_over(self._owner)):
            raise _LimitExceeded
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body. Raises what ends the reading when it comes in crumbs, which take long to count."""
        self._pieces += 1
        if self._pieces > MAX_SMALL_CHUNKS and len(self.cycle.body) < self._pieces * MIN_MEAN_CHUNK_BYTES:
            raise _LimitExceeded
        super().on_body(body)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; what begins a request has a deadline to end its head."""
        if self._is_idle:
            self._head += len(data)
            if self._header_timer is None:
                self._start_header_timer()
        begun = time.perf_counter()
        super().data_received(data)
        self._charge(time.perf_counter() - begun)
        if not self._is_idle:
            self._done()
            self._head = 0
        elif self._head > MAX_HEADER_BYTES:
            self._refuse(_HEADER_TOO_LARGE_RESPONSE)

    def _charge(self, seconds: float) -> None:
        """Count what took long to read as work of whoever sent it; a proxy has looked at what it sends."""
        if self.budget and seconds > MIN_CHARGED_READ_SECONDS and self._owner not in self.proxies:
            self.budget.spend(self._owner, seconds * READ_COST_FACTOR)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 as the server calls it
        """Refuse what is no HTTP."""
        self._charge(BAD_REQUEST_COST_SECONDS / READ_COST_FACTOR)
        self._refuse(_BAD_REQUEST_RESPONSE)

    @property
    def _is_idle(self) -> bool:
        """Whether no request is being answered, nor its body read."""
        return self.cycle is None or self.cycle.response_complete

    def _start_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self._expire)

    def _done(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _expire(self) -> None:
        """End a connection whose request has no end of its head yet."""
        self._header_timer = None
        if self._is_idle:
            self._refuse(_HEADER_TIMEOUT_RESPONSE)

    def _refuse(self, answer: bytes) -> None:
        """Answer for what is no request, unless an answer is on its way, which it would seem part of."""
        if not self.transport.is_closing():
            running = self._running
            if running is None or running.response_complete or not running.response_started:
                self.transport.write(answer)
                if running is not None:
                    running.disconnected = True
            self.transport.close()
