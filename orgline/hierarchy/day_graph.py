"""The graph of one day: the walked lines and tenures as plain triples, merged with the facts as that day's dataset.

A property path cannot look at dates, so a chain on a day is asked of the dataset of that day: the default graph and
``…/graph/as-of/DATE`` merged. The graph holds the same steps as a walk (`orgline.hierarchy.protocol`): what is held or
last attested by ORG's own properties (`org:reportsTo`), whatever else is walked by a property of ours
(`ol:possiblyReportsTo`), so that neither is taken for the other. It is made on demand beside the build, kept while it
is used, and removed whole.
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

from orgline.graph import local_name, ol_term, properties_of
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.interval_columns import STATUS_NAMES, Array, IntervalColumns
from orgline.text import CURRENT_STATUSES, LAST_ATTESTED

DAY_GRAPH_PREFIX = "https://w3id.org/orgline/graph/as-of/"
STATUS_PREFIX = "https://w3id.org/orgline/code/time-status/"
MAX_CACHED, CACHE_SECONDS = 8, 3600
MAX_LOADERS, MIN_BATCH, MAX_BATCH = 4, 20_000, 1_000_000
_ORG = "http://www.w3.org/ns/org#"
_SHORTCUT = ol_term("shortcut")
_ALL = "https://w3id.org/orgline/code/quantifier/all"
_REPORTS_TO, _BETWEEN_BODIES = _ORG + "reportsTo", _ORG + "subOrganizationOf"
_HELD_BY, _HEAD_OF = _ORG + "heldBy", _ORG + "headOf"
_TOP_POST_IN = ol_term("topPostIn").value
_EDTF = '"^^<http://id.loc.gov/datatypes/edtf/EDTF>'
_CURRENT_CODES = [STATUS_NAMES.index(name) for name in CURRENT_STATUSES]


DayDataset = tuple[ox.Store, list[ox.NamedNode | ox.DefaultGraph]]


def shortcuts_of(store: ox.Store) -> dict[str, list[str]]:
    """Return the properties by which the graph of a day writes each type of line: the `ol:shortcut` of its code."""
    types = {quad.subject for quad in store.quads_for_pattern(None, _SHORTCUT, None, ox.DefaultGraph())}
    return {
        line_type.value: [
            term.value for term in properties_of(store, line_type)[_SHORTCUT] if isinstance(term, ox.NamedNode)
        ]
        for line_type in types
        if isinstance(line_type, ox.NamedNode)
    }


def superior_types(store: ox.Store) -> list[str]:
    """Return the types of line whose upper end is a superior (their shortcut is `org:reportsTo`), sorted."""
    return sorted(line_type for line_type, shortcuts in shortcuts_of(store).items() if _REPORTS_TO in shortcuts)


def possibly(shortcut: str) -> str:
    """Return our property for what is walked but not surely so on the day.

    >>> possibly("http://www.w3.org/ns/org#reportsTo")
    'https://w3id.org/orgline/ns#possiblyReportsTo'
    """
    name = local_name(ox.NamedNode(shortcut))
    return ol_term(f"possibly{name[:1].upper()}{name[1:]}").value


def day_graph_name(day: date) -> ox.NamedNode:
    """Return the IRI of the graph of `day`."""
    return ox.NamedNode(DAY_GRAPH_PREFIX + day.isoformat())


def day_triples(hierarchy: ArrayHierarchy, shortcuts: Mapping[str, list[str]], day: date) -> bytes:
    """Return the graph of `day` as N-Triples: the shortcuts, and the status of each line and tenure behind them.

    `shortcuts` are the properties of each type of line: see `shortcuts_of`.
    """
    return _as_ntriples(_triple_table(hierarchy, shortcuts, day))


def _triple_table(hierarchy: ArrayHierarchy, shortcuts: Mapping[str, list[str]], day: date) -> pl.DataFrame:
    ordinal = day.toordinal()
    tables = [*_line_triples(hierarchy, shortcuts, ordinal), *_tenure_triples(hierarchy, ordinal)]
    return pl.concat(tables, rechunk=False)


def _as_ntriples(triples: pl.DataFrame) -> bytes:
    text = BytesIO()
    lines = triples.select(pl.format("<{}> <{}> {}{}{} .", "subject", "property", "opening", "object", "closing"))
    lines.write_csv(text, include_header=False, quote_style="never")
    return text.getvalue()


def _line_triples(hierarchy: ArrayHierarchy, shortcuts: Mapping[str, list[str]], day: int) -> Iterator[pl.DataFrame]:
    """Yield the status of each line that is walked on the day, and the shortcuts between its ends."""
    table = hierarchy.lines
    is_shortened = table["type"].is_in(list(shortcuts)).fill_null(value=False).to_numpy()
    rows = hierarchy.walked_lines(day)
    rows = rows[is_shortened[rows]]
    codes = hierarchy.dates.statuses(rows, day)
    yield from _status_triples(table["line"][rows], hierarchy.dates, rows, codes, day)
    quantifiers, types = table["quantifier"][rows], table["type"][rows]
    # A line said of some of a class only is not surely a line of each of them.
    of_all = (quantifiers.is_null() | (quantifiers == _ALL)).to_numpy()
    is_sure = np.isin(codes, _CURRENT_CODES) & of_all
    lower, upper = hierarchy.lower[rows], hierarchy.upper[rows]
    of_posts = hierarchy.is_post[lower] | hierarchy.is_post[upper]
    for shortcut in sorted({shortcut for properties in shortcuts.values() for shortcut in properties}):
        line_types = [line_type for line_type, properties in shortcuts.items() if shortcut in properties]
        chosen = types.is_in(line_types).to_numpy() & ((shortcut != _BETWEEN_BODIES) | ~of_posts)
        for property_, part in ((shortcut, chosen & is_sure), (possibly(shortcut), chosen & ~is_sure)):
            pairs = pl.DataFrame({"lower": lower[part], "upper": upper[part]}).unique(maintain_order=True)
            yield _triples(hierarchy.names[pairs["lower"]], property_, hierarchy.names[pairs["upper"]])
        if shortcut == _REPORTS_TO:
            yield _top_post_triples(hierarchy, lower[chosen])


def _top_post_triples(hierarchy: ArrayHierarchy, with_superior: Array) -> pl.DataFrame:
    """Return the posts that are not among the nodes `with_superior`, each with the body it is in.

    A chain that ends at such a post goes on from its body; of several bodies the first counts, as in `body_of`.
    """
    posts = hierarchy.posts.unique("post", keep="first", maintain_order=True)
    below = hierarchy.names[np.unique(with_superior)]
    tops = posts.filter(~pl.col("post").is_in(below.implode()))
    return _triples(tops["post"], _TOP_POST_IN, tops["body"])


def _tenure_triples(hierarchy: ArrayHierarchy, day: int) -> Iterator[pl.DataFrame]:
    """Yield the status of each tenure that is walked on the day, and who holds its post and heads its body."""
    dates = hierarchy.tenure_dates
    rows = dates.walked(np.arange(hierarchy.tenures.height), day)
    codes = dates.statuses(rows, day)
    frame = hierarchy.tenures.select("tenure", "post", "person")[rows]
    yield from _status_triples(frame["tenure"], dates, rows, codes, day)
    is_sure = np.isin(codes, _CURRENT_CODES)
    for is_part, held_by, head_of in (
        (is_sure, _HELD_BY, _HEAD_OF),
        (~is_sure, possibly(_HELD_BY), possibly(_HEAD_OF)),
    ):
        held = frame.filter(pl.Series(is_part)).select("post", "person").unique(maintain_order=True)
        yield _triples(held["post"], held_by, held["person"])
        heads = held.join(hierarchy.posts.filter("heads"), on="post").select("person", "body")
        heads = heads.unique(maintain_order=True)
        yield _triples(heads["person"], head_of, heads["body"])


def _status_triples(
    nodes: pl.Series, dates: IntervalColumns, rows: Array, codes: Array, day: int
) -> Iterator[pl.DataFrame]:
    """Yield the status of each of `nodes` and, where it was last attested, the date of that.

    `rows` are the rows of the nodes in `dates`, `codes` the numbers of their statuses.
    """
    statuses = pl.Series([STATUS_PREFIX + name for name in STATUS_NAMES])
    yield _triples(nodes, ol_term("timeStatus").value, statuses[codes])
    last = np.flatnonzero(codes == STATUS_NAMES.index(LAST_ATTESTED))
    dated = pl.DataFrame({"node": nodes[last], "on": dates.last_known(rows[last], day)}).filter(pl.col("on") != "")
    yield _triples(dated["node"], ol_term("lastAttestedOn").value, dated["on"], ('"', _EDTF))


def _triples(
    subjects: pl.Series, property_: str, objects: pl.Series, delimiters: tuple[str, str] = ("<", ">")
) -> pl.DataFrame:
    """Return a table of triples; `delimiters` are written before and after each object."""
    frame = pl.DataFrame({"subject": subjects, "object": objects}, schema={"subject": pl.String, "object": pl.String})
    opening, closing = map(pl.lit, delimiters)
    return frame.select("subject", "object", property=pl.lit(property_), opening=opening, closing=closing)


def open_day_dataset(store: ox.Store, hierarchy: ArrayHierarchy, day: date, folder: Path | None = None) -> DayDataset:
    """Return the dataset of `day`: a store, and the graphs of it that together are the default graph of a query.

    With `folder`, where a build keeps its datasets, it is a copy of the build's store that shares its files, made if
    it is not there yet. Without, `store` is in memory and the graph of the day is added to it.
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
    """Return the dataset of `day` if it is kept in `folder`, else None. Opening it reads neither lines nor tenures."""
    place = folder / day.isoformat()
    return _open_dataset(place, [ox.DefaultGraph(), day_graph_name(day)]) if place.is_dir() else None


def _open_dataset(place: Path, graphs: list[ox.NamedNode | ox.DefaultGraph]) -> DayDataset:
    with suppress(OSError):
        os.utime(place)
    _evict(place.parent, place)
    return ox.Store.read_only(str(place)), graphs


def _load_day_graph(store: ox.Store, hierarchy: ArrayHierarchy, day: date) -> None:
    """Load the graph of `day` into `store`, a part of it on each core."""
    graph, cores = day_graph_name(day), min(os.cpu_count() or 1, MAX_LOADERS)
    triples = _triple_table(hierarchy, shortcuts_of(store), day)

    def load(part: pl.DataFrame) -> None:
        store.bulk_load(_as_ntriples(part), ox.RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)

    with ThreadPoolExecutor(cores) as loaders:
        list(loaders.map(load, triples.iter_slices(min(max(triples.height // cores + 1, MIN_BATCH), MAX_BATCH))))


def _make_dataset(store: ox.Store, hierarchy: ArrayHierarchy, day: date, place: Path) -> None:
    """Make the dataset of `day` beside the path `place`, then rename it to `place`.

    Where another process has made it meanwhile the rename fails, and its dataset, which is the same, is used.
    """
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
