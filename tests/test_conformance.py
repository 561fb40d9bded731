"""The endpoint passes over HTTP what the engine can of the W3C's SPARQL tests, by GET, form and direct POST alike."""

import re
import tomllib
from collections import Counter

import pytest
from conftest import ROOT
from test_serve import started
from w3c.asking import Endpoint, file_of, in_process, over_http
from w3c.suites import cases, place_of

EXPECTED = tomllib.loads((ROOT / "tests" / "w3c" / "expected.toml").read_text(encoding="utf-8"))
SUITES, REFUSED, FAILS = EXPECTED["suites"], EXPECTED["refused"], EXPECTED["fails"]
UNORDERED = set(EXPECTED["unordered"]["tests"])
FUNCTIONS = "sparql11/functions"


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """A service of one file that has each graph of all tests under its own name."""
    place = file_of([*SUITES, *REFUSED], tmp_path_factory.mktemp("w3c") / "tests.nq")
    with started(place, seconds=30) as client:
        yield client


@pytest.fixture
def endpoint(service, suite):
    """The endpoint of that service, asked from an address of the suite's own, so that a slow machine has its time."""
    number = [*SUITES, *REFUSED].index(suite)
    with Endpoint(service.address, f"127.0.1.{number + 1}") as asked:
        yield asked


def failing(suite, fails, **more):
    """Return the tests of a suite that fail, with what is wrong."""
    found = {one.name: fails(one, ordered=one.name not in UNORDERED, **more) for one in cases(suite)}
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_over_http(endpoint, suite):
    """Each test of the suite passes by every door, in three forms of answer, but those listed as the engine's own."""
    assert len(cases(suite)) == SUITES[suite]
    wrong = failing(suite, lambda one, **how: over_http(one, endpoint, **how))
    listed = {name for name in FAILS if name.rpartition("/")[0] == suite}
    assert {name: said for name, said in wrong.items() if name not in listed} == {}
    assert listed - set(wrong) == set()


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_in_process(suite):
    """The tests listed as failing are those that the engine itself fails, each with a reason."""
    listed = {name for name in FAILS if name.rpartition("/")[0] == suite}
    assert set(failing(suite, in_process)) == listed
    assert {FAILS[name] for name in listed} <= set(EXPECTED["reasons"])


@pytest.mark.slow
@pytest.mark.parametrize("suite", REFUSED)
def test_federation_is_refused_by_every_door(endpoint, suite):
    """Each test that calls another host by SERVICE gets 400 and the reason, however it is asked."""
    found = cases(suite)
    assert len(found) == REFUSED[suite]
    for one in found:
        answers = endpoint.by_every_door(one.text, [], ["*/*"] * 3)
        assert {(status, b"SERVICE" in body) for status, _, body in answers} == {(400, True)}


@pytest.mark.slow
def test_a_file_alone_is_its_own_dataset():
    """The tests of functions pass by every door where their file is served and no dataset is named."""
    data = max(Counter(one.data for one in cases(FUNCTIONS)).items(), key=lambda pair: pair[1])[0]
    same = [one for one in cases(FUNCTIONS) if one.data == data]
    assert len(same) > 30
    with started(place_of(data[0]), seconds=30) as client, Endpoint(client.address) as endpoint:
        wrong = {one.name: over_http(one, endpoint, alone=True) for one in same}
    assert {name for name, said in wrong.items() if said} == {one.name for one in same} & set(FAILS)


def test_the_table_of_results_is_true():
    """The table in docs/conformance.md has each suite, with the numbers that the slow tests hold it to."""
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\S+/\S+) \| (.*) \|$", text, re.MULTILINE))
    fails = Counter(name.rpartition("/")[0] for name in FAILS)
    passed = {suite: count - fails[suite] for suite, count in SUITES.items()}
    wanted = {suite: f"{count} | {passed[suite]} | {passed[suite]}" for suite, count in SUITES.items()}
    assert rows == wanted | {suite: f"{count} | 0 | –" for suite, count in REFUSED.items()}
    all_passed = sum(passed.values())
    assert f"| **{sum(SUITES.values())}** | **{all_passed}** | **{all_passed}** |" in text
    for name, reason in FAILS.items():
        assert f"`{name.partition('/')[2]}`" in text
        assert EXPECTED["reasons"][reason] in text
