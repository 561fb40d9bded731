"""One cell of the measurement: wrk asks a server from a file of requests for some seconds."""

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Self

from endpoint_servers import Missing, Server, memory

SCRIPT = Path(__file__).with_name("endpoint.lua")
LATE = "30s"
Figures = dict[str, Any]


def loaded(
    server: Server, requests: Path, connections: int, seconds: int, mark: str = "", *, once: bool = False
) -> Figures:
    """Return the answers a second and how long they took; what is not 200, broken off or late is counted apart.

    With `mark`, each query ends in a comment that no other has; if `once`, it ends when all requests have been sent.
    """
    program = shutil.which("wrk")
    if program is None:
        raise Missing("wrk is not installed (apt-get install wrk): the endpoint is not measured.")
    how = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", LATE, "-s", str(SCRIPT), server.address]
    ran = subprocess.run(
        [program, *how, "--", str(requests), mark, "once" if once else ""],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    printed = json.loads(ran.stdout.rstrip().rpartition("\n")[2])
    return {
        "answers": printed["answers"],
        "a_second": round(printed["answers"] / max(printed["seconds"], 1e-6), 2),
        "p50_ms": printed["p50_ms"],
        "p99_ms": printed["p99_ms"],
        "not_200": printed["refused"],
        "broken": printed["broken"],
        "late": printed["late"],
        "sent": printed["sent"],
    }


class Watch:
    """The most memory that a server has while a block runs."""

    def __init__(self, server: Server) -> None:
        self._server, self._over, self.most = server, threading.Event(), {"pss_mb": 0.0, "rss_mb": 0.0}
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._over.wait(0.5):
            now = memory(self._server.process)
            self.most = {name: max(value, now[name]) for name, value in self.most.items()}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
