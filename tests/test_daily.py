"""Views as of a day, and of what changed between two: drawn when they are asked for."""

import json
import re

import pyoxigraph as ox
import pytest
from conftest import ROOT

from orgline.content.tree import Content
from orgline.graph.evidence import EvidenceBook
from orgline.graph.speaker import Speaker
from orgline.graph.store import ol_term
from orgline.render.view.view_of_day import restrict_to_day
from orgline.text.moment import parse_day

X = "https://x/"
DATA = """
@prefix ol: <https://w3id.org/orgline/ns#> . @prefix schema: <https://schema.org/> . @prefix x: <https://x/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
x:line ol:lower x:a ; ol:upper x:b ; schema:startDate "2020-01-01"^^edtf:EDTF ; schema:endDate "2022-12-31"^^edtf:EDTF .
x:other ol:lower x:a ; ol:upper x:b ; ol:attestedOn "2021-05-05"^^edtf:EDTF .
"""
SAID = {
    f"{X}edge": {"about": [ox.NamedNode(f"{X}line")], "kind": [ox.Literal("k")]},
    f"{X}second": {"about": [ox.NamedNode(f"{X}other")], "note": [ox.Literal("before")]},
    f"{X}box": {"about": [ox.NamedNode(f"{X}a")]},
}


@pytest.fixture(scope="module")
def shown():
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.TURTLE)
    words = Content.find(ROOT).words
    speakers = {lang: Speaker(store, lang, words) for lang in ("vi", "en")}
    return lambda day: restrict_to_day(SAID, EvidenceBook(store), parse_day("", day).toordinal(), speakers)


def page_data(path):
    """Return the data of a page: its boxes and lines."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL).group(1))


@pytest.mark.parametrize("day", ["2019-12-31", "2023-01-01"])
def test_what_does_not_stand_on_the_day_is_left_out(shown, day):
    """A line that has yet to begin or has ended is not in the view of the day."""
    assert f"{X}edge" not in shown(day)


@pytest.mark.parametrize("day", ["2020-01-01", "2021-05-05", "2022-12-31"])
def test_what_stands_on_the_day_is_in(shown, day):
    """A line is in the view of each day between its start and its end, both included."""
    assert f"{X}edge" in shown(day)


def test_the_note_says_what_is_known(shown):
    """What was only attested before says when, in each language, instead of the note it had."""
    notes = {note.language: note.value for note in shown("2022-01-01")[f"{X}second"]["note"]}
    assert "5/5/2021" in notes["vi"]
    assert "2021-05-05" in notes["en"]


def test_what_has_no_date_stays_as_it_is(shown):
    """A body is neither tenure nor line: it is shown on any day, without a note."""
    assert shown("1990-01-01")[f"{X}box"] == SAID[f"{X}box"]


def test_a_view_of_a_day_names_the_day(real_build, run_cli, tmp_path):
    """The pages of `orgline view` say of which day they are, and their lines are those of that day."""
    ran = run_cli("view", "hierarchy", "--as-of", "31/12/2022", "--folder", tmp_path, "--out", real_build)
    assert ran.code == 0
    page = tmp_path / "hierarchy-p1.html"
    assert str(page) in ran.out
    assert "31/12/2022" in page.read_text(encoding="utf-8")
    assert page_data(page)["edges"] == []
    run_cli("view", "hierarchy", "--as-of", "2024-12-31", "--folder", tmp_path, "--out", real_build)
    assert page_data(page)["edges"]


def test_a_script_may_still_call_the_folder_to(real_build, run_cli, tmp_path):
    """`orgline view` takes --to as the old name of --folder, and its help no longer shows it."""
    ran = run_cli("view", "hierarchy", "--to", tmp_path, "--out", real_build)
    assert ran.code == 0
    assert str(tmp_path / "hierarchy-p1.html") in ran.out
    said = run_cli("view", "--help").out
    assert "--folder" in said
    assert "--to " not in said


def test_a_view_between_two_days_shows_what_changed(real_build, built_graph, run_cli, tmp_path):
    """The view of changes has each dated change within the two days, and none of another time."""
    changes = ("view", "changes", "--folder", tmp_path, "--out", real_build)
    assert run_cli(*changes, "--from", "2025-01-01", "--until", "2025-12-31").code == 0
    dated = [quad.subject for quad in built_graph.quads_for_pattern(None, ol_term("changeKind"), None)]
    with_day = [one for one in dated if list(built_graph.quads_for_pattern(one, ol_term("latest"), None))]
    about = {name for edge in page_data(tmp_path / "changes.html")["edges"] for name in edge["about"]}
    assert {one.value for one in with_day} <= about
    assert run_cli(*changes, "--from", "1990-01-01", "--until", "1991-12-31").code == 0
    starts = {edge["kind"] for edge in page_data(tmp_path / "changes.html")["edges"]}
    assert "begun" not in starts


def test_a_view_that_needs_days_is_not_drawn_by_a_build(real_build):
    """A build draws what needs nothing; the view of changes waits until it is asked of two days."""
    assert not (real_build / "views" / "changes.html").exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("hierachy",), 'Did you mean "hierarchy"?'),
        (("changes",), "--from: changes needs it"),
        (("changes", "--from", "1/13/2024", "--until", "2025-01-01"), "is no day"),
        (("hierarchy", "--as-of", "yesterday"), "is no day"),
    ],
)
def test_a_view_that_cannot_be_drawn_says_why(real_build, run_cli, tmp_path, typed, said):
    """A wrong name, a missing day and a day that is none are told in one sentence."""
    ran = run_cli("view", *typed, "--folder", tmp_path, "--out", real_build)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
