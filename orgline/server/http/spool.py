"""Buffers an answer for a slow client: in memory, and on disk when it grows large.

An answer is taken from its worker as fast as the worker makes it, and sent as fast as the client reads it. So a slow
client occupies no worker. The buffers of one service share a quota.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from anyio import CancelScope, SpooledTemporaryFile

from orgline.server.workers.wire import CHUNK_BYTES
from orgline.text import OrglineError, RequestRefused

SPOOL_MEMORY_BYTES, MAX_SPOOLED_BYTES = 1 << 20, 2 << 30
# All spools together write at most 64 MiB per second to disk, so that the service has time for other clients.
_PAUSE_SECONDS = SPOOL_MEMORY_BYTES / (64 << 20)


class ResponseAborted(OrglineError):
    """A response has begun and cannot be completed: its connection is closed, so that the client sees the cut."""


class SpoolQuota:
    """Counts the bytes that the spools of one service hold, for each owner."""

    def __init__(self, max_bytes: int = MAX_SPOOLED_BYTES) -> None:
        """`max_bytes` is the most that all owners may hold together."""
        self.max_bytes = max_bytes
        self.writing: set[Spool] = set()  # the spools that write to disk now
        self._held: Counter[str] = Counter()

    def take(self, owner: str, count: int) -> None:
        """Count `count` bytes more of `owner`. Raises ResponseAborted when that is too many.

        An owner may hold as much as all owners together leave free: so nobody can take all of it.
        """
        if self._held[owner] + count > self.max_bytes - self._held.total():
            raise ResponseAborted("service: too much data waits to be sent.")
        self._held[owner] += count

    def give_back(self, owner: str, count: int) -> None:
        """Count `count` bytes less of `owner`."""
        self._held[owner] -= count
        if not self._held[owner]:
            del self._held[owner]


class Spool:
    """The part of one answer that its client has not read yet."""

    def __init__(self, start: bytes, chunks: AsyncGenerator[bytes, None], quota: SpoolQuota, owner: str = "") -> None:
        """Begin to collect `chunks`, which follow the bytes `start`. `close` must be awaited at the end."""
        self._start, self._quota, self._owner = start, quota, owner
        self._file = SpooledTemporaryFile[bytes](SPOOL_MEMORY_BYTES)
        self._lock = asyncio.Lock()  # the file has one position, for writing and for reading
        self._write_at = self._read_at = 0
        self._is_on_disk = False
        self._total, self._held, self._unpaused = len(start), 0, 0
        self._has_news = asyncio.Event()
        self._error: BaseException | None = None
        self._task = asyncio.create_task(self._collect(chunks))

    async def _collect(self, chunks: AsyncGenerator[bytes, None]) -> None:
        """Take in the worker's answer, in memory and then on disk, counting it against the client's quota."""
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    self._quota.take(self._owner, len(chunk))
                    self._held += len(chunk)
                    await self._append(chunk)
                    self._has_news.set()
                    if self._is_on_disk:
                        await self._pause(len(chunk))
        except (OrglineError, OSError) as error:
            self._error = error
        finally:
            self._quota.writing.discard(self)
            self._has_news.set()

    async def _append(self, chunk: bytes) -> None:
        async with self._lock:
            await self._file.seek(self._write_at)
            await self._file.write(chunk)
            self._write_at += len(chunk)
            self._total += len(chunk)
            self._is_on_disk |= self._write_at > SPOOL_MEMORY_BYTES

    async def _pause(self, count: int) -> None:
        """Wait after each MiB written to disk, the longer the more spools write."""
        self._quota.writing.add(self)
        self._unpaused += count
        if self._unpaused >= SPOOL_MEMORY_BYTES:
            self._unpaused = 0
            await asyncio.sleep(_PAUSE_SECONDS * len(self._quota.writing))

    async def _take(self) -> bytes:
        """Return the next bytes, b"" if there are none yet."""
        async with self._lock:
            if self._read_at == self._write_at:
                return b""
            await self._file.seek(self._read_at)
            # The file may be longer than what was written since it was emptied.
            block = await self._file.read(min(SPOOL_MEMORY_BYTES, self._write_at - self._read_at))
            self._read_at += len(block)
            if self._read_at == self._write_at:
                await self._empty()
            return block

    async def _empty(self) -> None:
        """Start again with an empty file: what it held has been read."""
        self._quota.give_back(self._owner, self._held)
        self._held = self._write_at = self._read_at = 0
        if self._is_on_disk:
            file, self._file, self._is_on_disk = self._file, SpooledTemporaryFile[bytes](SPOOL_MEMORY_BYTES), False
            await file.aclose()

    async def total_bytes(self) -> int:
        """Wait for the whole answer and return its length. Raises RequestRefused when it does not come to its end."""
        await asyncio.wait([self._task])
        if isinstance(self._error, RequestRefused):
            raise self._error
        if self._error is not None:
            text = "service: too much data waits to be sent. Ask for less at once."
            raise RequestRefused(503, text) from self._error
        return self._total

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the answer, once, in pieces of at most CHUNK_BYTES. Raises ResponseAborted if it breaks off."""
        block = self._start
        try:
            while True:
                for offset in range(0, len(block), CHUNK_BYTES):
                    yield block[offset : offset + CHUNK_BYTES]
                self._has_news.clear()
                block = await self._take()
                if block:
                    continue
                if self._task.done():
                    if self._error is not None:
                        raise ResponseAborted(str(self._error)) from self._error
                    return
                await self._has_news.wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """Stop collecting, and drop what has not been read."""
        self._task.cancel()
        # A client that leaves cancels the scope of its response, and anyio then cancels each further await in it:
        # without the shield the file would stay open, and its space on the disk taken, until the service ends.
        with CancelScope(shield=True):
            await asyncio.wait([self._task])
            self._quota.give_back(self._owner, self._held)
            self._held = 0
            # A thread may still use the file of a cancelled operation: closing waits for it, in a thread too.
            await self._file.aclose()
