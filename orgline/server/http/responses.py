"""Makes HTTP responses: of a worker's answer, whole or streamed, and of an error as one line of text."""

from __future__ import annotations

import asyncio
import gzip
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send

from orgline.server.http.response_headers import (
    CORS_HEADERS,
    SECURITY_HEADERS,
    cache_headers,
    opaque_tag,
    page_security_headers,
)
from orgline.server.http.spool import ResponseAborted, Spool, SpoolQuota
from orgline.server.workers.running_request import StreamedAnswer
from orgline.text import Message, RequestRefused

# A client must accept each piece of an answer within this time.
SEND_SECONDS = 30.0
MAX_ERROR_LENGTH = 400
_RETRY_STATUSES, _RETRY_AFTER_SECONDS = (429, 503), "10"


class ErrorResponse(Response):
    """An error as one line of plain text; `error` is kept so that browsers can get a page instead."""

    def __init__(self, error: RequestRefused, headers: Mapping[str, str]) -> None:
        text = f"{one_line(str(error))}\n"
        super().__init__(text, status_code=error.status, media_type="text/plain", headers=dict(headers))
        self.error = error


def error_response(error: RequestRefused) -> ErrorResponse:
    """Return the response for `error`: never cached, and with Retry-After where trying again makes sense."""
    headers = {**CORS_HEADERS, **SECURITY_HEADERS, "Cache-Control": "no-store"}
    if error.status in _RETRY_STATUSES:
        headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return ErrorResponse(error, headers)


def one_line(text: str) -> str:
    r"""Return a message, which may quote the client's input, as one line of bounded length.

    >>> one_line("a\r\nb: is not known."), len(one_line("a" * 1000))
    ('a b: is not known.', 401)
    """
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    half = MAX_ERROR_LENGTH // 2
    return line if len(line) <= MAX_ERROR_LENGTH else f"{line[:half]}…{line[-half:]}"


def not_modified(request: Request, key: str) -> Response | None:
    """Return a 304 response if the client already has the answer with `key`, else None."""
    has_answer = opaque_tag(key) in request.headers.get("if-none-match", "")
    return Response(status_code=304, headers=cache_headers(key)) if has_answer else None


def complete_response(head: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a whole answer of a worker, with `headers` added. A page gets a nonce of its own.

    `head` holds `media` and `gzip`; optionally `nonce`, `status`, `kept` (Content-Disposition) and `policy`
    (Content-Security-Policy).
    """
    if "nonce" in head:
        return _with_fresh_nonce(head, body, headers)
    return Response(body, media_type=head["media"], headers={**headers, **_content_headers(head)})


def _with_fresh_nonce(head: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a page, perhaps from the cache, with a new nonce: a nonce that is used twice protects nobody."""
    nonce = secrets.token_urlsafe(16)
    text = gzip.decompress(body) if head["gzip"] else body
    text = text.replace(head["nonce"].encode(), nonce.encode())
    body = gzip.compress(text, 1, mtime=0) if head["gzip"] else text
    headers = {**headers, **page_security_headers(nonce), **_content_headers(head)}
    headers.pop("Access-Control-Allow-Origin", None)
    status = head.get("status", 200)
    if status != 200:
        headers.pop("ETag", None)
        headers["Cache-Control"] = "no-store"
    return Response(body, status, media_type=f"{head['media']}; charset=utf-8", headers=headers)


def _content_headers(head: Mapping[str, Any]) -> dict[str, str]:
    names = {"Content-Disposition": "kept", "Content-Security-Policy": "policy"}
    headers = {header: head[name] for header, name in names.items() if head.get(name)}
    return {**headers, **({"Content-Encoding": "gzip"} if head.get("gzip") else {})}


async def streaming_response(
    request: Request, answer: StreamedAnswer, start: bytes, headers: Mapping[str, str], quota: SpoolQuota
) -> Response:
    """Return an answer that is sent while the worker makes it; `start` are its first bytes.

    An HTTP/1.0 client cannot tell a cut answer from a whole one without its length, so it gets all of it at once.
    Raises RequestRefused (503) when the whole cannot be had.
    """
    if "nonce" in answer.head:
        raise RequestRefused(503, Message("wrong_page_long", "page: is too long to be shown. Ask for its data."))
    spool = Spool(start, answer.chunks, quota, request.state.owner)
    headers = {**headers, **_content_headers(answer.head)}
    if request.scope["http_version"] == "1.0":
        try:
            headers["Content-Length"] = str(await spool.total_bytes())
        except BaseException:
            await spool.close()
            raise
    return TimedStreamingResponse(spool.chunks(), media_type=answer.head["media"], headers=headers)


class TimedStreamingResponse(StreamingResponse):
    """A streamed answer. The client must accept each piece within SEND_SECONDS; `on_end` is called at its end."""

    on_end: Callable[[], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer. Raises ResponseAborted when it cannot be completed."""

        async def send_in_time(message: AsgiMessage) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except TimeoutError as error:
            raise ResponseAborted("request: the client does not read its answer.") from error
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()
            if self.on_end:
                self.on_end()
