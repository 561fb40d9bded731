"""Responses: an answer of a worker, kept or under way, as the response that a client gets."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orgline.server.http.requests import TimedStreamingResponse
from orgline.server.http.spool import Spool
from orgline.server.workers.pool import StreamedAnswer
from orgline.text import Message, RequestRefused


def complete_response(head: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a whole answer: its head as a worker gave it, all of its body; of a page, with a nonce of its own."""
    if "nonce" in head:
        return _with_fresh_nonce(head, body, headers)
    return Response(body, media_type=head["media"], headers={**headers, **_content_headers(head)})


def _with_fresh_nonce(head: Mapping[str, Any], body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a page with a nonce of its own, though it may be one that is kept."""
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
    """Return how what is sent is packed, and how it is to be kept if it is a file."""
    kept = {"Content-Disposition": head["kept"]} if head.get("kept") else {}
    kept |= {"Content-Security-Policy": head["policy"]} if head.get("policy") else {}
    return {**kept, **({"Content-Encoding": "gzip"} if head.get("gzip") else {})}


async def streaming_response(
    request: Request, answering: StreamedAnswer, begun: bytes, headers: Mapping[str, str]
) -> Response:
    """Return an answer that goes on as it is sent; to a client that could not tell where it is cut, all at once."""
    if "nonce" in answering.head:
        raise RequestRefused(503, Message("wrong_page_long", "page: is too long to be shown. Ask for its data."))
    spool = Spool(begun, answering.chunks, request.state.owner)
    headers = {**headers, **_content_headers(answering.head)}
    if request.scope["http_version"] == "1.0":
        try:
            headers["Content-Length"] = str(await spool.whole())
        except BaseException:
            spool.close()
            raise
    return TimedStreamingResponse(spool.chunks(), media_type=answering.head["media"], headers=headers)


def page_security_headers(nonce: str) -> dict[str, str]:
    """Return the headers of a page: nothing from another host, no style or script but with `nonce`, no frame."""
    allowed = f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:"
    allowed += "; connect-src 'self'"
    return {
        "Content-Security-Policy": f"{allowed}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Frame-Options": "DENY",
    }
