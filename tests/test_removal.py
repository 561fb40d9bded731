"""A person is removed in one command from data, builds and pages, and the name is kept from coming back."""

import os
import re
import shutil
import signal
import subprocess
import unicodedata
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest
from conftest import COMMAND, exchange, invent, tell_into, wait_for
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import orgline.build.edit.remove_person
from orgline.build.edit.redact import Redaction, redaction_mark
from orgline.build.edit.removal_register import RemovalRegister, hashed_removal
from orgline.build.edit.remove_person import apply_removal, finish_pending_change, plan_removal
from orgline.build.pipeline import check_content, run_build
from orgline.content.transaction import pending_change
from orgline.content.tree import Content
from orgline.graph.store import local_name, ol_term, open_store
from orgline.text.errors import ContentError, Problem
from orgline.text.names.name_hash import new_salt
from orgline.text.names.name_matcher import NameMatcher, decode_escapes, unaccented

NURSES, SHIFTS = "data/shared/nurses.csv", "data/spring-roster/shifts.csv"
SOURCE = "data/spring-roster/source.ttl"
INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
FORMS = ("Đỗ Bình", "Do Binh", "Binh Do")
AUTHOR = '<source/spring-roster> dcterms:creator <nurse/binh-do> ; dcterms:title "Lịch của Đỗ Bình"@vi .\n'


def texts(folder: Path) -> dict[str, str]:
    """Return all that is said in the files of `folder`, whatever their kind: stores and columns are read as such."""
    said = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.name == "store" or path.parent.name == "as-of":
            said[f"{name} as graph"] = "\n".join(map(str, ox.Store.read_only(str(path))))
        elif path.suffix == ".parquet":
            said[f"{name} as table"] = str(pl.read_parquet(path).to_dicts())
        if path.is_file():
            said[name] = path.read_bytes().decode(errors="replace")
    return said


def where(folder: Path, *forms: str) -> list[str]:
    """Return the files of `folder` in which one of `forms` stands, accents or not, or that are called by it."""
    wanted = re.compile("|".join(rf"\b{unaccented(form)}\b" for form in forms))
    return [name for name, text in texts(folder).items() if wanted.search(unaccented(f"{name} {decode_escapes(text)}"))]


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return the files of the data of a tree, hidden ones left out."""
    there = (path for path in (folder / "data").rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path): path.read_bytes() for path in there if ".change" not in str(path)}


@pytest.fixture
def ward(tree: Path) -> Path:
    """The hospital, with one nurse whose name stands in many places."""
    text = (tree / SOURCE).read_text(encoding="utf-8").replace("@prefix ol:", "# By Binh Do.\n@prefix ol:", 1)
    tell_into(tree, SOURCE, text + AUTHOR)
    exchange(tree, SHIFTS, "L3 L12,Stated,,", 'L3 L12,Inferred,"Thay ca ĐỖ BÌNH, như binh  do viết.",For Do Binh.')
    tell_into(tree, "data/spring-roster/notes.md", "Ask Do-Binh, at https://h.vn/%C4%90%E1%BB%97-B%C3%ACnh.html\n")
    return tree


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "builds" / "build"


@pytest.mark.slow
def test_nothing_of_the_person_is_left(ward: Path, out: Path, run_cli) -> None:
    """After a removal no file of data and builds holds any form of the name, earlier builds and days among them."""
    assert run_cli("build", "--content", ward, "--out", out).code == 0
    (out / "as-of").mkdir()
    ox.Store.read_only(str(out / "store")).backup(str(out / "as-of" / "2023-03-04"))
    assert len(where(out, *FORMS)) > 10
    ran = run_cli("remove", "do binh", "--because", "Đỗ Bình asked", "--yes", "--content", ward, "--out", out)
    assert ran.code == 0, ran.err
    assert where(out.parent, *FORMS) == []
    assert where(ward, *FORMS) == []
    assert [path.name for path in out.with_name("build.builds").iterdir()] == [out.readlink().name]


def test_what_is_said_of_others_stays(ward: Path, out: Path, run_cli) -> None:
    """Rows of others stay with the name replaced by a mark; rows that cannot do without the person go."""
    assert run_cli("remove", "binh-do", "--because", "x", "--yes", "--content", ward, "--out", out).code == 0
    shifts = (ward / SHIFTS).read_text(encoding="utf-8").splitlines()
    assert len(shifts) == 2
    mark = redaction_mark(Content.find(ward))
    assert mark == "[đã gỡ / removed]"
    assert shifts[1].endswith(f'"Thay ca {mark}, như {mark} viết.",For {mark}.')
    assert "binh" not in (ward / NURSES).read_text(encoding="utf-8").lower()
    assert "creator" not in (ward / SOURCE).read_text(encoding="utf-8")
    assert f"Lịch của {mark}" in (ward / SOURCE).read_text(encoding="utf-8")
    assert (ward / "data/autumn-roster/shifts.csv").read_text(encoding="utf-8").count("anna-tran-medicine-day") == 1


def test_a_row_of_two_keeps_the_other(ward: Path) -> None:
    """Where a required cell lists two, the removal of one leaves the row with the other."""
    column = '"name": "nurse", "required": true,'
    exchange(ward, "ontology/tables/shifts.json", column, f'{column} "separator": " ",')
    exchange(ward, SHIFTS, "night,anna-le,", "night,binh-do anna-le,")
    redaction = Redaction(Content.find(ward), {"nurse/binh-do"}, NameMatcher(FORMS), (), "removed-1")
    rows = redaction.files[ward / SHIFTS].decode().splitlines()[1:]
    assert [row.split(",")[:3] for row in rows] == [["anna-le-intensive-night", "anna-le", "intensive-care"]]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Bình", "X"),
        ("Chị Hoa|Bình", "Chị Hoa|X"),
        ("Hòa bình lập lại", "Hòa bình lập lại"),
        ("Bình Dương", "Bình Dương"),
        ("Chị Bình|Chị Hoa", "Chị Bình|Chị Hoa"),
    ],
)
def test_a_name_of_one_word_is_masked_only_where_it_is_all_that_is_said(text: str, masked: str) -> None:
    """Alone in a cell or in an item of a list it is the name; within a text it is a word like any other."""
    assert NameMatcher(["Bình"]).masked(text, "X", "x") == masked


def test_what_is_to_go_is_shown_and_asked(ward: Path, out: Path, run_command) -> None:
    """Without --yes the files and counts are shown, and nothing changes unless the answer is yes."""
    before = bytes_of(ward)
    ran = run_command("remove", "do binh", "--because", "asked", "--content", ward, "--out", out)
    assert ran.code == 2
    assert f"{NURSES}: 1 rows" in ran.out
    assert f"{SHIFTS}: 1 rows, the name replaced in 2" in ran.out
    assert ran.err == "Nothing was changed. Answer yes, or give --yes, to go on.\n"
    assert bytes_of(ward) == before
    assert not out.exists()


def test_a_removal_says_why(ward: Path, out: Path, run_cli) -> None:
    """A removal without a reason is refused."""
    ran = run_cli("remove", "do binh", "--content", ward, "--out", out)
    assert (ran.code, ran.err.partition(".")[0]) == (2, "--because: is empty")


def test_whoever_is_not_known_is_not_removed(ward: Path, out: Path, run_cli) -> None:
    """A name that nobody bears is said back with the nearest, one that several bear with all of them."""
    said = run_cli("remove", "dinh bo", "--because", "x", "--content", ward, "--out", out)
    assert (said.code, 'nothing is called "dinh bo"' in said.err) == (2, True)
    said = run_cli("remove", "anna", "--because", "x", "--content", ward, "--out", out)
    assert (said.code, "anna-le" in said.err, "anna-tran" in said.err) == (2, True, True)


def test_the_register_does_not_hold_the_name(ward: Path, out: Path, run_cli) -> None:
    """The register says when and why, and of the name only salted hashes."""
    ran = run_cli("remove", "do binh", "--because", "Đỗ Bình asked", "--yes", "--content", ward, "--out", out)
    (entry,) = RemovalRegister.of(Content.find(ward)).removals
    assert entry.removal in ran.out
    assert entry.because == f"{redaction_mark(Content.find(ward))} asked"
    assert re.fullmatch(r"[0-9a-f]{32}( [0-9a-f]{32})+", entry.names)


@pytest.fixture(scope="module")
def removed_once(tmp_path_factory: pytest.TempPathFactory, hospital: Content) -> Path:
    """A folder with the hospital after the removal, and its build; not to be changed."""
    folder = tmp_path_factory.mktemp("removed")
    tree = Path(shutil.copytree(hospital.root, folder / "tree"))
    apply_removal(plan_removal(Content.find(tree), "do binh", "x"), folder / "build")
    return folder


@pytest.fixture
def removed(removed_once: Path, tmp_path: Path) -> Path:
    """A copy of the hospital after the removal, beside its build."""
    return Path(shutil.copytree(removed_once, tmp_path / "removed", symlinks=True)) / "tree"


def refused(tree: Path) -> list[str]:
    with pytest.raises(ContentError) as caught:
        check_content(Content.find(tree))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["Đỗ Bình", "Do Binh", "ĐỖ  BÌNH", "đỗ bình", "Binh Do", "Đỗ Binh", unicodedata.normalize("NFD", "Đỗ Bình")]
)
def test_a_re_import_does_not_bring_the_name_back(name: str, removed: Path, run_cli) -> None:
    """A row with a removed name, however it is spelled, is refused with its place and without the name."""
    out = removed.with_name("build")
    old = out.readlink()
    exchange(removed, NURSES, "\nanna-tran", f"\nn-7,{name},Nurse Seven,\nanna-tran")
    ran = run_cli("build", "--content", removed, "--out", out)
    (entry,) = RemovalRegister.of(Content.find(removed)).removals
    said = [line for line in ran.lines if not line.startswith("  ")]
    wanted = (
        f"{NURSES} row 3, column label_vi: has a name that was removed on {entry.on} (removal {entry.removal}). "
        "Delete it; or, if another person of that name is meant, record that with orgline remove THE-OTHER --another "
        f"{entry.removal}; or undo the removal with orgline remove --undo {entry.removal}."
    )
    assert said == [wanted]
    assert (ran.code, out.readlink()) == (1, old)


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        (SHIFTS, "L3 L12,Stated,", "L3 L12,Stated,Theo Đỗ Bình.", f"{SHIFTS} row 2, column reason_vi"),
        (NURSES, "\nanna-tran,", "\ndo-binh,", f"{NURSES} row 3, column nurse"),
        (SOURCE, "Spring roster", "Roster of Binh Do", f"{SOURCE} line 6"),
        (SOURCE, "Spring roster", "Roster of \\u0110\\u1ED7 B\\u00ECnh", f"{SOURCE} line 6"),
    ],
)
def test_texts_keys_and_turtle_are_looked_at(file: str, old: str, new: str, place: str, removed: Path) -> None:
    """A removed name is found inside longer texts, in keys and in Turtle, escaped or not."""
    if old == "\nanna-tran,":
        tell_into(removed, "data/autumn-roster/shifts.csv", "shift,nurse,ward,kind,locator\n")
    exchange(removed, file, old, new)
    assert any(line.startswith(place) for line in refused(removed)), refused(removed)


@pytest.mark.parametrize("name", ["Độ Bình", "Đô Bính", "Bình", "Đỗ An Bình"])
def test_another_name_is_let_in(name: str, removed: Path) -> None:
    """A name with other accents, with another word, or a part of the name, is another name."""
    exchange(removed, NURSES, "\nanna-tran", f"\nn-7,{name},Nurse Seven,\nanna-tran")
    check_content(Content.find(removed))


def test_another_person_of_the_name_is_let_in_by_a_decision(removed: Path, run_cli) -> None:
    """Somebody else of the same name comes in once it is said that it is somebody else; the name alone does not."""
    (entry,) = RemovalRegister.of(Content.find(removed)).removals
    exchange(removed, NURSES, "\nanna-tran", "\nn-7,Đỗ Bình,Nurse Seven,\nanna-tran")
    exchange(removed, SHIFTS, "anna-le-intensive-night,anna-le", "do-binh-night,n-7")
    assert refused(removed)
    ran = run_cli("remove", "n-7", "--another", entry.removal, "--content", removed)
    assert (ran.code, ran.err) == (0, "")
    check_content(Content.find(removed))
    assert "n-7" not in (removed / "data/removals.csv").read_text(encoding="utf-8")
    exchange(removed, NURSES, "\nanna-tran", "\nn-8,Đỗ Bình,Nurse Eight,\nanna-tran")
    assert [line.partition(":")[0] for line in refused(removed)] == [f"{NURSES} row 4, column label_vi"]


def test_another_of_the_same_name_stays(ward: Path, out: Path, run_cli) -> None:
    """When two bear one name, the one who is removed goes and the other stays with all rows."""
    exchange(ward, NURSES, "\nbinh-do,", "\nbinh-do-b,Đỗ Bình,Binh Do,\nbinh-do,")
    exchange(ward, "data/autumn-roster/shifts.csv", "anna-tran-medicine-day,anna-tran", "binh-do-b-day,binh-do-b")
    ran = run_cli("remove", "binh-do", "--because", "x", "--yes", "--content", ward, "--out", out)
    assert (ran.code, "nurse/binh-do-b bears the name too, and stays" in ran.out) == (0, True), ran.err
    assert "binh-do-b,Đỗ Bình,Binh Do," in (ward / NURSES).read_text(encoding="utf-8")
    assert "binh-do-b-day,binh-do-b," in (ward / "data/autumn-roster/shifts.csv").read_text(encoding="utf-8")
    assert "binh-do,Đỗ Bình" not in (ward / NURSES).read_text(encoding="utf-8")


def test_a_place_of_the_name_is_kept_if_it_is_said(ward: Path, out: Path, run_cli) -> None:
    """A thing called after the person loses the name too, unless --keep names it."""
    exchange(ward, "data/shared/wards.csv", "Khoa Sản,Maternity", "Khoa Sản Đỗ Bình,Maternity")
    kept = ("--keep", "ward/maternity")
    assert run_cli("remove", "binh-do", "--because", "x", "--yes", *kept, "--content", ward, "--out", out).code == 0
    assert "Khoa Sản Đỗ Bình" in (ward / "data/shared/wards.csv").read_text(encoding="utf-8")


def rows(tree: Path) -> int:
    """Return how many lines the tables of the gazette have."""
    return sum(path.read_bytes().count(b"\n") for path in (tree / "data/gazette").glob("*.csv"))


@pytest.mark.slow
def test_a_source_is_not_expected_to_have_what_was_removed(tmp_path: Path, run_cli) -> None:
    """A source says how many of its rows were removed, one removal after another, and no check misses them."""
    tree, out = invent(tmp_path / "tree"), tmp_path / "build"
    source = "<https://w3id.org/orgline/id/source/gazette"
    expects = (
        f"{source}> ol:expects {source}/expects-tenures> .\n{source}/expects-tenures> a ol:Expectation ;\n"
        "    ol:ofKind org:Membership ; ol:minimum 8 ; ol:maximum 8 .\n"
    )
    text = (tree / "data/gazette/source.ttl").read_text(encoding="utf-8")
    tell_into(tree, "data/gazette/source.ttl", text + expects)
    before = rows(tree)
    for name in ("tran-vi-du", "le-gia-dinh"):
        ran = run_cli("remove", name, "--because", "x", "--yes", "--content", tree, "--out", out)
        assert ran.code == 0, ran.err
    found = open_store(out).quads_for_pattern(None, ol_term("rowsRemoved"), None, ox.DefaultGraph())
    told = {local_name(quad.subject): quad.object for quad in found}
    assert told["gazette"] == ox.Literal(str(before - rows(tree)), datatype=INTEGER)
    assert where(out.parent / "build.builds", "Trần Ví Dụ", "Lê Giả Định") == []
    exchange(tree, "data/gazette/source.ttl", "minimum 8", "minimum 80")
    exchange(tree, "data/gazette/source.ttl", "maximum 8", "maximum 80")
    assert "80 to 80 are expected" in run_cli("build", "--content", tree, "--out", out).err


def test_a_removal_may_be_taken_back(removed: Path, run_cli) -> None:
    """After --undo the name may come in again."""
    (entry,) = RemovalRegister.of(Content.find(removed)).removals
    exchange(removed, NURSES, "\nanna-tran", "\nn-7,Đỗ Bình,Nurse Seven,\nanna-tran")
    assert run_cli("remove", "--undo", entry.removal + "x", "--content", removed).code == 2
    assert run_cli("remove", "--undo", entry.removal, "--content", removed).code == 0
    check_content(Content.find(removed))


def test_content_that_would_not_be_sound_stays(ward: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the content without the person breaks a rule, that is said and nothing changes."""
    before, problem = bytes_of(ward), Problem("data/x.csv", "misses somebody", "Name another")

    def breaks(copy: Content) -> None:
        assert where(copy.root, *FORMS) == []
        raise ContentError([problem])

    monkeypatch.setattr(orgline.build.edit.remove_person, "check_content", breaks)
    with pytest.raises(ContentError, match="misses somebody"):
        apply_removal(plan_removal(Content.find(ward), "do binh", "x"), out)
    assert bytes_of(ward) == before
    assert not out.exists()
    assert not list(ward.glob(".orgline*"))


class Killed(BaseException):
    """The end of a process, as a test sees it."""


LATER = [
    pytest.param(step, marks=pytest.mark.slow)
    for step in ("apply_change", "run_build", "remove_other_builds", "close_change")
]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["commit_change", "half", *LATER])
def test_a_stopped_removal_is_ended_by_the_next_command(
    step: str, ward: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a removal stops, either nothing has changed or the next command ends it."""
    content = Content.find(ward)
    run_build(content, out)
    before, done = bytes_of(ward), plan_removal(content, "do binh", "x")

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if step == "half":
            patch.setattr("orgline.content.transaction.shutil.copymode", killed)
        else:
            patch.setattr(orgline.build.edit.remove_person, step, killed)
        with pytest.raises(Killed):
            apply_removal(done, out)
    if step == "commit_change":
        assert (pending_change(content), bytes_of(ward)) == (None, before)
        apply_removal(plan_removal(content, "do binh", "x"), out)
    else:
        assert finish_pending_change(content)
    assert not finish_pending_change(content)
    assert where(out.parent, *FORMS) == []
    assert where(ward, *FORMS) == []
    assert not list((ward / "data").glob(".change*"))


def test_no_build_while_a_removal_is_begun(ward: Path, out: Path, monkeypatch, run_cli) -> None:
    """As long as a removal is begun and not ended, a build is refused with a sentence."""
    with monkeypatch.context() as patch:
        patch.setattr(orgline.build.edit.remove_person, "apply_change", lambda _: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            apply_removal(plan_removal(Content.find(ward), "do binh", "x"), out)
    ran = run_cli("build", "--content", ward, "--out", out)
    assert (ran.code, 'Run "orgline remove" to end it.' in ran.err) == (2, True)
    ran = run_cli("remove", "--content", ward)
    assert (ran.code, "is now complete" in ran.out) == (0, True)
    assert run_cli("build", "--content", ward, "--out", out).code == 0


@pytest.mark.slow
def test_kill_nine(ward: Path, out: Path, run_cli) -> None:
    """A removal killed as soon as it is decided on is ended by the next command."""
    command = [*COMMAND, "remove", "do binh", "--because", "x", "--yes", "--content", str(ward), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: (ward / "data/.change").exists() or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
    assert run_cli("remove", "--content", ward).code == 0
    assert where(out.parent, *FORMS) == where(ward, *FORMS) == []


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5 + number / 4 for number in range(14)])
def test_kill_nine_at_any_moment(seconds: float, ward: Path, out: Path, run_cli) -> None:
    """A removal killed at any moment has changed nothing, or is ended by the next command."""
    before = bytes_of(ward)
    command = [*COMMAND, "remove", "do binh", "--because", "x", "--yes", "--content", str(ward), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
    if pending_change(Content.find(ward)) is None and bytes_of(ward) == before:
        assert run_cli(*command[1:]).code == 0
    elif pending_change(Content.find(ward)) is not None:
        assert run_cli("remove", "--content", ward).code == 0
    assert where(out.parent, *FORMS) == where(ward, *FORMS) == []


SYLLABLES = ["Đỗ", "Bình", "Lê", "Thị", "Ánh", "Nguyễn", "Uỷ", "Ngọc", "Ê", "Ôn", "Y", "Vũ", "Quỳnh", "Sỹ"]
NAMES = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=4).map(" ".join)
SPELLINGS = st.sampled_from(
    [
        str, str.upper, str.lower, unaccented,
        lambda name: unaccented(name).replace(" ", "-"), lambda name: name + "'s",
        lambda name: unicodedata.normalize("NFD", name), lambda name: name.replace(" ", "  "),
        lambda name: name.replace(" ", "_"), lambda name: name.replace(" ", "\u00a0"),
    ]
)  # fmt: skip
AROUND = st.sampled_from(["{} ", "Ông {}.", "({})", "'{}'", "của Lê Thị, {} x", "https://h.vn/{} ", "1. {} 2"])


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(name=NAMES, spelling=SPELLINGS, around=AROUND)
def test_no_form_of_the_name_survives(name: str, spelling, around: str, hospital: Content, tmp_path_factory) -> None:
    """Whatever the name and however it is spelled in a text, a key or Turtle, nothing of it is left.

    A name that the search already sees in the hospital's own cells ("anna-le,Lê Thị" reads "le le") proves nothing.
    """
    assume(where(hospital.root, name) == [])
    tree = Path(shutil.copytree(hospital.root, tmp_path_factory.mktemp("names") / "tree"))
    key = unaccented(name).replace(" ", "-")
    said = around.format(spelling(name))
    exchange(tree, NURSES, "\nbinh-do,Đỗ Bình,Binh Do,", f"\n{key},{name},{unaccented(name).title()},")
    exchange(tree, SHIFTS, "binh-do-maternity-day,binh-do", f"{key}-day,{key}")
    exchange(tree, SHIFTS, "L3 L12,Stated,,", f'L3 L12,Stated,"{said}",')
    exchange(tree, SOURCE, "Spring roster", said)
    names = NameMatcher([name, unaccented(name), key])
    without = Redaction(Content(tree), {f"nurse/{key}"}, names, (), "removed-1")
    for path, text in without.files.items():
        path.write_bytes(text)
    assert where(tree, name) == []
    entry = hashed_removal(("r", "2026-01-01", "x"), names, (), new_salt())
    assert RemovalRegister([entry]).find_in_text(said) == [entry]
