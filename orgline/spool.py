"""Spool: an answer is taken from its worker as fast as it comes, and sent as fast as its reader takes it.

So a slow reader holds no worker: what it has not taken yet waits in memory, and on disk beyond a size.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile

from orgline.errors import OrglineError
from orgline.frames import CHUNK

IN_MEMORY, MOST = 1 << 20, 2 << 30


class BrokenOff(OrglineError):
    """An answer that has begun and cannot be ended: its connection is broken, so that nothing cut looks whole."""


class Spool:
    """The bytes of one answer on their way; use as a context manager."""

    _held = 0

    def __init__(self, begun: bytes, chunks: AsyncIterator[bytes]) -> None:
        """`begun` are the bytes that came first, `chunks` those that follow; it takes them from now on."""
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 closed in close
        self._written = self._read = 0
        self._more = asyncio.Event()
        self._fault: BaseException | None = None
        self._keep(begun)
        self._task = asyncio.create_task(self._take(chunks))

    def _keep(self, chunk: bytes) -> None:
        if Spool._held + len(chunk) > MOST:
            raise BrokenOff("service: too much waits to be sent.")
        self._file.seek(self._written)
        self._file.write(chunk)
        self._written += len(chunk)
        Spool._held += len(chunk)
        self._more.set()

    async def _take(self, chunks: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in chunks:
                self._keep(chunk)
        except (OrglineError, OSError) as error:
            self._fault = error
        finally:
            self._more.set()

    async def whole(self) -> int:
        """Return how many bytes the answer has, once all are there. Raises BrokenOff when they do not come."""
        await asyncio.wait([self._task])
        self._refuse_fault()
        return self._written

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the answer, once. Raises BrokenOff where it breaks off."""
        try:
            while True:
                self._more.clear()
                if self._read < self._written:
                    self._file.seek(self._read)
                    chunk = self._file.read(CHUNK)
                    self._read += len(chunk)
                    yield chunk
                elif self._task.done():
                    self._refuse_fault()
                    return
                else:
                    await self._more.wait()
        finally:
            await self.close()

    def _refuse_fault(self) -> None:
        if self._fault is not None:
            raise BrokenOff(str(self._fault)) from self._fault

    async def close(self) -> None:
        """Let go of what was not sent."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if not self._file.closed:
            Spool._held -= self._written
            self._file.close()
