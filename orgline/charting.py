"""Charting: the address of each organization chart: a page, or the same as a picture or on paper."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orgline.browsing import page_of
from orgline.negotiate import media_type
from orgline.protocol import first, parameters
from orgline.service import Service
from orgline.things import meant

_FORMS = {"svg": "image/svg+xml", "pdf": "application/pdf"}


async def chart(service: Service, request: Request) -> Response:
    """Answer with the organization chart of a body, a post or whoever holds one. Raises Refused."""
    asked = await parameters(request)
    what: dict[str, Any] = {"page": "chart", "iri": await meant(service, request, asked)}
    form = first(asked, "format")
    if form not in (None, "html"):
        what |= {"op": "download", "media": media_type(_FORMS, None, form)}
    return await page_of(service, request, asked, **what)
