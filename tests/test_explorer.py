"""The pages of the service, made as a worker makes them: what they show, where they lead, what they carry on."""

import re
from datetime import date
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from conftest import ROOT

from orgline.content.tree import Content
from orgline.graph.search_index import NameIndex, make_name_index
from orgline.graph.store import RDF_TYPE, RDFS_LABEL
from orgline.render.html.page_context import PageContext
from orgline.render.html.site_pages import SitePages
from orgline.server.workers.worker_state import WorkerState
from orgline.text.moment import Moment
from orgline.text.normalize import folded

BASE = "https://w3id.org/orgline/id/"


class Seen(HTMLParser):
    """What stands in a page: where it leads, its tags, its text."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.texts, self.attributes, self._open = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes += [(tag, *one) for one in attrs]
        if tag == "a":
            self.links.append(dict(attrs).get("href"))

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" not in self._open and "script" not in self._open:
            self.texts.append(" ".join(data.split()))

    @property
    def text(self):
        return " ".join(filter(None, self.texts))


@pytest.fixture(scope="module")
def served(real_build):
    found = WorkerState(real_build.resolve(), Content.find(ROOT))
    found.open()
    found.prepare()
    return found


@pytest.fixture(scope="module")
def explorer(served):
    """Return how to get pages: the explorer in a language, as of a day."""

    def of(lang="vi", path="/page/x", **query):
        moment = Moment(date.fromisoformat(query["as-of"])) if "as-of" in query else Moment.today()
        frame = PageContext(served.content, path, query, lang, moment, BASE, "nonce")
        return SitePages(served.opened_build({"as_of": query.get("as-of")}), frame, served.questions, served.index)

    return of


@pytest.fixture(scope="module")
def things(built_graph):
    """Return everything that has a name, with one of its names."""
    quads = built_graph.quads_for_pattern(None, RDFS_LABEL, None, ox.DefaultGraph())
    return {quad.subject: quad.object.value for quad in quads if quad.subject.value.startswith(BASE)}


@pytest.fixture(scope="module")
def one_of_each(built_graph):
    """Return one thing of each class."""
    quads = sorted(built_graph.quads_for_pattern(None, RDF_TYPE, None, ox.DefaultGraph()), key=str)
    found = {quad.object: quad.subject for quad in quads if quad.subject.value.startswith(BASE)}
    assert len(found) > 20
    return list(found.values())


def thing(name):
    return ox.NamedNode(BASE + name)


def test_a_thing_of_every_class_has_a_page_in_every_language(explorer, one_of_each, content):
    """Whatever class a thing is of, its page is there, with its title, in each language of the words."""
    for lang in content.words:
        pages = explorer(lang)
        for node in one_of_each:
            seen = Seen(pages.thing(node))
            assert ("html", "lang", lang) in seen.attributes
            assert seen.tags.count("h1") == 1
            assert node.value in seen.text


def test_what_is_not_there_has_no_page(explorer):
    """Of what nothing is said there is no page."""
    assert explorer().thing(thing("person/nobody-at-all")) is None


def test_each_statement_leads_to_who_says_it(explorer, one_of_each):
    """Each number beside a statement is the number of a piece of evidence on the same page."""
    for node in one_of_each:
        text = explorer().thing(node)
        wanted = set(re.findall(r'href="#note-(\d+)"', text))
        assert wanted <= set(re.findall(r'id="note-(\d+)"', text))


def test_links_carry_the_language_and_the_day(explorer):
    """Every link to another page keeps the language and the day that were chosen."""
    seen = Seen(explorer("en", **{"as-of": "2024-01-31"}).thing(thing("person/lam-dong")))
    pages = [one for one in seen.links if one.startswith(("/page/", "/ask/"))]
    assert len(pages) > 10
    for link in pages:
        query = parse_qs(urlsplit(link).query)
        if query["lang"] == ["vi"]:  # the switch to the other language
            continue
        assert (query["lang"], query["as-of"]) == (["en"], ["2024-01-31"])


def test_a_page_is_of_the_day_chosen(explorer):
    """A tenure that is attested on a day is not shown as held long before it."""
    after = Seen(explorer(**{"as-of": "2025-01-01"}).thing(thing("person/lam-dong"))).text
    before = Seen(explorer(**{"as-of": "2001-01-01"}).thing(thing("person/lam-dong"))).text
    assert "nêu lần cuối" in after
    assert "nêu lần cuối" not in before
    assert "chỉ nêu về sau" in before


def test_contradictions_stand_side_by_side(explorer):
    """Two sources that differ on a person's post are both shown, each marked, with why one prevails."""
    text = Seen(explorer().thing(thing("person/lam-dong"))).text
    assert text.count("Có mâu thuẫn") >= 2
    assert "được ưu tiên" in text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_page_has_no_word_left_unsaid(explorer, lang, one_of_each, content):
    """No key of a word stands in a page instead of the word."""
    keys = {key for key in content.words[lang] if "_" in key}
    for text in (explorer(lang).home(), explorer(lang).questions(), explorer(lang).thing(one_of_each[0])):
        assert not keys & set(re.findall(r"[a-z]+(?:[_-][a-z]+)+", Seen(text).text))


def test_pages_lead_to_no_other_host_and_run_nothing(explorer, one_of_each):
    """Nothing in a page is fetched from elsewhere, and no script runs but with the page's nonce."""
    for text in (explorer().home(), *(explorer().thing(node) for node in one_of_each)):
        for tag, name, value in Seen(text).attributes:
            assert not name.startswith("on")
            assert name != "style"
            if name == "src" or (tag == "link" and name == "href"):
                assert value.startswith(("/", "data:"))
        assert text.count("<script") == text.count('<script nonce="nonce"') + text.count('type="application/json"')


def test_everything_is_found_by_its_own_name(served, things):
    """Whoever types the whole name of a thing, without accents, finds it."""
    missing = [
        name
        for node, name in things.items()
        if folded(name) and node.value not in served.index.search(folded(name), 400)
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("uỷ viên thường vụ", "ủy viên thường vụ"),
        ("Đảng uỷ khối", "dang uy khoi"),
        ("lam dong", "LÂM ĐÔNG"),
        ("24-DA/TU", "24 da tu"),
        ("lữ công", "lu cong tao"),
    ],
)
def test_spellings_of_a_search_are_forgiven(served, typed, other):
    """Accents, case, tone marks on either letter and the signs of a number do not matter."""
    found = served.index.search(typed, 50)
    assert found
    assert found[0] == served.index.search(other, 50)[0]


def test_a_name_typed_whole_is_first_and_longer_ones_follow():
    """Of what is called just so, and what is called so and more, the former comes first; other words may be cut."""
    store, label = ox.Store(), ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    for name in ("Party Committee Two", "Party Committee", "Part Committee"):
        store.add(ox.Quad(ox.NamedNode(f"https://x/id/{name.replace(' ', '-')}"), label, ox.Literal(name)))
    index = NameIndex(make_name_index(store, "https://x/id/"), {})

    def found(typed):
        return [one.rpartition("/")[2] for one in index.search(typed, 9)]

    assert found("party committee") == ["Party-Committee", "Party-Committee-Two"]
    assert set(found("part commit")) == {"Part-Committee", "Party-Committee", "Party-Committee-Two"}


def test_abbreviations_are_searched_as_what_they_stand_for(served, content):
    """Whoever types an abbreviation finds all that its long form finds."""
    tried = 0
    for short, longer in content.abbreviations.items():
        for long in longer:
            found = set(served.index.search(long, 400))
            tried += bool(found)
            assert found <= set(served.index.search(short, 400)), short
    assert tried > 5


@pytest.mark.parametrize(
    "typed", ["", "   ", '"', "* OR *", "NEAR(a b)", "a:b", "'; DROP TABLE thing", "x" * 10_000, "\0"]
)
def test_a_search_takes_anything(explorer, typed):
    """Whatever is typed, a search answers with a page."""
    assert "<h1>" in explorer().search(typed)


def test_a_question_is_answered_on_a_page(explorer):
    """A question with its value shows a table whose cells lead to pages; without one that it needs, a form."""
    answered = explorer().question("posts/posts-of-a-person", {"who": "lam dong"})
    seen = Seen(answered)
    assert "table" in seen.tags
    assert any(one.startswith("/page/post/") for one in seen.links)
    asked = Seen(explorer().question("changes/what-changed-between-two-dates", {}))
    assert "table" not in asked.tags
    assert asked.tags.count("form") == 3


def test_a_name_that_fits_several_is_told_on_the_page(explorer):
    """A name that means several things is answered on the page itself with those to choose from."""
    text = Seen(explorer().question("posts/leaders-of-a-body", {"unit": "tinh uy"})).text
    assert "p1-provincial-party-committee" in text
    assert "p3-provincial-party-committee" in text


def test_a_page_shows_what_the_question_answers(explorer, served):
    """The section of a thing's page says what the question says when it is asked of that thing."""
    page = Seen(explorer().thing(thing("person/lam-dong"))).text
    answered = Seen(explorer().question("posts/posts-of-a-person", {"who": BASE + "person/lam-dong"})).text
    for words in ("Trưởng Ban Tổ chức Tỉnh ủy (P1)", "Ủy viên Ban Thường vụ Tỉnh ủy (P1)"):
        assert words in page
        assert words in answered


def test_questions_of_a_page_are_there(content, served):
    """What viz/pages.toml names is there: the questions, and classes whose prefixes are known."""
    for page in content.pages["page"]:
        assert page["questions"]
        assert set(page["questions"]) <= set(served.questions)
        for one in page["classes"]:
            assert content.expand(one).startswith("http")


def test_a_new_question_is_on_the_pages_of_its_class(tree, tmp_path):
    """A question file that is added can be asked of each thing of its class from its page, without a restart."""
    from orgline.build.pipeline import run_build

    content = Content.find(tree)
    run_build(content, tmp_path / "out")
    served = WorkerState((tmp_path / "out").resolve(), content)
    served.open()
    known = len(served.questions)
    one = next(path for path in content.questions)
    (one.parent / "a-new-one.rq").write_text(one.read_text(encoding="utf-8"), encoding="utf-8")
    assert len(served.questions) == known + 1
