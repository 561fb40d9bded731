"""Documents that would fail: their commands are run, their names and links exist, their length is kept."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMMAND, HOSPITAL, ROOT

READMES = [path for name in ("README.md", "README.vi.md") if (path := ROOT / name).is_file()]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ASKED = re.compile(r"\borgline ask ([a-z0-9-]+(?:/[a-z0-9-]+)?)")
_FILE = re.compile(r"`((?:ontology|data|queries|viz|orgline|tests|bench|docs|shared)/[\w./-]*)`")
_TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)
STEMS = {path.stem for path in (ROOT / "queries").glob("*/*.rq")}
CHANGES = ("build",)


def commands(path: Path) -> list[str]:
    """Return the commands of orgline in the sh blocks of a document, continued lines joined, comments left out."""
    text = path.read_text(encoding="utf-8")
    lines = [line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    plain = [line.strip().removeprefix("$ ") for line in lines]
    return [one for one in plain if one.startswith(("orgline ", "python build_graph.py", ".venv/bin/orgline "))]


RUN = [pytest.param(path, command, id=f"{path.name}: {command}") for path in READMES for command in commands(path)]


@pytest.fixture
def place(tmp_path: Path, real_build: Path) -> Path:
    """A folder as of who has cloned and built: with the content and the link `build`."""
    for name in ("ontology", "data", "queries", "viz", "build_graph.py", "orgline"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "build").symlink_to(real_build.resolve())
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("path", "command"), RUN)
def test_a_command_of_the_readme_runs(path: Path, command: str, place: Path) -> None:
    """Each command in an sh block of the README runs as it stands and ends well."""
    words = shlex.split(command, comments=True)
    plain = [word for word in words if word not in ("|", ">", "&&")]
    python, orgline = shlex.quote(sys.executable), shlex.quote(COMMAND[0])
    line = re.sub(r"^python(?= )", python, command)
    line = re.sub(r"(^|[|&;]\s*)(?:\.venv/bin/)?orgline(?= )", rf"\1{orgline}", line)
    if plain[1:2] == ["build"] or plain[0] == "python":
        (place / "build").unlink()
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=place,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_python_example_of_the_readme_runs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example in Python runs as it stands, where a content folder of the reader's own is beside the build."""
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL).group(1)
    (place / "my-content").symlink_to(HOSPITAL)
    monkeypatch.chdir(place)
    exec(compile(example, "README.md", "exec"), {})
    assert (place / "my-build" / "report.json").is_file()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_each_question_that_is_named_exists(path: Path) -> None:
    """Each question in a document's commands is a file in queries/."""
    named = {name.rpartition("/")[2] for name in _ASKED.findall(path.read_text(encoding="utf-8"))}
    assert named - STEMS - {"question"} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_each_link_leads_to_a_file(path: Path) -> None:
    """Each link of a document to a file of ours leads to one."""
    for link in _LINK.findall(path.read_text(encoding="utf-8")):
        if "://" not in link and not link.startswith(("#", "mailto:", "build/")):
            assert (path.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("path", [*READMES, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_each_file_that_is_named_exists(path: Path) -> None:
    """Each path in backquotes that has no gap to fill is there."""
    for name in _FILE.findall(path.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_each_option_that_is_named_exists(path: Path, run_cli) -> None:
    """Each option in the commands of a README is one of the command's or of the question's."""
    from orgline.content import read_query_file
    from orgline.content.tree import Content

    content = Content.find(ROOT)
    questions = {query.name: query for query in (read_query_file(one, content) for one in content.questions)}
    for command in commands(path):
        if "orgline " not in command:
            continue
        words = shlex.split(command.split("|")[0], comments=True)
        known = set(re.findall(r"--[a-z-]+", run_cli(words[1], "--help").out)) if len(words) > 1 else set()
        if words[1:2] == ["ask"]:
            known |= {f"--{one.name}" for one in questions[words[2].rpartition("/")[2]].parameters}
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options - known - {"--help", "--version"} == set(), command


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_a_readme_is_short(path: Path) -> None:
    """A README has at most 120 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120


def test_readme_shows_commands() -> None:
    """The README shows how to build and how to ask, in blocks that these tests run."""
    said = " ".join(commands(ROOT / "README.md"))
    assert "orgline ask " in said
    assert (
        "python build_graph.py" in said or "orgline build" in said or "make graph" in (ROOT / "README.md").read_text()
    )


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "README.vi.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "LICENSE",
        "docs/decisions",
        "Makefile",
    ],
)
def test_a_document_is_there(name: str) -> None:
    """Each document that a reader looks for is there, and says something."""
    path = ROOT / name
    assert path.exists()
    assert path.is_dir() or len(path.read_text(encoding="utf-8")) > 100
    assert path.is_file() or list(path.glob("*.md"))


def test_the_changelog_has_this_version() -> None:
    """The changelog has a section for the version of the package."""
    from orgline import __version__

    assert re.search(
        rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_each_target_of_the_makefile_that_is_named_exists() -> None:
    """Each "make target" in a document is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in DOCUMENTS:
        assert set(re.findall(r"`make ([a-z]+)`", path.read_text(encoding="utf-8"))) <= targets, path.name


def test_decisions_are_named_by_words() -> None:
    """A decision's file is named by words, with hyphens, never by a number."""
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", path.stem), path.name


def test_each_test_that_is_named_exists() -> None:
    """Each test that a document names stands in the tests, so that what is said to be tried is tried."""
    there = {name for path in (ROOT / "tests").glob("test_*.py") for name in _TEST.findall(path.read_text("utf-8"))}
    for path in DOCUMENTS:
        assert set(re.findall(r"`(test_\w+)`", path.read_text(encoding="utf-8"))) <= there, path.name
