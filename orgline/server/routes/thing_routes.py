"""Things of the graph by their IRIs: data, a page, the explorer and its neighbours."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orgline.render import SAFE_CHARACTERS
from orgline.server.http.gateway import Service
from orgline.server.http.requests import Parameters, first_value, request_parameters, requested_moment
from orgline.server.http.response_headers import CORS_HEADERS, SECURITY_HEADERS
from orgline.server.routes.page_routes import download_options, page_response
from orgline.text import GRAPH_TYPES, TABLE_TYPES, Message, RequestRefused, negotiated_type, prefers_html

_JSON = {"json": "application/json"}
_MAX_DIGITS = 7


async def redirect_to_document(_: Service, request: Request) -> Response:
    """Redirect from the IRI of a thing to its page or its data (303 See Other): a thing itself has no bytes to send.

    Raises RequestRefused (406) for formats that are not available.
    """
    parameters = await request_parameters(request)
    form, accept = first_value(parameters, "format"), request.headers.get("accept")
    is_page = form == "html" or form in TABLE_TYPES or (not form and prefers_html(accept, GRAPH_TYPES))
    if not is_page:
        negotiated_type(GRAPH_TYPES, accept, form)
    path = quote(request.path_params["name"], safe=SAFE_CHARACTERS)
    query = f"?{request.url.query}" if request.url.query and form != "html" else ""
    headers = {"Vary": "Accept", **CORS_HEADERS, **SECURITY_HEADERS}
    return RedirectResponse(f"/{'page' if is_page else 'data'}/{path}{query}", status_code=303, headers=headers)


async def get_thing_data(service: Service, request: Request) -> Response:
    """Answer with the statements about a thing and the claims they rest on, as RDF. Raises RequestRefused."""
    parameters = await request_parameters(request)
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), first_value(parameters, "format"))
    iri = await requested_iri(service, request, parameters)
    return await service.respond(
        request, {"op": "thing", "iri": iri, "media": media, **requested_moment(parameters).to_mapping()}
    )


async def get_thing_page(service: Service, request: Request) -> Response:
    """Answer with the page of a thing: each statement with source, date and certainty. Raises RequestRefused."""
    parameters = await request_parameters(request)
    work = {"page": "thing", "iri": await requested_iri(service, request, parameters)}
    work |= download_options(service, request, parameters)
    return await page_response(service, request, parameters, **work)


async def get_explore_page(service: Service, request: Request) -> Response:
    """Answer with the explorer, a drawing that begins with a thing and its neighbours. Raises RequestRefused."""
    parameters = await request_parameters(request)
    iri, after = await requested_iri(service, request, parameters), _parse_number(parameters, "after")
    return await page_response(service, request, parameters, page="explore", iri=iri, after=after)


async def get_neighbours(service: Service, request: Request) -> Response:
    """Answer with the next neighbours of a thing, a bounded number of them, as JSON. Raises RequestRefused."""
    parameters = await request_parameters(request)
    media = negotiated_type(_JSON, None, first_value(parameters, "format"))
    iri, after = await requested_iri(service, request, parameters), _parse_number(parameters, "after")
    return await page_response(service, request, parameters, page="neighbours", media=media, iri=iri, after=after)


def _parse_number(parameters: Parameters, name: str) -> int:
    """Return the value of a parameter, 0 if it is not given. Raises RequestRefused for other than a few digits."""
    typed = first_value(parameters, name) or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _MAX_DIGITS):
        text = f'{name}: "{typed[:20]}" is not a number. Write it in digits.'
        raise RequestRefused(400, Message("wrong_number", text, name, typed[:20]))
    return int(typed)


async def requested_iri(service: Service, request: Request, parameters: Parameters) -> str:
    """Return the IRI of the thing: the path below the base of the build, or the parameter `iri`.

    Raises RequestRefused (400) when neither is given.
    """
    name = request.path_params.get("name")
    if name is not None:
        base = str((await service.build()).facts["base"])
        # The path has been decoded once: a percent sign that is left was part of the IRI, with others like it.
        return base + (quote(name, safe=SAFE_CHARACTERS + "%") if "%" in name else name)
    iri = first_value(parameters, "iri")
    if not iri:
        raise RequestRefused(400, Message("wrong_no_iri", "iri: is missing. Give ?iri= with the IRI of a thing."))
    return iri
