"""Process: one worker as the service sees it: born of the nursery, asked in frames, calmed and ended."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

from orgline.frames import CHUNK, END, FAULT, HEAD, SIZE, packed_json, unpacked
from orgline.guard import Refused
from orgline.nursery import Nursery

START_SECONDS = 60.0
REQUEST = b"Q"


class Process:
    """One worker process, and the line to it."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Wrap a worker that the nursery has forked."""
        self.number, self.is_alive, self.is_first = number, True, False
        self._reader, self._writer = reader, writer

    @classmethod
    async def born(cls, nursery: Nursery, memory: int) -> Process:
        """Return a new worker that is ready. Raises ConnectionError when it could not begin."""
        line, number = await nursery.fork(memory)
        process = cls(number, *await asyncio.open_unix_connection(sock=line, limit=4 * CHUNK))
        try:
            kind, body = await asyncio.wait_for(process._frame(), START_SECONDS)
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            process.end(nursery)
            raise ConnectionResetError("a worker did not begin") from error
        if kind == FAULT:
            process.end(nursery)
            refuse_fault(kind, body)
        _warn_once(json.loads(body))
        return process

    @property
    def is_gone(self) -> bool:
        """Whether it has ended without being told to."""
        return self._reader.at_eof()

    async def ask(self, request: Mapping[str, Any]) -> AsyncIterator[tuple[bytes, bytes]]:
        """Yield the frames of the answer to `request`, the last of them an end or a fault."""
        self._writer.write(packed_json(REQUEST, request))
        await self._writer.drain()
        kind = HEAD
        while kind not in (END, FAULT):
            kind, body = await self._frame()
            yield kind, body

    async def _frame(self) -> tuple[bytes, bytes]:
        kind, length = unpacked(await self._reader.readexactly(SIZE))
        return kind, await self._reader.readexactly(length) if length else b""

    def calm(self, priority: int) -> bool:
        """Let others run before it; return whether it could be done: who is not root cannot take it back."""
        try:
            os.setpriority(os.PRIO_PROCESS, self.number, priority)
        except (OSError, AttributeError):
            return False
        return True

    def end(self, nursery: Nursery) -> None:
        """End it at once."""
        if self.is_alive:
            self.is_alive = False
            nursery.kill(self.number)
            self._writer.close()


def refuse_fault(kind: bytes, body: bytes) -> None:
    """Raise Refused if a frame says that the worker does."""
    if kind == FAULT:
        fault = json.loads(body)
        raise Refused(fault["status"], fault["sentence"])


_warned: set[str] = set()


def _warn_once(undone: list[str]) -> None:
    """Tell whoever runs the service what of the confinement does not hold on this system."""
    for one in undone:
        if one not in _warned:
            _warned.add(one)
            print(f"orgline serve: {one} on this system. Let only those you trust ask.", file=sys.stderr)
