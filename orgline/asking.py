"""Asking: each question of the content at an address, and the lists of them that programs and editors read."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from orgline.browsing import language, page_address, page_of
from orgline.catalog import examples, openapi
from orgline.guard import Refused
from orgline.negotiate import ANSWERS, GRAPHS, media_type, prefers_page
from orgline.protocol import OPEN, PLAIN, first, moment, parameters
from orgline.service import Service, today

_OWN = frozenset({"lang", "format", "as-of", "as-known-on"})


async def ask(service: Service, request: Request) -> Response:
    """Answer one question. Raises Refused."""
    asked = await parameters(request)
    question = f"{request.path_params['theme']}/{request.path_params['question']}"
    accept, form = request.headers.get("accept"), first(asked, "format")
    if not form and prefers_page(accept, ANSWERS):
        values = {name: given[0] for name, given in asked.items() if name not in _OWN}
        return await page_of(service, request, asked, page="question", question=question, values=values)
    media = media_type(ANSWERS, accept, form)
    for name, given in asked.items():
        if len(given) > 1:
            raise Refused(400, f"{name}: {len(given)} values are given. Give exactly one.")
    work = {
        "op": "ask",
        "question": question,
        "values": {name: given[0] for name, given in asked.items() if name not in _OWN},
        "lang": language(service, first(asked, "lang")),
        "media": media,
        "today": today(),
        "address": page_address(service, request, asked),
    }
    return await service.given(request, {**work, **moment(asked)})


async def questions(service: Service, request: Request) -> Response:
    """Answer with the list of all questions. Raises Refused."""
    if prefers_page(request.headers.get("accept"), ANSWERS):
        return await page_of(service, request, await parameters(request), page="questions")
    listed = [
        {
            "question": f"{one.theme}/{one.name}",
            "address": f"{service.address}ask/{one.theme}/{one.name}",
            "summary": dict(one.summary),
            "parameters": {each.name: {**each.words, "required": each.required} for each in one.parameters},
        }
        for one in await service.questions()
    ]
    return _json(listed)


async def described(service: Service, _: Request) -> Response:
    """Answer with the questions as OpenAPI."""
    return _json(openapi(await service.questions(), service.content.words, service.address))


async def listed_examples(service: Service, request: Request) -> Response:
    """Answer with the questions as examples for SPARQL editors. Raises Refused."""
    asked = await parameters(request)
    media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
    form = ox.RdfFormat.from_media_type(media)
    assert form is not None
    triples = examples(await service.questions(), f"{service.address}sparql")
    return Response(ox.serialize(triples, format=form), media_type=media, headers={"Vary": "Accept", **OPEN, **PLAIN})


def _json(value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return Response(text, media_type="application/json", headers={**OPEN, **PLAIN})
