"""Dataset: the facts, and beside them the plain shortcuts of one day, in a graph of their own.

A property path cannot look at dates. So a chain on a date is asked of the dataset of that date: the
default graph and ``…/graph/as-of/DATE`` merged, where ``org:reportsTo+`` is that day's chain and
nothing of any other. It is made on demand beside the build, kept while it is used, dropped whole.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pyoxigraph as ox

from orgline.dated import Array, Dated
from orgline.hierarchy import Hierarchy
from orgline.store import described, ol
from orgline.when import CURRENT, LAST_ATTESTED, ORDER

GRAPH = "https://w3id.org/orgline/graph/as-of/"
STATUS = "https://w3id.org/orgline/code/time-status/"
KEPT, KEPT_SECONDS = 8, 3600
CORES, SHORT, LONG = 4, 20_000, 1_000_000
_ORG = "http://www.w3.org/ns/org#"
_SHORTCUT = ol("shortcut")
_ALL = "https://w3id.org/orgline/code/quantifier/all"
_BETWEEN_BODIES = _ORG + "subOrganizationOf"
_EDTF = '"^^<http://id.loc.gov/datatypes/edtf/EDTF>'


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
    return _text(_found(hierarchy, shortcuts, day))


def _found(hierarchy: Hierarchy, shortcuts: Mapping[str, list[str]], day: date) -> pl.DataFrame:
    """Return the triples of `day` as a table."""
    ordinal = day.toordinal()
    return pl.concat([*_of_lines(hierarchy, shortcuts, ordinal), *_of_tenures(hierarchy, ordinal)], rechunk=False)


def _text(triples: pl.DataFrame) -> bytes:
    """Return a table of triples as N-Triples."""
    text = BytesIO()
    lines = triples.select(pl.format("<{}> <{}> {}{}{} .", "subject", "property", "opening", "object", "closing"))
    lines.write_csv(text, include_header=False, quote_style="never")
    return text.getvalue()


def _of_lines(hierarchy: Hierarchy, shortcuts: Mapping[str, list[str]], day: int) -> Iterator[pl.DataFrame]:
    table = hierarchy.lines
    of_all = table["quantifier"].is_null() | (table["quantifier"] == _ALL)
    wanted = np.flatnonzero((table["type"].is_in(list(shortcuts)).fill_null(value=False) & of_all).to_numpy())
    rows, codes = _current(hierarchy.dates, wanted, day)
    yield from _marks(table["line"][rows], hierarchy.dates, rows, codes, day)
    types, lower, upper = table["type"][rows], hierarchy.lower[rows], hierarchy.upper[rows]
    of_posts = hierarchy.is_post[lower] | hierarchy.is_post[upper]
    for property_ in sorted({one for plain in shortcuts.values() for one in plain}):
        kinds = [kind for kind, plain in shortcuts.items() if property_ in plain]
        chosen = types.is_in(kinds).to_numpy() & ((property_ != _BETWEEN_BODIES) | ~of_posts)
        pairs = pl.DataFrame({"lower": lower[chosen], "upper": upper[chosen]}).unique(maintain_order=True)
        yield _triples(hierarchy.names[pairs["lower"]], property_, hierarchy.names[pairs["upper"]])


def _of_tenures(hierarchy: Hierarchy, day: int) -> Iterator[pl.DataFrame]:
    rows, codes = _current(hierarchy.holdings, np.arange(hierarchy.tenures.height), day)
    frame = hierarchy.tenures.select("tenure", "post", "person")[rows]
    yield from _marks(frame["tenure"], hierarchy.holdings, rows, codes, day)
    held = frame.select("post", "person").unique(maintain_order=True)
    yield _triples(held["post"], _ORG + "heldBy", held["person"])
    heads = held.join(hierarchy.posts.filter("heads"), on="post").select("person", "body").unique(maintain_order=True)
    yield _triples(heads["person"], _ORG + "headOf", heads["body"])


def _current(dates: Dated, rows: Array, day: int) -> tuple[Array, Array]:
    """Return those of `rows` that hold on `day`, and the places of their statuses in ORDER."""
    codes = dates.statuses(rows, day)
    current = np.isin(codes, [ORDER.index(name) for name in CURRENT])
    return rows[current], codes[current]


def _marks(nodes: pl.Series, dates: Dated, rows: Array, codes: Array, day: int) -> Iterator[pl.DataFrame]:
    """Yield the status of each of `nodes` and, if it is last attested, the date of that."""
    yield _triples(nodes, ol("timeStatus").value, pl.Series([STATUS + name for name in ORDER])[codes])
    last = np.flatnonzero(codes == ORDER.index(LAST_ATTESTED))
    dated = pl.DataFrame({"node": nodes[last], "on": dates.last_known(rows[last], day)}).filter(pl.col("on") != "")
    yield _triples(dated["node"], ol("lastAttestedOn").value, dated["on"], ('"', _EDTF))


def _triples(
    subjects: pl.Series, property_: str, objects: pl.Series, marks: tuple[str, str] = ("<", ">")
) -> pl.DataFrame:
    """Return a table of triples; `marks` are what stands before and after each object."""
    frame = pl.DataFrame({"subject": subjects, "object": objects}, schema={"subject": pl.String, "object": pl.String})
    opening, closing = map(pl.lit, marks)
    return frame.select("subject", "object", property=pl.lit(property_), opening=opening, closing=closing)


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
    return _opened(place, graphs)


def kept_dataset(day: date, folder: Path) -> Dataset | None:
    """Return the dataset of `day` that is kept in `folder`, None if it is not: nothing has to be read to open it."""
    place = folder / day.isoformat()
    return _opened(place, [ox.DefaultGraph(), graph_of(day)]) if place.is_dir() else None


def _opened(place: Path, graphs: list[ox.NamedNode | ox.DefaultGraph]) -> Dataset:
    with suppress(OSError):
        os.utime(place)
    _forget(place.parent, place)
    return ox.Store.read_only(str(place)), graphs


def _load(store: ox.Store, hierarchy: Hierarchy, day: date) -> None:
    """Load the graph of `day` into `store`, a part on each core."""
    graph, cores = graph_of(day), min(os.cpu_count() or 1, CORES)
    triples = _found(hierarchy, shortcuts_of(store), day)

    def load(part: pl.DataFrame) -> None:
        store.bulk_load(_text(part), ox.RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)

    with ThreadPoolExecutor(cores) as loaders:
        list(loaders.map(load, triples.iter_slices(min(max(triples.height // cores + 1, SHORT), LONG))))


def _make(store: ox.Store, hierarchy: Hierarchy, day: date, place: Path) -> None:
    """Make the dataset of `day` beside `place` and put it there; one made meanwhile by another is as good."""
    beside = place.with_name(f".{place.name}.{os.getpid()}-{time.monotonic_ns()}")
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        store.backup(str(beside))
        copy = ox.Store(str(beside))
        _load(copy, hierarchy, day)
        copy.flush()
        del copy
        with suppress(OSError):
            beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _forget(folder: Path, used: Path) -> None:
    """Drop the datasets that were used longest ago, over a number, and not lately."""
    others = sorted(((_used_at(one), one) for one in folder.iterdir() if one != used), reverse=True)
    for at, old in others[KEPT - 1 :]:
        if time.time() - at > KEPT_SECONDS:
            drop(old)


def _used_at(place: Path) -> float:
    """Return when a dataset was used last; now, if another process has just dropped it."""
    try:
        return place.stat().st_mtime
    except OSError:
        return time.time()


def drop(place: Path) -> None:
    """Drop the dataset at `place`, whole."""
    shutil.rmtree(place, ignore_errors=True)
