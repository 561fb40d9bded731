"""Pool: worker processes, each given one request at a time, killed at its deadline and replaced."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from orgline.server.http.rate_limit import LIGHT_USAGE, Budget, Limits
from orgline.server.workers.fair_queue import FairQueue
from orgline.server.workers.fork_server import ForkServer
from orgline.server.workers.wire import DATA, END, FAULT, HEAD
from orgline.server.workers.worker_handle import START_SECONDS, WorkerHandle, raise_fault
from orgline.text import Message, RequestRefused

SLOW_SECONDS, WORKER_LOST_SECONDS, LOW_PRIORITY = 0.3, 0.2, 10
WORKER_RESTART_COST_SECONDS = 1.0  # what is counted for a worker that is lost to an answer which was broken off
_FORK_ATTEMPTS = 3


class StreamedAnswer:
    """One answer under way: its head, and its data as they come."""

    def __init__(self, head: Mapping[str, Any], chunks: AsyncIterator[bytes]) -> None:
        self.head, self.chunks = head, chunks


class Pool:
    """Workers on one place; `ask` waits in line for one."""

    def __init__(self, place: Path, content: Path, limits: Limits, budget: Budget) -> None:
        """Nothing is started yet; `budget` is told how many seconds of work each owner had."""
        self.place, self._limits, self._budget = place, limits, budget
        self._fork_server = ForkServer(place, content)
        self._queue: FairQueue[WorkerHandle] = FairQueue(
            limits.share, limits.waiting, self._weight, LIGHT_USAGE, limits.min_workers // 2
        )
        self._count = 0
        self._slow: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = self._has_more = False
        self._over = asyncio.Event()

    async def start(self, *, is_whole: bool = False) -> None:
        """Start the workers; return when the first is ready, which gives way to others that have read more.

        If it `is_whole`, return when all are.
        """
        await self._add(is_first=True)
        for _ in range(self._limits.min_workers):
            self._begin(self._add_with_retry())
        if is_whole:
            await asyncio.wait([*self._tasks], timeout=START_SECONDS)

    def _weight(self, owner: str) -> float:
        """Return how much `owner` asks for: what it has used of its minute, and what of it runs long now."""
        return self._slow[owner] + self._budget.used(owner)

    @property
    def _wanted(self) -> int:
        """How many workers there should be; once closed, only for who holds one or waits already."""
        limits = self._limits
        wanted = min(limits.min_workers + self._slow.total(), limits.most)
        return min(wanted, self._queue.wanted) if self._is_closed else wanted

    async def _add_with_retry(self) -> None:
        """Add a worker, however often it fails: without one, nothing is answered."""
        for pause in itertools.chain((0.1, 0.5, 2.0), itertools.repeat(10.0)):
            try:
                await self._add()
            except (ConnectionError, RequestRefused) as error:
                if not self._is_closed and pause >= 2:
                    print(f"orgline serve: {error}. It is tried again.", file=sys.stderr)
            else:
                return
            await asyncio.sleep(pause)

    async def _add(self, *, is_first: bool = False) -> None:
        """Add a worker, unless there are enough."""
        if self._count >= self._wanted:
            return
        self._count += 1
        try:
            process = await self._start_worker(self._limits.memory)
        except BaseException:
            self._count -= 1
            self._end_if_over()
            raise
        process.is_first = is_first
        self._has_more |= not is_first
        self._offer(process)
        if first := next((one for one in self._queue.free if one.is_first and one is not process), None):
            self._queue.free.remove(first)
            self._offer(first)

    async def _start_worker(self, memory: int) -> WorkerHandle:
        for _ in range(_FORK_ATTEMPTS - 1):
            with suppress(ConnectionError):
                return await WorkerHandle.start(self._fork_server, memory)
        return await WorkerHandle.start(self._fork_server, memory)

    def _offer(self, process: WorkerHandle) -> None:
        """Put a worker in line, or end it when there are too many."""
        is_over = process.is_first and self._has_more
        if process.is_alive and not is_over and self._count <= self._wanted:
            self._queue.put(process)
        else:
            process.end(self._fork_server)
            self._count -= 1
            if self._count < self._wanted:
                self._begin(self._add_with_retry())
            self._end_if_over()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`, and hold on to it until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self._is_closed:
            print(f"orgline serve: {error or type(error).__name__}", file=sys.stderr)

    async def ask(self, request: Mapping[str, Any], owner: str = "") -> StreamedAnswer:
        """Return the answer to the `request` of `owner` once its head is there.

        Raises Refused: 503 when too many wait already, 408 at the deadline, or as the worker refuses.
        """
        for _ in range(self._limits.min_workers):
            with suppress(_WorkerLost):
                return await self._asked(request, owner)
        return await self._asked(request, owner)

    async def _asked(self, request: Mapping[str, Any], owner: str) -> StreamedAnswer:
        process = await self._take_worker(owner)
        run = _RunningRequest(self, process, owner, self._limits.seconds)
        try:
            kind, body = await run.next(request)
            raise_fault(kind, body)
        except BaseException as error:
            run.end(is_whole=isinstance(error, RequestRefused) and error.status not in _WORKER_LOST_STATUSES)
            raise
        return StreamedAnswer(json.loads(body), run.chunks())

    async def _take_worker(self, owner: str) -> WorkerHandle:
        """Return a worker that is there: one that has ended while it had nothing to do is replaced."""
        while True:
            process = await self._queue.take(owner, self._limits.seconds)
            if not process.is_disconnected:
                return process
            self.give_back(process, owner, is_whole=False, is_slow=False)

    async def run_unlimited(self, request: Mapping[str, Any], seconds: float) -> None:
        """Have a worker of its own, without limit of memory, do what takes long. Raises Refused as the worker does."""
        process = await self._start_worker(0)
        process.set_priority(LOW_PRIORITY)
        try:
            async with asyncio.timeout(seconds):
                process.ask(request)
                kind = HEAD
                while kind not in (END, FAULT):
                    kind, body = await process.frame()
                    raise_fault(kind, body)
        except (TimeoutError, ConnectionError) as error:
            text = "as-of: the dataset of this day could not be made. Tell whoever runs this."
            raise RequestRefused(503, Message("wrong_not_made", text)) from error
        finally:
            process.end(self._fork_server)

    def slow(self, process: WorkerHandle, owner: str) -> None:
        """Let others run before a worker that runs long, and another be ready instead of it."""
        self._slow[owner] += 1
        process.set_priority(LOW_PRIORITY)
        self._begin(self._add_with_retry())

    def give_back(
        self, process: WorkerHandle, owner: str, *, is_whole: bool, is_slow: bool, seconds: float = 0
    ) -> None:
        """Put a worker back in line, or end it and start another when its answer was broken off."""
        self._budget.spend(owner, seconds + (0 if is_whole else WORKER_RESTART_COST_SECONDS))
        if is_slow:
            self._slow[owner] -= 1
            self._slow += Counter()  # forgets who has none
            is_whole = is_whole and process.set_priority(0)
        if not is_whole:
            process.end(self._fork_server)
        self._queue.leave(owner)
        self._offer(process)
        if not is_whole:
            self._begin(self._add_with_retry())

    async def close(self) -> None:
        """End all workers that are free, and the others when their answer is out."""
        self._is_closed = True
        while self._queue.free:
            self._offer(self._queue.free.popleft())
        self._end_if_over()
        await self._over.wait()
        await self.end()

    def _end_if_over(self) -> None:
        if self._is_closed and not self._count and not self._queue.wanted:
            self._over.set()

    async def end(self) -> None:
        """End all workers at once, and wait until they are gone."""
        self._is_closed = True
        for process in self._queue.free:
            process.end(self._fork_server)
        await self._fork_server.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)


_WORKER_LOST_STATUSES = frozenset({408, 503})


class _WorkerLost(RequestRefused):
    """A worker had ended when it was asked, or ended at once: another is asked."""


class _RunningRequest:
    """One request on one worker, from its start to its end or its deadline."""

    def __init__(self, pool: Pool, process: WorkerHandle, owner: str, seconds: float) -> None:
        self._pool, self._process, self._owner, self._seconds = pool, process, owner, seconds
        self._loop = loop = asyncio.get_running_loop()
        self._began = loop.time()
        self._is_slow = self._is_over = False
        self._timer = loop.call_later(min(SLOW_SECONDS, seconds), self._became_slow)

    def _became_slow(self) -> None:
        """Let others run before it, and see to its deadline."""
        self._is_slow = True
        self._timer = self._loop.call_at(self._began + self._seconds, self._process.time_out)
        self._pool.slow(self._process, self._owner)

    async def next(self, request: Mapping[str, Any] | None = None) -> tuple[bytes, bytes]:
        """Return the next frame, that of the head if there is a `request`."""
        try:
            if request is not None:
                self._process.ask(request)
            if self._is_slow and self._loop.time() > self._began + self._seconds:
                raise self._too_late()
            return await self._process.frame()
        except TimeoutError as error:
            raise self._too_late() from error
        except ConnectionError as error:
            how = _WorkerLost if self._loop.time() - self._began < WORKER_LOST_SECONDS else RequestRefused
            text = "query: used up what one query may use. Ask for less at once."
            raise how(503, Message("wrong_used_up", text)) from error

    def _too_late(self) -> RequestRefused:
        text = f"query: took longer than {self._seconds:g} s. Ask for less, or more exactly."
        return RequestRefused(408, Message("wrong_too_long", text, f"{self._seconds:g}"))

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the data of the answer. Raises Refused where it breaks off."""
        is_whole = False
        try:
            while True:
                kind, body = await self.next()
                if kind == DATA:
                    yield body
                    continue
                is_whole = True
                raise_fault(kind, body)
                return
        finally:
            self.end(is_whole=is_whole)

    def end(self, *, is_whole: bool) -> None:
        """Give the worker back."""
        if not self._is_over:
            self._is_over = True
            self._timer.cancel()
            worked = self._loop.time() - self._began
            self._pool.give_back(self._process, self._owner, is_whole=is_whole, is_slow=self._is_slow, seconds=worked)
