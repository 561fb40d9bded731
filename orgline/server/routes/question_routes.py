"""The questions of the content: the answer to each, the list of all, and descriptions of them for programs."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from orgline.server.http.gateway import Service, today
from orgline.server.http.requests import first_value, request_parameters, requested_moment
from orgline.server.http.response_headers import CORS_HEADERS, SECURITY_HEADERS
from orgline.server.routes.openapi import openapi_document
from orgline.server.routes.page_routes import page_response, page_url, requested_language
from orgline.server.routes.sparql_examples import sparql_examples
from orgline.text import ANSWER_TYPES, GRAPH_TYPES, RequestRefused, negotiated_type, prefers_html

# All other parameters are those of the question.
_CONTROL_PARAMETERS = frozenset({"lang", "format", "as-of", "as-known-on"})


async def get_question_answer(service: Service, request: Request) -> Response:
    """Answer one question: as a page for browsers, else as JSON, CSV or XLSX. Raises RequestRefused."""
    parameters = await request_parameters(request)
    question = f"{request.path_params['theme']}/{request.path_params['question']}"
    accept, form = request.headers.get("accept"), first_value(parameters, "format")
    arguments = {name: values[0] for name, values in parameters.items() if name not in _CONTROL_PARAMETERS}
    if not form and prefers_html(accept, ANSWER_TYPES):
        return await page_response(service, request, parameters, page="question", question=question, values=arguments)
    media = negotiated_type(ANSWER_TYPES, accept, form)
    for name, values in parameters.items():
        if len(values) > 1:
            raise RequestRefused(400, f"{name}: {len(values)} values are given. Give exactly one.")
    work = {
        "op": "ask",
        "question": question,
        "values": arguments,
        "lang": requested_language(service, first_value(parameters, "lang")),
        "media": media,
        "today": today(),
        "address": page_url(service, request, parameters),
    }
    return await service.respond(request, {**work, **requested_moment(parameters).to_mapping()})


async def get_questions(service: Service, request: Request) -> Response:
    """Answer with the list of all questions: as a page for browsers, else as JSON. Raises RequestRefused."""
    if prefers_html(request.headers.get("accept"), ANSWER_TYPES):
        return await page_response(service, request, await request_parameters(request), page="questions")
    questions = [
        {
            "question": f"{question.theme}/{question.name}",
            "address": f"{service.address}ask/{question.theme}/{question.name}",
            "summary": dict(question.summary),
            "parameters": {
                parameter.name: {**parameter.words, "required": parameter.required} for parameter in question.parameters
            },
        }
        for question in await service.questions()
    ]
    return _json_response(questions)


async def get_openapi(service: Service, _: Request) -> Response:
    """Answer with the OpenAPI description of the questions."""
    return _json_response(openapi_document(await service.questions(), service.content.words, service.address))


async def get_examples(service: Service, request: Request) -> Response:
    """Answer with the questions as example queries for SPARQL editors, as RDF. Raises RequestRefused."""
    parameters = await request_parameters(request)
    media = negotiated_type(GRAPH_TYPES, request.headers.get("accept"), first_value(parameters, "format"))
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
