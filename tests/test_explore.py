"""Pages that grow: a search as one types, and going on from one thing to its neighbours, with and without a script."""

import json
import re
from urllib.parse import quote, urlencode

import pytest
from tabs import PAYLOADS, Watched, serving

BODY = "body/p3-provincial-party-committee"
BASE = "https://w3id.org/orgline/id/"
PREFIXES = """
PREFIX x: <https://w3id.org/orgline/id/>
PREFIX ol: <https://w3id.org/orgline/ns#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX edtf: <http://id.loc.gov/datatypes/edtf/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX type: <https://w3id.org/orgline/code/line-type/>
"""
WARD = """
x:ward a org:Organization ; rdfs:label "Khoa Nội"@vi , "Medical ward"@en .
x:clinic a org:Organization ; rdfs:label "Phòng khám" .
x:old a org:Organization ; rdfs:label "Phòng cũ" .
x:later a org:Organization ; rdfs:label "Phòng mới" .
x:seen a org:Organization ; rdfs:label "Phòng thấy một lần" .
x:l1 a ol:Line ; ol:upper x:clinic ; ol:lower x:ward ; ol:lineType type:subordination ;
  schema:startDate "2010"^^edtf:EDTF ; ol:attestedOn "2030-01-01"^^edtf:EDTF ; prov:wasDerivedFrom x:paper ;
  ol:certainty ol:Inferred .
x:l2 a ol:Line ; ol:upper x:old ; ol:lower x:ward ; ol:lineType type:subordination ;
  schema:startDate "2001"^^edtf:EDTF ; schema:endDate "2009"^^edtf:EDTF .
x:l3 a ol:Line ; ol:upper x:later ; ol:lower x:ward ; ol:lineType type:leadership ;
  schema:startDate "2040"^^edtf:EDTF .
x:l4 a ol:Line ; ol:upper x:seen ; ol:lower x:ward ; ol:lineType type:leadership ;
  ol:attestedOn "2015-05-01"^^edtf:EDTF .
x:paper a ol:Source ; rdfs:label "Báo" .
x:nurse a foaf:Person ; rdfs:label "Lan" .
x:post a org:Post ; rdfs:label "Điều dưỡng trưởng" ; org:postIn x:ward .
x:tenure a org:Membership ; org:member x:nurse ; ol:inPost x:post ; org:organization x:ward ;
  ol:attestedOn "2024-05-01"^^edtf:EDTF .
x:figure a ol:Figure ; ol:task "Số giường"@vi , "Beds"@en ; ol:value 40 ; ol:figureOf x:ward .
"""
MANY = 3000


@pytest.fixture(scope="module")
def service(real_build):
    with serving(real_build) as client:
        yield client


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """A service of one ward, a hub with thousands of lines, and words that would be scripts."""
    path = tmp_path_factory.mktemp("ward") / "ward.ttl"
    hub = "x:hub a org:Organization ; rdfs:label 'Hub' .\n" + "".join(
        f'x:h{n} a org:Organization ; rdfs:label "Hub body {n}" .\n'
        f"x:hl{n} a ol:Line ; ol:upper x:hub ; ol:lower x:h{n} ; ol:lineType type:subordination .\n"
        for n in range(MANY)
    )
    hub += "".join(f"x:hp{n} a org:Post ; org:postIn x:hub .\n" for n in range(20))
    hostile = "x:bad a org:Organization ; rdfs:label 'hurt centre' .\n" + "".join(
        f"x:b{n} a org:Organization ; rdfs:label {json.dumps(f'hurt {text}', ensure_ascii=False)} .\n"
        f"x:bl{n} a ol:Line ; ol:upper x:bad ; ol:lower x:b{n} ; ol:lineType type:subordination ; "
        f"prov:wasDerivedFrom x:b{n} ; ol:quantifier {json.dumps(text, ensure_ascii=False)} .\n"
        for n, text in enumerate(PAYLOADS)
    )
    path.write_text(PREFIXES + WARD + hub + hostile, encoding="utf-8")
    with serving(path) as client:
        yield client


def asked(client, path, **query):
    status, headers, body = client.get(f"{path}?{urlencode({'format': 'json', **query})}")
    assert (status, headers["Content-Type"]) == (200, "application/json"), body
    return json.loads(body)


def names(answer):
    """Return the labels of what an answer draws, by the last part of their IRIs."""
    return {one["id"].removeprefix(BASE): one["label"] for one in answer["nodes"]}


def test_what_is_typed_is_found_as_json(service):
    """A search gives twelve at most, each with its name, its kinds and its page, in the language and day asked of."""
    found = asked(service, "search", q="tinh uy", lang="en", **{"as-of": "2024-05-01"})["found"]
    assert 3 <= len(found) <= 12
    assert all(one["label"] and one["kinds"] for one in found)
    assert all(re.fullmatch(r"/page/\S+\?lang=en&as-of=2024-05-01", one["address"]) for one in found)
    assert asked(service, "search", q="")["found"] == []
    assert service.get("search?q=x&format=docx")[0] == 400


def test_scripts_are_kept_for_good(service):
    """Scripts come from this host, under names that change with them, packed for whoever takes that."""
    page = service.get(f"explore/{BODY}", {"Accept": "text/html"})[2].decode()
    addresses = re.findall(r'<script nonce="[\w-]+" src="([^"]+)"', page)
    assert [re.sub(r"-[0-9a-f]{16}", "", one) for one in addresses] == [
        "/static/suggest.js",
        "/static/vis-network.min.js",
        "/static/explore.js",
    ]
    for address in addresses:
        status, headers, body = service.get(address.removeprefix("/"), {"Accept-Encoding": "gzip"})
        assert (status, headers["Content-Encoding"]) == (200, "gzip")
        assert "immutable" in headers["Cache-Control"]
        assert len(body) < 150_000
    assert service.get("static/..%2Fserved.css")[0] == 404


def test_pages_run_no_script_but_ours(service):
    """The policy of a page allows its nonce and its host, nothing inline, nothing from elsewhere."""
    for path in (f"explore/{BODY}", "sparql", f"page/{BODY}"):
        headers = service.get(path, {"Accept": "text/html"})[1]
        policy = headers["Content-Security-Policy"]
        assert re.search(r"script-src 'nonce-[\w-]{20,}';", policy)
        assert "connect-src 'self'" in policy
        assert "unsafe" not in policy


def test_a_thing_leads_to_its_neighbours(service):
    """The page of a thing leads to where it is explored, and that in words to each neighbour with its source."""
    page = service.get(f"page/{BODY}", {"Accept": "text/html"})[2].decode()
    address = re.search(r'href="/(explore/[^"]+)"', page)[1]
    words = service.get(address.replace("&amp;", "&"), {"Accept": "text/html"})[2].decode()
    words = words[words.index('<section class="around">') :]
    assert "— cơ quan của → Tỉnh ủy (P3)" in words
    assert "/page/body/p3-standing-committee?lang=vi" in words
    assert "/page/source/p3-midterm-en?lang=vi" in words
    assert "các dòng 3, 14" in words


def test_the_day_is_obeyed(ward):
    """What has ended or begins later is not drawn but counted; what was last attested is dashed."""
    now = asked(ward, "neighbours/ward", **{"as-of": "2020-06-01"})
    dashes = {one["id"].removeprefix(BASE): one["dash"] for one in now["edges"]}
    assert "old" not in names(now)
    assert "later" not in names(now)
    assert now["not_held"] == 3
    assert dashes["l1"] == []
    assert dashes["l4"] == [6, 4]
    then = asked(ward, "neighbours/ward", **{"as-of": "2005-06-01"})
    assert "old" in names(then)
    assert "clinic" not in names(then)


def test_what_only_joins_is_a_line(ward):
    """A tenure or a line is no box: it joins what it names, in the words of the language, with its certainty."""
    answer = asked(ward, "neighbours/ward", lang="en", **{"as-of": "2024-05-01"})
    assert {"ward", "nurse", "post", "clinic"} <= names(answer).keys()
    assert not {"tenure", "l1", "paper"} & names(answer).keys()
    lines = {one["id"].removeprefix(BASE): one for one in answer["edges"]}
    assert (lines["tenure"]["from"], lines["tenure"]["to"]) == (f"{BASE}nurse", f"{BASE}post")
    assert lines["tenure"]["name"] == "holds"
    assert (lines["l1"]["name"], lines["l1"]["certainty"]) == ("reports to", "Inferred, with its reason")
    assert lines["l1"]["sources"] == [{"name": "Báo", "lines": "", "page": "/page/paper?lang=en&as-of=2024-05-01"}]


def test_what_has_no_name_is_called_by_what_it_says(ward):
    """A thing without a label is called by what it says, and its number."""
    assert names(asked(ward, "neighbours/ward", lang="en"))["figure"] == "Beds: 40"


def test_a_line_can_be_explored_itself(ward):
    """Whoever begins at what only joins comes to both its ends."""
    assert {"l1", "clinic", "ward"} <= names(asked(ward, "neighbours/l1")).keys()


def test_a_hub_is_opened_a_part_at_a_time(ward):
    """Of thousands of neighbours sixty come at once, of every kind; going on reaches all, each once."""
    seen, after, turns = [], 0, 0
    while turns < 100:
        answer = asked(ward, "neighbours/hub", after=after)
        fresh = [one for one in names(answer) if one != "hub"]
        assert len(fresh) <= 60
        if not turns:
            assert (len(fresh), answer["more"], answer["left"]) == (60, 1000, "còn 1.000+ mục")
            assert sum(one.startswith("hp") for one in fresh) == 20
        seen += fresh
        after, turns = answer["after"], turns + 1
        if not answer["more"]:
            break
    assert len(seen) == len(set(seen)) == MANY + 20


def test_without_a_script_one_goes_on_by_a_link(ward):
    """The page in words has a link to the next neighbours, in the same language and day."""
    page = ward.get("explore/hub?lang=en&as-of=2024-05-01", {"Accept": "text/html"})[2].decode()
    following = re.search(r'<a href="(/explore/hub\?[^"]*after=60[^"]*)">Go on, 1,000\+ more</a>', page)[1]
    assert "as-of=2024-05-01" in following
    assert ward.get(following[1:].replace("&amp;", "&"), {"Accept": "text/html"})[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("explore/nobody", 404),
        ("neighbours/nobody", 404),
        ("explore", 400),
        ("explore?iri=no%20iri", 400),
        ("neighbours/ward?after=-1", 400),
        ("neighbours/ward?after=999999999999", 400),
        ("neighbours/ward?format=html", 400),
        ("explore?iri=" + quote(BASE + "ward"), 200),
    ],
)
def test_wrong_addresses_are_told(ward, path, status):
    """What is nowhere, or no number, gets its status and one sentence."""
    found, _, body = ward.get(path, {"Accept": "text/html"})
    assert found == status
    assert status == 200 or 'class="wrong"' in body.decode()
    assert status == 200 or ward.get(path)[2].decode().count("\n") == 1


def status_of(tab):
    return tab.inner_text("#announcement")


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1920])
def test_search_as_one_types(tabs, width):
    """A listbox opens under the box; arrows choose, Escape closes it, Enter goes to the thing."""
    tab = tabs.open("/?lang=vi", width)
    box = tab.get_by_role("combobox")
    box.type("tinh uy", delay=20)
    tab.wait_for_selector("[role=listbox] [role=option]")
    assert box.get_attribute("aria-expanded") == "true"
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    box.press("ArrowDown")
    chosen = tab.locator(f"#{box.get_attribute('aria-activedescendant')}")
    assert chosen.get_attribute("aria-selected") == "true"
    name = chosen.evaluate("one => one.firstChild.data")
    box.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert box.input_value() == "tinh uy"
    box.press("ArrowDown")
    tab.wait_for_selector("[role=listbox] [role=option]")
    box.press("ArrowDown")
    box.press("Enter")
    tab.wait_for_url("**/page/**")
    assert tab.inner_text("h1") == name


@pytest.mark.slow
def test_only_the_last_of_what_is_typed_is_asked(tabs):
    """Letters typed quickly are asked of once; an earlier answer never replaces a later one."""
    tab = tabs.open("/?lang=vi")
    tab.get_by_role("combobox").type("ban thuong vu", delay=10)
    tab.wait_for_selector("[role=option]")
    assert len([url for url in tabs.asked if "format=json" in url]) <= 3
    assert "Ban Thường vụ" in tab.inner_text("[role=option] >> nth=0")


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1920, "dark")])
def test_neighbours_are_opened_by_keyboard(tabs, width, scheme):
    """Arrows go from box to box, Enter opens one, Backspace folds it; each is said, nothing is wider than the page."""
    tab = tabs.open(f"/explore/{BODY}?lang=vi", width, color_scheme=scheme)
    tab.wait_for_selector("#frame canvas")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert "Tỉnh ủy (P3), Tổ chức của Đảng" in status_of(tab)
    tab.focus("#frame")
    for _ in range(12):
        tab.keyboard.press("ArrowLeft" if width > 600 else "ArrowRight")
        tab.keyboard.press("ArrowDown")
        if "Đảng ủy Khối Cơ quan" in status_of(tab):
            break
    heading = tab.inner_text("#chosen h2")
    assert heading != "Tỉnh ủy (P3)"
    tab.keyboard.press("Enter")
    tab.locator("#announcement", has_text=re.compile("Đã mở thêm|Không còn mục nào")).wait_for()
    tab.keyboard.press("Backspace")
    assert tab.inner_text("#chosen h2") == heading
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "out"


@pytest.mark.slow
def test_a_click_opens_and_the_panel_says_why(tabs):
    """A click on a box brings its neighbours; the panel names each line, its source, and leads to the page."""
    tab = tabs.open(f"/explore/{BODY}?lang=en&as-of=2023-01-01")
    tab.wait_for_selector("#frame canvas")
    tab.get_by_role("button", name="Party Committee of the Provincial Agencies and Enterprises Bloc (P3)").click()
    tab.get_by_role("button", name="Open its neighbours").click()
    tab.locator("#announcement", has_text="opened").wait_for()
    assert "reports to →" in tab.inner_text("#chosen")
    assert tab.locator("#chosen a", has_text="See its page").get_attribute("href").endswith("as-of=2023-01-01")
    assert tab.locator("#chosen a", has_text="Report 003").count()


@pytest.mark.slow
def test_a_new_day_keeps_the_page(tabs):
    """The date in the header leads to the same page, of the same thing, in the same language, as of that day."""
    for path in (f"/explore/{BODY}?lang=en", "/sparql?lang=en&query=ASK%7B%7D", "/search?q=ban&lang=en"):
        tab = tabs.open(path)
        heading = tab.inner_text("h1")
        tab.fill("input[name=as-of]", "2024-03-02")
        tab.locator("form.day button").click()
        tab.wait_for_url("**as-of=2024-03-02**")
        assert tab.inner_text("h1") == heading
        assert tab.input_value("input[name=as-of]") == "2024-03-02"
        assert path.partition("?")[0] in tab.url
        assert all(part in tab.url for part in path.partition("?")[2].split("&"))


@pytest.mark.slow
@pytest.mark.parametrize("bypass", [False, True], ids=["policy", "no policy"])
def test_hostile_words_are_words(browser, ward, bypass):
    """Sixty names that would be scripts, in boxes, lines, sources and searches, run nothing, policy or none."""
    assert len(PAYLOADS) == 60
    watched = Watched(browser, ward.address)
    tab = watched.open("/explore/bad?lang=vi", bypass_csp=bypass)
    tab.wait_for_selector("#frame canvas")
    assert tab.locator("#chosen li").count() == 60
    for number in range(8):
        tab.locator("#chosen li button").nth(number).click()
        assert tab.inner_text("#chosen h2").startswith("hurt")
        tab.locator("#chosen li button").first.click()
    tab.focus("#frame")
    for key in ("ArrowRight", "Enter", "ArrowDown", "Enter", "ArrowUp", "ArrowLeft"):
        tab.keyboard.press(key)
    tab.hover("#frame")
    box = tab.get_by_role("combobox")
    for typed in ("hurt", *PAYLOADS[:3]):
        box.fill("")
        box.type(typed[:40])
        tab.wait_for_timeout(300)
    assert tab.evaluate("window.hurt") is None
    for text in PAYLOADS:
        tab.goto(f"{watched.address}/search?q={quote(text)}")
        assert tab.evaluate("window.hurt") is None
    for number in range(0, 60, 6):
        tab.goto(f"{watched.address}/page/b{number}")
        assert tab.evaluate("window.hurt") is None
    watched.close()
