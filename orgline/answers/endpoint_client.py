"""Remote: a SPARQL endpoint elsewhere, asked by POST, with a time limit, for a known kind of answer.

SPARQLWrapper is wrapped here once and used nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import URLError

import pyoxigraph as ox

from orgline.content import QueryFile
from orgline.graph import OL, Term
from orgline.text import CannotRun, require_extra

BATCH_SIZE = 200
_NAME_PROPERTIES = (
    "<http://www.w3.org/2000/01/rdf-schema#label> <http://www.w3.org/2004/02/skos/core#prefLabel> "
    "<http://www.w3.org/2004/02/skos/core#altLabel> <http://www.w3.org/2004/02/skos/core#notation> "
    "<http://purl.org/dc/terms/identifier>"
)


@dataclass(frozen=True)
class Endpoint:
    """The SPARQL endpoint at `url`; a request that hears nothing for `seconds` is given up."""

    url: str
    seconds: int = 30

    def select(self, query: str) -> list[dict[str, Term]]:
        """Return the solutions of a SELECT. Raises CannotRun when the endpoint does not answer with some."""
        body = self._ask(query, "SELECT", "json", "application/sparql-results+json")
        try:
            found = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
            assert isinstance(found, ox.QuerySolutions)
            names = [variable.value for variable in found.variables]
            return [{name: row[name] for name in names if row[name] is not None} for row in found]
        except (SyntaxError, ValueError, AssertionError) as error:
            raise self._bad_response() from error

    def construct(self, query: str) -> list[ox.Quad]:
        """Return the triples of a CONSTRUCT. Raises CannotRun when the endpoint does not answer with some."""
        body = self._ask(query, "CONSTRUCT", "turtle", "text/turtle")
        try:
            return list(ox.parse(body, ox.RdfFormat.TURTLE))
        except (SyntaxError, ValueError) as error:
            raise self._bad_response() from error

    def _bad_response(self) -> CannotRun:
        return CannotRun(f"{self.url}: answers with something else than results of SPARQL. Give a SPARQL endpoint.")

    def _ask(self, query: str, kind: str, form: str, media: str) -> bytes:
        """Return the body of the answer to a query of `kind`, as `media`. Raises CannotRun when there is none."""
        require_extra("endpoint")
        from SPARQLWrapper import POST, SPARQLWrapper
        from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

        client = SPARQLWrapper(self.url, returnFormat=form)
        client.setMethod(POST)
        client.setTimeout(self.seconds)
        client.setOnlyConneg(onlyConneg=True)
        client.addCustomHttpHeader("Accept", media)
        client.setQuery(query)
        client.queryType = kind  # else it guesses, and takes a word in a comment for an update
        try:
            answer = client.query().response
            body: bytes = answer.read()
        except (SPARQLWrapperException, HTTPException, URLError, OSError, ValueError) as error:
            why = " ".join(str(error).split())[:160]
            raise CannotRun(f"{self.url}: did not answer ({why}). See whether the endpoint runs.") from error
        return body


def fetch_names(endpoint: Endpoint, classes: Iterable[str]) -> ox.Store:
    """Return a store of what `endpoint` calls the things of `classes`, and of its matching decisions and sources."""
    kinds = " ".join(f"<{iri}>" for iri in classes)
    store = ox.Store()
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?kind {{ <{OL}Match> <{OL}Source> }} ?s a ?kind ; ?p ?o }}"
    store.extend(endpoint.construct(query))
    if kinds:
        named = f"VALUES ?kind {{ {kinds} }} ?s a ?kind . OPTIONAL {{ VALUES ?p {{ {_NAME_PROPERTIES} }} ?s ?p ?o }}"
        store.extend(endpoint.construct(f"CONSTRUCT {{ ?s a ?kind ; ?p ?o }} WHERE {{ {named} }}"))
    return store


def fetch_rows(
    endpoint: Endpoint, question: QueryFile, asked: Mapping[str, Iterable[ox.NamedNode | ox.Literal]], store: ox.Store
) -> list[dict[str, Term]]:
    """Return the solutions that `endpoint` gives to `question`, and add to `store` what its evidence and words need."""
    rows = endpoint.select(question.with_values(asked))
    nodes = {row[ground.variable] for row in rows for ground in question.grounds if ground.variable in row}
    found = _fetch_claims(endpoint, _iris(nodes))
    named = _iris(term for row in rows for term in row.values())
    for _ in range(2):  # what the rows and claims name, and what that names: a source, and who published it
        store.extend(found)
        named |= _iris(term for quad in found for term in (quad.subject, quad.object))
        found = _fetch_descriptions(endpoint, _unknown(named, store))
    store.extend(found)
    return rows


def _iris(terms: Iterable[object]) -> set[str]:
    return {term.value for term in terms if isinstance(term, ox.NamedNode)}


def _fetch_claims(endpoint: Endpoint, nodes: set[str]) -> list[ox.Quad]:
    """Return what is said of `nodes`, of the claims about them and of their premises, and the findings on all that.

    Of a claim among them, what it is about is taken too: findings on that count.
    """
    found = _fetch_descriptions(endpoint, sorted(nodes))
    nodes = nodes | _objects_of("about", found)
    seen: set[str] = set()
    about = "VALUES ?n {{ {} }} ?s <" + OL + "about> ?n ; ?p ?o"
    while nodes := nodes - seen:
        seen |= nodes
        quads = [*_fetch_descriptions(endpoint, sorted(nodes)), *_construct(endpoint, sorted(nodes), about)]
        found += quads
        nodes = _objects_of("restsOn", quads) | _iris(quad.subject for quad in quads)
    return found


def _objects_of(name: str, quads: Iterable[ox.Quad]) -> set[str]:
    return _iris(quad.object for quad in quads if quad.predicate.value == f"{OL}{name}")


def _unknown(nodes: Iterable[str], store: ox.Store) -> list[str]:
    """Return the `nodes` of which `store` says nothing, sorted."""
    return sorted(node for node in nodes if not any(store.quads_for_pattern(ox.NamedNode(node), None, None)))


def _fetch_descriptions(endpoint: Endpoint, nodes: list[str]) -> list[ox.Quad]:
    """Return what is said of `nodes`, in whichever graph."""
    return _construct(endpoint, nodes, "VALUES ?s {{ {} }} {{ ?s ?p ?o }} UNION {{ GRAPH ?graph {{ ?s ?p ?o }} }}")


def _construct(endpoint: Endpoint, nodes: list[str], pattern: str) -> list[ox.Quad]:
    """Return the triples that match `pattern` for `nodes`, asked for in batches."""
    found: list[ox.Quad] = []
    for start in range(0, len(nodes), BATCH_SIZE):
        some = " ".join(f"<{node}>" for node in nodes[start : start + BATCH_SIZE])
        found += endpoint.construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern.format(some)} }}")
    return found
