"""Pool: worker processes, each given one request at a time, killed at its deadline and replaced."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from orgline.frames import CHUNK, DATA, END, FAULT, HEAD, READY, SIZE, packed_json, unpacked
from orgline.guard import Refused

START_SECONDS, POLITE_SECONDS, LOW_PRIORITY = 60.0, 0.3, 10
REQUEST = b"Q"
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}


class Process:
    """One worker process: the place it answers from, and what it is doing."""

    def __init__(self, place: Path, content: Path, memory: int) -> None:
        self._command = [sys.executable, "-P", "-m", "orgline.worker", str(place), str(content), str(memory)]
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        path = os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))
        self._child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=4 * CHUNK,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
            start_new_session=True,
        )
        kind, _ = await asyncio.wait_for(self._frame(), START_SECONDS)
        assert kind == READY

    @property
    def is_alive(self) -> bool:
        """Whether it can still be asked."""
        return self._child is not None and self._child.returncode is None

    async def ask(self, request: Mapping[str, Any]) -> AsyncIterator[tuple[bytes, bytes]]:
        """Yield the frames of the answer to `request`, the last of them an end or a fault."""
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.write(packed_json(REQUEST, request))
        await self._child.stdin.drain()
        kind = HEAD
        while kind not in (END, FAULT):
            kind, body = await self._frame()
            yield kind, body

    async def _frame(self) -> tuple[bytes, bytes]:
        assert self._child is not None
        assert self._child.stdout is not None
        kind, length = unpacked(await self._child.stdout.readexactly(SIZE))
        return kind, await self._child.stdout.readexactly(length) if length else b""

    def calm(self, priority: int) -> None:
        """Let others run before it."""
        if self._child is not None:
            with suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, self._child.pid, priority)

    async def end(self) -> None:
        """End it at once, and wait until it is gone."""
        if self._child is not None:
            # Why not Popen.kill: it polls, and whoever waits for the child would not find it any more.
            if self._child.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(self._child.pid, signal.SIGKILL)
            await self._child.wait()


class Answering:
    """One answer under way: its head, and its data as they come."""

    def __init__(self, head: Mapping[str, Any], chunks: AsyncIterator[bytes]) -> None:
        self.head, self.chunks = head, chunks


class Pool:
    """`size` workers on `place`; `ask` waits in line for one. `waiting` requests more are refused."""

    def __init__(self, place: Path, content: Path, *, size: int, seconds: float, memory: int, waiting: int) -> None:
        self.place, self._content, self._size = place, content, size
        self._seconds, self._memory, self._waiting = seconds, memory, waiting
        self._free: asyncio.Queue[Process] = asyncio.Queue()
        self._all: set[Process] = set()
        self._queued: deque[None] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def start(self) -> None:
        """Start the workers; return when the first is ready."""
        tasks = [self._begin(self._add()) for _ in range(self._size)]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _add(self) -> None:
        process = Process(self.place, self._content, self._memory)
        self._all.add(process)
        try:
            await process.start()
        except BaseException:
            await self._retire(process)
            if not self._is_closed:
                raise
            return
        if self._is_closed:
            await self._retire(process)
        else:
            self._free.put_nowait(process)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start `work`, and hold on to it until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _retire(self, process: Process) -> None:
        await process.end()
        self._all.discard(process)

    async def ask(self, request: Mapping[str, Any]) -> Answering:
        """Return the answer to `request` once its head is there.

        Raises Refused: 503 when too many wait already, 408 at the deadline, or as the worker refuses.
        """
        process = await self._taken()
        frames = process.ask(request)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._seconds
        calm = loop.call_later(POLITE_SECONDS, process.calm, LOW_PRIORITY)
        try:
            kind, body = await self._next(frames, deadline)
            _refuse_fault(kind, body)
        except BaseException as error:
            calm.cancel()
            self._give_back(process, is_whole=isinstance(error, Refused) and error.status != 408)
            raise
        return Answering(json.loads(body), self._chunks(process, frames, deadline, calm))

    async def _chunks(
        self,
        process: Process,
        frames: AsyncIterator[tuple[bytes, bytes]],
        deadline: float,
        calm: asyncio.TimerHandle,
    ) -> AsyncIterator[bytes]:
        is_whole = False
        try:
            while True:
                kind, body = await self._next(frames, deadline)
                if kind == DATA:
                    yield body
                    continue
                is_whole = True
                _refuse_fault(kind, body)
                return
        finally:
            calm.cancel()
            self._give_back(process, is_whole=is_whole)

    async def _next(self, frames: AsyncIterator[tuple[bytes, bytes]], deadline: float) -> tuple[bytes, bytes]:
        left = deadline - asyncio.get_running_loop().time()
        try:
            return await asyncio.wait_for(anext(frames), max(left, 0.001))
        except TimeoutError as error:
            raise Refused(
                408, f"query: took longer than {self._seconds:g} s. Ask for less, or more exactly."
            ) from error
        except (asyncio.IncompleteReadError, ConnectionError, StopAsyncIteration) as error:
            raise Refused(503, "query: used up what one query may use. Ask for less at once.") from error

    async def _taken(self) -> Process:
        if self._free.empty() and len(self._queued) >= self._waiting:
            raise Refused(503, "service: too many wait already. Try again in a moment.")
        self._queued.append(None)
        try:
            return await asyncio.wait_for(self._free.get(), self._seconds)
        except TimeoutError as error:
            raise Refused(503, "service: is busy. Try again in a moment.") from error
        finally:
            self._queued.pop()

    def _give_back(self, process: Process, *, is_whole: bool) -> None:
        """Put a worker back in line, or end it and start another when its answer was broken off."""
        if is_whole and process.is_alive and not self._is_closed:
            process.calm(0)
            self._free.put_nowait(process)
            return
        self._begin(self._retire(process))
        if not self._is_closed:
            self._begin(self._add())

    async def close(self) -> None:
        """End all workers that are free, and the others when their answer is out."""
        self._is_closed = True
        while not self._free.empty():
            await self._retire(self._free.get_nowait())

    async def end(self) -> None:
        """End all workers at once, and wait until they are gone."""
        self._is_closed = True
        await asyncio.gather(*(process.end() for process in self._all))
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _refuse_fault(kind: bytes, body: bytes) -> None:
    """Raise Refused if a frame says that the worker does."""
    if kind == FAULT:
        fault = json.loads(body)
        raise Refused(fault["status"], fault["sentence"])
