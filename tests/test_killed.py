"""Processes are killed, builds switched, the disk is full: what is served goes on, and nothing stays behind."""

import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from attack import COUNT, HOSTILE, Served, posted, served, triples
from conftest import COMMAND, ROOT, wait_for
from test_attacks import workers

pytestmark = pytest.mark.slow
LARGE, ENDLESS = HOSTILE["a large answer"], HOSTILE["endless"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file of two thousand triples."""
    return triples(tmp_path / "graph.nt")


@pytest.fixture
def service(place: Path):
    """A service of that file."""
    with served(place, ROOT) as one:
        yield one


def is_alive(number: int) -> bool:
    """Tell whether a process runs."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def kill(number: int) -> None:
    """Kill a process that may have gone already."""
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def nursery(service: Served) -> int:
    """Return the number of the process that forks workers."""
    text = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text()
    return int(text.split()[0])


def ready(service: Served) -> list[int]:
    """Return the numbers of the workers once all are there."""
    wait_for(lambda: len(workers(service)) >= 5, 20)
    time.sleep(0.5)
    return [one for one in workers(service) if one != nursery(service)]


def test_idle_workers_are_replaced(service: Served) -> None:
    """When all workers are killed while they wait, the next questions are answered as if nothing were."""
    for turn in range(3):
        for one in ready(service):
            kill(one)
        assert [service.count(mark=(turn, number)) for number in range(6)] == [2000] * 6


def test_a_busy_worker_that_is_killed_ends_its_answer_only(place: Path) -> None:
    """When a worker is killed in the middle of a query, that is told, and the next is answered."""
    with served(place, ROOT, seconds=20.0) as service, ThreadPoolExecutor(1) as asking:
        ready(service)
        answer = asking.submit(service.query, ENDLESS)
        time.sleep(2)
        for one in workers(service)[1:]:
            kill(one)
        assert answer.result().status == 503
        assert answer.result().sentence.endswith(".\n")
        assert service.count(mark="after") == 2000


def test_a_worker_killed_while_it_sends_breaks_the_answer(service: Served) -> None:
    """When a worker is killed in the middle of an answer, the connection breaks before the answer's end."""
    ready(service)
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(service.query, LARGE)
        time.sleep(0.6)
        for one in workers(service)[1:]:
            kill(one)
        assert answer.result().status == 200
        assert not answer.result().is_whole
    assert service.count(mark="after") == 2000


def test_the_nursery_is_replaced(place: Path) -> None:
    """When the process that forks workers is killed, there is another, and the questions wait for it."""
    with served(place, ROOT, seconds=20.0) as service:
        for turn in range(3):
            old = [nursery(service), *ready(service)]
            kill(old[0])
            assert [service.count(mark=(turn, number)) for number in range(6)] == [2000] * 6
            wait_for(lambda old=old: not any(is_alive(one) for one in old), 10)


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3, 0.6, 1.0])
def test_a_killed_service_leaves_no_process(place: Path, delay: float) -> None:
    """Killed at any moment, busy or not, the service leaves no process; started again, it serves."""
    with served(place, ROOT, ends_well=False) as service:
        assert service.count() == 2000
        line = service.connect()
        line.sendall(posted(ENDLESS))
        time.sleep(delay)
        below = workers(service)
        assert below
        kill(service.process.pid)
        wait_for(lambda: not any(is_alive(one) for one in below), 10)
        line.close()
    with served(place, ROOT) as service:
        assert service.count() == 2000


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("query", [None, ENDLESS, LARGE], ids=["idle", "busy", "sending"])
def test_told_to_end_it_ends(place: Path, how: signal.Signals, query: str | None) -> None:
    """Ctrl-C and SIGTERM end the service with code 0 and without a word, also in the middle of answers."""
    with served(place, ROOT, seconds=20.0, ends_well=False) as service:
        lines = [service.connect() for _ in range(2 if query else 0)]
        for line in lines:
            line.sendall(posted(query))
        time.sleep(0.5)
        below = workers(service)
        service.process.send_signal(how)
        said = service.process.communicate(timeout=20)
        assert (service.process.returncode, *said) == (0, "", "")
        wait_for(lambda: not any(is_alive(one) for one in below), 5)
        for line in lines:
            line.close()


def test_builds_are_switched_without_a_failed_request(tmp_path: Path) -> None:
    """While clients ask, builds are switched again and again: each answer is of one of them, none fails, none stays."""
    places = [triples(tmp_path / f"{number}.nt", 100 + number) for number in range(4)]
    link = tmp_path / "now.nt"
    link.symlink_to(places[0])
    ended = threading.Event()
    with served(link, ROOT, seconds=10.0, max_waiting=1000) as service:

        def ask(client: int) -> list[int]:
            found = []
            while not ended.is_set():
                found.append(service.count(f"127.0.0.{client + 2}", (client, len(found))))
            return found

        def ask_slowly(_: int) -> list[int]:
            found = []
            while not ended.is_set():
                answer = service.query(f"SELECT ?a {{ ?a ?b ?c . ?d ?e ?f }} # {len(found)}", "127.0.0.9")
                found.append(answer.status if answer.is_whole else 0)
            return found

        with ThreadPoolExecutor(8) as clients:
            quick = [clients.submit(ask, client) for client in range(5)]
            slow = [clients.submit(ask_slowly, client) for client in range(3)]
            try:
                for turn in range(1, 7):
                    new = tmp_path / "new"
                    new.symlink_to(places[turn % 4])
                    new.replace(link)
                    wait_for(lambda turn=turn: service.count("127.0.0.8", time.time()) == 100 + turn % 4, 20)
            finally:
                ended.set()
            counts = [one for answers in quick for one in answers.result()]
            statuses = {status for answers in slow for status in answers.result()}
        assert len(counts) > 200
        assert set(counts) <= {100, 101, 102, 103}
        assert statuses == {200}
        wait_for(lambda: len(workers(service)) <= 6, 15)


def test_a_build_that_cannot_be_served_is_not_taken_up(tmp_path: Path, place: Path) -> None:
    """When the link leads to what is no graph, or nowhere, what was served before goes on being served."""
    link, bad = tmp_path / "now.nt", tmp_path / "bad.nt"
    link.symlink_to(place)
    bad.write_text("this is no triple", encoding="utf-8")
    with served(link, ROOT, ends_well=False) as service:
        for other in (bad, tmp_path / "nowhere.nt"):
            new = tmp_path / "new"
            new.symlink_to(other)
            new.replace(link)
            assert [service.count(mark=(other, number)) for number in range(20)] == [2000] * 20
            time.sleep(1)
            assert service.count(mark=other) == 2000
        service.process.send_signal(signal.SIGINT)
        said = service.process.communicate(timeout=20)
    assert "Traceback" not in said[1]
    assert "still served" in said[1]


def test_a_build_killed_beside_it_changes_nothing(tmp_path: Path, real_build: Path) -> None:
    """When a build is killed half-way, the last good one goes on being served."""
    out = tmp_path / "out"
    out.symlink_to(real_build.resolve())
    with served(out, ROOT, seconds=10.0) as service:
        before = service.count()
        for delay in (0.5, 2.0, 4.0):
            command = [*COMMAND, "build", "--content", str(ROOT), "--out", str(out)]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as building:
                time.sleep(delay)
                building.kill()
            assert service.count(mark=delay) == before


def test_a_full_disk_breaks_the_answer_only(place: Path) -> None:
    """When an answer that waits cannot be kept on disk, it breaks off, and the next question is answered."""
    with served(place, ROOT) as service:
        subprocess.run(["prlimit", "--pid", str(service.process.pid), "--fsize=100000"], check=True)
        with service.connect() as line:
            line.sendall(posted(LARGE))
            time.sleep(2.5)
            assert service.count(mark="full") == 2000
        assert service.query(f"{COUNT} # again").status == 200
