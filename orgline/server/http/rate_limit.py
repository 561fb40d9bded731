"""Budget: how much work each address may ask for, and which answers are kept."""

from __future__ import annotations

import ipaddress
import os
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from orgline.text import Message, RequestRefused

WINDOW_SECONDS, MAX_TRACKED_OWNERS, LIGHT_USAGE = 60.0, 10_000, 0.5
MAX_REMEMBERED_REQUESTS, MAX_REMEMBERED_BYTES = 4096, 8192
# What a request costs at least, and one that is refused, nothing being behind it or too much asked already.
MIN_COST_SECONDS, REFUSAL_COST_SECONDS = 0.002, 0.05
_CORES = os.cpu_count() or 2


def _default_query_memory() -> int:
    """Return how many bytes one query may use: a share of what the machine has, at most 1 GiB."""
    try:
        return min(1 << 30, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (4 * max(4, 2 * _CORES)))
    except (ValueError, OSError):
        return 1 << 29


@dataclass(frozen=True)
class Limits:
    """What the service gives at most.

    Seconds and bytes of memory a query; workers that are `ready`, and `most` while some run long; how many of
    them one owner of addresses may hold at a time (`share`), requests in line (`waiting`), seconds of work a
    minute and requests at once for each owner, bytes of answers kept.
    """

    seconds: float = 10.0
    memory: int = field(default_factory=_default_query_memory)
    min_workers: int = max(4, 2 * _CORES)
    most: int = 4 * max(4, 2 * _CORES)
    share: int = 3
    waiting: int = 256
    seconds_per_minute: float = 30.0
    at_once: int = 16
    kept: int = 64 << 20


@lru_cache(maxsize=MAX_TRACKED_OWNERS)
def owner_of(address: str) -> str:
    """Return who is behind an address: of IPv6 its network of 64 bits, which is what one customer is given.

    >>> owner_of("192.0.2.7"), owner_of("2001:db8::1"), owner_of("2001:db8::2"), owner_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::/64', '2001:db8::/64', '192.0.2.7')
    """
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        mapped = known.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((known, 64), strict=False))
    return address


@dataclass
class Budget:
    """Each owner of addresses may use `seconds` of work in any minute, and run `at_once` requests at the same time."""

    seconds: float
    at_once: int
    _used: OrderedDict[str, deque[tuple[float, float]]] = field(default_factory=OrderedDict)
    _spent: dict[str, float] = field(default_factory=dict)
    _running: dict[str, int] = field(default_factory=dict)

    def enter(self, owner: str) -> None:
        """Begin a request of `owner`. Raises Refused (429) when its budget is used up."""
        self._forget_old(owner)
        if self._spent.get(owner, 0.0) > self.seconds:
            self.spend(owner, REFUSAL_COST_SECONDS)
            text = "service: your address has used its share of this minute. Try again in a minute."
            raise RequestRefused(429, Message("wrong_share", text))
        if self._running.get(owner, 0) >= self.at_once:
            self.spend(owner, REFUSAL_COST_SECONDS)
            text = f"service: your address asks {self.at_once} questions already. Wait for their answers."
            raise RequestRefused(429, Message("wrong_at_once", text, self.at_once))
        self._running[owner] = self._running.get(owner, 0) + 1
        self.spend(owner, MIN_COST_SECONDS)

    def _forget_old(self, owner: str) -> None:
        """Let go of work that is more than a minute old."""
        now, used = time.monotonic(), self._used.get(owner, ())
        while used and used[0][0] < now - WINDOW_SECONDS:
            self._spent[owner] -= used.popleft()[1]

    def used(self, owner: str) -> float:
        """Return how much of its share of this minute `owner` has used."""
        return self._spent.get(owner, 0.0) / self.seconds

    def is_twice_over(self, owner: str) -> bool:
        """Tell whether `owner` has used its share twice and goes on asking."""
        self._forget_old(owner)
        return self._spent.get(owner, 0.0) > 2 * self.seconds

    def spend(self, owner: str, seconds: float) -> None:
        """Count work that was done for `owner`."""
        used = self._used.setdefault(owner, deque())
        self._used.move_to_end(owner)
        now = time.monotonic()
        if used and now - used[-1][0] < WINDOW_SECONDS / 60:
            used[-1] = (used[-1][0], used[-1][1] + seconds)
        else:
            used.append((now, seconds))
        self._spent[owner] = self._spent.get(owner, 0.0) + seconds
        while len(self._used) > MAX_TRACKED_OWNERS:
            old, _ = self._used.popitem(last=False)
            self._spent.pop(old, None)

    def leave(self, owner: str) -> None:
        """End a request of `owner`."""
        left = self._running.get(owner, 1) - 1
        if left:
            self._running[owner] = left
        else:
            self._running.pop(owner, None)


@dataclass
class AnswerCache:
    """Answers by key, the newest; together at most `size` bytes, none over a sixteenth of that."""

    size: int
    _answers: OrderedDict[str, tuple[Mapping[str, Any], bytes]] = field(default_factory=OrderedDict)
    _held: int = 0

    def get(self, key: str) -> tuple[Mapping[str, Any], bytes] | None:
        """Return the head and the body kept for `key`."""
        found = self._answers.get(key)
        if found:
            self._answers.move_to_end(key)
        return found

    def put(self, key: str, head: Mapping[str, Any], body: bytes) -> None:
        """Keep an answer, and forget the oldest over the size."""
        if len(body) * 16 > self.size or key in self._answers:
            return
        self._answers[key] = (head, body)
        self._held += len(body)
        while self._held > self.size:
            _, (_, old) = self._answers.popitem(last=False)
            self._held -= len(old)

    def clear(self) -> None:
        """Forget everything: a new build answers from now on."""
        self._answers.clear()
        self._held = 0


class RequestKeyCache:
    """The keys of answers by the requests they were the answers to, the newest; none of a request that is long."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[bytes, ...], str] = OrderedDict()

    def get(self, asked: tuple[bytes, ...], default: str) -> str:
        """Return the key of the answer to a request."""
        return self._keys.get(asked, default)

    def put(self, asked: tuple[bytes, ...], key: str) -> None:
        """Keep the key of the answer to a request, and forget the oldest over the number."""
        if sum(map(len, asked)) <= MAX_REMEMBERED_BYTES:
            self._keys[asked] = key
            while len(self._keys) > MAX_REMEMBERED_REQUESTS:
                self._keys.popitem(last=False)
