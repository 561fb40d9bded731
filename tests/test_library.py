"""The library's face: what the README shows of `import orgline`."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from conftest import HOSPITAL, ROOT

import orgline


def test_the_example_of_the_readme(real_build: Path) -> None:
    """Open a build, ask a question, walk a chain: three lines each."""
    build = orgline.open_build(real_build, as_of="2024-12-31", lang="en")
    answer = build.ask("posts-of-a-person", who="lam dong")
    assert {row["post"] for row in answer} >= {
        "Member of the Standing Committee of the Provincial Party Committee (P1)"
    }
    assert all(row["source"] and row["locator"] and row["certainty"] for row in answer)
    chain = build.above("lu cong tao")
    assert [(row["lower"], row["upper"], row["status"]) for row in chain][:2] == [
        ("Lu Cong Tao", "Deputy Secretary of the Bloc Party Committee (P3)", "unsure"),
        (
            "Deputy Secretary of the Bloc Party Committee (P3)",
            "Secretary of the Bloc Party Committee (P3)",
            "unsure",
        ),
    ]


@pytest.mark.parametrize("readme", ["README.md", "README.vi.md"])
def test_the_readme_is_run(readme: str, real_build: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    """The lines of Python in each README run as they are printed, beside a build and a content folder."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "build").symlink_to(real_build)
    shutil.copytree(HOSPITAL, tmp_path / "my-content")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, readme, "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[0] in ("stated", "inferred", "contradicted")
    assert any(" -> " in line for line in printed[1:])
    assert (tmp_path / "my-build" / "index.html").is_file()


def test_a_mistake_in_building_names_the_argument(tmp_path: Path) -> None:
    """What build_content refuses is named as its caller wrote it."""
    with pytest.raises(orgline.CannotRun, match=r'^base "x": is not an address'):
        orgline.build_content(HOSPITAL, tmp_path / "build", base="x")
    with pytest.raises(orgline.CannotRun, match=r"does not exist\. Give content a folder"):
        orgline.build_content(tmp_path / "nothing")


def test_building_a_content_folder(tmp_path: Path) -> None:
    """A content folder is built in one call, which returns the report that the build holds."""
    report = orgline.build_content(HOSPITAL, out=tmp_path / "build")
    assert report == json.loads((tmp_path / "build" / "report.json").read_text(encoding="utf-8"))
    assert orgline.open_build(tmp_path / "build", content=HOSPITAL).questions


def test_an_answer_as_rows_table_and_files(real_build: Path, tmp_path: Path) -> None:
    """An answer has the same rows as values, in words, and in each format; its word is that of the command."""
    answer = orgline.open_build(real_build, lang="en").ask("posts/posts-of-a-person", who="lam dong")
    headings, cells = answer.table()
    assert len(cells) == len(answer) == len(answer.rows) > 0
    assert headings[0] == "Person"
    assert next(csv.reader(io.StringIO(answer.csv())))[0] == "Person"
    assert json.loads(answer.json())["answer"] == answer.answer
    assert answer.title == json.loads(answer.json())["summary"]
    for ending in ("csv", "json", "xlsx"):
        path = answer.write(tmp_path / f"answer.{ending}")
        assert path.stat().st_size > 0
    assert (tmp_path / "answer.csv").read_text(encoding="utf-8") == answer.csv()
    assert openpyxl.load_workbook(tmp_path / "answer.xlsx").worksheets[0].max_row > len(answer)
    with pytest.raises(orgline.CannotRun, match=r"answer\.txt: its ending names no format"):
        answer.write(tmp_path / "answer.txt")


def test_chains_of_every_kind(real_build: Path) -> None:
    """Below, why and common are asked as above is, in the language of the build."""
    build = orgline.open_build(real_build, as_of=date(2026, 11, 30), lang="vi")
    deputy, secretary = "p3-bloc-deputy-secretary", "p3-bloc-secretary"
    (row,) = build.why(deputy, secretary)
    assert (row["level"], row["upper"]) == (1, "Bí thư Đảng ủy Khối (P3)")
    assert deputy in {row["lower_iri"].split("/")[-1] for row in build.below(secretary)}
    assert {row["upper_iri"].split("/")[-1] for row in build.common(deputy, "p3-bloc-standing-deputy-secretary")} == {
        secretary
    }
    assert build.below(secretary, "coordination").rows == []


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda build: build.ask("posts-of-a-persn"), "Did you mean"),
        (lambda build: build.ask("posts-of-a-person", who="nobody of this name"), "who: nothing is called"),
        (lambda build: build.ask("posts-of-a-person", whom="x"), "whom: posts-of-a-person is not asked of that"),
        (lambda build: build.ask("posts-of-a-person", whom="x"), "It takes who."),
        (lambda build: build.above("lu cong tao", "subordnation"), "line_type: "),
        (lambda build: build.common("p3-bloc-secretary"), "units: are all the same thing. Give two different ones"),
        (lambda build: build.why("p3-bloc-secretary", "p3-bloc-secretary"), "lower, upper: are the same thing."),
    ],
)
def test_a_mistake_is_one_sentence(real_build: Path, call, said: str) -> None:
    """A wrong name raises CannotRun with a sentence that names the argument as a program does."""
    with pytest.raises(orgline.CannotRun) as caught:
        call(orgline.open_build(real_build, lang="en"))
    assert said in str(caught.value)
    assert "--" not in str(caught.value)
    assert not re.search(r"\b[A-Z]{3,}:", str(caught.value))


def test_what_cannot_be_opened(real_build: Path, tmp_path: Path) -> None:
    """A folder without a build, a text that is no day, a language without words: each is refused in a sentence."""
    for arguments, said in (
        ((tmp_path,), 'holds no build. Run "orgline build" first, or give folder the folder of a build.'),
        ((real_build, "soon"), 'as_of: "soon" is no day'),
        ((real_build, None, "xx"), 'lang: "xx" is not known'),
    ):
        folder, as_of, lang = (*arguments, None, None)[:3]
        with pytest.raises(orgline.CannotRun, match=said):
            orgline.open_build(folder, as_of=as_of, lang=lang)


def test_importing_loads_nothing() -> None:
    """`import orgline` loads no wing and no library: each name is loaded when it is first used."""
    code = "import sys, orgline; print(sorted(name for name in sys.modules if name.split('.')[0] in {LIBRARIES}))"
    libraries = {"pyoxigraph", "polars", "numpy", "rdflib", "jinja2", "starlette", "cyclopts"}
    wings = "print([name for name in sys.modules if name.startswith('orgline.')])"
    run = subprocess.run(
        [sys.executable, "-c", f"{code.replace('{LIBRARIES}', str(libraries))}; {wings}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["[]", "[]"]
    assert set(dir(orgline)) >= {"open_build", "build_content", "Build", "WrittenAnswer", "OrglineError"}
