"""Tables: what CSVW metadata says of them, how cells are read and checked, and how rows become triples."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest
from conftest import exchange, tell_into
from hypothesis import given
from hypothesis import strategies as st

from orgline.content.csv_reader import check_frame, read_frame
from orgline.content.csv_to_rdf import map_frame, to_ntriples
from orgline.content.csvw import TableKind, read_table_kinds
from orgline.content.tree import Content
from orgline.graph.loading import load
from orgline.text.errors import CannotRun

HOS = "https://example.org/hospital/ns#"
BASE = "https://w3id.org/orgline/id/"
CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
SPECIAL = st.text("\",;\t\n\\'<>{}|^`é̂ aĐ", max_size=10)


@pytest.fixture(scope="module")
def kinds(hospital: Content) -> dict[str, TableKind]:
    """The kinds of table of the hospital."""
    return read_table_kinds(hospital)


def read(folder: Path, kind: TableKind, rows: list[dict[str, str]]):
    """Write `rows` as CSV and read them as a table of `kind`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "table.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return read_frame(path, "table.csv", kind)


def mapped(frame: pl.DataFrame, kind: TableKind, content: Content) -> set[ox.Quad]:
    """Return the triples of `frame`, parsed."""
    whole = frame.with_columns(_source=pl.lit("roster"), _place=pl.lit("table.csv"))
    return set(ox.parse(to_ntriples([map_frame(whole, kind, content, BASE)]), ox.RdfFormat.N_TRIPLES))


def values(quads: set[ox.Quad], name: str) -> list[ox.Literal]:
    return sorted((quad.object for quad in quads if quad.predicate.value.endswith(name)), key=str)


@given(name=CELL | SPECIAL)
def test_any_text_comes_through(name: str, kinds, hospital: Content, tmp_path_factory) -> None:
    """Whatever a cell says, commas, quotation marks, backslashes and lines, the graph says the same, composed."""
    from orgline.text.normalize import to_nfc

    kind = kinds["shifts"]
    row = {"shift": "s", "nurse": "anna-le", "ward": "maternity", "note": name, "locator": "L1"}
    frame, problems = read(tmp_path_factory.getbasetemp(), kind, [row])
    assert problems == []
    said = [one.value for one in values(mapped(frame, kind, hospital), "ns#note")]
    wanted = to_nfc(name).strip()
    assert [one.replace("\r\n", "\n") for one in said] == ([wanted] if wanted else [])


@given(beds=st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_row_is_a_thing(beds: list[int], kinds, hospital: Content, tmp_path_factory) -> None:
    """Each row is one thing of its class, with each cell that is not empty as one triple."""
    kind = kinds["wards"]
    rows = [{"ward": f"w-{number}", "label_en": "W", "beds": str(one)} for number, one in enumerate(beds)]
    frame, problems = read(tmp_path_factory.getbasetemp(), kind, rows)
    assert problems == []
    assert check_frame(frame, "t", kind) == []
    quads = mapped(frame, kind, hospital)
    assert len(quads) == 3 * len(beds)
    assert sorted(int(one.value) for one in values(quads, "ns#beds")) == sorted(beds)


@given(day=st.dates(date(1900, 1, 1), date(2100, 1, 1)), days=st.integers(0, 5000))
def test_a_date_has_its_earliest_and_latest_day(day: date, days: int, kinds, hospital: Content, tmp_path_factory):
    """A date as exact as its source gets the first and last day it allows beside it."""
    kind, last = kinds["shifts"], day + timedelta(days)
    row = {"shift": "s", "nurse": "a", "ward": "b", "since": f"[{day}..{last}]", "locator": "L1"}
    frame, _ = read(tmp_path_factory.getbasetemp(), kind, [row])
    assert check_frame(frame, "t", kind) == []
    quads = mapped(frame, kind, hospital)
    xsd_date = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
    assert values(quads, "sinceEarliest") == [ox.Literal(day.isoformat(), datatype=xsd_date)]
    assert values(quads, "sinceLatest") == [ox.Literal(last.isoformat(), datatype=xsd_date)]
    assert [one.value for one in values(quads, "ns#since")] == [f"[{day}..{last}]"]


@pytest.mark.parametrize(
    "cell", ["2022-06-16~", "2022-06-16?", "2022-06", "2022", "[2022-06-16]", "2022-06-16/2022-06-16"]
)
def test_a_day_is_written_as_nothing_but_a_day(cell: str, kinds, tmp_path: Path) -> None:
    """A column of plain days refuses every other form of EDTF, even one that allows a single day."""
    row = {"shift": "s", "nurse": "a", "ward": "b", "on": cell, "locator": "L1"}
    frame, _ = read(tmp_path, kinds["shifts"], [row])
    assert [str(one) for one in check_frame(frame, "t", kinds["shifts"])] == [
        f't row 2, column on: "{cell}" is not a day such as 2022-06-16. Correct the cell.'
    ]


def test_an_open_date_has_one_bound(kinds, hospital: Content, tmp_path: Path) -> None:
    """An open end has no last day."""
    row = {"shift": "s", "nurse": "a", "ward": "b", "since": "2022/..", "locator": "L1"}
    frame, _ = read(tmp_path, kinds["shifts"], [row])
    quads = mapped(frame, kinds["shifts"], hospital)
    assert [one.value for one in values(quads, "sinceEarliest")] == ["2022-01-01"]
    assert values(quads, "sinceLatest") == []


def test_a_list_is_as_many_values(kinds, hospital: Content, tmp_path: Path) -> None:
    """A cell with separators holds as many values, spaces round them and empty ones left out."""
    row = {"nurse": "n", "label_en": "N", "alt": "One | Two||Three|"}
    frame, _ = read(tmp_path, kinds["nurses"], [row])
    assert [one.value for one in values(mapped(frame, kinds["nurses"], hospital), "altLabel")] == [
        "One",
        "Three",
        "Two",
    ]


def test_a_default_fills_empty_cells(kinds, hospital: Content, tmp_path: Path) -> None:
    """A column with a default says it where a cell is empty, and where the column is absent."""
    rows = [{"shift": "s", "nurse": "a", "ward": "b", "locator": "L1"}]
    for one in (rows, [{**rows[0], "certainty": ""}]):
        frame, problems = read(tmp_path, kinds["shifts"], one)
        assert problems == []
        assert [node.value for node in values(mapped(frame, kinds["shifts"], hospital), "certainty")] == [
            "https://w3id.org/orgline/ns#Stated"
        ]


def test_a_kind_extends_another(kinds) -> None:
    """A kind that extends another has its columns too, said of what the other is about."""
    locator = next(column for column in kinds["shifts"].columns if column.name == "locator")
    assert locator.about == "claim/{_source}/{+_about}"
    assert "evidence" not in kinds


def test_each_row_of_a_source_is_a_claim_of_it(kinds, hospital: Content, tmp_path: Path) -> None:
    """A row with evidence makes a claim that names its source and what it is about."""
    frame, _ = read(tmp_path, kinds["shifts"], [{"shift": "s", "nurse": "a", "ward": "b", "locator": "L1"}])
    claims = {
        quad.predicate.value.rpartition("#")[2]: quad.object
        for quad in mapped(frame, kinds["shifts"], hospital)
        if quad.subject.value == f"{BASE}claim/roster/shift/s"
    }
    assert claims["about"] == ox.NamedNode(f"{BASE}shift/s")
    assert claims["wasDerivedFrom"] == ox.NamedNode(f"{BASE}source/roster")


def test_a_template_may_begin_with_a_prefix(tree: Path) -> None:
    """An address may be written with a declared prefix and a variable, as CSVW has it: kind:{kind}."""
    exchange(tree, "ontology/tables/shifts.json", "https://example.org/hospital/kind/{kind}", "kind:{kind}")
    store = load(Content.find(tree)).store
    kinds = {quad.object.value for quad in store.quads_for_pattern(None, ox.NamedNode(HOS + "kind"), None)}
    assert kinds == {"https://example.org/hospital/kind/day", "https://example.org/hospital/kind/night"}


def test_extending_what_is_not_there(tree: Path) -> None:
    """A description that extends an unknown one is told of, with the one that was probably meant."""
    exchange(tree, "ontology/tables/shifts.json", '"evidence"', '"evidense"')
    with pytest.raises(CannotRun, match=r'shifts.json: extends evidense, .* Did you mean "evidence"'):
        read_table_kinds(Content.find(tree))


def test_a_new_kind_of_table_is_a_new_file(tree: Path) -> None:
    """A table described in a new file is read without more ado."""
    spec = json.loads((tree / "ontology/tables/wards.json").read_text(encoding="utf-8"))
    spec["tableSchema"]["aboutUrl"] = "wing/{ward}"
    tell_into(tree, "ontology/tables/wings.json", json.dumps({**spec, "url": "wings.csv"}))
    tell_into(tree, "data/shared/wings.csv", "ward,label_en\neast,East wing\n")
    store = load(Content.find(tree)).store
    assert list(store.quads_for_pattern(ox.NamedNode(f"{BASE}wing/east"), None, None))


def test_each_real_kind_has_a_key_and_titles(content: Content) -> None:
    """Every table of the real content has a key, and a title in both languages on each column."""
    for stem, kind in read_table_kinds(content).items():
        assert kind.key, stem
        assert set(kind.titles) >= {"vi", "en"}, stem
        assert all(len(column.titles) >= 2 for column in kind.cells), stem


def test_every_description_has_its_table(content: Content) -> None:
    """The file of a kind is named after its table."""
    for path in content.table_descriptions:
        spec = json.loads(path.read_text(encoding="utf-8"))
        assert spec.get("url", f"{path.stem}.csv") == f"{path.stem}.csv"
