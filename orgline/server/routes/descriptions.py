"""Catalog: the questions of the content as others describe services: OpenAPI, and examples for SPARQL editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from orgline.content import DAY_TYPE, Parameter, QueryFile
from orgline.text import ANSWER_TYPES, GRAPH_TYPES, RESULT_TYPES, SOURCE_LANGUAGE, __version__

SH = "http://www.w3.org/ns/shacl#"
EXAMPLES_BASE = "https://w3id.org/orgline/example/"
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_COMMENT = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
_TARGET, _KEYWORDS = (ox.NamedNode(f"https://schema.org/{name}") for name in ("target", "keywords"))
_SD, _VOID, _FORMATS = (
    "http://www.w3.org/ns/sparql-service-description#",
    "http://rdfs.org/ns/void#",
    "http://www.w3.org/ns/formats/",
)
_TITLE = ox.NamedNode("http://purl.org/dc/terms/title")
PREFIXES = {"sd": _SD, "void": _VOID, "formats": _FORMATS, "dcterms": "http://purl.org/dc/terms/"}
_DATASET_PLACEHOLDER = "urn:data"
_FORMAT_NAMES = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "turtle": "Turtle",
    "nt": "N-Triples",
    "jsonld": "JSON-LD",
    "rdfxml": "RDF_XML",
    "trig": "TriG",
    "nq": "N-Quads",
}
_COMMON_PARAMETERS = (
    ("as-of", "The day asked of, as 2024-05-31; today if not given.", {"type": "string", "format": "date"}),
    ("as-known-on", "Only what had been published by this day.", {"type": "string", "format": "date"}),
    ("format", "The form of the answer.", {"type": "string", "enum": list(ANSWER_TYPES)}),
)


def openapi_document(questions: Iterable[QueryFile], languages: Iterable[str], address: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the questions served at `address`, answered in `languages`."""
    lang = ("lang", "The language of the answer.", {"type": "string", "enum": sorted(languages)})
    every = [
        {"name": name, "in": "query", "description": said, "schema": schema}
        for name, said, schema in (*_COMMON_PARAMETERS, lang)
    ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "orgline",
            "version": __version__,
            "description": "Who reports to whom, since when, by which directive, and who says so.",
        },
        "servers": [{"url": address.rstrip("/")}],
        "paths": {f"/ask/{one.theme}/{one.name}": {"get": _operation(one, every)} for one in questions},
    }


def _operation(question: QueryFile, every: list[dict[str, Any]]) -> dict[str, Any]:
    given = [_parameter(one) for one in question.parameters]
    return {
        "operationId": f"{question.theme}-{question.name}",
        "summary": _in_source_language(question.summary),
        "description": "\n".join(text for lang, text in question.summary.items() if lang != SOURCE_LANGUAGE),
        "tags": [question.theme],
        "parameters": [*given, *every],
        "responses": {
            "200": {
                "description": "Rows with source, locator and certainty; stated, inferred, contradicted or not stated.",
                "content": {media: {} for media in ANSWER_TYPES.values()},
            },
            "default": {"description": "What is wrong and what to do, in a sentence.", "content": {"text/plain": {}}},
        },
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = {"type": "string", "format": "date"} if one.kind == DAY_TYPE else {"type": "string"}
    description = _in_source_language(one.words) or one.name
    return {"name": one.name, "in": "query", "required": one.required, "description": description, "schema": schema}


def _in_source_language(texts: Mapping[str, str]) -> str:
    """Return the text, of those by language, in the language of this document, else in any."""
    return texts.get(SOURCE_LANGUAGE) or next(iter(texts.values()), "")


def sparql_examples(questions: Iterable[QueryFile], endpoint: str) -> list[ox.Triple]:
    """Return the questions as examples for SPARQL editors (sh:SPARQLExecutable), to be asked of `endpoint`."""
    found = []
    for one in questions:
        node = ox.NamedNode(f"{EXAMPLES_BASE}{one.theme}/{one.name}")
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


def service_description(address: str, graphs: Iterable[ox.NamedNode]) -> list[ox.Triple]:
    """Return what the service at `address` is, in the words of SPARQL 1.1 Service Description and VoID."""
    service, data = ox.NamedNode(f"{address}sparql"), ox.NamedNode(f"{address}sparql#data")
    default = ox.NamedNode(f"{address}sparql#default")
    found = [
        _iri_triple(service, _TYPE, _SD + "Service"),
        _iri_triple(service, ox.NamedNode(_SD + "endpoint"), service.value),
        _iri_triple(service, ox.NamedNode(_SD + "supportedLanguage"), _SD + "SPARQL10Query"),
        _iri_triple(service, ox.NamedNode(_SD + "supportedLanguage"), _SD + "SPARQL11Query"),
        *(
            _iri_triple(service, ox.NamedNode(_SD + "resultFormat"), _FORMATS + _FORMAT_NAMES[name])
            for name in (*RESULT_TYPES, *GRAPH_TYPES)
        ),
        _iri_triple(service, ox.NamedNode(_SD + "defaultDataset"), data.value),
        _iri_triple(data, _TYPE, _SD + "Dataset"),
        _iri_triple(data, _TYPE, _VOID + "Dataset"),
        ox.Triple(data, _TITLE, ox.Literal("orgline")),
        _iri_triple(data, ox.NamedNode(_SD + "defaultGraph"), default.value),
        _iri_triple(data, ox.NamedNode(_VOID + "sparqlEndpoint"), service.value),
        _iri_triple(data, ox.NamedNode(_VOID + "dataDump"), f"{address}rdf-graph-store?default"),
        _iri_triple(default, _TYPE, _SD + "Graph"),
    ]
    for number, graph in enumerate(sorted(graphs, key=str)):
        named = ox.NamedNode(f"{address}sparql#graph-{number}")
        found += [
            _iri_triple(data, ox.NamedNode(_SD + "namedGraph"), named.value),
            _iri_triple(named, _TYPE, _SD + "NamedGraph"),
            _iri_triple(named, ox.NamedNode(_SD + "name"), graph.value),
        ]
    return found


def _iri_triple(subject: ox.NamedNode, property_: ox.NamedNode, value: str) -> ox.Triple:
    return ox.Triple(subject, property_, ox.NamedNode(value))


def statistics_at(address: str, counted: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return `statistics` as those of the default graph of the service at `address`."""
    return [
        ox.Triple(_rebased_term(one.subject, address), one.predicate, _rebased_term(one.object, address))
        for one in counted
    ]


def _rebased_term(term: Any, address: str) -> Any:
    if not isinstance(term, ox.NamedNode) or not term.value.startswith(_DATASET_PLACEHOLDER):
        return term
    part = term.value.removeprefix(_DATASET_PLACEHOLDER).removeprefix(":")
    return ox.NamedNode(f"{address}sparql#{part.replace(':', '-', 1) or 'default'}")
