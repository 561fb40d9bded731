"""The dataset of a day: the facts and the graph of that day, kept beside the build while it is used.

The default graph of a question of a day is the default graph of the build and ``…/graph/as-of/DATE`` merged. A dataset
is made on demand and removed whole. Opening one that is kept loads no library of tables: a question from the shell is
answered sooner.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from orgline.hierarchy.shortcuts import shortcuts_of

if TYPE_CHECKING:
    from orgline.hierarchy.array_hierarchy import ArrayHierarchy

DAY_GRAPH_PREFIX = "https://w3id.org/orgline/graph/as-of/"
MAX_CACHED, CACHE_SECONDS = 8, 3600

DayDataset = tuple[ox.Store, list[ox.NamedNode | ox.DefaultGraph]]


def day_graph_name(day: date) -> ox.NamedNode:
    """Return the IRI of the graph of `day`."""
    return ox.NamedNode(DAY_GRAPH_PREFIX + day.isoformat())


def open_day_dataset(store: ox.Store, hierarchy: ArrayHierarchy, day: date, folder: Path | None = None) -> DayDataset:
    """Return the dataset of `day`: a store, and the graphs of it that together are the default graph of a query.

    With `folder`, where a build keeps its datasets, it is a copy of the build's store that shares its files, made if
    it is not there yet. Without, `store` is in memory and the graph of the day is added to it.
    """
    graph = day_graph_name(day)
    graphs: list[ox.NamedNode | ox.DefaultGraph] = [ox.DefaultGraph(), graph]
    if folder is None:
        from orgline.hierarchy.day_graph import day_triples

        if not store.contains_named_graph(graph):
            store.load(day_triples(hierarchy, shortcuts_of(store), day), ox.RdfFormat.N_TRIPLES, to_graph=graph)
            store.add_graph(graph)
        return store, graphs
    place = folder / day.isoformat()
    if not place.is_dir():
        _make_dataset(store, hierarchy, day, place)
    return _open_dataset(place, graphs)


def cached_day_dataset(day: date, folder: Path) -> DayDataset | None:
    """Return the dataset of `day` if it is kept in `folder`, else None. Opening it reads neither lines nor tenures."""
    place = folder / day.isoformat()
    return _open_dataset(place, [ox.DefaultGraph(), day_graph_name(day)]) if place.is_dir() else None


def _open_dataset(place: Path, graphs: list[ox.NamedNode | ox.DefaultGraph]) -> DayDataset:
    with suppress(OSError):
        os.utime(place)
    _evict(place.parent, place)
    return ox.Store.read_only(str(place)), graphs


def _make_dataset(store: ox.Store, hierarchy: ArrayHierarchy, day: date, place: Path) -> None:
    """Make the dataset of `day` beside the path `place`, then rename it to `place`.

    Where another process has made it meanwhile the rename fails, and its dataset, which is the same, is used.
    """
    from orgline.hierarchy.day_graph import load_day_graph

    beside = place.with_name(f".{place.name}.{os.getpid()}-{time.monotonic_ns()}")
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        store.backup(str(beside))
        copy = ox.Store(str(beside))
        load_day_graph(copy, day_graph_name(day), hierarchy, day)
        copy.flush()
        del copy
        with suppress(OSError):
            beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _evict(folder: Path, used: Path) -> None:
    """Remove the datasets used longest ago, beyond MAX_CACHED with `used`, unless used within CACHE_SECONDS."""
    others = sorted(((_used_at(path), path) for path in folder.iterdir() if path != used), reverse=True)
    for used_at, path in others[MAX_CACHED - 1 :]:
        if time.time() - used_at > CACHE_SECONDS:
            remove_dataset(path)


def _used_at(place: Path) -> float:
    """Return when a dataset was last used (seconds since the epoch); now, if another process has just removed it."""
    try:
        return place.stat().st_mtime
    except OSError:
        return time.time()


def remove_dataset(place: Path) -> None:
    """Remove the dataset at `place`, whole."""
    shutil.rmtree(place, ignore_errors=True)
