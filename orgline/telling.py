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

from orgline.browsing import MOST_TYPED, language
from orgline.budget import owner_of
from orgline.content import DEFAULT_BASE, Content
from orgline.errors import OrglineError
from orgline.frame import SAFE, Frame
from orgline.guard import Refused
from orgline.negotiate import prefers_page
from orgline.protocol import Refusal, as_lists, moment, one_line, pairs
from orgline.responses import page_policy
from orgline.sentences import Sentence, said, sentence_of
from orgline.served import moment_of
from orgline.service import Service, today

Handled = Callable[[Request], Awaitable[Response]]
_LINE = {"line": "text/plain"}
_BUSY, _TITLED = frozenset({408, 429, 500, 503}), frozenset({404, 408, 429, 500, 503})
_OURS = re.compile(r"/(?![/\\])[\x21-\x7e]*")
_DAYS = {"as-of": "on_day", "as-known-on": "known_on_day"}
_LANG = re.compile(r"\blang=([A-Za-z-]+)")
_NONCE = "nonce-of-a-page-that-is-kept"


def telling(service: Service, handled: Handled) -> Handled:
    """Return `handled` with its refusals as pages for whoever reads pages."""

    async def answered(request: Request) -> Response:
        """Answer `request`."""
        return told(service, request, await handled(request))

    return answered


def told(service: Service, request: Request, response: Response) -> Response:
    """Return `response`; a refusal as a page, if whoever asks reads pages and the content has what they need."""
    if not isinstance(response, Refusal) or not prefers_page(request.headers.get("accept"), _LINE):
        return response
    begun = time.thread_time()
    nonce = secrets.token_urlsafe(16)
    try:
        text = _page(service, request, response.error, nonce)
    except OrglineError:  # as where the content has no words or looks for pages
        return response
    if request.client:
        service.budget.spend(owner_of(request.client.host), time.thread_time() - begun)
    page = Response(text, response.status_code, media_type="text/html", headers=page_policy(nonce))
    kept = {name: value for name, value in response.headers.items() if not name.startswith(("content-", "access-"))}
    page.headers.update(kept)
    return page


def _page(service: Service, request: Request, error: Refused, nonce: str) -> str:
    """Return the page that tells `error`: one that all may get is made once."""
    asked = _asked(request)
    lang = language(service, typed if (typed := asked.get("lang")) in service.content.words else None)
    sentence = one if isinstance(one := sentence_of(error), Sentence) else one_line(one)
    if error.status in _BUSY:
        return _kept(service.content, lang, error.status, sentence, today()).replace(_NONCE, nonce)
    where = quote(request.scope.get("raw_path", b"/").decode("latin-1"), safe=SAFE + "%")
    text = request.scope["query_string"].decode("latin-1")
    told_where = one_line(unquote(f"{where}?{text}" if text else where, errors="replace"))
    frame = _frame(service.content, where if _OURS.fullmatch(where) else "/", asked, lang, nonce)
    return _made(frame, error.status, sentence, told_where)


@lru_cache(maxsize=64)
def _kept(content: Content, lang: str, status: int, sentence: str, _: str) -> str:
    """Return a page that says nothing of who asks or where; it is of the day on which it is made."""
    return _made(_frame(content, "/", {}, lang, _NONCE), status, sentence, "")


def _made(frame: Frame, status: int, sentence: str, where: str) -> str:
    words = frame.content.words[frame.lang]
    speaker = frame.speaker(ox.Store())
    return frame.render(
        "fault.html",
        title=speaker.word(f"fault_{status}" if status in _TITLED else "fault"),
        told=said(sentence, words, {name: words[key] for name, key in _DAYS.items() if key in words}),
        is_own=isinstance(sentence, Sentence) and sentence.key in words,
        where=where,
        again=status in _BUSY,
    )


def _asked(request: Request) -> dict[str, str]:
    """Return what stands in the address, as far as it can be read: of what is too long or given twice, nothing."""
    text = request.scope["query_string"].decode("latin-1")
    try:
        given = as_lists(pairs(text))
    except Refused:
        given = {"lang": _LANG.findall(text)[:1]} if _LANG.search(text) else {}
    return {name: one[0] for name, one in given.items() if len(one) == 1 and len(name) + len(one[0]) <= MOST_TYPED}


def _frame(content: Content, path: str, asked: Mapping[str, str], lang: str, nonce: str) -> Frame:
    """Return the frame of the page, as of the days that are asked of if they are days."""
    query, days = dict(asked), dict[str, str]()
    for name in ("as-of", "as-known-on"):
        try:
            days |= moment({name: [query[name]]} if name in query else {})
        except Refused:
            del query[name]
    return Frame(content, path, query, lang, moment_of(days), DEFAULT_BASE, nonce)
