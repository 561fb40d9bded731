"""The page on which people ask in SPARQL: an editor, examples, a table, bars, a picture; one way in for all."""

import json
import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from tabs import PAYLOADS, Watched, serving
from test_serve import ENDLESS

COUNTED = "SELECT ?type (COUNT(*) AS ?n) { ?s a ?type } GROUP BY ?type ORDER BY DESC(?n)"
DRAWN = """PREFIX ol: <https://w3id.org/orgline/ns#>
CONSTRUCT { ?low ol:reports ?up } WHERE { ?line ol:upper ?up ; ol:lower ?low }"""
PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SPELT = [
    "SELEC * {}",
    "CLEAR ALL",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o FILTER (<https://x/f>(?o)) }",
    "SELECT * " + "{" * 200,
    'SELECT "' + '\\"' * 300,
]


@pytest.fixture(scope="module")
def service(real_build):
    with serving(real_build, 5) as client:
        yield client


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A service of names that would be scripts."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.ttl"
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    said = "".join(f"<x:{n}> {label} {json.dumps(text, ensure_ascii=False)} .\n" for n, text in enumerate(PAYLOADS))
    said += "".join(f"<x:{n}> <x:next> <x:{n + 1}> .\n" for n in range(59)) + "<x:0> <x:to> <javascript:hurt> .\n"
    path.write_text(said, encoding="utf-8")
    with serving(path) as client:
        yield client


def shown(client, query=None, **more):
    """Return the status and the text of the page."""
    asked = urlencode({**({"query": query} if query else {}), **more})
    status, headers, body = client.get(f"sparql?{asked}" if asked else "sparql", PAGE)
    assert headers["Content-Type"] == "text/html; charset=utf-8", body
    return status, body.decode()


def test_a_browser_gets_a_page_and_a_program_what_it_asks_for(service):
    """Whoever names pages before data gets the page; any other Accept, or ?format=, is answered as before."""
    assert "<textarea" in shown(service)[1]
    assert service.get("sparql")[1]["Content-Type"].startswith("text/turtle")
    asked = f"sparql?{urlencode({'query': COUNTED})}"
    for accept in ("*/*", "application/sparql-results+json", "application/sparql-results+json, text/html;q=0.5"):
        assert service.get(asked, {"Accept": accept})[1]["Content-Type"].startswith("application/sparql-results+json")
    assert service.get(f"{asked}&format=csv", PAGE)[1]["Content-Type"].startswith("text/csv")


def test_every_question_is_an_example(service):
    """Each question stands under its theme, and is in the editor when its link is followed, as it can be asked."""
    text = shown(service, lang="en")[1]
    links = [unescape(one) for one in re.findall(r'href="(/sparql\?[^"]*example=[^"]*)"', text)]
    assert len(links) == len(json.loads(service.get("ask")[2]))
    for link in links[::12]:
        page = service.get(link[1:], PAGE)[2].decode()
        query = unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)[1])
        assert "#+" not in query
        assert "SELECT" in query
        assert 'id="result"' not in page
        assert service.query(query)[0] == 200


def test_a_result_is_a_table_that_leads_to_things(service):
    """Without a script the answer stands on the page: cells lead to things, numbers are bars, all forms are linked."""
    status, text = shown(service, COUNTED, lang="en")
    assert status == 200
    assert '<th scope="col">type</th><th scope="col">n</th>' in text
    assert re.search(r'<td><a href="/page\?iri=[^"]+ns%23Claim&amp;lang=en">claim</a></td><td>\d+</td>', text)
    assert re.search(r'<rect x="0.0" y="1" width="100.0" height="8"/>', text)
    forms = dict(re.findall(r'<a href="(/sparql\?[^"]*format=(\w+))">', text))
    assert set(forms.values()) == {"json", "xml", "csv", "tsv"}
    for address in forms:
        assert service.get(unescape(address)[1:])[0] == 200


def test_long_results_are_cut_and_say_so(service):
    """Five hundred rows are shown and no more; the page says that there are more."""
    text = shown(service, "SELECT * { ?s ?p ?o }", lang="en")[1]
    assert text.count("<tr>") == 501
    assert "Only the first 500 rows are shown" in text
    graph = shown(service, "CONSTRUCT WHERE { ?s ?p ?o }", lang="en")[1]
    assert graph.count("<tr>") == 501


def test_yes_and_no_are_said(service):
    """An ASK is answered by a word."""
    assert ">Có</p>" in shown(service, "ASK { ?s ?p ?o }")[1]
    assert ">No</p>" in shown(service, "ASK { ?s <x:none> ?o }", lang="en")[1]


def test_the_day_goes_with_the_query(service):
    """A query from the page is asked as of the day in its header."""
    chain = "PREFIX org: <http://www.w3.org/ns/org#> ASK { ?s org:reportsTo+ ?o }"
    assert ">Có</p>" in shown(service, chain, **{"as-of": "2026-01-01"})[1]
    assert ">Không</p>" in shown(service, chain, **{"as-of": "1990-01-01"})[1]
    status, text = shown(service, chain, **{"as-of": "yesterday"})
    assert status == 400
    assert 'class="wrong"' in text


@pytest.mark.parametrize("query", SPELT)
def test_the_page_is_no_other_way_in(service, query):
    """What the endpoint refuses the page refuses, with the same status and sentence, and keeps what was typed."""
    told_status, _, told = service.query(query)
    status, text = shown(service, query, lang="en")
    assert status == told_status == 400
    said = unescape(re.search(r'<p class="wrong" role="alert">(.*?)</p>', text, re.DOTALL)[1])
    assert set(re.findall(r"\w+", told.decode())) - {"query", "a"} <= set(re.findall(r"\w+", said))
    assert unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.DOTALL)[1]) == query


def test_a_query_without_end_is_ended_on_the_page_too(service):
    """The deadline holds for the page; the sentence stands on it."""
    status, text = shown(service, ENDLESS, lang="en")
    assert status in (408, 503)
    assert "query" in re.search(r'class="wrong" role="alert">(.*?)</p>', text, re.DOTALL)[1]


def test_a_long_query_comes_by_post(service):
    """A query too long for an address is sent as a form and answered on the page."""
    long = "ASK { ?s ?p ?o } #" + "x" * 50_000
    form = urlencode({"query": long, "lang": "en"}).encode()
    status, headers, body = service.get("sparql", {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}, form)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b">Yes</p>" in body


def test_terms_to_complete_by_are_those_of_the_ontology(service):
    """The page knows prefixes, terms and codes of the ontology by their names in its language."""
    text = shown(service, lang="vi")[1]
    known = json.loads(re.search(r'id="known">(.*?)</script>', text)[1])
    assert known["prefixes"]["ol"] == "https://w3id.org/orgline/ns#"
    terms = dict(known["terms"])
    assert terms["ol:upper"] == "bên trên"
    assert any(name.startswith("<https://w3id.org/orgline/code/") for name in terms)


@pytest.mark.slow
def test_nothing_unsafe_is_a_link(hostile):
    """An address that is a script is text, in tables and in pictures."""
    text = shown(hostile, "SELECT * { ?s <x:to> ?o }")[1] + shown(hostile, "CONSTRUCT WHERE { ?s <x:to> ?o }")[1]
    assert "javascript:hurt" in text
    assert not re.search(r'href="\s*(?!/|https?:|#|data:,)', text)
    assert not re.search(r'"page": ?"javascript', text)


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1920])
def test_one_asks_by_keyboard(tabs, width):
    """Terms are suggested as one types and declare their prefix; Control and Enter ask; all fits the width."""
    tab = tabs.open("/sparql?lang=en", width)
    area = tab.locator("#query")
    area.fill("SELECT * { ?line ")
    area.press("Control+End")
    area.type("ol:upp", delay=20)
    tab.wait_for_selector("#terms [role=option][aria-selected=true]")
    area.press("Enter")
    area.type(" ?up } LIMIT 3")
    assert area.input_value() == "PREFIX ol: <https://w3id.org/orgline/ns#>\nSELECT * { ?line ol:upper ?up } LIMIT 3"
    assert tab.locator("#editor pre .word").all_inner_texts() == ["PREFIX", "SELECT", "LIMIT"]
    area.press("Control+Enter")
    tab.wait_for_url("**query=**")
    assert tab.locator("section tbody tr").count() == 3
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_a_constructed_graph_is_drawn(tabs):
    """A constructed graph is a picture whose boxes lead to pages, and a table with the same."""
    tab = tabs.open(f"/sparql?lang=en&query={quote(DRAWN)}")
    tab.wait_for_selector("#frame canvas")
    before = tab.inner_text("#chosen h2")
    tab.focus("#frame")
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"):
        tab.keyboard.press(key)
    assert before in tab.inner_text("section table")
    assert tab.locator("#chosen a", has_text="See its page").get_attribute("href").startswith("http")


@pytest.mark.slow
def test_without_a_script_all_is_there(browser, service):
    """With scripts off one asks, reads and goes on all the same."""
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(service.address + "sparql?lang=en")
    tab.fill("#query", COUNTED)
    tab.locator("form.ask button").click()
    assert tab.locator("section tbody tr").count() > 20
    tab.locator("section tbody a").first.click()
    assert tab.inner_text("h1")
    tab.goto(service.address + "explore/body/p3-provincial-party-committee?lang=en")
    assert not tab.is_visible("#picture")
    tab.locator(".around li a").first.click()
    assert "/page/" in tab.url
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("bypass", [False, True], ids=["policy", "no policy"])
def test_hostile_results_and_queries_are_words(browser, hostile, bypass):
    """Sixty names that would be scripts run nothing in tables, bars, pictures, the editor, or a sentence."""
    watched = Watched(browser, hostile.address)
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    queries = [
        f"SELECT ?s ?o {{ ?s {label} ?o }}",
        f"SELECT ?o (STRLEN(?o) AS ?n) {{ ?s {label} ?o }}",
        "CONSTRUCT WHERE { ?s <x:next> ?o }",
        *(f"SELECT ({json.dumps(text, ensure_ascii=False)} AS ?x) {{}}" for text in PAYLOADS[::7]),
    ]
    tab = watched.open("/sparql", bypass_csp=bypass)
    for query in queries:
        tab.goto(f"{watched.address}/sparql?query={quote(query)}")
        assert tab.locator("#result").count() == 1
        tab.press("#query", "End")
        tab.type("#query", " x")
        assert tab.evaluate("window.hurt") is None
    complaints = [one for one in watched.complaints if "400 (Bad Request)" not in one]
    for text in PAYLOADS:
        tab.goto(f"{watched.address}/sparql?query={quote(text)}&lang=vi")
        assert tab.input_value("#query") == text
        assert tab.evaluate("window.hurt") is None
    watched.complaints = complaints
    watched.close()
