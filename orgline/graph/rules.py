"""Forward-chaining inference: applies the content's rules (CONSTRUCT queries) until they add nothing."""

from __future__ import annotations

import pyoxigraph as ox

from orgline.content import Content, QueryFile, read_query_files
from orgline.text import CannotRun

MAX_ROUNDS = 50  # rules that mint new IRIs could go on for ever


def infer(store: ox.Store, content: Content) -> list[ox.Triple]:
    """Add the conclusions of the rules of `content` to the default graph of `store`; return the new triples.

    Raises ContentError if a rule is no valid CONSTRUCT, CannotRun if there are new triples after MAX_ROUNDS rounds.
    """
    rules = read_query_files(content.rules, content)
    concluded: list[ox.Triple] = []
    for _ in range(MAX_ROUNDS):
        new = [triple for rule in rules for triple in _apply_rule(store, rule)]
        if not new:
            return concluded
        concluded += new
    raise CannotRun(f"ontology/rules: still add triples after {MAX_ROUNDS} rounds. Look for a rule without end.")


def _apply_rule(store: ox.Store, rule: QueryFile) -> list[ox.Triple]:
    """Add the conclusions of `rule` to `store`; return the triples that were not in it."""
    conclusions = store.query(rule.text)
    assert isinstance(conclusions, ox.QueryTriples)
    quads = {ox.Quad(triple.subject, triple.predicate, triple.object) for triple in conclusions}
    new = [quad for quad in quads if quad not in store]
    store.extend(new)
    return [quad.triple for quad in new]
