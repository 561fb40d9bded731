"""Confine: a process that can open no socket, start no program, and takes no more memory than it is given.

The engine has no limits of its own (DEFENCE 1–5), so the process around it has them. On Linux a seccomp
filter refuses the system calls; elsewhere only what the system offers holds, and `confine` says so.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path

STACK_BYTES = 1 << 30
DEFAULT_MEMORY_BYTES = 1 << 30
_PARENT_DEATH, _NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 1, 38, 22, 2
_ALLOW, _DENY = 0x7FFF0000, 0x00050001
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# socket, connect, accept, bind, listen, socketpair, execve, ptrace, accept4, execveat, io_uring_setup
_DENIED_SYSCALLS = {
    "x86_64": (0xC000003E, (41, 42, 43, 49, 50, 53, 59, 101, 288, 322, 425)),
    "aarch64": (0xC00000B7, (198, 203, 202, 200, 201, 199, 221, 117, 242, 281, 425)),
}
_X32_SYSCALLS = 0x40000000


def end_with_parent() -> None:
    """Have this process killed when the one that started it ends, where the system can (Linux)."""
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)


def confine(memory: int = DEFAULT_MEMORY_BYTES) -> list[str]:
    """Confine this process and the threads it starts from now on; return what could not be done here.

    `memory` is in bytes beyond what it has now and the stack of one thread that evaluates; 0 is without limit.
    """
    undone = []
    if memory and not _limit_memory(memory):
        undone.append("memory is not limited")
    if not _forbid_sockets():
        undone.append("sockets are not forbidden")
    return undone


def _limit_memory(memory: int) -> bool:
    try:
        import resource
    except ImportError:  # not on Windows
        return False
    limit = _address_space_bytes() + STACK_BYTES + memory
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return False
    return True


def _address_space_bytes() -> int:
    """Return how many bytes of address space this process has taken, 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _forbid_sockets() -> bool:
    """Refuse, for good, system calls that open sockets or start programs."""
    if not sys.platform.startswith("linux") or platform.machine() not in _DENIED_SYSCALLS:
        return False
    architecture, calls = _DENIED_SYSCALLS[platform.machine()]
    # Each test jumps to the last step, which denies: how many steps it skips follows from where it stands.
    last = len(calls) + 5
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 0, last - 2, architecture),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, last - 4, 0, _X32_SYSCALLS),
    ]
    steps += [(_EQUAL, last - place - 1, 0, call) for place, call in enumerate(calls, 4)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENY)]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP" if struct.calcsize("P") == 8 else "HxxP", len(steps), ctypes.addressof(buffer))
    try:
        system = ctypes.CDLL(None, use_errno=True)
    except OSError:
        return False
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not system.prctl(_SECCOMP, _FILTER, ctypes.create_string_buffer(header, len(header)), 0, 0)
