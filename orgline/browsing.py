"""Browsing: the pages of the service for people: the one to begin at, and a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from orgline.assets import LASTING, assets
from orgline.guard import MAX_BYTES, Refused
from orgline.negotiate import TABLES, media_type, takes_gzip
from orgline.protocol import first, moment, parameters
from orgline.sentences import Sentence
from orgline.service import PAGE, Service, today
from orgline.store import LANGUAGES

MOST_TYPED = 500
_JSON = "application/json"


async def home(service: Service, request: Request) -> Response:
    """Answer with the page to begin at. Raises Refused."""
    return await page_of(service, request, await parameters(request), page="home")


async def about(service: Service, request: Request) -> Response:
    """Answer with the page for the people whom the graph speaks of. Raises Refused."""
    return await page_of(service, request, await parameters(request), page="about")


async def search(service: Service, request: Request) -> Response:
    """Answer with what is called as somebody typed: as a page, or as JSON. Raises Refused."""
    asked = await parameters(request)
    if first(asked, "format") == "json":
        return await page_of(service, request, asked, page="suggestions", media=_JSON)
    return await page_of(service, request, asked, page="search", **download(service, request, asked))


def download(service: Service, request: Request, asked: Mapping[str, list[str]]) -> dict[str, str]:
    """Return what turns a page into a file of tables, if that is what is asked for. Raises Refused for other forms."""
    form = first(asked, "format")
    if form in (None, "html"):
        return {}
    return {"op": "download", "media": media_type(TABLES, None, form), "address": page_address(service, request, asked)}


def page_address(service: Service, request: Request, asked: Mapping[str, list[str]]) -> str:
    """Return where the page stands on which the same is to be read."""
    path = request.scope["raw_path"].decode("ascii").removeprefix("/")
    query = urlencode([(name, one) for name, given in asked.items() if name != "format" for one in given])
    return f"{service.address}{path}?{query}" if query else f"{service.address}{path}"


async def static(_: Service, request: Request) -> Response:
    """Answer with a script of our pages, which may be kept for good: its name changes with it. Raises Refused."""
    found = assets().get(request.path_params["name"])
    if found is None:
        raise Refused(404, "static: there is no such script. Load the page again.")
    packed = takes_gzip(request.headers.get("accept-encoding"))
    headers = {**LASTING, "Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if packed else {})}
    return Response(found.packed if packed else found.body, media_type="text/javascript", headers=headers)


def language(service: Service, typed: str | None) -> str:
    """Return the language to answer in. Raises Refused when it is not known."""
    known = service.content.words
    lang = typed or next(one for one in (*LANGUAGES, *known) if one in known)
    if lang not in known:
        every, typed = ", ".join(known), lang[:20]
        text = f'lang: "{typed}" is not known. Give one of {every}.'
        raise Refused(400, Sentence("wrong_lang", text, typed, every))
    return lang


async def page_of(service: Service, request: Request, asked: Mapping[str, list[str]], **what: Any) -> Response:
    """Answer with the page that `what` says, made anew if what it shows varies. Raises Refused."""
    varies = bool(what.pop("varies", False))
    for name, given in asked.items():
        most = MAX_BYTES if name == "query" and what["page"] == "sparql" else MOST_TYPED
        if len(given) > 1 or len(given[0]) > most or len(name) > MOST_TYPED:
            text = f"{name[:40]}: is given more than once, or too long. Give it once, in fewer words."
            raise Refused(400, Sentence("wrong_given", text, name[:40]))
    work = {
        "op": "page",
        "path": request.scope["raw_path"].decode("ascii"),
        "query": {name: given[0] for name, given in asked.items()},
        "media": PAGE,
        **what,
        "today": today(),
        "lang": language(service, first(asked, "lang")),
        "base": (await service.build()).known["base"],
    }
    return await service.given(request, {**work, **moment(asked)}, varies=varies)
