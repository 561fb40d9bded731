"""Measure how long an honest client waits while four other addresses only attack; write the section "attack".

Every client is a process of its own on this machine, the attackers at low priority: they would have machines of
their own, and all the same the attack takes time from the service twice.
"""

import argparse
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

# Of the two modules called attack, that of tests/ comes first on the path.
from attack import HOSTILE, Answer, Served, got, posted, served, triples  # noqa: E402
from results import keep  # noqa: E402

SOURCES = [f"127.0.0.{number}" for number in range(2, 6)]
SECONDS, LINES, EACH, BEGIN = float(os.environ.get("ATTACK_SECONDS", "60")), 8, 0.02, 8
CHUNKED = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
TINY = CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n"
Count = Counter[str]


def hostile(service: Served, source: str, turn: int) -> str:
    """Send one hostile query, and wait for its end."""
    names = list(HOSTILE)
    return str(service.query(f"{HOSTILE[names[turn % len(names)]]} # {turn}", source).status)


def small(service: Served, source: str, turn: int) -> str:
    """Send small questions, twenty at once over one connection."""
    heads = [f"GET {got(f'ASK {{ ?s ?p {source[-1]}{turn}{n} }}')} HTTP/1.1\r\nHost: x\r\n" for n in range(20)]
    heads[-1] += "Connection: close\r\n"
    return str(Answer.of(service.raw("".join(f"{head}\r\n" for head in heads).encode(), source)).status)


def nothing(service: Served, source: str, turn: int) -> str:
    """Ask for what is not there, a hundred times over one connection."""
    head = f"GET /{turn} HTTP/1.1\r\nHost: x\r\n"
    data = f"{head}\r\n" * 99 + f"{head}Connection: close\r\n\r\n"
    return str(Answer.of(service.raw(data.encode(), source)).status)


def long(service: Served, source: str, turn: int) -> str:
    """Send queries as long and as full of brackets as may be, which are no queries."""
    return str(Answer.of(service.raw(posted(f"#{turn}\n" + "(){}" * 16_000), source)).status)


def crumbs(service: Served, source: str, _: int) -> str:
    """Send a body in a hundred thousand pieces of one byte."""
    return str(Answer.of(service.raw(TINY + b"1\r\n#\r\n" * 100_000 + b"0\r\n\r\n", source)).status)


def unread(service: Served, source: str, turn: int) -> str:
    """Ask for a large answer and do not read it."""
    with service.connect(source) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(posted(f"{HOSTILE['a large answer']} # {turn}"))
        time.sleep(3)
    return "unread"


def gone(service: Served, source: str, turn: int) -> str:
    """Ask what takes long and go away at once."""
    with service.connect(source) as line:
        line.sendall(posted(f"{HOSTILE['endless']} # {turn}"))
        time.sleep(0.05)
    return "gone"


ATTACKS: dict[str, Callable[[Served, str, int], str]] = {
    function.__name__: function for function in (hostile, small, nothing, long, crumbs, unread, gone)
}


def attack(name: str, port: int, source: str) -> None:
    """Attack from one address over several connections until told to end; print what came back."""
    os.nice(10)  # attackers have machines of their own
    service, seen, ended = Served(None, port), Counter(), threading.Event()
    turns = itertools.count(int(source[-1]) * 10_000_000)

    def go_on() -> None:
        while not ended.is_set():
            try:
                seen[ATTACKS[name](service, source, next(turns))] += 1
            except OSError as error:
                seen[type(error).__name__] += 1
                time.sleep(0.01)

    for _ in range(LINES):
        threading.Thread(target=go_on, daemon=True).start()
    sys.stdin.read()
    ended.set()
    print(json.dumps(seen), flush=True)
    os._exit(0)


def honest(port: int) -> None:
    """Ask small questions, each a new one; print how long each took, and the statuses."""
    service, seen, took = Served(None, port), Counter(), []
    end = time.monotonic() + SECONDS
    for turn in itertools.count():
        begun = time.monotonic()
        if begun > end:
            break
        try:
            status = str(service.query(f"SELECT ?p ?o {{ <http://x/s{turn % 2000}> ?p ?o }} # {turn}").status)
        except OSError as error:
            status = type(error).__name__
        seen[status] += 1
        took.append(time.monotonic() - begun)
        time.sleep(max(EACH - took[-1], 0))
    print(json.dumps({"took": took, "statuses": seen}))


@contextmanager
def attacked(name: str, port: int) -> Iterator[Count]:
    """Attack from all addresses; give what came back, filled at the end."""
    command = [sys.executable, __file__, "attack", name, str(port)]
    pipe = subprocess.PIPE
    running = [subprocess.Popen([*command, address], stdin=pipe, stdout=pipe, text=True) for address in SOURCES]
    seen: Count = Counter()
    try:
        yield seen
    finally:
        for process in running:
            with suppress(ValueError, subprocess.TimeoutExpired):
                seen.update(json.loads(process.communicate(timeout=60)[0]))
            process.kill()


def measured(name: str, place: Path) -> dict[str, object]:
    """Return the figures of one attack, "" for none."""
    with served(place, ROOT, ends_well=False, seconds=10.0, seconds_per_minute=30.0) as service:
        service.count()
        time.sleep(BEGIN)  # until all workers are there
        asking = [sys.executable, __file__, "honest", str(service.port)]
        if name:
            with attacked(name, service.port) as seen:
                time.sleep(2)
                printed = subprocess.run(asking, capture_output=True, text=True, check=True).stdout
        else:
            seen, printed = Counter(), subprocess.run(asking, capture_output=True, text=True, check=True).stdout
    result = json.loads(printed)
    cuts = quantiles(result["took"], n=100)
    figures = {f"p{cut}_ms": round(cuts[cut - 1] * 1000, 1) for cut in (50, 95, 99)}
    figures["max_ms"] = round(max(result["took"]) * 1000, 1)
    return {**figures, "asked": len(result["took"]), "statuses": result["statuses"], "attackers": dict(seen)}


def main() -> None:
    """Measure each attack, or those named; the figures of all together are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", nargs="*", help=f"which to measure, of {', '.join(ATTACKS)} (default: all)")
    chosen = parser.parse_args().attacks
    if unknown := set(chosen) - set(ATTACKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        place = triples(Path(folder) / "graph.nt")
        figures = {name or "none": measured(name, place) for name in ("", *(chosen or ATTACKS))}
    kept = {
        "cores": os.cpu_count(),
        "load_at_end": round(os.getloadavg()[0], 1),
        "addresses": len(SOURCES),
        "lines_of_each": LINES,
        "seconds": SECONDS,
        "attacks": figures,
    }
    for name, measurement in figures.items():
        print(name, json.dumps(measurement))
    if not chosen:
        keep("attack", kept)


if __name__ == "__main__":
    if sys.argv[1:2] == ["attack"]:
        attack(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    elif sys.argv[1:2] == ["honest"]:
        honest(int(sys.argv[2]))
    else:
        main()
