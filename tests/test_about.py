"""The page for the people whom a graph speaks of: what is kept on them, why, how to have it corrected or removed."""

import re
import tomllib

import pytest
from attack import served
from conftest import ROOT
from tabs import serving
from test_serve import Client

from orgline.graph.speaker import Speaker

PAGE = {"Accept": "text/html"}
ABOUT = tomllib.loads((ROOT / "viz/about.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def service(real_build):
    with serving(real_build) as client:
        yield client


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_page_leads_to_what_is_kept_on_people(service, lang):
    """The foot of a page, that of a fault too, leads to all that viz/about.toml says, in the language of the page."""
    for path in ("", "ask", "page/body/p3-provincial-party-committee", "nowhere"):
        page = service.get(f"{path}?lang={lang}", PAGE)[2].decode()
        address = re.search(r'<footer>.*?<a href="/(about\?[^"]*)"', page)[1]
    status, _, body = service.get(address, PAGE)
    assert status == 200
    for section in ABOUT["section"]:
        assert f"<h2>{section['heading'][lang]}</h2>" in body.decode()
        assert all(text[lang] in body.decode() for text in section["text"])
    assert ABOUT["no_contact"][lang] in body.decode()


def test_it_is_said_in_every_language(content):
    """Nothing that the page says is in one language only."""
    said = [ABOUT["title"], ABOUT["contact"], ABOUT["no_contact"]]
    said += [text for one in ABOUT["section"] for text in (one["heading"], *one["text"])]
    assert {frozenset(text) for text in said} == {frozenset(content.words)}


@pytest.mark.slow
def test_an_address_is_said_instead(graph, content):
    """Once whoever runs the graph has given an address, it stands there."""
    speaker = Speaker(graph, "en", content.words)
    assert speaker.about(ABOUT)["contact"] == ABOUT["no_contact"]["en"]
    assert speaker.about({**ABOUT, "contact": {"en": "Office 3"}})["contact"] == "Office 3"


@pytest.mark.slow
def test_a_world_without_it_has_no_link(hospital_build, hospital):
    """Content that says nothing of it has pages without the link, and at its address a sentence."""
    with served(hospital_build, hospital.root) as one:
        client = Client(one.address)
        assert b"/about" not in client.get("", PAGE)[2]
        status, _, body = client.get("about", PAGE)
        assert status == 404
        assert b'class="wrong"' in body
