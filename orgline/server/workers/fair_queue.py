"""Turns: who gets a worker next, so that nobody waits because one address asks for much."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from orgline.text import Message, RequestRefused

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """Hands out things that are free, to owners in turn, to each at most `share` at a time.

    Who has asked for least comes first, and who is below `light` finds `kept` things that others do not get.
    """

    def __init__(
        self, share: int, waiting: int, weight: Callable[[str], float] = lambda _: 0, light: float = 1, kept: int = 0
    ) -> None:
        """`waiting` requests may stand in line, or four times as many when they are of light owners."""
        self.share, self.waiting, self._weight, self._light, self._kept = share, waiting, weight, light, kept
        self.free: deque[Item] = deque()
        self._lines: OrderedDict[str, deque[asyncio.Future[Item]]] = OrderedDict()
        self._held: Counter[str] = Counter()
        self._queued = 0

    async def take(self, owner: str, seconds: float) -> Item:
        """Return a thing for `owner`, who is to `leave` it.

        Raises Refused (503) when none comes in `seconds`, or too many wait.
        """
        most = self.waiting * (4 if self._is_light(owner) else 1)
        if self._queued >= most and not (self.free and self._can_take(owner)):
            raise RequestRefused(
                503, Message("wrong_waiting", "service: too many wait already. Try again in a moment.")
            )
        if self.free and not self._queued and self._can_take(owner):
            self._held[owner] += 1
            return self.free.pop()
        turn: asyncio.Future[Item] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(owner, deque()).append(turn)
        self._queued += 1
        self._hand_out()
        try:
            # Not wait_for: until Python 3.12 it takes no notice of who is cancelled just as a turn comes.
            async with asyncio.timeout(seconds):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # handed out to somebody who has just left
                self.put(turn.result())
                self.leave(owner)
            if isinstance(error, TimeoutError):
                raise RequestRefused(503, Message("wrong_busy", "service: is busy. Try again in a moment.")) from error
            raise
        finally:
            self._forget(owner, turn)

    @property
    def wanted(self) -> int:
        """How many things are held or waited for."""
        return self._held.total() + self._queued

    def leave(self, owner: str) -> None:
        """Note that `owner` holds one thing less."""
        self._held[owner] -= 1
        if self._held[owner] <= 0:
            del self._held[owner]
        self._hand_out()

    def put(self, thing: Item) -> None:
        """Add a thing that is free."""
        self.free.append(thing)
        self._hand_out()

    def _is_light(self, owner: str) -> bool:
        return self._weight(owner) < self._light

    def _can_take(self, owner: str) -> bool:
        return self._held[owner] < self.share and (len(self.free) > self._kept or self._is_light(owner))

    def _forget(self, owner: str, turn: asyncio.Future[Item]) -> None:
        line = self._lines.get(owner)
        if line and turn in line:
            line.remove(turn)
            self._queued -= 1
            if not line:
                del self._lines[owner]

    def _hand_out(self) -> None:
        """Give what is free to those whose turn it is."""
        while self.free:
            owner = min((one for one in self._lines if self._can_take(one)), key=self._weight, default=None)
            if owner is None:
                return
            line = self._lines[owner]
            turn = line.popleft()
            self._queued -= 1
            if line:
                self._lines.move_to_end(owner)
            else:
                del self._lines[owner]
            if not turn.done():
                self._held[owner] += 1
                turn.set_result(self.free.pop())
