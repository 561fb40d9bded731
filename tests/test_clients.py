"""The service as clients of others see it: Comunica in Node, and a browser, from another origin and on the pages."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import ROOT
from playwright.sync_api import sync_playwright
from test_serve import started
from w3c.suites import cache_folder

CLIENTS = ROOT / "tests" / "clients"
BROWSER = "/usr/bin/chromium"
LABELS = """SELECT ?s ?l { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l FILTER (LANG(?l) = "vi") }
ORDER BY ?s ?l LIMIT 50"""
MADE = f"CONSTRUCT {{ ?s <https://x/named> ?l }} WHERE {{ {{ {LABELS} }} }}"
FETCHED = """async ([endpoint, query]) => {
  const form = new URLSearchParams({ query });
  const type = { "Content-Type": "application/sparql-query", Accept: "text/csv" };
  const answers = [
    await fetch(`${endpoint}?${form}`, { headers: { Accept: "text/csv" } }),
    await fetch(endpoint, { method: "POST", body: form, headers: { Accept: "text/csv" } }),
    await fetch(endpoint, { method: "POST", body: query, headers: type }),
  ];
  const found = [];
  for (const one of answers) found.push([one.status, one.headers.get("ETag"), await one.text()]);
  return found;
}"""


@pytest.fixture(scope="module")
def service(real_build):
    """The service of the real build."""
    with started(real_build, seconds=30) as client:
        yield client


@pytest.fixture(scope="module")
def browser():
    """A browser."""
    assert shutil.which(BROWSER), f"There is no {BROWSER}: install chromium."
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def tab(browser):
    """A tab that has no complaint at its end."""
    complaints = []
    opened = browser.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another origin, with nothing on it."""

    def do_GET(self):
        """Answer with the page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><link rel=icon href=data:,><title>Elsewhere</title>")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere():
    """The address of a page of another origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.slow
def test_a_page_of_another_origin_asks(service, elsewhere, tab):
    """A page from elsewhere asks by GET, by form and, after a preflight, directly; it reads the answer and its tag."""
    tab.goto(elsewhere)
    answers = tab.evaluate(FETCHED, [f"{service.address}sparql", LABELS])
    assert {status for status, _, _ in answers} == {200}
    assert len({text for _, _, text in answers}) == 1
    assert len(answers[0][2].splitlines()) == 51
    assert all(tag for _, tag, _ in answers)


@pytest.mark.slow
def test_the_address_of_a_person_ends_at_a_page(service, tab):
    """In a browser a person's address leads to a page, and the page's own policy lets its style apply."""
    tab.goto(f"{service.address}id/person/lam-dong")
    assert tab.url.startswith(f"{service.address}page/person/lam-dong")
    assert tab.locator("h1").inner_text()
    assert tab.evaluate("[...document.styleSheets].reduce((sum, one) => sum + one.cssRules.length, 0)") > 10


def comunica():
    """Return the folder where Comunica is installed, as tests/clients/package.json has it; installed once."""
    wanted = (CLIENTS / "package.json").read_bytes()
    folder = cache_folder("comunica") / hashlib.sha256(wanted).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").is_file():
            (folder / "package.json").write_bytes(wanted)
            command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
            assert done.returncode == 0, (
                f"Comunica cannot be installed by npm: is there a network? {done.stderr[-300:]}"
            )
            (folder / "done").touch()
    return folder


if shutil.which("node") and shutil.which("npm"):

    @pytest.mark.slow
    def test_comunica_asks(service, built_graph):
        """Comunica gets by SELECT, CONSTRUCT and ASK what the store itself gives."""
        queries = json.dumps({"select": LABELS, "construct": MADE, "ask": "ASK { ?s ?p ?o }"})
        command = ["node", CLIENTS / "comunica.mjs", f"{service.address}sparql", comunica(), queries]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-1000:]
        found = json.loads(done.stdout)
        assert found["yes"] is True
        assert found["rows"] == [{"s": row["s"].value, "l": row["l"].value} for row in built_graph.query(LABELS)]
        triples = {(one.subject.value, one.predicate.value, one.object.value) for one in built_graph.query(MADE)}
        assert {tuple(one) for one in found["triples"]} == triples
