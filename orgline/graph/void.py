"""Statistics of the default graph of a store, in the VoID vocabulary (W3C, 2011)."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

_QUERY = Path(__file__).with_name("void.rq")


def void_statistics(store: ox.Store) -> list[ox.Triple]:
    """Return the VoID statistics of the default graph of `store`, sorted. Takes time in proportion to its size."""
    statistics = store.query(_QUERY.read_text(encoding="utf-8"))
    assert isinstance(statistics, ox.QueryTriples)
    return sorted(statistics, key=str)
