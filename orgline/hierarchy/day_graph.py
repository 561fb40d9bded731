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

from orgline.graph import ol_term, properties_of
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.interval_columns import Array, IntervalColumns
from orgline.text import CURRENT_STATUSES, LAST_ATTESTED, STATUS_ORDER

DAY_GRAPH_PREFIX = "https://w3id.org/orgline/graph/as-of/"
STATUS_PREFIX = "https://w3id.org/orgline/code/time-status/"
MAX_CACHED, CACHE_SECONDS = 8, 3600
MAX_LOADERS, MIN_BATCH, MAX_BATCH = 4, 20_000, 1_000_000
_ORG = "http://www.w3.org/ns/org#"
_SHORTCUT = ol_term("shortcut")
_ALL = "https://w3id.org/orgline/code/quantifier/all"
_BETWEEN_BODIES = _ORG + "subOrganizationOf"
_EDTF = '"^^<http://id.loc.gov/datatypes/edtf/EDTF>'


DayDataset = tuple[ox.Store, list[ox.NamedNode | ox.DefaultGraph]]


def shortcuts_of(store: ox.Store) -> dict[str, list[str]]:
    """Return the plain properties by which lines of each type are written, as the code list says."""
    types = {quad.subject for quad in store.quads_for_pattern(None, _SHORTCUT, None, ox.DefaultGraph())}
    return {
        one.value: [term.value for term in properties_of(store, one)[_SHORTCUT] if isinstance(term, ox.NamedNode)]
        for one in types
        if isinstance(one, ox.NamedNode)
    }


def superior_types(store: ox.Store) -> list[str]:
    """Return the types of line whose upper end is a superior, sorted."""
    return sorted(one for one, plain in shortcuts_of(store).items() if _ORG + "reportsTo" in plain)


def day_graph_name(day: date) -> ox.NamedNode:
    """Return the name of the graph of `day`."""
    return ox.NamedNode(DAY_GRAPH_PREFIX + day.isoformat())


def day_triples(hierarchy: ArrayHierarchy, shortcuts: Mapping[str, list[str]], day: date) -> bytes:
    """Return the shortcuts of `day` and the marks on what they come from, as N-Triples.

    A line said of some of a class only gives none: written plainly it would be said of all.
    """
    return _as_ntriples(_triple_table(hierarchy, shortcuts, day))


def _triple_table(hierarchy: ArrayHierarchy, shortcuts: Mapping[str, list[str]], day: date) -> pl.DataFrame:
    """Return the triples of `day` as a table."""
    ordinal = day.toordinal()
    return pl.concat(
        [*_line_triples(hierarchy, shortcuts, ordinal), *_tenure_triples(hierarchy, ordinal)], rechunk=False
    )


def _as_ntriples(triples: pl.DataFrame) -> bytes:
    """Return a table of triples as N-Triples."""
    text = BytesIO()
    lines = triples.select(pl.format("<{}> <{}> {}{}{} .", "subject", "property", "opening", "object", "closing"))
    lines.write_csv(text, include_header=False, quote_style="never")
    return text.getvalue()


def _line_triples(hierarchy: ArrayHierarchy, shortcuts: Mapping[str, list[str]], day: int) -> Iterator[pl.DataFrame]:
    table = hierarchy.lines
    of_all = table["quantifier"].is_null() | (table["quantifier"] == _ALL)
    wanted = np.flatnonzero((table["type"].is_in(list(shortcuts)).fill_null(value=False) & of_all).to_numpy())
    rows, codes = _current_rows(hierarchy.dates, wanted, day)
    yield from _status_triples(table["line"][rows], hierarchy.dates, rows, codes, day)
    types, lower, upper = table["type"][rows], hierarchy.lower[rows], hierarchy.upper[rows]
    of_posts = hierarchy.is_post[lower] | hierarchy.is_post[upper]
    for property_ in sorted({one for plain in shortcuts.values() for one in plain}):
        kinds = [kind for kind, plain in shortcuts.items() if property_ in plain]
        chosen = types.is_in(kinds).to_numpy() & ((property_ != _BETWEEN_BODIES) | ~of_posts)
        pairs = pl.DataFrame({"lower": lower[chosen], "upper": upper[chosen]}).unique(maintain_order=True)
        yield _triples(hierarchy.names[pairs["lower"]], property_, hierarchy.names[pairs["upper"]])


def _tenure_triples(hierarchy: ArrayHierarchy, day: int) -> Iterator[pl.DataFrame]:
    rows, codes = _current_rows(hierarchy.tenure_dates, np.arange(hierarchy.tenures.height), day)
    frame = hierarchy.tenures.select("tenure", "post", "person")[rows]
    yield from _status_triples(frame["tenure"], hierarchy.tenure_dates, rows, codes, day)
    held = frame.select("post", "person").unique(maintain_order=True)
    yield _triples(held["post"], _ORG + "heldBy", held["person"])
    heads = held.join(hierarchy.posts.filter("heads"), on="post").select("person", "body").unique(maintain_order=True)
    yield _triples(heads["person"], _ORG + "headOf", heads["body"])


def _current_rows(dates: IntervalColumns, rows: Array, day: int) -> tuple[Array, Array]:
    """Return those of `rows` that hold on `day`, and the places of their statuses in ORDER."""
    codes = dates.statuses(rows, day)
    current = np.isin(codes, [STATUS_ORDER.index(name) for name in CURRENT_STATUSES])
    return rows[current], codes[current]


def _status_triples(
    nodes: pl.Series, dates: IntervalColumns, rows: Array, codes: Array, day: int
) -> Iterator[pl.DataFrame]:
    """Yield the status of each of `nodes` and, if it is last attested, the date of that."""
    yield _triples(
        nodes, ol_term("timeStatus").value, pl.Series([STATUS_PREFIX + name for name in STATUS_ORDER])[codes]
    )
    last = np.flatnonzero(codes == STATUS_ORDER.index(LAST_ATTESTED))
    dated = pl.DataFrame({"node": nodes[last], "on": dates.last_known(rows[last], day)}).filter(pl.col("on") != "")
    yield _triples(dated["node"], ol_term("lastAttestedOn").value, dated["on"], ('"', _EDTF))


def _triples(
    subjects: pl.Series, property_: str, objects: pl.Series, marks: tuple[str, str] = ("<", ">")
) -> pl.DataFrame:
    """Return a table of triples; `marks` are what stands before and after each object."""
    frame = pl.DataFrame({"subject": subjects, "object": objects}, schema={"subject": pl.String, "object": pl.String})
    opening, closing = map(pl.lit, marks)
    return frame.select("subject", "object", property=pl.lit(property_), opening=opening, closing=closing)


def open_day_dataset(store: ox.Store, hierarchy: ArrayHierarchy, day: date, folder: Path | None = None) -> DayDataset:
    """Return the dataset of `day`: a store, and the graphs of it that together are its default graph.

    It is kept in `folder`, the place of a build's datasets, as a copy of the build's store that shares its files;
    without `folder`, `store` is one in memory and takes the graph in.
    """
    graph = day_graph_name(day)
    graphs: list[ox.NamedNode | ox.DefaultGraph] = [ox.DefaultGraph(), graph]
    if folder is None:
        if not store.contains_named_graph(graph):
            store.load(day_triples(hierarchy, shortcuts_of(store), day), ox.RdfFormat.N_TRIPLES, to_graph=graph)
            store.add_graph(graph)
        return store, graphs
    place = folder / day.isoformat()
    if not place.is_dir():
        _make_dataset(store, hierarchy, day, place)
    return _open_dataset(place, graphs)


def cached_day_dataset(day: date, folder: Path) -> DayDataset | None:
    """Return the dataset of `day` that is kept in `folder`, None if it is not: nothing has to be read to open it."""
    place = folder / day.isoformat()
    return _open_dataset(place, [ox.DefaultGraph(), day_graph_name(day)]) if place.is_dir() else None


def _open_dataset(place: Path, graphs: list[ox.NamedNode | ox.DefaultGraph]) -> DayDataset:
    with suppress(OSError):
        os.utime(place)
    _evict(place.parent, place)
    return ox.Store.read_only(str(place)), graphs


def _load_day_graph(store: ox.Store, hierarchy: ArrayHierarchy, day: date) -> None:
    """Load the graph of `day` into `store`, a part on each core."""
    graph, cores = day_graph_name(day), min(os.cpu_count() or 1, MAX_LOADERS)
    triples = _triple_table(hierarchy, shortcuts_of(store), day)

    def load(part: pl.DataFrame) -> None:
        store.bulk_load(_as_ntriples(part), ox.RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)

    with ThreadPoolExecutor(cores) as loaders:
        list(loaders.map(load, triples.iter_slices(min(max(triples.height // cores + 1, MIN_BATCH), MAX_BATCH))))


def _make_dataset(store: ox.Store, hierarchy: ArrayHierarchy, day: date, place: Path) -> None:
    """Make the dataset of `day` beside `place` and put it there; one made meanwhile by another is as good."""
    beside = place.with_name(f".{place.name}.{os.getpid()}-{time.monotonic_ns()}")
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        store.backup(str(beside))
        copy = ox.Store(str(beside))
        _load_day_graph(copy, hierarchy, day)
        copy.flush()
        del copy
        with suppress(OSError):
            beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _evict(folder: Path, used: Path) -> None:
    """Drop the datasets that were used longest ago, over a number, and not lately."""
    others = sorted(((_used_at(one), one) for one in folder.iterdir() if one != used), reverse=True)
    for at, old in others[MAX_CACHED - 1 :]:
        if time.time() - at > CACHE_SECONDS:
            remove_dataset(old)


def _used_at(place: Path) -> float:
    """Return when a dataset was used last; now, if another process has just dropped it."""
    try:
        return place.stat().st_mtime
    except OSError:
        return time.time()


def remove_dataset(place: Path) -> None:
    """Drop the dataset at `place`, whole."""
    shutil.rmtree(place, ignore_errors=True)
