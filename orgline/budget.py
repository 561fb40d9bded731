"""Budget: how much work each address may ask for, and which answers are kept."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from orgline.guard import Refused

WINDOW_SECONDS, MAX_ADDRESSES = 60.0, 10_000


@dataclass
class Budget:
    """Each address may use `seconds` of work in any minute, and run `at_once` requests at the same time."""

    seconds: float
    at_once: int
    _used: OrderedDict[str, deque[tuple[float, float]]] = field(default_factory=OrderedDict)
    _running: dict[str, int] = field(default_factory=dict)

    def enter(self, address: str) -> float:
        """Begin a request of `address`; return when. Raises Refused (429) when its budget is used up."""
        now = time.monotonic()
        used = self._used.setdefault(address, deque())
        self._used.move_to_end(address)
        while used and used[0][0] < now - WINDOW_SECONDS:
            used.popleft()
        if sum(seconds for _, seconds in used) > self.seconds:
            raise Refused(429, "service: your address has used its share of this minute. Try again in a minute.")
        if self._running.get(address, 0) >= self.at_once:
            raise Refused(429, f"service: your address asks {self.at_once} questions already. Wait for their answers.")
        self._running[address] = self._running.get(address, 0) + 1
        while len(self._used) > MAX_ADDRESSES:
            self._used.popitem(last=False)
        return now

    def leave(self, address: str, began: float) -> None:
        """End a request of `address` that began then."""
        now = time.monotonic()
        if address in self._used:
            self._used[address].append((now, now - began))
        left = self._running.get(address, 1) - 1
        if left:
            self._running[address] = left
        else:
            self._running.pop(address, None)


@dataclass
class Kept:
    """Answers by key, the newest; together at most `size` bytes, none over a sixteenth of that."""

    size: int
    _answers: OrderedDict[str, tuple[str, bytes]] = field(default_factory=OrderedDict)
    _held: int = 0

    def get(self, key: str) -> tuple[str, bytes] | None:
        """Return the media type and the body kept for `key`."""
        found = self._answers.get(key)
        if found:
            self._answers.move_to_end(key)
        return found

    def put(self, key: str, media: str, body: bytes) -> None:
        """Keep an answer, and forget the oldest over the size."""
        if len(body) * 16 > self.size or key in self._answers:
            return
        self._answers[key] = (media, body)
        self._held += len(body)
        while self._held > self.size:
            _, (_, old) = self._answers.popitem(last=False)
            self._held -= len(old)

    def clear(self) -> None:
        """Forget everything: a new build answers from now on."""
        self._answers.clear()
        self._held = 0
