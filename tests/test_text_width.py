"""The measure of text: the widths of the PDF's font, lines that fit, and the allowance for other fonts."""

import json
import re
from pathlib import Path

import pytest
from fontpkg_be_vietnam_pro import ROOT as FONT
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.ttfonts import TTFont

from orgline.render import text_width as measure
from orgline.render.text_width import PAGE_FONTS, PDF_FONT, limit_lines, text_width, wrap_text

FILES = {"regular": "Regular", "bold": "Bold"}
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
TEXTS = st.text(st.sampled_from("aiMWĐđươậệ .,-–()0123Tỉnh ủy Lào Cai\u00a0"), max_size=80)


def font(file):
    return TTFont(file, str(FONT / "files" / f"BeVietnamPro-{file}.ttf"))


@pytest.mark.parametrize("weight", FILES)
def test_the_widths_are_those_of_the_font(weight):
    """font_widths.json holds the width of each character of the font that the PDF embeds, and no other."""
    table = json.loads(measure._WIDTHS_FILE.read_text(encoding="utf-8"))[weight]
    kept = {ord(character): int(units) for units, characters in table.items() for character in characters}
    assert kept == {code: width for code, width in font(FILES[weight]).face.charWidths.items() if code >= ord(" ")}


@given(TEXTS)
def test_a_text_is_as_wide_as_in_the_pdf(text):
    """A text is measured as ReportLab measures it."""
    for weight, file in FILES.items():
        assert text_width(text, 14, bold=weight == "bold") == pytest.approx(font(file).stringWidth(text, 14))


@given(TEXTS, st.floats(20, 300), st.booleans())
def test_no_line_is_wider_than_its_room(text, room, bold):
    """Each line fits, with the allowance too; a line holds at least a character, and no word is lost."""
    for allowance in (PDF_FONT, PAGE_FONTS):
        lines = wrap_text(text, room, 14, bold=bold, allowance=allowance)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        for line in lines:
            width = text_width(line, 14, bold=bold) * allowance.factor(bold=bold)
            assert width <= room + 1e-6 or len(line) == 1


@given(st.lists(st.text(min_size=1), max_size=6), st.integers(1, 4))
def test_what_is_left_out_shows_as_an_ellipsis(lines, most):
    """Lines up to the limit stay as they are; of more the last that is kept ends in an ellipsis."""
    kept = limit_lines(lines, most)
    assert len(kept) == min(len(lines), most)
    assert kept == lines if len(lines) <= most else kept[-1].endswith("…")


def test_a_character_that_the_font_lacks_has_room():
    """A character of another script is as wide as the font is high; a mark that stands on a letter takes no width."""
    assert text_width("中", 10) == 10
    assert text_width("a\u20dd", 10) == text_width("a", 10)


@pytest.mark.skipif(not DEJAVU.exists(), reason="DejaVu Sans is not installed")
@pytest.mark.parametrize(("weight", "file"), [("regular", "DejaVuSans"), ("bold", "DejaVuSans-Bold")])
def test_the_allowance_covers_the_widest_font_of_pages(weight, file, content_labels):
    """In DejaVu Sans, the widest font a page falls back to, 99 of 100 lines fit and none goes 4 % over its room."""
    other, bold = TTFont(file, str(DEJAVU / f"{file}.ttf")), weight == "bold"
    room, size = 218.0, 14.0
    lines = [line for label in content_labels for line in wrap_text(label, room, size, bold=bold, allowance=PAGE_FONTS)]
    widths = sorted(other.stringWidth(line, size) for line in lines)
    assert len(widths) > 500
    assert widths[int(len(widths) * 0.99)] <= room
    assert widths[-1] <= room * 1.04


@pytest.fixture(scope="module")
def content_labels(real_build):
    """The labels of the reports, in all languages."""
    text = (real_build / "graph.nq").read_text(encoding="utf-8")
    return sorted(set(re.findall(r'rdf-schema#label> "([^"\\]+)"@(?:vi|en)', text)))
