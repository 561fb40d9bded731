"""Error responses: an HTML page for browsers, one line of text for programs."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, unquote

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from orgline.content import DEFAULT_BASE, Content
from orgline.render import SAFE_CHARACTERS, PageContext
from orgline.server.http.gateway import Service, today
from orgline.server.http.requests import MOMENT_PARAMETERS, group_values, parse_form, requested_moment
from orgline.server.http.response_headers import page_security_headers
from orgline.server.http.responses import ErrorResponse, one_line
from orgline.server.limits.rate_limit import owner_of
from orgline.server.routes.page_routes import MAX_PARAMETER_LENGTH, requested_language
from orgline.text import (
    SOURCE_LANGUAGE,
    Message,
    OrglineError,
    RequestRefused,
    message_of,
    prefers_html,
    translate_message,
)

RequestHandler = Callable[[Request], Awaitable[Response]]
_PLAIN_TEXT = {"line": "text/plain"}
# Errors with these statuses are about the service and not about the request, so all clients get the same page. A busy
# service must not spend its time on making it.
_CACHED_STATUSES = frozenset({408, 429, 500, 503})
_STATUSES_WITH_TITLE = _CACHED_STATUSES | {404}
# One slash only: a browser takes `//host` for another host.
_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]*")
# Messages quote the parameters of dates; these are the keys of their names in the catalogues.
_DAY_WORDS = {"as-of": "on_day", "as-known-on": "known_on_day"}
_LANG_PARAMETER = re.compile(r"\blang=([A-Za-z-]+)")
_NONCE_PLACEHOLDER = "nonce-of-a-cached-page"


def with_error_pages(service: Service, handler: RequestHandler) -> RequestHandler:
    """Return `handler` with its error responses as pages for browsers."""

    async def handle(request: Request) -> Response:
        return as_error_page(service, request, await handler(request))

    return handle


def as_error_page(service: Service, request: Request, response: Response) -> Response:
    """Return an error response as a page if the client is a browser; any other response unchanged."""
    if not isinstance(response, ErrorResponse) or not prefers_html(request.headers.get("accept"), _PLAIN_TEXT):
        return response
    begun = time.thread_time()
    nonce = secrets.token_urlsafe(16)
    try:
        html = _error_page(service, request, response.error, nonce)
    except OrglineError:  # the content has no catalogue, or no style for pages
        return response
    if request.client:
        service.budget.spend(owner_of(request.client.host), time.thread_time() - begun)
    page = Response(html, response.status_code, media_type="text/html", headers=page_security_headers(nonce))
    kept = {name: value for name, value in response.headers.items() if not name.startswith(("content-", "access-"))}
    page.headers.update(kept)
    return page


def _error_page(service: Service, request: Request, error: RequestRefused, nonce: str) -> str:
    """Return the HTML of the page for `error`, in the client's language."""
    parameters = _readable_parameters(request)
    typed = parameters.get("lang")
    lang = requested_language(service, typed if typed in service.content.words else None)
    message = message_of(error)
    if not isinstance(message, Message):
        message = one_line(message)
    if error.status in _CACHED_STATUSES:
        return _cached_error_page(service, lang, error.status, message).replace(_NONCE_PLACEHOLDER, nonce)
    path = quote(request.scope.get("raw_path", b"/").decode("latin-1"), safe=SAFE_CHARACTERS + "%")
    query_string = request.scope["query_string"].decode("latin-1")
    shown_address = one_line(unquote(f"{path}?{query_string}" if query_string else path, errors="replace"))
    local_path = path if _LOCAL_PATH.fullmatch(path) else "/"
    context = _error_page_context(service.content, local_path, parameters, lang, nonce)
    return _render_error(context, error.status, message, shown_address)


def _cached_error_page(service: Service, lang: str, status: int, message: str) -> str:
    """Return a page that is the same for all clients, with a placeholder for the nonce. It shows today's date."""
    key = (lang, str(status), message, today())
    if key not in service.error_pages:
        context = _error_page_context(service.content, "/", {}, lang, _NONCE_PLACEHOLDER)
        service.error_pages[key] = _render_error(context, status, message, "")
    return service.error_pages[key]


def _render_error(context: PageContext, status: int, message: str, address: str) -> str:
    """Return the page of an error: what is wrong, at which address, and what to do."""
    words = context.content.words[context.lang]
    speaker = context.speaker(ox.Store())
    return context.render(
        "error.html",
        title=speaker.word(f"fault_{status}" if status in _STATUSES_WITH_TITLE else "fault"),
        told=translate_message(message, words, {name: words[key] for name, key in _DAY_WORDS.items() if key in words}),
        is_own=isinstance(message, Message) and message.key in words,
        source_language=SOURCE_LANGUAGE,
        where=address,
        again=status in _CACHED_STATUSES,
    )


def _readable_parameters(request: Request) -> dict[str, str]:
    """Return the parameters of the URL that the page may repeat: none that is too long or given twice."""
    text = request.scope["query_string"].decode("latin-1")
    try:
        parameters = group_values(parse_form(text))
    except RequestRefused:
        parameters = {"lang": _LANG_PARAMETER.findall(text)[:1]} if _LANG_PARAMETER.search(text) else {}
    return {
        name: values[0]
        for name, values in parameters.items()
        if len(values) == 1 and len(name) + len(values[0]) <= MAX_PARAMETER_LENGTH
    }


def _error_page_context(
    content: Content, path: str, parameters: Mapping[str, str], lang: str, nonce: str
) -> PageContext:
    """Return the context of the page, as of the dates among `parameters` if they are dates."""
    query, days = dict(parameters), dict[str, list[str]]()
    for name in parameters.keys() & set(MOMENT_PARAMETERS):
        try:
            requested_moment({name: [query[name]]})
        except RequestRefused:
            del query[name]
        else:
            days[name] = [query[name]]
    return PageContext(content, path, query, lang, requested_moment(days), DEFAULT_BASE, nonce)
