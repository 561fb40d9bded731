"""Browsing: the pages of the service for people: the one to begin at, and a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from orgline.render import IMMUTABLE_HEADERS, load_static_files
from orgline.server.http.gateway import HTML_TYPE, Service, today
from orgline.server.http.query_scanner import MAX_QUERY_BYTES
from orgline.server.http.requests import first_value, request_parameters, requested_moment
from orgline.text import TABLE_TYPES, Message, RequestRefused, accepts_gzip, negotiated_type

MAX_PARAMETER_LENGTH = 500
_JSON = "application/json"


async def get_home(service: Service, request: Request) -> Response:
    """Answer with the page to begin at. Raises Refused."""
    return await page_response(service, request, await request_parameters(request), page="home")


async def get_about(service: Service, request: Request) -> Response:
    """Answer with the page for the people whom the graph speaks of. Raises Refused."""
    return await page_response(service, request, await request_parameters(request), page="about")


async def get_search(service: Service, request: Request) -> Response:
    """Answer with what is called as somebody typed: as a page, or as JSON. Raises Refused."""
    asked = await request_parameters(request)
    if first_value(asked, "format") == "json":
        return await page_response(service, request, asked, page="suggestions", media=_JSON)
    return await page_response(service, request, asked, page="search", **download_options(service, request, asked))


def download_options(service: Service, request: Request, asked: Mapping[str, list[str]]) -> dict[str, str]:
    """Return what turns a page into a file of tables, if that is what is asked for. Raises Refused for other forms."""
    form = first_value(asked, "format")
    if form in (None, "html"):
        return {}
    return {
        "op": "download",
        "media": negotiated_type(TABLE_TYPES, None, form),
        "address": page_url(service, request, asked),
    }


def page_url(service: Service, request: Request, asked: Mapping[str, list[str]]) -> str:
    """Return where the page stands on which the same is to be read."""
    path = request.scope["raw_path"].decode("ascii").removeprefix("/")
    query = urlencode([(name, one) for name, given in asked.items() if name != "format" for one in given])
    return f"{service.address}{path}?{query}" if query else f"{service.address}{path}"


async def get_static_file(_: Service, request: Request) -> Response:
    """Answer with a script of our pages, which may be kept for good: its name changes with it. Raises Refused."""
    found = load_static_files().get(request.path_params["name"])
    if found is None:
        raise RequestRefused(404, "static: there is no such script. Load the page again.")
    packed = accepts_gzip(request.headers.get("accept-encoding"))
    headers = {**IMMUTABLE_HEADERS, "Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if packed else {})}
    return Response(found.compressed if packed else found.body, media_type="text/javascript", headers=headers)


def requested_language(service: Service, typed: str | None) -> str:
    """Return the language to answer in. Raises Refused when it is not known."""
    known = service.content.words
    lang = typed or next(iter(known))
    if lang not in known:
        every, typed = ", ".join(known), lang[:20]
        text = f'lang: "{typed}" is not known. Give one of {every}.'
        raise RequestRefused(400, Message("wrong_lang", text, typed, every))
    return lang


async def page_response(service: Service, request: Request, asked: Mapping[str, list[str]], **what: Any) -> Response:
    """Answer with the page that `what` says, made anew if what it shows varies. Raises Refused."""
    varies = bool(what.pop("varies", False))
    for name, given in asked.items():
        most = MAX_QUERY_BYTES if name == "query" and what["page"] == "sparql" else MAX_PARAMETER_LENGTH
        if len(given) > 1 or len(given[0]) > most or len(name) > MAX_PARAMETER_LENGTH:
            text = f"{name[:40]}: is given more than once, or too long. Give it once, in fewer words."
            raise RequestRefused(400, Message("wrong_given", text, name[:40]))
    work = {
        "op": "page",
        "path": request.scope["raw_path"].decode("ascii"),
        "query": {name: given[0] for name, given in asked.items()},
        "media": HTML_TYPE,
        **what,
        "today": today(),
        "lang": requested_language(service, first_value(asked, "lang")),
        "base": (await service.build()).known["base"],
    }
    return await service.given(request, {**work, **requested_moment(asked).to_mapping()}, varies=varies)
