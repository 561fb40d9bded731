"""Confines a worker process: it can open no socket, start no program, and use no more memory than it is given.

The SPARQL engine has no limits of its own, so its process gets them. On Linux a seccomp filter refuses the system
calls. On other systems some of this is not possible, and `confine` reports what is missing.
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

# Deeply nested queries need a deep stack: with this one, no query within the limits of the scanner overflows it.
STACK_BYTES = 1 << 30
DEFAULT_MEMORY_BYTES = 1 << 30
# Constants of prctl(2), seccomp(2) and BPF.
_PARENT_DEATH, _NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 1, 38, 22, 2
_ALLOW, _DENY = 0x7FFF0000, 0x00050001
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# socket, connect, accept, bind, listen, socketpair, execve, ptrace, accept4, execveat, io_uring_setup
_DENIED_SYSCALLS = {
    "x86_64": (0xC000003E, (41, 42, 43, 49, 50, 53, 59, 101, 288, 322, 425)),
    "aarch64": (0xC00000B7, (198, 203, 202, 200, 201, 199, 221, 117, 242, 281, 425)),
}
# On x86_64, numbers from here on are the same calls by another table (x32), which no program needs.
_X32_SYSCALLS = 0x40000000


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends. Only Linux can do this; elsewhere nothing happens."""
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)


def confine(memory: int = DEFAULT_MEMORY_BYTES) -> list[str]:
    """Confine this process, and the threads that it starts from now on, for good.

    `memory` is the number of bytes it may use beyond those it has now and the stack of one thread; 0: no limit.
    Returns what this system cannot do, as sentences without a full stop.
    """
    gaps = []
    if memory and not _limit_memory(memory):
        gaps.append("memory is not limited")
    if not _forbid_sockets():
        gaps.append("sockets are not forbidden")
    return gaps


def _limit_memory(memory: int) -> bool:
    """Limit this process to `memory` more bytes and to no core dump. Returns False where that cannot be done."""
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
    """Return how many bytes of address space this process uses, 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _forbid_sockets() -> bool:
    """Install a seccomp filter that refuses to open sockets or start programs. Returns False where that fails."""
    if not sys.platform.startswith("linux") or platform.machine() not in _DENIED_SYSCALLS:
        return False
    architecture, calls = _DENIED_SYSCALLS[platform.machine()]
    # A jump is given as the number of steps to skip. All tests jump to the last step, which denies the call.
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
