"""The same test asked three ways over HTTP of a running service, and of the engine in this process."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox
from w3c.compare import expected, graph, of_engine, of_table_as_csv
from w3c.suites import SYNTAX, Case, cases, quads_of

FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
_GRAPH_FORM = re.compile(r"^\s*(?:CONSTRUCT|DESCRIBE)\b", re.IGNORECASE | re.MULTILINE)
_ASK = re.compile(r"^\s*ASK\b", re.IGNORECASE | re.MULTILINE)
_REDUCED = re.compile(r"\bSELECT\s+REDUCED\b", re.IGNORECASE)
_ORDER = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)
_TABLES = ("application/sparql-results+json", "application/sparql-results+xml", "text/tab-separated-values")
_BOOLEANS = ("application/sparql-results+json", "application/sparql-results+xml", "*/*")
_GRAPHS = ("text/turtle", "application/n-triples", "application/rdf+xml")


class Endpoint:
    """Asks the SPARQL endpoint of a service by GET, by a form and by a query as the body."""

    def __init__(self, address: str, source: str = "127.0.0.1") -> None:
        """`source` is the address that asks: each has a budget of its own."""
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=60, source_address=(source, 0))

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        """Return status, media type and body of a request."""
        self._connection.request(method, path, body, headers or {})
        answer = self._connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()

    def by_every_door(
        self, query: str, dataset: list[tuple[str, str]], accepts: Iterable[str]
    ) -> list[tuple[int, str, bytes]]:
        """Return the answers by GET, form and direct POST, each asked for in its own of three forms."""
        get, form, direct = ({"Accept": one} for one in accepts)
        given, alone = urlencode([("query", query), *dataset]), urlencode(dataset)
        return [
            self.ask("GET", f"/sparql?{given}", None, get),
            self.ask("POST", "/sparql", given.encode(), {**form, "Content-Type": FORM}),
            self.ask("POST", f"/sparql?{alone}", query.encode(), {**direct, "Content-Type": DIRECT}),
        ]


def file_of(suites: Iterable[str], place: Path) -> Path:
    """Write all graphs that the tests of `suites` name into one file of N-Quads, each under its own name."""
    files: set[str] = set()
    named: set[str] = set()
    for one in (one for suite in suites for one in cases(suite)):
        files |= {*one.data, *one.graphs}
        (named if one.kind in SYNTAX else files).update(one.own)
    with place.open("wb") as out:
        for one in sorted(files):
            ox.serialize(quads_of(one, ox.NamedNode(one)), out, ox.RdfFormat.N_QUADS)
        for one in sorted(named):
            node = ox.NamedNode(one)
            ox.serialize([ox.Quad(node, node, node, node)], out, ox.RdfFormat.N_QUADS)
    return place


def over_http(case: Case, endpoint: Endpoint, *, ordered: bool = True, alone: bool = False) -> list[str]:
    """Return what is wrong with a test's answers by each door; where its file is served `alone`, without a dataset."""
    if case.kind in SYNTAX:
        text = f"BASE <{case.query}>\n{case.text}" if case.own else case.text
        answers = endpoint.by_every_door(text, [], ["*/*"] * 3)
        return [f"{status}: {body[:200]!r}" for status, _, body in answers if status != SYNTAX[case.kind]]
    given = [("default-graph-uri", case.data), ("named-graph-uri", case.graphs)]
    dataset = [(name, one) for name, files in given for one in files if quads_of(one, ox.DefaultGraph())]
    if case.own or alone:
        dataset = []
    wanted = _wanted(case, ordered=ordered)
    answers = endpoint.by_every_door(f"BASE <{case.query}>\n{case.text}", dataset, _forms(case))
    return [
        f"{media} {status}: {body[:300]!r}"
        for status, media, body in answers
        if status != 200 or _read(body, media, wanted) != wanted
    ]


def in_process(case: Case, *, ordered: bool = True) -> list[str]:
    """Return what is wrong with what the engine itself gives."""
    store = ox.Store()
    for one in case.data:
        store.extend(quads_of(one, ox.DefaultGraph()))
    for one in {*case.graphs, *(case.own if case.kind not in SYNTAX else ())}:
        store.add_graph(ox.NamedNode(one))
        store.extend(quads_of(one, ox.NamedNode(one)))
    try:
        found = store.query(case.text, base_iri=case.query)
    except (SyntaxError, RuntimeError) as error:
        return [] if SYNTAX.get(case.kind) == 400 else [str(error)]
    if case.kind in SYNTAX:
        return [] if SYNTAX[case.kind] == 200 else ["is taken"]
    wanted = _wanted(case, ordered=ordered)
    if _is_csv(case):
        got: Any = of_table_as_csv(found.serialize(format=ox.QueryResultsFormat.CSV).decode())
    else:
        got = of_engine(found, like=wanted)
    return [] if got == wanted else [f"{got} is not {wanted}"]


def _is_csv(case: Case) -> bool:
    return case.result.endswith(".csv")


def _forms(case: Case) -> tuple[str, ...]:
    """Return the three forms in which a test's answer is asked for."""
    if _is_csv(case):
        return ("text/csv",) * 3
    if _GRAPH_FORM.search(case.text):
        return _GRAPHS
    return _BOOLEANS if _ASK.search(case.text) else _TABLES


def _wanted(case: Case, *, ordered: bool) -> Any:
    is_graph, is_reduced = bool(_GRAPH_FORM.search(case.text)), bool(_REDUCED.search(case.text))
    ordered = ordered and bool(_ORDER.search(case.text))
    return expected(case.result, is_graph=is_graph, ordered=ordered, counted=not is_reduced)


def _read(body: bytes, media: str, wanted: Any) -> Any:
    """Return what can be compared of an answer."""
    if media == "text/csv":
        return of_table_as_csv(body.decode())
    if media in _GRAPHS:
        return graph(ox.parse(body, ox.RdfFormat.from_media_type(media)))
    return of_engine(ox.parse_query_results(body, ox.QueryResultsFormat.from_media_type(media)), like=wanted)
