"""What people do on the pages in a real browser: change the language, fold a chart, print."""

import re
import shutil
import subprocess

import pytest
from tabs import serving

BODY = "body/p3-provincial-party-committee"
SOURCE = "source/p3-midterm-en"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service(real_build):
    with serving(real_build) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/?", f"/page/{BODY}?", f"/chart/{BODY}?depth=1&", f"/explore/{BODY}?", "/search?q=ban&"]
)
def test_the_language_is_switched_where_one_stands(tabs, path):
    """The switch leads to the same page, of the same day, in the other language, and back."""
    tab = tabs.open(f"{path}as-of=2024-03-02")
    before = tab.inner_text("h1")
    for lang, name in (("en", "English"), ("vi", "Tiếng Việt")):
        tab.get_by_role("link", name=name, exact=True).click()
        tab.wait_for_url(f"**lang={lang}**")
        assert tab.get_attribute("html", "lang") == lang
        assert tab.locator("nav.languages [aria-current]").inner_text() == name
        assert tab.input_value("input[name=as-of]") == "2024-03-02"
        assert tab.url.startswith(tabs.address + path.partition("?")[0])
    assert tab.inner_text("h1") == before


def boxes(tab):
    return tab.locator(".chart-frame:visible svg g > a:not(.act)").count()


@pytest.mark.parametrize("width", [360, 1920])
def test_a_chart_is_folded_and_unfolded(tabs, width):
    """A click below a box folds what is under it, another opens it again; Back and a keyboard do too."""
    # Without a transition: the browser complains of one that is cut short by the next page.
    tab = tabs.open(f"/chart/{BODY}?lang=vi&depth=2", width, reduced_motion="reduce")
    whole = boxes(tab)
    fold = tab.locator(".chart-frame:visible a.act", has_text="Gập lại").last
    fold.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**closed=**")
    folded = boxes(tab)
    assert 0 < folded < whole
    tab.locator(".chart-frame:visible a.act", has_text="Mở").last.dispatch_event("click")
    tab.wait_for_function("!location.search.includes('closed=') || location.search.includes('open=')")
    assert boxes(tab) >= folded
    tab.go_back()
    assert boxes(tab) == folded
    tab.go_back()
    assert boxes(tab) == whole
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def printed(tab, path, **how):
    """Print a page to PDF; return the text of each sheet, and the size of the sheets."""
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils are not installed")
    tab.emulate_media(media="print")
    tab.pdf(path=str(path), prefer_css_page_size=True, **how)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, encoding="utf-8", check=True).stdout
    told = subprocess.run(["pdfinfo", path], capture_output=True, encoding="utf-8", check=True).stdout
    return text.split("\f")[:-1], re.search(r"Page size: *([\d.]+) x ([\d.]+)", told).groups()


def test_a_long_table_prints_with_its_header_on_each_sheet(tabs, tmp_path):
    """What a source says goes on over several sheets: its headings are repeated, tools are not printed."""
    tab = tabs.open(f"/page/{SOURCE}?lang=vi")
    link = tab.locator("section h2 a", has_text="nêu").first
    tab.goto(tabs.address + link.get_attribute("href"))
    rows = tab.locator("tbody tr").count()
    first = tab.locator("thead th").first.inner_text()
    sheets, _ = printed(tab, tmp_path / "table.pdf", format="A4")
    with_rows = [one for one in sheets if "003" in one or "Báo cáo" in one]
    assert rows > 60
    assert len(sheets) > 3
    assert sum(first in one for one in with_rows) >= len(with_rows) - 1
    assert not any("Tới nội dung" in one or "English" in one for one in sheets)


@pytest.mark.parametrize(("paper", "long"), [("a4", 842), ("a3", 1191)])
def test_a_chart_prints_lying_and_whole(tabs, tmp_path, paper, long):
    """A chart lies on the paper chosen, as many sheets as the page says, each with its title; no box is cut in two."""
    tab = tabs.open(f"/chart/{BODY}?lang=vi&depth=4&paper={paper}")
    title, number = tab.inner_text("h1"), tab.locator("svg.sheet").count()
    cut = tab.evaluate(CUT)
    sheets, (wide, high) = printed(tab, tmp_path / "chart.pdf")
    assert (round(float(wide)), float(high) < float(wide)) == (long, True)
    numbered = [one for one in sheets if re.search(rf"Tờ \d+/{number}\b", one)]
    assert len(numbered) == number
    assert all(title in one for one in numbered)
    assert cut == []
    assert any("Sơ đồ viết bằng chữ" in one for one in sheets[number:])


CUT = """() => {
  const tops = [...document.querySelectorAll('svg.sheet > svg')].map(one => one.viewBox.baseVal);
  return [...document.querySelectorAll('#drawing g > a:not(.act) > rect')].map(one => one.getBBox())
    .filter(box => !tops.some(top => box.y >= top.y - 1 && box.y + box.height <= top.y + top.height + 1))
    .map(box => [box.x, box.y, box.height]);
}"""


def test_pages_print_nothing_of_the_screen(tabs, tmp_path):
    """The page of a body prints its statements and evidence, without search box, date picker or links to files."""
    tab = tabs.open(f"/page/{BODY}?lang=en")
    heading = tab.inner_text("h1")
    sheets, _ = printed(tab, tmp_path / "page.pdf", format="A4")
    text = "\n".join(sheets)
    assert heading in text
    assert "Report 003" in text
    assert not re.search(r"Look up|jsonld|Tiếng Việt|Skip to", text)
