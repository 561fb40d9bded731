"""Mutants of the engine's code: one comparison flipped at a time, each tried against the tests that concern it.

A comparison becomes its neighbour (`<` becomes `<=`, `==` becomes `!=`, `in` becomes `not in`), so that a test notices
only if it looks at the boundary. The tests run once on the engine as it is, which also tells for each comparison the
tests that make it; a mutant is tried against these alone, the quickest first. Each runs in a forked child, which has
the third-party libraries already and imports the engine with the mutated module in place of the file.

Names of modules such as ``answers/chains``, or with a line as in ``answers/chains:20``, limit the run; ``--sample N
--seed S`` takes N mutants at random.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import tempfile
import traceback
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from report import Tried, report

ROOT = Path(__file__).parents[2]
WINGS = ("hierarchy", "answers")
# The tests that see these wings. They need no browser and no network.
TESTS = (
    "tests/test_hierarchy.py",
    "tests/test_when.py",
    "tests/test_same_chains.py",
    "tests/test_answer.py",
    "tests/test_evidence.py",
    "tests/test_evidence_join.py",
    "tests/test_answers.py",
    "tests/test_chain.py",
    "tests/test_questions.py",
    "tests/test_dataset.py",
    "tests/test_known.py",
    "tests/test_spreadsheet.py",
    "tests/test_remote.py",
    "tests/test_library.py",
    "tests/test_cli.py",
    "tests/test_cannot_run.py",
    "tests/test_explorer.py",
    "tests/test_pack.py",
)
# Slow tests among them are run too, but neither those of a browser nor those that ask all questions of two engines.
CHOSEN = "not works_ and not engines"
# What a mutant may take, of the processor's time so that a busy machine kills none, and by the clock if it only waits.
CPU_SECONDS, SECONDS = 400, 3600
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

    @property
    def place(self) -> str:
        """The file that is changed."""
        return f"{self.module.replace('.', '/')}.py"

    @property
    def short_names(self) -> set[str]:
        """What it is called on the command line: the module within the engine, and that with the line."""
        module = self.module.partition(".")[2].replace(".", "/")
        return {module, f"{module}:{self.line}"}

    @property
    def key(self) -> str:
        """What names the comparison in a run of this program."""
        return f"{self.module}:{self.number}"


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


class _Mark(ast.NodeTransformer):
    """Lets each comparison say that it is made: `a < b` becomes `(_made("module:0"), a < b)[1]`."""

    def __init__(self, module: str) -> None:
        self.module, self.number = module, 0

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        calls = []
        for _ in node.ops:
            calls.append(f"_made({f'{self.module}:{self.number}'!r})")
            self.number += 1
        marked = ast.parse(f"({', '.join(calls)}, 0)[{len(calls)}]", mode="eval").body
        assert isinstance(marked, ast.Subscript)
        assert isinstance(marked.value, ast.Tuple)
        marked.value.elts[-1] = node
        return ast.copy_location(marked, node)


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules that `changes` names from their changed source; every other module as usual."""

    def __init__(self, changes: Mapping[str, Callable[[ast.Module], ast.AST]]) -> None:
        self.changes = changes

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> object:
        if name not in self.changes:
            return None
        path = ROOT / (name.replace(".", "/") + ".py")
        return importlib.util.spec_from_file_location(name, path, loader=_Source(name, str(path), self.changes[name]))


class _Source(importlib.machinery.SourceFileLoader):
    """Compiles the changed source of a module."""

    def __init__(self, name: str, path: str, change: Callable[[ast.Module], ast.AST]) -> None:
        super().__init__(name, path)
        self.change = change

    def get_code(self, fullname: str) -> object:
        tree = ast.parse(Path(self.get_filename(fullname)).read_text(encoding="utf-8"))
        return compile(ast.fix_missing_locations(self.change(tree)), self.get_filename(fullname), "exec")  # type: ignore[call-overload]


class _Watch:
    """A plugin of pytest: which comparisons each test makes, also those of the fixtures it asks for; its seconds."""

    def __init__(self) -> None:
        self.now: set[str] = set()
        self.of_fixture: dict[str, set[str]] = defaultdict(set)
        self.of_test: dict[str, set[str]] = defaultdict(set)
        self.fixtures: dict[str, tuple[str, ...]] = {}
        self.seconds: dict[str, float] = defaultdict(float)

    def made(self, key: str) -> None:
        """Take note that the comparison `key` is made now."""
        self.now.add(key)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        before, self.now = self.now, set()
        try:
            return (yield)
        finally:
            self.of_fixture[fixturedef.argname] |= self.now
            self.now |= before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Generator[None, object, object]:
        self.now = set()
        try:
            return (yield)
        finally:
            self.of_test[item.nodeid] |= self.now
            self.fixtures[item.nodeid] = tuple(item.fixturenames)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration

    def tests(self) -> dict[str, list[str]]:
        """Return by comparison the tests that make it, the quickest first."""
        found: dict[str, list[str]] = defaultdict(list)
        for test in sorted(self.of_test, key=self.seconds.__getitem__):
            for key in self.of_test[test].union(*(self.of_fixture[name] for name in self.fixtures[test])):
                found[key].append(test)
        return found


class _Choice:
    """A plugin of pytest: only the tests named are run, in the order of `names` (a test's file before its order)."""

    def __init__(self, names: list[str]) -> None:
        self.place = {name: number for number, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid]
        )


def preload() -> None:
    """Import what every child needs and no mutant changes."""
    for name in ("polars", "numpy", "pyoxigraph", "networkx", "yaml", "jinja2", "rdflib"):
        importlib.import_module(name)


def _in_child(work: Callable[[], int]) -> int:
    """Run `work` in a child that its time limits may end; return its exit code, negative for a signal."""
    loaded = [name for name in sys.modules if name.split(".")[0] == "orgline"]
    assert loaded == [], "the engine is loaded already, so that no mutant would take effect"
    child = os.fork()
    if not child:
        os.setsid()
        signal.alarm(SECONDS)
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
        code = 1
        try:
            code = work()
        except BaseException:  # noqa: BLE001 -- a child that fails must not run on as its parent
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def tests_of(folder: Path) -> dict[str, list[str]]:
    """Run all tests on the engine as it is; return by comparison the tests that make it, the quickest first.

    `folder` keeps the builds that the runs share. If a test fails, the program ends: no mutant could be told from it.
    """
    report = folder / "tests.json"

    def work() -> int:
        watch = _Watch()
        builtins._made = watch.made  # type: ignore[attr-defined]
        changes = {mutant.module: _Mark(mutant.module).visit for mutant in mutants()}
        code = _run(changes, folder, [name for name in TESTS if (ROOT / name).exists()], [watch])
        report.write_text(json.dumps(watch.tests()), encoding="utf-8")
        return code

    if _in_child(work):
        sys.exit("The tests fail on the engine as it is; mend them first.")
    return json.loads(report.read_text(encoding="utf-8"))


def survives(mutant: Mutant, folder: Path, tests: list[str]) -> bool:
    """Return whether all of `tests`, names of pytest, pass on the engine with `mutant` in place."""
    files = sorted({name.partition("::")[0] for name in tests})
    changes = {mutant.module: _Flip(mutant.number).visit}
    return not tests or _in_child(lambda: _run(changes, folder, files, [_Choice(tests)])) == 0


def _run(
    changes: Mapping[str, Callable[[ast.Module], ast.AST]], folder: Path, files: list[str], plugins: list[object]
) -> int:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.meta_path.insert(0, _Loader(changes))
    # Builds are shared by the workers of a run (tests/conftest.py): let each mutant be one more worker of one run.
    os.environ |= {"PYTEST_XDIST_WORKER": "mutant", "ORGLINE_MUTATION": "1"}
    os.chdir(ROOT)
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-m",
        "",
        "-k",
        CHOSEN,
        f"--basetemp={folder / 'run'}",
    ]
    return int(pytest.main([*options, *files], plugins=plugins))


def main() -> None:
    """Read the command line, try the mutants and print those that survive."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("names", nargs="*", help="modules, such as answers/chains or answers/chains:20")
    options.add_argument("--sample", type=int, help="how many mutants to try; all if omitted")
    options.add_argument("--seed", type=int, default=0, help="which sample")
    typed = options.parse_args()
    every = [one for one in mutants() if not typed.names or one.short_names & set(typed.names)]
    if typed.sample and typed.sample < len(every):
        every = random.Random(typed.seed).sample(every, typed.sample)
    preload()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tests = tests_of(folder)
        report(
            "code",
            (
                Tried(
                    mutant.place,
                    mutant.line,
                    f"{mutant.before} -> {mutant.after}",
                    survives(mutant, folder, tests.get(mutant.key, [])),
                )
                for mutant in every
            ),
        )


if __name__ == "__main__":
    main()
