"""One request on one worker: its frames, its deadline, and what is called when it is slow or ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Protocol

from orgline.server.workers.wire import CHUNK_BYTES, DATA
from orgline.server.workers.worker_handle import WorkerHandle, raise_fault
from orgline.text import Message, RequestRefused

# A request that runs longer is slow.
SLOW_SECONDS = 0.3
# A worker that ends within this time of taking a request had died before: the request is given to another worker.
WORKER_LOST_SECONDS = 0.2


class StreamedAnswer:
    """An answer that a worker is making: its `head`, and `chunks` of its body as they come."""

    def __init__(self, head: Mapping[str, Any], chunks: AsyncGenerator[bytes, None]) -> None:
        self.head, self.chunks = head, chunks

    async def read_prefix(self, max_bytes: int = CHUNK_BYTES) -> tuple[bytes, bool]:
        """Read the body up to about `max_bytes`; return these bytes, and whether they are all of it."""
        body = bytearray()
        async for chunk in self.chunks:
            body += chunk
            if len(body) >= max_bytes:
                return bytes(body), False
        return bytes(body), True


class WorkerLost(RequestRefused):
    """The worker died before or right after it took the request, which can be given to another."""


class OnEnd(Protocol):
    """What is called when a request has ended, however it did."""

    def __call__(self, *, is_reusable: bool, is_slow: bool, seconds: float) -> None:
        """Take the worker back: whether it can take another request, was slow, and for how many seconds it worked."""


class RunningRequest:
    """A request that a worker has taken, until its answer is complete or its deadline has passed."""

    def __init__(self, worker: WorkerHandle, seconds: float, on_slow: Callable[[], None], on_end: OnEnd) -> None:
        """`seconds` is the time limit; `on_slow` is called after SLOW_SECONDS, `on_end` once at the end."""
        self._worker, self._seconds, self._on_slow, self._on_end = worker, seconds, on_slow, on_end
        self._loop = loop = asyncio.get_running_loop()
        self._began = loop.time()
        self._is_slow = self._is_over = False
        # Nearly all requests end before they are slow, so the timer of the deadline is set only then.
        self._timer = loop.call_later(min(SLOW_SECONDS, seconds), self._become_slow)

    def _become_slow(self) -> None:
        """Report that the request takes long, and set the timer that ends its worker at the time limit."""
        self._is_slow = True
        self._timer = self._loop.call_at(self._began + self._seconds, self._worker.time_out)
        self._on_slow()

    async def next_frame(self, request: Mapping[str, Any] | None = None) -> tuple[bytes, bytes]:
        """Return the kind and body of the next frame, after sending `request` if it is given.

        Raises RequestRefused: 408 at the deadline, 503 when the worker has ended (WorkerLost when it ended at once).
        """
        try:
            if request is not None:
                self._worker.ask(request)
            if self._is_slow and self._loop.time() > self._began + self._seconds:
                raise self._too_late()
            return await self._worker.frame()
        except TimeoutError as error:
            raise self._too_late() from error
        except ConnectionError as error:
            kind = WorkerLost if self._loop.time() - self._began < WORKER_LOST_SECONDS else RequestRefused
            text = "query: used more resources than one query may. Ask for less at once."
            raise kind(503, Message("wrong_used_up", text)) from error

    def _too_late(self) -> RequestRefused:
        text = f"query: took longer than {self._seconds:g} s. Ask for less, or more exactly."
        return RequestRefused(408, Message("wrong_too_long", text, f"{self._seconds:g}"))

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the body of the answer. Raises RequestRefused where it breaks off."""
        is_complete = False
        try:
            while True:
                kind, body = await self.next_frame()
                if kind == DATA:
                    yield body
                    continue
                is_complete = True
                raise_fault(kind, body)
                return
        finally:
            self.end(is_reusable=is_complete)

    def end(self, *, is_reusable: bool) -> None:
        """End the request; a worker that is in the middle of an answer is not reusable."""
        if not self._is_over:
            self._is_over = True
            self._timer.cancel()
            self._on_end(is_reusable=is_reusable, is_slow=self._is_slow, seconds=self._loop.time() - self._began)
