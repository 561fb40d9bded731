"""One file for a computer without a network: it holds all, asks for nothing, runs nothing but its own script."""

import json
import re
from collections import Counter
from datetime import date
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from tabs import PAYLOADS

from orgline.answers.answer import as_csv
from orgline.answers.batch import BatchAnswers
from orgline.answers.opened_build import OpenedBuild
from orgline.cli.app import main
from orgline.content.tree import Content
from orgline.graph.speaker import Speaker
from orgline.graph.store import RDFS_LABEL, copy_to_memory, open_store
from orgline.render.pack import single_file as packing
from orgline.render.pack.pack_pages import minify_html
from orgline.render.pack.single_file import PACK_MARKER, Packer, is_pack
from orgline.text.errors import CannotRun
from orgline.text.moment import Moment

DAY = Moment(date(2026, 1, 31))
PART = "p3-bloc-party-committee"


class Seen(HTMLParser):
    """What stands in a pack: its ids, where it leads, its texts by language, what it would load."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.text = Counter(), [], [], []
        self._quiet = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._quiet += tag in ("script", "style")
        self.ids.update([given["id"]] if "id" in given else [])
        self.links += [given["href"]] if tag == "a" else []
        self.loads += [given[name] for name in ("src", "srcset", "data", "action") if name in given]
        assert not [name for name in given if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag):
        self._quiet -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._quiet:
            self.text.append(data)


def packed(place, content, of=None, lang="vi", moment=DAY):
    session = OpenedBuild(place, content, moment, many=True)
    return Packer(session, content, place, lang, of).html()


def index_of(text):
    return json.loads(re.search(r'id="index">(.*?)</script>', text, re.DOTALL)[1])


@pytest.fixture(scope="module")
def part(real_build, content):
    """The pack of one body and what is below it."""
    base = "https://w3id.org/orgline/id/body/"
    return packed(real_build, content, ox.NamedNode(base + PART))


@pytest.fixture(scope="module")
def whole(real_build, content):
    """The pack of the whole build."""
    return packed(real_build, content)


def test_a_part_holds_a_body_and_what_is_below(part):
    """A part has the body, what stands below it and who holds posts there; nobody from elsewhere, no question."""
    titles = {titles[0] for _, _, titles, _ in index_of(part)["pages"]}
    assert {"Đảng ủy Khối Cơ quan và Doanh nghiệp tỉnh (P3)", "Nguyen Van Tam"} <= titles
    assert not [one for one in titles if "P1" in one or "Lào Cai" in one or one.endswith("?")]
    assert any(one.startswith("Sơ đồ tổ chức") for one in titles)


def test_every_link_leads_to_a_place_in_the_file(part):
    """Each link leads to an id of the file, each id is there once, and nothing would be loaded from anywhere."""
    seen = Seen(part)
    assert [one for one, times in seen.ids.items() if times > 1] == []
    assert {one for one in seen.links if one.removeprefix("#") not in seen.ids} == set()
    assert seen.loads == []


def test_all_is_there_before_a_script_has_run(part):
    """Each page that the search knows stands in the file as plain HTML, in each language."""
    seen, index = Seen(part), index_of(part)
    assert index["languages"] == ["vi", "en"]
    for number, *_ in index["pages"]:
        assert {f"vi{number}", f"en{number}"} <= set(seen.ids)
    assert "<noscript>" in part


def test_the_policy_names_our_scripts_alone(part):
    """The policy lets the two scripts and the style of the file run, by their digests, and nothing else."""
    policy = re.search(r'Security-Policy" content="([^"]*)"', part)[1]
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert len(re.findall("sha256-", policy)) == 3


def test_the_first_page_says_what_the_file_is(part, real_build):
    """What is seen first says the day, the sources with their dates, and which build it is of."""
    text = " ".join(Seen(part).text)
    assert "31/1/2026" in text
    assert "Muốn gỡ tên mình" in text
    assert "2026-01-31" in text
    assert re.search(r"\b[0-9a-f]{12} · orgline ", text)
    assert "công bố 14/5/2025" in text


def test_names_are_folded_when_the_file_is_made(part):
    """The names that are searched have no accents, and short forms stand beside what they may stand for."""
    index = index_of(part)
    assert all(re.fullmatch(r"[a-z0-9 |]+", names) for _, names, *_ in index["pages"])
    assert index["short"]
    assert all(re.fullmatch(r"[a-z0-9 ]+", one) for short, all_of in index["short"].items() for one in (short, *all_of))


def test_the_language_to_begin_in_comes_first(real_build, content):
    """The language that is asked for is the one that is shown first, with its switch set."""
    text = packed(real_build, content, ox.NamedNode(f"https://w3id.org/orgline/id/body/{PART}"), lang="en")
    assert re.search(r'id="lang-en"[^>]* checked', text)
    assert not re.search(r'id="lang-vi"[^>]* checked', text)


def test_too_much_is_refused_in_a_sentence(real_build, content, monkeypatch):
    """A build of more things than a browser can open in one file is refused, with what to do."""
    monkeypatch.setattr(packing, "MAX_PACKED_THINGS", 10)
    with pytest.raises(CannotRun, match=r"^pack: more than 10 things .* Choose a part: --of and the name of a body\.$"):
        packed(real_build, content)
    with pytest.raises(CannotRun, match=r"Choose a lower body\.$"):
        packed(real_build, content, ox.NamedNode("https://w3id.org/orgline/id/body/p3-provincial-party-committee"))


@pytest.mark.slow
def test_the_command_writes_a_pack_and_replaces_its_own(real_build, tmp_path, capsys):
    """The command writes the file and says where; it replaces a pack, and nothing that is none."""
    path = tmp_path / "new" / "part.html"
    command = ["pack", str(path), "--of", PART, "--out", str(real_build), "--as-of", "31/1/2026"]
    assert main(command) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert is_pack(path)
    before = path.read_bytes()
    assert main(command) == 0
    assert path.read_bytes() == before
    path.write_text("<p>Somebody's own page.</p>", encoding="utf-8")
    assert main(command) == 2
    assert "Give another name" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "<p>Somebody's own page.</p>"
    assert [one.name for one in path.parent.iterdir()] == ["part.html"]


def test_only_what_was_known_is_packed(real_build, content):
    """What had not been published by a day is not in the file, nor are the tables of all sources."""
    session = OpenedBuild(real_build, content, Moment(date(2025, 1, 1), date(2024, 12, 31)), many=True)
    packer = Packer(session, content, real_build, "en", None)
    assert packer._tables() is None
    assert "2024-12-31" in [text for _, texts in packer._facts(packer._makers[0]) for text in texts]


@pytest.mark.parametrize(
    "html",
    [
        '<tr>\n <td class="a"><a href="#vi1">x</a></td>\n</tr>',
        '<a href="#vi1" class="note">&#34; href=&#34;#x&#34; &lt;/td&gt;</a>',
        '<li aria-label="a href=b > c">x</li>',
        '<a class="a b" href="#x y">1</a>',
    ],
)
def test_short_html_says_the_same(html):
    """What is left out of a page changes neither its tags and their attributes nor its words."""

    def said(text):
        found = []
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attrs: found.append((tag, attrs))
        parser.handle_data = lambda data: found.append(data.split())
        parser.feed(text)
        return [one for one in found if one]

    assert said(minify_html(html)) == said(html)


@pytest.mark.slow
def test_the_whole_is_small_and_the_same_each_time(whole, real_build, content, built_graph):
    """The five reports are less than 5 MB, everything that has a name is in them, and again the same bytes."""
    assert len(whole.encode()) < 5_000_000
    assert PACK_MARKER in whole[:4000]
    index = index_of(whole)
    titles = {title for _, _, titles, _ in index["pages"] for title in titles}
    for name in ("Lâm Đông", "Which posts does a person hold?", "Sơ đồ tổ chức: Tỉnh ủy (P3)"):
        assert name in titles
    seen = Seen(whole)
    data = [one for one in seen.links if one.startswith("data:")]
    assert len(data) == 1
    assert {one for one in seen.links if one not in data and one.removeprefix("#") not in seen.ids} == set()
    assert [one for one, times in seen.ids.items() if times > 1] == []
    assert packed(real_build, content) == whole


@pytest.mark.slow
@pytest.mark.parametrize("world", ["real_build", "invented_build"])
def test_a_share_of_all_is_the_answer_about_one(world, request, content):
    """What the page of a thing takes from the answer about all is what it would be told if it asked by itself."""
    place = request.getfixturevalue(world)
    packer = Packer(OpenedBuild(place, content, DAY, many=True), content, place, "en", None)
    batch, site = BatchAnswers(packer._answers_without_parameters()), packer._site
    shared = 0
    for node in packer._things:
        for question, parameter in site.questions_about(node):
            if share := batch.share(question, parameter, node):
                asked, store = site.answer(question, {parameter: node.value})
                mine, theirs = (as_csv(one, Speaker(store, "en", content.words)) for one in (share[1], asked))
                assert Counter(mine.splitlines()) == Counter(theirs.splitlines()), (question.name, node)
                assert (share[1].answer, share[1].sources) == (asked.answer, asked.sources)
                shared += 1
    assert shared > 50


@pytest.mark.slow
def test_it_works_from_a_file_without_a_network(whole, browser, tmp_path):
    """Opened from a disk, offline, it asks for nothing; a search forgives accents; languages and pages change."""
    path = tmp_path / "pack.html"
    path.write_text(whole, encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1366, "height": 800})
    tab, asked, complaints = context.new_page(), [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(path.as_uri())
    assert tab.locator(".page:visible").count() == 1
    for typed in ("lam dong", "Lâm Đông", "LAM DO", "dong lam"):
        tab.locator(".find input:visible").fill(typed)
        assert tab.locator("#results a").first.inner_text().startswith("Lâm Đông")
    tab.locator(".find input:visible").fill("UVTV")
    assert "Ủy viên Ban Thường vụ" in tab.locator("#results a").first.inner_text()
    tab.locator(".find input:visible").fill("lam dong")
    tab.keyboard.press("Enter")
    tab.locator(".page:visible h2", has_text="Lâm Đông").wait_for()
    tab.click("label[for=lang-en]")
    tab.locator(".page:visible h2", has_text="Lam Dong").wait_for()
    tab.locator(".page:visible a.note").first.click()
    assert tab.locator(".page:visible h2").inner_text() == "Lam Dong"
    tab.go_back()
    tab.locator(".home:visible").click()
    tab.locator(".cards:visible a").first.click()
    tab.locator(".page:visible svg:visible").wait_for()
    assert tab.locator(".page:visible svg:visible rect").count() > 3
    tab.locator(".page:visible svg:visible a").first.click()
    assert tab.locator(".page:visible h2").count() == 1
    tab.locator("[data-all]:visible").click()
    assert tab.locator(".page:visible").count() > 300
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert asked == [path.as_uri()]
    assert complaints == []
    context.close()


@pytest.mark.slow
def test_it_works_without_scripts(whole, browser, tmp_path):
    """Where no script runs, everything stands on one page, links lead to it, and the language can be changed."""
    path = tmp_path / "pack.html"
    path.write_text(whole, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False, offline=True)
    tab = context.new_page()
    tab.goto(path.as_uri())
    assert tab.locator(".page:visible").count() > 300
    assert not tab.locator(".find").is_visible()
    assert tab.locator('.pages[lang="vi"]').is_visible()
    tab.click("label[for=lang-en]")
    assert tab.locator('.pages[lang="en"]').is_visible()
    assert not tab.locator('.pages[lang="vi"]').is_visible()
    context.close()


@pytest.fixture(scope="module")
def hostile(real_build, content):
    """The pack of a build in which every word of every source would be a script, if a page let it."""
    store = copy_to_memory(open_store(real_build))
    number = 0
    for quad in list(store):
        if isinstance(quad.object, ox.Literal) and (quad.predicate == RDFS_LABEL or quad.object.language):
            text = PAYLOADS[number % len(PAYLOADS)] + str(number)
            number += 1
            store.remove(quad)
            literal = ox.Literal(text, language=quad.object.language) if quad.object.language else ox.Literal(text)
            store.add(ox.Quad(quad.subject, quad.predicate, literal, quad.graph_name))
    session = OpenedBuild(real_build, content, DAY, held=store)
    return Packer(session, content, real_build, "vi", None).html()


@pytest.mark.slow
@pytest.mark.parametrize("bypassed", [False, True], ids=["policy", "no policy"])
def test_hostile_words_stay_words(hostile, browser, tmp_path, bypassed):
    """Words that would be scripts are words on every page and in the search, even where the policy is not kept."""
    path = tmp_path / "pack.html"
    path.write_text(hostile, encoding="utf-8")
    context = browser.new_context(bypass_csp=bypassed)
    tab, asked = context.new_page(), []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: asked.append(dialog.message))
    tab.goto(path.as_uri())
    for typed in ("script", "img", "svg", "onerror", "iframe"):
        tab.locator(".find input:visible").fill(typed)
        assert tab.locator("#results a").count() > 0
    assert tab.locator("#results img, #results script, #results svg, #results iframe").count() == 0
    tab.keyboard.press("Enter")
    tab.locator("[data-all]:visible").click()
    tab.wait_for_timeout(500)
    assert tab.evaluate("window.hurt") is None
    assert (
        tab.evaluate("document.querySelectorAll('main script, main img, main iframe, main link, main meta').length")
        == 0
    )
    assert asked == [path.as_uri()]
    context.close()


def test_content_is_found(content):
    """The words of the pack stand in each language of the content."""
    assert isinstance(content, Content)
    keys = [{key for key in words if key.startswith("pack")} for words in content.words.values()]
    assert len(keys[0]) > 10
    assert all(one == keys[0] for one in keys)
