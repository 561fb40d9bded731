"""A correction puts a row right that misread its source, keeps what it said, and never speaks for the source."""

import re
import shlex
from pathlib import Path

import pytest
from conftest import ROOT, invent, tell_into

from orgline.build.pipeline import check_content
from orgline.content.tree import Content

SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
WARDS, SHIFTS = "data/shared/wards.csv", "data/spring-roster/shifts.csv"


@pytest.fixture
def correct(tree: Path, run_cli):
    """Run ``orgline correct`` on the hospital."""
    return lambda *said, yes=("--yes",): run_cli("correct", *said, *yes, "--content", tree)


@pytest.mark.parametrize("cell", [f"{WARDS}:3", "shared/wards.csv:3", f"{WARDS}:intensive-care"])
@pytest.mark.parametrize("column", ["beds", "Số giường"])
def test_a_cell_is_corrected(cell: str, column: str, tree: Path, correct) -> None:
    """A cell is named by file and row, or the row's key, and by the column's name or title; nothing else changes."""
    before = (tree / WARDS).read_text(encoding="utf-8")
    ran = correct(cell, column, "81", "--because", "The list prints 81; the row had it reversed.")
    assert (ran.code, ran.err) == (0, "")
    assert f"{WARDS} row 3 (intensive-care), column beds: 18 → 81" in ran.out
    assert (tree / WARDS).read_text(encoding="utf-8") == before.replace(",18,", ",81,")


def test_the_register_keeps_what_was_said_before(tree: Path, correct) -> None:
    """The register of corrections says when, where, what was there before and after, and why; a build reads it."""
    assert correct(f"{WARDS}:3", "beds", "81", "--because", "Misread, by us.").code == 0
    assert correct(f"{WARDS}:3", "beds", "82", "--because", "Misread again.").code == 0
    header, first, second = (tree / "data/corrections.csv").read_text(encoding="utf-8").splitlines()
    assert header == "correction,on,file,row,column,before,after,because"
    assert re.fullmatch(
        rf'\d{{4}}-\d\d-\d\d-[0-9a-f]{{4}},\d{{4}}-\d\d-\d\d,{WARDS},intensive-care,beds,18,81,"Misread, by us\."',
        first,
    )
    assert second.endswith("beds,81,82,Misread again.")
    check_content(Content.find(tree))


def test_the_file_stays_as_it_was_typed(tree: Path, correct) -> None:
    """Separators, quotation marks, line ends and a BOM of the file stay: the row alone is written anew."""
    text = "\ufeff" + (tree / WARDS).read_text(encoding="utf-8").replace(",", ";").replace("\n", "\r\n")
    tell_into(tree, WARDS, text)
    assert correct(f"{WARDS}:4", "label_en", 'Birth; "and" after', "--because", "x").code == 0
    wanted = text.replace(";Maternity;", ';"Birth; ""and"" after";')
    assert (tree / WARDS).read_bytes() == wanted.encode()


WRONG = {
    "no reason": ((f"{WARDS}:3", "beds", "81"), "--because: is empty."),
    "no row": ((f"{WARDS}:9", "beds", "81", "--because", "x"), f'{WARDS}: has no row "9". It has rows 2 to 4.'),
    "no file": (("data/shared/ward.csv:3", "beds", "1", "--because", "x"), f'Did you mean "{WARDS}"?'),
    "no place": ((WARDS, "beds", "81", "--because", "x"), "is not a cell of a table. Give FILE:ROW"),
    "no column": ((f"{WARDS}:3", "bedz", "81", "--because", "x"), 'is not a column of wards. Did you mean "beds"?'),
    "the key": (
        (f"{WARDS}:3", "ward", "x", "--because", "x"),
        "is part of the key, by which other rows refer to this one.",
    ),
    "the same": ((f"{WARDS}:3", "beds", "18", "--because", "x"), 'says "18" already.'),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_corrected_is_said(name: str, tree: Path, correct) -> None:
    """A correction that names no row, no column or no reason is refused in one sentence, and nothing changes."""
    said, sentence = WRONG[name]
    before = (tree / WARDS).read_bytes()
    ran = correct(*said)
    assert (ran.code, len(ran.lines), sentence in ran.err) == (2, 1, True), ran.err
    assert (tree / WARDS).read_bytes() == before
    assert not (tree / "data/corrections.csv").exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ((f"{WARDS}:3", "beds", "many"), '"many" is not a whole number such as 24'),
        ((f"{SHIFTS}:2", "nurse", "nobody"), 'nobody has described "nurse/nobody"'),
        ((f"{SHIFTS}:2", "kind", ""), "A shift has exactly one kind"),
    ],
)
def test_a_correction_that_breaks_a_rule_is_refused(said, sentence: str, tree: Path, correct) -> None:
    """The whole content is checked with the correction first: what a build would refuse is not written."""
    path = tree / said[0].partition(":")[0]
    before = path.read_bytes()
    ran = correct(*said, "--because", "x")
    assert (ran.code, sentence in ran.err) == (1, True), ran.err
    assert path.read_bytes() == before
    assert not (tree / "data/corrections.csv").exists()


def test_a_correction_is_asked(tree: Path, run_command) -> None:
    """Without --yes the old and the new value are shown, and nothing changes unless the answer is yes."""
    ran = run_command("correct", f"{WARDS}:3", "beds", "81", "--because", "x", "--content", tree)
    assert (ran.code, "18 → 81" in ran.out) == (2, True)
    assert ",18," in (tree / WARDS).read_text(encoding="utf-8")


def test_a_removal_reaches_what_was_corrected(tree: Path, tmp_path: Path, correct, run_cli) -> None:
    """The name of somebody who is removed goes out of the register of corrections too."""
    done = correct("shared/nurses.csv:binh-do", "alt", "Brother Binh", "--because", "So printed on page 2, of Đỗ Bình.")
    assert done.code == 0
    assert correct("shared/nurses.csv:binh-do", "alt", "Bro Binh", "--because", "Shorter.").code == 0
    ran = run_cli("remove", "binh-do", "--because", "x", "--yes", "--content", tree, "--out", tmp_path / "build")
    assert ran.code == 0, ran.err
    text = (tree / "data/corrections.csv").read_text(encoding="utf-8")
    assert "removed-" in text
    assert "So printed on page 2, of [đã gỡ / removed]." in text
    assert "binh-do" not in text
    assert "Bro Binh" not in text


def recipe() -> dict[str, str]:
    """Return the files that the recipe of SECURITY.md writes, with what it writes into them."""
    return dict(re.findall(r"^`(data/[\w./-]+)`:\n\n```\w*\n(.*?)```", SECURITY, re.DOTALL | re.MULTILINE))


@pytest.mark.slow
def test_the_recipe_for_a_source_that_is_wrong(tmp_path: Path, run_cli) -> None:
    """The recipe of SECURITY.md works: the report still says what it says, and the answer is contradicted."""
    tree, files = invent(tmp_path / "tree"), recipe()
    assert sorted(files) == ["data/office-corrections/source.ttl", "data/office-corrections/tenures.csv"]
    before = (tree / "data/gazette/tenures.csv").read_text(encoding="utf-8")
    commands = re.findall(r"^orgline (correct data/gazette/.*)$", SECURITY, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        ran = run_cli(*shlex.split(command), "--yes", "--content", tree)
        assert ran.code == 0, ran.err
    for name, text in files.items():
        tell_into(tree, name, text)
    assert run_cli("build", "--content", tree, "--out", tmp_path / "build").code == 0
    asked = ("ask", "posts-of-a-person", "--who", "le gia dinh", "--lang", "en", "--out", tmp_path / "build")
    answer = run_cli(*asked, "--content", tree).out
    assert "answer: contradicted" in answer.lower()
    assert "Letter of correction" in answer
    after = (tree / "data/gazette/tenures.csv").read_text(encoding="utf-8")
    assert after.replace("Người được nêu đính chính.,The person named corrects it.", ",") == before
