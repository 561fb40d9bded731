"""Change a rule and see whether a case in tests/rules notices: ``python tests/mutation/rules.py [NAME …]``.

A mutant of a rule (see `sparql.mutants`: patterns and filters deleted, MIN for MAX …) is killed when it concludes
something else than the rule itself from some case, or cannot be run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import pyoxigraph as ox
from report import Tried, report
from sparql import mutants
from variants import changed, read

ROOT = HERE.parents[1]
RULES = ROOT / "ontology" / "rules"
CASES = ROOT / "tests" / "rules"
ONTOLOGY = ox.NamedNode("https://w3id.org/orgline/graph/ontology")


def case_stores(stem: str) -> list[ox.Store]:
    """Return the graph of each case of a rule, with the ontology that the file gives; conclusions are no cases."""
    facts, variants = read(CASES / f"{stem}.trig")
    ontology = variants.get(ONTOLOGY.value, ())
    names = [name for name in variants if not name.endswith("concludes") and name != ONTOLOGY.value]
    stores = []
    for changes in ((), *(variants[name] for name in names)):
        store = ox.Store()
        store.extend(ox.Quad(*fact) for fact in changed(facts, changes))
        store.extend(ox.Quad(*fact, ONTOLOGY) for fact in ontology)
        stores.append(store)
    return stores


def conclusions(text: str, stores: list[ox.Store]) -> list[set[str]]:
    """Return the triples that a CONSTRUCT gives for each of `stores`."""
    return [{str(triple) for triple in store.query(text)} for store in stores]


def tried(stem: str) -> Iterator[Tried]:
    """Try the mutants of a rule: one survives if no case notices it."""
    text = (RULES / f"{stem}.rq").read_text(encoding="utf-8")
    stores = case_stores(stem)
    right = conclusions(text, stores)
    for mutant in mutants(text):
        try:
            same = conclusions(mutant.text, stores) == right
        except (SyntaxError, ValueError, OSError):
            same = False
        yield Tried(f"ontology/rules/{stem}.rq", mutant.line, mutant.name, same)


if __name__ == "__main__":
    stems = sys.argv[1:] or sorted(path.stem for path in RULES.glob("*.rq"))
    report("rules", (mutant for stem in stems for mutant in tried(stem)))
