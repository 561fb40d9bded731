"""Organization charts: what they show on a day, how they fold, what they hold back, and that words stay words."""

import io
import json
import re
import shutil
import subprocess
import urllib.parse
import xml.etree.ElementTree as ET
from datetime import date

import pyoxigraph as ox
import pytest
from conftest import once_more
from test_serve import started

from orgline.answers.opened_build import OpenedBuild
from orgline.content.tree import Content
from orgline.render.chart.chart_options import DEFAULT_DEPTH, ChartOptions
from orgline.render.chart.chart_pages import ChartDocument
from orgline.render.chart.chart_style import ChartLinks
from orgline.render.chart.geometry import SizeLimits
from orgline.render.chart.selection import MAX_BOXES, READABLE_BOXES, box_key
from orgline.render.chart.text_fit import TITLE_SIZE
from orgline.render.html.page_context import PageContext
from orgline.render.text_width import wrap_text
from orgline.text.errors import RequestRefused
from orgline.text.moment import Moment

BASE = "https://w3id.org/orgline/id/"
CODE = "https://w3id.org/orgline/code/"
EVIL = '"><script>window.hurt=1</script><img src=x onerror="window.hurt=1">\x0b]]>&'
PREFIXES = """
PREFIX ol: <https://w3id.org/orgline/ns#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX kind: <https://w3id.org/orgline/code/line-type/>
PREFIX x: <https://w3id.org/orgline/id/>
kind:subordination ol:shortcut org:reportsTo , org:subOrganizationOf ;
  skos:inScheme <https://w3id.org/orgline/code/line-type> ; rdfs:label "trực thuộc"@vi , "under"@en .
kind:direction skos:inScheme <https://w3id.org/orgline/code/line-type> ; rdfs:label "chỉ đạo"@vi , "directs"@en .
x:paper a ol:Source ; rdfs:label "Báo"@vi , "Paper"@en .
"""


def body(name, label=None):
    said = json.dumps(label or f"Đơn vị {name}", ensure_ascii=False)
    return f"x:{name} a org:Organization ; rdfs:label {said}@vi ."


def line(lower, upper, kind="subordination", more='schema:startDate "2020-01-01"'):
    return (
        f"x:{lower}-{kind}-{upper} a ol:Line ; ol:lower x:{lower} ; ol:upper x:{upper} ; ol:lineType kind:{kind} ; "
        f'prov:wasDerivedFrom x:paper ; ol:locator "L7" ; ol:certainty ol:Stated ; {more} .'
    )


HOSPITAL = [
    *(body(name) for name in ("top", "clinic", "ward", "room", "lab", "guest", "old")),
    line("clinic", "top"),
    line("lab", "top"),
    line("ward", "clinic"),
    line("room", "ward"),
    line("ward", "lab", "direction"),
    line("clinic", "guest", "direction"),
    line("old", "clinic", more='schema:startDate "2010-01-01" ; schema:endDate "2015-01-01"'),
    "x:head a org:Post ; org:postIn x:clinic ; org:role x:chief .",
    'x:chief ol:headship true ; rdfs:label "trưởng"@vi , "head"@en .',
    'x:minh rdfs:label "Nguyễn Văn Minh" . x:lan rdfs:label "Trần Thị Lan" .',
    "x:t1 ol:inPost x:head ; org:member x:minh ; ol:certainty ol:Stated .",
    'x:t1 schema:startDate "2012-01-01" ; schema:endDate "2021-12-31" .',
    'x:t2 ol:inPost x:head ; org:member x:lan ; schema:startDate "2022-01-01" ; ol:certainty ol:Stated .',
]


def world(statements):
    store = ox.Store()
    store.load((PREFIXES + "\n".join(statements)).encode(), format=ox.RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    return world(HOSPITAL), tmp_path_factory.mktemp("hospital")


def charted(place, name, day="2024-05-01", lang="vi", **query):
    """Return the charts of `name` in a store."""
    store, folder = place
    content, moment = Content.find(), Moment(date.fromisoformat(day))
    session = OpenedBuild(folder, content, moment, held=store)
    frame = PageContext(content, f"/chart/{name}", query, lang, moment, BASE, "nonce")
    return ChartDocument(session, frame, ox.NamedNode(BASE + name))


def names(charts):
    return {box.iri.removeprefix(BASE) for box in charts.chart.boxes()}


def test_one_way_up_and_some_levels_down(hospital):
    """A chart shows the superiors up to the top and two levels below, without the siblings."""
    charts = charted(hospital, "clinic")
    assert [box.iri for box in charts.chart.superiors] == [BASE + "top"]
    assert names(charts) == {"top", "clinic", "ward", "room", "guest"}


def test_siblings_on_demand(hospital):
    """What stands beside the chosen body under the same superior comes when it is asked for."""
    assert "lab" in names(charted(hospital, "clinic", siblings="1"))


def test_levels_are_asked_for(hospital):
    """The depth says how many levels below are shown."""
    assert names(charted(hospital, "clinic", depth="1")) == {"top", "clinic", "ward", "guest"}


def test_a_chart_is_of_its_day(hospital):
    """On another day other lines hold and another person heads a body."""
    before, after = charted(hospital, "clinic", day="2013-03-01"), charted(hospital, "clinic")
    assert names(before) == {"clinic", "old"}
    assert "Nguyễn Văn Minh" in before.svg().decode()
    assert "Trần Thị Lan" in after.svg().decode()
    assert "Nguyễn Văn Minh" not in after.svg().decode()


def test_lines_of_other_days_are_told_and_drawn_when_asked_for(hospital):
    """A line that has ended is left out, counted in a link, and drawn otherwise when it is asked for."""
    charts = charted(hospital, "old", every="1")
    assert charted(hospital, "old").chart.hidden_lines == 1
    assert "clinic" in names(charts)
    assert 'stroke-dasharray="2 3"' in charts.svg().decode()
    assert "đã kết thúc: 1/1/2015" in charts.page()


def test_other_lines_are_dashed(hospital):
    """A line that is not of the tree is drawn dashed, between two boxes or to one put beside the chosen."""
    charts = charted(hospital, "top", depth="3")
    drawn = charts.drawing(SizeLimits(), ChartLinks()).lines
    assert [line.stroke.dash for line in drawn if "chỉ đạo" in line.description] == [(9, 5)]
    assert [box.iri for box in charted(hospital, "clinic").chart.side_boxes] == [BASE + "guest"]


def test_no_line_runs_through_a_box(hospital):
    """Lines that are not of the tree go round boxes, wide and narrow."""
    for size in (SizeLimits(), SizeLimits(width=0.0)):
        drawing = charted(hospital, "top", depth="4").drawing(size, ChartLinks())
        for drawn in (line for line in drawing.lines if "chỉ đạo" in line.description):
            for (x, y), (z, w) in zip(drawn.points, drawn.points[1:], strict=False):
                for box in (one.at for one in drawing.boxes):
                    inside = min(x, z) < box.right - 1 and max(x, z) > box.x + 1
                    assert not (inside and min(y, w) < box.bottom - 1 and max(y, w) > box.y + 1)


def test_folding_is_a_link(hospital):
    """A box folds by a link of its own, and that chart has the link which unfolds it."""
    page = charted(hospital, "top").page()
    key = box_key(BASE + "clinic")
    assert f"closed={key}#b-{key}" in page
    folded = charted(hospital, "top", closed=key)
    assert "ward" not in names(folded)
    assert f"open={key}#b-{key}" in folded.page()


@pytest.mark.parametrize(
    "query",
    [{"depth": "9"}, {"depth": "x"}, {"from": "-1"}, {"paper": "a0"}, {"open": ",".join("ab" * 99)}, {"depth": "٣"}],
)
def test_what_cannot_be_is_refused(query):
    """A number out of bounds, a paper that is not there, too many boxes: each is refused in a sentence."""
    with pytest.raises(RequestRefused) as error:
        ChartOptions.of(query)
    assert error.value.status == 400


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A body of 90 others, each with 12 below it."""
    statements = [body("top")]
    for one in range(90):
        statements += [body(f"b{one:02}"), line(f"b{one:02}", "top")]
        for other in range(12):
            statements += [body(f"b{one:02}-{other}"), line(f"b{one:02}-{other}", f"b{one:02}")]
    return world(statements), tmp_path_factory.mktemp("crowd")


def test_a_chart_is_never_too_large(crowd):
    """However much stands below, a chart has so many boxes and no more; what is left out leads on by a link."""
    few, many = charted(crowd, "top"), charted(crowd, "top", depth="4")
    assert len(names(few)) <= READABLE_BOXES
    assert READABLE_BOXES < len(names(many)) <= MAX_BOXES
    assert few.chart.chosen.omitted_after == 50
    assert "và 50 mục nữa" in few.page()
    assert "from=40" in few.page()


def test_what_was_left_out_is_on_the_next(crowd):
    """The link to those that are left out leads to them, and back."""
    charts = charted(crowd, "top", **{"from": "40"})
    assert [box.iri for box in charts.chart.chosen.below[:1]] == [BASE + "b40"]
    assert "40 mục trước" in charts.page()


def test_no_box_lies_on_another(crowd):
    """Boxes stand apart, in rows and in one column."""
    for size in (SizeLimits(), SizeLimits(width=0.0), SizeLimits(width=1500, height=900)):
        boxes = [one.at for one in charted(crowd, "top", depth="4").drawing(size, ChartLinks()).boxes]
        for at, one in enumerate(boxes):
            for other in boxes[at + 1 :]:
                apart_x = one.right <= other.x or other.right <= one.x
                assert apart_x or one.bottom <= other.y or other.bottom <= one.y


def test_no_box_is_cut_by_the_end_of_a_sheet(crowd):
    """On paper each box stands on one sheet whole."""
    for box in charted(crowd, "top", depth="4").drawing(SizeLimits(width=1500, height=900), ChartLinks()).boxes:
        assert box.at.y // 900 == (box.at.bottom - 0.1) // 900


def test_words_are_broken_at_spaces_only():
    """A name is broken between its words."""
    name = "Đảng ủy Khối Cơ quan và Doanh nghiệp tỉnh"
    assert " ".join(wrap_text(name, 120, TITLE_SIZE)) == name


def test_a_loop_ends(tmp_path):
    """Bodies that stand above each other in a circle are drawn once each."""
    place = world([body("a"), body("b"), line("a", "b"), line("b", "a")]), tmp_path
    boxes = [box.iri for box in charted(place, "a").chart.boxes()]
    assert sorted(boxes) == [BASE + "a", BASE + "b"]


def test_a_holder_leads_to_the_post(hospital):
    """The chart of a person is that of the post held on the day, within its body."""
    charts = charted(hospital, "lan")
    assert charts.start == BASE + "head"
    assert [box.iri for box in charts.chart.superiors] == [BASE + "top", BASE + "clinic"]


def test_what_can_have_no_chart_is_told(hospital):
    """Of what is no body, post or holder there is no chart, and a sentence says so."""
    with pytest.raises(RequestRefused, match="has no organization chart"):
        charted(hospital, "paper")


def test_the_picture_stands_alone(hospital):
    """The SVG is well formed, has no script, style or link, and says each line with its source in words."""
    root = ET.fromstring(charted(hospital, "clinic").svg())
    tags = {one.tag.removeprefix("{http://www.w3.org/2000/svg}") for one in root.iter()}
    assert tags <= {"svg", "g", "path", "rect", "text", "title"}
    assert not [name for one in root.iter() for name in one.attrib if "href" in name or name in ("style", "class")]
    titles = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any("Báo, dòng L7" in one and "Có nêu rõ" in one for one in titles)


def test_hostile_names_stay_words(tmp_path):
    """A name that would be a script is a text in the page, in the SVG and in the PDF."""
    place = world([body("evil", EVIL), body("low"), line("low", "evil")]), tmp_path
    charts = charted(place, "evil")
    root = ET.fromstring(charts.svg())
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "<script>window" not in charts.page()
    assert "onerror=&#34;" in charts.page()
    assert b"/JavaScript" not in charts.pdf()


def test_a_pdf_has_words(hospital, tmp_path):
    """The PDF says the names in letters that can be found, the face inside it."""
    data = charted(hospital, "clinic").pdf()
    assert data.startswith(b"%PDF-")
    assert b"BeVietnamPro" in data
    assert b"/ToUnicode" in data
    if shutil.which("pdftotext"):
        file = tmp_path / "chart.pdf"
        file.write_bytes(data)
        text = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True).stdout
        assert "Sơ đồ tổ chức: Đơn vị clinic" in text
        assert "Trưởng: Trần Thị Lan" in text
        assert "Báo, dòng L7" in text


def test_the_same_pdf_twice(hospital):
    """The same chart gives the same bytes."""
    assert charted(hospital, "clinic").pdf() == charted(hospital, "clinic").pdf()


@pytest.fixture(scope="module")
def service(real_build):
    with started(real_build, seconds=10) as client:
        yield client


def got(service, path):
    """Return the answer at a path."""
    return once_more(lambda: service.get(path))


def chart_of(built_graph):
    """Return a body with the most lines below it."""
    lower = (quad.object.value for quad in built_graph.quads_for_pattern(None, ox.NamedNode(OL_UPPER), None))
    found = [one for one in lower if one.startswith(BASE + "body/")]
    return max(sorted(set(found)), key=found.count).removeprefix(BASE)


OL_UPPER = "https://w3id.org/orgline/ns#upper"


@pytest.mark.parametrize(("form", "media"), [("svg", "image/svg+xml"), ("pdf", "application/pdf")])
def test_forms_are_served(service, built_graph, form, media):
    """A chart is kept as a picture and on paper; the picture allows nothing to run."""
    status, headers, data = got(service, f"chart/{chart_of(built_graph)}?format={form}")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, media)
    assert f".{form}" in headers["Content-Disposition"]
    if form == "svg":
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        ET.parse(io.BytesIO(data))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_page_is_served(service, built_graph, lang):
    """A chart is a page in each language, found from the page of its body, whole without a script."""
    name = chart_of(built_graph)
    status, headers, data = got(service, f"chart/{name}?lang={lang}")
    nonce = re.search(r"script-src 'nonce-([^']+)'", headers["Content-Security-Policy"])[1]
    text = data.decode()
    assert status == 200
    assert {one for one in re.findall(r"<script[^>]*>", text) if f'nonce="{nonce}"' not in one} == set()
    assert text.count("<svg") >= 3
    assert " style=" not in text
    assert f"/chart/{name}?lang={lang}" in got(service, f"page/{name}?lang={lang}")[2].decode()


def test_a_chart_by_its_whole_address(service, built_graph):
    """A chart is found by ?iri= too, and one of nothing is not found."""
    asked = urllib.parse.urlencode({"iri": BASE + chart_of(built_graph)})
    assert got(service, f"chart?{asked}")[0] == 200
    assert got(service, "chart/body/nothing-of-that-name")[0] == 404
    assert got(service, f"chart?{asked}&depth=77")[0] == 400


@pytest.mark.slow
def test_a_page_prints_sheet_by_sheet(crowd, tmp_path):
    """The browser prints the chart on as many sheets as the page says, then what is said in words."""
    charts = charted(crowd, "top", depth="4")
    page = tmp_path / "chart.html"
    page.write_text(charts.page().split('<section class="outline">')[0], encoding="utf-8")
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    command = [browser, "--headless", "--no-sandbox", "--no-pdf-header-footer", f"--print-to-pdf={tmp_path}/chart.pdf"]
    subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=120)
    sheets = page.read_text(encoding="utf-8").count('class="sheet"')
    pages = re.findall(rb"/Type /Page\b", (tmp_path / "chart.pdf").read_bytes())
    assert sheets > 1
    assert len(pages) == sheets


def test_the_default_depth_is_two():
    """Without a word two levels below are shown."""
    assert ChartOptions.of({}).depth == DEFAULT_DEPTH == 2
