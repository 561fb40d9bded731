"""Divides a chart into sheets of paper and writes it as a PDF.

ReportLab writes the PDF, in a font made for Vietnamese (Be Vietnam Pro) that is installed as a package with its
licence: no font of the machine is needed, and the text can be searched and copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from math import ceil
from typing import Any

from orgline.render.chart.chart_style import Drawing, DrawnBox, DrawnLine, LegendEntry, Stroke
from orgline.render.chart.geometry import SizeLimits
from orgline.render.chart.text_fit import TextLine
from orgline.render.text_width import WidthAllowance, text_width, wrap_text
from orgline.text import require_extra


@dataclass(frozen=True)
class PaperFormat:
    """A paper format, landscape: its width and height in points, and the most pixels of a chart across it."""

    width: float
    height: float
    max_pixels: float


PAPER_FORMATS = {"a4": PaperFormat(841.89, 595.28, 1500.0), "a3": PaperFormat(1190.55, 841.89, 2120.0)}
SHEET_BORDER, HEADING_HEIGHT = 26.0, 46.0
# A narrower chart is not enlarged further: its text would become larger than the heading.
MIN_SHEET_WIDTH = 1050.0
FONT, BOLD_FONT = "BeVietnamPro", "BeVietnamPro-Bold"
TEXT_COLOUR, MUTED_COLOUR, SIGN_COLOUR = "#1d2433", "#5a6478", "#c4161c"
LIST_SIZE, LIST_SPACING = 12.5, 17


@dataclass(frozen=True)
class Pagination:
    """The sheets of a drawing: their number, and how much of the drawing each shows below its heading, in pixels."""

    number: int
    width: float
    height: float
    paper: str

    @property
    def height_with_heading(self) -> float:
        """The height of a sheet with its heading, in pixels of the drawing."""
        return self.height + HEADING_HEIGHT

    def tops(self) -> list[float]:
        """Return the y in the drawing at which each sheet begins."""
        return [number * self.height for number in range(self.number)]


def fit_to_paper(
    draw: Callable[[SizeLimits], Drawing], paper: str, allowance: WidthAllowance, *, has_links: bool
) -> tuple[Drawing, Pagination]:
    """Return the drawing for `paper` and its sheets: one where it stays legible, else as many as are needed.

    `draw` returns the drawing within given limits; `allowance` is that of the font in which the sheets are shown.
    """
    paper_format = PAPER_FORMATS[paper]
    ratio = (paper_format.height - 2 * SHEET_BORDER) / (paper_format.width - 2 * SHEET_BORDER)
    limits = SizeLimits(width=paper_format.max_pixels, has_links=has_links, allowance=allowance)
    drawing = draw(limits)
    needed = max(drawing.width, MIN_SHEET_WIDTH, (drawing.height + HEADING_HEIGHT) / ratio)
    if needed <= paper_format.max_pixels:
        return drawing, Pagination(1, needed, needed * ratio - HEADING_HEIGHT, paper)
    width = max(drawing.width, MIN_SHEET_WIDTH)
    height = width * ratio - HEADING_HEIGHT
    drawing = draw(SizeLimits(width=paper_format.max_pixels, height=height, has_links=has_links, allowance=allowance))
    return drawing, Pagination(ceil(drawing.height / height), max(width, drawing.width), height, paper)


@lru_cache(maxsize=1)
def _register_fonts() -> bool:
    """Register the fonts of the PDF with ReportLab, once per process."""
    from fontpkg_be_vietnam_pro import ROOT
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in ((FONT, "Regular"), (BOLD_FONT, "Bold")):
        pdfmetrics.registerFont(TTFont(name, str(ROOT / "files" / f"BeVietnamPro-{file}.ttf")))
    return True


def as_pdf(drawing: Drawing, sheets: Pagination, sentences: Iterable[str], lang: str) -> bytes:
    """Return a PDF with `drawing` on its `sheets`, followed by `sentences` on sheets of their own.

    `lang` is the language of the document. Raises CannotRun where the extra `pdf` is not installed.
    """
    require_extra("pdf")
    from reportlab.pdfgen.canvas import Canvas

    _register_fonts()
    paper = PAPER_FORMATS[sheets.paper]
    out = BytesIO()
    # invariant: no time of creation, so that the same build gives the same bytes.
    canvas = Canvas(out, pagesize=(paper.width, paper.height), invariant=1, pageCompression=1, lang=lang)
    pen = _Pen(canvas, paper.height, (paper.width - 2 * SHEET_BORDER) / sheets.width)
    canvas.setTitle(drawing.title)
    canvas.setSubject(drawing.day)
    text_pages = list(_text_pages(sentences, (sheets.width, sheets.height)))
    total = sheets.number + len(text_pages)
    for number, top in enumerate(sheets.tops(), 1):
        pen.begin_sheet()
        _draw_heading(pen, drawing, sheets, f"{number}/{total}")
        pen.clip_to_sheet(sheets, HEADING_HEIGHT - top)
        _draw_part(pen, drawing, top, sheets.height)
        pen.end_sheet()
    for number, lines in enumerate(text_pages, sheets.number + 1):
        pen.begin_sheet()
        _draw_heading(pen, drawing, sheets, f"{number}/{total}")
        for row, (line, is_first) in enumerate(lines):
            y = HEADING_HEIGHT + 18 + row * LIST_SPACING
            pen.text(TextLine(0 if is_first else 18, y, line, LIST_SIZE))
        pen.end_sheet()
    canvas.save()
    return out.getvalue()


def _draw_heading(pen: _Pen, drawing: Drawing, sheets: Pagination, page_number: str) -> None:
    pen.text(TextLine(0, 20, drawing.title, 19, bold=True, max_width=sheets.width - 80))
    pen.text(TextLine(0, 38, drawing.day, LIST_SIZE, MUTED_COLOUR))
    pen.text(TextLine(sheets.width - 60, 20, page_number, LIST_SIZE, MUTED_COLOUR))


def _draw_part(pen: _Pen, drawing: Drawing, top: float, height: float) -> None:
    """Draw what is between `top` and `height` below it; lines are drawn whole, the sheet cuts them."""
    for line in drawing.lines:
        pen.line(line)
    for box in drawing.boxes:
        if top - 20 <= box.at.y < top + height:
            pen.box(box)
    for entry in drawing.legend:
        if top <= entry.y < top + height:
            pen.legend_entry(entry)


def _text_pages(sentences: Iterable[str], room: tuple[float, float]) -> Iterator[list[tuple[str, bool]]]:
    """Yield `sentences` wrapped into lines, page by page: each line with whether it begins a sentence."""
    page: list[tuple[str, bool]] = []
    for sentence in sentences:
        lines = wrap_text(sentence, room[0] - 60, LIST_SIZE)
        if page and (len(page) + len(lines)) * LIST_SPACING > room[1] - 30:
            yield page
            page = []
        page += [(line, number == 0) for number, line in enumerate(lines)]
    if page:
        yield page


class _Pen:
    """Draws on a ReportLab canvas, whose y goes up, in pixels of a drawing, whose y goes down."""

    def __init__(self, canvas: Any, height: float, scale: float) -> None:
        self._canvas, self._height, self._scale = canvas, height, scale

    def begin_sheet(self) -> None:
        """Begin a sheet."""
        self._canvas.saveState()
        self._canvas.translate(SHEET_BORDER, self._height - SHEET_BORDER)
        self._canvas.scale(self._scale, self._scale)

    def clip_to_sheet(self, sheets: Pagination, down: float) -> None:
        """Move what is drawn from now on `down`, and clip it to the sheet below the heading."""
        path = self._canvas.beginPath()
        path.rect(-4, -sheets.height_with_heading, sheets.width + 8, sheets.height)
        self._canvas.clipPath(path, stroke=0, fill=0)
        self._canvas.translate(0, -down)

    def end_sheet(self) -> None:
        """End the sheet."""
        self._canvas.restoreState()
        self._canvas.showPage()

    def text(self, text: TextLine) -> None:
        """Draw a line of text, smaller where it is wider than its `max_width`."""
        colours = {"text": TEXT_COLOUR, "muted": MUTED_COLOUR, "link": TEXT_COLOUR}
        self._canvas.setFillColor(colours.get(text.colour, text.colour))
        width = text_width(text.text, text.size, bold=text.bold)
        size = text.size * min(1.0, text.max_width / width) if text.max_width and width else text.size
        self._canvas.setFont(BOLD_FONT if text.bold else FONT, size)
        self._canvas.drawString(text.x, -text.y, text.text)

    def _set_stroke(self, stroke: Stroke) -> None:
        """Draw lines with `stroke` from now on."""
        self._canvas.setStrokeColor(stroke.colour)
        self._canvas.setLineWidth(stroke.width)
        self._canvas.setDash(*((list(stroke.dash),) if stroke.dash else ()))
        self._canvas.setStrokeAlpha(stroke.opacity)

    def line(self, line: DrawnLine) -> None:
        """Draw a line with its arrowheads."""
        self._set_stroke(line.stroke)
        self._canvas.drawPath(self._path(line.points), stroke=1, fill=0)
        self._canvas.setFillColor(line.stroke.colour)
        for corners in line.arrowheads:
            arrowhead = self._path(corners)
            arrowhead.close()
            self._canvas.drawPath(arrowhead, stroke=0, fill=1)

    def _path(self, points: Iterable[tuple[float, float]]) -> Any:
        """Return the path of ReportLab through `points`."""
        path = self._canvas.beginPath()
        for number, (x, y) in enumerate(points):
            (path.lineTo if number else path.moveTo)(x, -y)
        return path

    def box(self, box: DrawnBox) -> None:
        """Draw a box with its text."""
        at = box.at
        self._set_stroke(box.stroke)
        self._canvas.setFillColor(box.fill)
        for offset in (6, 3, 0) if box.is_stack else (0,):
            self._canvas.roundRect(at.x + offset, -at.bottom - offset, at.width, at.height, 5, stroke=1, fill=1)
        for line in at.lines:
            self.text(line)
        for link in box.links:
            self.text(TextLine(link.x, link.y, link.printed, 11.5, MUTED_COLOUR))
        if box.sign:
            self.text(TextLine(at.right - 16, at.y + 16, box.sign, 15, SIGN_COLOUR, bold=True))

    def legend_entry(self, entry: LegendEntry) -> None:
        """Draw an entry of the legend."""
        self._set_stroke(entry.stroke)
        if entry.fill:
            self._canvas.setFillColor(entry.fill)
            for offset in (4, 2, 0) if entry.is_stack else (0,):
                self._canvas.roundRect(entry.x + offset, -entry.y - 4 - offset, 26, 13, 2, stroke=1, fill=1)
        else:
            self._canvas.line(entry.x, -entry.y + 3, entry.x + 30, -entry.y + 3)
        if entry.sign:
            self.text(TextLine(entry.x + 9, entry.y + 2, entry.sign, 11, SIGN_COLOUR, bold=True))
        self.text(TextLine(entry.x + 40, entry.y + 3, entry.text, LIST_SIZE, max_width=250))
