"""The buffer of an answer for a slow client: in memory, on disk beyond a size, within a quota for each owner."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from orgline.server.http.spool import SPOOL_MEMORY_BYTES, ResponseAborted, Spool, SpoolQuota
from orgline.server.workers.wire import CHUNK_BYTES
from orgline.text.errors import RequestRefused

PIECES = [random.Random(number).randbytes(CHUNK_BYTES) for number in range(50)]
WHOLE = b"".join(PIECES)


async def come(pieces: list[bytes], error: Exception | None = None) -> AsyncGenerator[bytes, None]:
    """Yield the pieces of an answer as a worker does, and fail at the end if an error is given."""
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece
    if error:
        raise error


async def at_once() -> None:
    """Read the next piece as soon as it is there."""


async def after_all_is_there() -> None:
    """Read nothing before the worker has long ended."""
    await asyncio.sleep(0.3)


@pytest.mark.parametrize("pause", [at_once, after_all_is_there])
@pytest.mark.parametrize("count", [0, 1, 15, 50])
def test_an_answer_comes_out_as_it_went_in(pause: Callable[[], Awaitable[None]], count: int) -> None:
    """Whatever its length, and however slow its reader, an answer is sent whole and in order, and leaves nothing."""

    async def sent() -> tuple[bytes, SpoolQuota]:
        quota = SpoolQuota()
        spool = Spool(b"first", come(PIECES[:count]), quota, "somebody")
        pieces = []
        async for piece in spool.chunks():
            pieces.append(piece)
            assert len(piece) <= CHUNK_BYTES
            await (pause() if len(pieces) == 1 else at_once())
        return b"".join(pieces), quota

    body, quota = asyncio.run(sent())
    assert body == b"first" + WHOLE[: count * CHUNK_BYTES]
    quota.take("anybody", quota.max_bytes)


def test_a_worker_is_free_though_nobody_reads() -> None:
    """All of a large answer is taken from its worker while its reader takes nothing of it."""

    async def taken() -> int:
        spool = Spool(b"", come(PIECES), SpoolQuota())
        assert len(WHOLE) > SPOOL_MEMORY_BYTES
        count = await spool.total_bytes()
        await spool.close()
        return count

    assert asyncio.run(taken()) == len(WHOLE)


def test_a_reader_who_goes_leaves_nothing() -> None:
    """A client that reads half and goes has its answer ended, and its share of the quota is free again."""
    ended = []

    async def endless() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                await asyncio.sleep(0)
                yield PIECES[0]
        finally:
            ended.append(True)

    async def left() -> SpoolQuota:
        quota = SpoolQuota()
        sending = Spool(b"", endless(), quota, "somebody").chunks()
        await anext(sending)
        await asyncio.sleep(0.1)
        await sending.aclose()
        return quota

    quota = asyncio.run(left())
    assert ended == [True]
    quota.take("anybody", quota.max_bytes)


def test_one_owner_cannot_take_all() -> None:
    """An owner may hold as much as is left for others: half of the quota when it is alone, and no byte more."""
    quota = SpoolQuota(1000)
    quota.take("greedy", 500)
    with pytest.raises(ResponseAborted):
        quota.take("greedy", 1)
    quota.take("honest", 250)
    quota.give_back("greedy", 500)
    quota.take("honest", 125)


def test_an_answer_beyond_the_quota_is_broken_off() -> None:
    """An answer too large to be kept breaks off where it is sent, and is refused where its length is needed."""

    async def read() -> None:
        async for _ in Spool(b"", come(PIECES), SpoolQuota(10 * CHUNK_BYTES)).chunks():
            await asyncio.sleep(0.1)

    async def measured() -> None:
        spool = Spool(b"", come(PIECES), SpoolQuota(10 * CHUNK_BYTES))
        try:
            await spool.total_bytes()
        finally:
            await spool.close()

    with pytest.raises(ResponseAborted):
        asyncio.run(read())
    with pytest.raises(RequestRefused):
        asyncio.run(measured())


def test_a_worker_that_fails_breaks_the_answer_off() -> None:
    """What a worker has sent before it fails is sent, and then the answer breaks off with its reason."""

    pieces = []

    async def read() -> None:
        async for piece in Spool(b"", come(PIECES[:3], RequestRefused(408, "took too long")), SpoolQuota()).chunks():
            pieces.append(piece)  # noqa: PERF401 kept though it breaks off

    with pytest.raises(ResponseAborted, match="too long"):
        asyncio.run(read())
    assert b"".join(pieces) == b"".join(PIECES[:3])
