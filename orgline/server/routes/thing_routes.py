"""Things: an address for everything in the graph, which leads to a page or to data, as whoever asks prefers."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orgline.render import SAFE_CHARACTERS
from orgline.server.http.gateway import Service
from orgline.server.http.requests import (
    CORS_HEADERS,
    SECURITY_HEADERS,
    first_value,
    request_parameters,
    requested_moment,
)
from orgline.server.routes.page_routes import download_options, page_response
from orgline.text import GRAPH_TYPES, TABLE_TYPES, Message, RequestRefused, negotiated_type, prefers_html

_JSON = {"json": "application/json"}


async def redirect_to_document(_: Service, request: Request) -> Response:
    """Lead from the address of a thing to a document on it: a thing itself cannot be sent (303)."""
    asked = await request_parameters(request)
    name, wanted = first_value(asked, "format"), request.headers.get("accept")
    is_page = name == "html" or name in TABLE_TYPES or (not name and prefers_html(wanted, GRAPH_TYPES))
    if not is_page:
        negotiated_type(GRAPH_TYPES, wanted, name)
    path = quote(request.path_params["name"], safe=SAFE_CHARACTERS)
    more = f"?{request.url.query}" if request.url.query and name != "html" else ""
    headers = {"Vary": "Accept", **CORS_HEADERS, **SECURITY_HEADERS}
    return RedirectResponse(f"/{'page' if is_page else 'data'}/{path}{more}", status_code=303, headers=headers)


async def get_thing_data(service: Service, request: Request) -> Response:
    """Answer with what is said of a thing, and by which claims, as RDF. Raises Refused."""
    asked = await request_parameters(request)
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), first_value(asked, "format"))
    iri = await requested_iri(service, request, asked)
    return await service.given(
        request, {"op": "thing", "iri": iri, "media": media, **requested_moment(asked).to_mapping()}
    )


async def get_thing_page(service: Service, request: Request) -> Response:
    """Answer with the page of a thing: each statement with its source, date and certainty. Raises Refused."""
    asked = await request_parameters(request)
    what = {"page": "thing", "iri": await requested_iri(service, request, asked)}
    return await page_response(service, request, asked, **what, **download_options(service, request, asked))


async def get_explore_page(service: Service, request: Request) -> Response:
    """Answer with the page that begins at a thing and goes on to its neighbours. Raises Refused."""
    asked = await request_parameters(request)
    iri = await requested_iri(service, request, asked)
    return await page_response(service, request, asked, page="explore", iri=iri, after=_parse_number(asked, "after"))


async def get_neighbours(service: Service, request: Request) -> Response:
    """Answer with the neighbours of a thing as JSON, a bounded number. Raises Refused."""
    asked = await request_parameters(request)
    what = {"page": "neighbours", "media": negotiated_type(_JSON, None, first_value(asked, "format"))}
    iri = await requested_iri(service, request, asked)
    return await page_response(service, request, asked, iri=iri, after=_parse_number(asked, "after"), **what)


def _parse_number(asked: dict[str, list[str]], name: str) -> int:
    """Return the whole number that is asked for, 0 if none is. Raises Refused when it is none."""
    typed = first_value(asked, name) or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) < 8):
        text = f'{name}: "{typed[:20]}" is no number. Write it in digits.'
        raise RequestRefused(400, Message("wrong_number", text, name, typed[:20]))
    return int(typed)


async def requested_iri(service: Service, request: Request, asked: dict[str, list[str]]) -> str:
    """Return the IRI that is asked of: by its path under the base, or whole as ?iri=."""
    build = await service.build()
    name = request.path_params.get("name")
    if name is not None:
        return (
            str(build.known["base"]) + quote(name, safe=SAFE_CHARACTERS + "%")
            if "%" in name
            else build.known["base"] + name
        )
    iri = first_value(asked, "iri")
    if not iri:
        raise RequestRefused(400, Message("wrong_no_iri", "iri: is missing. Give ?iri= with the address of a thing."))
    return iri
