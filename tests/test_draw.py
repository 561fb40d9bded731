"""What people see: pages of views that read as they open, fetch nothing and keep words as words."""

import json
import re
import shutil

import pyoxigraph as ox
import pytest

from orgline.content import read_query_files
from orgline.content.tree import Content
from orgline.graph.speaker import Speaker
from orgline.render.html.build_index import write_pages
from orgline.render.html.templates import TEMPLATES, data_script, language_spans, languages, page_words
from orgline.render.text_width import wrap_text
from orgline.render.view.picture_maker import PictureMaker
from orgline.render.view.text_alternative import locator_text
from orgline.render.view.view_layout import lay_out, page_measures
from orgline.render.view.view_nodes import list_pages
from orgline.render.view.view_pages import write_views
from orgline.text.errors import CannotRun, ContentError

IMAGE = '<img src=x onerror="window.hurt=1">'
SCRIPT = "</script><script>window.hurt=1</script>\u2028"
PREFIXES = """
PREFIX ol: <https://w3id.org/orgline/ns#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX viz: <https://w3id.org/orgline/viz#>
"""
WARDS = (
    """#+ summary: {vi: Bệnh viện, en: The hospital}
#+ how: {vi: Đọc từ trái sang phải., en: Read from left to right.}
"""
    + PREFIXES
    + """
CONSTRUCT {
  ?box a viz:Node ; viz:about ?thing ; viz:title ?thing ; viz:subtitle ?word ; viz:kind ?kind ; viz:within ?frame .
  ?edge a viz:Edge ; viz:about ?line ; viz:kind "under" ; viz:from ?up ; viz:to ?low .
}
WHERE {
  { ?thing a org:Organization BIND ("ward" AS ?kind) BIND (IRI(CONCAT(STR(?thing), "#box")) AS ?box)
    OPTIONAL { ?thing rdfs:comment ?word } }
  UNION { ?thing org:member ?who ; org:organization ?in BIND ("nurse" AS ?kind)
    BIND (IRI(CONCAT(STR(?thing), "#row")) AS ?box) BIND (IRI(CONCAT(STR(?in), "#box")) AS ?frame) }
  UNION { ?line ol:lower ?a ; ol:upper ?b
    BIND (IRI(CONCAT(STR(?line), "#edge")) AS ?edge)
    BIND (IRI(CONCAT(STR(?a), "#box")) AS ?low) BIND (IRI(CONCAT(STR(?b), "#box")) AS ?up) }
}
"""
)
STYLE = """
[page]
text = "#111111"
muted = "#555555"
line = "#dddddd"
paper = "#ffffff"
ground = "#f4f4f4"
accent = "#004488"
font = "sans-serif"
[marks.stated]
legend = { vi = "Có nêu", en = "Stated" }
[marks.inferred]
legend = { vi = "Suy ra", en = "Inferred" }
dash = [6, 4]
[kinds.ward]
legend = { vi = "Khoa", en = "Ward" }
fill = "#eeeeff"
border = "#000088"
[kinds.nurse]
legend = { vi = "Điều dưỡng", en = "Nurse" }
fill = "#ffffff"
border = "#008800"
[kinds.unused]
legend = { vi = "Không dùng", en = "Unused" }
fill = "#ffffff"
border = "#000000"
[lines.under]
legend = { vi = "thuộc", en = "stands under" }
colour = "#333333"
arrow = "from"
tree = 1
word = true
[forms.class]
legend = { vi = "Nhóm", en = "Class" }
shape = "stack"
[views.all]
layout = "groups"
"""
DATA = f"""
PREFIX x: <https://w3id.org/orgline/id/>
{PREFIXES}
x:clinic a org:Organization ; rdfs:label "Phòng khám"@vi , "Clinic"@en .
x:ward a org:Organization ; rdfs:label "Khoa Nội Đa khoa"@vi , "Medical ward"@en ; ol:certainty ol:Inferred .
x:image a org:Organization ; rdfs:label {json.dumps(IMAGE)} .
x:script a org:Organization ; rdfs:label {json.dumps(SCRIPT)} ; rdfs:comment {json.dumps(IMAGE)}@vi , "href"@en .
x:minh a <http://xmlns.com/foaf/0.1/Person> ; rdfs:label "Minh" .
x:tenure org:member x:minh ; org:organization x:ward ; rdfs:label "Minh"@vi .
x:l1 ol:lower x:ward ; ol:upper x:clinic .
x:l2 ol:lower x:clinic ; ol:upper x:ward .
x:l3 ol:lower x:image ; ol:upper x:ward .
x:paper a ol:Source ; rdfs:label "Báo"@vi , "Paper"@en .
x:c1 a ol:Claim ; ol:about x:ward ; prov:wasDerivedFrom x:paper ; ol:locator "L5" , "L11" ;
  ol:printed {json.dumps(IMAGE)} ; ol:certainty ol:Inferred ; ol:reason "tên ghi tắt"@vi , "a short name"@en .
"""


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    root = tmp_path_factory.mktemp("content")
    for folder in ("ontology", "data", "queries", "viz"):
        (root / folder).mkdir()
    shutil.copytree(Content.find().root / "viz" / "words", root / "viz" / "words")
    shutil.copy(Content.find().root / "viz" / "languages.toml", root / "viz" / "languages.toml")
    (root / "viz" / "wards.rq").write_text(WARDS, encoding="utf-8")
    (root / "viz" / "all.rq").write_text(WARDS, encoding="utf-8")
    (root / "viz" / "style.toml").write_text(STYLE, encoding="utf-8")
    (root / "ontology" / "prefixes.ttl").write_text("# none\n", encoding="utf-8")
    return Content.find(root)


@pytest.fixture(scope="module")
def store():
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def picture(store, content):
    speakers = {lang: Speaker(store, lang, content.words) for lang in ("vi", "en")}
    view = next(one for one in read_query_files(content.views, content) if one.name == "wards")
    return PictureMaker(store, speakers).picture(list_pages(store, [view])[0])


@pytest.fixture(scope="module")
def pages(store, content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    write_views(store, content, folder)
    write_pages(store, content, folder, {})
    return folder


def data_of(path):
    text = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL
    )
    return json.loads(text.group(1))


def test_each_view_file_becomes_a_page(pages):
    """A view is a file: no list of views stands anywhere else."""
    assert sorted(path.name for path in (pages / "views").iterdir()) == ["all.html", "wards.html"]


def test_the_start_page_leads_to_every_view(pages):
    """Whoever opens index.html finds all pages."""
    text = (pages / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}"' in text for name in ("views/all.html", "views/wards.html", "ontology.html"))


def test_a_page_can_fetch_nothing(pages):
    """The page forbids every request and every script but its own, and names no other address."""
    for path in pages.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        head = text[: text.index("<body>")]
        assert "default-src 'none'" in head
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        nonce = re.search(r"script-src 'nonce-(\w+)'", head).group(1)
        assert set(re.findall(r'<script nonce="(\w+)">', text)) == {nonce}


def test_the_same_graph_gives_the_same_bytes(store, content, pages, tmp_path):
    """Drawing is repeatable, nonce and all."""
    write_views(store, content, tmp_path)
    for path in (tmp_path / "views").iterdir():
        assert path.read_bytes() == (pages / "views" / path.name).read_bytes()


def test_hostile_words_are_escaped_everywhere(pages):
    """Markup in a name is never markup in the page."""
    for path in (pages / "views").iterdir():
        text = path.read_text(encoding="utf-8")
        assert IMAGE not in text
        assert SCRIPT.rstrip("\u2028") not in text
        assert IMAGE in {node["label"] for node in data_of(path)["nodes"]}


def test_data_in_a_script_cannot_end_it():
    """What HTML or JavaScript would read as a sign is written as its number."""
    value = {"a": "</script>&\u2028\u2029"}
    written = data_script(value)
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == value


def test_words_are_shown_once_when_both_languages_agree():
    """A name without a translation is not said twice."""
    assert language_spans({"vi": "A<", "en": "A<"}) == "A&lt;"
    assert language_spans({"vi": "B", "en": "C"}) == '<span lang="vi">B</span><span lang="en">C</span>'


def test_the_legend_is_made_of_what_the_page_shows(pages):
    """Each look in use has its legend; others stay out."""
    text = (pages / "views" / "wards.html").read_text(encoding="utf-8")
    legend = text[text.index('<details class="legend"') : text.index("</details>")]
    assert "Điều dưỡng" in legend
    assert "stands under" in legend
    assert "Không dùng" not in legend


def test_a_box_carries_who_says_so(picture):
    """Source, line, certainty and reason stand behind a box, in each language."""
    facts = picture.facts["https://w3id.org/orgline/id/ward"]
    assert facts[0]["source"] == {"vi": "Báo", "en": "Paper"}
    assert facts[0]["lines"] == ["L5", "L11"]
    assert facts[0]["reasons"] == {"vi": ["tên ghi tắt"], "en": ["a short name"]}
    assert picture.boxes["https://w3id.org/orgline/id/ward#box"].mark == "inferred"


def test_the_outline_says_what_the_picture_shows(pages, picture):
    """Every box and line of the picture stands in the outline too, with its line of the source."""
    text = (pages / "views" / "wards.html").read_text(encoding="utf-8")
    outline = text[text.index('id="outline"') : text.index('<script type="application/json"')]
    for box in picture.boxes.values():
        assert all(language_spans(box.title) in outline for _ in box.title)
    assert outline.count("stands under") == len(picture.lines)
    assert "các dòng 5, 11" in outline
    assert "lines 5, 11" in outline


def test_a_line_is_read_from_the_lower_to_the_upper_end(pages):
    """With the arrow at its start, a line is read backwards: the ward stands under the clinic."""
    text = (pages / "views" / "wards.html").read_text(encoding="utf-8")
    relations = re.findall(r"<li class=\"stated\">(.*?)</li>", text[text.index('class="relations"') :], re.DOTALL)
    plain = [re.sub(r"\s+", " ", re.sub(r'<span lang="vi">.*?</span>|<[^>]+>', "", one)).strip() for one in relations]
    assert "Medical ward — stands under → Clinic" in plain


def test_a_circle_is_drawn_without_end(picture, content):
    """Two that stand under each other are both drawn, each once, one of them first."""
    layout = lay_out(picture, content.style, {"direction": "right"}, "vi")
    assert set(layout.boxes) == set(picture.boxes)
    assert len({(one.x, one.y) for one in layout.boxes.values()}) == len(picture.boxes)


@pytest.mark.parametrize("direction", ["right", "down"])
def test_no_box_covers_another(picture, content, direction):
    """Boxes keep apart, and inside the picture."""
    layout = lay_out(picture, content.style, {"direction": direction}, "vi")
    boxes = list(layout.boxes.values())
    for number, one in enumerate(boxes):
        assert one.x - one.width / 2 >= 0
        assert one.x + one.width / 2 <= layout.width
        assert one.y + one.height / 2 <= layout.height
        for other in boxes[:number]:
            apart_x = abs(one.x - other.x) >= (one.width + other.width) / 2 - 0.01
            apart_y = abs(one.y - other.y) >= (one.height + other.height) / 2 - 0.01
            assert apart_x or apart_y


def test_long_words_are_cut_into_lines():
    """No word leaves its box, however long."""
    lines = wrap_text("a" * 200 + " b", 100, 14)
    assert len(lines) > 10
    assert "".join(lines).replace(" ", "") == "a" * 200 + "b"


def test_places_in_a_source_are_said_in_words(content):
    """Lines by number, in order; another kind of place as it is."""
    assert locator_text(["L11", "L5"], content.words["vi"]) == "các dòng 5, 11"
    assert locator_text(["B12"], content.words["en"]) == "B12"


def test_a_missing_style_is_told(content, store, tmp_path):
    """Without viz/style.toml there is a sentence that names it."""
    root = tmp_path / "content"
    shutil.copytree(content.root, root)
    (root / "viz" / "style.toml").unlink()
    with pytest.raises(CannotRun, match=r"viz/style\.toml: is missing"):
        write_views(store, Content.find(root), tmp_path)


def test_words_of_all_languages_have_the_same_keys():
    """No page word is missing in a language."""
    words = Content.find().words
    assert {frozenset(one) for one in words.values()} == {frozenset(words["vi"])}
    assert all(text.strip() for one in words.values() for text in one.values())


def test_every_kind_that_a_view_names_has_a_look():
    """What the views write as a kind of line or box stands in the style file."""
    content = Content.find()
    known = {*content.style["kinds"], *content.style["lines"], *content.style["forms"]}
    for view in read_query_files(content.views, content):
        named = re.findall(r'BIND \("([a-z-]+)" AS \?(?:kind|edgeKind|form|lineKind)\)', view.text)
        named += re.findall(r'\((?:\w+:\w+|<[^>]+>) "([a-z-]+)"\)', view.text)
        assert set(named) - {"before", "after"} <= known, view.name


@pytest.fixture
def opened(browser, pages):
    """Return a function that opens a page and afterwards looks at what it asked for and complained of."""
    asked, complaints, tabs = [], [], []

    def open_page(name, width=1366, height=768):
        tab = browser.new_page(viewport={"width": width, "height": height})
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto((pages / name).as_uri())
        tabs.append(tab)
        return tab

    yield open_page
    assert not complaints
    assert {url for url in asked if not url.startswith(("file:", "data:"))} == set()
    assert len([url for url in asked if url.startswith("file:")]) == len(tabs)
    for tab in tabs:
        assert tab.evaluate("window.hurt === undefined")
        tab.close()


def click_on(tab, part):
    at = tab.evaluate(
        """part => { const id = [...orgline.nodes(), ...orgline.shown()].find(one => String(one).includes(part));
        return orgline.position(id); }""",
        part,
    )
    tab.mouse.click(at["x"], at["y"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["index.html", "ontology.html", "views/wards.html", "views/all.html"])
@pytest.mark.parametrize("width", [360, 1366])
def test_pages_open_without_a_request_or_a_complaint(opened, name, width):
    """Nothing leaves the page, nothing is wrong in it, and it does not scroll sideways."""
    tab = opened(name, width)
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.slow
def test_search_forgives_accents_and_case(opened):
    """Typing without accents finds the ward; Enter shows it."""
    tab = opened("views/wards.html")
    tab.fill("#search", "noi DA KHOA")
    assert "Khoa Nội Đa khoa" in tab.inner_text("#found")
    tab.keyboard.press("Enter")
    assert "Khoa Nội Đa khoa" in tab.inner_text("#details h2")


@pytest.mark.slow
def test_a_click_shows_source_line_and_reason(opened):
    """Details name who says so, where, how sure and why."""
    tab = opened("views/wards.html")
    click_on(tab, "/ward#box")
    said = tab.inner_text("#details")
    assert all(one in said for one in ("Báo", "5, 11", "tên ghi tắt", IMAGE))
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#details")


@pytest.mark.slow
def test_the_language_switch_changes_every_word(opened):
    """English throughout after one click: heading, legend, search, details."""
    tab = opened("views/wards.html")
    click_on(tab, "/ward#box")
    tab.click('button[data-lang="en"]')
    assert tab.inner_text("h1") == "The hospital"
    assert tab.get_attribute("#search", "placeholder").startswith("Find")
    assert "a short name" in tab.inner_text("#details")
    assert "Khoa" not in tab.inner_text("#outline")


@pytest.mark.slow
def test_everything_is_folded_until_a_group_is_opened(opened):
    """Only groups are there at first; a click opens one, "fold all" closes it."""
    tab = opened("views/all.html")
    assert tab.evaluate("orgline.shown()") == ["group:ward", "group:nurse"]
    click_on(tab, "group:ward")
    assert any("/clinic#box" in one for one in tab.evaluate("orgline.shown()"))
    tab.click("#fold")
    assert tab.evaluate("orgline.shown()") == ["group:ward", "group:nurse"]
    tab.click('[data-group="source"]')
    assert all(one.startswith("group:") for one in tab.evaluate("orgline.shown()"))


@pytest.mark.slow
def test_print_shows_the_outline_alone(opened):
    """On paper there are words, not tools."""
    tab = opened("views/wards.html")
    tab.emulate_media(media="print")
    assert tab.is_visible("#outline")
    assert not tab.is_visible(".picture")


# What a content mistake comes to, and what a new language or a strange name needs.


@pytest.fixture
def root(content, tmp_path):
    """A content tree of one's own, to be broken."""
    return shutil.copytree(content.root, tmp_path / "own")


def tell(root, view, construct, where="{}", header="#+ summary: {vi: Hình, en: Picture}\n"):
    (root / "viz" / f"{view}.rq").write_text(
        f"{header}{PREFIXES}PREFIX x: <https://w3id.org/orgline/id/>\nCONSTRUCT {{ {construct} }} WHERE {where}",
        encoding="utf-8",
    )


def made(store, root, out):
    for path in (write_views, lambda *given: write_pages(*given, {})):
        path(store, Content.find(root), out)
    index = (out / "index.html").read_text(encoding="utf-8")
    return re.findall(r'href="(views/[^"]*)">(.*?)</a>', index)


def test_views_that_begin_alike_are_listed_once(store, root, tmp_path):
    """A view whose name begins with that of another has its own page, under its own title."""
    for path in (root / "viz").glob("*.rq"):
        path.unlink()
    tell(root, "ward", "x:a a viz:Node")
    tell(root, "ward-of-nights", "x:a a viz:Node", header="#+ summary: {vi: Đêm, en: Nights}\n")
    assert [address for address, _ in made(store, root, tmp_path)] == ["views/ward-of-nights.html", "views/ward.html"]


def test_pages_of_things_of_one_name_are_apart(store, root, tmp_path):
    """Two things with one last name, or with signs that no path can have, have a page each that can be opened."""
    for path in (root / "viz").glob("*.rq"):
        path.unlink()
    tell(
        root, "of", "x:a a viz:Node ; viz:page <urn:place/ward> , <urn:body/ward> , <urn:x/A%3F:%C4%90?b=1> , x:clinic"
    )
    tell(root, "of-clinic", "x:a a viz:Node")
    found = dict(made(store, root, tmp_path))
    names = {path.name for path in (tmp_path / "views").iterdir()}
    assert {f"views/{name}" for name in names} == set(found)
    assert len(names) == 5
    assert {"of-ward.html", "of-ward-2.html", "of-clinic.html", "of-clinic-2.html"} < names
    assert all(re.fullmatch(r"[a-z0-9-]+\.html", name) for name in names)
    assert "Clinic" in found["views/of-clinic-2.html"]
    assert "Clinic" not in found["views/of-clinic.html"]
    write_views(store, Content.find(root), tmp_path / "again")
    assert {path.name: path.read_bytes() for path in (tmp_path / "again/views").iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "views").iterdir()
    }


def word(root, lang, **words):
    """Add a language: a gettext catalogue with some words."""
    said = "".join(f'msgctxt "{key}"\nmsgid "{text}"\nmsgstr "{text}"\n\n' for key, text in words.items())
    (root / "viz/words" / f"{lang}.po").write_text(f'msgid ""\nmsgstr ""\n\n{said}', encoding="utf-8")


def test_languages_are_the_files_of_words(root):
    """Those that viz/languages.toml names come first, then others by the alphabet; a new one is a new file."""
    for lang in ("de", "fr", "ca"):
        word(root, lang, title="x")
    assert languages(Content.find(root)) == ["vi", "en", "ca", "de", "fr"]


def test_a_new_language_may_lack_words(store, root, tmp_path):
    """What a third language lacks is said in another; each of the three hides the other two."""
    word(root, "de", language_name="Deutsch", fit="Einpassen")
    made(store, root, tmp_path)
    text = (tmp_path / "views/wards.html").read_text(encoding="utf-8")
    for lang in ("vi", "en", "de"):
        assert f'html[data-lang="{lang}"] [lang]:not([lang="{lang}"]):not(button) {{ display: none }}' in text
    assert '<span lang="de">Einpassen</span>' in text
    assert '<span lang="de">Chú giải</span>' in text
    assert data_of(tmp_path / "views/wards.html")["words"]["de"]["close"] == "Đóng"
    spans = re.findall(r'(?:<span lang="\w+">[^<]*</span>)+', text)
    assert {tuple(re.findall(r'lang="(\w+)"', one)) for one in spans} == {("vi", "en", "de")}


def test_a_language_without_a_name_is_called_by_its_code(root):
    """No button says the name of another language."""
    word(root, "de", fit="Einpassen")
    assert page_words(Content.find(root))["de"]["language_name"] == "de"


MISTAKES = {
    "unknown panel": ('x:a a viz:Node ; viz:panel "attic"', r'puts \S+/a in the panel "attic"'),
    "within itself": ("x:a a viz:Node ; viz:within x:a", r"puts \S+/a within itself"),
    "within each other": (
        "x:a a viz:Node ; viz:within x:b . x:b a viz:Node ; viz:within x:a",
        r"puts \S+/a within itself",
    ),
    "order": ('x:a a viz:Node ; viz:order "first"', r'viz:order "first", which is not a number'),
    "order without bound": ('x:a a viz:Node ; viz:order "inf"', r'viz:order "inf", which is not a number'),
    "about": ('x:a a viz:Node ; viz:about "a ward"', r'viz:about "a ward", which is not an IRI'),
    "page": ('x:a a viz:Node ; viz:page "a ward"', r'viz:page "a ward", which is not an IRI'),
    "no IRI": ("[] a viz:Node", "constructs a node without an IRI"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_a_view_cannot_draw_is_told(name, store, root, tmp_path):
    """A view that constructs what cannot be drawn is named in one sentence."""
    construct, said = MISTAKES[name]
    tell(root, "wrong", construct)
    with pytest.raises(ContentError, match=rf"^viz/wrong\.rq: .*{said}") as caught:
        write_views(store, Content.find(root), tmp_path)
    assert all("\n" not in str(one) for one in caught.value.problems)


@pytest.mark.parametrize(
    ("line", "said"), [("how: words", "has a how that is not a text"), ("order: first", "has an order that is not")]
)
def test_a_wrong_header_is_told(line, said, store, root, tmp_path):
    """A view whose header no page can say is named in one sentence."""
    tell(root, "wrong", "x:a a viz:Node", header=f"#+ summary: {{vi: H, en: P}}\n#+ {line}\n")
    with pytest.raises(ContentError, match=rf"^viz/wrong\.rq: {said}"):
        write_views(store, Content.find(root), tmp_path)


STYLE_MISTAKES = {
    "[page]": ("[page]", "[paper]", r"\[page\] is missing"),
    "accent": ('accent = "#004488"\n', "", r"\[page\] has no accent"),
    "[lines]": ("lines.under", "strokes.under", r"\[lines\] is missing"),
    "legend": ('legend = { vi = "Khoa", en = "Ward" }\n', "", r"\[kinds\.ward\] has no legend"),
    "legend of one language": ('{ vi = "Khoa", en = "Ward" }', '"Khoa"', r"\[kinds\.ward\] has a legend that is not"),
    "fill": ('fill = "#eeeeff"', "", r"\[kinds\.ward\] has no fill"),
    "colour": ('colour = "#333333"', "colour = 3", r"\[lines\.under\] has a colour that is not a text"),
    "tree": ("tree = 1", 'tree = "one"', r"\[lines\.under\] has a tree that is not a number"),
    "width": ('layout = "groups"', 'width = "wide"', r"\[views\.all\] has a width that is not a number"),
    "panels": ('layout = "groups"', 'panels = ["one"]', r"\[views\.all\] has panels that are not a list of rows"),
    "no table": ("[views.all]\nlayout = ", "[views]\nall = ", r"\[views\.all\] is not a table"),
}


@pytest.mark.parametrize("name", STYLE_MISTAKES)
def test_what_the_style_lacks_is_told(name, store, root, tmp_path):
    """A look without what pages need is named in one sentence, for pictures and for the start page."""
    old, new, said = STYLE_MISTAKES[name]
    assert old in STYLE
    (root / "viz/style.toml").write_text(STYLE.replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError, match=rf"viz/style\.toml: {said}"):
        write_views(store, Content.find(root), tmp_path)
    with pytest.raises(ContentError, match=rf"viz/style\.toml: {said}"):
        write_pages(store, Content.find(root), tmp_path, {})


def test_words_that_no_language_has_are_told(store, root, tmp_path):
    """A word of the pages that stands in no file of words is named, and so are words that are no text."""
    for path in (root / "viz/words").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'msgctxt "legend"\nmsgid .*\nmsgstr .*\n', "", text), encoding="utf-8")
    with pytest.raises(ContentError, match=r'^viz/words: no language has the word "legend"\.'):
        write_views(store, Content.find(root), tmp_path)
    (root / "viz/words/de.po").write_text('msgid "fit\n', encoding="utf-8")
    with pytest.raises(CannotRun, match=r"^viz/words/de\.po: is no gettext catalogue"):
        write_views(store, Content.find(root), tmp_path)
    word(root, "de", fit="Einpassen")
    shutil.move(root / "viz/words/de.po", root / "viz/words/copy of en.po")
    with pytest.raises(ContentError, match=r"^viz/words/copy of en\.po: is not named after a language\."):
        write_views(store, Content.find(root), tmp_path)
    shutil.rmtree(root / "viz/words")
    with pytest.raises(ContentError, match=r"^viz/words: holds no words of any language\."):
        write_pages(store, Content.find(root), tmp_path, {})


@pytest.mark.parametrize("direction", ["right", "down"])
def test_rows_of_rows_and_what_stands_below_a_row_are_drawn(direction, store, root):
    """A row within a row, a box below a row, and a box within one of another panel all have a place of their own."""
    tell(
        root,
        "rows",
        "x:a a viz:Node . x:b a viz:Node ; viz:within x:a . x:c a viz:Node ; viz:within x:b . x:d a viz:Node . "
        'x:e a viz:Node ; viz:within x:a ; viz:panel "other" . '
        'x:l a viz:Edge ; viz:kind "under" ; viz:from x:c ; viz:to x:d',
    )
    content = Content.find(root)
    view = next(one for one in read_query_files(content.views, content) if one.name == "rows")
    speakers = {lang: Speaker(store, lang, content.words) for lang in content.words}
    drawn = PictureMaker(store, speakers).picture(list_pages(store, [view])[0])
    layout = lay_out(drawn, content.style, {"direction": direction, "panels": [["", "other"]]}, "vi")
    assert set(layout.boxes) == set(drawn.boxes)
    assert len({(one.x, one.y) for one in layout.boxes.values()}) == 5


def test_sizes_are_given_to_the_page(pages):
    """The page draws by the sizes of the layout: none of them stands in its script as well."""
    assert (
        data_of(pages / "views/all.html")["measures"]["wide"]
        == data_of(pages / "views/all.html")["nodes"][0]["at"]["vi"][2]
    )
    script = (TEMPLATES / "view.js").read_text(encoding="utf-8")
    assert all(f"measures.{key}" in script for key in page_measures({}))
    assert not re.search(r"\b(?:226|TITLE = \d|GAP = \d|MARGIN = \d)", script)


@pytest.mark.slow
def test_a_page_in_three_languages_shows_one(browser, store, root, tmp_path):
    """With a third language, partly worded, each button shows its words alone and every label says something."""
    word(root, "de", language_name="Deutsch", legend="Zeichen")
    made(store, root, tmp_path)
    tab = browser.new_page()
    tab.goto((tmp_path / "views/wards.html").as_uri())
    for lang, legend in (("vi", "Chú giải"), ("de", "Zeichen"), ("en", "Legend")):
        tab.click(f'button[data-lang="{lang}"]')
        assert tab.inner_text(".legend summary") == legend
        assert len(tab.inner_text("#outline h2")) > 3
    tab.close()
