"""Infer: run the content's rules until they say nothing new."""

from __future__ import annotations

import pyoxigraph as ox

from orgline.content import Content
from orgline.errors import CannotRun
from orgline.query import Query, read_queries

MAX_ROUNDS = 50


def infer(store: ox.Store, content: Content) -> list[ox.Triple]:
    """Add what the rules of `content` conclude to `store`; return the triples that are new.

    Raises ContentError when a rule is no SPARQL, CannotRun when the rules never come to rest.
    """
    rules = read_queries(content.rules, content)
    concluded: list[ox.Triple] = []
    for _ in range(MAX_ROUNDS):
        new = [triple for rule in rules for triple in _apply(store, rule)]
        if not new:
            return concluded
        concluded += new
    raise CannotRun(f"ontology/rules: still say something new after {MAX_ROUNDS} rounds. Look for a rule without end.")


def _apply(store: ox.Store, rule: Query) -> list[ox.Triple]:
    """Add what `rule` concludes to `store`; return what was not there."""
    found = store.query(rule.text)
    assert isinstance(found, ox.QueryTriples)
    quads = {ox.Quad(triple.subject, triple.predicate, triple.object) for triple in found}
    new = [quad for quad in quads if quad not in store]
    store.extend(new)
    return [quad.triple for quad in new]
