"""Export: the graph in the formats others read, the same bytes from the same graph on any day."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyoxigraph as ox

from orgline.content import Content
from orgline.store import LANGUAGES, RDF_TYPE, label, local_name, sorted_quads, write_store

_HARMFUL = r"^[=+\-@\t\r]"
_KEEP_NUMBERS = r"^[+-]?\d+([.,]\d+)?$"


def export(
    store: ox.Store, content: Content, folder: Path, tables: dict[str, list[pl.DataFrame]], base: str
) -> list[Path]:
    """Write the graph into `folder` as N-Quads, TriG, Turtle, JSON-LD, GraphML, tables and a store.

    Returns the paths written. Turtle, JSON-LD and GraphML hold the default graph: the facts alone.
    """
    quads = sorted_quads(store)
    prefixes = dict(sorted(content.prefixes.items()))
    facts = [quad.triple for quad in quads if isinstance(quad.graph_name, ox.DefaultGraph)]
    written = [folder / name for name in ("graph.nq", "graph.trig", "graph.ttl", "graph.jsonld")]
    written[0].write_text("".join(f"{quad} .\n" for quad in quads), encoding="utf-8", newline="\n")
    ox.serialize(quads, str(written[1]), ox.RdfFormat.TRIG, prefixes=prefixes)
    ox.serialize(facts, str(written[2]), ox.RdfFormat.TURTLE, prefixes=prefixes)
    ox.serialize(facts, str(written[3]), ox.RdfFormat.JSON_LD, prefixes=prefixes)
    written.append(_graphml(store, facts, folder / "graph.graphml", base))
    written += _tables(tables, folder / "tables")
    write_store(quads, folder / "store")
    return written


def _graphml(store: ox.Store, facts: Iterable[ox.Triple], path: Path, base: str) -> Path:
    """Write things as nodes and what joins them as edges, for Gephi, yEd and networkx."""
    import networkx as nx

    graph = nx.MultiDiGraph()
    for triple in facts:
        if triple.subject.value.startswith(base):
            _add(graph, store, triple, base)
    nx.write_graphml(graph, path, named_key_ids=True)
    return path


def _add(graph, store: ox.Store, triple: ox.Triple, base: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    subject, name = triple.subject.value, local_name(triple.predicate)
    node = subject.removeprefix(base)
    if node not in graph:
        graph.add_node(
            node, iri=subject, **{f"label_{lang}": label(store, triple.subject, lang) for lang in LANGUAGES[:2]}
        )
    if triple.predicate == RDF_TYPE:
        kinds = set(graph.nodes[node].get("type", "").split()) | {local_name(triple.object)}
        graph.nodes[node]["type"] = " ".join(sorted(kinds))
    elif isinstance(triple.object, ox.NamedNode):
        other = triple.object.value
        if other.startswith(base):
            if other.removeprefix(base) not in graph:
                graph.add_node(
                    other.removeprefix(base),
                    iri=other,
                    **{f"label_{lang}": label(store, triple.object, lang) for lang in LANGUAGES[:2]},
                )
            graph.add_edge(node, other.removeprefix(base), key=name, relation=name)
        else:
            graph.nodes[node][name] = local_name(triple.object)
    elif isinstance(triple.object, ox.Literal) and name not in ("label", "prefLabel"):
        key = f"{name}_{triple.object.language}" if triple.object.language else name
        values = [*filter(None, graph.nodes[node].get(key, "").split(" | ")), triple.object.value]
        graph.nodes[node][key] = " | ".join(values)


def _tables(tables: dict[str, list[pl.DataFrame]], folder: Path) -> list[Path]:
    """Write one CSV per kind of table, all sources together, harmless in a spreadsheet."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for stem, frames in sorted(tables.items()):
        whole = pl.concat(frames)
        path = folder / f"{stem}.csv"
        path.write_bytes(
            b"\xef\xbb\xbf"
            + whole.select(
                pl.col("_source").alias("from_source"), pl.exclude("_source", "_place", "_row").pipe(_harmless)
            )
            .write_csv()
            .encode()
        )
        written.append(path)
    return written


def _harmless(cells: pl.Expr) -> pl.Expr:
    """Return `cells` with those that a spreadsheet would take for a formula marked as text."""
    formula = cells.str.contains(_HARMFUL) & ~cells.str.contains(_KEEP_NUMBERS)
    return pl.when(formula).then(pl.lit("'") + cells).otherwise(cells)
