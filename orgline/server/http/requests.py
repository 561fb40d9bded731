"""Protocol: what an HTTP request asks, decoded once and within bounds; how a refusal is told (SPARQL 1.1 Protocol)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send

from orgline.server.http.spool import ResponseAborted
from orgline.server.workers.pool import StreamedAnswer
from orgline.server.workers.wire import CHUNK_BYTES
from orgline.text import CannotRun, Message, Moment, RequestRefused, message_of

MAX_BODY_BYTES, BODY_SECONDS, SEND_SECONDS, DISCONNECT_GRACE_SECONDS, DISCONNECT_WATCH_SECONDS = (
    256 * 1024,
    10.0,
    30.0,
    0.3,
    0.05,
)
FORM_TYPE, QUERY_TYPE = "application/x-www-form-urlencoded", "application/sparql-query"
MOMENT_PARAMETERS = ("as-of", "as-known-on")
CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_RETRY_STATUSES, MAX_ERROR_LENGTH = (429, 503), 400
_CACHE_KEY_HEADERS = (b"accept", b"accept-encoding", b"content-type")
Result = TypeVar("Result")


class ErrorResponse(Response):
    """What is told of an `error`: to a program, its sentence on one line."""

    def __init__(self, error: RequestRefused, headers: Mapping[str, str]) -> None:
        text = f"{one_line(str(error))}\n"
        super().__init__(text, status_code=error.status, media_type="text/plain", headers=dict(headers))
        self.error = error


def error_response(error: RequestRefused) -> ErrorResponse:
    """Return the response that tells `error` in its sentence."""
    headers = {**CORS_HEADERS, **SECURITY_HEADERS, "Cache-Control": "no-store"}
    if error.status in _RETRY_STATUSES:
        headers["Retry-After"] = "10"
    return ErrorResponse(error, headers)


def one_line(text: str) -> str:
    r"""Return a sentence that repeats what was asked as one line of bounded length.

    >>> one_line("a\r\nb: is not known."), len(one_line("a" * 1000))
    ('a b: is not known.', 401)
    """
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return (
        plain
        if len(plain) <= MAX_ERROR_LENGTH
        else f"{plain[: MAX_ERROR_LENGTH // 2]}…{plain[-MAX_ERROR_LENGTH // 2 :]}"
    )


async def request_parameters(request: Request) -> dict[str, list[str]]:
    """Return what is asked, of the address and of the body of a POST, each value decoded once.

    Raises Refused: 400, 408, 413 or 415 for a body that is not as the protocol has it.
    """
    text = request.scope["query_string"].decode("latin-1")
    found = group_values(parse_form(text)) if text else {}
    if request.method != "POST":
        return found
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FORM_TYPE, QUERY_TYPE):
        raise RequestRefused(415, f'Content-Type: "{kind}" is not taken. Send {FORM_TYPE} or {QUERY_TYPE}.')
    body = request.scope["state"].get("body")
    body = await read_body(request) if body is None else body
    try:
        said = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestRefused(400, "body: is not UTF-8 text. Send it as UTF-8.") from error
    if kind == QUERY_TYPE:
        if "query" in found:
            raise RequestRefused(400, "query: stands in the address and in the body. Give exactly one.")
        return {**found, "query": [said]}
    for name, values in group_values(parse_form(said)).items():
        found.setdefault(name, []).extend(values)
    return found


def cache_headers(key: str) -> dict[str, str]:
    """Return the headers of the answer with a key, or of one that varies and has none."""
    kept = {"Cache-Control": "no-cache", "ETag": f'W/"{key[:32]}"'} if key else {"Cache-Control": "no-store"}
    return {"Vary": "Accept, Accept-Encoding", **kept, **CORS_HEADERS, **SECURITY_HEADERS}


def not_modified(request: Request, key: str) -> Response | None:
    """Return that the answer with `key` has not changed, if whoever asks has it."""
    has_it = key[:32] in request.headers.get("if-none-match", "")
    return Response(status_code=304, headers=cache_headers(key)) if has_it else None


def request_fingerprint(request: Request) -> tuple[bytes, ...]:
    """Return all of a request that its answer depends on, the body being read."""
    scope = request.scope
    headers = dict(scope["headers"])
    told = (headers.get(name, b"") for name in _CACHE_KEY_HEADERS)
    return (scope["method"].encode(), scope["query_string"], scope["state"].get("body", b""), *told)


def parse_form(text: str) -> list[tuple[str, str]]:
    """Return the names and values of a form. Raises Refused for text that is none."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError as error:
        text = "request: its parameters are no UTF-8 form. Encode them again."
        raise RequestRefused(400, Message("wrong_form", text)) from error


def group_values(given: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the values of each name."""
    found: dict[str, list[str]] = {}
    for name, value in given:
        found.setdefault(name, []).append(value)
    return found


async def read_body(request: Request) -> bytes:
    """Return the body of `request`. Raises Refused when it is too long (413) or too slow (408)."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    text = f"body: is longer than {MAX_BODY_BYTES // 1024} KiB. Send less."
                    raise RequestRefused(413, Message("wrong_body_long", text, MAX_BODY_BYTES // 1024))
    except ClientDisconnect as error:
        raise ResponseAborted("request: whoever asked has gone.") from error
    except TimeoutError as error:
        text = f"body: did not come within {BODY_SECONDS:g} s. Send it again."
        raise RequestRefused(408, Message("wrong_body_slow", text, f"{BODY_SECONDS:g}")) from error
    return bytes(body)


def first_value(asked: Mapping[str, list[str]], name: str) -> str | None:
    """Return the first value of `name`, None if it is not given."""
    return next(iter(asked.get(name, [])), None)


def requested_moment(asked: Mapping[str, list[str]]) -> Moment:
    """Return the moment that the parameters of a request name. Raises RequestRefused for a text that is not a day."""
    try:
        return Moment.parse(first_value(asked, "as-of"), first_value(asked, "as-known-on"), MOMENT_PARAMETERS)
    except CannotRun as error:
        raise RequestRefused(400, message_of(error)) from error


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Return what `work` does; it is broken off when whoever asked goes away. Raises BrokenOff for that."""
    asking, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert asking is not None
    watching: asyncio.Task[None] | None = None
    has_gone = False

    async def watched() -> None:
        """Break the work off when whoever asked has gone."""
        nonlocal has_gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        # What is over in a moment is let go on: to end it costs a new process.
        await asyncio.sleep(DISCONNECT_GRACE_SECONDS)
        has_gone = True
        asking.cancel()

    def watch() -> None:
        """Begin to watch."""
        nonlocal watching
        watching = loop.create_task(watched())

    soon = loop.call_later(DISCONNECT_WATCH_SECONDS, watch)
    try:
        return await work
    except asyncio.CancelledError:
        if not has_gone or asking.uncancel():
            raise
        raise ResponseAborted("request: whoever asked has gone.") from None
    finally:
        soon.cancel()
        if watching is not None:
            watching.cancel()


async def read_prefix(answering: StreamedAnswer, most: int = CHUNK_BYTES) -> tuple[bytes, bool]:
    """Return the first `most` bytes of an answer, or all of it, and whether that is all."""
    body = bytearray()
    async for chunk in answering.chunks:
        body += chunk
        if len(body) >= most:
            return bytes(body), False
    return bytes(body), True


class TimedStreamingResponse(StreamingResponse):
    """An answer that goes on as it is sent: each piece must be taken in time, and `then` is called at its end."""

    then: Callable[[], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises BrokenOff where it breaks off."""

        async def sent(message: AsgiMessage) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, sent)
        except TimeoutError as error:
            raise ResponseAborted("request: its answer was not taken in time.") from error
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()
            if self.then:
                self.then()
