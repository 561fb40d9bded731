"""VoID: statistics of the default graph of a store."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

_QUERY = Path(__file__).with_name("void.rq")


def void_statistics(store: ox.Store) -> list[ox.Triple]:
    """Return what the default graph of `store` holds, counted, in the words of VoID; it takes time with its size."""
    found = store.query(_QUERY.read_text(encoding="utf-8"))
    assert isinstance(found, ox.QueryTriples)
    return sorted(found, key=str)
