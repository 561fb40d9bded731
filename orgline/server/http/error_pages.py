"""Telling: what went wrong, to people as a page in the language of the others, to programs as one plain line."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from orgline.content import DEFAULT_BASE, Content
from orgline.render import SAFE_CHARACTERS, PageContext
from orgline.server.http.gateway import Service, today
from orgline.server.http.rate_limit import owner_of
from orgline.server.http.requests import (
    MOMENT_PARAMETERS,
    ErrorResponse,
    group_values,
    one_line,
    parse_form,
    requested_moment,
)
from orgline.server.http.responses import page_security_headers
from orgline.server.routes.page_routes import MAX_PARAMETER_LENGTH, requested_language
from orgline.text import Message, OrglineError, RequestRefused, message_of, prefers_html, translate_message

RequestHandler = Callable[[Request], Awaitable[Response]]
_PLAIN_TEXT = {"line": "text/plain"}
_CACHED_STATUSES, _STATUSES_WITH_TITLE = frozenset({408, 429, 500, 503}), frozenset({404, 408, 429, 500, 503})
_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]*")
_DAYS = {"as-of": "on_day", "as-known-on": "known_on_day"}
_LANG_PARAMETER = re.compile(r"\blang=([A-Za-z-]+)")
_NONCE_PLACEHOLDER = "nonce-of-a-page-that-is-kept"


def with_error_pages(service: Service, handled: RequestHandler) -> RequestHandler:
    """Return `handled` with its refusals as pages for whoever reads pages."""

    async def answered(request: Request) -> Response:
        """Answer `request`."""
        return as_error_page(service, request, await handled(request))

    return answered


def as_error_page(service: Service, request: Request, response: Response) -> Response:
    """Return `response`; a refusal as a page, if whoever asks reads pages and the content has what they need."""
    if not isinstance(response, ErrorResponse) or not prefers_html(request.headers.get("accept"), _PLAIN_TEXT):
        return response
    begun = time.thread_time()
    nonce = secrets.token_urlsafe(16)
    try:
        text = _error_page(service, request, response.error, nonce)
    except OrglineError:  # as where the content has no words or looks for pages
        return response
    if request.client:
        service.budget.spend(owner_of(request.client.host), time.thread_time() - begun)
    page = Response(text, response.status_code, media_type="text/html", headers=page_security_headers(nonce))
    kept = {name: value for name, value in response.headers.items() if not name.startswith(("content-", "access-"))}
    page.headers.update(kept)
    return page


def _error_page(service: Service, request: Request, error: RequestRefused, nonce: str) -> str:
    """Return the page that tells `error`: one that all may get is made once."""
    asked = _readable_parameters(request)
    lang = requested_language(service, typed if (typed := asked.get("lang")) in service.content.words else None)
    sentence = one if isinstance(one := message_of(error), Message) else one_line(one)
    if error.status in _CACHED_STATUSES:
        return _cached_error_page(service.content, lang, error.status, sentence, today()).replace(
            _NONCE_PLACEHOLDER, nonce
        )
    where = quote(request.scope.get("raw_path", b"/").decode("latin-1"), safe=SAFE_CHARACTERS + "%")
    text = request.scope["query_string"].decode("latin-1")
    told_where = one_line(unquote(f"{where}?{text}" if text else where, errors="replace"))
    frame = _error_page_context(service.content, where if _LOCAL_PATH.fullmatch(where) else "/", asked, lang, nonce)
    return _render_error(frame, error.status, sentence, told_where)


@lru_cache(maxsize=64)
def _cached_error_page(content: Content, lang: str, status: int, sentence: str, _: str) -> str:
    """Return a page that says nothing of who asks or where; it is of the day on which it is made."""
    return _render_error(_error_page_context(content, "/", {}, lang, _NONCE_PLACEHOLDER), status, sentence, "")


def _render_error(frame: PageContext, status: int, sentence: str, where: str) -> str:
    words = frame.content.words[frame.lang]
    speaker = frame.speaker(ox.Store())
    return frame.render(
        "fault.html",
        title=speaker.word(f"fault_{status}" if status in _STATUSES_WITH_TITLE else "fault"),
        told=translate_message(sentence, words, {name: words[key] for name, key in _DAYS.items() if key in words}),
        is_own=isinstance(sentence, Message) and sentence.key in words,
        where=where,
        again=status in _CACHED_STATUSES,
    )


def _readable_parameters(request: Request) -> dict[str, str]:
    """Return what stands in the address, as far as it can be read: of what is too long or given twice, nothing."""
    text = request.scope["query_string"].decode("latin-1")
    try:
        given = group_values(parse_form(text))
    except RequestRefused:
        given = {"lang": _LANG_PARAMETER.findall(text)[:1]} if _LANG_PARAMETER.search(text) else {}
    return {
        name: one[0] for name, one in given.items() if len(one) == 1 and len(name) + len(one[0]) <= MAX_PARAMETER_LENGTH
    }


def _error_page_context(content: Content, path: str, asked: Mapping[str, str], lang: str, nonce: str) -> PageContext:
    """Return the frame of the page, as of the days that are asked of if they are days."""
    query, days = dict(asked), dict[str, list[str]]()
    for name in MOMENT_PARAMETERS:
        try:
            requested_moment({name: [query[name]]} if name in query else {})
        except RequestRefused:
            del query[name]
        else:
            days |= {name: [query[name]]} if name in query else {}
    return PageContext(content, path, query, lang, requested_moment(days), DEFAULT_BASE, nonce)
