"""The ontology says what every term means, in Vietnamese and English, and is sound; found from its files."""

import re

import pytest
import rdflib
from conftest import ROOT
from rdflib import OWL, RDF, RDFS, SKOS

from orgline.content import read_query_files
from orgline.content.csvw import read_table_kinds
from orgline.content.tree import Content

CONTENT = Content(ROOT)
OL = "https://w3id.org/orgline/ns#"
CODE = "https://w3id.org/orgline/code/"
KINDS = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)


def languages(graph, node, term):
    return {text.language for text in graph.objects(node, term)}


@pytest.fixture(scope="module")
def ontology():
    graph = rdflib.Graph()
    for path in CONTENT.ontology:
        graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def codes():
    graph = rdflib.Graph()
    for path in CONTENT.vocabularies:
        graph.parse(path)
    return graph


def test_the_ontology_has_a_version(ontology):
    """The ontology has one IRI, a version IRI, and a label and description in both languages."""
    (node,) = ontology.subjects(RDF.type, OWL.Ontology)
    assert str(ontology.value(node, OWL.versionIRI)).startswith(str(node) + "/")
    assert {"vi", "en"} <= languages(ontology, node, rdflib.DCTERMS.description)


def test_each_term_is_told_in_both_languages(ontology):
    """Each class and property, ours or not, has labels; each of ours a definition and an example too."""
    terms = {node for kind in (*KINDS, OWL.Class) for node in ontology.subjects(RDF.type, kind)}
    for term in terms:
        assert {"vi", "en"} <= languages(ontology, term, RDFS.label), term
        if str(term).startswith(OL):
            assert {"vi", "en"} <= languages(ontology, term, SKOS.definition), term
            assert ontology.value(term, RDFS.isDefinedBy), term


def test_every_property_and_class_in_use_is_defined(ontology, graph):
    """No triple of the graph, and no column of a table, uses a term that the ontology does not define."""
    known = {str(term) for term in ontology.subjects(RDF.type, None)}
    used = {quad.predicate.value for quad in graph} | {
        quad.object.value for quad in graph if quad.predicate.value == str(RDF.type)
    }
    columns = [column for kind in read_table_kinds(CONTENT).values() for column in kind.columns if column.property]
    used |= {CONTENT.expand(name) for column in columns for name in (column.property, *(column.bounds or ()))}
    builtin = (str(RDF), str(RDFS), str(OWL), "http://www.w3.org/ns/shacl#", "http://purl.org/vocab/vann/")
    told = {name for name in used if not name.startswith(builtin)}
    meta = {str(SKOS.definition), str(SKOS.example), str(SKOS.scopeNote), str(SKOS.changeNote), str(SKOS.note)}
    assert sorted(told - known - meta) == []


def test_no_property_is_of_two_kinds(ontology):
    """A property has one kind, and no class is a property (OWL 2 DL)."""
    classes = set(ontology.subjects(RDF.type, OWL.Class))
    for term in {node for kind in KINDS for node in ontology.subjects(RDF.type, kind)}:
        assert sum((term, RDF.type, kind) in ontology for kind in KINDS) == 1, term
        assert term not in classes, term


def test_the_graph_uses_properties_as_they_are_defined(ontology, graph):
    """An object property has things, a datatype property literals, in every triple of the graph."""
    things = {str(term) for term in ontology.subjects(RDF.type, OWL.ObjectProperty)}
    texts = {str(term) for term in ontology.subjects(RDF.type, OWL.DatatypeProperty)}
    for quad in graph:
        literal = hasattr(quad.object, "datatype")
        assert not (literal and quad.predicate.value in things), quad
        assert not (not literal and quad.predicate.value in texts), quad


def test_one_concept_a_file():
    """A file of terms is one concept: at most a class of ours and its kinds; its shapes share its stem."""
    stems = {path.stem for path in CONTENT.ontology}
    assert {path.stem for path in CONTENT.shapes} <= stems
    for path in CONTENT.ontology:
        graph = rdflib.Graph().parse(path)
        own = [term for term in graph.subjects(RDF.type, OWL.Class) if str(term).startswith(OL)]
        assert len(own) <= 3, path.stem
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", path.stem)


@pytest.mark.parametrize("path", CONTENT.vocabularies, ids=lambda path: path.stem)
def test_code_lists(path, codes):
    """Each code list is a scheme of its file's name; each code has labels, a definition and its notation."""
    scheme = rdflib.URIRef(CODE + path.stem)
    assert (scheme, RDF.type, SKOS.ConceptScheme) in codes
    assert {"vi", "en"} <= languages(codes, scheme, SKOS.prefLabel) | languages(codes, scheme, RDFS.label)
    concepts = set(codes.subjects(SKOS.inScheme, scheme))
    assert concepts
    for code in concepts:
        assert str(code) == f"{scheme}/{codes.value(code, SKOS.notation)}"
        assert {"vi", "en"} <= languages(codes, code, SKOS.prefLabel)
        assert {"vi", "en"} <= languages(codes, code, SKOS.definition)
        assert set(codes.objects(code, SKOS.broader)) <= concepts


def test_each_rule_names_the_sentence_it_rests_on():
    """A rule says in both languages what it concludes, and which sentence it rests on."""
    for rule in read_query_files(CONTENT.rules, CONTENT):
        assert {"vi", "en"} <= set(rule.summary), rule.name
        assert len(str(rule.header.get("rests_on", "")).split()) > 3, rule.name


@pytest.mark.slow
def test_the_ontology_is_consistent(ontology, codes):
    """Reasoning by the OWL 2 RL rules over terms and code lists finds no contradiction and no impossible class."""
    import owlrl

    graph = ontology + codes
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    errors = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage")
    assert list(graph.subjects(RDF.type, errors)) == []
    impossible = set(graph.subjects(RDFS.subClassOf, OWL.Nothing)) - {OWL.Nothing}
    assert impossible == set()
