"""A fair queue for workers: each in turn, first those whose clients have used least."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from orgline.text import Message, RequestRefused

Item = TypeVar("Item")
# While the service is busy with others, light owners may still join the queue.
_LIGHT_QUEUE_FACTOR = 4


class FairQueue(Generic[Item]):
    """Hands out free items to owners, at most `share` to each at a time.

    The waiting owner with the least weight is served first. An owner whose weight is below `light_weight` is light:
    the last `reserved` free items are for light owners only, so that one who asks for little is served at once.
    """

    def __init__(
        self,
        share: int,
        max_waiting: int,
        weight: Callable[[str], float] = lambda _: 0,
        light_weight: float = 1,
        reserved: int = 0,
    ) -> None:
        """`max_waiting` requests may wait, or four times as many if the next one is of a light owner."""
        self.share, self.max_waiting = share, max_waiting
        self._weight, self._light_weight, self._reserved = weight, light_weight, reserved
        self.free: deque[Item] = deque()
        self._waiting: OrderedDict[str, deque[asyncio.Future[Item]]] = OrderedDict()
        self._held: Counter[str] = Counter()
        self._waiting_count = 0

    async def take(self, owner: str, seconds: float) -> Item:
        """Return an item for `owner`, who must `put` it back and `leave`.

        Raises RequestRefused (503) when none is free within `seconds`, or too many wait already.
        """
        limit = self.max_waiting * (_LIGHT_QUEUE_FACTOR if self._is_light(owner) else 1)
        if self._waiting_count >= limit and not (self.free and self._can_take(owner)):
            text = "service: too many requests are waiting. Try again in a moment."
            raise RequestRefused(503, Message("wrong_waiting", text))
        if self.free and not self._waiting_count and self._can_take(owner):
            self._held[owner] += 1
            return self.free.pop()
        turn: asyncio.Future[Item] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        self._waiting_count += 1
        self._hand_out()
        try:
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the result.
            async with asyncio.timeout(seconds):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # the item was handed out just as its owner stopped waiting
                self.put(turn.result())
                self.leave(owner)
            if isinstance(error, TimeoutError):
                raise RequestRefused(503, Message("wrong_busy", "service: is busy. Try again in a moment.")) from error
            raise
        finally:
            self._forget(owner, turn)

    @property
    def wanted(self) -> int:
        """How many items are held or waited for."""
        return self._held.total() + self._waiting_count

    def leave(self, owner: str) -> None:
        """Note that `owner` holds one item less."""
        self._held[owner] -= 1
        if self._held[owner] <= 0:
            del self._held[owner]
        self._hand_out()

    def put(self, item: Item) -> None:
        """Add a free item."""
        self.free.append(item)
        self._hand_out()

    def _is_light(self, owner: str) -> bool:
        return self._weight(owner) < self._light_weight

    def _can_take(self, owner: str) -> bool:
        return self._held[owner] < self.share and (len(self.free) > self._reserved or self._is_light(owner))

    def _forget(self, owner: str, turn: asyncio.Future[Item]) -> None:
        """Take a turn out of the queue of its owner."""
        turns = self._waiting.get(owner)
        if turns and turn in turns:
            turns.remove(turn)
            self._waiting_count -= 1
            if not turns:
                del self._waiting[owner]

    def _hand_out(self) -> None:
        """Give free items to waiting owners, as long as one of them may take one."""
        while self.free:
            owner = min(
                (waiting for waiting in self._waiting if self._can_take(waiting)), key=self._weight, default=None
            )
            if owner is None:
                return
            turns = self._waiting[owner]
            turn = turns.popleft()
            self._waiting_count -= 1
            if turns:
                self._waiting.move_to_end(owner)
            else:
                del self._waiting[owner]
            if not turn.done():
                self._held[owner] += 1
                turn.set_result(self.free.pop())
