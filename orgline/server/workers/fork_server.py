"""Nursery: a process that has read everything and forks a worker when told, so that one is ready in a moment.

It serves no request itself, and has no thread: what forks must have none.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from orgline.text import CannotRun

_COMMAND = struct.Struct(">cI")
_FORK, _KILL = b"F", b"K"
FORK_SECONDS = 60.0
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
_TWO_ARENAS = {"MALLOC_ARENA_MAX": "2"}
MIB = 1 << 20
WorkerMain = Callable[[socket.socket, int], None]


class ForkServer:
    """The service's end: starts the process that forks, and tells it whom to fork and whom to kill."""

    def __init__(self, place: Path, content: Path) -> None:
        """Workers will answer from `place`, a build or an RDF file, with the content in a folder."""
        self._place, self._content = place, content
        self._child: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._lock = asyncio.Lock()

    async def _start(self) -> socket.socket:
        """Return the line to the process, started if it is not there."""
        if not hasattr(os, "fork"):
            raise CannotRun("serve: needs a system that can fork. Run it on Linux or macOS.")
        if self._child is not None and self._child.returncode is not None:
            self._discard_child()
        if self._control is None:
            mine, others = socket.socketpair()
            mine.setblocking(False)
            path = os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))
            command = [sys.executable, "-P", "-m", "orgline.server.workers.worker", str(others.fileno())]
            with others:
                self._child = await asyncio.create_subprocess_exec(
                    *command,
                    str(self._place),
                    str(self._content),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=[others.fileno()],
                    env={**os.environ, **_ONE_THREAD, **_TWO_ARENAS, "PYTHONPATH": path},
                    start_new_session=True,
                )
            self._control = mine
        return self._control

    async def fork(self, memory: int) -> tuple[socket.socket, int]:
        """Return the line to a new worker of at most `memory` bytes more than it begins with (0: any), and its number.

        Raises ConnectionError when there is none.
        """
        async with self._lock:
            control = await self._start()
            mine, others = socket.socketpair()
            mine.setblocking(False)
            try:
                with others:
                    order = _COMMAND.pack(_FORK, memory // MIB)
                    socket.send_fds(control, [order], [others.fileno()])
                    async with asyncio.timeout(FORK_SECONDS):
                        answer = await asyncio.get_running_loop().sock_recv(control, _COMMAND.size)
                return mine, _COMMAND.unpack(answer)[1]
            except BaseException as error:
                # Whoever comes next would read the answer that was meant for this: so the process is given up.
                mine.close()
                self._discard_child()
                if isinstance(error, (OSError, struct.error)):
                    raise ConnectionResetError("the nursery has ended") from error
                raise

    def _discard_child(self) -> None:
        """Give up the process: the next fork starts another."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError):
                self._child.kill()

    def kill(self, number: int) -> None:
        """End a worker at once."""
        if self._control is not None:
            with suppress(OSError):
                self._control.send(_COMMAND.pack(_KILL, number))

    async def end(self) -> None:
        """End the process and all its workers, and wait until they are gone."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._child is not None:
            await self._child.wait()


def serve_forks(control: socket.socket, born: WorkerMain, prepare: Callable[[], None]) -> None:
    """Fork and kill as told over `control` until it ends; `born` is what a worker does with its line and memory.

    The first is forked at once, so that there is soon an answer; what the others share is read after that.
    """
    children: set[int] = set()
    is_prepared = False
    while True:
        message, lines, *_ = socket.recv_fds(control, _COMMAND.size, 1)
        if len(message) < _COMMAND.size:
            break
        order, number = _COMMAND.unpack(message)
        if order == _FORK:
            children.add(_fork_worker(control, socket.socket(fileno=lines[0]), born, number * MIB))
            if not is_prepared:
                is_prepared = True
                prepare()
                gc.collect()
                gc.freeze()
        elif order == _KILL and number in children:
            _kill_worker(number)
        _reap_ended(children)
    for one in children:
        _kill_worker(one)


def _fork_worker(control: socket.socket, line: socket.socket, born: WorkerMain, memory: int) -> int:
    """Return the number of a new worker; in the worker itself, never return."""
    number = os.fork()
    if number == 0:
        status = 1
        try:
            control.close()
            born(line, memory)
            status = 0
        finally:
            os._exit(status)
    line.close()
    control.send(_COMMAND.pack(_FORK, number))
    return number


def _kill_worker(number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def _reap_ended(children: set[int]) -> None:
    """Take workers that have ended by themselves off the list."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            children.discard(ended)
