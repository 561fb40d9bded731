"""Switch off a constraint; see whether a graph in tests/refused notices: ``python tests/mutation/shapes.py [STEM …]``.

A mutant is the shapes of one file without one constraint (a parameter such as sh:minCount of one shape). It is killed
when the graphs of tests/refused are refused otherwise than by the whole shapes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import rdflib
from shape_cases import REFUSED_TEXT, SH, SHAPES, accepted, cases, constraints, refusals, short


def survivors(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield for each constraint of a file of shapes its name and whether no graph notices that it is off."""
    facts = [*accepted(), *(fact for case in cases() if case.stem == path.stem for fact in case.facts)]
    right = refusals(facts, rdflib.Graph().parse(path))
    named = constraints()
    for shape, parameter in sorted(named):
        if shape.partition("#")[0] != path.stem or parameter == str(REFUSED_TEXT).rpartition("#")[2]:
            continue
        graph = rdflib.Graph().parse(path)
        for node in [node for node in set(graph.subjects(SH[parameter])) if short(node) == shape]:
            graph.remove((node, SH[parameter], None))
            if parameter == "closed":
                # pySHACL refuses the list of a shape that is not closed.
                graph.remove((node, SH.ignoredProperties, None))
        yield f"ontology/shapes/{path.name}: {shape} sh:{parameter} off", refusals(facts, graph) == right


def main() -> None:
    """Try every constraint of the files named, or of all, and print those that survive."""
    paths = [path for path in SHAPES if not sys.argv[1:] or path.stem in sys.argv[1:]]
    tried = [result for path in paths for result in survivors(path)]
    alive = [name for name, same in tried if same]
    print(*alive, sep="\n")
    print(f"shapes: {len(tried)} mutants, {len(alive)} survive.")


if __name__ == "__main__":
    main()
