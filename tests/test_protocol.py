"""The W3C's tests of the SPARQL 1.1 Protocol and Service Description, as their texts say, of a running service."""

import itertools
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from test_serve import started
from w3c.asking import DIRECT, FORM, Endpoint
from w3c.compare import of_engine

DATA = "http://kasei.us/2009/09/sparql/data/"
DOCUMENT = "http://xmlns.com/foaf/0.1/Document"
UPDATE = "application/sparql-update"
RESULTS = {one.media_type: one for one in (ox.QueryResultsFormat.XML, ox.QueryResultsFormat.JSON)}
TABLES = {*RESULTS, "text/csv", "text/tab-separated-values"}
GRAPHS = {"application/rdf+xml", "text/turtle", "application/n-triples"}
SD = "http://www.w3.org/ns/sparql-service-description#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def graph(number):
    """Return the address of one of the four graphs, as it is written in a query."""
    return f"{DATA}data{number}.rdf"


def path(**asked):
    """Return the endpoint with what is asked of it: keywords are names of the protocol."""
    pairs = [(name.replace("_", "-"), one) for name, values in asked.items() for one in values]
    return f"/sparql?{urlencode(pairs, quote_via=quote)}" if pairs else "/sparql"


ONE_AND_TWO = f"ASK {{ <{graph(1)}> a ?type . <{graph(2)}> a ?type . }}"
BY_NAME = f"GRAPH ?g1 {{ <{graph(1)}> a ?type }} GRAPH ?g2 {{ <{graph(2)}> a ?type }}"
ZERO = path(default_graph_uri=[graph(0)])
NAMED = [graph(1), graph(2)]

# name: method, address, media type of the body, body
TRUE = {
    "query_post_form": ("POST", ZERO, FORM, b"query=ASK%20%7B%7D"),
    "query_dataset_default_graphs_get": ("GET", path(query=[ONE_AND_TWO], default_graph_uri=NAMED), None, None),
    "query_dataset_default_graphs_post": ("POST", path(default_graph_uri=NAMED), DIRECT, ONE_AND_TWO.encode()),
    "query_dataset_named_graphs_post": (
        "POST",
        path(named_graph_uri=NAMED),
        DIRECT,
        f"ASK {{ {BY_NAME} }}".encode(),
    ),
    "query_dataset_named_graphs_get": (
        "GET",
        path(query=[f"ASK {{ {BY_NAME} }}"], named_graph_uri=NAMED),
        None,
        None,
    ),
    "query_dataset_full": (
        "POST",
        path(default_graph_uri=[graph(3)], named_graph_uri=NAMED),
        DIRECT,
        f"ASK {{ <{graph(3)}> a ?type {BY_NAME} }}".encode(),
    ),
    "query_multiple_dataset": (
        "POST",
        path(named_graph_uri=NAMED),
        DIRECT,
        f"ASK FROM <{graph(3)}> {{ {BY_NAME} }}".encode(),
    ),
    "query_get": ("GET", path(query=["ASK {}"], default_graph_uri=[graph(0)]), None, None),
    "query_post_direct": ("POST", "/sparql", DIRECT, b"ASK {}"),
}
TYPED = {
    "query_content_type_select": (b"SELECT (1 AS ?value) {}", TABLES),
    "query_content_type_ask": (b"ASK {}", {*RESULTS}),
    "query_content_type_describe": (b"DESCRIBE <http://example.org/>", GRAPHS),
    "query_content_type_construct": (b"CONSTRUCT { <s> <p> 1 } WHERE {}", GRAPHS),
}
BAD = {
    "bad_query_method": ("PUT", path(query=["ASK {}"], default_graph_uri=[graph(0)]), FORM, b""),
    "bad_multiple_queries": ("GET", path(query=["ASK {}", "SELECT * {}"]), None, None),
    "bad_query_wrong_media_type": ("POST", "/sparql", "text/plain", b"ASK {}"),
    "bad_query_missing_form_type": ("POST", "/sparql", None, b"query=ASK%20%7B%7D"),
    "bad_query_missing_direct_type": ("POST", "/sparql", None, b"ASK {}"),
    "bad_query_non_utf8": ("POST", "/sparql", DIRECT, "ASK {}".encode("utf-16")),
    "bad_query_syntax": ("GET", path(query=["ASK {"]), None, None),
}
CLEAR = f"""PREFIX dc: <http://purl.org/dc/terms/> PREFIX foaf: <http://xmlns.com/foaf/0.1/>
CLEAR ALL ; INSERT DATA {{ GRAPH <{graph(1)}> {{ <{graph(1)}> a foaf:Document }} }} ;
INSERT {{ GRAPH <http://example.org/protocol-update-dataset-test/> {{ ?s a dc:BibliographicResource }} }}
WHERE {{ ?s a foaf:Document }}""".encode()
USING = b"""CLEAR ALL ;
INSERT DATA { GRAPH <http://example.org/1> { <http://example.org/1> a <http://example.org/T> } } ;
INSERT { GRAPH <http://example.org/2> { ?s ?p ?o } } USING <http://example.org/1> WHERE { ?s ?p ?o }"""
INSERT = b"""CLEAR GRAPH <http://example.org/protocol-base-test/> ;
INSERT DATA { GRAPH <http://example.org/protocol-base-test/> { <http://example.org/s> <http://example.org/p> <test> } }
"""
UPDATES = {
    "update_dataset_default_graph": ("POST", path(using_graph_uri=[graph(1)]), UPDATE, CLEAR),
    "update_dataset_default_graphs": ("POST", path(using_graph_uri=NAMED), UPDATE, CLEAR),
    "update_dataset_named_graphs": ("POST", path(using_named_graph_uri=NAMED), UPDATE, CLEAR),
    "update_dataset_full": (
        "POST",
        path(using_graph_uri=[graph(1)], using_named_graph_uri=[graph(2)]),
        UPDATE,
        CLEAR,
    ),
    "update_post_form": ("POST", "/sparql", FORM, b"update=CLEAR+ALL"),
    "update_post_direct": ("POST", "/sparql", UPDATE, b"CLEAR ALL"),
    "update_base_uri": ("POST", "/sparql", UPDATE, INSERT),
    "bad_update_get": ("GET", path(update=["CLEAR ALL"]), None, None),
    "bad_multiple_updates": ("POST", "/sparql", FORM, b"update=CLEAR%20NAMED&update=CLEAR%20DEFAULT"),
    "bad_update_wrong_media_type": ("POST", "/sparql", "text/plain", b"CLEAR NAMED"),
    "bad_update_missing_form_type": ("POST", "/sparql", None, b"update=CLEAR%20NAMED"),
    "bad_update_non_utf8": ("POST", "/sparql", UPDATE, "CLEAR NAMED".encode("utf-16")),
    "bad_update_syntax": ("POST", "/sparql", FORM, b"update=CLEAR%20XYZ"),
    "bad_update_dataset_conflict": ("POST", path(using_named_graph_uri=["http://example.org/3"]), UPDATE, USING),
}
TERMS = {
    "a triple term": "<<( <u:s> <u:p> <<( <u:s> <u:p> 'x'@vi )>> )>>",
    "a text with a direction": "'x'@ar--rtl",
    "a decomposed text": "'Đa\u0309ng ủy'",
    "a text with an escape": "'\\u0041\\\"'",
}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    """A service of the four graphs of the tests."""
    place = tmp_path_factory.mktemp("protocol") / "data.nq"
    lines = [f"<{graph(n)}> <{TYPE.value}> <{DOCUMENT}> <{graph(n)}> .\n" for n in range(4)]
    place.write_text("".join(lines), encoding="utf-8")
    with started(place, seconds=30) as client, Endpoint(client.address) as asked:
        asked.address = client.address
        yield asked


def sent(endpoint, request):
    """Return status, media type and body of the answer to a request."""
    method, address, kind, body = request
    return endpoint.ask(method, address, body, {"Content-Type": kind} if kind else {})


@pytest.mark.parametrize("name", TRUE)
def test_a_question_of_the_protocol_is_true(endpoint, name):
    """What is asked of the dataset that the request names is answered, and is true."""
    status, media, body = sent(endpoint, TRUE[name])
    assert status == 200
    assert bool(ox.parse_query_results(body, RESULTS[media]))


@pytest.mark.parametrize("name", TYPED)
def test_an_answer_has_a_type_of_its_kind(endpoint, name):
    """Each kind of query is answered in a media type for that kind, though none is asked for."""
    query, kinds = TYPED[name]
    status, media, _ = sent(endpoint, ("POST", ZERO, DIRECT, query))
    assert status == 200
    assert media in kinds


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_is_refused(endpoint, name):
    """A request that is not as the protocol has it is the client's fault, and told in a sentence."""
    status, media, body = sent(endpoint, BAD[name])
    assert 400 <= status < 500
    assert media == "text/plain"
    assert body.decode().strip().endswith(".")


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_is_refused(endpoint, name):
    """Each update of the W3C's tests, good or bad, is refused, and the data are as they were."""
    assert 400 <= sent(endpoint, UPDATES[name])[0] < 500
    count = ("GET", path(query=["SELECT * { GRAPH ?g { ?s ?p ?o } }"], format=["csv"]), None, None)
    assert len(sent(endpoint, count)[2].splitlines()) == 1 + 4


def test_the_endpoint_returns_rdf(endpoint):
    """A request that asks nothing is answered with RDF that can be read (returns-rdf)."""
    status, media, body = sent(endpoint, ("GET", "/sparql", None, None))
    assert status == 200
    assert list(ox.parse(body, ox.RdfFormat.from_media_type(media)))


def test_the_description_names_the_endpoint(endpoint):
    """The description has a service whose endpoint is the address that was asked (has-endpoint-triple)."""
    store = description(endpoint)
    service = next(store.quads_for_pattern(None, TYPE, ox.NamedNode(SD + "Service"))).subject
    named = store.quads_for_pattern(service, ox.NamedNode(SD + "endpoint"), None)
    assert [one.object.value for one in named] == [f"{endpoint.address}sparql"]


# The vocabulary: what each property of it is said of, and of what kind its value is.
PROPERTIES = {
    "endpoint": ("Service", None),
    "supportedLanguage": ("Service", {"SPARQL10Query", "SPARQL11Query", "SPARQL11Update"}),
    "feature": ("Service", {"DereferencesURIs", "UnionDefaultGraph", "RequiresDataset", "EmptyGraphs"}),
    "resultFormat": ("Service", None),
    "inputFormat": ("Service", None),
    "extensionFunction": ("Service", None),
    "defaultEntailmentRegime": ("Service", None),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("Dataset", "NamedGraph"),
    "name": ("NamedGraph", None),
    "graph": ("NamedGraph", "Graph"),
}


def test_the_description_keeps_to_its_vocabulary(endpoint):
    """Each word of the description is in the W3C's vocabulary, said of what it is for (conforms-to-schema)."""
    store = description(endpoint)
    kinds = {(quad.subject, quad.object.value.removeprefix(SD)) for quad in store.quads_for_pattern(None, TYPE, None)}
    for quad in store:
        name = quad.predicate.value.removeprefix(SD)
        if name == quad.predicate.value:
            continue
        domain, values = PROPERTIES[name]
        assert (quad.subject, domain) in kinds
        assert isinstance(quad.object, ox.NamedNode | ox.BlankNode)
        if isinstance(values, str):
            assert (quad.object, values) in kinds
        elif values:
            assert quad.object.value.removeprefix(SD) in values


def description(endpoint):
    """Return what the service says of itself."""
    _, media, body = sent(endpoint, ("GET", "/sparql", None, None))
    store = ox.Store()
    store.load(body, format=ox.RdfFormat.from_media_type(media))
    return store


@pytest.mark.parametrize(("name", "media"), itertools.product(TERMS, sorted(TABLES - {"text/csv"})))
def test_terms_of_rdf_1_2_come_whole(endpoint, name, media):
    """Triple terms and texts with a direction come by every door as the engine has them, in each form that has them."""
    query = f"SELECT ?t {{ BIND ({TERMS[name]} AS ?t) }}"
    wanted = of_engine(ox.Store().query(query), like=None)
    for status, given, body in endpoint.by_every_door(query, [], [media] * 3):
        assert (status, given) == (200, media)
        form = ox.QueryResultsFormat.from_media_type(media)
        assert of_engine(ox.parse_query_results(body, form), like=None) == wanted


@pytest.mark.parametrize("name", TERMS)
def test_terms_of_rdf_1_2_come_whole_in_graphs(endpoint, name):
    """A graph made with such a term comes by every door, and is read as it was made."""
    query = f"CONSTRUCT {{ <u:s> <u:p> ?t }} {{ BIND ({TERMS[name]} AS ?t) }}"
    wanted = {str(one) for one in ox.Store().query(query)}
    forms = ("text/turtle", "application/n-triples", "application/trig")
    for (status, given, body), media in zip(endpoint.by_every_door(query, [], forms), forms, strict=True):
        assert (status, given) == (200, media)
        assert {str(quad.triple) for quad in ox.parse(body, ox.RdfFormat.from_media_type(media))} == wanted
