"""Things: an address for everything in the graph, which leads to a page or to data, as whoever asks prefers."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orgline.browsing import download, page_of
from orgline.frame import SAFE
from orgline.guard import Refused
from orgline.negotiate import GRAPHS, TABLES, media_type, prefers_page
from orgline.protocol import OPEN, PLAIN, first, moment, parameters
from orgline.sentences import Sentence
from orgline.service import Service

_JSON = {"json": "application/json"}


async def thing(_: Service, request: Request) -> Response:
    """Lead from the address of a thing to a document on it: a thing itself cannot be sent (303)."""
    asked = await parameters(request)
    name, wanted = first(asked, "format"), request.headers.get("accept")
    is_page = name == "html" or name in TABLES or (not name and prefers_page(wanted, GRAPHS))
    if not is_page:
        media_type(GRAPHS, wanted, name)
    path = quote(request.path_params["name"], safe=SAFE)
    more = f"?{request.url.query}" if request.url.query and name != "html" else ""
    headers = {"Vary": "Accept", **OPEN, **PLAIN}
    return RedirectResponse(f"/{'page' if is_page else 'data'}/{path}{more}", status_code=303, headers=headers)


async def data(service: Service, request: Request) -> Response:
    """Answer with what is said of a thing, and by which claims, as RDF. Raises Refused."""
    asked = await parameters(request)
    media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
    iri = await meant(service, request, asked)
    return await service.given(request, {"op": "thing", "iri": iri, "media": media, **moment(asked)})


async def page(service: Service, request: Request) -> Response:
    """Answer with the page of a thing: each statement with its source, date and certainty. Raises Refused."""
    asked = await parameters(request)
    what = {"page": "thing", "iri": await meant(service, request, asked)}
    return await page_of(service, request, asked, **what, **download(service, request, asked))


async def explore(service: Service, request: Request) -> Response:
    """Answer with the page that begins at a thing and goes on to its neighbours. Raises Refused."""
    asked = await parameters(request)
    iri = await meant(service, request, asked)
    return await page_of(service, request, asked, page="explore", iri=iri, after=_number(asked, "after"))


async def neighbours(service: Service, request: Request) -> Response:
    """Answer with the neighbours of a thing as JSON, a bounded number. Raises Refused."""
    asked = await parameters(request)
    what = {"page": "neighbours", "media": media_type(_JSON, None, first(asked, "format"))}
    iri = await meant(service, request, asked)
    return await page_of(service, request, asked, iri=iri, after=_number(asked, "after"), **what)


def _number(asked: dict[str, list[str]], name: str) -> int:
    """Return the whole number that is asked for, 0 if none is. Raises Refused when it is none."""
    typed = first(asked, name) or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) < 8):
        text = f'{name}: "{typed[:20]}" is no number. Write it in digits.'
        raise Refused(400, Sentence("wrong_number", text, name, typed[:20]))
    return int(typed)


async def meant(service: Service, request: Request, asked: dict[str, list[str]]) -> str:
    """Return the IRI that is asked of: by its path under the base, or whole as ?iri=."""
    build = await service.build()
    name = request.path_params.get("name")
    if name is not None:
        return str(build.known["base"]) + quote(name, safe=SAFE + "%") if "%" in name else build.known["base"] + name
    iri = first(asked, "iri")
    if not iri:
        raise Refused(400, Sentence("wrong_no_iri", "iri: is missing. Give ?iri= with the address of a thing."))
    return iri
