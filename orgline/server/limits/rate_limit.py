"""Limits of one service, and the budget of work that each client has per minute.

An *owner* is who a client's address belongs to: a single IPv4 address, or an IPv6 network of 64 bits. All budgets are
per owner. Nothing here is global: two services in one process have a `Limits` and a `Budget` each.
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from functools import lru_cache

from orgline.text import Message, RequestRefused

WINDOW_SECONDS = 60.0
# Above this many owners the one that was active longest ago is forgotten, so that a flood of addresses costs no memory.
MAX_TRACKED_OWNERS = 10_000
# An owner that has used less than this share of its budget is "light": FairQueue serves it first.
LIGHT_USAGE = 0.5
# The least that a request costs. A refused one costs more, because nothing else slows down a client that repeats it.
MIN_COST_SECONDS, REFUSAL_COST_SECONDS = 0.002, 0.05
_CORES = os.cpu_count() or 2
# Work of one owner within this time is added to one entry, so that a minute has at most 60 entries for each owner.
_MERGE_SECONDS = WINDOW_SECONDS / 60


def _default_query_memory() -> int:
    """Return how many bytes of memory a query may use: a share of the machine's memory, at most 1 GiB."""
    try:
        return min(1 << 30, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (4 * max(4, 2 * _CORES)))
    except (ValueError, OSError):
        return 1 << 29


@dataclass(frozen=True)
class Limits:
    """The limits of one service.

    Attributes:
        seconds: Time limit of one query.
        memory: Bytes of memory that one query may use beyond those of an idle worker.
        min_workers: Idle workers that are kept ready.
        max_workers: Workers there may be while queries run long.
        workers_per_owner: Workers that one owner may occupy at a time.
        max_waiting: Requests that may wait for a worker.
        seconds_per_minute: Seconds of work that one owner may use per minute.
        requests_per_owner: Requests of one owner that are handled at the same time.
        cache_bytes: Bytes of answers kept in memory.
    """

    seconds: float = 10.0
    memory: int = field(default_factory=_default_query_memory)
    min_workers: int = max(4, 2 * _CORES)
    max_workers: int = 4 * max(4, 2 * _CORES)
    workers_per_owner: int = 3
    max_waiting: int = 256
    seconds_per_minute: float = 30.0
    requests_per_owner: int = 16
    cache_bytes: int = 64 << 20


@lru_cache(maxsize=MAX_TRACKED_OWNERS)
def owner_of(address: str) -> str:
    """Return the owner of an IP address: the address, or its /64 network for IPv6, which is what one customer gets.

    >>> owner_of("192.0.2.7"), owner_of("2001:db8::1"), owner_of("2001:db8::2"), owner_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::/64', '2001:db8::/64', '192.0.2.7')
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


@dataclass
class Budget:
    """Counts the work of each owner: `seconds` in any 60 s, and `max_requests` requests at the same time."""

    seconds: float
    max_requests: int
    # For each owner its work as (time, seconds), oldest first; the owners in the order of their last work.
    _entries: OrderedDict[str, deque[tuple[float, float]]] = field(default_factory=OrderedDict)
    _spent: dict[str, float] = field(default_factory=dict)
    _running: dict[str, int] = field(default_factory=dict)

    def enter(self, owner: str) -> None:
        """Begin a request of `owner`; `leave` ends it. Raises RequestRefused (429) when the budget is used up."""
        self._drop_expired(owner)
        if self._spent.get(owner, 0.0) > self.seconds:
            self.spend(owner, REFUSAL_COST_SECONDS)
            text = "service: your address has used its share of this minute. Try again in a minute."
            raise RequestRefused(429, Message("wrong_share", text))
        if self._running.get(owner, 0) >= self.max_requests:
            self.spend(owner, REFUSAL_COST_SECONDS)
            text = f"service: your address has {self.max_requests} requests running. Wait for their answers."
            raise RequestRefused(429, Message("wrong_at_once", text, self.max_requests))
        self._running[owner] = self._running.get(owner, 0) + 1
        self.spend(owner, MIN_COST_SECONDS)

    def leave(self, owner: str) -> None:
        """End a request of `owner`."""
        running = self._running.get(owner, 1) - 1
        if running:
            self._running[owner] = running
        else:
            self._running.pop(owner, None)

    def spend(self, owner: str, seconds: float) -> None:
        """Add `seconds` of work to what `owner` has used."""
        entries = self._entries.setdefault(owner, deque())
        self._entries.move_to_end(owner)
        now = time.monotonic()
        if entries and now - entries[-1][0] < _MERGE_SECONDS:
            entries[-1] = (entries[-1][0], entries[-1][1] + seconds)
        else:
            entries.append((now, seconds))
        self._spent[owner] = self._spent.get(owner, 0.0) + seconds
        while len(self._entries) > MAX_TRACKED_OWNERS:
            oldest, _ = self._entries.popitem(last=False)
            self._spent.pop(oldest, None)

    def usage(self, owner: str) -> float:
        """Return the share of its budget that `owner` has used, as of its last request: 1.0 is all of it."""
        return self._spent.get(owner, 0.0) / self.seconds

    def is_twice_over(self, owner: str) -> bool:
        """Return whether `owner` has used more than double its budget: its connections are then closed unread."""
        self._drop_expired(owner)
        return self._spent.get(owner, 0.0) > 2 * self.seconds

    def _drop_expired(self, owner: str) -> None:
        """Forget work of `owner` that is more than a minute old."""
        now, entries = time.monotonic(), self._entries.get(owner, ())
        while entries and entries[0][0] < now - WINDOW_SECONDS:
            self._spent[owner] -= entries.popleft()[1]
