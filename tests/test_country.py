"""The generator of registers: what it computes on columns is what the rules conclude."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest
from conftest import ROOT

from orgline.content.tree import Content
from orgline.graph.rules import infer
from orgline.hierarchy.columns import read_relations, relations_of

UNITS = pl.DataFrame(
    {
        "province": ["01", "01", "02"],
        "in_province": ["Tỉnh Một", "Tỉnh Một", "Tỉnh Hai"],
        "commune": ["00001", "00002", "00003"],
        "name": ["Xã Một", "Xã Hai", "Xã Ba"],
    }
)
SCALE = 1 / 2500


@pytest.fixture
def bench(monkeypatch):
    """The modules of bench/, which are no package."""
    monkeypatch.syspath_prepend(ROOT / "bench")
    import by_rule
    import country
    import country_store

    return country, by_rule, country_store


def loaded(blocks, text) -> set[ox.Triple]:
    return {quad.triple for block in blocks for quad in ox.parse(text(block), ox.RdfFormat.N_TRIPLES)}


@pytest.mark.slow
def test_columns_conclude_what_the_rules_do(bench) -> None:
    """What is computed on the columns of a register is all that the rules conclude of its facts, and nothing more."""
    country, by_rule, country_store = bench
    register = country.make_register(UNITS, SCALE)
    store = ox.Store()
    country_store.vocabularies(store)
    facts = loaded(country_store.stated(register), country_store.text)
    store.extend(ox.Quad(*triple) for triple in facts)
    before = set(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    infer(store, Content.find())
    by_rules = {quad.triple for quad in set(store.quads_for_pattern(None, None, None, ox.DefaultGraph())) - before}
    of_columns = loaded(
        country_store.concluded(register, by_rule.derived_lines(register)),
        country_store.text,
    )
    assert len(of_columns) > 3000
    assert by_rules == of_columns - facts


def test_the_columns_are_those_of_the_store(bench, tmp_path: Path) -> None:
    """The columns that are written beside the store are those that are taken from it."""
    country, _, country_store = bench
    country_store.write(country.make_register(UNITS, SCALE), tmp_path)
    taken = relations_of(ox.Store.read_only(str(tmp_path / "store")))
    kept = read_relations(tmp_path / "columns")
    for name in ("lines", "tenures", "posts"):
        assert getattr(taken, name).equals(getattr(kept, name)), name


def test_the_same_seed_makes_the_same_register(bench) -> None:
    """A register depends on its units, scale and seed alone, and says of each body that it is invented."""
    country, _, _ = bench
    one, other = (country.make_register(UNITS, SCALE, seed=7) for _ in range(2))
    assert one.lines.equals(other.lines)
    assert one.tenures.equals(other.tenures)
    assert not one.tenures.equals(country.make_register(UNITS, SCALE, seed=8).tenures)
    assert one.bodies["label"].str.starts_with("(bịa)").all()
    assert one.bodies["body"].str.contains("/invented-").all()


SCRIPTS = sorted(
    path for path in (ROOT / "bench").glob("*.py") if "ArgumentParser(" in path.read_text(encoding="utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_each_benchmark_starts(path: Path) -> None:
    """Each script of the benchmarks imports what it needs from the engine, and explains itself with --help."""
    done = subprocess.run(
        [sys.executable, str(path), "--help"], capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
