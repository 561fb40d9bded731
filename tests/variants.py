"""A small graph and its variants in one TriG file, each variant the triples that it changes.

The default graph is the first case. A named graph ``<#NAME>`` is another: the values that it gives for a subject and
property replace those of the default graph, and ``()`` removes them.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyoxigraph as ox

_NIL = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#nil")
Facts = tuple[ox.Triple, ...]


@cache
def read(path: Path) -> tuple[Facts, dict[str, Facts]]:
    """Return the triples of the default graph of a file, and the changes by the names of the named graphs."""
    facts, changes = [], defaultdict(list)
    for quad in ox.parse(path=str(path)):
        if isinstance(quad.graph_name, ox.NamedNode):
            changes[quad.graph_name.value.rpartition("#")[2]].append(quad.triple)
        else:
            facts.append(quad.triple)
    return tuple(facts), {name: tuple(triples) for name, triples in changes.items()}


def changed(facts: Iterable[ox.Triple], changes: Facts) -> Facts:
    """Return `facts` with `changes` in place of what they say of the same subjects and properties."""
    replaced = {(one.subject, one.predicate) for one in changes}
    kept = [one for one in facts if (one.subject, one.predicate) not in replaced]
    return (*kept, *(one for one in changes if one.object != _NIL))
