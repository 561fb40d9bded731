"""Process: one worker as the service sees it: born of the nursery, asked in frames, calmed and ended."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

from orgline.server.workers.fork_server import ForkServer
from orgline.server.workers.wire import CHUNK_BYTES, FAULT, FRAME_HEADER_BYTES, pack_json_frame, unpack_frame_header
from orgline.text import RequestRefused, message_from_json

START_SECONDS = 60.0
REQUEST = b"Q"
MAX_BUFFERED_BYTES = 2 * CHUNK_BYTES


class WorkerHandle(asyncio.Protocol):
    """One worker process, and the line to it: frames are taken apart as they come, so that few are waited for."""

    def __init__(self, number: int) -> None:
        """Wrap a worker that the nursery has forked."""
        self.number, self.is_alive, self.is_disconnected, self.is_first = number, True, False, False
        self._line: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._held, self._is_paused = 0, False
        self._waiter: asyncio.Future[None] | None = None

    @classmethod
    async def start(cls, nursery: ForkServer, memory: int) -> WorkerHandle:
        """Return a new worker that is ready. Raises ConnectionError when it could not begin."""
        line, number = await nursery.fork(memory)
        process = cls(number)
        await asyncio.get_running_loop().create_unix_connection(lambda: process, sock=line)
        try:
            kind, body = await asyncio.wait_for(process.frame(), START_SECONDS)
        except (TimeoutError, ConnectionError) as error:
            process.end(nursery)
            raise ConnectionResetError("a worker did not begin") from error
        if kind == FAULT:
            process.end(nursery)
            raise_fault(kind, body)
        _warn_once(json.loads(body))
        return process

    def connection_made(self, transport: Any) -> None:
        """Take the line."""
        self._line = transport

    def data_received(self, data: bytes) -> None:
        """Take the frames that are whole; of a worker that sends more than is asked for no more is read."""
        come, at = self._buffer, 0
        come += data
        while len(come) - at >= FRAME_HEADER_BYTES:
            kind, length = unpack_frame_header(bytes(come[at : at + FRAME_HEADER_BYTES]))
            end = at + FRAME_HEADER_BYTES + length
            if end > len(come):
                break
            self._frames.append((kind, bytes(come[at + FRAME_HEADER_BYTES : end])))
            self._held += length
            at = end
        del come[:at]
        if self._held > MAX_BUFFERED_BYTES and not self._is_paused and self._line is not None:
            self._is_paused = True
            self._line.pause_reading()
        if self._frames:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 as the loop calls it
        """Note that it has ended, told to or not."""
        self.is_disconnected = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def time_out(self) -> None:
        """Tell whoever waits for a frame that it comes too late."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError())

    def ask(self, request: Mapping[str, Any]) -> None:
        """Send a request; `frame` gives what comes of it, the last of it an end or a fault."""
        if self._line is not None and not self.is_disconnected:
            self._line.write(pack_json_frame(REQUEST, request))

    async def frame(self) -> tuple[bytes, bytes]:
        """Return the next frame. Raises ConnectionError when none comes any more, TimeoutError when told it is late."""
        while not self._frames:
            if self.is_disconnected:
                raise ConnectionResetError("the worker has ended")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        kind, body = self._frames.popleft()
        self._held -= len(body)
        if self._is_paused and self._held <= MAX_BUFFERED_BYTES and self._line is not None:
            self._is_paused = False
            self._line.resume_reading()
        return kind, body

    def set_priority(self, priority: int) -> bool:
        """Let others run before it; return whether it could be done: who is not root cannot take it back."""
        try:
            os.setpriority(os.PRIO_PROCESS, self.number, priority)
        except (OSError, AttributeError):
            return False
        return True

    def end(self, nursery: ForkServer) -> None:
        """End it at once."""
        if self.is_alive:
            self.is_alive = False
            nursery.kill(self.number)
            if self._line is not None:
                self._line.close()


def raise_fault(kind: bytes, body: bytes) -> None:
    """Raise Refused if a frame says that the worker does."""
    if kind == FAULT:
        fault = json.loads(body)
        raise RequestRefused(fault["status"], message_from_json(fault["sentence"]))


_warned: set[str] = set()


def _warn_once(undone: list[str]) -> None:
    """Tell whoever runs the service what of the confinement does not hold on this system."""
    for one in undone:
        if one not in _warned:
            _warned.add(one)
            print(f"orgline serve: {one} on this system. Let only those you trust ask.", file=sys.stderr)
