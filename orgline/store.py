"""Stores: where a graph is kept while it is built, and how a finished one is opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from orgline.errors import CannotRun, Problem
from orgline.words import composed

RDFS_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
OL = "https://w3id.org/orgline/ns#"
ONTOLOGY_GRAPH = ox.NamedNode("https://w3id.org/orgline/graph/ontology")
LANGUAGES = ("vi", "en", "fr")

Term = ox.NamedNode | ox.BlankNode | ox.Literal


def ol(name: str) -> ox.NamedNode:
    """Return the term `name` of orgline's own namespace."""
    return ox.NamedNode(OL + name)


def load_turtle(
    store: ox.Store, path: Path, place: str, base: str, graph: ox.NamedNode | None, *, named: bool = True
) -> Problem | None:
    """Load a Turtle file into `graph` (None: the default graph); return the problem of a broken one.

    With `named`, every node must have an IRI.

    Raises nothing: a file is loaded whole or not at all.
    """
    try:
        text = composed(path.read_bytes().decode("utf-8-sig"))
        quads = list(ox.parse(text.encode(), ox.RdfFormat.TURTLE, base_iri=base))
    except UnicodeDecodeError as error:
        return Problem(place, f"is not UTF-8 text (byte {error.start + 1})", "Save it as UTF-8")
    except (SyntaxError, ValueError) as error:
        line = f" line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        why = str(error.msg if isinstance(error, SyntaxError) else error).split("\n")[0]
        return Problem(place + line, f"is not sound Turtle ({why})", "Correct that line")
    if named and any(isinstance(node, ox.BlankNode) for quad in quads for node in (quad.subject, quad.object)):
        return Problem(place, "has a blank node", "Give every node an IRI of its own")
    store.extend(ox.Quad(quad.subject, quad.predicate, quad.object, graph or ox.DefaultGraph()) for quad in quads)
    return None


def rebased(ntriples: bytes, old: str, new: str) -> bytes:
    """Return N-Triples or N-Quads text with the IRIs under `old` moved under `new`."""
    return ntriples if old == new else ntriples.replace(f"<{old}".encode(), f"<{new}".encode())


def sorted_quads(store: ox.Store) -> list[ox.Quad]:
    """Return all quads of `store` in the order of their N-Quads lines: the same on any day."""
    return sorted(store, key=str)


def write_store(quads: Iterable[ox.Quad], folder: Path) -> None:
    """Write an embedded store that opens read-only at once."""
    store = ox.Store(str(folder))
    store.bulk_extend(quads)
    store.flush()
    store.optimize()
    store.flush()


def open_build(folder: Path) -> ox.Store:
    """Return the store of the build in `folder`, read-only.

    Raises CannotRun when there is no build.
    """
    path = folder / "store"
    if not path.is_dir():
        raise CannotRun(f'{folder}: holds no build. Run "orgline build" first, or give --out the folder of one.')
    try:
        return ox.Store.read_only(str(path))
    except OSError as error:
        raise CannotRun(f'{path}: cannot be opened ({error}). Run "orgline build" again.') from error


def label(store: ox.Store, node: Term, lang: str) -> str:
    """Return what to call `node` in `lang`: its label there, else in another language, else its name."""
    if isinstance(node, ox.Literal):
        return node.value
    found = {
        quad.object.language or "": quad.object.value
        for quad in store.quads_for_pattern(node, RDFS_LABEL, None, None)
        if isinstance(quad.object, ox.Literal)
    } or {
        quad.object.language or "": quad.object.value
        for quad in store.quads_for_pattern(node, PREF_LABEL, None, None)
        if isinstance(quad.object, ox.Literal)
    }
    for choice in (lang, *LANGUAGES, *sorted(found)):
        if choice in found:
            return found[choice]
    return local_name(node)


def local_name(node: Term) -> str:
    """Return the part of an IRI that people read."""
    text = node.value
    return text.rstrip("/#").rpartition("#")[2].rpartition("/")[2] or text


def objects(store: ox.Store, subject: Term, predicate: ox.NamedNode) -> Iterator[Term]:
    """Yield the objects of `subject` and `predicate` in the default graph, sorted."""
    if isinstance(subject, ox.Literal):
        return
    found = (quad.object for quad in store.quads_for_pattern(subject, predicate, None, ox.DefaultGraph()))
    yield from sorted((one for one in found if not isinstance(one, ox.Triple)), key=str)


def subjects(store: ox.Store, predicate: ox.NamedNode, node: Term) -> list[ox.NamedNode]:
    """Return the subjects of `predicate` and the object `node` in the default graph, sorted."""
    found = (quad.subject for quad in store.quads_for_pattern(None, predicate, node, ox.DefaultGraph()))
    return sorted((one for one in found if isinstance(one, ox.NamedNode)), key=lambda one: one.value)


PREF_LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
