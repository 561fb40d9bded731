"""The servers that are measured side by side: started, stopped, told apart by how they are asked; their memory.

Each stands in a folder of its own and loads the same file of N-Triples, which orgline itself answers from its build.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
JSON = "application/sparql-results+json"
GRAPH = "urn:x-orgline:bench"
RDFLIB_ENDPOINT = "rdflib-endpoint==0.6.*"
START_SECONDS, BUSY, SETTLE_SECONDS = 900.0, 0.05, 3.0
PORTS = (20_000, 32_000)
SMALLEST = "ASK { ?s ?p ?o }"
VIRTUOSO = """[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = {sql}
DisableUnixSocket = 1
MaxClientConnections = 100
CheckpointInterval = 0
CaseMode = 2
DirsAllowed = {data}
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
MaxQueryMem = 2G
ThreadsPerQuery = 2
[HTTPServer]
ServerPort = {http}
ServerThreads = 80
MaxClientConnections = 80
MaxKeepAlives = 80
KeepAliveTimeout = 10
[SPARQL]
ResultSetMaxRows = 10000000
"""


class Missing(Exception):
    """A server that cannot be had here: one sentence."""


def free_port() -> int:
    """Return a port that nobody listens on, and that the system gives to no connection while its server is down."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def tree(process: int) -> Iterator[int]:
    """Yield a process and all under it."""
    yield process
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from tree(int(child))


def memory(process: int) -> dict[str, float]:
    """Return the memory of a process and all under it in MB: proportional (PSS) and resident (RSS)."""
    found = {"pss_mb": 0.0, "rss_mb": 0.0}
    for number in tree(process):
        with suppress(OSError):
            for line in Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii").splitlines():
                name = f"{line.partition(':')[0].lower()}_mb"
                if name in found:
                    found[name] += int(line.split()[1]) / 1024
    return {name: round(value, 1) for name, value in found.items()}


def worked(process: int) -> float:
    """Return the seconds of CPU that a process and all under it have used."""
    ticks = 0
    for number in tree(process):
        with suppress(OSError):
            fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Server:
    """A server of the same facts, at `path` of a port of its own; `extra` goes with each request, `of_a_day` with some.

    `data` is the file that it loads, `folder` where it keeps what it makes of it.
    """

    name, path = "", "/sparql"

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder, self.data, self.port = folder / self.name, data, free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.extra: dict[str, str] = {}
        self.of_a_day: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Install it and load the data. Raises Missing when it cannot be had."""

    def command(self) -> list[str]:
        """Return what starts it."""
        raise NotImplementedError

    @property
    def process(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def address(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    def start(self) -> float:
        """Start it; return the seconds until it has answered."""
        began = time.perf_counter()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        while True:
            with suppress(OSError):
                self.ask(SMALLEST, 10)
                return round(time.perf_counter() - began, 3)
            if self._process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                self.stop()
                raise Missing(f"{self.name} does not start: see {self.folder.name}/server.log in the bench's folder.")
            time.sleep(0.01)

    def stop(self) -> None:
        """End it and all under it, if it runs."""
        if self._process is not None:
            for number in list(tree(self.process)):
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def body(self, text: str, *, is_of_a_day: bool = False) -> str:
        """Return the form that asks `text`, the query last."""
        fields = {**self.extra, **(self.of_a_day if is_of_a_day else {}), "query": text}
        return urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)

    def ask(self, text: str, seconds: float, *, is_of_a_day: bool = False) -> Any:
        """Return the answer to `text`. Raises OSError for one that is refused or does not come in time."""
        headers = {"Accept": JSON, "Content-Type": "application/x-www-form-urlencoded"}
        body = self.body(text, is_of_a_day=is_of_a_day).encode()
        with urllib.request.urlopen(urllib.request.Request(self.address, body, headers), timeout=seconds) as answer:
            return answer.read()

    def settle(self) -> bool:
        """Wait until it works on nothing any more; start it again when it does not come to rest."""
        deadline = time.perf_counter() + SETTLE_SECONDS
        while time.perf_counter() < deadline:
            before = worked(self.process)
            time.sleep(0.1)
            if worked(self.process) - before < BUSY / 2:
                return True
        self.restart()
        return False

    def restart(self) -> float:
        """Start it anew, knowing nothing; return the seconds until it has answered."""
        self.stop()
        return self.start()


class Orgline(Server):
    """Our own, with the budget of an address lifted and nothing else changed."""

    name = "orgline"

    def __init__(self, folder: Path, data: Path, build: Path, day: str) -> None:
        super().__init__(folder, data)
        self.build, self.of_a_day = build, {"as-of": day}

    def command(self) -> list[str]:
        """Return what starts it."""
        return [sys.executable, str(HERE / "endpoint_serve.py"), str(self.build), str(self.port)]


class Oxigraph(Server):
    """Oxigraph's own server, read-only."""

    name, path = "oxigraph", "/query"

    def prepare(self) -> None:
        """Load the data with its own loader."""
        self.program = str(Path(sys.executable).with_name("oxigraph"))
        if not Path(self.program).is_file():
            raise Missing("Oxigraph server is not installed (pip install oxigraph): left out.")
        store = self.folder / "store"
        if not store.is_dir() or store.stat().st_mtime < self.data.stat().st_mtime:
            shutil.rmtree(store, ignore_errors=True)
            for step in (["load", "--location", str(store), "--file", str(self.data)], ["optimize", "-l", str(store)]):
                subprocess.run([self.program, *step], check=True, capture_output=True)
            os.utime(store)

    def command(self) -> list[str]:
        """Return what starts it."""
        return [self.program, "serve-read-only", "-l", str(self.folder / "store"), "-b", f"127.0.0.1:{self.port}"]


class Virtuoso(Server):
    """Virtuoso as Debian has it, with the buffers that its makers advise for 2 GB and threads for 64 connections."""

    name = "virtuoso"

    def prepare(self) -> None:
        """Load the data by its bulk loader."""
        if not shutil.which("virtuoso-t") or not shutil.which("isql-vt"):
            raise Missing("Virtuoso is not installed (apt-get install virtuoso-opensource-7): left out.")
        self.sql, mark, self.extra = free_port(), self.folder / "loaded", {"default-graph-uri": GRAPH}
        settings = {"folder": self.folder, "sql": self.sql, "http": self.port, "data": self.data.parent}
        is_loaded = mark.is_file() and mark.stat().st_mtime > self.data.stat().st_mtime
        if not is_loaded:
            shutil.rmtree(self.folder)
            self.folder.mkdir()
        (self.folder / "virtuoso.ini").write_text(VIRTUOSO.format(**settings), encoding="utf-8")
        if not is_loaded:
            self.start()
            do = f"ld_add('{self.data}', '{GRAPH}'); rdf_loader_run(); checkpoint;"
            subprocess.run(["isql-vt", str(self.sql), "dba", "dba", f"EXEC={do}"], check=True, capture_output=True)
            self.stop()
            mark.touch()

    def start(self) -> float:
        """Start it; its database is as it was at the last checkpoint, however it was ended."""
        (self.folder / "virtuoso.lck").unlink(missing_ok=True)
        return super().start()

    def command(self) -> list[str]:
        """Return what starts it."""
        return ["virtuoso-t", "-f", "-c", str(self.folder / "virtuoso.ini")]


class RdflibEndpoint(Server):
    """rdflib-endpoint in an environment of its own; it holds the graph in memory and is forked for each start."""

    name, path = "rdflib-endpoint", "/"

    def prepare(self) -> None:
        """Make its environment, and load the data."""
        python = self.folder / "venv" / "bin" / "python"
        if not python.is_file():
            subprocess.run([sys.executable, "-m", "venv", str(self.folder / "venv")], check=True)
            step = [str(python), "-m", "pip", "install", "--quiet", RDFLIB_ENDPOINT, "uvicorn"]
            if subprocess.run(step, check=False, capture_output=True).returncode:
                shutil.rmtree(self.folder / "venv")
                raise Missing(f"{RDFLIB_ENDPOINT} could not be installed: left out.")
        self.python = str(python)

    def command(self) -> list[str]:
        """Return what starts it."""
        return [self.python, str(HERE / "endpoint_rdflib.py"), str(self.data), str(self.port)]

    def restart(self) -> float:
        """End the child that serves; the parent, which has the graph, starts another."""
        began = time.perf_counter()
        children = Path(f"/proc/{self.process}/task/{self.process}/children")
        for child in children.read_text(encoding="ascii").split():
            os.kill(int(child), signal.SIGKILL)
        time.sleep(0.1)
        while True:
            with suppress(OSError):
                self.ask(SMALLEST, 10)
                return round(time.perf_counter() - began, 3)
