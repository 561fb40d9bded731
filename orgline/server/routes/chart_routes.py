"""Charting: the address of each organization chart: a page, or the same as a picture or on paper."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from orgline.server.http.gateway import Service
from orgline.server.http.requests import first_value, request_parameters
from orgline.server.routes.page_routes import page_response
from orgline.server.routes.thing_routes import requested_iri
from orgline.text import negotiated_type

_CHART_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf"}


async def get_chart(service: Service, request: Request) -> Response:
    """Answer with the organization chart of a body, a post or whoever holds one. Raises Refused."""
    asked = await request_parameters(request)
    what: dict[str, Any] = {"page": "chart", "iri": await requested_iri(service, request, asked)}
    form = first_value(asked, "format")
    if form not in (None, "html"):
        what |= {"op": "download", "media": negotiated_type(_CHART_TYPES, None, form)}
    return await page_response(service, request, asked, **what)
