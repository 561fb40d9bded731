"""The description of the endpoint in RDF: SPARQL 1.1 Service Description, with VoID statistics of its data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from orgline.text import GRAPH_TYPES, RESULT_TYPES

_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_TITLE = ox.NamedNode("http://purl.org/dc/terms/title")
_SD = "http://www.w3.org/ns/sparql-service-description#"
_VOID = "http://rdfs.org/ns/void#"
_FORMATS = "http://www.w3.org/ns/formats/"
PREFIXES = {"sd": _SD, "void": _VOID, "formats": _FORMATS, "dcterms": "http://purl.org/dc/terms/"}
# A build does not know where it will be served: its statistics are about this IRI and IRIs that begin with it.
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


def service_description(address: str, graphs: Iterable[ox.NamedNode]) -> list[ox.Triple]:
    """Return the description of the service at the URL `address`, whose named graphs are `graphs`."""
    service, data = ox.NamedNode(f"{address}sparql"), ox.NamedNode(f"{address}sparql#data")
    default = ox.NamedNode(f"{address}sparql#default")
    triples = [
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
        triples += [
            _iri_triple(data, ox.NamedNode(_SD + "namedGraph"), named.value),
            _iri_triple(named, _TYPE, _SD + "NamedGraph"),
            _iri_triple(named, ox.NamedNode(_SD + "name"), graph.value),
        ]
    return triples


def _iri_triple(subject: ox.NamedNode, predicate: ox.NamedNode, iri: str) -> ox.Triple:
    return ox.Triple(subject, predicate, ox.NamedNode(iri))


def statistics_at(address: str, statistics: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return the VoID `statistics` of a build as those of the default graph of the service at the URL `address`."""
    return [
        ox.Triple(_rebased_term(triple.subject, address), triple.predicate, _rebased_term(triple.object, address))
        for triple in statistics
    ]


def _rebased_term(term: Any, address: str) -> Any:
    if not isinstance(term, ox.NamedNode) or not term.value.startswith(_DATASET_PLACEHOLDER):
        return term
    part = term.value.removeprefix(_DATASET_PLACEHOLDER).removeprefix(":")
    return ox.NamedNode(f"{address}sparql#{part.replace(':', '-', 1) or 'default'}")
