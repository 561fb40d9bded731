"""Spool: an answer is taken from its worker as fast as it comes, and sent as fast as its reader takes it.

So a slow reader holds no worker: what it has not taken yet waits in memory, and on disk beyond a size.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from tempfile import TemporaryFile
from typing import IO, Any, ClassVar, TypeVar

from orgline.server.workers.wire import CHUNK_BYTES
from orgline.text import OrglineError, RequestRefused

SPOOL_MEMORY_BYTES, MAX_SPOOLED_BYTES = 1 << 20, 2 << 30
# So all that nobody reads yet comes at 64 MiB a second together, and leaves the service time for others.
PAUSE_SECONDS = SPOOL_MEMORY_BYTES / (64 << 20)
Result = TypeVar("Result")


class ResponseAborted(OrglineError):
    """An answer that has begun and cannot be ended: its connection is broken, so that nothing cut looks whole."""


class Spool:
    """The bytes of one answer on their way: the newest in memory, those before them in a file when they are many."""

    most = MAX_SPOOLED_BYTES
    _held: ClassVar[Counter[str]] = Counter()
    _put: ClassVar[set[Spool]] = set()

    def __init__(self, begun: bytes, chunks: AsyncIterator[bytes], owner: str = "") -> None:
        """`begun` are the bytes that came first, `chunks` those that follow; it takes them from now on."""
        self._owner, self._own = owner, 0
        self._newest = bytearray(begun)
        self._file: IO[bytes] | None = None
        self._in_file = self._read = 0
        self._more = asyncio.Event()
        self._fault: BaseException | None = None
        self._busy = asyncio.Lock()
        self._working: asyncio.Future[Any] | None = None
        self._task = asyncio.create_task(self._collect(chunks))

    def _keep(self, chunk: bytes) -> None:
        """Keep a piece. Raises BrokenOff when too much waits: one owner may take as much as is left for the next."""
        if self._held[self._owner] + len(chunk) > self.most - self._held.total():
            raise ResponseAborted("service: too much waits to be sent.")
        self._held[self._owner] += len(chunk)
        self._own += len(chunk)
        self._newest += chunk
        self._more.set()

    async def _collect(self, chunks: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in chunks:
                self._keep(chunk)
                if len(self._newest) > SPOOL_MEMORY_BYTES:
                    async with self._busy:
                        self._put.add(self)
                        await self._in_thread(self._write_to_file)
                        self._in_file += len(self._newest)
                        self._newest = bytearray()
                    await asyncio.sleep(PAUSE_SECONDS * len(self._put))
        except (OrglineError, OSError) as error:
            self._fault = error
        finally:
            self._put.discard(self)
            self._more.set()

    def _write_to_file(self, file: IO[bytes]) -> None:
        """Write what is in memory to the file."""
        file.seek(self._in_file)
        file.write(self._newest)

    def _read_from_file(self, file: IO[bytes]) -> bytes:
        """Return the next bytes of the file."""
        file.seek(self._read)
        return file.read(SPOOL_MEMORY_BYTES)

    async def whole(self) -> int:
        """Return how many bytes the answer has, once all are there. Raises Refused when they do not come."""
        await asyncio.wait([self._task])
        if isinstance(self._fault, RequestRefused):
            raise self._fault
        if self._fault is not None:
            raise RequestRefused(503, "service: too much waits to be sent. Ask for less at once.") from self._fault
        return self._in_file + len(self._newest)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the answer, once. Raises BrokenOff where it breaks off."""
        try:
            while True:
                self._more.clear()
                async with self._busy:
                    block = await self._next()
                for start in range(0, len(block), CHUNK_BYTES):
                    yield block[start : start + CHUNK_BYTES]
                if block:
                    continue
                if self._task.done():
                    self._raise_fault()
                    return
                await self._more.wait()
        finally:
            self.close()

    async def _next(self) -> bytes:
        """Return the bytes that come next, none if there are none yet."""
        if self._read < self._in_file:
            block = await self._in_thread(self._read_from_file)
            self._read += len(block)
            return block
        block, self._newest = bytes(self._newest), bytearray()
        self._forget(self._in_file + len(block))
        self._in_file = self._read = 0
        return block

    def _forget(self, count: int) -> None:
        self._held[self._owner] -= count
        self._own -= count
        if not self._held[self._owner]:
            del self._held[self._owner]

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise ResponseAborted(str(self._fault)) from self._fault

    def close(self) -> None:
        """Let go of what was not sent; a file that a thread still uses is closed when that is done."""
        self._put.discard(self)
        self._task.cancel()
        self._forget(self._own)
        self._newest = bytearray()
        file, self._file = self._file, None
        if file is not None:
            if self._working is None or self._working.done():
                file.close()
            else:
                self._working.add_done_callback(lambda done: (done.cancelled() or done.exception(), file.close()))

    async def _in_thread(self, work: Callable[[IO[bytes]], Result]) -> Result:
        """Return what `work` does with the file, in a thread: a disk may be slow."""
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 closed in close
        self._working = asyncio.get_running_loop().run_in_executor(None, work, self._file)
        return await asyncio.shield(self._working)
