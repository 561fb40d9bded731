"""A pool of worker processes. Each does one request at a time, and is killed and replaced at the request's deadline."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from orgline.server.limits.rate_limit import LIGHT_USAGE, Budget, Limits
from orgline.server.workers.fair_queue import FairQueue
from orgline.server.workers.fork_server import ForkServer
from orgline.server.workers.running_request import RunningRequest, StreamedAnswer, WorkerLost
from orgline.server.workers.wire import END, FAULT, HEAD
from orgline.server.workers.worker_handle import START_SECONDS, WorkerHandle, raise_fault
from orgline.text import Message, RequestRefused

LOW_PRIORITY = 10  # the niceness of workers whose requests are slow
WORKER_RESTART_COST_SECONDS = 1.0  # charged to an owner whose request cost a worker
_FORK_ATTEMPTS = 3
_RETRY_PAUSES_SECONDS = (0.1, 0.5, 2.0, 10.0)  # the last one again and again
# The statuses after which the worker has been killed, or has died.
_WORKER_LOST_STATUSES = frozenset({408, 503})


class Pool:
    """The workers on one build folder or RDF file."""

    def __init__(
        self, place: Path, content: Path, limits: Limits, budget: Budget, warned: set[str] | None = None
    ) -> None:
        """`budget` is charged for the work; `warned` holds the warnings that were printed. `start` starts workers."""
        self._limits, self._budget = limits, budget
        self._warned = set() if warned is None else warned
        self._fork_server = ForkServer(place, content)
        self._queue: FairQueue[WorkerHandle] = FairQueue(
            limits.workers_per_owner, limits.max_waiting, self._weight, LIGHT_USAGE, limits.min_workers // 2
        )
        self._count = 0  # workers that are free, busy or starting
        self._slow: Counter[str] = Counter()  # slow requests of each owner
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = self._has_warm_worker = False
        self._is_over = asyncio.Event()

    async def start(self, *, wait_for_all: bool = False) -> None:
        """Start the workers; return when the first is ready, or all are.

        The first is forked before the fork server has loaded everything, so it is replaced when others are ready.
        """
        await self._add(is_first=True)
        for _ in range(self._limits.min_workers):
            self._begin(self._add_with_retry())
        if wait_for_all:
            await asyncio.wait([*self._tasks], timeout=START_SECONDS)

    def _weight(self, owner: str) -> float:
        """Return the weight of `owner` in the queue: the used share of its budget, plus 1 for each slow request."""
        return self._slow[owner] + self._budget.usage(owner)

    @property
    def _wanted(self) -> int:
        """How many workers there should be; after `close`, only as many as are busy or waited for."""
        limits = self._limits
        wanted = min(limits.min_workers + self._slow.total(), limits.max_workers)
        return min(wanted, self._queue.wanted) if self._is_closed else wanted

    async def _add_with_retry(self) -> None:
        """Add a worker, and try until it succeeds: without workers nothing is answered."""
        for pause in itertools.chain(_RETRY_PAUSES_SECONDS, itertools.repeat(_RETRY_PAUSES_SECONDS[-1])):
            try:
                await self._add()
            except (ConnectionError, RequestRefused) as error:
                if not self._is_closed and pause >= 2:
                    print(f"orgline serve: {error}. Trying again.", file=sys.stderr)
            else:
                return
            await asyncio.sleep(pause)

    async def _add(self, *, is_first: bool = False) -> None:
        """Start a worker, unless there are enough."""
        if self._count >= self._wanted:
            return
        self._count += 1
        try:
            worker = await self._start_worker(self._limits.memory)
        except BaseException:
            self._count -= 1
            self._end_if_over()
            raise
        worker.is_first = is_first
        self._has_warm_worker |= not is_first
        self._offer(worker)
        if first := next((free for free in self._queue.free if free.is_first and free is not worker), None):
            self._queue.free.remove(first)
            self._offer(first)

    async def _start_worker(self, memory: int) -> WorkerHandle:
        for _ in range(_FORK_ATTEMPTS - 1):
            with suppress(ConnectionError):
                return await self._fork_worker(memory)
        return await self._fork_worker(memory)

    async def _fork_worker(self, memory: int) -> WorkerHandle:
        worker = await WorkerHandle.start(self._fork_server, memory)
        for gap in worker.sandbox_gaps:
            if gap not in self._warned:
                self._warned.add(gap)
                print(f"orgline serve: {gap} on this system. Serve only clients whom you trust.", file=sys.stderr)
        return worker

    def _offer(self, worker: WorkerHandle) -> None:
        """Put a free worker into the queue, or end it when it is dead, replaced or one too many."""
        is_replaced = worker.is_first and self._has_warm_worker
        if worker.is_alive and not is_replaced and self._count <= self._wanted:
            self._queue.put(worker)
        else:
            worker.end(self._fork_server)
            self._count -= 1
            if self._count < self._wanted:
                self._begin(self._add_with_retry())
            self._end_if_over()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in a task. The event loop keeps only a weak reference to it, so it is kept here until its end."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish_task)

    def _finish_task(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self._is_closed:
            print(f"orgline serve: {error or type(error).__name__}", file=sys.stderr)

    async def ask(self, request: Mapping[str, Any], owner: str = "") -> StreamedAnswer:
        """Give `request` to a worker and return the answer once its head has arrived.

        Raises RequestRefused: 503 when too many requests wait or the worker dies, 408 at the deadline, or what the
        worker answers.
        """
        for _ in range(self._limits.min_workers):
            with suppress(WorkerLost):
                return await self._ask_worker(request, owner)
        return await self._ask_worker(request, owner)

    async def _ask_worker(self, request: Mapping[str, Any], owner: str) -> StreamedAnswer:
        """Send a request to a free worker and return its streamed answer. Raises the fault that it reports."""
        worker = await self._take_worker(owner)
        on_slow, on_end = partial(self._note_slow, worker, owner), partial(self._give_back, worker, owner)
        running = RunningRequest(worker, self._limits.seconds, on_slow, on_end)
        try:
            kind, body = await running.next_frame(request)
            raise_fault(kind, body)
        except BaseException as error:
            running.end(is_reusable=isinstance(error, RequestRefused) and error.status not in _WORKER_LOST_STATUSES)
            raise
        return StreamedAnswer(json.loads(body), running.chunks())

    async def _take_worker(self, owner: str) -> WorkerHandle:
        """Return a worker that is alive; one that died while it was free is replaced."""
        while True:
            worker = await self._queue.take(owner, self._limits.seconds)
            if not worker.is_disconnected:
                return worker
            self._give_back(worker, owner, is_reusable=False, is_slow=False)

    async def run_unlimited(self, request: Mapping[str, Any], seconds: float) -> None:
        """Have an additional worker do `request`, without a limit of memory and for up to `seconds`.

        Raises RequestRefused (503) when it fails.
        """
        worker = await self._start_worker(0)
        worker.set_priority(LOW_PRIORITY)
        try:
            async with asyncio.timeout(seconds):
                worker.ask(request)
                kind = HEAD
                while kind not in (END, FAULT):
                    kind, body = await worker.frame()
                    raise_fault(kind, body)
        except (TimeoutError, ConnectionError) as error:
            text = "as-of: the data of this date could not be prepared. Report it to whoever runs the service."
            raise RequestRefused(503, Message("wrong_not_made", text)) from error
        finally:
            worker.end(self._fork_server)

    def _note_slow(self, worker: WorkerHandle, owner: str) -> None:
        """Lower the priority of a worker whose request is slow, and start another worker in its place."""
        self._slow[owner] += 1
        worker.set_priority(LOW_PRIORITY)
        self._begin(self._add_with_retry())

    def _give_back(
        self, worker: WorkerHandle, owner: str, *, is_reusable: bool, is_slow: bool, seconds: float = 0
    ) -> None:
        """Take a worker back after `seconds` of work for `owner`; one that is not reusable is replaced."""
        self._budget.spend(owner, seconds + (0 if is_reusable else WORKER_RESTART_COST_SECONDS))
        if is_slow:
            self._slow[owner] -= 1
            self._slow += Counter()  # drops owners with zero
            is_reusable = is_reusable and worker.set_priority(0)
        if not is_reusable:
            worker.end(self._fork_server)
        self._queue.leave(owner)
        self._offer(worker)
        if not is_reusable:
            self._begin(self._add_with_retry())

    async def close(self) -> None:
        """End the free workers now, the busy ones after their answers; return when all have ended."""
        self._is_closed = True
        while self._queue.free:
            self._offer(self._queue.free.popleft())
        self._end_if_over()
        await self._is_over.wait()
        await self.end()

    def _end_if_over(self) -> None:
        if self._is_closed and not self._count and not self._queue.wanted:
            self._is_over.set()

    async def end(self) -> None:
        """End all workers at once, and wait until they have ended."""
        self._is_closed = True
        for worker in self._queue.free:
            worker.end(self._fork_server)
        await self._fork_server.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
