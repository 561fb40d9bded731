"""One worker process as the service sees it: started by the fork server, asked over a socket, killed at a deadline."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Mapping
from typing import Any

from orgline.server.workers.fork_server import ForkServer
from orgline.server.workers.wire import CHUNK_BYTES, FAULT, FRAME_HEADER_BYTES, pack_json_frame, unpack_frame_header
from orgline.text import RequestRefused, message_from_json

START_SECONDS = 60.0
REQUEST = b"Q"
# When more bytes than these wait to be taken, no more are read from the socket, so the worker has to wait too.
MAX_BUFFERED_BYTES = 2 * CHUNK_BYTES


class WorkerHandle(asyncio.Protocol):
    """A worker and the socket to it. Frames are split as bytes arrive, so that `frame` seldom has to wait.

    Attributes:
        number: The process ID.
        is_alive: Whether `end` has not been called.
        is_disconnected: Whether the process has closed its end of the socket: it has ended.
        is_first: Whether it is the first worker of its pool, which has less loaded than the later ones.
        sandbox_gaps: What the sandbox could not do on this system, as sentences without a full stop.
    """

    def __init__(self, number: int) -> None:
        """Wrap the process that the fork server has forked."""
        self.number, self.is_alive, self.is_disconnected, self.is_first = number, True, False, False
        self.sandbox_gaps: list[str] = []
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._buffered_bytes, self._is_paused = 0, False
        self._waiter: asyncio.Future[None] | None = None

    @classmethod
    async def start(cls, fork_server: ForkServer, memory: int) -> WorkerHandle:
        """Return a new worker that is ready, with `memory` bytes for a query (0: no limit).

        Raises ConnectionError when the process ends or does not get ready, RequestRefused with what it reports.
        """
        line, number = await fork_server.fork(memory)
        worker = cls(number)
        await asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=line)
        try:
            kind, body = await asyncio.wait_for(worker.frame(), START_SECONDS)
        except (TimeoutError, ConnectionError) as error:
            worker.end(fork_server)
            raise ConnectionResetError("a worker did not start") from error
        if kind == FAULT:
            worker.end(fork_server)
            raise_fault(kind, body)
        worker.sandbox_gaps = json.loads(body)
        return worker

    def connection_made(self, transport: Any) -> None:
        """Take the socket."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Split what arrived into frames, and pause reading when many bytes wait."""
        buffer, start = self._buffer, 0
        buffer += data
        while len(buffer) - start >= FRAME_HEADER_BYTES:
            kind, length = unpack_frame_header(bytes(buffer[start : start + FRAME_HEADER_BYTES]))
            end = start + FRAME_HEADER_BYTES + length
            if end > len(buffer):
                break
            self._frames.append((kind, bytes(buffer[start + FRAME_HEADER_BYTES : end])))
            self._buffered_bytes += length
            start = end
        del buffer[:start]
        if self._buffered_bytes > MAX_BUFFERED_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        if self._frames:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        """Note that the process has ended."""
        self.is_disconnected = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def time_out(self) -> None:
        """Have the `frame` that is awaited raise TimeoutError."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError())

    def ask(self, request: Mapping[str, Any]) -> None:
        """Send a request. `frame` then returns the frames of the answer, the last of them END or FAULT."""
        if self._transport is not None and not self.is_disconnected:
            self._transport.write(pack_json_frame(REQUEST, request))

    async def frame(self) -> tuple[bytes, bytes]:
        """Return the kind and body of the next frame.

        Raises ConnectionError when the process has ended, TimeoutError after `time_out`.
        """
        while not self._frames:
            if self.is_disconnected:
                raise ConnectionResetError("the worker has ended")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        kind, body = self._frames.popleft()
        self._buffered_bytes -= len(body)
        if self._is_paused and self._buffered_bytes <= MAX_BUFFERED_BYTES and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return kind, body

    def set_priority(self, priority: int) -> bool:
        """Set the niceness of the process (0: as the service, 10: low). Returns False where it cannot be changed.

        Any user may lower a priority; only root may raise it again.
        """
        try:
            os.setpriority(os.PRIO_PROCESS, self.number, priority)
        except (OSError, AttributeError):
            return False
        return True

    def end(self, fork_server: ForkServer) -> None:
        """Kill the process."""
        if self.is_alive:
            self.is_alive = False
            fork_server.kill(self.number)
            if self._transport is not None:
                self._transport.close()


def raise_fault(kind: bytes, body: bytes) -> None:
    """Raise RequestRefused if a frame of this kind and body reports an error."""
    if kind == FAULT:
        fault = json.loads(body)
        raise RequestRefused(fault["status"], message_from_json(fault["sentence"]))
