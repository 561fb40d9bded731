"""A content tree of another world, a hospital, builds, answers and is drawn without a change of Python."""

import json
import re
import subprocess
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import HOSPITAL, ROOT, exchange, tell_into

from orgline.build.pipeline import run_build
from orgline.content.tree import Content
from orgline.graph.store import open_store

ID = "https://w3id.org/orgline/id/"
HOS = "https://example.org/hospital/ns#"


def test_the_hospital_is_content_alone() -> None:
    """The other world is folders of content: no Python, and nothing of the first world."""
    for path in HOSPITAL.rglob("*"):
        if path.is_file():
            assert path.suffix in (".ttl", ".json", ".csv", ".rq", ".toml", ".po")
            if path.parent.name != "words":
                text = path.read_text(encoding="utf-8").lower()
                assert not {"org:post", "secretary", "committee", "org:organization"} & set(text.split())


def test_it_builds_all_there_is(hospital_build: Path) -> None:
    """A build of the hospital has exports, tables, views, pages and a store."""
    there = {path.relative_to(hospital_build).as_posix() for path in hospital_build.rglob("*")}
    assert there >= {
        "graph.nq", "graph.trig", "graph.ttl", "graph.jsonld", "graph.graphml", "report.json", "index.html",
        "ontology.html", "views/coverage.html", "tables/wards.csv", "tables/nurses.csv", "tables/shifts.csv", "store",
    }  # fmt: skip


def test_its_rules_are_run(hospital_graph: ox.Store) -> None:
    """What its rules conclude is there, rules upon rules."""
    works = {
        (quad.subject.value.removeprefix(ID), quad.object.value.removeprefix(ID))
        for quad in hospital_graph.quads_for_pattern(None, ox.NamedNode(HOS + "worksIn"), None)
    }
    assert works == {
        ("nurse/anna-le", "ward/intensive-care"),
        ("nurse/anna-le", "ward/medicine"),
        ("nurse/anna-tran", "ward/medicine"),
        ("nurse/anna-tran", "ward/maternity"),
        ("nurse/binh-do", "ward/maternity"),
    }


def test_its_checks_are_run(hospital_build: Path) -> None:
    """What its checks find is in the report, in both languages."""
    (found,) = json.loads((hospital_build / "report.json").read_text(encoding="utf-8"))["checks"]["findings"]
    assert found["check"] == "two-wards-at-once"
    assert found["en"] == "Anna Tran covers Maternity and Medicine on one day."
    assert found["vi"] == "Trần Anna trực Khoa Sản và Khối Nội cùng một ngày."


def test_its_pages_speak_of_it(hospital_build: Path) -> None:
    """Its start page is called as its words say, and its picture shows its things and their legend."""
    index = (hospital_build / "index.html").read_text(encoding="utf-8")
    assert "Hospital" in index
    assert "Bệnh viện" in index
    view = (hospital_build / "views" / "coverage.html").read_text(encoding="utf-8")
    for word in ("Intensive care", "Khoa Hồi sức tích cực", "Anna Le", "covered by", "#22794a"):
        assert word in view


@pytest.mark.parametrize("page", ["index.html", "ontology.html", "views/coverage.html"])
def test_its_pages_have_no_word_of_the_first_world(page: str, hospital_build: Path) -> None:
    """No page of the hospital speaks of committees, posts or provinces."""
    text = (hospital_build / page).read_text(encoding="utf-8")
    plain = re.sub(r"<script nonce.*?</script>", "", text, flags=re.DOTALL).lower()
    words = re.compile(r"\bcommittee|\bprovinc|\bsecretar|\bparty\b|tỉnh ủy|đảng ủy|bí thư|\bdirective")
    assert words.findall(plain) == []


def test_its_terms_are_described(hospital_build: Path) -> None:
    """Its ontology page shows its own terms."""
    page = (hospital_build / "ontology.html").read_text(encoding="utf-8")
    for word in ("Where patients lie.", "Ca trực", "Night shift"):
        assert word in page


def test_it_answers(hospital_build: Path, run_cli) -> None:
    """Its question is answered with source, line and certainty."""
    ran = run_cli(
        "ask", "shifts-of-a-nurse", "--nurse", "anna le", "--lang", "en", "--content", HOSPITAL, "--out", hospital_build
    )
    assert ran.code == 0
    for word in ("Intensive care", "Night shift", "2023-03-04", "8.5", "Spring roster", "L3, L12", "Answer: Stated"):
        assert word in ran.out


def test_it_answers_from_anywhere(hospital_build: Path, tmp_path: Path, run_command) -> None:
    """The installed command, in another folder, answers of the hospital."""
    ran = run_command("ask", "notes-of-shifts", "--content", HOSPITAL, "--out", hospital_build, cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert "Lịch trực mùa xuân" in ran.out


def test_its_words_are_complete(content: Content, hospital: Content) -> None:
    """The hospital has a word for each that orgline's own pages use; add it in tests/hospital/viz/words/.

    The kinds of units that had other names are each world's own.
    """
    for lang, words in hospital.words.items():
        needed = {key for key in content.words[lang] if not key.startswith(("unit_", "theme_"))}
        assert needed - set(words) == set()


def test_a_new_question_is_a_new_file(tree: Path, hospital_build: Path, run_cli) -> None:
    """A question in a new file of a new theme is listed and answered."""
    text = (tree / "queries/shifts/notes-of-shifts.rq").read_text(encoding="utf-8")
    tell_into(tree, "queries/night/what-was-noted.rq", text)
    assert "what-was-noted" in run_cli("list", "--content", tree).out
    assert run_cli("ask", "what-was-noted", "--content", tree, "--out", hospital_build).code == 0


def test_a_new_view_is_a_new_page(tree: Path, tmp_path: Path) -> None:
    """A view in a new file is a new page, and the start page leads to it."""
    text = (tree / "viz/coverage.rq").read_text(encoding="utf-8")
    tell_into(tree, "viz/nights.rq", text.replace("Wards and who covers them", "The nights"))
    run_build(Content.find(tree), tmp_path / "out")
    assert "The nights" in (tmp_path / "out/views/nights.html").read_text(encoding="utf-8")
    assert "views/nights.html" in (tmp_path / "out/index.html").read_text(encoding="utf-8")


def test_a_new_source_is_a_new_folder(tree: Path, tmp_path: Path) -> None:
    """A source in a new folder is read, and its rows are claims of it."""
    tell_into(
        tree,
        "data/winter-roster/source.ttl",
        "<source/winter-roster> a <https://w3id.org/orgline/ns#Source> ; "
        '<http://www.w3.org/2000/01/rdf-schema#label> "Winter roster"@en .',
    )
    tell_into(tree, "data/winter-roster/shifts.csv", "shift,nurse,ward,kind,locator\nw,binh-do,medicine,night,L1\n")
    run_build(Content.find(tree), tmp_path / "out")
    claim = ox.NamedNode(f"{ID}claim/winter-roster/shift/w")
    assert list(open_store(tmp_path / "out").quads_for_pattern(claim, None, None))


@pytest.fixture
def german(tree: Path) -> Path:
    """The hospital in a third language: a catalogue, and texts in it wherever the content has texts."""
    words = (tree / "viz/words/en.po").read_text(encoding="utf-8")
    for english, word in (("English", "Deutsch"), ("Stated", "Belegt"), ("Contradicted", "Widersprüchlich")):
        assert f'msgstr "{english}"' in words
        words = words.replace(f'msgstr "{english}"', f'msgstr "{word}"')
    tell_into(
        tree, "viz/words/de.po", words.replace('msgctxt "decimal_comma"\nmsgid "yes"\nmsgstr "no"', DECIMAL_COMMA)
    )
    ward = "<ward/maternity> <http://www.w3.org/2000/01/rdf-schema#label>"
    tell_into(tree, "data/shared/german.ttl", f'{ward} "Geburtshilfe"@de .\n')
    exchange(tree, "queries/shifts/shifts-of-a-nurse.rq", "en: Which", "de: Welche Schichten hat sie?\n#+   en: Which")
    exchange(tree, "queries/shifts/shifts-of-a-nurse.rq", "en: Ward}", "en: Ward, de: Station}")
    check = "queries/checks/two-wards-at-once.rq"
    exchange(
        tree, check, '#+   en: "{nurse}', '#+   de: "{nurse} ist zugleich in {ward} und {second}."\n#+   en: "{nurse}'
    )
    return tree


DECIMAL_COMMA = 'msgctxt "decimal_comma"\nmsgid "yes"\nmsgstr "yes"'


def test_a_new_language_is_a_new_file(german: Path, tmp_path: Path, run_cli) -> None:
    """Pages, answers, CSV and checks are in a language as soon as the content has texts in it."""
    out = tmp_path / "out"
    run_build(Content.find(german), out)
    index = (out / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<button[^>]*lang="(\w+)"[^>]*>', index) == ["vi", "en", "de"]
    assert "Deutsch" in index
    (finding,) = json.loads((out / "report.json").read_text(encoding="utf-8"))["checks"]["findings"]
    assert finding["de"] == "Trần Anna ist zugleich in Geburtshilfe und Khối Nội."
    asked = ("ask", "shifts-of-a-nurse", "--nurse", "anna tran", "--lang", "de", "--content", german, "--out", out)
    answer = run_cli(*asked)
    assert answer.code == 0, answer.err
    for word in ("Welche Schichten hat sie?", "Station", "Geburtshilfe", "Widersprüchlich"):
        assert word in answer.out
    table = run_cli(*asked, "--format", "csv").out.splitlines()
    assert "Station" in table[0]
    assert "Geburtshilfe" in table[1] + table[2]


def test_a_language_that_has_no_place_in_the_order_comes_last(tree: Path) -> None:
    """Languages that viz/languages.toml does not name follow by their code; one without a catalogue is left out."""
    text = (tree / "viz/words/en.po").read_text(encoding="utf-8")
    tell_into(tree, "viz/words/de.po", text)
    tell_into(tree, "viz/languages.toml", 'order = ["vi", "lo"]')
    assert list(Content.find(tree).words) == ["vi", "de", "en"]
    (tree / "viz/languages.toml").unlink()
    assert list(Content.find(tree).words) == ["de", "en", "vi"]


def test_a_world_without_vietnamese(tree: Path, tmp_path: Path, run_cli) -> None:
    """A world whose words are in English alone builds, and answers in English without being told to."""
    (tree / "viz/words/vi.po").unlink()
    exchange(tree, "viz/languages.toml", 'order = ["vi", "en"]', 'order = ["en"]\ndata_only = ["vi"]')
    run_build(Content.find(tree), tmp_path / "out")
    ran = run_cli("ask", "notes-of-shifts", "--content", tree, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert "What notes do shifts have?" in ran.out


def test_a_kind_without_style_is_drawn(tree: Path, tmp_path: Path) -> None:
    """A box or line of a kind that the style does not know is drawn plainly, rather than not at all."""
    exchange(tree, "viz/coverage.rq", '"nurse" AS ?kind', '"visitor" AS ?kind')
    exchange(tree, "viz/coverage.rq", '"covers" AS ?edgeKind', '"visits" AS ?edgeKind')
    run_build(Content.find(tree), tmp_path / "out")
    assert "Anna Le" in (tmp_path / "out/views/coverage.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["data", "queries", "viz"])
def test_an_almost_empty_world(folder: str, tree: Path, tmp_path: Path, run_cli) -> None:
    """A world without data, questions or views builds: one begins somewhere."""
    pattern = {"data": "data/**/*.*", "queries": "queries/**/*.rq", "viz": "viz/*.rq"}[folder]
    for path in tree.glob(pattern):
        path.unlink()
    ran = run_cli("build", "--content", tree, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert (tmp_path / "out/index.html").is_file()


def test_no_python_was_changed_for_it() -> None:
    """The engine does not name the hospital."""
    found = subprocess.run(
        ["grep", "-rliE", r"hospital|\bnurses?\b|\bwards?\b|\bshifts?\b", "--include=*.py", str(ROOT / "orgline")],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert found.stdout == ""
