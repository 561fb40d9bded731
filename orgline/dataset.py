"""Dataset: the facts, and beside them the plain shortcuts of one day, in a graph of their own.

A property path cannot look at dates. So a chain on a date is asked of the dataset of that date: the
default graph and ``…/graph/as-of/DATE`` merged, where ``org:reportsTo+`` is that day's chain and
nothing of any other. It is made on demand beside the build, kept while it is used, dropped whole.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyoxigraph as ox

from orgline.dated import Dated
from orgline.hierarchy import Hierarchy
from orgline.store import described, ol
from orgline.when import CURRENT, LAST_ATTESTED, ORDER, UNDATED

GRAPH = "https://w3id.org/orgline/graph/as-of/"
STATUS = "https://w3id.org/orgline/code/time-status/"
KEPT, KEPT_SECONDS = 8, 3600
_ORG = "http://www.w3.org/ns/org#"
_SHORTCUT = ol("shortcut")
_ALL = "https://w3id.org/orgline/code/quantifier/all"
_BETWEEN_BODIES = _ORG + "subOrganizationOf"
_EDTF = "^^<http://id.loc.gov/datatypes/edtf/EDTF>"


Dataset = tuple[ox.Store, list[ox.NamedNode | ox.DefaultGraph]]


def shortcuts_of(store: ox.Store) -> dict[str, list[str]]:
    """Return the plain properties by which lines of each type are written, as the code list says."""
    types = {quad.subject for quad in store.quads_for_pattern(None, _SHORTCUT, None, ox.DefaultGraph())}
    return {
        one.value: [term.value for term in described(store, one)[_SHORTCUT] if isinstance(term, ox.NamedNode)]
        for one in types
        if isinstance(one, ox.NamedNode)
    }


def superior_types(store: ox.Store) -> list[str]:
    """Return the types of line whose upper end is a superior, sorted."""
    return sorted(one for one, plain in shortcuts_of(store).items() if _ORG + "reportsTo" in plain)


def graph_of(day: date) -> ox.NamedNode:
    """Return the name of the graph of `day`."""
    return ox.NamedNode(GRAPH + day.isoformat())


def triples_of(hierarchy: Hierarchy, shortcuts: Mapping[str, list[str]], day: date) -> bytes:
    """Return the shortcuts of `day` and the marks on what they come from, as N-Triples.

    A line said of some of a class only gives none: written plainly it would be said of all.
    """
    parts = [*_of_lines(hierarchy, shortcuts, day.toordinal()), *_of_tenures(hierarchy, day.toordinal())]
    return "".join(part.str.join("").item() for part in parts if len(part)).encode()


def _of_lines(hierarchy: Hierarchy, shortcuts: Mapping[str, list[str]], day: int) -> list[pl.Series]:
    frame = _current(hierarchy.lines, hierarchy.dates, day)
    frame = frame.filter(pl.col("type").is_in(list(shortcuts)))
    frame = frame.filter(pl.col("quantifier").is_null() | (pl.col("quantifier") == _ALL))
    posts = hierarchy.posts["post"].unique()
    of_posts = pl.col("lower").is_in(posts.implode()) | pl.col("upper").is_in(posts.implode())
    parts = _marks(frame, "line")
    for property_ in sorted({one for plain in shortcuts.values() for one in plain}):
        types = [kind for kind, plain in shortcuts.items() if property_ in plain]
        chosen = frame.filter(pl.col("type").is_in(types) & ((property_ != _BETWEEN_BODIES) | ~of_posts))
        parts.append(_triples(chosen.unique(["lower", "upper"]), "lower", property_, "upper"))
    return parts


def _of_tenures(hierarchy: Hierarchy, day: int) -> list[pl.Series]:
    frame = _current(hierarchy.tenures, hierarchy.holdings, day)
    heads = frame.join(hierarchy.posts.filter("heads"), on="post")
    return [
        *_marks(frame, "tenure"),
        _triples(frame.unique(["post", "person"]), "post", _ORG + "heldBy", "person"),
        _triples(heads.unique(["person", "body"]), "person", _ORG + "headOf", "body"),
    ]


def _current(frame: pl.DataFrame, dates: Dated, day: int) -> pl.DataFrame:
    """Return the rows of `frame` that hold on `day`, with their `status` and, if last attested, the date (`on`)."""
    codes = dates.statuses(np.arange(frame.height), day)
    rows = np.flatnonzero(np.isin(codes, [ORDER.index(name) for name in CURRENT]))
    names = pl.Series([*ORDER, UNDATED])[codes[rows]]
    frame = frame[rows].with_columns(status=names)
    return frame.with_columns(on=dates.last_known(rows, day))


def _marks(frame: pl.DataFrame, node: str) -> list[pl.Series]:
    marked = frame.select(
        pl.format("<{}> <{}> <{}{}> .\n", node, pl.lit(ol("timeStatus").value), pl.lit(STATUS), "status")
    )
    last = frame.filter((pl.col("status") == LAST_ATTESTED) & (pl.col("on") != ""))
    dated = last.select(
        pl.format('<{}> <{}> "{}"{} .\n', node, pl.lit(ol("lastAttestedOn").value), "on", pl.lit(_EDTF))
    )
    return [marked.to_series(), dated.to_series()]


def _triples(frame: pl.DataFrame, subject: str, property_: str, object_: str) -> pl.Series:
    return frame.select(pl.format("<{}> <{}> <{}> .\n", subject, pl.lit(property_), object_)).to_series()


def dataset_of(store: ox.Store, hierarchy: Hierarchy, day: date, folder: Path | None = None) -> Dataset:
    """Return the dataset of `day`: a store, and the graphs of it that together are its default graph.

    It is kept in `folder`, the place of a build's datasets, as a copy of the build's store that shares its files;
    without `folder`, `store` is one in memory and takes the graph in.
    """
    graph = graph_of(day)
    graphs: list[ox.NamedNode | ox.DefaultGraph] = [ox.DefaultGraph(), graph]
    if folder is None:
        if not store.contains_named_graph(graph):
            store.load(triples_of(hierarchy, shortcuts_of(store), day), ox.RdfFormat.N_TRIPLES, to_graph=graph)
            store.add_graph(graph)
        return store, graphs
    place = folder / day.isoformat()
    if not place.is_dir():
        _make(store, hierarchy, day, place)
    with suppress(OSError):
        os.utime(place)
    _forget(folder, place)
    return ox.Store.read_only(str(place)), graphs


def _make(store: ox.Store, hierarchy: Hierarchy, day: date, place: Path) -> None:
    """Make the dataset of `day` beside `place` and put it there; one made meanwhile by another is as good."""
    beside = place.with_name(f".{place.name}.{os.getpid()}-{time.monotonic_ns()}")
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        store.backup(str(beside))
        copy = ox.Store(str(beside))
        copy.bulk_load(triples_of(hierarchy, shortcuts_of(store), day), ox.RdfFormat.N_TRIPLES, to_graph=graph_of(day))
        copy.flush()
        del copy
        with suppress(OSError):
            beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _forget(folder: Path, used: Path) -> None:
    """Drop the datasets that were used longest ago, over a number, and not lately."""
    others = sorted((one for one in folder.iterdir() if one != used), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in others[KEPT - 1 :]:
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            drop(old)


def drop(place: Path) -> None:
    """Drop the dataset at `place`, whole."""
    shutil.rmtree(place, ignore_errors=True)
