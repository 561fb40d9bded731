"""Pages: the start page that leads to everything, and the page of the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from orgline.content import Content, QueryFile, read_query_file
from orgline.graph import ONTOLOGY_GRAPH, RDF_TYPE, RDFS_LABEL, Speaker, Term, label, local_name, ol_term, subjects
from orgline.render.html.templates import page_words, read_style, render_page, template_text, words_by_key, write_page
from orgline.render.view.view_model import PictureMaker, list_pages

BUILD_DOWNLOADS = ("graph.ttl", "graph.trig", "graph.nq", "graph.jsonld", "graph.graphml", "tables", "report.json")
_OWL, _RDFS = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/2000/01/rdf-schema#"
_SKOS, _RDF = "http://www.w3.org/2004/02/skos/core#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_CLASSES = tuple(ox.NamedNode(one) for one in (_OWL + "Class", _RDFS + "Class"))
_PROPERTIES = tuple(
    ox.NamedNode(one)
    for one in (
        *(_OWL + kind for kind in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")),
        _RDF + "Property",
    )
)


def write_pages(store: ox.Store, content: Content, folder: Path, counts: Mapping[str, int]) -> list[Path]:
    """Write index.html and ontology.html into `folder`; return their paths.

    `counts` says how many nodes of each class the graph has; the pages of views are those in `folder`/views.
    Raises ContentError when the style or words lack what pages need.
    """
    words = page_words(content)
    speakers = {lang: Speaker(store, lang, words) for lang in words}
    common = {
        "words": words_by_key(words),
        "languages": {lang: words[lang]["language_name"] for lang in words},
        "look": read_style(content)["page"],
        "style": template_text("page.css"),
    }
    return [
        write_page(
            folder / "index.html",
            render_page("index.html", **common, **_index_values(store, content, folder, counts, speakers)),
        ),
        write_page(
            folder / "ontology.html",
            render_page("ontology.html", **common, **_ontology_values(store, content, speakers)),
        ),
    ]


def _index_values(
    store: ox.Store, content: Content, folder: Path, counts: Mapping[str, int], speakers: Mapping[str, Speaker]
) -> dict[str, Any]:
    terms = {local_name(one): one for kind in _CLASSES for one in _instances_of(store, kind)}
    named = {name: _names(store, terms[name], speakers) for name in counts if name in terms}
    return {
        "title": {lang: speaker.word("tagline") for lang, speaker in speakers.items()},
        "views": _views(store, content, folder, speakers),
        "counts": sorted(((named[name], counts[name]) for name in named), key=lambda one: -one[1]),
        "downloads": [name for name in BUILD_DOWNLOADS if (folder / name).exists()],
        "themes": _themes(content),
        "sources": _sources(store, speakers),
    }


def _views(store: ox.Store, content: Content, folder: Path, speakers: Mapping[str, Speaker]) -> list[dict[str, Any]]:
    """Return the pages that have been drawn with what to call them, in the order that their views give."""
    painter = PictureMaker(store, speakers)
    pages = list_pages(store, (read_query_file(path, content) for path in content.views))
    return [
        {"address": f"views/{quote(page.file)}", "title": painter.title(page)}
        for page in sorted(pages, key=lambda one: (one.order, one.file))
        if (folder / "views" / page.file).is_file()
    ]


def _themes(content: Content) -> list[tuple[str, list[QueryFile]]]:
    themes: dict[str, list[QueryFile]] = {}
    for question in (read_query_file(path, content) for path in content.questions):
        themes.setdefault(question.theme, []).append(question)
    return sorted(themes.items())


def _sources(store: ox.Store, speakers: Mapping[str, Speaker]) -> list[dict[str, Any]]:
    found = []
    for source in _instances_of(store, ol_term("Source")):
        issued = {lang: speaker.issued(source) for lang, speaker in speakers.items()}
        said = {
            lang: speakers[lang].word("published").format(speakers[lang].date(date))
            if date
            else speakers[lang].word("undated")
            for lang, date in issued.items()
        }
        found.append({"name": _names(store, source, speakers), "issued": said})
    return found


def _ontology_values(store: ox.Store, content: Content, speakers: Mapping[str, Speaker]) -> dict[str, Any]:
    return {
        "title": {lang: speaker.word("ontology") for lang, speaker in speakers.items()},
        "classes": [_term_values(store, one, content, speakers) for one in _terms(store, _CLASSES)],
        "properties": [_term_values(store, one, content, speakers) for one in _terms(store, _PROPERTIES)],
        "lists": _code_lists(store, speakers),
    }


def _terms(store: ox.Store, kinds: Iterable[ox.NamedNode]) -> list[Term]:
    """Return the terms of `kinds` that the ontology describes: those with a label in it."""
    found = {
        one
        for kind in kinds
        for one in _instances_of(store, kind)
        if next(store.quads_for_pattern(one, RDFS_LABEL, None, ONTOLOGY_GRAPH), None)
    }
    return sorted(found, key=lambda one: (local_name(one).lower(), str(one)))


def _term_values(store: ox.Store, term: Term, content: Content, speakers: Mapping[str, Speaker]) -> dict[str, Any]:
    def short(*names: str) -> list[str]:
        return [_prefixed_name(one, content) for one in _sorted_objects(store, term, *names)]

    return {
        "name": _prefixed_name(term, content),
        "label": _names(store, term, speakers),
        "definition": _texts(store, term, (_SKOS + "definition", _SKOS + "scopeNote", _RDFS + "comment"), speakers),
        "example": short(_SKOS + "example"),
        "above": short(_RDFS + "subClassOf", _RDFS + "subPropertyOf"),
        "domain": short(_RDFS + "domain"),
        "range": short(_RDFS + "range"),
    }


def _code_lists(store: ox.Store, speakers: Mapping[str, Speaker]) -> list[dict[str, Any]]:
    """Return each code list with its codes: notation, name, definition, what is broader."""
    found = []
    for scheme in _instances_of(store, ox.NamedNode(_SKOS + "ConceptScheme")):
        codes = [
            {
                "name": local_name(code),
                "label": _names(store, code, speakers),
                "definition": _texts(store, code, (_SKOS + "definition",), speakers),
                "above": [local_name(one) for one in _sorted_objects(store, code, _SKOS + "broader")],
            }
            for code in subjects(store, ox.NamedNode(_SKOS + "inScheme"), scheme)
        ]
        found.append({"name": local_name(scheme), "label": _names(store, scheme, speakers), "codes": codes})
    return found


def _instances_of(store: ox.Store, kind: ox.NamedNode) -> list[ox.NamedNode]:
    """Return the things of `kind`, of data or ontology, sorted."""
    found = {quad.subject for quad in store.quads_for_pattern(None, RDF_TYPE, kind, None)}
    return sorted((one for one in found if isinstance(one, ox.NamedNode)), key=str)


def _sorted_objects(store: ox.Store, term: Term, *predicates: str) -> list[Term]:
    if isinstance(term, ox.Literal):
        return []
    quads = [quad for one in predicates for quad in store.quads_for_pattern(term, ox.NamedNode(one), None, None)]
    return sorted((quad.object for quad in quads if not isinstance(quad.object, ox.Triple)), key=str)


def _names(store: ox.Store, term: Term, speakers: Mapping[str, Speaker]) -> dict[str, str]:
    return {lang: label(store, term, *speaker.langs) for lang, speaker in speakers.items()}


def _texts(store: ox.Store, term: Term, predicates: Iterable[str], speakers: Mapping[str, Speaker]) -> dict[str, str]:
    literals = [text for one in predicates for text in _sorted_objects(store, term, one)]
    return {lang: " ".join(speaker.texts(literals)) for lang, speaker in speakers.items()}


def _prefixed_name(term: Term, content: Content) -> str:
    text = term.value
    for prefix, namespace in content.prefixes.items():
        if text.startswith(namespace):
            return f"{prefix}:{text.removeprefix(namespace)}"
    return text
