"""What the attacks on the service share: a server of their own, hostile queries, bare sockets with a source address."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
SERVE = """
from pathlib import Path
from orgline.server.limits.rate_limit import Limits
from orgline.content.tree import Content
from orgline.server.http.http_server import run_server
run_server(Path({place!r}), Content.find(Path({root!r})), ("127.0.0.1", 0), Limits(**{limits!r}), proxies={proxies!r})
"""


@dataclass
class Served:
    """A service that runs: its process, its port, and what it has said when it is over."""

    process: subprocess.Popen
    port: int
    said: tuple[str, str] = ("", "")

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}/"

    def connect(self, source: str = "127.0.0.1", seconds: float = 30) -> socket.socket:
        """Return a new connection from the address `source`."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds, source_address=(source, 0))

    def raw(self, data: bytes, source: str = "127.0.0.1", seconds: float = 30) -> bytes:
        """Send bytes as they are, and return all that comes back until the other side ends."""
        with self.connect(source, seconds) as line:
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(data)
            return rest(line)

    def ask(self, path: str, source: str = "127.0.0.1", seconds: float = 30, **headers: str) -> "Answer":
        """Return the answer to a GET."""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n"
        return Answer.of(self.raw(head.encode("latin-1"), source, seconds))

    def query(self, text: str, source: str = "127.0.0.1", seconds: float = 30, **headers: str) -> "Answer":
        """Return the answer to a query sent as a body."""
        return Answer.of(self.raw(posted(text, **headers), source, seconds))

    def count(self, source: str = "127.0.0.1", mark: object = "") -> int:
        """Return how many triples there are: the small question of an honest client, new with each `mark`."""
        found = self.query(f"{COUNT} # {mark}", source)
        assert found.status == 200, found.body
        return int(json.loads(found.body)["results"]["bindings"][0]["n"]["value"])


@dataclass
class Answer:
    """An answer: its status, headers, body, and whether it has come to its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_whole: bool

    @classmethod
    def of(cls, data: bytes) -> "Answer":
        """Read what came over a connection."""
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (one.partition(":") for one in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        status = int(first.split()[1]) if first.startswith("HTTP/1.") else 0
        if headers.get("transfer-encoding") == "chunked":
            return cls(status, headers, *unchunked(body))
        whole = len(body) == int(headers.get("content-length", len(body) if status in (204, 304) else -1))
        return cls(status, headers, body, whole)

    @property
    def sentence(self) -> str:
        """The body, as what is told to people."""
        return self.body.decode()


def unchunked(data: bytes) -> tuple[bytes, bool]:
    """Return a chunked body, and whether its end is there."""
    found, place, size = [], 0, re.compile(rb"([0-9A-Fa-f]+)\r\n")
    while match := size.match(data, place):
        length, place = int(match[1], 16), match.end()
        if length == 0:
            return b"".join(found), data[place:] == b"\r\n"
        found.append(data[place : place + length])
        place += length + 2
    return b"".join(found), False


def rest(line: socket.socket) -> bytes:
    """Return all that still comes."""
    found = bytearray()
    with suppress(ConnectionResetError, TimeoutError):
        while data := line.recv(1 << 16):
            found += data
    return bytes(found)


def posted(text: str | bytes, kind: str = "application/sparql-query", **headers: str) -> bytes:
    """Return a request with `text` as its body."""
    body = text if isinstance(text, bytes) else text.encode()
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"POST /sparql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\n{lines}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def got(text: str) -> str:
    """Return the path that asks a query by GET."""
    return "/sparql?" + urllib.parse.urlencode({"query": text})


@contextmanager
def served(
    place: Path, root: Path, *, ends_well: bool = True, proxies: tuple[str, ...] = (), **limits: float
) -> Iterator[Served]:
    """Serve `place` with `limits` behind `proxies`, and end it by Ctrl-C, which it is to take without a word."""
    limits = {"seconds": 2.0, "seconds_per_minute": 600.0, **limits}
    code = SERVE.format(place=str(place), root=str(root), limits=limits, proxies=proxies)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdout=pipe, stderr=pipe, text=True) as process:
        try:
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            assert found, process.communicate(timeout=30)
            one = Served(process, int(found[1]))
            yield one
        finally:
            process.send_signal(signal.SIGINT)
            try:
                said = process.communicate(timeout=30)
            finally:
                process.kill()
        one.said = said
        if ends_well:
            assert (process.returncode, *said) == (0, "", ""), "\n".join(said)[-3000:]


def triples(path: Path, count: int = 2_000) -> Path:
    """Write a file of `count` triples, and return its path."""
    lines = (f'<http://x/s{n}> <http://x/p{n % 7}> "value {n}" .\n' for n in range(count))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _chain(part: str, count: int, between: str = " ") -> str:
    return between.join(part.replace("#", str(n)) for n in range(count))


_ALL = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
HOSTILE = {
    "endless": "SELECT (COUNT(*) AS ?n) { " + _ALL + " . ?j ?k ?l FILTER (?c != ?l) }",
    "groups unclosed": "SELECT * " + "{" * 30_000,
    "groups": "SELECT * " + "{" * 99 + "}" * 99,
    "too many groups": "SELECT * " + "{" * 30_000 + "}" * 30_000,
    "parentheses": "SELECT (" + "(" * 95 + "1" + ")" * 95 + " AS ?x) {}",
    "too many parentheses": "SELECT (" + "(" * 30_000 + "1" + ")" * 30_000 + " AS ?x) {}",
    "collections": "SELECT * { ?s ?p " + "(" * 95 + ")" * 95 + " }",
    "too many collections": "SELECT * { ?s ?p " + "( " * 15_000 + ") " * 15_000 + " }",
    "property lists": "SELECT * { ?s ?p " + "[ ?p " * 95 + "1" + "]" * 95 + " }",
    "too many property lists": "SELECT * { ?s ?p " + "[ ?p " * 8_000 + "1" + "]" * 8_000 + " }",
    "triple terms": "SELECT * { ?s ?p " + "<<( ?s ?p " * 45 + "1" + " )>>" * 45 + " }",
    "too many triple terms": "SELECT * { ?s ?p " + "<<( ?s ?p " * 4_500 + "1" + " )>>" * 4_500 + " }",
    "reified triples": "SELECT * { ?s ?p " + "<< ?s ?p " * 5_000 + "1" + " >>" * 5_000 + " }",
    "functions": "SELECT (" + "STR(" * 97 + "1" + ")" * 97 + " AS ?x) {}",
    "EXISTS": "SELECT * { ?s ?p ?o " + "FILTER EXISTS { ?s ?p ?o " * 95 + "}" * 95 + " }",
    "OPTIONAL": "SELECT * { ?s ?p ?o " + "OPTIONAL { ?s ?p ?o " * 95 + "}" * 95 + " }",
    "subqueries": "SELECT * { " + "{ SELECT * { ?s ?p ?o " * 48 + "}}" * 48 + " }",
    "path brackets": "SELECT * { ?s " + "(" * 80 + "^<a>" + ")+)*)?" * 26 + "))" + " ?o }",
    "not not": "SELECT * { FILTER(" + "!" * 60_000 + "true) }",
    "minus minus": "SELECT (" + "- " * 30_000 + "1 AS ?x) {}",
    "path of inverses": "SELECT * { ?s " + "^" * 60_000 + "<a> ?o }",
    "BIND": "SELECT * { " + _chain("BIND (1 AS ?v#)", 3_000) + " }",
    "UNION": "SELECT * { " + _chain("{}", 9_000, "UNION") + " }",
    "sum": "SELECT (" + "+".join(["1"] * 30_000) + " AS ?x) {}",
    "or": "SELECT * { FILTER(" + "||".join(["?a"] * 15_000) + ") }",
    "path": "SELECT * { ?s " + "/".join(["<a>"] * 15_000) + " ?o }",
    "alternatives": "SELECT * { ?s " + "|".join(["<http://x/p1>"] * 4_500) + " ?o }",
    "repeated paths": "SELECT (COUNT(*) AS ?n) { ?s (((((!<a>)*)*)*)*)* ?o . ?o (((^!<a>)+)*)? ?q }",
    "planning": "SELECT * { " + _chain("?a# ?b# ?c# .", 250) + " }",
    "planning a star": "SELECT * { " + _chain("?s ?p# ?o# .", 2_000) + " }",
    "sorting": "SELECT * { " + _ALL + " } ORDER BY ?c ?f ?i",
    "grouping": "SELECT ?c ?f (COUNT(*) AS ?n) { " + _ALL + " } GROUP BY ?c ?f ?i",
    "distinct": "SELECT DISTINCT * { " + _ALL + " }",
    "VALUES": "SELECT (COUNT(*) AS ?n) { " + _chain("VALUES ?v# { " + " ".join(map(str, range(400))) + " }", 20) + " }",
    "CONCAT": "SELECT (STRLEN(?a30) AS ?n) { BIND ('0123456789' AS ?a0) "
    + " ".join(f"BIND (CONCAT(?a{n}, ?a{n}) AS ?a{n + 1})" for n in range(30))
    + " }",
    "REPLACE": "SELECT (STRLEN(?a12) AS ?n) { BIND ('aaaaaaaaaa' AS ?a0) "
    + " ".join(f"BIND (REPLACE(?a{n}, 'a', 'aaaaaaaaaa') AS ?a{n + 1})" for n in range(12))
    + " }",
    "GROUP_CONCAT": "SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f), STR(?i))) AS ?x) { " + _ALL + " }",
    "regex": "SELECT * { ?s ?p ?o FILTER REGEX(CONCAT(?o, '" + "a" * 20_000 + "'), '(a*)*(a*)*(a*)*b') }",
    "large regex": "SELECT * { ?s ?p ?o FILTER REGEX(?o, '((((a{1,100}){1,100}){1,100}){1,100}){1,100}') }",
    "regex brackets": "SELECT * { ?s ?p ?o FILTER REGEX(?o, '" + "(" * 30_000 + ")" * 30_000 + "') }",
    "IN": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?a ?b ?c FILTER (?o IN (" + ",".join(map(str, range(10_000))) + ")) }",
    "numeral": "SELECT (" + "9" * 60_000 + " * " + "1" + " AS ?x) {}",
    "decimal": "SELECT (0." + "9" * 60_000 + " + 1 AS ?x) {}",
    "double": "SELECT (1e" + "9" * 60_000 + " AS ?x) {}",
    "escapes": "SELECT ('" + "\\u0041" * 10_000 + "' AS ?x) {}",
    "escaped quotes": 'SELECT "' + '\\"' * 30_000,
    "unclosed long strings": "SELECT * { " + '\\"""x" ' * 9_000,
    "unclosed addresses": "SELECT * { " + "<a" * 30_000,
    "names": "SELECT * { " + "a." * 30_000,
    "comments": "SELECT * { " + "#\r" * 30_000 + " }",
    "vertical tabs": "SELECT * { " + "\x0b" * 30_000 + " }",
    "prefixes": _chain("PREFIX p#: <http://x/#>", 2_000) + " SELECT * {}",
    "HAVING": "SELECT (COUNT(*) AS ?n) { " + _ALL + " } GROUP BY ?c HAVING (COUNT(DISTINCT ?f) > 1)",
    "a large answer": "SELECT * { " + _ALL + " }",
    "a large graph": "CONSTRUCT { ?a ?e ?i } WHERE { " + _ALL + " }",
}
assert all(len(one) <= 64 * 1024 for one in HOSTILE.values())
