"""Stops the work for a request when its client disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

from orgline.server.http.spool import ResponseAborted

# Most answers are ready before the watch begins, which then costs nothing.
WATCH_DELAY_SECONDS = 0.05
# Work that ends within this time after a disconnect is not cancelled: that would cost a new worker process.
GRACE_SECONDS = 0.3
Result = TypeVar("Result")


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of `work`. Raises ResponseAborted when the client disconnects, after cancelling `work`."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    watch: asyncio.Task[None] | None = None
    is_disconnected = False

    async def cancel_after_disconnect() -> None:
        nonlocal is_disconnected
        while (await request.receive())["type"] != "http.disconnect":
            pass
        await asyncio.sleep(GRACE_SECONDS)
        is_disconnected = True
        task.cancel()

    def start_watch() -> None:
        nonlocal watch
        watch = loop.create_task(cancel_after_disconnect())

    timer = loop.call_later(WATCH_DELAY_SECONDS, start_watch)
    try:
        return await work
    except asyncio.CancelledError:
        # Somebody else may have cancelled the task too (a shutdown): then the cancellation goes on.
        if not is_disconnected or task.uncancel():
            raise
        raise ResponseAborted("request: the client has disconnected.") from None
    finally:
        timer.cancel()
        if watch is not None:
            watch.cancel()
