"""What is refused before anything parses it: tried with the engine's own parser as the judge."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pyoxigraph as ox
import pytest
from conftest import wait_for
from hypothesis import given, settings
from hypothesis import strategies as st

from orgline.server.limits.query_scanner import MAX_QUERY_DEPTH, scan_query
from orgline.text.errors import RequestRefused

DATA = ox.Store()
DATA.extend(
    ox.Quad(ox.NamedNode("http://x/s"), ox.NamedNode("http://x/p"), one)
    for one in (
        *(ox.NamedNode(f"http://x/{name}") for name in ("it", "it'", "it#", "'")),
        ox.Literal("x", language="en"),
        ox.Literal(1),
        ox.Literal(True),
        ox.Literal("1e5", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#double")),
    )
)


@contextmanager
def listening() -> Iterator[tuple[str, list[int]]]:
    """Listen on loopback; give the address, and a list that grows with each connection."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                calls.append(1)
                line.close()

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", calls
        server.shutdown(socket.SHUT_RDWR)


# Each is a whole query with CALL where SERVICE <address> { … } stands; the engine calls the address in all of them.
CALLS = {
    "plain": "SELECT * { CALL }",
    "small letters": "SELECT * { call }",
    "after a variable's dot": "SELECT * { ?s ?p ?o.CALL }",
    "after a dollar's dot": "SELECT * { ?s ?p $o.CALL }",
    "after a Thai variable": "SELECT * { ?s ?p ?\u0e33.CALL }",
    "after a number": "SELECT * { ?s ?p 1CALL }",
    "after a double": "SELECT * { ?s ?p 1e5CALL }",
    "after true": "SELECT * { ?s ?p true CALL }",
    "glued to true": "SELECT * { ?s ?p trueCALL }",
    "after a language": "SELECT * { ?s ?p 'x'@en.CALL }",
    "after an escaped quote": "PREFIX ex: <http://x/> SELECT * { ?s ?p ex:it\\' . CALL } # '",
    "after an escaped sharp": "PREFIX ex: <http://x/> SELECT * { ?s ?p ex:it\\# . CALL }",
    "after less and a comment": 'SELECT * { BIND(1 AS ?a) FILTER(?a<#x>"""\n2) CALL } #"""',
    "after less and a comment in CR": 'SELECT * { BIND(1 AS ?a) FILTER(?a<#x> """\r2) CALL } #"""',
    "after less and a quote": "SELECT * { FILTER(1<2) FILTER(1<'#>a') CALL } #'",
    "after an escaped line end": "SELECT * { # \\u000a '''\n CALL } #'''",
    "after escaped quotes": "SELECT * { BIND('\\u0027\\u0027\\u0027' AS ?x) CALL } #'''",
    "after an escaped backslash": "SELECT * { BIND('\\u005c' AS ?x) CALL } #'",
    "after a comment in CR": "SELECT * { # \r CALL\n }",
    "after a long string": 'SELECT * { BIND("""a"" """ AS ?x) CALL } #"""',
    "in EXISTS": "SELECT * { ?s ?p ?o FILTER EXISTS {CALL} }",
    "in ORDER BY": "SELECT * { ?s ?p ?o } ORDER BY EXISTS {CALL}",
    "in SELECT": "SELECT (EXISTS {CALL} AS ?n) { ?s ?p ?o }",
    "in a subquery": "SELECT * { { SELECT * { CALL } } }",
    "in UNION": "SELECT * { {}UNION{CALL} }",
    "in CONSTRUCT": "CONSTRUCT { ?q ?w ?e } WHERE { CALL }",
    "in DESCRIBE": "DESCRIBE ?q { CALL }",
    "in ASK": "ASK{CALL}",
    "a comment inside": "SELECT * { SERVICE#'\rADDRESS{} }",
    "silent, glued": "SELECT * { SERVICESILENT ADDRESS { ?q ?w ?e } }",
    "a prefix": "PREFIX : ADDRESS SELECT * { SERVICE:x { ?q ?w ?e } }",
    "a prefix, glued": "PREFIX service: ADDRESS SELECT * { SERVICEservice:x#\n{ ?q ?w ?e } }",
    "silent and a prefix, glued": "PREFIX service: ADDRESS SELECT * { SERVICESILENTservice:x{ ?q ?w ?e } }",
    "two, nested": "PREFIX s: ADDRESS SELECT * { SERVICE s:a { SERVICE s:b {} } }",
}


def called(text: str, address: str) -> str:
    """Return `text` with the call written out."""
    call = f"SERVICE <{address}> {{ ?q ?w ?e }}"
    return text.replace("CALL", call).replace("call", call.lower()).replace("ADDRESS", f"<{address}>")


def refused(query: str) -> str | None:
    """Return the sentence with which a query is refused, None if it is not."""
    try:
        scan_query(query)
    except RequestRefused as error:
        return str(error)
    return None


def accepted(query: str) -> bool:
    """Tell whether the engine's parser takes `query`."""
    try:
        DATA.query(query, base_iri="http://x/")
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_refused_however_it_is_spelt(name: str) -> None:
    """Each spelling with which the engine calls another host is refused as that before it is parsed."""
    with listening() as (address, calls):
        query = called(CALLS[name], address)
        with suppress(OSError, TypeError):
            list(DATA.query(query, base_iri="http://x/"))
        wait_for(lambda: calls)  # else the engine does not call, and the spelling tries nothing
        assert "SERVICE" in (refused(query) or "")


LEGAL = {
    "a variable": "SELECT ?service { ?service ?p ?o.?o ?q ?serviceOf }",
    "a name": "PREFIX ex: <http://x/> SELECT * { ?s ex:service ex:a.service . ex:service.x ?p ?o }",
    "a prefix": "PREFIX service: <http://x/> SELECT * { service:a service:b ?c GRAPH service:g { ?d ?e ?f } }",
    "a string": 'SELECT (\'SERVICE <http://x/> {\' AS ?x) ("""a "SERVICE"\n {""" AS ?y) {}',
    "a comment": "SELECT * { ?s ?p ?o # SERVICE {{{{ '\n}",
    "an address": "SELECT * { ?s <http://x/SERVICE#a> ?o }",
    "an escaped quote": "SELECT ('it\\u0027s' AS ?x) {}",
    "decomposed letters": "SELECT ?a\u0309n { ?a\u0309n <http://x/Đa\u0309ng> 'Đa\u0309ng' }",
    "less than": "SELECT * { ?s ?p ?o FILTER(?o<5&&?o>1) FILTER(?o<?s) }",
    "a language": "SELECT ('service'@en-GB AS ?x) {}",
}


@pytest.mark.parametrize("name", LEGAL)
def test_a_word_that_calls_nobody_is_no_call(name: str) -> None:
    """SERVICE as part of a name, a string, an address or a comment is not refused."""
    assert accepted(LEGAL[name])
    assert refused(LEGAL[name]) is None


NAMES = st.sampled_from(["service", "Service", "o", "a1", "đảng", "a\u0309", "from", "insert", "load"])
STRINGS = st.text(st.characters(exclude_characters="\"'\\\n\r", exclude_categories=["Cs"]), max_size=12)
TERMS = st.one_of(
    NAMES.map("?{}".format),
    NAMES.map("ex:{}".format),
    NAMES.map("service:{}".format),
    NAMES.map("<http://x/{}#a>".format),
    STRINGS.map("'{}'".format),
    STRINGS.map('"""{}"""'.format),
    STRINGS.map("'{}'@en-GB".format),
    st.integers().map(str),
    st.sampled_from(["true", "false", "1e5", "'\\''", "'\\\\'", "ex:it\\'s", "'\\u0041\\u0027'", "1.5"]),
)
SUBJECTS = st.one_of(NAMES.map("?{}".format), NAMES.map("ex:{}".format), NAMES.map("service:{}".format))
GAPS = st.sampled_from([" ", "\n", "\r\n", "\t", " # SERVICE '\n", ' #"""{\r'])
TRIPLES = st.tuples(SUBJECTS, GAPS, NAMES.map("ex:{}".format), GAPS, TERMS, GAPS).map("".join)
GROUPS = st.recursive(
    TRIPLES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" . ".join),
        inner.map("{{ {} }}".format),
        inner.map("OPTIONAL{{ {} }}".format),
        inner.map("FILTER NOT EXISTS {{{}}}".format),
        st.tuples(inner, inner).map(lambda two: f"{{ {two[0]} }}UNION{{ {two[1]} }}"),
        st.tuples(inner, TERMS.filter(lambda one: one[0] != "?")).map(
            lambda two: f"{{ {two[0]} }} FILTER(?a<{two[1]}||?b>1)"
        ),
        inner.map("GRAPH service:g {{ {} }}".format),
    ),
    max_leaves=8,
)
QUERIES = GROUPS.map("PREFIX ex: <http://x/> PREFIX service: <http://y/> SELECT * {{ {} }}".format)


@settings(max_examples=150)
@given(QUERIES)
def test_no_legal_query_is_refused(query: str) -> None:
    """What the engine accepts, and calls nobody, is not refused."""
    if accepted(query):
        assert refused(query) is None


@settings(max_examples=50)
@given(
    QUERIES, st.randoms(use_true_random=False), st.sampled_from(["SERVICE<http://127.0.0.1:1/>{}", "service ex:a{}"])
)
def test_no_query_that_calls_passes(query: str, chance: random.Random, call: str) -> None:
    """Wherever a call is put in and the engine's parser still finds it, it is refused."""
    places = [place for place, letter in enumerate(query) if letter in "{}. \n\r"][8:]
    for place in chance.sample(places, min(6, len(places))):
        changed = f"{query[: place + 1]}{call}{query[place + 1 :]}"
        # With the first letter of the keyword wrong it parses only where the call is no code: in a string or comment.
        spoilt = f"{query[: place + 1]}%{call[1:]}{query[place + 1 :]}"
        if accepted(changed) and not accepted(spoilt):
            assert refused(changed)


MORE = st.sampled_from(
    ["", "FROM <http://x/g> {", "{ BIND(NOW() AS ?t) ", "{ # from\n", "{ FILTER(RAND()>1)", "{ ?from ?p 1 ."]
)


@settings(max_examples=150)
@given(QUERIES, MORE)
def test_a_quick_look_sees_what_a_close_one_does(query: str, more: str) -> None:
    """A query has the same form and graphs, and varies or not, when an escape in it makes for a look at each word."""
    changed = query.replace("{", more or "{", 1)
    quick, close = scan_query(changed), scan_query(f"{changed} # \\u0041")
    assert (quick.form, quick.graphs, quick.varies) == (close.form, close.graphs, close.varies)


@pytest.mark.parametrize(
    "query",
    [
        "ASKFROM<http://x/g>{}",
        "ASK FROMNAMED<http://x/g>{}",
        "SELECT*FROM<http://x/g>{}",
        "DESCRIBE<http://x/a>FROM<http://x/g>",
    ],
)
def test_a_graph_is_seen_without_a_space(query: str) -> None:
    """A graph that is asked for is seen where no space stands before or behind the word that names it."""
    assert accepted(query)
    assert scan_query(query).graphs == ["http://x/g"]


PIECES = st.sampled_from(
    [
        *('\\"""x" ', "\\'''", "a.", ":a...", "a:b.", "<a", "<#a>", "<'a>", '"a" ', "'' ", "\\u0041", "a:\\'", "%41"),
        *("@a-", "?a", "(){}", "}", "#\n", "#\r", "<#a>'''\n''' ", "a-", "SERVIC", "\x00", "\x0b", "ạ", "ex:service "),
    ]
)


def seconds(text: str) -> float:
    """Return how long a scan takes at best."""

    def once() -> float:
        begun = time.process_time()
        refused(text)
        return time.process_time() - begun

    return min(once() for _ in range(3))


@settings(max_examples=60)
@given(st.lists(PIECES, min_size=1, max_size=4).map("".join))
def test_a_scan_takes_linear_time(piece: str) -> None:
    """Four times the text takes at most a few times four times as long, whatever is repeated."""
    short, long = ((piece * 15_000)[:length] for length in (3_500, 14_000))
    assert seconds(long) < 12 * seconds(short) + 0.02


@pytest.mark.parametrize("pair", ["{}", "()", "[]"])
def test_brackets_are_counted(pair: str) -> None:
    """A hundred brackets pass and one more does not; those in strings, comments and addresses do not count."""
    assert refused(f"SELECT * {pair[0] * MAX_QUERY_DEPTH}{pair[1] * MAX_QUERY_DEPTH}") is None
    assert "nested" in (refused(f"SELECT * {pair[0] * (MAX_QUERY_DEPTH + 1)}") or "")
    assert refused(f"SELECT * # {pair[0] * 200}\n") is None
    assert refused(f"SELECT ('{pair[0] * 200}' AS ?x) {{}}") is None


@pytest.mark.parametrize("text", ["INSERT DATA {}", "load <http://x/>", "PREFIX a: <b> DELETE WHERE {}", "DROP ALL"])
def test_updates_are_refused(text: str) -> None:
    """An update is refused as that before it is parsed."""
    assert "read-only" in (refused(text) or "")
