"""What tests share: the real graph, loaded once, a small hospital to break, and two ways to run the command."""

import contextlib
import fcntl
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# The tests run in as many processes as the machine has cores; a pool of threads in each would only wait for a core.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import pyoxigraph as ox
import pytest
from hypothesis import Phase, settings

import orgline.text.translations
from orgline.build.pipeline import run_build
from orgline.cli.app import main
from orgline.content.tree import Content
from orgline.graph.checks import Finding, run_checks
from orgline.graph.loading import LoadedContent, load
from orgline.graph.rules import infer
from orgline.graph.store import copy_to_memory, open_store

ROOT = Path(__file__).parent.parent
settings.register_profile("orgline", deadline=None, derandomize=True, max_examples=40, database=None)
# A mutant is noticed by the first failing example; to shrink it would take most of the time of a run.
settings.register_profile("mutation", settings.get_profile("orgline"), phases=(Phase.explicit, Phase.generate))
settings.load_profile("mutation" if os.environ.get("ORGLINE_MUTATION") else "orgline")
# Hundreds of commands read the same catalogues: what a text of one says is worked out once.
orgline.text.translations._parse_po = cache(orgline.text.translations._parse_po)
HOSPITAL = Path(__file__).parent / "hospital"
COMMAND = [str(Path(sys.executable).with_name("orgline"))]


@dataclass(frozen=True)
class Ran:
    """What a run of the command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of complaint."""
        return self.err.splitlines()


@dataclass(frozen=True)
class Seen:
    """A loaded graph with its conclusions and findings; its shape is checked by a build, see `real_build`."""

    content: Content
    loaded: LoadedContent
    inferred: list[ox.Quad]
    findings: list[Finding]


def look_at(content: Content) -> Seen:
    """Load a content tree, apply its rules and run its checks."""
    loaded = load(content)
    inferred = infer(loaded.store, content)
    findings, problems = run_checks(loaded.store, content, loaded.origins)
    assert problems == []
    return Seen(content, loaded, inferred, findings)


@pytest.fixture(scope="session")
def content() -> Content:
    """The repository's own content."""
    return Content.find(ROOT)


@pytest.fixture(scope="session")
def seen(content: Content) -> Seen:
    """The real graph with its findings; not to be changed."""
    return look_at(content)


@pytest.fixture(scope="session")
def loaded(seen: Seen) -> LoadedContent:
    """The real content, loaded, inferred and looked at; not to be changed."""
    return seen.loaded


@pytest.fixture(scope="session")
def graph(loaded: LoadedContent) -> ox.Store:
    """The store of the real content; not to be changed."""
    return loaded.store


@pytest.fixture(scope="session")
def findings(seen: Seen) -> list[Finding]:
    """The findings of the checks on the real content."""
    return seen.findings


@pytest.fixture(scope="session")
def hospital() -> Content:
    """A small content tree of another world; not to be changed."""
    return Content.find(HOSPITAL)


@pytest.fixture(scope="session")
def hospital_graph(hospital: Content) -> ox.Store:
    """The store of the hospital, looked at; not to be changed."""
    return look_at(hospital).loaded.store


@pytest.fixture(scope="session")
def hospital_build(hospital: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole build of the hospital; not to be changed."""
    out = tmp_path_factory.mktemp("hospital") / "build"
    run_build(hospital, out)
    return out


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the hospital's content, to be broken by a test."""
    return Path(shutil.copytree(HOSPITAL, tmp_path / "tree"))


@pytest.fixture
def real_tree(tmp_path: Path, content: Content) -> Path:
    """A copy of the real content, to be broken by a test."""
    for name in ("ontology", "data", "queries", "viz"):
        shutil.copytree(content.root / name, tmp_path / "real" / name)
    return tmp_path / "real"


def _run_cli(*arguments: str | Path, cwd: Path | None = None) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(cwd) if cwd else contextlib.nullcontext(),
    ):
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def run_cli() -> Callable[..., Ran]:
    """Run ``orgline`` in this process: run_cli("ask", "…", cwd=folder) returns code, out and err."""
    return _run_cli


def _run_command(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Ran:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def run_command() -> Callable[..., Ran]:
    """Run the installed command ``orgline`` in a process of its own; keywords are its environment."""
    return _run_command


@contextlib.contextmanager
def _once(folder: Path) -> Iterator[None]:
    """Let one worker of pytest-xdist at a time in."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all workers of a run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def _build_once(out: Path, seed: str, root: Path = ROOT) -> Path:
    with _once(out.parent):
        if not out.exists():
            ran = _run_command("build", "--content", root, "--out", out, PYTHONHASHSEED=seed)
            assert ran.code == 0, ran.err
    return out


@pytest.fixture(scope="session")
def real_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole build of the real content, made once for all workers; not to be changed."""
    return _build_once(_shared_folder(tmp_path_factory) / "real-build", "1")


@pytest.fixture(scope="session")
def second_build(real_build: Path) -> Path:
    """Another build of the same content, on another hash seed."""
    return _build_once(real_build.with_name("second-build"), "2")


def invent(root: Path) -> Path:
    """Make the content tree of the invented province in `root`: our ontology and questions, made-up data."""
    for name in ("ontology", "queries", "viz"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copytree(ROOT / "tests" / "invented" / "data", root / "data")
    return root


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content tree of the invented province; not to be changed."""
    return invent(tmp_path_factory.mktemp("invented") / "tree")


@pytest.fixture(scope="session")
def invented_seen(invented: Path) -> Seen:
    """The graph of the invented province with its findings; not to be changed."""
    return look_at(Content(invented))


@pytest.fixture(scope="session")
def invented_build(tmp_path_factory: pytest.TempPathFactory, invented: Path) -> Path:
    """A whole build of the invented province, made once for all workers; not to be changed."""
    return _build_once(_shared_folder(tmp_path_factory) / "invented-build", "1", invented)


@pytest.fixture(scope="session")
def built_graph(real_build: Path) -> ox.Store:
    """The store of the real build, in memory; not to be changed."""
    return copy_to_memory(open_store(real_build))


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A real browser; its tests are skipped where there is none."""
    from tabs import browsing

    with browsing() as opened:
        yield opened


@pytest.fixture
def tabs(browser: object, service: object) -> Iterator[object]:
    """Tabs on the `service` of a test's module, which ask no other host and complain of nothing."""
    from tabs import Watched

    watched = Watched(browser, service.address)
    yield watched
    watched.close()


def once_more(ask: Callable[[], tuple], most: float = 5) -> tuple:
    """Return the status, headers and body that `ask` gets; told to come again, it does so once, when it was told."""
    found = ask()
    if found[0] == 503 and found[1]["Retry-After"]:
        time.sleep(min(float(found[1]["Retry-After"]), most))
        found = ask()
    return found


def wait_for(condition: Callable[[], object], seconds: float = 90) -> None:
    """Wait until `condition` holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def tell_into(tree: Path, name: str, text: str) -> Path:
    """Write `text` into the file `name` of `tree` as it is, and return its path."""
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def exchange(tree: Path, name: str, old: str, new: str) -> Path:
    """Exchange `old`, which is there, for `new` in the file `name` of `tree`."""
    path = tree / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    return path
