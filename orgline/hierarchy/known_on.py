"""The graph as known on a day: without what only sources published later say.

Removed are the claims of later sources, the relations and figures that no other source supports, and then the things
that nothing refers to any more. What rules concluded is removed first, to be concluded again from what is left. A
source without a date of publication cannot be placed in time: what it says is left out, and the source is returned.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyoxigraph as ox

from orgline.graph import ONTOLOGY_GRAPH, RDF_TYPE, Term, local_name, objects, ol_term, properties_of, subjects
from orgline.text import UNKNOWN, ordinal_bounds

_ABOUT, _FIELD, _CLAIM, _FINDING, _MATCH = (
    ol_term("about"),
    ol_term("field"),
    ol_term("Claim"),
    ol_term("Finding"),
    ol_term("Match"),
)
_DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
_ISSUED = ox.NamedNode("http://purl.org/dc/terms/issued")
_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
_CODES = tuple(ox.NamedNode(f"http://www.w3.org/2004/02/skos/core#{name}") for name in ("Concept", "ConceptScheme"))


def store_known_on(
    store: ox.Store, inferred: Iterable[ox.Triple], by_source: Iterable[ox.Quad], day: date
) -> tuple[ox.Store, list[ox.NamedNode]]:
    """Return a copy of `store` in memory as known on `day`, and the sources without a date, sorted.

    `inferred` are the triples that rules concluded; they are not in the copy, and rules and checks are still to be run
    on it. `by_source` has the statements of things that several sources describe, each in the graph of its source: see
    `orgline.content.quads_by_source`.
    """
    copy = ox.Store()
    copy.bulk_extend(store)
    for triple in inferred:
        copy.remove(ox.Quad(triple.subject, triple.predicate, triple.object))
    _remove(copy, subjects(copy, RDF_TYPE, _FINDING))
    published = {source: _latest_publication(copy, source) for source in subjects(copy, RDF_TYPE, ol_term("Source"))}
    late = {source for source, latest in published.items() if latest > day.toordinal()}
    undated = sorted((source for source, latest in published.items() if latest == UNKNOWN), key=lambda node: node.value)
    # The sources left out are named in the answer, so their labels stay.
    labels = [quad for source in undated for quad in copy.quads_for_pattern(source, _LABEL, None, ox.DefaultGraph())]
    _remove_sources(copy, by_source, late)
    copy.extend(labels)
    return copy, undated


def _latest_publication(store: ox.Store, source: ox.NamedNode) -> int:
    """Return the day (an ordinal) by which `source` had surely been published; UNKNOWN if it has no date."""
    return min((ordinal_bounds(issued.value)[1] for issued in objects(store, source, _ISSUED)), default=UNKNOWN)


def _remove_late_statements(store: ox.Store, by_source: Iterable[ox.Quad], late: set[str]) -> None:
    """Remove what only sources in the folders `late` say of a thing that other sources describe too."""
    is_only_late: dict[ox.Triple, bool] = {}
    for quad in by_source:
        is_only_late[quad.triple] = is_only_late.get(quad.triple, True) and _source_folder(quad) in late
    for triple, is_late in is_only_late.items():
        if is_late:
            store.remove(ox.Quad(triple.subject, triple.predicate, triple.object))


def _source_folder(quad: ox.Quad) -> str:
    """Return the data folder of the source whose graph `quad` is in; "" for the default graph."""
    return local_name(quad.graph_name) if isinstance(quad.graph_name, ox.NamedNode) else ""


def _remove_sources(store: ox.Store, by_source: Iterable[ox.Quad], late: set[ox.NamedNode]) -> None:
    """Remove what only the sources `late` say, then what nothing refers to any more."""
    claims = [claim for claim in subjects(store, RDF_TYPE, _CLAIM) if _rests_only_on(store, claim, late)]
    # A claim without a field is about the node as a whole: without any such claim left, the node itself goes.
    claimed_whole = {node for claim in claims if not _fields(store, claim) for node in objects(store, claim, _ABOUT)}
    _remove_fields(store, claims)
    _remove(store, claims)
    _remove_late_statements(store, by_source, {local_name(source) for source in late})
    unclaimed = {node for node in claimed_whole if not subjects(store, _ABOUT, node)}
    for node in claimed_whole - unclaimed:
        _keep_claimed_fields(store, node)
    with_sources = {quad.subject for quad in store.quads_for_pattern(None, _DERIVED_FROM, None, ox.DefaultGraph())}
    late_nodes = {node for node in with_sources if isinstance(node, ox.NamedNode) and _rests_only_on(store, node, late)}
    _remove(store, unclaimed | late_nodes)
    _remove_unreached(store, late)


def _rests_only_on(store: ox.Store, node: Term, late: set[ox.NamedNode]) -> bool:
    """Return whether `node` is derived from sources, all of them among `late`."""
    sources = list(objects(store, node, _DERIVED_FROM))
    return bool(sources) and all(source in late for source in sources)


def _fields(store: ox.Store, claim: Term) -> list[Term]:
    return list(objects(store, claim, _FIELD))


def _remove_fields(store: ox.Store, claims: list[ox.NamedNode]) -> None:
    """Remove the values of the fields of `claims` that no other claim is about; labels stay, to name things by."""
    removed = set(claims)
    for claim in claims:
        for node in objects(store, claim, _ABOUT):
            others = [_fields(store, other) for other in subjects(store, _ABOUT, node) if other not in removed]
            for field in _fields(store, claim):
                if field != _LABEL and all(fields and field not in fields for fields in others):
                    _remove_values(store, node, field)


def _keep_claimed_fields(store: ox.Store, node: Term) -> None:
    """Keep of `node` only the fields that claims are about, unless a claim about the whole is left."""
    fields_of_claims = [_fields(store, claim) for claim in subjects(store, _ABOUT, node)]
    if all(fields_of_claims):
        kept = {RDF_TYPE, _LABEL, *(field for fields in fields_of_claims for field in fields)}
        for predicate in set(properties_of(store, node)) - kept:
            _remove_values(store, node, predicate)


def _remove_values(store: ox.Store, node: Term, field: Term) -> None:
    """Remove the values of a property of a node."""
    if isinstance(node, ox.NamedNode) and isinstance(field, ox.NamedNode):
        for quad in list(store.quads_for_pattern(node, field, None, ox.DefaultGraph())):
            store.remove(quad)


def _remove_unreached(store: ox.Store, late: set[ox.NamedNode]) -> None:
    """Remove the things that cannot be reached from a claim, a published source, a code or a node with sources."""
    todo: list[Term] = [node for kind in (_CLAIM, *_CODES) for node in subjects(store, RDF_TYPE, kind)]
    todo += [source for source in subjects(store, RDF_TYPE, ol_term("Source")) if source not in late]
    with_sources = (quad.subject for quad in store.quads_for_pattern(None, _DERIVED_FROM, None, ox.DefaultGraph()))
    todo += [node for node in with_sources if isinstance(node, ox.NamedNode)]
    reached: set[Term] = set()
    while todo:
        node = todo.pop()
        if node not in reached and isinstance(node, ox.NamedNode):
            reached.add(node)
            todo += [term for terms in properties_of(store, node).values() for term in terms]
    _keep_matches(store, reached)
    nodes = {quad.subject for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())}
    _remove(store, [node for node in nodes if isinstance(node, ox.NamedNode) and node not in reached])


def _keep_matches(store: ox.Store, reached: set[Term]) -> None:
    """Add to `reached` the matching decisions whose two things are both reached: nothing refers to a decision."""
    for match in subjects(store, RDF_TYPE, _MATCH):
        if all(end in reached for side in ("left", "right") for end in objects(store, match, ol_term(side))):
            reached.add(match)


def _remove(store: ox.Store, nodes: Iterable[Term]) -> None:
    """Remove the statements whose subject or object is among `nodes`, except from the ontology."""
    for node in nodes:
        if isinstance(node, ox.NamedNode):
            quads = [*store.quads_for_pattern(node, None, None), *store.quads_for_pattern(None, None, node)]
            for quad in quads:
                if quad.graph_name != ONTOLOGY_GRAPH:
                    store.remove(quad)
