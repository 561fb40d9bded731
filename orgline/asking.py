"""Asking: each question of the content at an address, and the lists of them that programs and editors read."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox
from starlette.requests import Request
from starlette.responses import Response

from orgline.catalog import examples, openapi
from orgline.guard import Refused
from orgline.negotiate import ANSWERS, GRAPHS, media_type
from orgline.protocol import OPEN, PLAIN, first, moment, parameters
from orgline.service import Service, today
from orgline.store import LANGUAGES

_OWN = frozenset({"lang", "format", "as-of", "as-known-on"})


async def ask(service: Service, request: Request) -> Response:
    """Answer one question. Raises Refused."""
    asked = await parameters(request)
    media = media_type(ANSWERS, request.headers.get("accept"), first(asked, "format"))
    for name, given in asked.items():
        if len(given) > 1:
            raise Refused(400, f"{name}: {len(given)} values are given. Give exactly one.")
    work = {
        "op": "ask",
        "question": f"{request.path_params['theme']}/{request.path_params['question']}",
        "values": {name: given[0] for name, given in asked.items() if name not in _OWN},
        "lang": language(service, first(asked, "lang")),
        "media": media,
        "today": today(),
    }
    return await service.given(request, {**work, **moment(asked)})


def language(service: Service, typed: str | None) -> str:
    """Return the language to answer in. Raises Refused when it is not known."""
    known = service.content.words
    lang = typed or next(one for one in (*LANGUAGES, *known) if one in known)
    if lang not in known:
        raise Refused(400, f'lang: "{lang[:20]}" is not known. Give one of {", ".join(known)}.')
    return lang


async def questions(service: Service, _: Request) -> Response:
    """Answer with the list of all questions."""
    listed = [
        {
            "question": f"{one.theme}/{one.name}",
            "address": f"{service.address}ask/{one.theme}/{one.name}",
            "summary": dict(one.summary),
            "parameters": {each.name: {**each.words, "required": each.required} for each in one.parameters},
        }
        for one in service.questions
    ]
    return _json(listed)


async def described(service: Service, _: Request) -> Response:
    """Answer with the questions as OpenAPI."""
    return _json(openapi(service.questions, service.address))


async def listed_examples(service: Service, request: Request) -> Response:
    """Answer with the questions as examples for SPARQL editors. Raises Refused."""
    asked = await parameters(request)
    media = media_type(GRAPHS, request.headers.get("accept"), first(asked, "format"))
    form = ox.RdfFormat.from_media_type(media)
    assert form is not None
    triples = examples(service.questions, f"{service.address}sparql")
    return Response(ox.serialize(triples, format=form), media_type=media, headers={"Vary": "Accept", **OPEN, **PLAIN})


def _json(value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return Response(text, media_type="application/json", headers={**OPEN, **PLAIN})
