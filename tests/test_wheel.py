"""What is shipped is what was tested: the wheel, installed elsewhere, works without the source."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HOSPITAL, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made by pip from a copy of what git would clone."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, timeout=300)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; what it needs is borrowed from the environment of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder / "bin" / "python"),
        "install",
        "--quiet",
        "--no-deps",
    ]
    subprocess.run([*command, "--no-index", str(wheel)], check=True, timeout=300)
    # Added as a plain path, so that no .pth in it (such as that of the source) is followed.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin"


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed command in an empty folder."""

    def run_it(*arguments: str) -> subprocess.CompletedProcess[str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return subprocess.run(
            [str(installed / "orgline"), *arguments],
            cwd=tmp_path, env=clean, capture_output=True, encoding="utf-8", check=False, timeout=180,
        )  # fmt: skip

    return run_it


@pytest.fixture(scope="module")
def built(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the installed command has built its own content."""
    folder = tmp_path_factory.mktemp("elsewhere")
    command = [str(installed / "orgline"), "build"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_carries_all_content(wheel: Path) -> None:
    """Each file of the four folders is in the wheel, with templates and licence; tests and builds are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("ontology", "data", "queries", "viz"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not path.name.startswith((".", "~")):
                assert f"orgline/content/{path.relative_to(ROOT).as_posix()}" in names
    for path in (ROOT / "orgline" / "render" / "templates").iterdir():
        assert f"orgline/templates/{path.name}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if not name.startswith(("orgline/", "orgline-"))]
    assert not [name for name in names if "__pycache__" in name or "/.build" in name or "/tests/" in name]


def test_the_source_is_not_used(installed: Path, tmp_path: Path) -> None:
    """The installed command runs the wheel's own modules on the wheel's own content."""
    code = "import orgline.content.tree as c; print(c.__file__); print(c.Content.find().root)"
    done = subprocess.run(
        [str(installed / "python"), "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    assert str(ROOT) + "/orgline" not in done.stdout
    assert done.stdout.splitlines()[1].endswith("site-packages/orgline/content")


def test_it_builds_the_same_graph(built: Path, real_build: Path) -> None:
    """The wheel's build has the same facts, byte for byte, as that of the source."""
    assert (built / "build/graph.nq").read_bytes() == (real_build / "graph.nq").read_bytes()
    assert (built / "build/index.html").is_file()
    assert list((built / "build/views").glob("*.html"))


def test_it_lists_and_answers(built: Path, installed: Path) -> None:
    """The installed command lists its questions and answers one of them."""
    listed = subprocess.run(
        [str(installed / "orgline"), "list", "--lang", "en"],
        cwd=built,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "posts-of-a-person" in listed.stdout
    asked = subprocess.run(
        [str(installed / "orgline"), "ask", "posts-of-a-person", "--who", "pham van hau", "--lang", "en"],
        cwd=built, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "Answer:" in asked.stdout


def test_it_builds_another_world(run, tmp_path: Path) -> None:
    """The installed command builds a content tree of somebody else."""
    done = run("build", "--content", str(HOSPITAL), "--out", "hospital")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hospital" / "views" / "coverage.html").is_file()


def test_it_runs_as_a_module(installed: Path, tmp_path: Path) -> None:
    """python -m orgline is the same command."""
    done = subprocess.run(
        [str(installed / "python"), "-m", "orgline", "--version"], cwd=tmp_path, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.strip()
