"""Delete a line of a question or check and see whether a pinned answer notices: ``python tests/mutation/questions.py``.

For each mutant of a question's SPARQL (see `sparql.mutants`) the askings of its pin file are answered anew, and a check
is run on its cases in tests/checks and on the tables of tests/contradictions. A mutant is killed when a row differs,
the query fails or it takes more than `SECONDS` of processor time, so that a busy machine kills none; the others survive
and are printed.
Names of questions, with or without theme, limit the run; ``--sample N --seed S`` takes N mutants at random.

A survivor is either a gap in the invented data, to be closed by a row that makes the line matter, or equivalent: no
content that the shapes allow tells it from the original. `equivalent.toml` gives the reason of each of the latter.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "answers"), str(TESTS)]

import pyoxigraph as ox
from pins import CHECKS, Asking, World, askings, rows_of
from pins import HERE as PINS
from report import Tried, report
from rewrite import worlds
from sparql import Mutant, mutants
from variants import changed as with_changes
from variants import read

from orgline.content import Content, QueryFile, run_select

SECONDS = 3.0


def survivors(found: list[Mutant], is_same: Callable[[Mutant], bool]) -> list[Mutant]:
    """Return the mutants for which `is_same` holds, each tried in a child process that its time limit may end."""
    alive, todo = [], list(enumerate(found))
    while todo:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            _try_each(todo, is_same, writer)
        os.close(writer)
        with os.fdopen(reader) as report:
            tried = [line.split() for line in report]
        os.waitpid(child, 0)
        alive += [found[int(number)] for number, said in tried if said == "same"]
        # The last one begun is done, or it is the one that ran out of time.
        last = max((int(number) for number, _ in tried), default=todo[0][0])
        todo = [(number, mutant) for number, mutant in todo if number > last]
    return alive


def _try_each(todo: Iterable[tuple[int, Mutant]], is_same: Callable[[Mutant], bool], writer: int) -> None:
    """Try mutants and report on each to `writer`; the default action of the alarm ends the process."""
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    for number, mutant in todo:
        os.write(writer, f"{number} begun\n".encode())
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            same = is_same(mutant)
        except Exception:  # noqa: BLE001 -- a query that fails is noticed, in whichever way
            same = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        os.write(writer, f"{number} {'same' if same else 'killed'}\n".encode())
    os._exit(0)


@cache
def contradictions() -> ox.Store:
    """Return the graph of the tables in tests/contradictions."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ontology", "queries", "viz"):
            (Path(folder) / name).symlink_to(TESTS.parent / name)
        (Path(folder) / "data").symlink_to(TESTS / "contradictions" / "data")
        return World.of(Content(Path(folder))).store


def case_stores(check: str) -> list[ox.Store]:
    """Return the graph of each case that tests/checks has for a check, and that of tests/contradictions."""
    facts, variants = read(TESTS / "checks" / f"{check}.trig")
    stores = []
    for changes in ((), *variants.values()):
        store = ox.Store()
        store.extend(ox.Quad(*fact) for fact in with_changes(facts, changes) if "#finding" not in fact.subject.value)
        stores.append(store)
    return [*stores, contradictions()]


def found_in(store: ox.Store, check: QueryFile) -> list[list[tuple[str, str]]]:
    """Return the rows of a check, in an order of their own."""
    return sorted(sorted((name, str(term)) for name, term in row.items()) for row in run_select(store, check, {}))


def noticing(world: World, question: QueryFile, asked: list[Asking]) -> Callable[[Mutant], bool]:
    """Return what tells whether a mutant of `question` answers all that is `asked` as the question itself does."""
    right = [rows_of(world, question, asking) for asking in asked]
    stores = case_stores(question.name) if question.theme == CHECKS else []
    found = [found_in(store, question) for store in stores]

    def is_same(mutant: Mutant) -> bool:
        changed = replace(question, text=mutant.text)
        if any(found_in(store, changed) != rows for store, rows in zip(stores, found, strict=True)):
            return False
        return all(rows_of(world, changed, asking) == rows for asking, rows in zip(asked, right, strict=True))

    return is_same


def main() -> None:
    """Read the command line and make the invented province."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("names", nargs="*", help="questions or checks, with or without their theme")
    options.add_argument("--sample", type=int, help="how many mutants to try")
    options.add_argument("--seed", type=int, default=0, help="which sample")
    typed = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(worlds(Path(folder))["province"], typed)


def run(world: World, typed: argparse.Namespace) -> None:
    """Try the mutants that were asked for and print which survive and why."""
    every = [
        (place, mutant)
        for place, question in world.questions.items()
        if not typed.names or {place, question.name} & set(typed.names)
        for mutant in mutants(question.text)
    ]
    if typed.sample and typed.sample < len(every):
        every = random.Random(typed.seed).sample(every, typed.sample)
    report("questions", (one for place in world.questions for one in tried(world, place, every)))


def tried(world: World, place: str, every: list[tuple[str, Mutant]]) -> Iterator[Tried]:
    """Try those of the mutants that are of the question at `place`."""
    chosen = [mutant for at, mutant in every if at == place]
    if chosen:
        asked = askings((PINS / "province" / f"{place}.csv").read_text(encoding="utf-8"))
        alive = survivors(chosen, noticing(world, world.questions[place], asked))
        yield from (Tried(place, mutant.line, mutant.name, mutant in alive) for mutant in chosen)


if __name__ == "__main__":
    main()
