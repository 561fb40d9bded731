"""Pages can be used by keyboard and screen reader: axe-core finds no fault on any kind of page, however it is shown."""

import json
import re
from dataclasses import dataclass
from datetime import date
from html import unescape
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from tabs import Watched, serving

from orgline.answers.opened_build import OpenedBuild
from orgline.render.pack.single_file import Packer
from orgline.server.http.app import _ROUTES
from orgline.text.moment import Moment

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PART = "https://w3id.org/orgline/id/body/p3-bloc-party-committee"
RICHEST = "SELECT ?thing {{ ?thing a <{0}> ; ?p ?o }} GROUP BY ?thing ORDER BY DESC(COUNT(*)) LIMIT 1"
COUNTED = "SELECT ?type (COUNT(*) AS ?n) { ?s a ?type } GROUP BY ?type ORDER BY DESC(?n)"
DRAWN = "CONSTRUCT { ?s <x:to> ?o } { ?s <http://www.w3.org/ns/org#postIn> ?o }"
FAULTS = [
    "/nowhere",
    "/page/body/nobody",
    "/?as-of=never",
    "/sparql?query=SELEC",
    "/ask/posts/leaders-of-a-body?unit=q",
]
# What programs ask for is no page.
NO_PAGES = {"static", "rdf-graph-store", "openapi.json", "examples", "id", "data", "neighbours"}
# Each language in light and dark, narrow and wide, and each of those with the other: every pair of them is seen.
# The switch of languages of a pack stands before its landmarks: without a script, what follows a switch obeys it.
BEFORE_ALL = {("region", "#lang-vi"), ("region", "#lang-en")}
SHOWN = [("vi", "light", 360), ("vi", "dark", 1920), ("en", "light", 1920), ("en", "dark", 360)]


@dataclass
class Kinds:
    """One address of each kind of page: of the service, and of files."""

    client: object
    served: list[str]
    files: list[str]


def linked(client, path, pattern):
    """Return the first link that fits on a page."""
    found = re.search(rf'<a [^>]*href="({pattern}[^"]*)"', client.get(path[1:], PAGE)[2].decode())
    return [unescape(found[1]).split("?lang=vi")[0].replace("lang=vi&", "")] if found else []


@pytest.fixture(scope="module")
def kinds(real_build, content, tmp_path_factory):
    """Every kind of page, as the content and the service name them: the richest thing of each class that has a page."""
    with serving(real_build) as client:
        things = []
        for page in content.pages["page"]:
            found = json.loads(client.query(RICHEST.format(content.expand(page["classes"][0])))[2])
            things += [f"/page?iri={quote(one['thing']['value'])}" for one in found["results"]["bindings"]]
        more = [one for thing in things for kind in ("/ask/", "/chart/") for one in linked(client, thing, kind)]
        served = [
            "/",
            "/about",
            "/search",
            "/search?q=ban",
            "/search?q=qqqq",
            "/ask",
            "/explore/body/p3-provincial-party-committee",
        ]
        served += ["/sparql", f"/sparql?query={quote(COUNTED)}", f"/sparql?query={quote(DRAWN)}", *things, *more]
        file = tmp_path_factory.mktemp("access") / "pack.html"
        session = OpenedBuild(real_build, content, Moment(date(2026, 1, 31)), many=True)
        file.write_text(Packer(session, content, real_build, "vi", ox.NamedNode(PART)).html(), encoding="utf-8")
        files = [file, real_build / "index.html", real_build / "ontology.html", *(real_build / "views").iterdir()]
        yield Kinds(client, served, [one.as_uri() for one in files])


def faults(tab):
    """Return what axe-core finds wrong with a page, all that folds being open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = axe.Axe().run(tab).response["violations"]
    nodes = [(one, node, node["target"][0]) for one in found for node in one["nodes"]]
    return [
        (one["impact"], one["id"], target, node["html"][:200])
        for one, node, target in nodes
        if (one["id"], target) not in BEFORE_ALL
    ]


@pytest.mark.slow
def test_every_address_that_is_a_page_is_looked_at(kinds):
    """The addresses below are all that the service has for people."""
    first = {path.split("/")[1] for path, _, _ in _ROUTES} - NO_PAGES
    assert {re.split("[/?]", path)[1] for path in kinds.served} == first
    assert len(kinds.served) > 20
    for path in kinds.served:
        status, headers, _ = kinds.client.get(path[1:], PAGE)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8"), path


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "scheme", "width"), SHOWN)
def test_axe_finds_no_fault_in_the_service(browser, kinds, lang, scheme, width):
    """No page of the service has a fault, narrow or wide, light or dark, in each language; none is wider than asked."""
    watched = Watched(browser, kinds.client.address)
    tab = watched.open("/", width, color_scheme=scheme)
    wrong = []
    for path in [*kinds.served, *FAULTS]:
        tab.goto(f"{watched.address}{path}{'&' if '?' in path else '?'}lang={lang}")
        if tab.locator("#picture").count():
            tab.wait_for_selector("#frame canvas")
        wrong += [(path, *one) for one in faults(tab)]
        wrong += [(path, "wide")] if tab.evaluate("document.documentElement.scrollWidth > innerWidth") else []
    watched.complaints = [one for one in watched.complaints if "status of 40" not in one]
    watched.close()
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "scheme", "width"), SHOWN)
def test_axe_finds_no_fault_in_files(browser, kinds, lang, scheme, width):
    """Neither the one file of a pack nor the pages of a build have a fault, in either language."""
    context = browser.new_context(viewport={"width": width, "height": 850}, color_scheme=scheme, offline=True)
    tab, wrong = context.new_page(), []
    for path in kinds.files:
        tab.goto(path)
        tab.click(f"label[for=lang-{lang}], button[data-lang={lang}]")
        wrong += [(path.rpartition("/")[2], *one) for one in faults(tab)]
        if "pack" in path:
            tab.click("[data-all]:visible")
            wrong += [("all of the pack", *one) for one in faults(tab)]
    context.close()
    assert not wrong, "\n".join(map(str, wrong))
