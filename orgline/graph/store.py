"""The RDF store: loading, writing and opening it, and reading the labels and properties of a node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox

from orgline.text import CannotRun, Problem, to_nfc

RDFS_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
PREF_LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
OL = "https://w3id.org/orgline/ns#"
ONTOLOGY_GRAPH = ox.NamedNode("https://w3id.org/orgline/graph/ontology")
# A larger graph stays on disk: its copy would take seconds, and memory for each process.
MAX_QUADS_IN_MEMORY, MAX_BYTES_IN_MEMORY = 200_000, 40_000_000

Term = ox.NamedNode | ox.BlankNode | ox.Literal
T = TypeVar("T")


def ol_term(name: str) -> ox.NamedNode:
    """Return the term `name` of orgline's own namespace."""
    return ox.NamedNode(OL + name)


def load_turtle(
    store: ox.Store, path: Path, place: str, base: str, graph: ox.NamedNode | None, *, named: bool = True
) -> Problem | None:
    """Load a Turtle file into `graph` (None: the default graph) whole, or return its problem and load nothing.

    Relative IRIs are resolved against `base`. With `named`, every node must have an IRI: the label of a blank node
    differs from build to build. `place` is the file's name in the problem.
    """
    try:
        text = to_nfc(path.read_bytes().decode("utf-8-sig"))
        quads = list(ox.parse(text.encode(), ox.RdfFormat.TURTLE, base_iri=base))
    except UnicodeDecodeError as error:
        return Problem(place, f"is not UTF-8 text (byte {error.start + 1})", "Save it as UTF-8")
    except (SyntaxError, ValueError) as error:
        line = f" line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = str(error.msg if isinstance(error, SyntaxError) else error).split("\n")[0]
        return Problem(place + line, f"is not valid Turtle ({reason})", "Correct that line")
    if named and any(isinstance(node, ox.BlankNode) for quad in quads for node in (quad.subject, quad.object)):
        return Problem(place, "has a blank node", "Give every node an IRI of its own")
    store.extend(ox.Quad(quad.subject, quad.predicate, quad.object, graph or ox.DefaultGraph()) for quad in quads)
    return None


def rebase(store: ox.Store, old: str, new: str) -> None:
    """Replace the beginning `old` of IRIs by `new` in the whole store."""
    moved = [ox.Quad(*(_rebased(term, old, new) for term in quad)) for quad in store]
    store.clear()
    store.bulk_extend(moved)


def _rebased(term: Any, old: str, new: str) -> Any:
    under = isinstance(term, ox.NamedNode) and term.value.startswith(old)
    return ox.NamedNode(new + term.value[len(old) :]) if under else term


def sorted_quads(store: ox.Store) -> list[ox.Quad]:
    """Return all quads of `store` in the order of their N-Quads lines, so that exports do not depend on the store."""
    return sorted(store, key=str)


def write_store(quads: Iterable[ox.Quad], folder: Path) -> None:
    """Write an on-disk store (RocksDB) of `quads` into `folder`; flushed and compacted, it opens without recovery."""
    store = ox.Store(str(folder))
    store.bulk_extend(quads)
    store.flush()
    store.optimize()
    store.flush()


def copy_to_memory(store: ox.Store, limit: int = MAX_QUADS_IN_MEMORY) -> ox.Store:
    """Return a copy of `store` in memory, or `store` itself if it has more than `limit` quads.

    For a process that asks many questions: in memory they take a quarter of the time, and copying costs some ten.
    """
    quads = list(islice(store, limit + 1))
    if len(quads) > limit:
        return store
    copy = ox.Store()
    copy.extend(quads)
    return copy


def build_in_memory(folder: Path) -> ox.Store | None:
    """Return the build in `folder` as a store in memory, None if it is larger than MAX_BYTES_IN_MEMORY.

    It is read from graph.nq: opening the store on disk would start threads, after which a process must not fork.
    """
    dump = folder / "graph.nq"
    if not dump.is_file() or dump.stat().st_size > MAX_BYTES_IN_MEMORY:
        return None
    store = ox.Store()
    store.load(path=str(dump), format=ox.RdfFormat.N_QUADS)
    return store


def open_store(folder: Path) -> ox.Store:
    """Return the store of the build in `folder`, read-only.

    Raises CannotRun if there is no build or it cannot be opened.
    """
    path = folder / "store"
    if not path.is_dir():
        raise CannotRun(f'{folder}: holds no build. Run "orgline build" first, or give --out the folder of a build.')
    try:
        return ox.Store.read_only(str(path))
    except OSError as error:
        raise CannotRun(f'{path}: cannot be opened ({error}). Run "orgline build" again.') from error


def label(store: ox.Store, node: Term, *langs: str) -> str:
    """Return the label of `node`, as `preferred` chooses it; the last part of its IRI where it has none.

    A literal is its own label.
    """
    if isinstance(node, ox.Literal):
        return node.value
    labels = _texts_by_language(store, node, RDFS_LABEL) or _texts_by_language(store, node, PREF_LABEL)
    return preferred(labels, langs) or local_name(node)


def preferred(by_language: Mapping[str, T], langs: Iterable[str]) -> T | None:
    """Return the value in the first of `langs` that has a value; None if `by_language` is empty.

    Where none of `langs` has a value: the value whose language tag is first in the alphabet, untagged values last.
    """
    others = sorted(by_language, key=lambda lang: (not lang, lang))
    return next((by_language[lang] for lang in (*langs, *others) if lang in by_language), None)


def _texts_by_language(store: ox.Store, node: ox.NamedNode | ox.BlankNode, name: ox.NamedNode) -> dict[str, str]:
    """Return the values of a property by language, of several in one language the first in the alphabet."""
    texts = (quad.object for quad in store.quads_for_pattern(node, name, None, None))
    literals = [text for text in texts if isinstance(text, ox.Literal)]
    return {text.language or "": text.value for text in sorted(literals, key=lambda text: text.value, reverse=True)}


def local_name(node: Term) -> str:
    """Return the last part of an IRI, after the last # or /; the whole IRI if nothing follows."""
    text = node.value
    return text.rstrip("/#").rpartition("#")[2].rpartition("/")[2] or text


def objects(store: ox.Store, subject: Term, predicate: ox.NamedNode) -> Iterator[Term]:
    """Yield the objects of `subject` and `predicate` in the default graph, sorted."""
    if isinstance(subject, ox.Literal):
        return
    values = (quad.object for quad in store.quads_for_pattern(subject, predicate, None, ox.DefaultGraph()))
    yield from sorted((value for value in values if not isinstance(value, ox.Triple)), key=str)


def subjects(store: ox.Store, predicate: ox.NamedNode, node: Term) -> list[ox.NamedNode]:
    """Return the subjects of `predicate` and the object `node` in the default graph, sorted."""
    nodes = (quad.subject for quad in store.quads_for_pattern(None, predicate, node, ox.DefaultGraph()))
    return sorted(
        (subject for subject in nodes if isinstance(subject, ox.NamedNode)), key=lambda subject: subject.value
    )


def properties_of(store: ox.Store, node: Term) -> dict[ox.NamedNode, list[Term]]:
    """Return the objects of each predicate of `node` in the default graph, sorted."""
    values: dict[ox.NamedNode, list[Term]] = {}
    if not isinstance(node, ox.Literal):
        for quad in store.quads_for_pattern(node, None, None, ox.DefaultGraph()):
            if not isinstance(quad.object, ox.Triple):
                values.setdefault(quad.predicate, []).append(quad.object)
    for terms in values.values():
        if len(terms) > 1:
            terms.sort(key=str)
    return values
