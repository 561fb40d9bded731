"""The examples in docstrings say what the functions do."""

import doctest
import importlib
import re
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "orgline"
EXAMPLE = re.compile(r">>> (?!.*doctest: \+SKIP)")
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if EXAMPLE.search(path.read_text(encoding="utf-8")))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_the_examples_of_a_module_are_true(path: Path) -> None:
    """Each line that a docstring shows as typed gives what stands below it."""
    outcome = doctest.testmod(importlib.import_module(dotted(path)))
    assert outcome.attempted
    assert not outcome.failed
