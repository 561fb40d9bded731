"""Measure our endpoint beside Oxigraph's server, rdflib-endpoint and Virtuoso: the same graph, the same questions.

Run by `make bench`, after `reporting_lines`. BENCH_FOLDER is where the graph and the servers' stores are kept. wrk
sends the requests. The servers take turns in short rounds, so that what slows the machine slows all; of the rounds the
medians are told, of ratios the medians of the rounds' ratios. Three ways of asking: `repeated`, the same texts over and
over; `fresh`, each text once of a server that has just started; `never twice`, each query unlike any before it.
"""

import argparse
import os
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from endpoint_graph import DAY, graph
from endpoint_load import Watch, loaded
from endpoint_questions import QUICK, Asked, chains, lines_of, questions, quick, tried, write
from endpoint_report import section
from endpoint_servers import Missing, Orgline, Oxigraph, RdflibEndpoint, Server, Virtuoso, memory
from results import keep
from timing import speed

from orgline.graph.store import open_store

CONNECTIONS, MANY, STARTS, REPEATED = (1, 8, 64), 8, 3, 100
MODES = ("repeated", "fresh", "never twice")
Figures = dict[str, Any]


def median(rounds: Sequence[Figures]) -> Figures:
    """Return the medians of the figures of some rounds; of what went wrong, the sum."""
    if not rounds:
        return {}
    summed = {"answers", "not_200", "broken", "late", "sent"}
    return {
        name: sum(figures[name] for figures in rounds)
        if name in summed
        else round(statistics.median(figures[name] for figures in rounds), 3)
        for name in rounds[0]
    }


class Bench:
    """The servers, and what is measured of them in `rounds` of `seconds`."""

    def __init__(self, folder: Path, rounds: int, seconds: int) -> None:
        self.folder, self.rounds, self.seconds = folder / "endpoints", rounds, seconds
        self.build, self.data, counts = graph(folder)
        self.folder.mkdir(exist_ok=True)
        self.figures: Figures = {**counts, "cores": os.cpu_count(), "speed_seconds": [speed()], "missing": []}
        self.servers: list[Server] = []
        self.began, self.marks = time.perf_counter(), 0

    def prepare(self, left_out: Sequence[str]) -> None:
        """Load and start the servers; tell of each that cannot be had."""
        day = DAY.isoformat()
        every: list[Server] = [Orgline(self.folder, self.data, self.build, day)]
        every += [kind(self.folder, self.data) for kind in (Oxigraph, Virtuoso, RdflibEndpoint)]
        self.figures["servers"] = {}
        for server in every:
            if server.name in left_out:
                continue
            self.servers.append(server)
            try:
                server.prepare()
                first = server.start()
            except Missing as error:
                self.figures["missing"].append(str(error))
                print(error, flush=True)
                self.servers.remove(server)
                continue
            again = [server.restart() for _ in range(STARTS)]
            server.settle()
            figures = {"first_start_seconds": first, "start_seconds": statistics.median(again)}
            self.figures["servers"][server.name] = figures | {"at_rest": memory(server.process)}
            print(f"{server.name}: {self.figures['servers'][server.name]}", flush=True)

    def end(self) -> None:
        """End all servers."""
        for server in self.servers:
            server.stop()

    def choose(self, most: int | None) -> list[Asked]:
        """Ask each question, or the first `most`, of each server; keep those answered alike, and why not the rest."""
        self.figures["left_out"], self.times, asked = {}, {}, []
        for question in questions(open_store(self.build))[:most]:
            times, why = tried(self.servers, question)
            if why:
                self.figures["left_out"][question.name] = why
            if len(times) > 1:
                self.times[question.name] = times
                asked.append(question)
            print(f"{question.name}: {times} {why}", flush=True)
        for server in self.servers:
            server.settle()
        return asked

    def mixed(self, asked: Sequence[Asked]) -> list[Asked]:
        """Return the questions that all servers answer alike, of the values for which none but rdflib takes long."""
        every = {server.name for server in self.servers}
        chosen = [
            question
            for question in asked
            if set(times := self.times[question.name]) == every
            and max(seconds for name, seconds in times.items() if name != RdflibEndpoint.name) < QUICK
        ]
        judge = self.servers[-1 if len(every) < 2 else 1]
        narrowed = (quick(judge, question) for question in chosen)
        return [question for question in narrowed if question.texts]

    def measure(self, asked: Sequence[Asked]) -> Figures:
        """Return the figures of a set of questions in each way, for each number of connections and server."""
        found: dict[str, Figures] = {}
        for mode in MODES:
            rounds: dict[int, list[dict[str, Figures]]] = {number: [] for number in CONNECTIONS}
            for turn in range(self.rounds):
                by_connections: dict[int, dict[str, Figures]] = {number: {} for number in CONNECTIONS}
                for server in self.servers:
                    for number, figures in self._asked(server, asked, mode, turn).items():
                        by_connections[number][server.name] = figures
                for number, figures in by_connections.items():
                    rounds[number].append(figures)
            found[mode] = {str(number): self._together(ran) for number, ran in rounds.items()}
        return found

    def _asked(self, server: Server, asked: Sequence[Asked], mode: str, turn: int) -> dict[int, Figures]:
        """Return the figures of one server in one round."""
        file, found, lines = self.folder / "requests", {}, lines_of(server, asked, seed=turn)
        if mode == "fresh":
            server.restart()
        for place, number in enumerate(CONNECTIONS):
            shares = {"repeated": lines[:REPEATED], "fresh": lines[place :: len(CONNECTIONS)]}
            write(file, shares.get(mode, lines))
            with Watch(server) as watch:
                found[number] = loaded(server, file, number, self.seconds, self._mark(mode), once=mode == "fresh")
            if number == CONNECTIONS[-1]:
                self._keep_memory(server, watch.most)
            server.settle()
        return found

    def _mark(self, mode: str) -> str:
        self.marks += 1
        return f"{self.marks}." if mode == "never twice" else ""

    def _keep_memory(self, server: Server, most: Figures) -> None:
        known = self.figures["servers"][server.name].setdefault("under_load", most)
        self.figures["servers"][server.name]["under_load"] = {name: max(known[name], most[name]) for name in most}

    def _together(self, rounds: Sequence[dict[str, Figures]]) -> Figures:
        """Return the medians of each server, and how many times as many answers ours gave as each other."""
        names = [name for name in rounds[0] if name != Orgline.name]
        ours = [by_server.get(Orgline.name, {}).get("a_second", 0.0) for by_server in rounds]
        over = {
            name: round(
                statistics.median(
                    mine / max(by_server[name]["a_second"], 0.01) for mine, by_server in zip(ours, rounds, strict=True)
                ),
                3,
            )
            for name in names
            if any(by_server[name]["answers"] for by_server in rounds)
        }
        return {"ours_over": over, **{name: median([by_server[name] for by_server in rounds]) for name in rounds[0]}}

    def each(self, asked: Sequence[Asked]) -> Figures:
        """Return the figures of each question by itself, never asked twice, at MANY connections."""
        found: dict[str, Figures] = {}
        for question in asked:
            rounds: list[dict[str, Figures]] = []
            for turn in range(self.rounds):
                by_server = {}
                for server in self.servers:
                    if server.name in self.times[question.name]:
                        write(self.folder / "requests", lines_of(server, [question], seed=turn))
                        by_server[server.name] = loaded(
                            server, self.folder / "requests", MANY, 1, self._mark("never twice")
                        )
                        server.settle()
                rounds.append(by_server)
            found[question.name] = self._together(rounds)
            print(f"{question.name}: {found[question.name]['ours_over']}", flush=True)
        return found

    def bigger(self, folder: Path) -> None:
        """Measure how long ours takes to start on the other builds in `folder`, and its memory at rest."""
        self.figures["bigger"] = {}
        for place in sorted(counts.parent for counts in folder.glob("*/counts.json") if counts.parent != self.build):
            server = Orgline(self.folder, self.data, place, DAY.isoformat())
            seconds = server.start()
            server.settle()
            measurement = {"start_seconds": seconds, **memory(server.process)}
            self.figures["bigger"][place.name.replace("-of-", "/")] = measurement
            server.stop()

    def keep(self) -> None:
        """Keep what is known by now, and tell it."""
        self.figures["speed_seconds"].append(speed())
        self.figures["minutes"] = round((time.perf_counter() - self.began) / 60, 1)
        keep("endpoint", self.figures)


def main() -> None:
    """Measure in the order of what matters most; keep the figures after each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=os.environ.get("BENCH_FOLDER") or Path.home() / ".cache/orgline")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS") or 3))
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("SECONDS_A_CELL") or 2))
    parser.add_argument("--questions", type=int, default=0, help="how many questions of the content to ask; 0: all")
    parser.add_argument("--without", default="", help="servers to leave out, as virtuoso,rdflib-endpoint")
    asked = parser.parse_args()
    folder = Path(asked.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    bench = Bench(folder, asked.rounds, asked.seconds)
    try:
        bench.prepare(asked.without.split(","))
        bench.figures["sets"] = {}
        for question in chains(open_store(bench.build)):
            bench.figures["sets"][question.name] = bench.measure([question])
            bench.keep()
        every = bench.choose(asked.questions or None)
        mixed = bench.mixed(every)
        bench.figures["mixed"] = [question.name for question in mixed]
        bench.figures["sets"]["questions in turns"] = bench.measure(mixed)
        bench.keep()
        bench.figures["questions"] = bench.each(every)
    finally:
        bench.end()
    bench.bigger(folder)
    bench.keep()
    print(section(bench.figures))


if __name__ == "__main__":
    main()
