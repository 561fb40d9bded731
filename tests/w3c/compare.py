"""Answers as things that can be compared: what a test expects, what the engine gives in process, what came over HTTP.

Blank nodes are compared by pyoxigraph's canonical datasets; numbers and days by value within their type, other terms
by their letters.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from w3c.suites import FORMS, place_of, quads_of

RESULTS = {"srx": ox.QueryResultsFormat.XML, "srj": ox.QueryResultsFormat.JSON, "tsv": ox.QueryResultsFormat.TSV}
_SETS = """PREFIX rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#>
SELECT ?solution ?index ?name ?value
{ ?set rs:solution ?solution OPTIONAL { ?solution rs:index ?index }
  OPTIONAL { ?solution rs:binding ?binding . ?binding rs:variable ?name ; rs:value ?value } } ORDER BY ?index"""
_NAMES = "PREFIX rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#> SELECT ?n { ?set rs:resultVariable ?n }"
_BOOLEAN = "PREFIX rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#> SELECT ?b { ?set rs:boolean ?b }"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows of a SELECT and the names of its columns, comparable with those of another.

    `ordered` where their order matters, `counted` where it matters how often a row comes.
    """

    names: frozenset[str]
    plain: frozenset[Any]
    blank: frozenset[str]
    ordered: bool
    counted: bool


def table(names: Iterable[str], rows: Iterable[Row], *, ordered: bool = False, counted: bool = True) -> Table:
    """Return what can be compared of rows: those with blank nodes up to the names of these, the others as they are."""
    times: Counter[Any] = Counter()
    for number, row in enumerate(rows):
        cells = frozenset((name, _canonical_term(term)) for name, term in row.items() if term is not None)
        times[cells, number if ordered else 0] += 1
    if not counted:
        times = Counter(set(times))
    blank = {one for one in times if any(_is_blank(term) for _, term in one[0])}
    quads = []
    for cells, number in blank:
        node = ox.BlankNode()
        quads.append(ox.Quad(node, ox.NamedNode("urn:row"), ox.Literal(f"{number} {times[cells, number]}")))
        quads += [ox.Quad(node, ox.NamedNode(f"urn:column:{name}"), term) for name, term in cells]
    plain = frozenset((one, number) for one, number in times.items() if one not in blank)
    return Table(frozenset(names), plain, _canonical(quads), ordered, counted)


def _is_blank(term: Any) -> bool:
    return isinstance(term, ox.BlankNode) or (isinstance(term, ox.Triple) and any(map(_is_blank, term)))


def graph(triples: Iterable[ox.Triple | ox.Quad]) -> frozenset[str]:
    """Return what can be compared of a graph."""
    return _canonical(ox.Quad(one.subject, one.predicate, _canonical_term(one.object)) for one in triples)


def _canonical_term(term: Any) -> Any:
    """Return `term` as a store keeps it: numbers and days in one way of writing."""
    if isinstance(term, ox.Literal):
        store, node = ox.Store(), ox.NamedNode("urn:x")
        store.add(ox.Quad(node, node, term))
        return next(iter(store)).object
    return term


def _canonical(quads: Iterable[ox.Quad]) -> frozenset[str]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, dataset))


def of_engine(found: Any, *, like: Any) -> Any:
    """Return what can be compared of an answer of the engine, or of one that it has read, as it is in `like`."""
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    if isinstance(found, ox.QueryTriples):
        return graph(found)
    names = [one.value for one in found.variables]
    rows = [dict(zip(names, row, strict=True)) for row in found]
    is_table = isinstance(like, Table)
    return table(names, rows, ordered=is_table and like.ordered, counted=not is_table or like.counted)


def of_table_as_csv(text: str) -> Table:
    """Return what can be compared of a table in CSV."""
    names, *rows = csv.reader(io.StringIO(text))
    terms = [[ox.BlankNode(cell[2:]) if cell.startswith("_:") else ox.Literal(cell) for cell in row] for row in rows]
    return table(names, [dict(zip(names, row, strict=True)) for row in terms])


def expected(iri: str, *, is_graph: bool, ordered: bool, counted: bool) -> Any:
    """Return what the file of a test expects: in order if it tells one, each row as often as it comes if `counted`."""
    place = place_of(iri)
    kind = place.suffix[1:]
    if kind == "csv":
        return of_table_as_csv(place.read_text(encoding="utf-8"))
    if kind in RESULTS:
        found = ox.parse_query_results(place.read_bytes(), RESULTS[kind])
        return of_engine(found, like=table([], [], ordered=ordered, counted=counted))
    assert kind in FORMS
    quads = quads_of(iri, ox.DefaultGraph())
    return graph(quads) if is_graph else _of_result_set(quads, ordered=ordered, counted=counted)


def _of_result_set(quads: list[ox.Quad], *, ordered: bool, counted: bool) -> Any:
    """Return what can be compared of a result written in RDF."""
    store = ox.Store()
    store.extend(quads)
    for row in store.query(_BOOLEAN):
        return row["b"].value == "true"
    rows: dict[str, dict[str, Any]] = {}
    indexed = set()
    for solution, index, name, value in store.query(_SETS):
        indexed.add(index is not None)
        row = rows.setdefault(str(solution), {})
        if name is not None:
            row[name.value] = value
    names = [row["n"].value for row in store.query(_NAMES)]
    return table(names, rows.values(), ordered=ordered and indexed == {True}, counted=counted)
