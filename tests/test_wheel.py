"""What is shipped is what was tested: the wheel, installed elsewhere, works without the source.

Two environments: one borrows the libraries of the tests; in the other pip installs the wheel plainly, without extras.
"""

import os
import re
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
                assert f"orgline/content/shipped/{path.relative_to(ROOT).as_posix()}" in names
    for path in (ROOT / "orgline" / "render" / "templates").iterdir():
        assert f"orgline/render/templates/{path.name}" in names
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
    assert done.stdout.splitlines()[1].endswith("site-packages/orgline/content/shipped")


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


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment into which pip has installed the wheel alone, without an extra."""
    folder = tmp_path_factory.mktemp("plain")
    venv.create(folder, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    pinned = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, "install", "--quiet", *pinned, str(wheel)], check=True, timeout=600)
    return folder


@pytest.fixture(scope="module")
def run_plain(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of the plain environment, in one folder that is empty at first."""
    folder = tmp_path_factory.mktemp("plainly")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}

    def run_it(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(plain / "bin" / command), *arguments],
            cwd=folder, env=clean, capture_output=True, encoding="utf-8", check=False, timeout=180,
        )  # fmt: skip

    return run_it


def missing(feature: str, extra: str) -> str:
    """Return the sentence about a missing extra as a pattern; it names the modules in brackets."""
    command = re.escape(f'Type: pip install "orgline[{extra}]"')
    return rf"{re.escape(feature)}: a library for it is not installed \([\w, ]+\)\. {command}\n"


@pytest.fixture(scope="module")
def plain_build(run_plain) -> subprocess.CompletedProcess[str]:
    """What the build of the plain environment printed and returned."""
    return run_plain("orgline", "build")


def test_the_plain_install_builds_and_asks(plain_build, run_plain) -> None:
    """Without an extra a build has everything but the views, says so in one line, and can be asked and packed."""
    assert plain_build.returncode == 0, plain_build.stderr
    (line,) = re.findall(r"^The build has no views/\. .*\n", plain_build.stdout, re.MULTILINE)
    assert re.fullmatch(rf"The build has no views/\. {missing('Drawing views', 'draw')}", line)
    asked = run_plain("orgline", "ask", "posts-of-a-person", "--who", "pham van hau", "--lang", "en")
    assert asked.returncode == 0, asked.stderr
    assert "Answer: " in asked.stdout
    packed = run_plain("orgline", "pack", "graph.html")
    assert (packed.returncode, packed.stdout.strip()) == (0, "graph.html"), packed.stderr


@pytest.mark.parametrize(
    ("feature", "extra", "arguments"),
    [
        ("orgline serve", "serve", ("serve",)),
        ("orgline mcp", "mcp", ("mcp",)),
        ("Drawing views", "draw", ("view", "hierarchy")),
        ("--endpoint", "endpoint", ("ask", "posts-of-a-person", "--endpoint", "http://127.0.0.1:9/")),
    ],
    ids=["serve", "mcp", "draw", "endpoint"],
)
def test_a_command_names_the_extra_that_it_lacks(
    feature: str, extra: str, arguments: tuple[str, ...], plain_build, run_plain
) -> None:
    """What needs an extra that is not installed ends with code 2 and one sentence with the command to type."""
    ran = run_plain("orgline", *arguments)
    assert ran.returncode == 2
    assert re.fullmatch(missing(feature, extra), ran.stderr), ran.stderr


def test_a_pdf_names_the_extra_that_it_lacks(run_plain) -> None:
    """Drawing a PDF without its libraries raises the sentence; no command draws one without the service."""
    code = "from orgline.render.chart.chart_pdf import as_pdf; as_pdf(None, None, (), 'vi')"
    ran = run_plain("python", "-c", code)
    assert re.fullmatch(missing("PDF", "pdf"), ran.stderr[ran.stderr.index("PDF: ") :])


def test_the_size_of_the_plain_install_is_as_stated(plain: Path) -> None:
    """The README states how many megabytes the plain install takes, within a tenth."""
    files = [path for path in plain.glob("lib/python3*/site-packages/**/*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    (stated,) = re.findall(r"\((\d+) MB", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert abs(size - int(stated)) < size / 10, f"{size:.0f} MB"
