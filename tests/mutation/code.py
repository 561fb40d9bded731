"""Mutants of the engine's code: one comparison flipped at a time, each tried against the tests that concern it.

A comparison becomes its neighbour (`<` becomes `<=`, `==` becomes `!=`, `in` becomes `not in`), so that a test notices
only if it looks at the boundary. Each mutant runs in a forked child, which has the third-party libraries already and
imports the engine with the mutated module in place of the file.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WINGS = ("hierarchy", "answers")
# The tests that see these wings, the quickest to notice first. They need no browser and no network.
TESTS = (
    "tests/test_hierarchy.py",
    "tests/test_answers.py",
    "tests/test_chain.py",
    "tests/test_questions.py",
    "tests/test_dataset.py",
    "tests/test_known.py",
    "tests/test_spreadsheet.py",
    "tests/test_remote.py",
    "tests/test_library.py",
    "tests/test_cli.py",
)
SECONDS = 240
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """The comparison number `number` of the module `module` flipped; where it is and how it reads before and after."""

    module: str
    number: int
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module.replace('.', '/')}.py:{self.line}: {self.before} -> {self.after}"


class _Flip(ast.NodeTransformer):
    """Flips the comparison operator at `number`, counting from 0 in source order; records each one it passes."""

    def __init__(self, number: int = -1) -> None:
        self.number = number
        self.seen: list[tuple[int, str, str]] = []

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for place, operator in enumerate(node.ops):
            before = ast.unparse(node)
            node.ops[place] = _FLIPPED[type(operator)]()
            self.seen.append((node.lineno, before, ast.unparse(node)))
            if len(self.seen) - 1 != self.number:
                node.ops[place] = operator
        return node


def mutants() -> list[Mutant]:
    """Return a mutant for each comparison in the wings, in the order of their files and lines."""
    found = []
    for wing in WINGS:
        for path in sorted((ROOT / "orgline" / wing).rglob("*.py")):
            flip = _Flip()
            flip.visit(ast.parse(path.read_text(encoding="utf-8")))
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found += [Mutant(module, number, *place) for number, place in enumerate(flip.seen)]
    return found


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its mutated source; every other module as usual."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> object:
        if name != self.mutant.module:
            return None
        path = ROOT / (name.replace(".", "/") + ".py")
        return importlib.util.spec_from_file_location(name, path, loader=_Source(name, str(path), self.mutant.number))


class _Source(importlib.machinery.SourceFileLoader):
    """Compiles the source of a module with one comparison flipped."""

    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self.number = number

    def get_code(self, fullname: str) -> object:
        tree = ast.parse(Path(self.get_filename(fullname)).read_text(encoding="utf-8"))
        flipped = ast.fix_missing_locations(_Flip(self.number).visit(tree))
        return compile(flipped, self.get_filename(fullname), "exec")


def preload() -> None:
    """Import what every child needs and no mutant changes."""
    for name in ("pytest", "polars", "numpy", "pyoxigraph", "networkx", "yaml", "jinja2", "rdflib"):
        importlib.import_module(name)


def survives(mutant: Mutant | None, folder: Path, tests: Sequence[str] = TESTS) -> bool:
    """Run `tests` on the engine with `mutant` in place (None: as it is); return whether all of them pass.

    `folder` holds the builds that runs share. A run over SECONDS counts as noticed: the mutant does not end.
    """
    loaded = [name for name in sys.modules if name.split(".")[0] == "orgline"]
    assert loaded == [], "the engine is loaded already, so that no mutant would take effect"
    child = os.fork()
    if not child:
        os.setsid()
        signal.alarm(SECONDS)
        code = 1
        try:
            code = _run(mutant, folder, [name for name in tests if (ROOT / name).exists()])
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _run(mutant: Mutant | None, folder: Path, tests: Sequence[str]) -> int:
    import pytest

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if mutant:
        sys.meta_path.insert(0, _Loader(mutant))
    # Builds are shared by the workers of a run (tests/conftest.py): let each mutant be one more worker of one run.
    os.environ |= {"PYTEST_XDIST_WORKER": "mutant", "ORGLINE_MUTATION": "1"}
    os.chdir(ROOT)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={folder / 'run'}"]
    return int(pytest.main([*options, *tests]))


def main() -> None:
    """Read the command line, try the mutants and print those that survive."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--sample", type=int, help="how many mutants to try; all if omitted")
    options.add_argument("--seed", type=int, default=0, help="which sample")
    typed = options.parse_args()
    every = mutants()
    chosen = random.Random(typed.seed).sample(every, typed.sample) if typed.sample else every
    preload()
    with tempfile.TemporaryDirectory() as folder:
        if not survives(None, Path(folder)):
            sys.exit("The tests fail on the engine as it is; mend them first.")
        alive = [mutant for mutant in chosen if survives(mutant, Path(folder))]
    print(*alive, sep="\n")
    print(f"code: {len(chosen)} mutants of {len(every)}, {len(alive)} survive.")


if __name__ == "__main__":
    main()
