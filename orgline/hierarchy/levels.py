"""The levels of a chain: how many steps each solution of a question is from where its chain begins.

The steps are asked for level by level, so that a question costs what it reaches, whatever else the graph holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import pyoxigraph as ox

from orgline.content import Level, QueryFile, declared_prefixes
from orgline.graph import Term

Solution = Mapping[str, Term]
# Runs the text of a SELECT over what the question is asked of.
Select = Callable[[str], Iterable[Solution]]

BATCH_SIZE = 1000  # nodes in one VALUES block
_INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")


def with_levels(question: QueryFile, solutions: Sequence[Solution], select: Select) -> list[Solution]:
    """Return `solutions` with their level, sorted as the header of `question` says; as they are if it says nothing.

    Of solutions that are otherwise equal the nearest counts.
    """
    level = question.level
    if level is None:
        return list(solutions)
    starts = list(dict.fromkeys(solution[level.start] for solution in solutions))
    steps = _steps(question, level, starts, select)
    levels = {start: _levels_from(start, steps) for start in starts}
    hidden = {level.end} - question.columns.keys() - question.evidence
    nearest: dict[tuple[tuple[str, Term], ...], int] = {}
    for solution in solutions:
        rest = tuple((name, term) for name, term in solution.items() if name not in hidden)
        number = levels[solution[level.start]][solution[level.end]]
        nearest[rest] = min(number, nearest.get(rest, number))
    numbered = [
        {**dict(rest), level.column: ox.Literal(str(number), datatype=_INTEGER)} for rest, number in nearest.items()
    ]
    if level.deepest_first:
        return sorted(numbered, key=lambda solution: -int(solution[level.column].value))
    order = {start: number for number, start in enumerate(starts)}
    return sorted(numbered, key=lambda solution: (order[solution[level.start]], int(solution[level.column].value)))


def _steps(question: QueryFile, level: Level, starts: Iterable[Term], select: Select) -> dict[Term, list[Term]]:
    """Return the nodes one step from each node that can be reached from `starts`."""
    prefixes = "".join(f"PREFIX {name}: <{space}> " for name, space in declared_prefixes(question.text).items())
    steps: dict[Term, list[Term]] = {}
    front = list(starts)
    while front:
        for node in front:
            steps[node] = []
        for first in range(0, len(front), BATCH_SIZE):
            nodes = " ".join(map(str, front[first : first + BATCH_SIZE]))
            query = f"{prefixes}SELECT DISTINCT * WHERE {{ VALUES ?near {{ {nodes} }} ?near {level.step} ?far }}"
            for row in select(query):
                steps[row["near"]].append(row["far"])
        front = [far for far in dict.fromkeys(far for node in front for far in steps[node]) if far not in steps]
    return steps


def _levels_from(start: Term, steps: Mapping[Term, Iterable[Term]]) -> dict[Term, int]:
    """Return the level of each node that can be reached from `start`, which is at level 1 itself."""
    levels = {start: 1}
    front = [start]
    while front:
        nodes = dict.fromkeys(far for node in front for far in steps[node] if far not in levels)
        levels.update(dict.fromkeys(nodes, levels[front[0]] + 1))
        front = list(nodes)
    return levels
