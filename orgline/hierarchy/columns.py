"""The lines, tenures and posts of a graph as columns: what a search on any day needs, without the evidence.

A build writes them as Parquet beside its store; they hold nothing that the store does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyoxigraph as ox

from orgline.graph import ol_term

_ORG = "http://www.w3.org/ns/org#"
_SCHEMA = "https://schema.org/"
_MEMBER, _POST_IN, _ROLE = (ox.NamedNode(_ORG + name) for name in ("member", "postIn", "role"))
_START, _END = (ox.NamedNode(_SCHEMA + name) for name in ("startDate", "endDate"))
_LOWER, _UPPER, _TYPE, _QUANTIFIER = ol_term("lower"), ol_term("upper"), ol_term("lineType"), ol_term("quantifier")
_IN_POST, _ATTESTED, _HEADSHIP, _STANDING = (
    ol_term("inPost"),
    ol_term("attestedOn"),
    ol_term("headship"),
    ol_term("standing"),
)
RELATION_TABLES = ("lines", "tenures", "posts")
SUPERSEDED = ol_term("Superseded").value
_TIMES = {"start": pl.String, "end": pl.String, "attested": pl.List(pl.String)}
SCHEMAS: dict[str, dict[str, Any]] = {
    "lines": {"line": pl.String, "lower": pl.String, "upper": pl.String, "type": pl.String, "quantifier": pl.String}
    | _TIMES,
    "tenures": {"tenure": pl.String, "post": pl.String, "person": pl.String} | _TIMES,
    "posts": {"post": pl.String, "body": pl.String, "heads": pl.Boolean},
}


@dataclass(frozen=True)
class Relations:
    """Three tables with the columns of SCHEMAS: IRIs as strings; `start` and `end` as EDTF texts, `attested` as a list.

    `heads` says whether a post is at the head of its body. Superseded lines and tenures are left out. Lines and
    tenures are sorted by IRI, posts by IRI and body: searches rely on it.
    """

    lines: pl.DataFrame
    tenures: pl.DataFrame
    posts: pl.DataFrame

    def write(self, folder: Path) -> None:
        """Write the tables to `folder` as Parquet, one file each."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in RELATION_TABLES:
            getattr(self, name).write_parquet(folder / f"{name}.parquet")


def read_relations(folder: Path) -> Relations:
    """Return the relations that `Relations.write` wrote to `folder`. Raises FileNotFoundError where there are none."""
    return Relations(*(pl.read_parquet(folder / f"{name}.parquet") for name in RELATION_TABLES))


def relations_of(store: ox.Store) -> Relations:
    """Return the lines, tenures and posts in the default graph of `store`."""
    heads = _column(store, _HEADSHIP, "heads").filter(pl.col("heads") == "true")["node"]
    lines = _linked_nodes(store, ("lower", _LOWER), ("upper", _UPPER), ("type", _TYPE), ("quantifier", _QUANTIFIER))
    tenures = _linked_nodes(store, ("post", _IN_POST), ("person", _MEMBER))
    posts = _column(store, _POST_IN, "body").join(_column(store, _ROLE, "role"), on="node", how="left")
    posts = posts.select(post="node", body="body", heads=pl.col("role").is_in(heads.implode()).fill_null(value=False))
    return Relations(
        _with_schema("lines", lines.rename({"node": "line"})),
        _with_schema("tenures", tenures.rename({"node": "tenure"})),
        _with_schema("posts", posts.unique().sort("post", "body")),
    )


def _with_schema(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(column).cast(kind) for column, kind in SCHEMAS[name].items())


def _linked_nodes(store: ox.Store, *ends: tuple[str, ox.NamedNode]) -> pl.DataFrame:
    """Return a table of the nodes that have the first two of `ends` (a column and its property each).

    Its columns are `node`, those of `ends`, `start`, `end` and `attested`; of several values of what should be single,
    the first in text order is taken.
    """
    first, second, *more = (_column(store, predicate, name) for name, predicate in ends)
    frame = first.join(second, on="node")
    for other in (*more, _column(store, _START, "start"), _column(store, _END, "end")):
        frame = frame.join(other.unique("node", keep="first"), on="node", how="left")
    attested = _column(store, _ATTESTED, "attested").sort("attested").group_by("node").agg(pl.col("attested").unique())
    frame = frame.join(attested.with_columns(pl.col("attested").list.sort()), on="node", how="left")
    superseded = _column(store, _STANDING, "standing").filter(pl.col("standing") == SUPERSEDED)
    return frame.join(superseded, on="node", how="anti").unique().sort("node")


def _column(store: ox.Store, predicate: ox.NamedNode, name: str) -> pl.DataFrame:
    """Return a table of the subjects (`node`) and values (`name`) of `predicate` in the default graph, sorted."""
    solutions = store.query(f"SELECT ?node ?{name} WHERE {{ ?node {predicate} ?{name} }}")
    assert isinstance(solutions, ox.QuerySolutions)
    # Reading CSV takes a tenth of the time that a Python object for each value would.
    text = solutions.serialize(format=ox.QueryResultsFormat.CSV)
    assert text is not None
    schema = {"node": pl.String, name: pl.String}
    return pl.read_csv(text, schema=schema).with_columns(pl.col(name).fill_null("")).sort("node", name)
