"""The service over HTTP, asked by real clients: the protocol, the questions, things, and what it refuses."""

import asyncio
import http.client
import json
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pyoxigraph as ox
import pytest
import rdflib
from conftest import wait_for
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import JSON, POST, SPARQLWrapper

from orgline.build.pipeline import run_build
from orgline.content import read_query_files
from orgline.content.tree import Content
from orgline.server.http.responses import TimedStreamingResponse
from orgline.server.http.spool import ResponseAborted
from orgline.server.limits.rate_limit import Limits
from orgline.text.media_types import GRAPH_TYPES, RESULT_TYPES
from orgline.text.moment import Moment

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . FILTER (?c != ?l) }"
# The limit of a query where tests wait for it, and where none should meet it on a busy machine.
SECONDS, LONG = 2, 60


class Client:
    """Asks the service at `address` as a program does."""

    def __init__(self, address):
        self.address = address

    def get(self, path, headers=None, data=None, method=None):
        """Return status, headers and body of a request."""
        request = urllib.request.Request(self.address + path, data=data, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def query(self, text, **more):
        """Return status, headers and body of a query by GET."""
        return self.get("sparql?" + urllib.parse.urlencode({"query": text, **more}))


@contextmanager
def started(*arguments, seconds=LONG):
    """Start the command, give a client of the address that it prints, and end it by Ctrl-C, which it takes well."""
    command = [sys.executable, "-m", "orgline", "serve", *map(str, arguments), "--port", "0"]
    command += ["--time-limit", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Client(re.search(r"http://[^ ]+/", process.stdout.readline())[0])
        finally:
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=30)
        assert (process.returncode, *said) == (0, "", "")


@pytest.fixture(scope="module")
def service(real_build):
    with started(real_build) as client:
        yield client


@pytest.fixture(scope="module")
def impatient(real_build):
    """A service that ends a query after two seconds."""
    with started(real_build, seconds=SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def named_graph(tmp_path_factory):
    path = tmp_path_factory.mktemp("graphs") / "named.trig"
    path.write_text("GRAPH <https://x/graphs/one> { <u:1> <u:p> <u:o> }", encoding="utf-8")
    with started(path) as client:
        yield client


def number(body):
    return int(json.loads(body)["results"]["bindings"][0]["n"]["value"])


def test_a_query_by_get_form_and_body(service, built_graph):
    """The same query by GET, by a form and as a body gives the same count, that of the store."""
    form = urllib.parse.urlencode({"query": COUNT}).encode()
    counts = {
        number(service.query(COUNT)[2]),
        number(service.get("sparql", {"Content-Type": "application/x-www-form-urlencoded"}, form)[2]),
        number(service.get("sparql", {"Content-Type": "application/sparql-query"}, COUNT.encode())[2]),
    }
    assert counts == {len(list(built_graph.quads_for_pattern(None, None, None, ox.DefaultGraph())))}


@pytest.mark.parametrize("value", ["100%25", "a%2Bb", "a+b", "Đảng ủy", "\u0110a\u0309ng"])
def test_values_arrive_byte_for_byte(service, value):
    """A literal comes back as it was sent, percent signs, plus signs and decomposed letters included, by every door."""
    query = f'SELECT ("{value}" AS ?n) {{}}'
    form = urllib.parse.urlencode({"query": query}).encode()
    bodies = [
        service.query(query)[2],
        service.get("sparql", {"Content-Type": "application/x-www-form-urlencoded"}, form)[2],
        service.get("sparql", {"Content-Type": "application/sparql-query"}, query.encode())[2],
    ]
    assert {json.loads(body)["results"]["bindings"][0]["n"]["value"] for body in bodies} == {value}


@pytest.mark.parametrize("name", RESULT_TYPES)
def test_forms_of_results(service, name):
    """Results come in each form, by Accept and by ?format=, the same bytes."""
    asked = urllib.parse.urlencode({"query": COUNT})
    by_accept = service.get(f"sparql?{asked}", {"Accept": f"{RESULT_TYPES[name]}, text/html;q=0.9"})
    by_name = service.get(f"sparql?{asked}&format={name}")
    assert by_accept[1]["Content-Type"].startswith(RESULT_TYPES[name])
    assert by_accept[2] == by_name[2]


@pytest.mark.parametrize("name", GRAPH_TYPES)
def test_forms_of_graphs(service, name):
    """Constructed graphs come in each form of RDF, and each can be read."""
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5"
    status, headers, body = service.query(query, format=name)
    assert status == 200
    assert headers["Content-Type"].startswith(GRAPH_TYPES[name])
    form = ox.RdfFormat.from_media_type(GRAPH_TYPES[name])
    assert len(list(ox.parse(body, form))) == 5


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("sparql?query=SELEC", None, {}, None), 400),
        (("sparql?query=ASK{}&query=ASK{}", None, {}, None), 400),
        (("sparql?update=CLEAR+ALL", None, {}, None), 400),
        (("sparql?query=CLEAR+ALL", None, {}, None), 400),
        (("sparql?query=ASK{}&default-graph-uri=file:///etc/passwd", None, {}, None), 400),
        (("sparql?query=ASK{}&format=docx", None, {}, None), 400),
        (("sparql?query=ASK{}", None, {"Accept": "image/png"}, None), 406),
        (("sparql", "DELETE", {}, None), 405),
        (("sparql", "POST", {"Content-Type": "text/plain"}, b"ASK {}"), 415),
        (("sparql", "POST", {"Content-Type": "application/sparql-query"}, b"#" * 300_000), 413),
        (("sparql?query=" + "x" * 70_000, None, {}, None), 413),
        (("ask/posts/no-such-question", None, {}, None), 404),
        (("id/person/nobody", None, {}, None), 404),
        (("sparql?query=ASK{}&as-of=yesterday", None, {}, None), 400),
        (("nowhere", None, {}, None), 404),
    ],
)
def test_wrong_requests_get_the_status_of_the_protocol(service, asked, status):
    """A wrong request gets its status and one sentence, and is not to be kept."""
    path, method, headers, data = asked
    found, _, body = service.get(path, headers, data, method)
    if path.endswith("x" * 100):
        assert found in (status, 400, 414, 431)
        return
    assert found == status
    assert b"Traceback" not in body
    assert len(body) < 300


def test_service_and_other_hosts_are_refused(service):
    """SERVICE is refused before it is parsed, however it is spelt, and a graph that is not here is not fetched."""
    for spelt in ("SERVICE", "sErViCe", "S\\u0045RVICE", "SERVICE SILENT"):
        status, _, body = service.query(f"SELECT * {{ {spelt} <http://127.0.0.1:1/> {{ ?s ?p ?o }} }}")
        assert status == 400
        assert b"SERVICE" in body
    assert service.query("SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }")[0] == 400


def test_a_dataset_of_the_protocol_is_whole(tmp_path):
    """The graphs that a request names are all there is: no other one is there by name, nor those of the query."""
    path = tmp_path / "small.trig"
    text = "<u:0> <u:p> <u:o> . GRAPH <g:1> { <u:1> <u:p> <u:o> } GRAPH <g:2> { <u:2> <u:p> <u:o> }"
    path.write_text(text, encoding="utf-8")
    own, named = "urn:x-arq:DefaultGraph", "SELECT (GROUP_CONCAT(STR(?s)) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    plain = "SELECT (GROUP_CONCAT(STR(?s)) AS ?n) { { SELECT ?s { ?s ?p ?o } ORDER BY ?s } }"
    with started(path) as client:

        def found(query, **dataset):
            asked = urllib.parse.urlencode({"query": query, "format": "csv", **dataset}, doseq=True)
            status, _, body = client.get(f"sparql?{asked}")
            return body.decode().split("\r\n")[1] if status == 200 else status

        assert found(plain) == "u:0"
        assert found(named, **{"default-graph-uri": "g:1"}) == ""
        assert found(named.replace("{", "FROM NAMED <g:2> {", 1), **{"default-graph-uri": "g:1"}) == ""
        assert found(named, **{"default-graph-uri": "g:1", "named-graph-uri": "g:2"}) == "u:2"
        assert found(plain, **{"named-graph-uri": "g:2"}) == ""
        assert found(plain, **{"default-graph-uri": ["g:1", own]}) == "u:0 u:1"
        assert found(plain.replace("{", f"FROM <{own}> {{", 1)) == 400


@pytest.mark.parametrize(
    "named",
    [
        "FROM <https://x/graphs/one>",
        "BASE <https://x/graphs/> FROM <one>",
        "BASE <https://x/> BASE <graphs/two> FROM <one>",
        "BASE <https://x/graphs/two> PREFIX : <#> PREFIX g: <.> FROM g:one",
        "PREFIX g: <https://x/> FROM g:graphs\\/one",
        "FROM <https://x/graphs/\\u006Fne>",
        "from<https://x/graphs/one>",
    ],
)
def test_a_graph_is_known_however_it_is_named(named_graph, named):
    """A graph that is served can be asked by FROM in every way in which SPARQL lets it be written."""
    before, _, last = named.rpartition("FROM") if "FROM" in named else ("", "", named)
    query = f"{before} SELECT (COUNT(*) AS ?n) {'FROM' if 'FROM' in named else ''}{last} {{ ?s ?p ?o }}"
    assert number(named_graph.query(query)[2]) == 1


def test_an_unknown_function_is_told(service):
    """A query that calls a function that is not there gets 400 and its name, and no worker ends of it."""
    status, _, body = service.query("SELECT * { ?s ?p ?o FILTER (<https://x/f>(?o)) }")
    assert status == 400
    assert b"https://x/f" in body


def test_the_service_describes_itself(service):
    """Asked nothing, the endpoint says what it is, in the words of SPARQL Service Description and VoID."""
    graph = rdflib.Graph().parse(data=service.get("sparql")[2], format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    assert (rdflib.URIRef(service.address + "sparql"), rdflib.RDF.type, sd.Service) in graph
    assert list(graph.objects(None, rdflib.URIRef("http://rdfs.org/ns/void#triples")))


def test_unchanged_answers_are_not_sent_again(service):
    """An answer has a tag by build, question and form; who has it gets 304."""
    _, headers, _ = service.query(COUNT)
    asked = "sparql?" + urllib.parse.urlencode({"query": COUNT})
    assert service.get(asked, {"If-None-Match": headers["ETag"]})[0] == 304
    assert service.get(asked + "&format=csv")[1]["ETag"] != headers["ETag"]
    assert headers["Vary"] == "Accept, Accept-Encoding"


def test_graphs_can_be_read_whole(service, built_graph):
    """The graph store protocol gives the default graph, a named one, and 404 for one that is not here."""
    default = list(ox.parse(service.get("rdf-graph-store?default&format=nt")[2], ox.RdfFormat.N_TRIPLES))
    assert len(default) == len(list(built_graph.quads_for_pattern(None, None, None, ox.DefaultGraph())))
    assert service.get("rdf-graph-store?graph=https://w3id.org/orgline/graph/ontology")[0] == 200
    assert service.get("rdf-graph-store?graph=https://x/none")[0] == 404
    assert service.get("rdf-graph-store")[0] == 400


def test_a_day_can_be_asked_of_by_any_client(real_build):
    """With as-of a query has the shortcuts of that day, and without it none; as-known-on takes later sources away."""
    # The first query of a day makes its graph within the limit of the query: on a busy machine in over two seconds.
    chain = "PREFIX org: <http://www.w3.org/ns/org#> SELECT (COUNT(*) AS ?n) { ?s org:reportsTo+ ?o }"
    with started(real_build) as client:
        assert number(client.query(chain)[2]) == 0
        assert number(client.query(chain, **{"as-of": "2026-01-01"})[2]) > 0
        assert number(client.query(chain, **{"as-of": "1990-01-01"})[2]) == 0
        assert number(client.query(COUNT, **{"as-known-on": "2000-01-01"})[2]) < number(client.query(COUNT)[2])


def test_a_question_of_a_day_is_of_today_if_none_is_named(real_build, tmp_path):
    """A build that is not held in memory answers a question of a day without one as it does of today."""
    place, today = tmp_path / "build", Moment.today().day.isoformat()
    shutil.copytree(real_build, place, ignore=shutil.ignore_patterns("graph.nq", "as-of"))
    asked = "ask/reporting-lines/chain-on-a-day?unit=p3-bloc-party-committee&format=json"
    with started(place) as client:
        status, _, body = client.get(asked)
        assert status == 200
        assert json.loads(body)["rows"]
        assert [one.name for one in (place / "as-of").iterdir()] == [today]
        of_today = json.loads(client.get(f"{asked}&as-of={today}")[2])
        assert of_today["rows"] == json.loads(body)["rows"]


def test_questions_are_addresses(service):
    """Each question is listed with its address, and answers there as JSON and CSV."""
    listed = json.loads(service.get("ask")[2])
    assert all(one["summary"]["vi"] for one in listed)
    answer = json.loads(service.get("ask/posts/posts-of-a-person?who=pham+van+hau&lang=vi")[2])
    assert answer["rows"]
    assert answer["answer"] == "stated"
    assert service.get("ask/posts/posts-of-a-person?who=pham+van+hau&format=csv")[1]["Content-Type"].startswith(
        "text/csv"
    )
    assert service.get("ask/posts/posts-of-a-person?whom=x")[0] == 404


def test_questions_are_described_for_programs(service):
    """OpenAPI names each question with its parameters, and each address that it names answers."""
    described = json.loads(service.get("openapi.json")[2])
    assert described["openapi"].startswith("3.")
    assert len(described["paths"]) == len(json.loads(service.get("ask")[2]))
    operation = described["paths"]["/ask/changes/what-changed-between-two-dates"]["get"]
    needed = {one["name"] for one in operation["parameters"] if one.get("required")}
    assert needed == {"from", "until"}
    path = "ask/changes/what-changed-between-two-dates?from=2020-01-01&until=2025-12-31"
    assert json.loads(service.get(path)[2])["rows"]


def test_questions_are_examples_for_editors(service):
    """Each question is an example in the form that SPARQL editors read, and its query can be asked as it stands."""
    graph = rdflib.Graph().parse(data=service.get("examples?format=turtle")[2], format="turtle")
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    found = list(graph.subjects(rdflib.RDF.type, sh.SPARQLExecutable))
    assert len(found) == len(json.loads(service.get("ask")[2]))
    query = str(graph.value(min(found), sh.select))
    form = urllib.parse.urlencode({"query": query}).encode()
    assert service.get("sparql", {"Content-Type": "application/x-www-form-urlencoded"}, form)[0] == 200


def test_things_have_addresses(service):
    """What is said of a thing, and by which claims, stands at its own address."""
    graph = rdflib.Graph().parse(data=service.get("id/person/lam-dong")[2], format="turtle")
    person = rdflib.URIRef("https://w3id.org/orgline/id/person/lam-dong")
    assert list(graph.objects(person, rdflib.RDFS.label))
    assert list(graph.subjects(rdflib.URIRef("https://w3id.org/orgline/ns#about"), person))


def test_real_clients(service, built_graph):
    """SPARQLWrapper, rdflib's SPARQLStore and curl get the same count."""
    wrapper = SPARQLWrapper(service.address + "sparql")
    wrapper.setQuery(COUNT)
    wrapper.setReturnFormat(JSON)
    wrapper.setMethod(POST)
    by_wrapper = int(wrapper.queryAndConvert()["results"]["bindings"][0]["n"]["value"])
    by_rdflib = int(next(iter(rdflib.Graph(SPARQLStore(service.address + "sparql")).query(COUNT)))[0])
    asked = ["curl", "-s", "-H", "Accept: text/csv", "--data-urlencode", f"query={COUNT}", service.address + "sparql"]
    by_curl = int(subprocess.run(asked, capture_output=True, check=True, text=True).stdout.split()[1])
    assert {by_wrapper, by_rdflib, by_curl} == {number(service.query(COUNT)[2])}


HOSTILE = {
    "endless": ENDLESS,
    "deep": "SELECT * " + "{" * 2000,
    "chain of BIND": "SELECT * { " + " ".join(f"BIND (1 AS ?v{n})" for n in range(3000)) + " }",
    "long sum": "SELECT (" + "+".join(["1"] * 10_000) + " AS ?x) {}",
    "planning": "SELECT * {" + "".join(f"?a{n} ?b{n} ?c{n} ." for n in range(250)) + "}",
    "memory": "SELECT (STRLEN(?a30) AS ?n) { BIND (STR('0123456789') AS ?a0) "
    + " ".join(f"BIND (CONCAT(?a{n}, ?a{n}) AS ?a{n + 1})" for n in range(30))
    + " }",
    "open string": 'SELECT "' + '\\"' * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_queries_end_and_others_are_answered(impatient, name):
    """A query meant to kill ends with a status and a sentence, or an honest answer, and the service goes on."""
    form = urllib.parse.urlencode({"query": HOSTILE[name]}).encode()
    status, _, body = impatient.get("sparql", {"Content-Type": "application/x-www-form-urlencoded"}, form)
    assert status in (200, 400, 408, 413, 503)
    if status != 200:
        assert body.decode().strip().endswith(".")
    assert number(impatient.query(COUNT)[2]) > 0


def test_an_honest_client_is_answered_beside_hostile_ones(real_build):
    """While one address has as many endless queries run as it may, small questions of another are answered."""
    with started(real_build) as client, ExitStack() as held:
        host, port = urllib.parse.urlsplit(client.address).netloc.split(":")
        allowed = range(Limits().workers_per_owner)
        hostile = [held.enter_context(socket.create_connection((host, int(port)))) for _ in allowed]
        for number, one in enumerate(hostile):
            query = urllib.parse.urlencode({"query": f"{ENDLESS} # {number}"})
            one.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        for number in range(20):
            honest = http.client.HTTPConnection(host, int(port), timeout=LONG, source_address=("127.0.0.2", 0))
            honest.request("GET", "/sparql?" + urllib.parse.urlencode({"query": f"ASK {{ ?s ?p {number} }}"}))
            assert honest.getresponse().status == 200
            honest.close()
        answered, _, _ = select.select(hostile, [], [], 0)
        assert answered == [], "the endless queries ended before the small ones were answered"


def test_a_file_can_be_served(tmp_path):
    """An RDF file alone is served as an endpoint."""
    path = tmp_path / "small.ttl"
    path.write_text("<https://x/a> <https://x/b> <https://x/c> , <https://x/d> .", encoding="utf-8")
    with started(path) as client:
        assert number(client.query(COUNT)[2]) == 2
        assert number(client.query(COUNT, **{"as-of": "2024-01-01"})[2]) == 2
        assert client.query(COUNT, **{"as-known-on": "2024-01-01"})[0] == 400


def test_a_new_build_is_taken_up(real_build, invented_build, tmp_path):
    """When the link leads to another build, the next answers are from that, without a restart or a failed request."""
    link, other = tmp_path / "build", tmp_path / "other"
    link.symlink_to(real_build)
    other.symlink_to(invented_build)
    with started(link) as client:
        before = number(client.query(COUNT)[2])
        with ThreadPoolExecutor(2) as asking:
            answers = [asking.submit(client.query, f"{COUNT} # {turn}") for turn in range(40)]
            other.replace(link)
            assert {one.result()[0] for one in answers} == {200}
        wait_for(lambda: number(client.query(COUNT)[2]) != before)


@pytest.mark.slow
def test_a_new_question_and_a_third_language_are_described(tree, tmp_path):
    """A question of a new build is listed and described without a restart, in each language of the words."""
    words = tree / "viz" / "words"
    (words / "fr.po").write_text((words / "en.po").read_text(encoding="utf-8"), encoding="utf-8")
    run_build(Content.find(tree), tmp_path / "out")
    with started(tmp_path / "out", "--content", tree) as client:
        known = {one["question"] for one in json.loads(client.get("ask")[2])}
        one = Content.find(tree).questions[0]
        new = f"{one.parent.name}/a-new-question"
        assert new not in known
        one.with_name("a-new-question.rq").write_text(one.read_text(encoding="utf-8"), encoding="utf-8")
        run_build(Content.find(tree), tmp_path / "out")
        wait_for(lambda: new in {one["question"] for one in json.loads(client.get("ask")[2])}, 30)
        described = json.loads(client.get("openapi.json")[2])["paths"][f"/ask/{new}"]["get"]
        languages = next(one["schema"]["enum"] for one in described["parameters"] if one["name"] == "lang")
        assert languages == ["en", "fr", "vi"]


def test_a_question_is_answered_though_another_is_broken(tree, hospital_build, tmp_path):
    """A question file that is broken while the service runs takes no other question away, build in memory or not."""
    large = tmp_path / "build"
    shutil.copytree(hospital_build, large, ignore=shutil.ignore_patterns("graph.nq"))
    content = Content.find(tree)
    plain = [one for one in read_query_files(content.questions, content) if not any(p.required for p in one.parameters)]
    asked = f"{plain[0].theme}/{plain[0].name}"
    broken = next(path for path in content.questions if f"{path.parent.name}/{path.stem}" != asked)
    for place in (hospital_build, large):
        with started(place, "--content", tree) as client:
            broken.write_text("#+ summary: {vi: hỏng\n", encoding="utf-8")
            status, _, body = client.get(f"ask/{asked}?format=json")
            assert (status, json.loads(body)["rows"] != []) == (200, True)


def test_a_proxy_that_is_no_address_is_told(run_cli):
    """Who is in front is named by an address, which must be one."""
    ran = run_cli("serve", "--proxy", "nginx")
    assert ran.code == 2
    assert '--proxy: "nginx" is not an IP address. Give one such as' in ran.err


def test_what_is_not_there_is_told(run_cli, tmp_path):
    """A place that is not there ends in one sentence."""
    ran = run_cli("serve", tmp_path / "nothing")
    assert ran.code == 2
    assert "does not exist" in ran.err


def test_an_answer_counts_until_its_last_byte():
    """What is still being sent is still work of whoever asked: it ends when the sending does, however it ends."""

    async def chunks():
        yield b"first"
        raise ResponseAborted

    async def sent():
        ended, said = [], []
        sending = TimedStreamingResponse(chunks())
        sending.on_end = lambda: ended.append(len(said))

        async def send(message):
            said.append(message)
            assert not ended

        with pytest.raises(ResponseAborted):
            await sending({"type": "http", "asgi": {"spec_version": "2.4"}}, None, send)
        return ended

    assert asyncio.run(sent()) == [2]
