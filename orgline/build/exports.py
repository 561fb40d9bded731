"""The exports of a build, in standard formats; the same graph gives the same bytes on any day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pyoxigraph as ox

from orgline.content import NAME_INDEX_FILE, STATISTICS_FILE, Content
from orgline.graph import label, local_name, make_name_index, sorted_quads, void_statistics, write_store
from orgline.text import FORMULA_START, PLAIN_NUMBER

LabelOf = Callable[[ox.NamedNode], str]


def export_graph(
    store: ox.Store, content: Content, folder: Path, tables: dict[str, list[pl.DataFrame]], base: str
) -> list[Path]:
    """Write the graph to `folder` as N-Quads, TriG, Turtle, JSON-LD, GraphML, CSV tables, a name index and a store.

    `tables` are the rows of all sources by kind of table. Returns the paths written. Turtle, JSON-LD and GraphML hold
    the default graph: the facts alone.
    """
    quads = sorted_quads(store)
    prefixes = dict(sorted(content.prefixes.items()))
    facts = [quad.triple for quad in quads if isinstance(quad.graph_name, ox.DefaultGraph)]
    written = [folder / name for name in ("graph.nq", "graph.trig", "graph.ttl", "graph.jsonld")]
    written[0].write_text("".join(f"{quad} .\n" for quad in quads), encoding="utf-8", newline="\n")
    ox.serialize(quads, str(written[1]), ox.RdfFormat.TRIG, prefixes=prefixes)
    ox.serialize(facts, str(written[2]), ox.RdfFormat.TURTLE, prefixes=prefixes)
    ox.serialize(facts, str(written[3]), ox.RdfFormat.JSON_LD, prefixes=prefixes)
    written.append(
        _write_graphml(lambda thing: label(store, thing, *content.words), facts, folder / "graph.graphml", base)
    )
    written += _write_tables(tables, folder / "tables")
    written.append(folder / STATISTICS_FILE)
    written[-1].write_text(
        "".join(f"{triple} .\n" for triple in void_statistics(store)), encoding="utf-8", newline="\n"
    )
    make_name_index(store, base, folder / NAME_INDEX_FILE).close()
    written.append(folder / NAME_INDEX_FILE)
    write_store(quads, folder / "store")
    return written


def _write_graphml(label_of: LabelOf, facts: Iterable[ox.Triple], path: Path, base: str) -> Path:
    """Write the things as nodes and the properties between them as edges, for Gephi, yEd and networkx."""
    import networkx as nx

    graph: Any = nx.MultiDiGraph()
    for triple in facts:
        if isinstance(triple.subject, ox.NamedNode) and triple.subject.value.startswith(base):
            _add_triple(graph, label_of, triple.subject, triple, base)
    nx.write_graphml(graph, path, named_key_ids=True)
    return path


def _add_triple(graph: Any, label_of: LabelOf, subject: ox.NamedNode, triple: ox.Triple, base: str) -> None:
    """Add a triple to the network: an edge where its object is a thing, else an attribute of its subject."""
    attributes, name = graph.nodes[_ensure_node(graph, label_of, subject, base)], local_name(triple.predicate)
    if isinstance(triple.object, ox.Literal):
        key = f"{name}_{triple.object.language}" if triple.object.language else name
        attributes[key] = _joined_values(attributes.get(key), triple.object.value)
    elif isinstance(triple.object, ox.NamedNode) and triple.object.value.startswith(base):
        graph.add_edge(
            subject.value.removeprefix(base),
            _ensure_node(graph, label_of, triple.object, base),
            key=name,
            relation=name,
        )
    elif isinstance(triple.object, ox.NamedNode):
        attributes[name] = _joined_values(attributes.get(name), local_name(triple.object))


def _ensure_node(graph: Any, label_of: LabelOf, thing: ox.NamedNode, base: str) -> str:
    """Return the key of `thing` in the network, its IRI without `base`; add the node if it is new."""
    name = thing.value.removeprefix(base)
    if name not in graph:
        graph.add_node(name, iri=thing.value, label=label_of(thing))
    return name


def _joined_values(before: str | None, value: str) -> str:
    return value if before in (None, value) else f"{before} | {value}"


def _write_tables(tables: dict[str, list[pl.DataFrame]], folder: Path) -> list[Path]:
    """Write one CSV for each kind of table, with the rows of all sources. Returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for stem, frames in sorted(tables.items()):
        whole = pl.concat(frames)
        cells = [name for name in whole.columns if not name.startswith("_")]
        whole = whole.select(
            pl.col("_source").alias("from_source"), *(_escape_formulas(pl.col(name)).alias(name) for name in cells)
        )
        written.append(folder / f"{stem}.csv")
        # Excel reads a CSV as UTF-8 only with a byte order mark.
        written[-1].write_bytes(b"\xef\xbb\xbf" + whole.write_csv().encode())
    return written


def _escape_formulas(cells: pl.Expr) -> pl.Expr:
    """Return `cells` with an apostrophe before each that a spreadsheet would run as a formula."""
    formula = cells.str.contains(FORMULA_START) & ~cells.str.contains(PLAIN_NUMBER)
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), cells)).otherwise(cells)
