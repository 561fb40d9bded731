"""The graph of one day: the walked lines and tenures as plain triples.

A property path cannot look at dates, so a chain on a day is asked of the dataset of that day (`day_dataset`): the facts
merged with this graph. It holds the same steps as a walk (`orgline.hierarchy.protocol`): what is held or last attested
by ORG's own properties (`org:reportsTo`), whatever else is walked by a property of ours (`ol:possiblyReportsTo`), so
that neither is taken for the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO

import numpy as np
import polars as pl
import pyoxigraph as ox

from orgline.graph import ol_term
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.interval_columns import STATUS_NAMES, Array, IntervalColumns
from orgline.hierarchy.shortcuts import REPORTS_TO, possibly, shortcuts_of
from orgline.text import CURRENT_STATUSES, LAST_ATTESTED

STATUS_PREFIX = "https://w3id.org/orgline/code/time-status/"
MAX_LOADERS, MIN_BATCH, MAX_BATCH = 4, 20_000, 1_000_000
_ORG = "http://www.w3.org/ns/org#"
_ALL = "https://w3id.org/orgline/code/quantifier/all"
_BETWEEN_BODIES = _ORG + "subOrganizationOf"
_HELD_BY, _HEAD_OF = _ORG + "heldBy", _ORG + "headOf"
_TOP_POST_IN = ol_term("topPostIn").value
_EDTF = '"^^<http://id.loc.gov/datatypes/edtf/EDTF>'
_CURRENT_CODES = [STATUS_NAMES.index(name) for name in CURRENT_STATUSES]


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
        if shortcut == REPORTS_TO:
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


def load_day_graph(store: ox.Store, graph: ox.NamedNode, hierarchy: ArrayHierarchy, day: date) -> None:
    """Load the triples of `day` into the graph `graph` of `store`, a part of them on each core."""
    cores = min(os.cpu_count() or 1, MAX_LOADERS)
    triples = _triple_table(hierarchy, shortcuts_of(store), day)

    def load(part: pl.DataFrame) -> None:
        store.bulk_load(_as_ntriples(part), ox.RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)

    with ThreadPoolExecutor(cores) as loaders:
        list(loaders.map(load, triples.iter_slices(min(max(triples.height // cores + 1, MIN_BATCH), MAX_BATCH))))
