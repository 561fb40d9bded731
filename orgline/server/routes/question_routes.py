"""Asking: each question of the content at an address, and the lists of them that programs and editors read."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from orgline.server.http.gateway import Service, today
from orgline.server.http.requests import (
    CORS_HEADERS,
    SECURITY_HEADERS,
    first_value,
    request_parameters,
    requested_moment,
)
from orgline.server.routes.descriptions import openapi_document, sparql_examples
from orgline.server.routes.page_routes import page_response, page_url, requested_language
from orgline.text import ANSWER_TYPES, GRAPH_TYPES, RequestRefused, negotiated_type, prefers_html

_CONTROL_PARAMETERS = frozenset({"lang", "format", "as-of", "as-known-on"})


async def get_question_answer(service: Service, request: Request) -> Response:
    """Answer one question. Raises Refused."""
    asked = await request_parameters(request)
    question = f"{request.path_params['theme']}/{request.path_params['question']}"
    accept, form = request.headers.get("accept"), first_value(asked, "format")
    if not form and prefers_html(accept, ANSWER_TYPES):
        values = {name: given[0] for name, given in asked.items() if name not in _CONTROL_PARAMETERS}
        return await page_response(service, request, asked, page="question", question=question, values=values)
    media = negotiated_type(ANSWER_TYPES, accept, form)
    for name, given in asked.items():
        if len(given) > 1:
            raise RequestRefused(400, f"{name}: {len(given)} values are given. Give exactly one.")
    work = {
        "op": "ask",
        "question": question,
        "values": {name: given[0] for name, given in asked.items() if name not in _CONTROL_PARAMETERS},
        "lang": requested_language(service, first_value(asked, "lang")),
        "media": media,
        "today": today(),
        "address": page_url(service, request, asked),
    }
    return await service.given(request, {**work, **requested_moment(asked).to_mapping()})


async def get_questions(service: Service, request: Request) -> Response:
    """Answer with the list of all questions. Raises Refused."""
    if prefers_html(request.headers.get("accept"), ANSWER_TYPES):
        return await page_response(service, request, await request_parameters(request), page="questions")
    listed = [
        {
            "question": f"{one.theme}/{one.name}",
            "address": f"{service.address}ask/{one.theme}/{one.name}",
            "summary": dict(one.summary),
            "parameters": {each.name: {**each.words, "required": each.required} for each in one.parameters},
        }
        for one in await service.questions()
    ]
    return _json_response(listed)


async def get_openapi(service: Service, _: Request) -> Response:
    """Answer with the questions as OpenAPI."""
    return _json_response(openapi_document(await service.questions(), service.content.words, service.address))


async def get_examples(service: Service, request: Request) -> Response:
    """Answer with the questions as examples for SPARQL editors. Raises Refused."""
    asked = await request_parameters(request)
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), first_value(asked, "format"))
    form = ox.RdfFormat.from_media_type(media)
    assert form is not None
    triples = sparql_examples(await service.questions(), f"{service.address}sparql")
    return Response(
        ox.serialize(triples, format=form),
        media_type=media,
        headers={"Vary": "Accept", **CORS_HEADERS, **SECURITY_HEADERS},
    )


def _json_response(value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return Response(text, media_type="application/json", headers={**CORS_HEADERS, **SECURITY_HEADERS})
