"""What strangers may try over HTTP: hostile queries, other hosts, floods, lies about lengths, slow clients."""

import asyncio
import csv
import gzip
import json
import socket
import threading
import time
import urllib.parse
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from attack import COUNT, HOSTILE, Answer, Served, got, posted, rest, served, triples
from conftest import HOSPITAL, ROOT, wait_for
from test_guard import CALLS, called, listening

from orgline.server.limits.connection_limits import MAX_CONNECTIONS_PER_OWNER
from orgline.server.limits.rate_limit import Budget, Limits
from orgline.server.workers.pool import Pool
from orgline.text.errors import RequestRefused

FORM = "application/x-www-form-urlencoded"
LARGE = HOSTILE["a large answer"]
SECONDS = 1.0


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of two thousand triples, a second for each query, and nearly no budget of a minute."""
    place = triples(tmp_path_factory.mktemp("attacked") / "graph.nt")
    with served(place, ROOT, seconds=SECONDS, seconds_per_minute=6000.0) as one:
        wait_for(lambda: len(workers(one)) >= 5, 30)
        time.sleep(1)
        yield one


def workers(service: Served) -> list[int]:
    """Return the numbers of the processes below the service's."""
    found, below = [], {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if parts[0] != "Z":
            below.setdefault(int(parts[1]), []).append(int(path.parent.name))
    todo = [service.process.pid]
    while todo:
        todo += (more := below.get(todo.pop(), []))
        found += more
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_ends_and_the_next_is_answered(service: Served, name: str) -> None:
    """A query meant to kill ends with a status and a sentence, or an honest answer; the next is answered."""
    answer = service.query(HOSTILE[name])
    assert answer.status in (200, 400, 408, 413, 503)
    if answer.status != 200:
        assert answer.is_whole
        assert answer.sentence.endswith(".\n")
        assert answer.headers["cache-control"] == "no-store"
    assert service.count(mark=name) == 2000


@pytest.mark.parametrize("name", ["groups unclosed", "unclosed long strings", "numeral", "triple terms", "not not"])
def test_a_hostile_query_is_answered_soon(service: Served, name: str) -> None:
    """What needs no deadline to end ends at once."""
    assert service.query(HOSTILE[name]).status in (200, 400)
    assert service.count(mark=f"soon {name}") == 2000


@pytest.mark.parametrize("name", CALLS)
def test_no_byte_reaches_another_host(service: Served, name: str) -> None:
    """A query that calls another host is refused by every door, and nobody is called."""
    with listening() as (address, calls):
        query = called(CALLS[name], address)
        form = urllib.parse.urlencode({"query": query}).encode()
        answers = [
            service.ask(got(query)),
            service.query(query),
            Answer.of(service.raw(posted(form, FORM))),
        ]
        assert {one.status for one in answers} == {400}
        assert all("SERVICE" in one.sentence for one in answers)
        assert not calls


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "SELECT * FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }",
        "BASE <file:///etc/> SELECT * FROM <passwd> { ?s ?p ?o }",
        "LOAD <file:///etc/passwd>",
        "INSERT DATA { <a> <b> <c> }",
        "CLEAR ALL",
    ],
)
def test_no_file_is_read_and_nothing_changed(service: Served, query: str) -> None:
    """FROM what is not served, LOAD and updates are refused by every door."""
    form = urllib.parse.urlencode({"query": query}).encode()
    update = urllib.parse.urlencode({"update": query}).encode()
    answers = [
        service.ask(got(query)),
        service.query(query),
        Answer.of(service.raw(posted(form, FORM))),
        Answer.of(service.raw(posted(update, FORM))),
    ]
    assert {one.status for one in answers} == {400}
    assert not any("root:" in one.sentence for one in answers)
    assert Answer.of(service.raw(posted(query, "application/sparql-update"))).status == 415


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri", "using-graph-uri"])
@pytest.mark.parametrize("value", ["file:///etc/passwd", "http://127.0.0.1:1/", "data:text/turtle,<a><b><c>."])
def test_no_graph_from_elsewhere_is_taken(service: Served, name: str, value: str) -> None:
    """A graph that is not served is refused, or not heard of, as a parameter too."""
    answer = service.ask(f"{got(COUNT)}&{urllib.parse.urlencode({name: value})}")
    assert answer.status == (200 if name.startswith("using") else 400)
    assert "root:" not in answer.sentence


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Ask workers themselves, as if nothing had been scanned."""
    place = triples(tmp_path_factory.mktemp("pool") / "graph.nt", 10)

    def asked(*queries: str) -> list[object]:
        async def all_of_them() -> list[object]:
            one = Pool(place, ROOT, Limits(seconds=10.0, min_workers=1), Budget(600, 16))
            await one.start()
            found: list[object] = []
            for query in queries:
                work = {"op": "sparql", "query": query, "media": "text/csv", "own": False, "default": [], "named": []}
                try:
                    answering = await one.ask({**work, "base": "http://x/"})
                    found.append((await answering.read_prefix())[0])
                except RequestRefused as error:
                    found.append(error)
            await one.end()
            return found

        return asyncio.run(all_of_them())

    return asked


def test_a_worker_itself_can_call_nobody(pool) -> None:
    """Given a query that nothing has scanned, a worker still opens no socket: the second layer holds."""
    with listening() as (address, calls):
        found = pool(*(called(query, address) for query in CALLS.values()))
        assert not calls
    assert all(isinstance(one, RequestRefused | bytes) for one in found)


def test_a_worker_itself_reads_no_file(pool) -> None:
    """Given FROM with a file, a worker finds no graph of that name and reads nothing."""
    (found,) = pool("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }")
    assert found == b"o,p,s\r\n"


@pytest.mark.slow
def test_brackets_that_nothing_has_counted_end_too(pool) -> None:
    """Given thirty thousand brackets, a worker ends or is ended, and the next is answered."""
    deep = [HOSTILE[name] for name in HOSTILE if name.startswith("too many")]
    *_, last = pool(*deep, COUNT)
    assert last == b"n\r\n10\r\n"


def test_a_cut_answer_never_looks_whole(service: Served) -> None:
    """An answer that breaks off after its first 64 KiB ends without its end, gzipped or not."""
    for headers in ({}, {"Accept_Encoding": "gzip"}):
        answer = service.query(f"{LARGE} # {len(headers)}", **headers)
        assert answer.status == 200
        assert answer.headers["transfer-encoding"] == "chunked"
        assert not answer.is_whole
        assert answer.body
        if headers:
            unpacked = zlib.decompressobj(31)
            unpacked.decompress(answer.body)
            assert not unpacked.eof
            with pytest.raises(EOFError):
                gzip.decompress(answer.body)


def test_an_old_client_gets_all_or_a_refusal(service: Served) -> None:
    """A client of HTTP/1.0, who could not tell a cut answer, gets a length, or a status that is no success."""
    for query, status in ((f"SELECT * {{ ?s ?p ?o . ?s ?q ?r }} # {time.time()}", 200), (f"{LARGE} # old", 408)):
        answer = Answer.of(service.raw(posted(query).replace(b"HTTP/1.1", b"HTTP/1.0")))
        assert answer.status == status
        assert answer.is_whole
        assert "transfer-encoding" not in answer.headers


def test_who_goes_away_frees_the_worker(service: Served) -> None:
    """A query whose asker has gone is ended long before its deadline, also one that came behind another."""
    before = set(workers(service))
    lines = [service.connect() for _ in range(3)]
    for number, line in enumerate(lines):
        head = b"GET /ask HTTP/1.1\r\nHost: x\r\n\r\n" if number else b""
        line.sendall(head + posted(f"{HOSTILE['endless']} # gone {number}"))
    time.sleep(0.3)
    for line in lines:
        line.close()
    assert service.count(mark="gone") == 2000
    wait_for(lambda: len(before & set(workers(service))) < len(before), 5)


def test_slow_readers_hold_no_worker(service: Served) -> None:
    """More clients that do not read a large answer than there may be workers, and another is answered at once."""
    with ExitStack() as stack:
        for number in range(40):
            source = f"127.0.1.{number // 8 + 1}"
            line = stack.enter_context(service.connect(source))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(posted(f"SELECT * {{ ?a ?b ?c . ?d ?e ?f }} LIMIT 30000 # {number}"))
        for number in range(20):
            assert service.count("127.0.2.1", f"slow readers {number}") == 2000


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
LIES = {
    "two hosts": b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1\r\n\r\n",
    "both lengths": b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n" + SMUGGLED,
    "both, the other way": b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 99\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 37\r\n\r\n" + SMUGGLED,
    "a list of lengths": b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 37\r\n\r\n" + SMUGGLED,
    "a signed length": b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n" + SMUGGLED,
    "a negative length": b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + SMUGGLED,
    "a huge length": b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n" + SMUGGLED,
    "an unknown coding": b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "a chunk size that is none": b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n"
    + SMUGGLED,
    "a line that goes on": b"GET /ask HTTP/1.1\r\nHost: x\r\nX: a\r\n Transfer-Encoding: chunked\r\nTE\r\n\r\n"
    + SMUGGLED,
    "a bare CR": b"GET /ask HTTP/1.1\r\nHost: x\rX: y\r\n\r\n" + SMUGGLED,
    "a NUL": b"GET /ask HTTP/1.1\r\nHost: x\x00y\r\n\r\n" + SMUGGLED,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SMUGGLED,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED,
    "a version that is none": b"GET /ask HTTP/7.3\r\nHost: x\r\n\r\n" + SMUGGLED,
}


@pytest.mark.parametrize("name", LIES)
def test_what_lies_about_its_length_is_refused(service: Served, name: str) -> None:
    """What could be read in two ways is refused as a whole, with a sentence, and the connection ends."""
    answer = service.raw(LIES[name])
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"smuggled" not in answer
    found = Answer.of(answer)
    assert found.status in (400, 415)
    assert found.sentence.endswith(".\n")


def test_a_head_without_end_is_refused(service: Served) -> None:
    """A head of a megabyte, in one line or in thousands, is refused while it comes."""
    for lines in (b"X: " + b"a" * (1 << 20), b"X: a\r\n" * 170_000, b"X-" + b"a" * (1 << 20)):
        answer = service.raw(b"GET /ask HTTP/1.1\r\nHost: x\r\n" + lines)
        assert answer == b"" or Answer.of(answer).status in (400, 431)
    assert Answer.of(service.raw(b"GET /" + b"a" * (1 << 20))).status in (0, 400, 414, 431)
    assert Answer.of(service.raw(b"GET /ask HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n")).status in (400, 431)


def test_a_body_without_end_is_refused(service: Served) -> None:
    """A chunked body that goes on and on is refused by its bytes, in chunks of any size."""
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    for piece in (b"8000\r\n" + b"#" * 0x8000 + b"\r\n", b"1\r\n#\r\n"):
        answer = service.raw(head + piece * (3_000_000 // len(piece)))
        assert answer == b"" or Answer.of(answer).status in (400, 413)
    assert service.count(mark="bodies") == 2000


def test_the_host_is_never_told_back(service: Served) -> None:
    """What a client says its host is stands in no answer: not in a header, a list, a page or a redirect."""
    paths = [
        "/",
        "/ask",
        "/openapi.json",
        "/examples",
        "/sparql",
        "/id/x",
        "/page?iri=http://x/s1",
        "/nowhere",
        got(COUNT),
    ]
    for path in paths:
        for more in (
            "",
            "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nX-Forwarded-For: 1.2.3.4\r\n",
        ):
            asked = f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html\r\n{more}Connection: close\r\n\r\n"
            assert b"evil.example" not in service.raw(asked.encode())
    assert b"evil" not in service.raw(b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "path",
    [
        *("/id/%00", "/id/%ff", "/id/../../etc/passwd", "/page/..%2f..%2fetc%2fpasswd", "/data/%2e%2e/%2e%2e/x"),
        *("/page?iri=javascript:alert(1)", "/page?iri=data:text/html,x", "/page?iri=file:///etc/passwd"),
        *(
            "/data?iri=javascript:alert(1)",
            "/data?iri=%00",
            "/data?iri=%ff",
            "/page?iri=%0d%0aX:%20y",
            "/data?iri=a%0ab",
        ),
        *(
            "/page?iri=" + "a" * 9_000,
            "/data/" + "a" * 9_000,
            "/sparql?query=%ed%a0%80",
            "/sparql?%ff=%fe",
            "//",
            "/%2f/",
        ),
        *(
            "/ask/../../x",
            "/ask/posts/%2e%2e",
            "/ask/%00/%00",
            "/id//evil.example",
            "/id/%0d%0aSet-Cookie:%20a=b",
            "/?" + "&" * 5_000,
        ),
    ],
)
def test_a_strange_address_gets_one_sentence(service: Served, path: str) -> None:
    """An address with dots, NUL, letters that are none or schemes that run is refused, or leads inside."""
    answer = service.ask(path)
    assert answer.is_whole
    assert "set-cookie" not in answer.headers
    if answer.status == 303:
        assert answer.headers["location"].startswith("/")
        assert not answer.headers["location"].startswith("//")
        return
    assert answer.status in (200, 400, 404)
    if answer.status != 200:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.sentence.endswith(".\n")
        assert answer.sentence.count("\n") == 1
        assert len(answer.sentence) < 600


@pytest.mark.parametrize(
    "accept",
    [
        "*/*;q=nan",
        "*/*;q=-1",
        "text/*;q=1e999",
        "," * 9_000,
        "a/b;" * 5_000,
        "text/csv" * 2_000,
        "*",
        ";;;=",
        "\xff/\xfe",
        "text/csv;q=0.0000001",
    ],
)
def test_an_absurd_accept_is_read_or_refused(service: Served, accept: str) -> None:
    """Whatever stands in Accept and Accept-Encoding, there is an answer or a refusal."""
    assert service.ask(got(COUNT), Accept=accept, Accept_Encoding=accept).status in (200, 406)


def test_methods_that_are_not_served_are_refused(service: Served) -> None:
    """HEAD has no body, OPTIONS says what is taken, all else is refused, also an upgrade to something else."""

    def asked(line: str, more: str = "") -> Answer:
        return Answer.of(service.raw(f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n".encode()))

    head = service.raw(f"HEAD {got(COUNT)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert head.startswith(b"HTTP/1.1 200")
    assert head.endswith(b"\r\n\r\n")
    assert asked("OPTIONS /sparql").status == 204
    assert {asked(f"{method} /sparql").status for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW")} <= {400, 405}
    assert asked("CONNECT example.org:443").status in (400, 404, 405)
    assert asked("OPTIONS *").status in (400, 404)
    upgrade = b"GET /ask HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    assert Answer.of(service.raw(upgrade)).status in (200, 400)


def test_one_address_has_so_many_connections(service: Served) -> None:
    """Hundreds of connections of one address leave room for others, and are let go when their heads do not come."""
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(service.connect("127.0.3.1"))
        assert service.count("127.0.3.2", "beside many") == 2000


@pytest.mark.slow
def test_all_connections_taken_leave_room_for_one_more(service: Served) -> None:
    """When many addresses hold all connections there may be, one of those that wait makes room for a new address."""
    with ExitStack() as stack:
        for number in range(1200):
            stack.enter_context(service.connect(f"127.0.4.{number // 80 + 1}"))
        for number in range(5):
            assert service.count("127.0.5.1", f"beside all {number}") == 2000


@pytest.mark.slow
def test_heads_and_bodies_that_come_slowly_are_not_waited_for(service: Served) -> None:
    """A head or a body that comes a byte at a time is ended after ten seconds, with 408."""
    halves = {
        "head": (b"GET /ask HTTP/1.1\r\nHost: x\r\nX: ", b"a"),
        "body": (
            b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 99\r\n\r\n",
            b"#",
        ),
    }

    def dripped(name: str) -> Answer:
        begun, drop = halves[name]
        with service.connect() as line:
            line.sendall(begun)
            end = time.monotonic() + 14
            line.settimeout(0.5)
            while time.monotonic() < end:
                try:
                    line.sendall(drop)
                    if data := line.recv(1 << 16):
                        return Answer.of(data + rest(line))
                except TimeoutError:
                    continue
                except OSError:
                    break
            return Answer(0, {}, b"", is_whole=False)

    with ThreadPoolExecutor(2) as both:
        assert [one.status for one in both.map(dripped, halves)] == [408, 408]


@pytest.mark.slow
def test_what_is_forwarded_is_not_trusted(tmp_path: Path) -> None:
    """Who has used its share is refused, whatever it says its address is, and others are not."""
    place = triples(tmp_path / "graph.nt")
    with served(place, ROOT, seconds_per_minute=4.0) as service:
        wait_for(lambda: service.query(f"{HOSTILE['endless']} # {time.time()}", "127.0.0.9").status == 429, 30)
        for number in range(5):
            answer = service.query(f"ASK {{ ?s ?p {number} }}", "127.0.0.9", X_Forwarded_For=f"10.0.0.{number}")
            assert answer.status == 429
            assert answer.headers["retry-after"]
            assert answer.sentence.endswith(".\n")
        assert service.count("127.0.0.10") == 2000


@pytest.mark.slow
def test_who_stands_in_front_tells_who_asks(tmp_path: Path) -> None:
    """Behind a web server that is named each address has a share of its own, and as many connections as it needs."""
    place = triples(tmp_path / "graph.nt")
    with served(place, ROOT, proxies=("127.0.0.9",), seconds_per_minute=4.0) as service, ExitStack() as held:
        hostile, others = "203.0.113.1, 192.0.2.1", "192.0.2.2"
        for _ in range(MAX_CONNECTIONS_PER_OWNER + 20):
            held.enter_context(service.connect("127.0.0.9"))

        def status(mark: object, forwarded: str) -> int:
            text = f"{HOSTILE['endless']} # {mark}" if forwarded == hostile else f"ASK {{ ?s ?p '{mark}' }}"
            return service.query(text, "127.0.0.9", X_Forwarded_For=forwarded).status

        wait_for(lambda: status(time.time(), hostile) == 429, 30)
        assert status("who says more is not another", "198.51.100.7, 192.0.2.1") == 429
        assert [status(number, others) for number in range(5)] == [200] * 5


@pytest.mark.slow
def test_the_small_questions_of_the_honest_are_answered(service: Served) -> None:
    """While four addresses send only hostile queries, each small question of another is answered, most of them soon."""
    ended = threading.Event()
    names = [name for name in HOSTILE if "large" not in name]

    def attack(source: str) -> None:
        for number in range(10_000):
            if ended.is_set():
                return
            service.query(f"{HOSTILE[names[number % len(names)]]} # {source} {number}", source)

    with ThreadPoolExecutor(16) as attackers:
        for number in range(16):
            attackers.submit(attack, f"127.0.0.{number % 4 + 2}")
        time.sleep(1)
        took, again = [], 0
        try:
            for number in range(150):
                begun = time.monotonic()
                answer = service.query(f"{COUNT} # honest {number}", "127.0.0.1")
                if answer.status == 503 and "retry-after" in answer.headers:
                    again += 1
                    time.sleep(float(answer.headers["retry-after"]))
                    answer = service.query(f"{COUNT} # honest again {number}", "127.0.0.1")
                took.append(time.monotonic() - begun)
                assert (answer.status, b'"2000"' in answer.body) == (200, True), answer.body
                time.sleep(0.02)
        finally:
            ended.set()
    assert again <= 1, "an honest client was told to come again more than once"
    assert sorted(took)[len(took) // 2] < SECONDS, "an honest question waits as long as a hostile one may run"


def test_tables_of_questions_are_harmless(hospital_build: Path) -> None:
    """A cell of a question's CSV that a spreadsheet would take for a formula is marked as text."""
    with served(hospital_build, HOSPITAL, seconds=10.0) as service:
        answer = service.ask("/ask/shifts/notes-of-shifts?format=csv&lang=en")
        formulas = [cell for row in csv.reader(answer.sentence.splitlines()) for cell in row if "=1+1" in cell]
    assert formulas
    assert all(one.startswith("'=") for one in formulas)


def test_sparql_csv_is_exact(tmp_path: Path) -> None:
    """SPARQL's own CSV is exact byte for byte, though a cell begins with = + - @, a tab or a line end."""
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
    place = tmp_path / "cells.nt"
    lines = (f"<http://x/{n}> <http://x/p> {json.dumps(one)} .\n" for n, one in enumerate(cells))
    place.write_text("".join(lines), encoding="utf-8")
    with served(place, ROOT) as service:
        answer = service.query("SELECT ?o { ?s <http://x/p> ?o } ORDER BY ?s", Accept="text/csv")
    quoted = [f'"{one}"' if set(one) & set('",\r\n') else one for one in cells]
    assert answer.body.decode() == "\r\n".join(["o", *quoted, ""])


def test_memory_is_given_back(service: Served) -> None:
    """After answers that nobody took, no deleted file of them is held."""
    held = Path(f"/proc/{service.process.pid}/fd")

    def spooled() -> list[str]:
        found = []
        for path in held.iterdir():
            try:
                found.append(str(path.readlink()))
            except OSError:
                continue
        return [one for one in found if "(deleted)" in one]

    with service.connect() as line:
        line.sendall(posted(f"{LARGE} # held"))
        wait_for(spooled, 5)
    wait_for(lambda: not spooled(), 10)
