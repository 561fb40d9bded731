"""The service behind the addresses: checks a client's budget, and answers from the cache or has a worker answer."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from orgline.content import Content, QueryFile, read_query_files
from orgline.server.http.build_watcher import BuildWatcher, ServedBuild
from orgline.server.http.caches import AnswerCache, RequestKeyCache
from orgline.server.http.client_disconnect import cancel_on_disconnect
from orgline.server.http.requests import request_fingerprint
from orgline.server.http.response_headers import PREFLIGHT_HEADERS, cache_headers
from orgline.server.http.responses import (
    TimedStreamingResponse,
    complete_response,
    error_response,
    not_modified,
    streaming_response,
)
from orgline.server.http.spool import ResponseAborted, SpoolQuota
from orgline.server.limits.query_scanner import QueryScan, scan_query
from orgline.server.limits.rate_limit import Budget, Limits, owner_of
from orgline.server.workers.running_request import StreamedAnswer
from orgline.server.workers.wire import CHUNK_BYTES
from orgline.text import Moment, OrglineError, RequestRefused, accepts_gzip

# A longer query is scanned in a thread, so that the scan delays no other client.
MAX_INLINE_SCAN = 2048
MAX_PAGE_BYTES = 8 << 20
MAX_ERROR_PAGES = 64
HTML_TYPE = "text/html"
RouteHandler = Callable[["Service", Request], Awaitable[Response]]


class Service:
    """Answers requests about one build link, build folder or RDF file.

    All state of a service is here: two services in one process share nothing.

    Attributes:
        content: The content folders that the build was made from.
        limits: The limits of the service.
        address: The URL at which clients reach it, with a slash at its end.
        budget: The work that each client has used.
        error_pages: Error pages that are the same for all clients; http/error_pages.py fills it.
    """

    def __init__(self, place: Path, content: Content, limits: Limits, address: str) -> None:
        """`place` is what is served; `end` must be awaited at the end."""
        self.content, self.limits, self.address = content, limits, address
        self.budget = Budget(limits.seconds_per_minute, limits.requests_per_owner)
        self.error_pages: LRUCache[tuple[str, ...], str] = LRUCache(MAX_ERROR_PAGES)
        self._answers = AnswerCache(limits.cache_bytes)
        self._request_keys = RequestKeyCache()
        self._spool_quota = SpoolQuota()
        self._builds = BuildWatcher(place, content.root, limits, self.budget, self._answers.clear)
        self._questions: tuple[ServedBuild | None, list[QueryFile]] = None, []
        self._scanner = ThreadPoolExecutor(1)

    async def build(self) -> ServedBuild:
        """Return the build to ask. Raises RequestRefused when none can be served."""
        return await self._builds.build()

    async def end(self) -> None:
        """End all workers."""
        await self._builds.end()
        self._scanner.shutdown(wait=False, cancel_futures=True)

    async def questions(self) -> list[QueryFile]:
        """Return the questions of the content, as they were when the current build was first served."""
        build = await self.build()
        if build is not self._questions[0]:
            self._questions = build, await asyncio.to_thread(read_query_files, self.content.questions, self.content)
        return self._questions[1]

    def within_budget(self, handler: RouteHandler) -> Callable[[Request], Awaitable[Response]]:
        """Return `handler` with the client's budget checked first and its RequestRefused turned into responses."""

        async def handle(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=PREFLIGHT_HEADERS)
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
                response = Response(status_code=400)  # nobody reads it: the client has disconnected
            finally:
                # A streamed answer is work of its client until its last byte is sent.
                if isinstance(response, TimedStreamingResponse):
                    response.on_end = lambda: self.budget.leave(owner)
                else:
                    self.budget.leave(owner)
            return response

        return handle

    async def scan_within_budget(self, request: Request, query: str, base: str) -> QueryScan:
        """Return `scan_query(query, base)`, and charge the client for a scan that takes long."""
        if len(query) < MAX_INLINE_SCAN:
            return scan_query(query, base)
        loop = asyncio.get_running_loop()

        def timed_scan() -> QueryScan:
            begun = time.thread_time()
            try:
                return scan_query(query, base)
            finally:
                loop.call_soon_threadsafe(self.budget.spend, request.state.owner, time.thread_time() - begun)

        return await loop.run_in_executor(self._scanner, timed_scan)

    async def cached_response(self, request: Request) -> Response | None:
        """Return the cached answer to a request that equals an earlier one byte for byte, None if there is none."""
        await self.build()
        key = self._request_keys.get(request_fingerprint(request))
        answer = self._answers.get(key) if key else None
        if key is None or answer is None:
            return None
        return not_modified(request, key) or complete_response(*answer, cache_headers(key))

    async def respond(self, request: Request, work: Mapping[str, Any], *, varies: bool = False) -> Response:
        """Return a worker's answer to `work`, from the cache if possible, or 304 if the client has it.

        With `varies` the answer differs each time and is not cached. Raises RequestRefused.
        """
        build = await self._build_with_day_graph(work)
        work = {**work, "gzip": accepts_gzip(request.headers.get("accept-encoding"))}
        key = hashlib.sha256(repr((build.name, sorted(work.items()))).encode("utf-8", "surrogatepass")).hexdigest()
        headers = cache_headers("" if varies else key)
        if not varies and (unchanged := not_modified(request, key)):
            return unchanged
        if not varies and (cached := self._answers.get(key)):
            if work["op"] == "sparql":
                self._request_keys.put(request_fingerprint(request), key)
            return complete_response(*cached, headers)
        answer, body, is_complete = await cancel_on_disconnect(request, _start_answer(build, work, request.state.owner))
        # An answer of a build that is no longer served must not be cached: a person may have been removed since.
        if is_complete and not varies and build is self._builds.current:
            self._answers.put(key, answer.head, body)
        if is_complete:
            return complete_response(answer.head, body, headers)
        return await streaming_response(request, answer, body, headers, self._spool_quota)

    async def _build_with_day_graph(self, work: Mapping[str, Any]) -> ServedBuild:
        """Return the build to ask, once it has the graph of the day that `work` is about."""
        build = await self.build()
        day = await self._day_graph_needed(build, work)
        if day is None:
            return build
        await build.ensure_day_graph(day)
        while build is not (newer := await self.build()):
            build = newer
            await build.ensure_day_graph(day)
        return build

    async def _day_graph_needed(self, build: ServedBuild, work: Mapping[str, Any]) -> date | None:
        """Return the day whose graph must exist before `build` can do `work`, None if it needs none."""
        moment = Moment.from_mapping(work)
        if moment.known_on or build.facts["in_memory"]:
            return None
        if moment.is_day_given:
            return moment.day
        if "question" not in work:
            return None
        try:
            questions = await self.questions()
        except OrglineError:  # perhaps about another question: the worker reads only this one, and reports its errors
            return None
        names = {f"{question.theme}/{question.name}" for question in questions if question.depends_on_day}
        return moment.day if work["question"] in names else None


async def _start_answer(build: ServedBuild, work: Mapping[str, Any], owner: str) -> tuple[StreamedAnswer, bytes, bool]:
    """Return an answer, its first bytes, and whether these are all of it. A page is read whole, for its nonce."""
    answer = await build.pool.ask(work, owner)
    return answer, *await answer.read_prefix(MAX_PAGE_BYTES if "nonce" in answer.head else CHUNK_BYTES)


def today() -> str:
    """Return today's date in ISO 8601, which is part of the key of an answer that changes with the day."""
    return Moment.today().day.isoformat()
