"""A build: the same bytes from the same content, whole or not at all, in formats that others read."""

import contextlib
import csv
import json
import os
import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import networkx as nx
import pyoxigraph as ox
import pytest
import rdflib
from conftest import exchange, tell_into

from orgline.build.pipeline import run_build
from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.store import open_store
from orgline.text.errors import CannotRun, ContentError

EXPORTS = ("graph.nq", "graph.trig", "graph.ttl", "graph.jsonld", "graph.graphml")
BASE = "https://example.org/our/id/"


def files(folder: Path, *names: str) -> dict[str, bytes]:
    """Return the bytes of the files of a build, its store and its times left out."""
    found = (path for path in folder.resolve().rglob("*") if path.is_file())
    named = {path.relative_to(folder.resolve()).as_posix(): path for path in found}
    return {
        name: path.read_bytes()
        for name, path in named.items()
        if not name.startswith("store/") and name != "report.json" and (not names or name in names)
    }


@pytest.fixture(scope="module")
def moved(hospital: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the hospital with IRIs of its own."""
    out = tmp_path_factory.mktemp("moved") / "build"
    run_build(hospital, out, BASE)
    return out


def facts_of(store: ox.Store) -> set[ox.Triple]:
    """Return the triples of the default graph."""
    return {quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())}


def as_rdflib(triples: set[ox.Triple]) -> rdflib.Graph:
    """Return triples as an rdflib graph, its literals as they are."""
    return rdflib.Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")


@pytest.mark.slow
def test_two_small_builds_have_the_same_bytes(hospital: Content, tmp_path: Path, run_command) -> None:
    """Two processes whose sets have another order build the hospital to the same bytes."""
    for seed in ("1", "2"):
        ran = run_command("build", "--content", hospital.root, "--out", tmp_path / seed, PYTHONHASHSEED=seed)
        assert ran.code == 0, ran.err
    one, other = files(tmp_path / "1"), files(tmp_path / "2")
    assert set(one) >= {*EXPORTS, "index.html"}
    assert one == other


@pytest.mark.slow
def test_two_builds_have_the_same_bytes(real_build: Path, second_build: Path) -> None:
    """The same content gives the same exports, tables and pages, whatever order Python's sets have."""
    one, other = files(real_build), files(second_build)
    assert set(one) >= {*EXPORTS, "index.html", "ontology.html"}
    assert any(name.startswith("tables/") for name in one)
    assert any(name.startswith("views/") for name in one)
    assert [name for name in one if one[name] != other.get(name)] == []
    assert set(one) == set(other)


@pytest.mark.slow
def test_reports_differ_in_times_alone(real_build: Path, second_build: Path) -> None:
    """Two builds of the same content report the same, but for how long it took."""
    one, other = (json.loads((out / "report.json").read_text(encoding="utf-8")) for out in (real_build, second_build))
    assert one.pop("seconds").keys() == other.pop("seconds").keys()
    assert one == other


def test_the_report_counts_what_is_there(real_build: Path, built_graph: ox.Store, content: Content) -> None:
    """The report says how many triples, things of each class, questions and findings there are."""
    report = json.loads((real_build / "report.json").read_text(encoding="utf-8"))
    assert report["triples"] == len(built_graph)
    assert report["questions"] == len(content.questions)
    assert report["counts"]["Finding"] == len(report["checks"]["findings"])
    assert report["checks"]["run"] == len(content.checks) + len(content.shapes)
    assert 0 < report["inferred"] < report["triples"]
    assert set(report["seconds"]) == {"read", "infer", "check", "export", "draw", "pages", "shapes"}
    assert report["base"] == DEFAULT_BASE


@pytest.mark.parametrize(("name", "form"), [("graph.nq", ox.RdfFormat.N_QUADS), ("graph.trig", ox.RdfFormat.TRIG)])
def test_datasets_parse_to_the_same_graph(name: str, form: ox.RdfFormat, real_build: Path, built_graph) -> None:
    """N-Quads and TriG hold every quad of the store, and no other."""
    assert set(ox.parse(path=str(real_build / name), format=form)) == set(built_graph)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form"), [("graph.ttl", "turtle"), ("graph.jsonld", "json-ld")])
def test_facts_parse_to_the_same_graph_elsewhere(
    name: str, form: str, real_build: Path, built_graph: ox.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rdflib reads from Turtle and JSON-LD the facts of the store, and no other."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    found = rdflib.Graph().parse(real_build / name, format=form)
    assert set(found) == set(as_rdflib(facts_of(built_graph)))


@pytest.mark.parametrize(("name", "form"), [("graph.ttl", "turtle"), ("graph.jsonld", "json-ld")])
def test_small_facts_are_isomorphic(name: str, form: str, hospital_build: Path) -> None:
    """The exported facts are isomorphic to those of the store."""
    wanted = as_rdflib(facts_of(open_store(hospital_build)))
    assert rdflib.Graph().parse(hospital_build / name, format=form).isomorphic(wanted)


def test_the_graph_has_no_blank_nodes(built_graph: ox.Store) -> None:
    """Every node has an IRI that stays the same from build to build."""
    blank = [quad for quad in built_graph if isinstance(quad.subject, ox.BlankNode)]
    assert blank == []


def test_graphml_is_read_by_networkx(real_build: Path, built_graph: ox.Store) -> None:
    """Each described thing is a node with a label, each relation between two things an edge."""
    network = nx.read_graphml(real_build / "graph.graphml", force_multigraph=True)
    facts = facts_of(built_graph)
    things = {one.subject.value for one in facts if one.subject.value.startswith(DEFAULT_BASE)}
    relations = {
        (one.subject.value, one.object.value)
        for one in facts
        if one.subject.value in things and isinstance(one.object, ox.NamedNode) and one.object.value in things
    }
    assert {data["iri"] for _, data in network.nodes(data=True)} == things
    iris = nx.get_node_attributes(network, "iri")
    assert {(iris[start], iris[end]) for start, end in network.edges()} == relations
    assert all(data.get("label") for _, data in network.nodes(data=True))


def test_tables_are_of_all_sources(real_build: Path, content: Content) -> None:
    """Each kind of table is one CSV with the rows of all sources, each with its source."""
    stems = {path.stem for path in content.tables}
    assert {path.stem for path in (real_build / "tables").iterdir()} == stems
    for stem in stems:
        wanted = 0
        for path in content.tables:
            if path.stem == stem:
                with path.open(encoding="utf-8-sig", newline="") as file:
                    wanted += sum(1 for row in csv.reader(file) if any(row)) - 1
        with (real_build / "tables" / f"{stem}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == wanted, stem
        assert all(row["from_source"] for row in rows)


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_cells_are_harmless_in_a_spreadsheet(cell: str, tree: Path, tmp_path: Path) -> None:
    """A cell that a spreadsheet would take for a formula is marked as text in the table."""
    exchange(tree, "data/spring-roster/shifts.csv", "=1+1", cell)
    run_build(Content.find(tree), tmp_path / "out")
    with (tmp_path / "out/tables/shifts.csv").open(encoding="utf-8-sig", newline="") as file:
        notes = [row["note"] for row in csv.DictReader(file) if row["note"]]
    assert notes == ["'" + cell]
    assert f'"{cell}"' in (tmp_path / "out/graph.nq").read_text(encoding="utf-8"), "the graph says it as it is"


def test_numbers_stay_numbers_in_a_spreadsheet(tree: Path, tmp_path: Path) -> None:
    """A negative number is no formula."""
    exchange(tree, "data/shared/wards.csv", ",18,", ",-18,")
    run_build(Content.find(tree), tmp_path / "out")
    assert ",-18," in (tmp_path / "out/tables/wards.csv").read_text(encoding="utf-8-sig")


def test_a_store_opens_read_only(hospital_build: Path, hospital_graph: ox.Store) -> None:
    """The store of a build holds the graph and cannot be written."""
    store = open_store(hospital_build)
    assert set(store) == set(hospital_graph)
    with pytest.raises((OSError, RuntimeError), match="read"):
        store.add(next(iter(hospital_graph)))


def test_a_base_moves_every_name(moved: Path, hospital_build: Path) -> None:
    """With another base, each resource has its name under it, and nothing else changes."""
    assert DEFAULT_BASE.encode() not in b"".join(files(moved, *EXPORTS).values())
    lines = sorted((hospital_build / "graph.nq").read_text(encoding="utf-8").replace(DEFAULT_BASE, BASE).splitlines())
    assert sorted((moved / "graph.nq").read_text(encoding="utf-8").splitlines()) == lines
    assert json.loads((moved / "report.json").read_text(encoding="utf-8"))["base"] == BASE


def test_questions_are_answered_on_another_base(moved: Path, hospital: Content, run_cli) -> None:
    """A build with another base answers as the other does."""
    ran = run_cli("ask", "shifts-of-a-nurse", "--nurse", "binh", "--content", hospital.root, "--out", moved)
    assert ran.code == 0
    assert "Khoa Sản" in ran.out


@pytest.mark.slow
def test_the_real_content_builds_on_another_base(content: Content, tmp_path: Path) -> None:
    """The real graph on another base has as many triples, and no name of the old base."""
    from orgline.graph.loading import load
    from orgline.graph.rules import infer

    counts = []
    for base in (DEFAULT_BASE, BASE):
        loaded = load(content, base)
        infer(loaded.store, content)
        counts.append(len(loaded.store))
    assert counts[0] == counts[1]
    assert not [quad for quad in loaded.store if DEFAULT_BASE in str(quad.subject)]


def test_a_library_may_build_again_at_once(hospital: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two builds in one process in the same second are two builds."""
    monkeypatch.setattr("orgline.content.build_folder.time.strftime", lambda *_: "20230914T100000")
    for _ in range(2):
        run_build(hospital, tmp_path / "out")
    assert len(list((tmp_path / "out.builds").iterdir())) == 1


def test_a_build_replaces_the_one_before(tree: Path, tmp_path: Path) -> None:
    """The link leads to the new build, and the old one is gone."""
    out = tmp_path / "out"
    old = tmp_path / "out.builds" / "20200101T000000-1"
    old.mkdir(parents=True)
    out.symlink_to(old.relative_to(tmp_path))
    run_build(Content.find(tree), out)
    assert out.is_symlink()
    assert not out.readlink().is_absolute(), "the folder can be moved with its link"
    assert [path.name for path in (tmp_path / "out.builds").iterdir()] == [out.readlink().name]


def test_a_failed_build_of_nothing_leaves_nothing(tree: Path, tmp_path: Path) -> None:
    """A first build that fails leaves neither a link nor a folder."""
    tell_into(tree, "data/shared/wards.csv", "")
    with pytest.raises(ContentError):
        run_build(Content.find(tree), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tree"]


def test_an_empty_folder_may_be_built_into(hospital: Content, tmp_path: Path) -> None:
    """An empty folder that was made beforehand becomes the build."""
    (tmp_path / "out").mkdir()
    run_build(hospital, tmp_path / "out")
    assert (tmp_path / "out" / "report.json").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.builds"]


def test_what_is_not_ours_beside_a_build_stays(hospital: Content, tmp_path: Path) -> None:
    """A folder that happens to be called as ours are, with files of somebody else, is never cleared."""
    letters = tmp_path / "out.builds" / "letters"
    letters.mkdir(parents=True)
    (letters / "letter.txt").write_text("mine", encoding="utf-8")
    with contextlib.suppress(CannotRun):
        run_build(hospital, tmp_path / "out")
    assert (letters / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_where_links_are_not_allowed(hospital: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no link can be made, as on many Windows machines, the folder itself becomes the build, again and again."""

    def refuse(*_, **__):
        raise OSError("not allowed")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    for name in ("one", "two"):
        monkeypatch.setattr("orgline.content.build_folder.time.strftime", lambda *_, name=name: name)
        run_build(hospital, tmp_path / "out")
    assert (tmp_path / "out" / "report.json").is_file()
    assert not (tmp_path / "out").is_symlink()
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert len(open_store(tmp_path / "out")) > 0


def test_readers_of_the_last_build_are_not_disturbed(tree: Path, tmp_path: Path) -> None:
    """While a build is made, whoever reads the link always finds a whole one."""
    out, wrong, over = tmp_path / "out", [], threading.Event()
    run_build(Content.find(tree), out)

    def read() -> None:
        while not over.is_set():
            if not (out / "report.json").is_file():
                wrong.append(out.readlink())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        exchange(tree, "data/shared/wards.csv", "Maternity", "Mothers")
        time.sleep(1.1)  # builds are named after the second
        run_build(Content.find(tree), out)
    finally:
        over.set()
        reader.join()
    assert wrong == []
    assert "Mothers" in (out / "graph.nq").read_text(encoding="utf-8")


def test_pages_fetch_nothing(real_build: Path) -> None:
    """No page loads a script, style, picture or font from elsewhere."""
    loads = re.compile(
        r'<(?:script|img|iframe|link|object|embed)[^>]+(?:src|href)="(?!data:)[^"]+"|url\((?!data:)http|@import'
    )
    for path in real_build.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        marked = re.sub(r"<script nonce[^>]*>.*?</script>", "", text, flags=re.DOTALL)
        assert not loads.search(marked), path.name


def test_links_between_pages_lead_somewhere(real_build: Path) -> None:
    """Each link of a page to a file of the build leads to one."""
    for path in real_build.rglob("*.html"):
        marked = re.sub(r"<script[^>]*>.*?</script>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r'<a [^>]*href="([^"#]+)', marked):
            if "://" not in link and not link.startswith("mailto:"):
                assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_a_folder_with_a_report_of_somebody_else(hospital: Content, tmp_path: Path) -> None:
    """A folder that holds some report.json, but is no build of ours, is never replaced."""
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "report.json").write_text('{"orgline": "no"}', encoding="utf-8")
    (tmp_path / "analysis" / "thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(CannotRun, match="holds other files"):
        run_build(hospital, tmp_path / "analysis")
    assert (tmp_path / "analysis" / "thesis.docx").read_text(encoding="utf-8") == "mine"


def test_builds_at_the_same_time(hospital: Content, tmp_path: Path) -> None:
    """Builds of one place at the same time all end well, and the link leads to a whole one."""
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(run_build, hospital, tmp_path / "out") for _ in range(3)]:
            done.result()
    assert (tmp_path / "out" / "graph.nq").is_file()
    assert (tmp_path / "out" / "report.json").is_file()


def test_a_hidden_folder_is_not_read(tree: Path) -> None:
    """What an editor keeps in a hidden folder of data is no content."""
    hidden = tree / "data" / ".ipynb_checkpoints"
    hidden.mkdir()
    shutil.copy(tree / "data/shared/nurses.csv", hidden / "nurses.csv")
    assert hidden / "nurses.csv" not in {*Content.find(tree).tables, *Content.find(tree).unused_files}
