"""What goes wrong is told to people on a page in their language, to programs in one English line: as words."""

import ast
import json
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from attack import served
from conftest import HOSPITAL, ROOT
from hypothesis import given
from hypothesis import strategies as st
from tabs import PAYLOADS, Watched, serving

from orgline.content.tree import Content
from orgline.text.messages import Message, message_from_json, message_of, message_to_json, translate_message

PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
MET = [
    ("nowhere", 404, "Không có trang nào ở địa chỉ này.", "There is no page at this address."),
    ("page/body/nobody", 404, "Không nguồn nào nêu điều gì về ", "The graph has no statements about "),
    ("explore/body/nobody", 404, "Không nguồn nào nêu điều gì về ", "The graph has no statements about "),
    ("chart/person/nobody", 404, "không có sơ đồ tổ chức", "has no organization chart"),
    ("ask/posts/leader-of-a-body", 404, 'Có phải ý bạn là "leaders-of-a-body"?', 'Did you mean "leaders-of-a-body"?'),
    ("?as-of=gestern", 400, 'Vào ngày: "gestern" không phải là ngày.', '"gestern" is no day.'),
    ("page/body/x?as-known-on=1", 400, "không phải là ngày", "is no day"),
    ("page", 400, "Địa chỉ không nêu mục nào.", "The address does not name a thing."),
    ("page?iri=no%20iri", 400, "không phải là địa chỉ của một mục", "is not the address of a thing"),
    ("chart/body/p3-provincial-party-committee?depth=99", 400, "không phải là số từ 1", "is not a number from 1"),
    ("chart/body/p3-provincial-party-committee?paper=a9", 400, 'Không có khổ giấy "a9".', 'The paper size "a9"'),
    ("explore/body/p3-provincial-party-committee?after=x", 400, "không phải là số", "is not a number"),
    ("search?q=x&format=docx", 400, 'Không có dạng tệp "docx".', 'The format "docx" is not known.'),
    ("search?q=1&q=2", 400, '"q" được ghi nhiều lần', '"q" is given more than once'),
    ("search?q=%FF", 400, "ký tự không đúng mã UTF-8", "is not UTF-8 text"),
]
ASKED = [
    ("ask/posts/leaders-of-a-body?unit=Tinh+uy+X", "không có gì tên là", "nothing is called"),
    ("ask/posts/leaders-of-a-body?unit=ban", "Hãy ghi một trong các tên sau", "Give one of these"),
    ("ask/posts/leaders-of-a-body?boddy=x&unit=x", "Câu hỏi này không hỏi theo boddy", "not asked of boddy"),
]


class Seen(HTMLParser):
    """Where a page leads to, and its tags."""

    def __init__(self, text):
        super().__init__()
        self.leads, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.leads += [value for name, value in attrs if name in ("href", "src", "action") and value is not None]


@pytest.fixture(scope="module")
def service(real_build):
    with serving(real_build) as client:
        yield client


def told(client, path, **headers):
    """Return the status, the headers, the page and the sentence on it."""
    status, headers, body = client.get(path, {**PAGE, **headers})
    text = body.decode()
    assert headers["Content-Type"] == "text/html; charset=utf-8", text
    return status, headers, text, unescape(re.search(r'<p class="wrong" role="alert">(.*?)</p>', text, re.DOTALL)[1])


@pytest.mark.parametrize(("path", "status", "vi", "en"), MET, ids=[one[0] for one in MET])
def test_people_are_told_on_a_page(service, path, status, vi, en):
    """Who reads pages gets one, in Vietnamese or as asked: its status, what is wrong, a search box, both languages."""
    for lang, sentence in (("", vi), ("vi", vi), ("en", en)):
        more = f"{'&' if '?' in path else '?'}lang={lang}" if lang else ""
        found, headers, text, wrong = told(service, path + more)
        assert found == status
        assert sentence in wrong
        assert f'<html lang="{lang or "vi"}">' in text
        assert {'name="q"', 'name="as-of"', "hreflang"} <= set(re.findall(r'name="q"|name="as-of"|hreflang', text))
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"], headers["Access-Control-Allow-Origin"]) == ("no-store", None)


@pytest.mark.parametrize("path", [one[0] for one in MET])
def test_programs_are_told_in_a_line(service, path):
    """Who does not ask for pages gets the same status and one English line."""
    status, headers, body = service.get(path)
    assert status == told(service, path)[0]
    assert headers["Content-Type"].startswith("text/plain")
    assert body.decode().isascii()
    assert body.count(b"\n") == 1


@pytest.mark.parametrize(("path", "vi", "en"), ASKED)
def test_a_question_tells_what_it_could_not_take(service, path, vi, en):
    """What is typed into a field of a question and fits nothing, or several, is told beside the field, in words."""
    for lang, sentence in (("vi", vi), ("en", en)):
        _, _, text, wrong = told(service, f"{path}&lang={lang}")
        assert sentence in wrong
        assert "--" not in wrong
        assert '<form class="parameters"' in text


def test_the_sparql_page_tells_in_its_language(service):
    """What is wrong with a query is told in Vietnamese on the Vietnamese page."""
    for query, sentence in (("SELEC", "Câu hỏi sai cú pháp SPARQL"), ("CLEAR ALL", "CLEAR sửa đồ thị")):
        status, _, _, wrong = told(service, f"sparql?query={quote(query)}")
        assert status == 400
        assert sentence in wrong


def test_a_fault_page_leads_nowhere_else(service):
    """However the address is written, every link and form of the page stays on this host."""
    for path in (
        "/evil.example/x",
        "/%5Cevil.example",
        "%2F/evil.example",
        ";//evil.example",
        "x?as-of=//evil.example",
    ):
        text = told(service, path)[2]
        leads = Seen(text).leads
        assert leads
        assert [one for one in leads if not re.match(r"/(?![/\\])|#main$|data:,$", one)] == []


@pytest.mark.parametrize("text", PAYLOADS[::3])
def test_hostile_addresses_are_words(service, text):
    """What would be a script in a path, a value, a day or a language adds no tag to the page."""
    plain = set(Seen(told(service, "nowhere")[2]).tags)
    for path in (quote(text, safe=""), f"page?iri={quote(text)}", f"?as-of={quote(text)}", f"?lang={quote(text)}"):
        found = told(service, path)[2]
        assert set(Seen(found).tags) <= plain
        assert "window.hurt" in unescape(found) or "other.example" in unescape(found)


def test_who_asks_too_much_is_told_so(real_build):
    """A page says so and offers to try again; it is made once, and has a nonce of its own each time."""
    with served(real_build, ROOT, seconds_per_minute=1000.0, requests_per_owner=0) as one:
        pages = [one.ask("/page/nobody?lang=en", Accept="text/html") for _ in range(2)]
        vietnamese = one.ask("/search?q=x", Accept="text/html")
    assert [page.status for page in (*pages, vietnamese)] == [429] * 3
    assert "Your address has 0 questions running." in pages[0].body.decode()
    assert '<a href="">Thử lại</a>' in vietnamese.body.decode()
    nonces = [re.findall(r'nonce="([^"]+)"', page.body.decode()) for page in pages]
    assert {*nonces[0]}.isdisjoint(nonces[1])
    assert all(
        f"'nonce-{nonce[0]}'" in page.headers["content-security-policy"]
        for nonce, page in zip(nonces, pages, strict=True)
    )


def sentences():
    """Return the key of each sentence of the engine, and how many values it has."""
    for path in sorted((ROOT / "orgline").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Message"), args=[ast.Constant(value=key), *rest]):
                    yield key, len(rest) - 1


def test_every_sentence_is_in_every_language():
    """Each sentence with a key stands in every catalogue, with places for its values only; none is there in vain."""
    found = set(sentences())
    assert len(found) > 40
    for root in (ROOT, HOSPITAL):
        for lang, words in Content.find(root).words.items():
            for key, values in found:
                assert key in words, (root, lang)
                assert {int(one) for one in re.findall(r"\{(\d)\}", words[key])} <= set(range(values)), (lang, key)
            assert {key for key in words if key.startswith("wrong_")} == {key for key, _ in found}


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_sentence_keeps_its_values(text, values):
    """A sentence is its English words to whoever reads no more of it, and crosses to another process whole."""
    sentence = Message("wrong_x", text, *values, Message("wrong_y", "hint"))
    again = message_from_json(json.loads(json.dumps(message_to_json(sentence))))
    assert again == sentence == text
    assert (again.key, again.values) == (sentence.key, sentence.values)
    assert again.values[-1].key == "wrong_y"
    assert message_from_json(json.loads(json.dumps(message_to_json(text)))) == text


def test_a_catalogue_says_a_sentence():
    """Its words take the values, called as the page calls them; without a fitting translation it stays English."""
    sentence = Message("wrong_x", "--who: is {not} known. Try y.", "--who", Message("wrong_y", " Try y.", "{0}"))
    words = {"wrong_x": "{0} inconnu.{1}", "wrong_y": " Essayez {0}."}
    assert translate_message(sentence, words, {"--who": "Qui"}) == "Qui inconnu. Essayez {0}."
    assert translate_message(sentence, {"wrong_x": "{7}"}) == translate_message(sentence, {}) == str(sentence)
    assert translate_message("plain {0}", words) == "plain {0}"
    assert message_of(ValueError(sentence)) is sentence


@pytest.mark.slow
@pytest.mark.parametrize("bypass", [False, True], ids=["policy", "no policy"])
def test_hostile_addresses_run_nothing(browser, service, bypass):
    """In a browser sixty addresses that would be scripts run nothing and ask nobody else, policy or none."""
    watched = Watched(browser, service.address)
    tab = watched.open("/nowhere", bypass_csp=bypass)
    for text in PAYLOADS:
        for path in (quote(text, safe=""), f"page?iri={quote(text)}", f"?as-of={quote(text)}"):
            tab.goto(f"{watched.address}/{path}")
            assert tab.locator(".wrong").count() == 1
            assert tab.evaluate("window.hurt") is None
    watched.complaints = [one for one in watched.complaints if "the server responded with a status of 40" not in one]
    watched.close()
