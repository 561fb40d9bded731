"""The organization chart of a thing: a page, an SVG picture, or a PDF to print."""

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
    """Answer with the chart around a body, a post or the holder of a post. Raises RequestRefused."""
    parameters = await request_parameters(request)
    work: dict[str, Any] = {"page": "chart", "iri": await requested_iri(service, request, parameters)}
    form = first_value(parameters, "format")
    if form not in (None, "html"):
        work |= {"op": "download", "media": negotiated_type(_CHART_TYPES, None, form)}
    return await page_response(service, request, parameters, **work)
