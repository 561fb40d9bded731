"""Infer: run the content's rules until they say nothing new."""

from __future__ import annotations

import pyoxigraph as ox

from orgline.content import Content
from orgline.errors import CannotRun
from orgline.query import Query, read_queries

MAX_ROUNDS = 50


def infer(store: ox.Store, content: Content) -> int:
    """Add what the rules of `content` conclude to `store`; return how many triples are new.

    Raises ContentError when a rule is no SPARQL, CannotRun when the rules never come to rest.
    """
    rules = read_queries(content.rules, content)
    before = len(store)
    for _ in range(MAX_ROUNDS):
        size = len(store)
        for rule in rules:
            _apply(store, rule)
        if len(store) == size:
            return size - before
    raise CannotRun(f"ontology/rules: still say something new after {MAX_ROUNDS} rounds. Look for a rule without end.")


def _apply(store: ox.Store, rule: Query) -> None:
    found = store.query(rule.text)
    assert isinstance(found, ox.QueryTriples)
    store.extend([ox.Quad(triple.subject, triple.predicate, triple.object) for triple in list(found)])
