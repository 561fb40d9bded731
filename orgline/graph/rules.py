"""Infer: run the content's rules until they say nothing new."""

from __future__ import annotations

import pyoxigraph as ox

from orgline.content import Content, QueryFile, read_query_files
from orgline.text import CannotRun

MAX_ROUNDS = 50


def infer(store: ox.Store, content: Content) -> list[ox.Triple]:
    """Add what the rules of `content` conclude to `store`; return the triples that are new.

    Raises ContentError when a rule is no SPARQL, CannotRun when the rules never come to rest.
    """
    rules = read_query_files(content.rules, content)
    concluded: list[ox.Triple] = []
    for _ in range(MAX_ROUNDS):
        new = [triple for rule in rules for triple in _apply_rule(store, rule)]
        if not new:
            return concluded
        concluded += new
    raise CannotRun(f"ontology/rules: still say something new after {MAX_ROUNDS} rounds. Look for a rule without end.")


def _apply_rule(store: ox.Store, rule: QueryFile) -> list[ox.Triple]:
    """Add what `rule` concludes to `store`; return what was not there."""
    found = store.query(rule.text)
    assert isinstance(found, ox.QueryTriples)
    quads = {ox.Quad(triple.subject, triple.predicate, triple.object) for triple in found}
    new = [quad for quad in quads if quad not in store]
    store.extend(new)
    return [quad.triple for quad in new]
