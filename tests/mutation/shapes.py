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

from report import Tried, report
from shape_cases import REFUSED_TEXT, SH, SHAPES, accepted, cases, constraints, refusals, short

from orgline.content import Content
from orgline.graph.shacl import read_shapes


def tried(path: Path) -> Iterator[Tried]:
    """Switch off each constraint of a file of shapes: the mutant survives if no graph notices."""
    facts = [*accepted(), *(fact for case in cases() if case.stem == path.stem for fact in case.facts)]
    languages = Content.find(HERE.parents[1]).languages.of_data
    right = refusals(facts, read_shapes([path], languages))
    named = constraints()
    for shape, parameter in sorted(named):
        if shape.partition("#")[0] != path.stem or parameter == str(REFUSED_TEXT).rpartition("#")[2]:
            continue
        graph = read_shapes([path], languages)
        for node in [node for node in set(graph.subjects(SH[parameter])) if short(node) == shape]:
            graph.remove((node, SH[parameter], None))
            if parameter == "closed":
                # pySHACL refuses the list of a shape that is not closed.
                graph.remove((node, SH.ignoredProperties, None))
        yield Tried(f"ontology/shapes/{path.name}", 0, f"{shape} sh:{parameter} off", refusals(facts, graph) == right)


if __name__ == "__main__":
    stems = sys.argv[1:] or [path.stem for path in SHAPES]
    report("shapes", (mutant for path in SHAPES if path.stem in stems for mutant in tried(path)))
