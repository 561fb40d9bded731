"""The questions as example queries that SPARQL editors read, in the SHACL vocabulary (sh:SPARQLExecutable)."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from orgline.content import QueryFile

SH = "http://www.w3.org/ns/shacl#"
EXAMPLES_BASE = "https://w3id.org/orgline/example/"
_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_COMMENT = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
_TARGET, _KEYWORDS = (ox.NamedNode(f"https://schema.org/{name}") for name in ("target", "keywords"))


def sparql_examples(questions: Iterable[QueryFile], endpoint: str) -> list[ox.Triple]:
    """Return `questions` as examples for the SPARQL endpoint at the URL `endpoint`, without their headers."""
    triples = []
    for question in questions:
        node = ox.NamedNode(f"{EXAMPLES_BASE}{question.theme}/{question.name}")
        query = "\n".join(line for line in question.text.splitlines() if not line.startswith("#+"))
        triples += [
            ox.Triple(node, _TYPE, ox.NamedNode(SH + "SPARQLExecutable")),
            ox.Triple(node, _TYPE, ox.NamedNode(SH + "SPARQLSelectExecutable")),
            ox.Triple(node, ox.NamedNode(SH + "select"), ox.Literal(query)),
            ox.Triple(node, _TARGET, ox.NamedNode(endpoint)),
            ox.Triple(node, _KEYWORDS, ox.Literal(question.theme)),
            *(
                ox.Triple(node, _COMMENT, ox.Literal(summary, language=lang))
                for lang, summary in question.summary.items()
            ),
        ]
    return triples
