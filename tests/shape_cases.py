"""The graphs of tests/refused as data: see the README there for how they are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox
import pyshacl
import rdflib
from conftest import ROOT
from variants import Facts, changed, read

from orgline.content.tree import Content
from orgline.graph.shacl import read_shapes

REFUSED = sorted((ROOT / "tests" / "refused").glob("*.trig"))
SHAPES = sorted((ROOT / "ontology" / "shapes").glob("*.ttl"))
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
REFUSED_TEXT = rdflib.URIRef("https://w3id.org/orgline/ns#refusedText")
_SHAPE, _CODE = "https://w3id.org/orgline/shape/", "https://w3id.org/orgline/code/"
# What a shape says besides its constraints. Whatever else it says of sh: is a constraint and needs a case.
_NO_CONSTRAINT = {
    SH.path, SH.message, SH.targetClass, SH.targetSubjectsOf, SH.property, SH.ignoredProperties
}  # fmt: skip

Constraint = tuple[str, str]
"""A constraint: the shape's name such as ``post#role``, and the parameter, such as ``minCount``."""


@dataclass(frozen=True)
class Case:
    """One graph of tests/refused: its constraint, None where it is accepted, and its changed copies of nodes."""

    stem: str
    name: str
    constraint: Constraint | None
    nodes: frozenset[str]
    facts: tuple[ox.Triple, ...]


@dataclass(frozen=True, order=True)
class Refusal:
    """One result of SHACL: the constraint, the property, and the sentences of the shape as language and text."""

    constraint: Constraint
    path: str
    sentences: tuple[tuple[str, str], ...]


@cache
def accepted() -> tuple[ox.Triple, ...]:
    """The triples of all default graphs, with the codes that the cases use."""
    facts = [fact for path in REFUSED for fact in read(path)[0]]
    used = {fact.object for path in REFUSED for part in (read(path)[0], *read(path)[1].values()) for fact in part}
    codes = [fact for path in sorted((ROOT / "ontology" / "vocabularies").glob("*.ttl")) for fact in read(path)[0]]
    return (*facts, *(fact for fact in codes if fact.subject in used or _is_list(fact)))


def _is_list(fact: ox.Triple) -> bool:
    """Tell whether the subject is a code list (``code:role``) and no code of one."""
    return "/" not in fact.subject.value.removeprefix(_CODE)


@cache
def cases() -> tuple[Case, ...]:
    """Each named graph of tests/refused."""
    known = defaultdict(list)
    for fact in accepted():
        known[fact.subject].append(fact)
    return tuple(_case(path.stem, name, changes, known) for path in REFUSED for name, changes in read(path)[1].items())


def _case(stem: str, name: str, changes: Facts, known: dict[ox.NamedNode, list[ox.Triple]]) -> Case:
    copies = {one.subject: ox.NamedNode(f"{one.subject.value}~{stem}.{name}") for one in changes}
    facts = tuple(
        ox.Triple(copies[one.subject], one.predicate, copies.get(one.object, one.object))
        for one in changed((fact for node in copies for fact in known[node]), changes)
    )
    shape, _, parameter = name.partition("/")[0].rpartition(".")
    constraint = (f"{stem}#{shape}" if shape else stem, parameter) if not name.startswith("accepted.") else None
    return Case(stem, name, constraint, frozenset(node.value for node in copies.values()), facts)


@cache
def shapes_graph() -> rdflib.Graph:
    """All shapes of ontology/shapes, for the languages of the content; not to be changed."""
    return read_shapes(SHAPES, Content.find(ROOT).languages.of_data)


def constraints() -> set[Constraint]:
    """Each constraint of a shape that has a sentence."""
    graph = shapes_graph()
    return {
        (short(shape), str(parameter).rpartition("#")[2])
        for shape in set(graph.subjects(SH.message))
        for parameter in graph.predicates(shape)
        if parameter == REFUSED_TEXT or (parameter in SH and parameter not in _NO_CONSTRAINT)
    }


def short(shape: rdflib.URIRef) -> str:
    """Return the name of a shape: its IRI without the part that all share."""
    return str(shape).removeprefix(_SHAPE)


def refusals(facts: Iterable[ox.Triple], shapes: rdflib.Graph) -> dict[str, set[Refusal]]:
    """Return what `shapes` say against the graph of `facts`, by the node concerned."""
    data = ox.serialize(set(facts), format=ox.RdfFormat.N_TRIPLES)
    _, report, _ = pyshacl.validate(rdflib.Graph().parse(data=data, format="nt"), shacl_graph=shapes, inplace=True)
    found = defaultdict(set)
    for result in report.subjects(rdflib.RDF.type, SH.ValidationResult):
        component = str(report.value(result, SH.sourceConstraintComponent)).rpartition("#")[2]
        parameter = component.removesuffix("ConstraintComponent")
        sentences = tuple(sorted((text.language, str(text)) for text in report.objects(result, SH.resultMessage)))
        found[str(report.value(result, SH.focusNode))].add(
            Refusal(
                (short(report.value(result, SH.sourceShape)), parameter[:1].lower() + parameter[1:]),
                str(report.value(result, SH.resultPath)),
                sentences,
            )
        )
    return found


@cache
def found() -> dict[str, set[Refusal]]:
    """What all shapes say against the accepted graph and all cases, in one run."""
    return refusals([*accepted(), *(fact for case in cases() for fact in case.facts)], shapes_graph())


def narrowed() -> tuple[rdflib.Graph, dict[str, str]]:
    """Return copies of the shapes, each without one choice of a list, and what each copy lacks by its name.

    A list is that of ``sh:or``, ``sh:in``, ``sh:languageIn`` or ``sh:ignoredProperties``.
    """
    graph, copies, lacking = shapes_graph(), rdflib.Graph(), {}
    for shape in sorted(set(graph.subjects(SH.message))):
        for node in _within(graph, shape):
            for parameter in (SH["or"], SH["in"], SH.languageIn, SH.ignoredProperties):
                for choice in rdflib.collection.Collection(graph, graph.value(node, parameter)):
                    copy = rdflib.URIRef(f"{shape}~{len(lacking)}")
                    lacking[short(copy)] = f"{short(node)} sh:{parameter.rpartition('#')[2]} without {choice}"
                    _narrow(graph, copies, (shape, node, parameter, choice), copy)
    return copies, lacking


def _within(graph: rdflib.Graph, shape: rdflib.URIRef) -> list[rdflib.URIRef]:
    """Return `shape` and the shapes that its constraints name, apart from those of its properties."""
    inner = [
        one
        for parameter in (SH["or"], SH["not"])
        for value in graph.objects(shape, parameter)
        for one in (rdflib.collection.Collection(graph, value) if parameter == SH["or"] else [value])
    ]
    return [shape, *(node for one in inner for node in _within(graph, one))]


def _narrow(graph: rdflib.Graph, copies: rdflib.Graph, choice: tuple[rdflib.URIRef, ...], copy: rdflib.URIRef) -> None:
    """Add `shape` and what is within it to `copies`, the shape named `copy`, without the one `choice`."""
    shape, node, parameter, item = choice
    names = {one: rdflib.URIRef(f"{one}~in~{short(copy)}") for one in _within(graph, shape)} | {shape: copy}
    for one in names:
        for predicate, value in graph.predicate_objects(one):
            if predicate == SH.property:
                continue
            items = list(rdflib.collection.Collection(graph, value))
            if items:
                kept = [names.get(each, each) for each in items if (one, predicate, each) != (node, parameter, item)]
                value = rdflib.collection.Collection(copies, rdflib.BNode(), kept).uri  # noqa: PLW2901
            copies.add((names[one], predicate, names.get(value, value)))
    root = graph.value(None, SH.property, shape)
    for target in (SH.targetClass, SH.targetSubjectsOf):
        for value in graph.objects(root, target) if root else ():
            copies.add((copy, target, value))


def targets() -> set[tuple[str, str]]:
    """Each shape with a target, by name, and the class or property it is for."""
    graph = shapes_graph()
    kinds = (SH.targetClass, SH.targetSubjectsOf)
    return {(short(shape), str(one)) for kind in kinds for shape, one in graph.subject_objects(kind)}


def aimed_at() -> set[tuple[str, str]]:
    """Each target of a shape that a case needs: no other target of the shape reaches the node that is refused."""
    graph, needed = shapes_graph(), set()
    wanted = defaultdict(set)
    for shape, target in targets():
        wanted[shape].add(target)
    for case in cases():
        if case.constraint:
            shape = rdflib.URIRef(_SHAPE + case.constraint[0])
            root = short(graph.value(None, SH.property, shape) or shape)
            reached = {fact.predicate.value for fact in case.facts} | {
                fact.object.value for fact in case.facts if fact.predicate.value == str(rdflib.RDF.type)
            }
            hit = wanted[root] & reached
            needed |= {(root, target) for target in hit if len(hit) == 1}
    return needed
