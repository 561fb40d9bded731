"""Catalog: the questions of the content as others describe services: OpenAPI, and examples for SPARQL editors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from orgline import __version__
from orgline.negotiate import ANSWERS
from orgline.query import DAY, Parameter, Query

SH = "http://www.w3.org/ns/shacl#"
EXAMPLES = "https://w3id.org/orgline/example/"
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_COMMENT = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
_TARGET, _KEYWORDS = (ox.NamedNode(f"https://schema.org/{name}") for name in ("target", "keywords"))
_EVERY = (
    ("as-of", "The day asked of, as 2024-05-31; today if not given.", {"type": "string", "format": "date"}),
    ("as-known-on", "Only what had been published by this day.", {"type": "string", "format": "date"}),
    ("lang", "The language of the answer.", {"type": "string", "enum": ["vi", "en"]}),
    ("format", "The form of the answer.", {"type": "string", "enum": list(ANSWERS)}),
)


def openapi(questions: Iterable[Query], address: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the questions served at `address`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "orgline",
            "version": __version__,
            "description": "Who reports to whom, since when, by which directive, and who says so.",
        },
        "servers": [{"url": address.rstrip("/")}],
        "paths": {f"/ask/{one.theme}/{one.name}": {"get": _operation(one)} for one in questions},
    }


def _operation(question: Query) -> dict[str, Any]:
    given = [_parameter(one) for one in question.parameters]
    every = [{"name": name, "in": "query", "description": said, "schema": schema} for name, said, schema in _EVERY]
    return {
        "operationId": f"{question.theme}-{question.name}",
        "summary": question.summary.get("en") or next(iter(question.summary.values()), ""),
        "description": question.summary.get("vi", ""),
        "tags": [question.theme],
        "parameters": [*given, *every],
        "responses": {
            "200": {
                "description": "Rows with source, locator and certainty; stated, inferred, contradicted or not stated.",
                "content": {media: {} for media in ANSWERS.values()},
            },
            "default": {"description": "What is wrong and what to do, in a sentence.", "content": {"text/plain": {}}},
        },
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = {"type": "string", "format": "date"} if one.kind == DAY else {"type": "string"}
    said = one.words.get("en") or next(iter(one.words.values()), one.name)
    return {"name": one.name, "in": "query", "required": one.required, "description": said, "schema": schema}


def examples(questions: Iterable[Query], endpoint: str) -> list[ox.Triple]:
    """Return the questions as examples for SPARQL editors (sh:SPARQLExecutable), to be asked of `endpoint`."""
    found = []
    for one in questions:
        node = ox.NamedNode(f"{EXAMPLES}{one.theme}/{one.name}")
        text = "\n".join(line for line in one.text.splitlines() if not line.startswith("#+"))
        found += [
            ox.Triple(node, _TYPE, ox.NamedNode(SH + "SPARQLExecutable")),
            ox.Triple(node, _TYPE, ox.NamedNode(SH + "SPARQLSelectExecutable")),
            ox.Triple(node, ox.NamedNode(SH + "select"), ox.Literal(text)),
            ox.Triple(node, _TARGET, ox.NamedNode(endpoint)),
            ox.Triple(node, _KEYWORDS, ox.Literal(one.theme)),
            *(ox.Triple(node, _COMMENT, ox.Literal(said, language=lang)) for lang, said in one.summary.items()),
        ]
    return found
