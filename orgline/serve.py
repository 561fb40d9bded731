"""Serve: the build, or an RDF file, over HTTP: the SPARQL protocol, the questions, an address for every thing.

It is read-only and reaches no other host. What runs a query is a worker that can be killed; what a
stranger may ask for is bounded before, while and after it runs (DEFENCE 1–7, 17).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from orgline import __version__
from orgline.budget import Budget, Kept
from orgline.catalog import examples, openapi
from orgline.content import DEFAULT_BASE, Content
from orgline.errors import CannotRun
from orgline.guard import Refused, refuse_graphs, scan
from orgline.negotiate import ANSWERS, GRAPHS, RESULTS, media_type
from orgline.pool import Pool
from orgline.protocol import OPEN, PLAIN, beginning, first, followed, moment, parameters, refusal, rest
from orgline.query import Query, read_queries
from orgline.template import asset

_GRAPH_FORMS = frozenset({"CONSTRUCT", "DESCRIBE"})


@dataclass(frozen=True)
class Limits:
    """What the service gives at most: seconds a query, bytes of memory, workers, a minute's work an address."""

    seconds: float = 10.0
    memory: int = 1 << 30
    workers: int = max(4, 2 * (os.cpu_count() or 2))
    waiting: int = 64
    minute: float = 30.0
    at_once: int = 16
    kept: int = 64 << 20


class Service:
    """Answers HTTP requests about `place`, a build or an RDF file; a new build is taken up when it is there."""

    def __init__(self, place: Path, content: Content, limits: Limits) -> None:
        self._place, self._content, self._limits = place, content, limits
        self._budget = Budget(limits.minute, limits.at_once)
        self._kept = Kept(limits.kept)
        self._pool: Pool | None = None
        self._build = ""
        self._graphs: list[str] = []
        self._changing = asyncio.Lock()

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(routes=self._routes(), lifespan=self._life)

    def _routes(self) -> list[Route]:
        return [
            Route("/", self._answer(self._home), methods=["GET"]),
            Route("/sparql", self._answer(self._sparql), methods=["GET", "POST", "OPTIONS"]),
            Route("/rdf-graph-store", self._answer(self._graph), methods=["GET", "OPTIONS"]),
            Route("/ask", self._answer(self._questions), methods=["GET", "OPTIONS"]),
            Route("/openapi.json", self._answer(self._openapi), methods=["GET", "OPTIONS"]),
            Route("/examples", self._answer(self._examples), methods=["GET", "OPTIONS"]),
            Route("/ask/{theme}/{question}", self._answer(self._ask), methods=["GET", "OPTIONS"]),
            Route("/id/{name:path}", self._answer(self._thing), methods=["GET", "OPTIONS"]),
        ]

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        try:
            await self._current()
            await asyncio.to_thread(getattr, self, "_asked")
            yield
        finally:
            if self._pool:
                await self._pool.end()

    async def _current(self) -> Pool:
        """Return the workers of the newest build, and let those of the one before end."""
        build = str(self._place.resolve())
        if self._pool is None or build != self._build:
            async with self._changing:
                if self._pool is None or build != self._build:
                    await self._change(Path(build))
        assert self._pool is not None
        return self._pool

    async def _change(self, place: Path) -> None:
        limits = self._limits
        pool = Pool(
            place,
            self._content.root,
            size=limits.workers,
            seconds=limits.seconds,
            memory=limits.memory,
            waiting=limits.waiting,
        )
        await pool.start()
        old, self._pool, self._build = self._pool, pool, str(place)
        self._kept.clear()
        query = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"
        found = await pool.ask({"op": "sparql", "query": query, "media": RESULTS["json"]})
        text = b"".join([chunk async for chunk in found.chunks])
        self._graphs = [row["g"]["value"] for row in json.loads(text)["results"]["bindings"]]
        if old:
            await old.close()

    def _answer(self, handler: Any) -> Any:
        """Return `handler` within the budget of who asks, its refusals as sentences."""

        async def handled(request: Request) -> Response:
            """Answer `request`; an answer that goes on as it is sent counts until its end."""
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={**OPEN, "Access-Control-Allow-Methods": "GET, POST"})
            address = request.client.host if request.client else ""
            try:
                began = self._budget.enter(address)
            except Refused as error:
                return refusal(error)
            leave = partial(self._budget.leave, address, began)
            try:
                response: Response = await handler(request)
            except BaseException as error:
                leave()
                if isinstance(error, Refused):
                    return refusal(error)
                raise
            if isinstance(response, StreamingResponse):
                response.body_iterator = followed(response.body_iterator, leave)
            else:
                leave()
            return response

        return handled

    async def _sparql(self, request: Request) -> Response:
        asked = await parameters(request)
        if "query" not in asked and request.method == "GET" and not asked:
            return await self._description(request)
        queries = asked.get("query", [])
        if "update" in asked:
            raise Refused(400, "update: this service is read-only. Ask a query.")
        if len(queries) != 1:
            raise Refused(400, f"query: {len(queries)} are given. Give exactly one.")
        seen = scan(queries[0])
        default, named = asked.get("default-graph-uri", []), asked.get("named-graph-uri", [])
        refuse_graphs([*seen.graphs, *default, *named], [*self._graphs, "urn:x-arq:DefaultGraph"])
        known = GRAPHS if seen.form in _GRAPH_FORMS else RESULTS
        media = media_type(known, request.headers.get("accept"), first(asked, "format"))
        work = {"op": "sparql", "query": queries[0], "media": media, "default": default, "named": named}
        return await self._given(request, {**work, **moment(asked)})

    async def _description(self, request: Request) -> Response:
        """Answer with what the service is: SPARQL 1.1 Service Description and VoID."""
        media = media_type(GRAPHS, request.headers.get("accept"), None)
        base = str(request.url).partition("?")[0]
        query = asset("description.rq").replace("SERVICE_ADDRESS", base)
        return await self._given(request, {"op": "sparql", "query": query, "media": media})

    async def _graph(self, request: Request) -> Response:
        asked = await parameters(request)
        name = first(asked, "graph")
        if (name is None) == ("default" not in asked):
            raise Refused(400, "graph: give either ?default or ?graph=ADDRESS.")
        media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
        return await self._given(request, {"op": "graph", "graph": name, "media": media})

    async def _questions(self, request: Request) -> Response:
        """Answer with the list of all questions."""
        base = str(request.base_url)
        listed = [
            {
                "question": f"{one.theme}/{one.name}",
                "address": f"{base}ask/{one.theme}/{one.name}",
                "summary": dict(one.summary),
                "parameters": {each.name: {**each.words, "required": each.required} for each in one.parameters},
            }
            for one in self._asked
        ]
        return Response(
            json.dumps(listed, ensure_ascii=False), media_type="application/json", headers={**OPEN, **PLAIN}
        )

    async def _openapi(self, request: Request) -> Response:
        text = json.dumps(openapi(self._asked, str(request.base_url)), ensure_ascii=False)
        return Response(text, media_type="application/json", headers={**OPEN, **PLAIN})

    async def _examples(self, request: Request) -> Response:
        """Answer with the questions as examples for SPARQL editors."""
        asked = await parameters(request)
        media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
        triples = examples(self._asked, f"{request.base_url}sparql")
        form = ox.RdfFormat.from_media_type(media)
        assert form is not None
        return Response(ox.serialize(triples, format=form), media_type=media, headers={**OPEN, **PLAIN})

    @cached_property
    def _asked(self) -> list[Query]:
        """The questions as they stood when the service began: reading them takes too long to do it in a request."""
        return read_queries(self._content.questions, self._content)

    async def _ask(self, request: Request) -> Response:
        asked = await parameters(request)
        own = {"lang", "format", "as-of", "as-known-on"}
        media = media_type(ANSWERS, request.headers.get("accept"), first(asked, "format"))
        lang = first(asked, "lang") or "vi"
        if lang not in self._content.words:
            raise Refused(400, f'lang: "{lang}" is not known. Give one of {", ".join(self._content.words)}.')
        values = {name: given[0] for name, given in asked.items() if name not in own}
        question = f"{request.path_params['theme']}/{request.path_params['question']}"
        work = {"op": "ask", "question": question, "values": values, "lang": lang, "media": media}
        return await self._given(request, {**work, **moment(asked)})

    async def _thing(self, request: Request) -> Response:
        asked = await parameters(request)
        media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
        name = quote(request.path_params["name"], safe="/-._~%")
        return await self._given(request, {"op": "thing", "iri": f"{DEFAULT_BASE}{name}", "media": media})

    async def _home(self, request: Request) -> Response:
        return RedirectResponse(f"{request.base_url}ask")

    async def _given(self, request: Request, work: Mapping[str, Any]) -> Response:
        """Return the answer to `work`, kept or new, or that it has not changed."""
        pool = await self._current()
        key = hashlib.sha256(json.dumps([self._build, work], sort_keys=True).encode()).hexdigest()
        headers = {"ETag": f'"{key[:32]}"', "Vary": "Accept", "Cache-Control": "no-cache", **OPEN, **PLAIN}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if kept := self._kept.get(key):
            return Response(kept[1], media_type=kept[0], headers=headers)
        answering = await pool.ask(work)
        body, whole = await beginning(answering)
        if whole:
            self._kept.put(key, answering.head["media"], body)
            return Response(body, media_type=answering.head["media"], headers=headers)
        return StreamingResponse(rest(body, answering), media_type=answering.head["media"], headers=headers)


def run(place: Path, content: Content, host: str, port: int, limits: Limits) -> None:
    """Serve until Ctrl-C; print the address when ready. Raises CannotRun when the address cannot be had."""
    if not place.exists():
        raise CannotRun(f'{place}: is not there. Run "orgline build" first, or give an RDF file.')
    service = Service(place, content, limits)
    config = uvicorn.Config(
        service.app(),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        date_header=True,
        limit_concurrency=512,
        timeout_keep_alive=5,
        h11_max_incomplete_event_size=32 * 1024,
        headers=[("Server", f"orgline/{__version__}")],
    )
    with suppress(KeyboardInterrupt):
        _Told(config).run()


class _Told(uvicorn.Server):
    """A server that tells its address when the first request can come."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            address = f"http://{self.config.host}:{port}/"
            print(f"orgline serves {address} (SPARQL at {address}sparql). Ctrl-C ends it.", flush=True)
