"""Every address there may be: random paths, parameters, methods and headers, and all that OpenAPI describes."""

import string
import urllib.parse

import pytest
from attack import Answer, served
from conftest import ROOT
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.slow  # schemathesis alone takes seconds to import
FORM = "application/x-www-form-urlencoded"
KNOWN = ["ask", "sparql", "id", "data", "page", "explore", "chart", "neighbours", "search", "static", "examples"]
KNOWN += ["openapi.json", "rdf-graph-store", "posts", "posts-of-a-person", "person", "lam-dong", "..", ".", ""]
STRANGE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PARTS = st.one_of(
    st.sampled_from(KNOWN), STRANGE, st.sampled_from(["%00", "%ff", "%2e%2e", "%2f", "%0d%0a", "a" * 2000])
)
NAMES = st.one_of(
    st.sampled_from(["query", "format", "lang", "as-of", "as-known-on", "iri", "q", "graph", "default", "who", "from"]),
    st.sampled_from(["until", "type", "update", "default-graph-uri", "named-graph-uri", "page", "depth", "open"]),
    STRANGE,
)
VALUES = st.one_of(
    STRANGE,
    st.sampled_from(["2024-12-31", "2024-02-30", "-1", "0", "1e9", "html", "csv", "xlsx", "pdf", "vi", "en"]),
    st.sampled_from(["SELECT * { ?s ?p ?o } LIMIT 1", "https://w3id.org/orgline/id/person/lam-dong", "9" * 400, "0-0"]),
)
METHODS = st.sampled_from(["GET"] * 8 + ["HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
TYPES = ["text/html", "text/turtle", "text/csv", "*/*", "application/json", "image/png", "application/pdf"]
ACCEPTS = st.one_of(st.sampled_from(TYPES), st.text(string.printable.strip() + " ", max_size=40))


def coded(text: str) -> str:
    """Return `text` as part of an address; what is coded already stays."""
    return urllib.parse.quote(text, safe="%.:")


PATHS = st.lists(PARTS, max_size=4).map(lambda parts: "/" + "/".join(map(coded, parts)))
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(urllib.parse.urlencode)


@pytest.fixture(scope="module")
def service(real_build):
    """A service of the real build, with as much budget as is asked for."""
    with served(real_build, ROOT, seconds=10.0, seconds_per_minute=1e6) as one:
        yield one


def told_well(answer: Answer, method: str) -> None:
    """Assert that an answer is whole, and a refusal one sentence that nobody is to keep."""
    assert answer.is_whole or method == "HEAD"
    assert answer.status < 500 or answer.status == 503
    assert b"Traceback" not in answer.body
    if answer.status >= 400 and method != "HEAD":
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"].startswith("text/plain") or b"</html>" in answer.body
        if answer.headers["content-type"].startswith("text/plain"):
            assert answer.sentence.endswith(".\n")
            assert answer.sentence.count("\n") == 1
    if 300 <= answer.status < 400:
        assert not answer.headers.get("location", "/x").startswith("//")
        assert answer.headers.get("location", "/").startswith("/")


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(METHODS, PATHS, PAIRS, ACCEPTS)
def test_every_refusal_is_one_sentence(service, method: str, path: str, pairs: str, accept: str) -> None:
    """Whatever is asked of whatever address, there is an answer, or a refusal of one sentence."""
    lines = f"Host: x\r\nAccept: {accept.strip()}\r\nConnection: close\r\nContent-Length: 0\r\n"
    told_well(Answer.of(service.raw(f"{method} {path}?{pairs} HTTP/1.1\r\n{lines}\r\n".encode())), method)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.binary(max_size=300), st.sampled_from(["application/sparql-query", "application/x-www-form-urlencoded", "a/b"])
)
def test_every_body_is_answered(service, body: bytes, kind: str) -> None:
    """Whatever bytes are posted, there is an answer, or a refusal of one sentence."""
    head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n"
    told_well(Answer.of(service.raw(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)), "POST")


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_what_openapi_describes_is_so(service) -> None:
    """Each operation of /openapi.json answers in the statuses, types and shapes that stand there, and never fails."""
    described = schemathesis.openapi.from_url(f"{service.address}openapi.json")
    operations = [one.ok() for one in described.get_all_operations()]
    assert operations
    for operation in operations:

        @settings(max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy())
        def ask(case) -> None:
            case.call_and_validate(checks=CHECKS)

        ask()
