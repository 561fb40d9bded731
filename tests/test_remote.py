"""Questions asked of a real SPARQL endpoint: Oxigraph server on a build of ours."""

import http.server
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from orgline.answers.asking import ask
from orgline.answers.endpoint_client import Endpoint, fetch_names
from orgline.build.pipeline import run_build
from orgline.content import read_query_files
from orgline.graph.store import open_store
from orgline.text.errors import CannotRun

SERVER = Path(sys.executable).with_name("oxigraph")


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def out(content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("remote") / "build"
    run_build(content, folder)
    return folder


@pytest.fixture(scope="module")
def endpoint(out):
    """A read-only Oxigraph server on a build."""
    if not SERVER.exists():
        pytest.skip("the package oxigraph is not installed (pip install oxigraph)")
    port = free_port()
    command = [SERVER, "serve-read-only", "--location", out / "store", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urlopen(f"http://127.0.0.1:{port}/query?query=ASK%7B%7D").close()
            break
        except OSError:
            time.sleep(0.1)
    yield Endpoint(f"http://127.0.0.1:{port}/query")
    server.kill()
    server.wait()


@pytest.mark.slow
def test_every_question_is_answered_alike(content, out, endpoint):
    """A remote endpoint gives each question the same answer, rows and evidence as the embedded store."""
    store = open_store(out)
    for question in read_query_files(content.questions, content):
        here, there = ask(store, question), ask(fetch_names(endpoint, []), question, endpoint=endpoint)
        assert there.answer == here.answer, question.name
        rows = [
            sorted((sorted((name, str(term)) for name, term in row.terms.items()), row.answer) for row in answer.rows)
            for answer in (here, there)
        ]
        assert rows[0] == rows[1], question.name


@pytest.mark.slow
def test_from_the_shell(content, endpoint, run_cli):
    """orgline ask --endpoint finds the thing that is meant and answers in words."""
    ran = run_cli(
        "ask", "posts-of-a-person", "--who", "lam dong", "--lang", "en", "--endpoint", endpoint.url,
        "--content", content.root,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "Contradicted" in ran.out
    assert "preferred" in ran.out


def test_an_endpoint_that_is_not_there():
    """An endpoint that nobody serves is told of in one sentence."""
    with pytest.raises(CannotRun, match=r"did not answer .* See whether the endpoint runs\."):
        Endpoint(f"http://127.0.0.1:{free_port()}/").select("SELECT * WHERE { ?s ?p ?o }")


class LoginPage(http.server.BaseHTTPRequestHandler):
    """Answers everything with status 200 and a page of HTML, as a hotel's network does."""

    def do_POST(self):
        """Answer with a page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Please log in</html>")

    def log_message(self, *_):
        """Say nothing."""


def test_a_page_instead_of_results():
    """A login page with status 200 is no answer, and is told of as that."""
    server = http.server.HTTPServer(("127.0.0.1", 0), LoginPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/")
    with pytest.raises(CannotRun, match="something else than results"):
        endpoint.select("SELECT * WHERE { ?s ?p ?o }")
    with pytest.raises(CannotRun, match="something else than results"):
        endpoint.construct("CONSTRUCT WHERE { ?s ?p ?o }")
    server.shutdown()
    server.server_close()
