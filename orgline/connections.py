"""Connections: how many there may be, and how long and large the head of a request (DEFENCE 17).

The server underneath waits for a head without end; here each has a deadline, and each address a number.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from orgline.budget import owner_of

HEAD_SECONDS, HEAD_BYTES, MOST, MOST_OF_ONE = 10.0, 80 * 1024, 1000, 100


def _refusal(status: bytes, sentence: bytes) -> bytes:
    """Return the bytes of an answer to a request whose head is not there whole."""
    head = b"HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    return head % (status, len(sentence)) + b"Cache-Control: no-store\r\nConnection: close\r\n\r\n" + sentence


_TOO_LATE = _refusal(b"408 Request Timeout", b"request: its head did not come in time. Send it again.\n")
_TOO_LARGE = _refusal(
    b"431 Request Header Fields Too Large",
    b"request: its head is longer than %d KiB. Send a long query by POST.\n" % (HEAD_BYTES // 1024),
)
_NO_HTTP = _refusal(b"400 Bad Request", b"request: is no HTTP. Send it again.\n")


class Bounded(HttpToolsProtocol):
    """One connection: refused when there are too many, ended when a request's head does not come in time."""

    _of: ClassVar[Counter[str]] = Counter()
    most_of_one = MOST_OF_ONE
    _late: asyncio.TimerHandle | None = None
    _owner = ""
    _head = 0

    def connection_made(self, transport: Any) -> None:
        """Take the connection in, or break it."""
        super().connection_made(transport)
        self._owner = owner_of(self.client[0] if self.client else "")
        self._of[self._owner] += 1
        if self._of[self._owner] > self.most_of_one or len(self.connections) > MOST:
            transport.abort()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection go."""
        self._done()
        self._of[self._owner] -= 1
        if self._of[self._owner] <= 0:
            del self._of[self._owner]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; what begins a request has a deadline to end its head."""
        if self._is_idle:
            self._head += len(data)
            if self._late is None:
                self._wait()
        super().data_received(data)
        if not self._is_idle:
            self._done()
            self._head = 0
        elif self._head > HEAD_BYTES:
            self._refuse(_TOO_LARGE)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 as the server calls it
        """Refuse what is no HTTP."""
        self._refuse(_NO_HTTP)

    @property
    def _is_idle(self) -> bool:
        """Whether no request is being answered, nor its body read."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self._expire)

    def _done(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _expire(self) -> None:
        """End a connection whose request has no end of its head yet."""
        self._late = None
        if self._is_idle:
            self._refuse(_TOO_LATE)

    def _refuse(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
