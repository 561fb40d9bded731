"""Writes the two pages of a build that belong to no view: the start page and the description of the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from orgline.content import Content, QueryFile, read_query_file
from orgline.graph import ONTOLOGY_GRAPH, RDF_TYPE, RDFS_LABEL, Speaker, Term, label, local_name, ol_term, subjects
from orgline.render.html.style import read_style
from orgline.render.html.templates import page_words, render_page, template_text, words_by_key, write_page
from orgline.render.html.thing_facts import issued_text
from orgline.render.view.picture_maker import PictureMaker
from orgline.render.view.view_nodes import list_pages

BUILD_DOWNLOADS = ("graph.ttl", "graph.trig", "graph.nq", "graph.jsonld", "graph.graphml", "tables", "report.json")
_OWL, _RDFS = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/2000/01/rdf-schema#"
_SKOS, _RDF = "http://www.w3.org/2004/02/skos/core#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_CLASSES = (ox.NamedNode(_OWL + "Class"), ox.NamedNode(_RDFS + "Class"))
_PROPERTY_KINDS = ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
_PROPERTIES = (*(ox.NamedNode(_OWL + kind) for kind in _PROPERTY_KINDS), ox.NamedNode(_RDF + "Property"))


def write_pages(store: ox.Store, content: Content, folder: Path, counts: Mapping[str, int]) -> list[Path]:
    """Write index.html and ontology.html into `folder`; return their paths.

    `counts` is the number of nodes of each class in the graph, by local name. The start page links to the pages of
    views that are in `folder`/views. Raises ContentError where the style or the words lack what pages need.
    """
    words = page_words(content)
    speakers = {lang: Speaker(store, lang, words) for lang in words}
    common = {
        "words": words_by_key(words),
        "languages": {lang: words[lang]["language_name"] for lang in words},
        "look": read_style(content)["page"],
        "style": template_text("page.css"),
    }
    index = render_page("index.html", **common, **_index_values(store, content, folder, counts, speakers))
    ontology = render_page("ontology.html", **common, **_ontology_values(store, content, speakers))
    return [write_page(folder / "index.html", index), write_page(folder / "ontology.html", ontology)]


def _index_values(
    store: ox.Store, content: Content, folder: Path, counts: Mapping[str, int], speakers: Mapping[str, Speaker]
) -> dict[str, Any]:
    """Return the values for the start page."""
    classes = {local_name(term): term for kind in _CLASSES for term in _instances_of(store, kind)}
    named = [(_names(store, classes[name], speakers), number) for name, number in counts.items() if name in classes]
    return {
        "title": {lang: speaker.word("tagline") for lang, speaker in speakers.items()},
        "views": _views(store, content, folder, speakers),
        "counts": sorted(named, key=lambda count: -count[1]),
        "downloads": [name for name in BUILD_DOWNLOADS if (folder / name).exists()],
        "themes": _themes(content, speakers),
        "sources": _sources(store, speakers),
    }


def _views(store: ox.Store, content: Content, folder: Path, speakers: Mapping[str, Speaker]) -> list[dict[str, Any]]:
    """Return the title and address of each page of a view that exists, in the order that the views give."""
    maker = PictureMaker(store, speakers)
    pages = list_pages(store, (read_query_file(path, content) for path in content.views))
    return [
        {"address": f"views/{quote(page.file)}", "title": maker.title(page)}
        for page in sorted(pages, key=lambda page: (page.order, page.file))
        if (folder / "views" / page.file).is_file()
    ]


def _themes(content: Content, speakers: Mapping[str, Speaker]) -> list[tuple[dict[str, str], list[QueryFile]]]:
    """Return the questions by theme, the title of each theme by language."""
    themes: dict[str, list[QueryFile]] = {}
    for question in (read_query_file(path, content) for path in content.questions):
        themes.setdefault(question.theme, []).append(question)
    return [
        ({lang: speaker.theme(name) for lang, speaker in speakers.items()}, questions)
        for name, questions in sorted(themes.items())
    ]


def _sources(store: ox.Store, speakers: Mapping[str, Speaker]) -> list[dict[str, Any]]:
    """Return the name and date of publication of each source, by language."""
    return [
        {
            "name": _names(store, source, speakers),
            "issued": {lang: issued_text(speaker, source) for lang, speaker in speakers.items()},
        }
        for source in _instances_of(store, ol_term("Source"))
    ]


def _ontology_values(store: ox.Store, content: Content, speakers: Mapping[str, Speaker]) -> dict[str, Any]:
    """Return the values for the page of the ontology."""
    return {
        "title": {lang: speaker.word("ontology") for lang, speaker in speakers.items()},
        "classes": [_term_values(store, term, content, speakers) for term in _described_terms(store, _CLASSES)],
        "properties": [_term_values(store, term, content, speakers) for term in _described_terms(store, _PROPERTIES)],
        "lists": _code_lists(store, speakers),
    }


def _described_terms(store: ox.Store, kinds: Iterable[ox.NamedNode]) -> list[Term]:
    """Return the terms of these kinds that have a label in the ontology, sorted by local name."""
    terms = {
        term
        for kind in kinds
        for term in _instances_of(store, kind)
        if next(store.quads_for_pattern(term, RDFS_LABEL, None, ONTOLOGY_GRAPH), None)
    }
    return sorted(terms, key=lambda term: (local_name(term).lower(), str(term)))


def _term_values(store: ox.Store, term: Term, content: Content, speakers: Mapping[str, Speaker]) -> dict[str, Any]:
    """Return what the ontology page shows of a term."""

    def prefixed(*properties: str) -> list[str]:
        return [_prefixed_name(value, content) for value in _sorted_objects(store, term, *properties)]

    return {
        "name": _prefixed_name(term, content),
        "label": _names(store, term, speakers),
        "definition": _texts(store, term, (_SKOS + "definition", _SKOS + "scopeNote", _RDFS + "comment"), speakers),
        "example": prefixed(_SKOS + "example"),
        "broader": prefixed(_RDFS + "subClassOf", _RDFS + "subPropertyOf"),
        "domain": prefixed(_RDFS + "domain"),
        "range": prefixed(_RDFS + "range"),
    }


def _code_lists(store: ox.Store, speakers: Mapping[str, Speaker]) -> list[dict[str, Any]]:
    """Return each code list with its codes: notation, name, definition and broader codes."""
    lists = []
    for scheme in _instances_of(store, ox.NamedNode(_SKOS + "ConceptScheme")):
        codes = [
            {
                "name": local_name(code),
                "label": _names(store, code, speakers),
                "definition": _texts(store, code, (_SKOS + "definition",), speakers),
                "broader": [local_name(broader) for broader in _sorted_objects(store, code, _SKOS + "broader")],
            }
            for code in subjects(store, ox.NamedNode(_SKOS + "inScheme"), scheme)
        ]
        lists.append({"name": local_name(scheme), "label": _names(store, scheme, speakers), "codes": codes})
    return lists


def _instances_of(store: ox.Store, kind: ox.NamedNode) -> list[ox.NamedNode]:
    """Return the nodes of a class, in the data or the ontology, sorted."""
    nodes = {quad.subject for quad in store.quads_for_pattern(None, RDF_TYPE, kind, None)}
    return sorted((node for node in nodes if isinstance(node, ox.NamedNode)), key=str)


def _sorted_objects(store: ox.Store, term: Term, *properties: str) -> list[Term]:
    if isinstance(term, ox.Literal):
        return []
    quads = (quad for name in properties for quad in store.quads_for_pattern(term, ox.NamedNode(name), None, None))
    return sorted((quad.object for quad in quads if not isinstance(quad.object, ox.Triple)), key=str)


def _names(store: ox.Store, term: Term, speakers: Mapping[str, Speaker]) -> dict[str, str]:
    return {lang: label(store, term, *speaker.langs) for lang, speaker in speakers.items()}


def _texts(store: ox.Store, term: Term, properties: Iterable[str], speakers: Mapping[str, Speaker]) -> dict[str, str]:
    literals = [literal for name in properties for literal in _sorted_objects(store, term, name)]
    return {lang: " ".join(speaker.texts(literals)) for lang, speaker in speakers.items()}


def _prefixed_name(term: Term, content: Content) -> str:
    """Return `term` with a prefix where one fits, else as it is."""
    for prefix, namespace in content.prefixes.items():
        if term.value.startswith(namespace):
            return f"{prefix}:{term.value.removeprefix(namespace)}"
    return term.value
