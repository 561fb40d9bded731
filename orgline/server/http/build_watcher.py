"""Keeps the newest build served: watches the link to it, starts workers on a new build, ends those of the old one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from orgline.content import DAY_GRAPHS_FOLDER
from orgline.server.limits.rate_limit import Budget, Limits
from orgline.server.workers.pool import Pool
from orgline.text import Message, Moment, OrglineError, RequestRefused

# The graph of a day takes seconds for thousands of posts, minutes for millions; few are built at the same time.
DAY_GRAPH_SECONDS, MAX_DAY_GRAPH_BUILDS = 900.0, 4
RELOAD_RETRY_SECONDS = 10.0


class ServedBuild:
    """One build folder, or RDF file, with its workers.

    Attributes:
        folder: The build folder or the file.
        facts: What the workers report: `graphs` (IRIs), `base` (of the IRIs of things), `in_memory`.
    """

    def __init__(self, folder: Path, content: Path, limits: Limits, budget: Budget, warned: set[str]) -> None:
        """`warned` are the warnings that have been printed. `start` starts the workers."""
        self.folder, self.name, self._seconds = folder, str(folder), limits.seconds
        self.pool = Pool(folder, content, limits, budget, warned)
        self.facts: Mapping[str, Any] = {}
        self._day_graph_tasks: dict[date, asyncio.Task[None]] = {}

    async def start(self, *, wait_for_all: bool) -> None:
        """Start the workers, and wait for the first or for all. Raises RequestRefused when they cannot start."""
        await self.pool.start(wait_for_all=wait_for_all)
        answer = await self.pool.ask({"op": "about"})
        await answer.read_prefix()
        self.facts = answer.head

    @property
    def graphs(self) -> list[str]:
        """The IRIs of the named graphs."""
        return [*self.facts["graphs"]]

    async def ensure_day_graph(self, day: date) -> None:
        """Wait until the graph of `day` exists; the first caller starts building it.

        Raises RequestRefused (503) when that takes longer than a query may, or too many days are being built.
        """
        if self.facts["in_memory"] or (self.folder / DAY_GRAPHS_FOLDER / day.isoformat()).is_dir():
            return
        if day not in self._day_graph_tasks:
            if len(self._day_graph_tasks) >= MAX_DAY_GRAPH_BUILDS:
                text = "as-of: the data of other dates are being prepared. Try again in a minute."
                raise RequestRefused(503, Message("wrong_making", text))
            work = {"op": "dataset", **Moment(day).to_mapping()}
            self._day_graph_tasks[day] = asyncio.create_task(self.pool.run_unlimited(work, DAY_GRAPH_SECONDS))
            self._day_graph_tasks[day].add_done_callback(lambda _: self._day_graph_tasks.pop(day, None))
        done, _ = await asyncio.wait([self._day_graph_tasks[day]], timeout=self._seconds)
        if not done:
            text = f"as-of: the data of {day} are being prepared. Try again in a minute."
            raise RequestRefused(503, Message("wrong_making_day", text, day.isoformat()))
        done.pop().result()


class BuildWatcher:
    """Gives the newest build that is ready. While a new one starts, the one before it goes on answering."""

    def __init__(
        self, place: Path, content: Path, limits: Limits, budget: Budget, on_change: Callable[[], None]
    ) -> None:
        """`place` is the link to the newest build, a build folder or an RDF file; `on_change` follows each switch."""
        self._place, self._content, self._limits, self._budget = place, content, limits, budget
        self._on_change = on_change
        self.current: ServedBuild | None = None
        self._link, self._looked_at, self._folder = "", -1.0, place
        self._lock = asyncio.Lock()
        self._retry_at: dict[Path, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._warned: set[str] = set()

    async def build(self) -> ServedBuild:
        """Return the build to ask. The first call starts its workers, and raises RequestRefused when that fails."""
        folder = self._newest_folder()
        if self.current is None:
            async with self._lock:
                if self.current is None:
                    await self._switch_to(folder)
        elif folder != self.current.folder and not self._lock.locked():
            self._begin(self._reload(folder))
        assert self.current is not None
        return self.current

    def _newest_folder(self) -> Path:
        """Return the folder of the newest build, looking at the disk at most once in a turn of the event loop."""
        now = asyncio.get_running_loop().time()
        if now != self._looked_at or self.current is None:
            self._looked_at = now
            try:
                link = os.readlink(self._place)  # noqa: PTH115 a Path takes three times as long
            except OSError:
                link = ""
            if link != self._link or self.current is None:
                self._link, self._folder = link, self._place.resolve()
        return self._folder

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in a task. The event loop keeps only a weak reference to it, so it is kept here until its end."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reload(self, folder: Path) -> None:
        """Switch to the build in `folder`; one that cannot be served is tried again after RELOAD_RETRY_SECONDS."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if (self.current and folder == self.current.folder) or now < self._retry_at.get(folder, 0):
                return
            try:
                await self._switch_to(folder)
            except (OrglineError, OSError) as error:
                self._retry_at = {folder: now + RELOAD_RETRY_SECONDS}
                print(f"orgline serve: {error} The previous build is still served.", file=sys.stderr)

    async def _switch_to(self, folder: Path) -> None:
        """Serve the build in `folder` once its workers are ready; the workers of the old one finish their answers."""
        new = ServedBuild(folder, self._content, self._limits, self._budget, self._warned)
        try:
            await new.start(wait_for_all=self.current is not None)
        except BaseException:
            await new.pool.end()
            raise
        old, self.current = self.current, new
        self._on_change()
        if old:
            self._begin(old.pool.close())

    async def end(self) -> None:
        """End all workers at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.current:
            await self.current.pool.end()
