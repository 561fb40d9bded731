"""Service: what answers behind the addresses: a build and its workers, the budget of each client, answers kept."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orgline.content import DAY_GRAPHS_FOLDER, Content, QueryFile, read_query_files
from orgline.server.http.query_scanner import QueryScan, scan_query
from orgline.server.http.rate_limit import AnswerCache, Budget, Limits, RequestKeyCache, owner_of
from orgline.server.http.requests import (
    CORS_HEADERS,
    TimedStreamingResponse,
    cache_headers,
    cancel_on_disconnect,
    error_response,
    not_modified,
    read_prefix,
    request_fingerprint,
)
from orgline.server.http.responses import complete_response, streaming_response
from orgline.server.http.spool import ResponseAborted
from orgline.server.workers.pool import Pool, StreamedAnswer
from orgline.server.workers.wire import CHUNK_BYTES
from orgline.text import Message, Moment, OrglineError, RequestRefused, accepts_gzip

DAY_GRAPH_SECONDS, MAX_DAY_GRAPH_BUILDS, RELOAD_RETRY_SECONDS = 900.0, 4, 10.0
MAX_INLINE_SCAN, MAX_PAGE_BYTES = 2048, 8 << 20
HTML_TYPE = "text/html"
RouteHandler = Callable[["Service", Request], Awaitable[Response]]


class ServedBuild:
    """One build, or RDF file, that is being served: its workers and what is known of it."""

    def __init__(self, place: Path, content: Path, limits: Limits, budget: Budget) -> None:
        """Nothing is started yet."""
        self.place, self.name, self._seconds = place, str(place), limits.seconds
        self.pool = Pool(place, content, limits, budget)
        self.known: Mapping[str, Any] = {}
        self._day_graph_tasks: dict[date, asyncio.Task[None]] = {}

    async def start(self, *, is_whole: bool) -> None:
        """Start the workers, one or the whole of them, and learn what is served. Raises Refused when it cannot be."""
        await self.pool.start(is_whole=is_whole)
        answering = await self.pool.ask({"op": "about"})
        await read_prefix(answering)
        self.known = answering.head

    @property
    def graphs(self) -> list[str]:
        """The names of the graphs that can be asked."""
        return [*self.known["graphs"]]

    async def ensure_day_graph(self, day: date) -> None:
        """Return when the dataset of `day` is there; the first to ask has it made. Raises Refused if it takes long."""
        if self.known["in_memory"] or (self.place / DAY_GRAPHS_FOLDER / day.isoformat()).is_dir():
            return
        if day not in self._day_graph_tasks:
            if len(self._day_graph_tasks) >= MAX_DAY_GRAPH_BUILDS:
                text = "as-of: the datasets of other days are being made. Try again in a minute."
                raise RequestRefused(503, Message("wrong_making", text))
            work = {"op": "dataset", **Moment(day).to_mapping()}
            self._day_graph_tasks[day] = asyncio.create_task(self.pool.run_unlimited(work, DAY_GRAPH_SECONDS))
            self._day_graph_tasks[day].add_done_callback(lambda _: self._day_graph_tasks.pop(day, None))
        made, _ = await asyncio.wait([self._day_graph_tasks[day]], timeout=self._seconds)
        if not made:
            text = f"as-of: the dataset of {day} is being made. Try again in a minute."
            raise RequestRefused(503, Message("wrong_making_day", text, day.isoformat()))
        made.pop().result()


class Service:
    """Answers about `place`, a build or an RDF file; a new build is taken up when it is there."""

    def __init__(self, place: Path, content: Content, limits: Limits, address: str) -> None:
        """`address` is where others reach it, with a stroke at the end."""
        self.content, self.limits, self.address = content, limits, address
        self._place = place
        self.budget = Budget(limits.seconds_per_minute, limits.at_once)
        self._answer_cache = AnswerCache(limits.kept)
        self._build: ServedBuild | None = None
        self._questions: tuple[ServedBuild | None, list[QueryFile]] = None, []
        self._request_keys = RequestKeyCache()
        self._link, self._looked = "", -1.0
        self._resolved = place
        self._reload_lock = asyncio.Lock()
        self._not_before: dict[Path, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._scanner = ThreadPoolExecutor(1)

    async def end(self) -> None:
        """End all workers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._build:
            await self._build.pool.end()
        self._scanner.shutdown(wait=False, cancel_futures=True)

    async def build(self) -> ServedBuild:
        """Return the newest build that is ready; the one before ends when its last answer is out."""
        place = self._current_folder()
        if self._build is None:
            async with self._reload_lock:
                if self._build is None:
                    await self._load_build(place)
        elif place != self._build.place and not self._reload_lock.locked():
            self._begin(self._reload_build(place))
        assert self._build is not None
        return self._build

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`, and hold on to it until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reload_build(self, place: Path) -> None:
        """Take up the build at `place` while that before answers; one that cannot be served is tried again later."""
        async with self._reload_lock:
            now = asyncio.get_running_loop().time()
            if (self._build and place == self._build.place) or now < self._not_before.get(place, 0):
                return
            try:
                await self._load_build(place)
            except (OrglineError, OSError) as error:
                self._not_before = {place: now + RELOAD_RETRY_SECONDS}
                print(f"orgline serve: {error} The build before goes on being served.", file=sys.stderr)

    def _current_folder(self) -> Path:
        """Return the folder of the newest build: looked up in each turn of the loop in which somebody asks."""
        now = asyncio.get_running_loop().time()
        if now != self._looked or self._build is None:
            self._looked = now
            try:
                link = os.readlink(self._place)  # noqa: PTH115 a path object takes three times as long
            except OSError:
                link = ""
            if link != self._link or self._build is None:
                self._link, self._resolved = link, self._place.resolve()
        return self._resolved

    async def _load_build(self, place: Path) -> None:
        new = ServedBuild(place, self.content.root, self.limits, self.budget)
        try:
            await new.start(is_whole=self._build is not None)
        except BaseException:
            await new.pool.end()
            raise
        old, self._build = self._build, new
        self._answer_cache.clear()
        if old:
            self._begin(old.pool.close())

    async def questions(self) -> list[QueryFile]:
        """Return the questions as they stood when the build that is served was taken up."""
        build = await self.build()
        if build is not self._questions[0]:
            self._questions = build, await asyncio.to_thread(read_query_files, self.content.questions, self.content)
        return self._questions[1]

    def within(self, handler: RouteHandler) -> Callable[[Request], Awaitable[Response]]:
        """Return `handler` within the budget of who asks, its refusals as sentences."""

        async def handled(request: Request) -> Response:
            """Answer `request`; an answer that goes on as it is sent counts until its end."""
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={**CORS_HEADERS, **_PREFLIGHT_HEADERS})
            owner = request.state.owner = owner_of(request.client.host if request.client else "")
            try:
                self.budget.enter(owner)
            except RequestRefused as error:
                return error_response(error)
            response: Response | None = None
            try:
                response = await handler(self, request)
            except RequestRefused as error:
                response = error_response(error)
            except ResponseAborted:
                response = Response(status_code=400)  # which nobody reads
            finally:
                if isinstance(response, TimedStreamingResponse):
                    response.then = lambda: self.budget.leave(owner)
                else:
                    self.budget.leave(owner)
            return response

        return handled

    async def scan_within_budget(self, request: Request, query: str, base: str) -> QueryScan:
        """Return what a scan of `query` saw; a long one is scanned beside other requests, and counts as work.

        Raises Refused as the scan does.
        """
        if len(query) < MAX_INLINE_SCAN:
            return scan_query(query, base)

        def timed() -> QueryScan:
            """Scan, and count the time of the processor that it took."""
            begun = time.thread_time()
            try:
                return scan_query(query, base)
            finally:
                loop.call_soon_threadsafe(self.budget.spend, request.state.owner, time.thread_time() - begun)

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scanner, timed)

    async def cached_response(self, request: Request) -> Response | None:
        """Return the answer to a request that is the same to the last byte as one whose answer is kept, else None."""
        await self.build()
        kept = self._answer_cache.get(key := self._request_keys.get(request_fingerprint(request), ""))
        return not_modified(request, key) or complete_response(*kept, cache_headers(key)) if kept else None

    async def _day_graph_needed(self, build: ServedBuild, work: Mapping[str, Any]) -> date | None:
        """Return the day whose dataset must be there before `build` is given `work`, None if it needs none."""
        moment = Moment.from_mapping(work)
        if moment.known_on or build.known["in_memory"]:
            return None
        if moment.is_day_given:
            return moment.day
        if "question" not in work:
            return None
        try:
            asked = (one for one in await self.questions() if f"{one.theme}/{one.name}" == work["question"])
        except OrglineError:  # of some other question perhaps: the worker, which reads this one, tells
            return None
        return moment.day if any(one.depends_on_day for one in asked) else None

    async def given(self, request: Request, work: Mapping[str, Any], *, varies: bool = False) -> Response:
        """Return the answer to `work`, kept or new, or that it has not changed; one that `varies` is always new."""
        build = await self.build()
        if day := await self._day_graph_needed(build, work):
            await build.ensure_day_graph(day)
            while build is not (newer := await self.build()):
                build = newer
                await build.ensure_day_graph(day)
        work = {**work, "gzip": accepts_gzip(request.headers.get("accept-encoding"))}
        key = hashlib.sha256(repr((build.name, sorted(work.items()))).encode("utf-8", "surrogatepass")).hexdigest()
        headers = cache_headers("" if varies else key)
        if not varies and (same := not_modified(request, key)):
            return same
        if not varies and (kept := self._answer_cache.get(key)):
            if work["op"] == "sparql":
                self._request_keys.put(request_fingerprint(request), key)
            return complete_response(*kept, headers)
        answering, body, is_all = await cancel_on_disconnect(request, _start_answer(build, work, request.state.owner))
        # What a build said that is no longer served, as when somebody was removed, must not be said again.
        if is_all and not varies and build is self._build:
            self._answer_cache.put(key, answering.head, body)
        return (
            complete_response(answering.head, body, headers)
            if is_all
            else await streaming_response(request, answering, body, headers)
        )


async def _start_answer(build: ServedBuild, work: Mapping[str, Any], owner: str) -> tuple[StreamedAnswer, bytes, bool]:
    """Return an answer, what comes first of it, and whether that is all; of a page, whose head says it, all."""
    answering = await build.pool.ask(work, owner)
    return answering, *await read_prefix(answering, MAX_PAGE_BYTES if "nonce" in answering.head else CHUNK_BYTES)


_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Accept, Content-Type",
}


def today() -> str:
    """Return the day on which an answer is given: what holds changes with it."""
    return Moment.today().day.isoformat()
