"""A build that is stopped or killed half-way leaves the last one, and the next build clears its remains."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import COMMAND, wait_for


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A link to a good build that was made before."""
    folder = tmp_path / "out.builds" / "20200101T000000-1"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}", encoding="utf-8")
    (tmp_path / "out").symlink_to("out.builds/20200101T000000-1")
    return tmp_path / "out"


@contextmanager
def half_way(content, out: Path) -> Iterator[subprocess.Popen]:
    """Begin a build of the real content and wait until it writes into its folder."""
    command = [*COMMAND, "build", "--content", str(content.root), "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, encoding="utf-8") as process:
        try:
            wait_for(lambda: list(out.with_name("out.builds").glob("*/graph.nq")))
            yield process
        finally:
            process.kill()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def is_untouched(out: Path) -> bool:
    return out.readlink() == Path("out.builds/20200101T000000-1") and (out / "report.json").read_bytes() == b"{}"


@pytest.mark.slow
def test_ctrl_c(content, out: Path) -> None:
    """Ctrl-C says in one sentence that the last good build is as it was, and leaves nothing behind."""
    with half_way(content, out) as process:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=120)[1]
    assert process.returncode == 130
    assert said.splitlines()[-1] == "orgline: stopped. The last good build is unchanged."
    assert "Traceback" not in said
    assert is_untouched(out)
    assert names(out.with_name("out.builds")) == ["20200101T000000-1"]
    assert names(out.parent) == ["out", "out.builds"]


@pytest.mark.slow
def test_kill(content, tree: Path, out: Path, run_cli) -> None:
    """After kill -9 the last build is as it was, and the next build leaves no folder of the killed one."""
    with half_way(content, out) as process:
        process.kill()
        process.wait()
    assert is_untouched(out)
    assert len(names(out.with_name("out.builds"))) == 2
    assert run_cli("build", "--content", tree, "--out", out).code == 0
    assert names(out.with_name("out.builds")) == [out.readlink().name]
    assert not {name for name in names(out.parent) if name.startswith(".")}
    assert (out / "report.json").read_bytes() != b"{}"


@pytest.mark.slow
def test_a_kill_leaves_no_process(content, out: Path) -> None:
    """A process that checks shapes beside the build ends with it."""
    with half_way(content, out) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
        process.kill()
        process.wait()
    end = time.monotonic() + 90
    while alive := [child for child in children if is_alive(int(child))]:
        assert time.monotonic() < end, f"still running: {alive}"
        time.sleep(0.1)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    return state != "Z"
