"""Two services in one process, with limits and proxies of their own: they share nothing."""

import asyncio
import pkgutil
import socket
import urllib.parse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from attack import Answer, rest, triples
from conftest import ROOT, wait_for

import orgline.server
from orgline.content.tree import Content
from orgline.server.http.http_server import HttpServer
from orgline.server.limits.connection_limits import MAX_CONNECTIONS_PER_OWNER
from orgline.server.limits.rate_limit import Limits

PROXY, MANY = "127.0.0.9", "127.0.0.3"
# Too much was asked: an answer that says so, or none where it was twice too much.
REFUSED = (429, 0)
MODULES = [
    pkgutil.resolve_name(module.name) for module in pkgutil.walk_packages(orgline.server.__path__, "orgline.server.")
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file that both serve."""
    return triples(tmp_path_factory.mktemp("two") / "graph.nt", 10)


def service(place: Path, seconds_per_minute: float, *proxies: str) -> HttpServer:
    """Return a service that listens, with a budget for each client and behind proxies."""
    limits = Limits(seconds=60.0, seconds_per_minute=seconds_per_minute, min_workers=1)
    return HttpServer(place, Content.find(ROOT), ("127.0.0.1", 0), limits, proxies=proxies)


def run_both(first: HttpServer, second: HttpServer, asked: Callable[[HttpServer, HttpServer], None]) -> None:
    """Run both in this process, in one event loop, while `asked` asks them from a thread."""

    async def both() -> None:
        async with asyncio.TaskGroup() as running:
            for server in (first, second):
                running.create_task(server.serve())
            try:
                await asyncio.to_thread(wait_for, lambda: is_ready(first) and is_ready(second), 60)
                await asyncio.to_thread(asked, first, second)
            finally:
                first.stop()
                second.stop()

    asyncio.run(both())


def is_ready(server: HttpServer) -> bool:
    """Return whether a service takes connections: it does once it has a worker."""
    try:
        connect(server, MANY).close()
    except ConnectionRefusedError:
        return False
    return True


def connect(server: HttpServer, source: str) -> socket.socket:
    """Return a connection from the address `source`."""
    port = urllib.parse.urlsplit(server.url).port
    return socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))


def status(server: HttpServer, source: str = "127.0.0.1", client: str = "") -> int:
    """Return the status of the answer to a small query from `source`, sent on for `client` if one is given."""
    forwarded = f"X-Forwarded-For: {client}\r\n" if client else ""
    query = f"/sparql?query={urllib.parse.quote('ASK {}')}"
    with connect(server, source) as line:
        line.sendall(f"GET {query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{forwarded}\r\n".encode())
        return Answer.of(rest(line)).status


def use_up(server: HttpServer, source: str = "127.0.0.1", client: str = "") -> None:
    """Ask until the budget of a client is used up."""
    while (found := status(server, source, client)) == 200:
        pass
    assert found in REFUSED


def test_the_budget_of_a_client_is_of_one_service(place: Path) -> None:
    """A client that has used up its small budget at one service has all of its large budget at the other."""

    def asked(small: HttpServer, large: HttpServer) -> None:
        assert status(large) == 200
        use_up(small)
        assert status(large) == 200

    run_both(service(place, 0.02), service(place, 600.0), asked)


def test_a_proxy_is_believed_by_the_service_behind_it(place: Path) -> None:
    """Who is asked for by a proxy has a budget of its own at the service behind it; the other knows no proxy."""

    def asked(behind: HttpServer, open_to_all: HttpServer) -> None:
        use_up(behind, PROXY, "192.0.2.1")
        assert status(behind, PROXY, "192.0.2.2") == 200
        use_up(open_to_all, PROXY, "192.0.2.1")
        assert status(open_to_all, PROXY, "192.0.2.2") in REFUSED

    run_both(service(place, 0.02, PROXY), service(place, 0.02), asked)


def is_open(line: socket.socket) -> bool:
    """Return whether the service keeps a connection: it would abort one too many at once."""
    line.settimeout(0.3)
    try:
        return line.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False


def test_connections_are_counted_by_each_service(place: Path) -> None:
    """An address with as many connections as one service allows may have one more at the other, a proxy at its own."""

    def asked(behind: HttpServer, other: HttpServer) -> None:
        with ExitStack() as held:
            for _ in range(MAX_CONNECTIONS_PER_OWNER):
                held.enter_context(connect(other, PROXY))
            assert not is_open(held.enter_context(connect(other, PROXY)))
            for _ in range(MAX_CONNECTIONS_PER_OWNER + 1):
                last = held.enter_context(connect(behind, PROXY))
            assert is_open(last)

    run_both(service(place, 600.0, PROXY), service(place, 600.0), asked)


def kept_outside() -> dict[str, object]:
    """Return what the modules and classes of the wing hold: each value, and what is in it if it may change."""
    found: dict[str, object] = {}
    for module in MODULES:
        owners = {module.__name__: module}
        owners |= {
            f"{module.__name__}.{name}": value
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__
        }
        for owner, holder in owners.items():
            for name, value in vars(holder).items():
                if not name.startswith(("__", "_abc_")):
                    kept = repr(value) if isinstance(value, dict | list | set | bytearray) else ""
                    found[f"{owner}.{name}"] = (id(value), kept)
    return found


def test_no_module_and_no_class_keeps_anything(place: Path) -> None:
    """While two services answer and end, nothing changes in a module or on a class: all they know is their own."""
    before = kept_outside()

    def asked(first: HttpServer, second: HttpServer) -> None:
        assert {status(first), status(second)} == {200}
        for server in (first, second):
            with connect(server, MANY) as line:
                line.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
                assert Answer.of(rest(line)).status == 404

    run_both(service(place, 600.0, PROXY), service(place, 600.0), asked)
    assert kept_outside() == before
