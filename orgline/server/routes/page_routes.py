"""The home page, the page about the data, the search, and the scripts of pages; how a page is asked of a worker."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from orgline.render import IMMUTABLE_HEADERS, load_static_files
from orgline.server.http.gateway import HTML_TYPE, Service, today
from orgline.server.http.requests import Parameters, first_value, request_parameters, requested_moment
from orgline.server.limits.query_scanner import MAX_QUERY_BYTES
from orgline.text import TABLE_TYPES, Message, RequestRefused, accepts_gzip, negotiated_type

# Of parameters of pages, in characters. A page repeats its parameters in forms and links.
MAX_PARAMETER_LENGTH = 500
_JSON = "application/json"


async def get_home(service: Service, request: Request) -> Response:
    """Answer with the home page. Raises RequestRefused."""
    return await page_response(service, request, await request_parameters(request), page="home")


async def get_about(service: Service, request: Request) -> Response:
    """Answer with the page about the data, for the people whom it mentions. Raises RequestRefused."""
    return await page_response(service, request, await request_parameters(request), page="about")


async def get_search(service: Service, request: Request) -> Response:
    """Answer with the things that have the name typed: as a page, or with `format=json`. Raises RequestRefused."""
    parameters = await request_parameters(request)
    if first_value(parameters, "format") == "json":
        return await page_response(service, request, parameters, page="suggestions", media=_JSON)
    work = download_options(service, request, parameters)
    return await page_response(service, request, parameters, page="search", **work)


def download_options(service: Service, request: Request, parameters: Parameters) -> dict[str, str]:
    """Return what has a page downloaded as a table, {} if a page is wanted. Raises RequestRefused for other formats."""
    form = first_value(parameters, "format")
    if form in (None, "html"):
        return {}
    return {
        "op": "download",
        "media": negotiated_type(TABLE_TYPES, None, form),
        "address": page_url(service, request, parameters),
    }


def page_url(service: Service, request: Request, parameters: Parameters) -> str:
    """Return the URL of the page that shows what a download contains."""
    path = request.scope["raw_path"].decode("ascii").removeprefix("/")
    query = urlencode([(name, value) for name, values in parameters.items() if name != "format" for value in values])
    return f"{service.address}{path}?{query}" if query else f"{service.address}{path}"


async def get_static_file(_: Service, request: Request) -> Response:
    """Answer with a script of our pages. Its name contains its hash, so it may be cached for ever.

    Raises RequestRefused (404) for an unknown name.
    """
    file = load_static_files().get(request.path_params["name"])
    if file is None:
        raise RequestRefused(404, "static: there is no such script. Load the page again.")
    is_gzip = accepts_gzip(request.headers.get("accept-encoding"))
    headers = {**IMMUTABLE_HEADERS, "Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if is_gzip else {})}
    return Response(file.compressed if is_gzip else file.body, media_type="text/javascript", headers=headers)


def requested_language(service: Service, typed: str | None) -> str:
    """Return the language of the answer: `typed`, or the first one of the content.

    Raises RequestRefused (400) for a language that the content has no catalogue of.
    """
    known = service.content.words
    lang = typed or next(iter(known))
    if lang not in known:
        choices, typed = ", ".join(known), lang[:20]
        text = f'lang: "{typed}" is not known. Give one of {choices}.'
        raise RequestRefused(400, Message("wrong_lang", text, typed, choices))
    return lang


async def page_response(service: Service, request: Request, parameters: Parameters, **work: Any) -> Response:
    """Answer with the page, or the part of one, that `work` describes; with `varies` it is not cached.

    `work` holds `page` (a name in PAGES_BY_NAME) and what that page needs; `op` and `media` if it is not an HTML page.
    Raises RequestRefused.
    """
    varies = bool(work.pop("varies", False))
    for name, values in parameters.items():
        limit = MAX_QUERY_BYTES if name == "query" and work["page"] == "sparql" else MAX_PARAMETER_LENGTH
        if len(values) > 1 or len(values[0]) > limit or len(name) > MAX_PARAMETER_LENGTH:
            text = f"{name[:40]}: is given more than once, or too long. Give it once, in fewer words."
            raise RequestRefused(400, Message("wrong_given", text, name[:40]))
    work = {
        "op": "page",
        "path": request.scope["raw_path"].decode("ascii"),
        "query": {name: values[0] for name, values in parameters.items()},
        "media": HTML_TYPE,
        **work,
        "today": today(),
        "lang": requested_language(service, first_value(parameters, "lang")),
        "base": (await service.build()).facts["base"],
    }
    return await service.respond(request, {**work, **requested_moment(parameters).to_mapping()}, varies=varies)
