"""The OpenAPI 3.1 description of the questions, for programs that call them over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orgline.content import DAY_TYPE, Parameter, QueryFile
from orgline.text import ANSWER_TYPES, SOURCE_LANGUAGE, __version__

_COMMON_PARAMETERS = (
    ("as-of", "The date the answer is about, as 2024-05-31; today if omitted.", {"type": "string", "format": "date"}),
    ("as-known-on", "Use only sources published by this date.", {"type": "string", "format": "date"}),
    ("format", "The format of the answer.", {"type": "string", "enum": list(ANSWER_TYPES)}),
)


def openapi_document(questions: Iterable[QueryFile], languages: Iterable[str], address: str) -> dict[str, Any]:
    """Return the description of `questions`, served at the URL `address` and answered in `languages`."""
    lang = ("lang", "The language of the answer.", {"type": "string", "enum": sorted(languages)})
    common = [
        {"name": name, "in": "query", "description": description, "schema": schema}
        for name, description, schema in (*_COMMON_PARAMETERS, lang)
    ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "orgline",
            "version": __version__,
            "description": "Who reports to whom, since when, by which directive, and who says so.",
        },
        "servers": [{"url": address.rstrip("/")}],
        "paths": {
            f"/ask/{question.theme}/{question.name}": {"get": _operation(question, common)} for question in questions
        },
    }


def _operation(question: QueryFile, common: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a question as an operation of OpenAPI."""
    return {
        "operationId": f"{question.theme}-{question.name}",
        "summary": _in_source_language(question.summary),
        "description": "\n".join(text for lang, text in question.summary.items() if lang != SOURCE_LANGUAGE),
        "tags": [question.theme],
        "parameters": [*map(_parameter, question.parameters), *common],
        "responses": {
            "200": {
                "description": "Rows with source, locator and certainty; stated, inferred, contradicted or not stated.",
                "content": {media: {} for media in ANSWER_TYPES.values()},
            },
            "default": {"description": "What is wrong and what to do, in a sentence.", "content": {"text/plain": {}}},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = {"type": "string", "format": "date"} if parameter.kind == DAY_TYPE else {"type": "string"}
    description = _in_source_language(parameter.words) or parameter.name
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": description,
        "schema": schema,
    }


def _in_source_language(texts: Mapping[str, str]) -> str:
    """Return the text in the language of this document, or in the first one there is; "" without any."""
    return texts.get(SOURCE_LANGUAGE) or next(iter(texts.values()), "")
