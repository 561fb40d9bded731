"""A process that has loaded everything and forks workers on command, so that a new worker is ready within milliseconds.

It answers no requests and has a single thread: a fork of a process with threads may inherit locks that nobody frees.
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

# A command and its answer: a letter, and the process ID or, for a fork, the memory of the worker in MiB.
_COMMAND = struct.Struct(">cI")
_FORK, _KILL = b"F", b"K"
FORK_SECONDS = 60.0
# A worker answers one request at a time: thread pools of libraries would only use memory.
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
# glibc would reserve 64 MiB of address space for each thread that allocates.
_TWO_ARENAS = {"MALLOC_ARENA_MAX": "2"}
MIB = 1 << 20
WorkerMain = Callable[[socket.socket, int], None]


class ForkServer:
    """Starts the forking process, and sends it the commands to fork and to kill workers."""

    def __init__(self, place: Path, content: Path) -> None:
        """Workers will answer from `place`, a build folder or an RDF file, with the content folders in `content`."""
        self._place, self._content = place, content
        self._child: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._lock = asyncio.Lock()

    async def _start(self) -> socket.socket:
        """Return the control socket of the process, which is started if it does not run.

        Raises CannotRun on systems without fork.
        """
        if not hasattr(os, "fork"):
            raise CannotRun("serve: needs a system with fork(). Run it on Linux or macOS.")
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
        """Fork a worker that may use `memory` bytes beyond those it starts with (0: no limit).

        Returns the socket to it and its process ID. Raises ConnectionError when the forking process has ended.
        """
        async with self._lock:
            control = await self._start()
            mine, others = socket.socketpair()
            mine.setblocking(False)
            try:
                with others:
                    command = _COMMAND.pack(_FORK, memory // MIB)
                    socket.send_fds(control, [command], [others.fileno()])
                    async with asyncio.timeout(FORK_SECONDS):
                        answer = await asyncio.get_running_loop().sock_recv(control, _COMMAND.size)
                return mine, _COMMAND.unpack(answer)[1]
            except BaseException as error:
                # The answer may still come, and the next caller would take it for its own: so the process is given up.
                mine.close()
                self._discard_child()
                if isinstance(error, (OSError, struct.error)):
                    raise ConnectionResetError("the fork server has ended") from error
                raise

    def _discard_child(self) -> None:
        """Kill the process; the next `fork` starts another."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError):
                self._child.kill()

    def kill(self, number: int) -> None:
        """Kill the worker with this process ID."""
        if self._control is not None:
            with suppress(OSError):
                self._control.send(_COMMAND.pack(_KILL, number))

    async def end(self) -> None:
        """End the process and all its workers, and wait until they have ended."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._child is not None:
            await self._child.wait()


def serve_forks(control: socket.socket, worker_main: WorkerMain, prepare: Callable[[], None]) -> None:
    """Obey the commands that arrive on `control` until it is closed: the main function of the forking process.

    `worker_main` is called in each worker with its socket and its memory. The first worker is forked at once, so that
    the first request need not wait; `prepare` then loads what the later ones share.
    """
    children: set[int] = set()
    is_prepared = False
    while True:
        message, descriptors, *_ = socket.recv_fds(control, _COMMAND.size, 1)
        if len(message) < _COMMAND.size:
            break
        command, number = _COMMAND.unpack(message)
        if command == _FORK:
            children.add(_fork_worker(control, socket.socket(fileno=descriptors[0]), worker_main, number * MIB))
            if not is_prepared:
                is_prepared = True
                prepare()
                # The collector writes into objects it visits, which would copy the memory that workers share.
                gc.collect()
                gc.freeze()
        elif command == _KILL and number in children:
            _kill_worker(number)
        _reap_ended(children)
    for child in children:
        _kill_worker(child)


def _fork_worker(control: socket.socket, line: socket.socket, worker_main: WorkerMain, memory: int) -> int:
    """Return the process ID of a new worker. In the worker itself, run `worker_main` and exit."""
    number = os.fork()
    if number == 0:
        status = 1
        try:
            control.close()
            worker_main(line, memory)
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
    """Remove workers that have ended by themselves, and their zombie processes."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            children.discard(ended)
