"""Known: the graph as it could have been by a day, from the sources published until then.

What only later sources say is taken away: their claims, the relations and figures that nothing else
supports, and the things that then nothing speaks of. What rules concluded goes first, to be concluded
anew from what is left. A source without a date of publication cannot be placed: it is left out and named.
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
    store: ox.Store, inferred: Iterable[ox.Triple], said: Iterable[ox.Quad], day: date
) -> tuple[ox.Store, list[ox.NamedNode]]:
    """Return what was known of `store` by `day`, in memory, without what was `inferred`; and the undated sources.

    `said` is what each source says of the things that several describe: see `mapping.said_by_several`.
    Rules and checks are still to be run on the result.
    """
    copy = ox.Store()
    copy.bulk_extend(store)
    for triple in inferred:
        copy.remove(ox.Quad(triple.subject, triple.predicate, triple.object))
    _remove(copy, subjects(copy, RDF_TYPE, _FINDING))
    issued = {source: _published(copy, source) for source in subjects(copy, RDF_TYPE, ol_term("Source"))}
    late = {source for source, last in issued.items() if last > day.toordinal()}
    undated = sorted((one for one, last in issued.items() if last == UNKNOWN), key=lambda one: one.value)
    names = [quad for one in undated for quad in copy.quads_for_pattern(one, _LABEL, None, ox.DefaultGraph())]
    _remove_sources(copy, said, late)
    copy.extend(names)
    return copy, undated


def _published(store: ox.Store, source: ox.NamedNode) -> int:
    """Return the day by which `source` had surely been published, UNKNOWN if it does not say."""
    return min((ordinal_bounds(issued.value)[1] for issued in objects(store, source, _ISSUED)), default=UNKNOWN)


def _remove_late_statements(store: ox.Store, said: Iterable[ox.Quad], late: set[str]) -> None:
    """Take away what only sources in the folders `late` say of a thing that others describe too."""
    words: dict[ox.Triple, bool] = {}
    for quad in said:
        words[quad.triple] = words.get(quad.triple, True) and _source_folder(quad) in late
    for triple, is_late in words.items():
        if is_late:
            store.remove(ox.Quad(triple.subject, triple.predicate, triple.object))


def _source_folder(quad: ox.Quad) -> str:
    return local_name(quad.graph_name) if isinstance(quad.graph_name, ox.NamedNode) else ""


def _remove_sources(store: ox.Store, said: Iterable[ox.Quad], late: set[ox.NamedNode]) -> None:
    """Take away what only the sources `late` say, and what is then left without anything that speaks of it."""
    claims = [one for one in subjects(store, RDF_TYPE, _CLAIM) if _rests_on(store, one, late)]
    whole = {node for claim in claims if not _fields(store, claim) for node in objects(store, claim, _ABOUT)}
    _remove_fields(store, claims)
    _remove(store, claims)
    _remove_late_statements(store, said, {local_name(one) for one in late})
    silent = {node for node in whole if not subjects(store, _ABOUT, node)}
    for node in whole - silent:
        _keep_fields(store, node)
    own = {quad.subject for quad in store.quads_for_pattern(None, _DERIVED_FROM, None, ox.DefaultGraph())}
    late_nodes = {node for node in own if isinstance(node, ox.NamedNode) and _rests_on(store, node, late)}
    _remove(store, silent | late_nodes)
    _remove_unreached(store, late)


def _rests_on(store: ox.Store, node: Term, late: set[ox.NamedNode]) -> bool:
    sources = list(objects(store, node, _DERIVED_FROM))
    return bool(sources) and all(source in late for source in sources)


def _fields(store: ox.Store, claim: Term) -> list[Term]:
    return list(objects(store, claim, _FIELD))


def _remove_fields(store: ox.Store, claims: list[ox.NamedNode]) -> None:
    """Take away the values of fields on which no other claim is left; names stay, to call things by."""
    gone = set(claims)
    for claim in claims:
        for node in objects(store, claim, _ABOUT):
            others = [_fields(store, one) for one in subjects(store, _ABOUT, node) if one not in gone]
            for field in _fields(store, claim):
                if field != _LABEL and all(fields and field not in fields for fields in others):
                    _remove_values(store, node, field)


def _keep_fields(store: ox.Store, node: Term) -> None:
    """Leave of `node` what the claims about it say, where none that is left is about the whole."""
    fields = [_fields(store, one) for one in subjects(store, _ABOUT, node)]
    if all(fields):
        kept = {RDF_TYPE, _LABEL, *(field for one in fields for field in one)}
        for predicate in set(properties_of(store, node)) - kept:
            _remove_values(store, node, predicate)


def _remove_values(store: ox.Store, node: Term, field: Term) -> None:
    if isinstance(node, ox.NamedNode) and isinstance(field, ox.NamedNode):
        for quad in list(store.quads_for_pattern(node, field, None, ox.DefaultGraph())):
            store.remove(quad)


def _remove_unreached(store: ox.Store, late: set[ox.NamedNode]) -> None:
    """Take away the things that no claim, published source or code leads to any more."""
    todo: list[Term] = [one for kind in (_CLAIM, *_CODES) for one in subjects(store, RDF_TYPE, kind)]
    todo += [one for one in subjects(store, RDF_TYPE, ol_term("Source")) if one not in late]
    own = (quad.subject for quad in store.quads_for_pattern(None, _DERIVED_FROM, None, ox.DefaultGraph()))
    todo += [one for one in own if isinstance(one, ox.NamedNode)]
    reached: set[Term] = set()
    while todo:
        node = todo.pop()
        if node not in reached and isinstance(node, ox.NamedNode):
            reached.add(node)
            todo += [one for terms in properties_of(store, node).values() for one in terms]
    _keep_matches(store, reached)
    nodes = {quad.subject for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())}
    _remove(store, [one for one in nodes if isinstance(one, ox.NamedNode) and one not in reached])


def _keep_matches(store: ox.Store, reached: set[Term]) -> None:
    """Add to `reached` the matching decisions of which both ends are reached."""
    for match in subjects(store, RDF_TYPE, _MATCH):
        if all(end in reached for side in ("left", "right") for end in objects(store, match, ol_term(side))):
            reached.add(match)


def _remove(store: ox.Store, nodes: Iterable[Term]) -> None:
    """Take away all that is said of `nodes`, and all that names them."""
    for node in nodes:
        if isinstance(node, ox.NamedNode):
            said = [*store.quads_for_pattern(node, None, None), *store.quads_for_pattern(None, None, node)]
            for quad in said:
                if quad.graph_name != ONTOLOGY_GRAPH:
                    store.remove(quad)
