"""Paper: on how many sheets a plan is drawn, how much of it stands on each, and the same as a PDF.

ReportLab writes the PDF, in a face made for Vietnamese (Be Vietnam Pro) that comes as a package with its licence:
nothing of the machine's own fonts is needed, and the text can be found and copied.
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
from orgline.render.view.view_layout import wrap_text
from orgline.text import require_extra

# Of each paper, lying: its sides in points, and how wide a plan on it may be.
PAPER_MEASURES = {"a4": (841.89, 595.28, 1500.0), "a3": (1190.55, 841.89, 2120.0)}
SHEET_BORDER, HEADING_HEIGHT, MIN_SHEET_WIDTH = 26.0, 46.0, 1050.0
FONT, BOLD_FONT = "Found", "FoundBold"
TEXT_COLOUR, MUTED_COLOUR = "#1d2433", "#5a6478"


@dataclass(frozen=True)
class Pagination:
    """The sheets of a drawing: how many, and how much of the drawing each shows below its heading."""

    number: int
    width: float
    height: float
    paper: str

    @property
    def whole(self) -> float:
        """The height of a sheet with its heading."""
        return self.height + HEADING_HEIGHT

    def tops(self) -> list[float]:
        """Return where in the drawing each sheet begins."""
        return [number * self.height for number in range(self.number)]


def fit_to_paper(draw: Callable[[SizeLimits], Drawing], paper: str, *, leads: bool) -> tuple[Drawing, Pagination]:
    """Return what `draw` draws, and its sheets: one if that can be read, else as many as it takes."""
    side, end, widest = PAPER_MEASURES[paper]
    ratio = (end - 2 * SHEET_BORDER) / (side - 2 * SHEET_BORDER)
    drawing = draw(SizeLimits(width=widest, leads=leads))
    needed = max(drawing.width, MIN_SHEET_WIDTH, (drawing.height + HEADING_HEIGHT) / ratio)
    if needed <= widest:
        return drawing, Pagination(1, needed, needed * ratio - HEADING_HEIGHT, paper)
    width = max(drawing.width, MIN_SHEET_WIDTH)
    height = width * ratio - HEADING_HEIGHT
    drawing = draw(SizeLimits(width=widest, height=height, leads=leads))
    return drawing, Pagination(ceil(drawing.height / height), max(width, drawing.width), height, paper)


@lru_cache(maxsize=1)
def _register_fonts() -> bool:
    """Make the faces of the PDF known, once in a process."""
    from fontpkg_be_vietnam_pro import ROOT
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in ((FONT, "Regular"), (BOLD_FONT, "Bold")):
        pdfmetrics.registerFont(TTFont(name, str(ROOT / "files" / f"BeVietnamPro-{file}.ttf")))
    return True


def as_pdf(drawing: Drawing, sheets: Pagination, told: Iterable[str], lang: str) -> bytes:
    """Return `drawing` on its `sheets`, and what is `told` on sheets behind them, as a PDF."""
    require_extra("pdf")
    from reportlab.pdfgen.canvas import Canvas

    _register_fonts()
    side, end, _ = PAPER_MEASURES[sheets.paper]
    out = BytesIO()
    pen = _Pen(Canvas(out, pagesize=(side, end), invariant=1, pageCompression=1, lang=lang), end)
    pen.canvas.setTitle(drawing.title)
    pen.canvas.setSubject(drawing.day)
    pages = list(_text_pages(told, (sheets.width, sheets.height)))
    scale = (side - 2 * SHEET_BORDER) / sheets.width
    for number, top in enumerate(sheets.tops(), 1):
        pen.begin(scale)
        _heading(pen, drawing, sheets, (number, sheets.number + len(pages)))
        pen.window(sheets, HEADING_HEIGHT - top)
        for wire in drawing.wires:
            pen.wire(wire)
        for box in drawing.boxes:
            if top - 20 <= box.at.y < top + sheets.height:
                pen.box(box)
        for key in drawing.legend:
            if top <= key.y < top + sheets.height:
                pen.key(key)
        pen.end()
    for number, lines in enumerate(pages, sheets.number + 1):
        pen.begin(scale)
        _heading(pen, drawing, sheets, (number, sheets.number + len(pages)))
        for at, (line, is_first) in enumerate(lines):
            pen.text(TextLine(0 if is_first else 18, HEADING_HEIGHT + 18 + at * 17, line, 12.5))
        pen.end()
    pen.canvas.save()
    return out.getvalue()


def _heading(pen: _Pen, drawing: Drawing, sheets: Pagination, number: tuple[int, int]) -> None:
    pen.text(TextLine(0, 20, drawing.title, 19, bold=True, room=sheets.width - 80))
    pen.text(TextLine(0, 38, drawing.day, 12.5, MUTED_COLOUR))
    pen.text(TextLine(sheets.width - 60, 20, f"{number[0]}/{number[1]}", 12.5, MUTED_COLOUR))


def _text_pages(told: Iterable[str], room: tuple[float, float]) -> Iterator[list[tuple[str, bool]]]:
    """Yield what is `told` in lines, page by page, with whether each begins a sentence."""
    page: list[tuple[str, bool]] = []
    for one in told:
        lines = wrap_text(one, room[0] - 60, 12.5 * 1.05)
        if page and (len(page) + len(lines)) * 17 > room[1] - 30:
            yield page
            page = []
        page += [(line, not place) for place, line in enumerate(lines)]
    if page:
        yield page


class _Pen:
    """Draws on a canvas whose y goes up, in the measures of a drawing whose y goes down."""

    def __init__(self, canvas: Any, height: float) -> None:
        self.canvas, self._height = canvas, height

    def begin(self, scale: float) -> None:
        """Begin a sheet."""
        self.canvas.saveState()
        self.canvas.translate(SHEET_BORDER, self._height - SHEET_BORDER)
        self.canvas.scale(scale, scale)

    def window(self, sheets: Pagination, down: float) -> None:
        """Move what is drawn from now on `down`, and cut off what does not stand on the sheet."""
        path = self.canvas.beginPath()
        path.rect(-4, -sheets.whole, sheets.width + 8, sheets.height)
        self.canvas.clipPath(path, stroke=0, fill=0)
        self.canvas.translate(0, -down)

    def end(self) -> None:
        """End the sheet."""
        self.canvas.restoreState()
        self.canvas.showPage()

    def text(self, text: TextLine) -> None:
        """Write a line of text, narrower where it would not fit."""
        face = BOLD_FONT if text.bold else FONT
        self.canvas.setFillColor(
            {"text": TEXT_COLOUR, "muted": MUTED_COLOUR, "link": TEXT_COLOUR}.get(text.colour, text.colour)
        )
        wide = self.canvas.stringWidth(text.words, face, text.size)
        size = text.size * min(1.0, text.room / wide) if text.room and wide else text.size
        self.canvas.setFont(face, size)
        self.canvas.drawString(text.x, -text.y, text.words)

    def stroke(self, stroke: Stroke) -> None:
        """Draw lines in this way from now on."""
        self.canvas.setStrokeColor(stroke.colour)
        self.canvas.setLineWidth(stroke.width)
        self.canvas.setDash(*((list(stroke.dash),) if stroke.dash else ()))
        self.canvas.setStrokeAlpha(stroke.opacity)

    def wire(self, wire: DrawnLine) -> None:
        """Draw a line with its heads."""
        self.stroke(wire.stroke)
        path = self.canvas.beginPath()
        path.moveTo(wire.points[0][0], -wire.points[0][1])
        for x, y in wire.points[1:]:
            path.lineTo(x, -y)
        self.canvas.drawPath(path, stroke=1, fill=0)
        self.canvas.setFillColor(wire.stroke.colour)
        for corners in wire.heads:
            head = self.canvas.beginPath()
            head.moveTo(corners[0][0], -corners[0][1])
            for x, y in corners[1:]:
                head.lineTo(x, -y)
            head.close()
            self.canvas.drawPath(head, stroke=0, fill=1)

    def box(self, box: DrawnBox) -> None:
        """Draw a box with all that is written in it."""
        at = box.at
        self.stroke(box.stroke)
        self.canvas.setFillColor(box.fill)
        for aside in (6, 3, 0) if box.is_stack else (0,):
            self.canvas.roundRect(at.x + aside, -at.bottom - aside, at.width, at.height, 5, stroke=1, fill=1)
        for text in at.texts:
            self.text(text)
        for link in box.links:
            self.text(TextLine(link.x, link.y, link.printed, 11.5, MUTED_COLOUR))
        if box.sign:
            self.text(TextLine(at.right - 16, at.y + 16, box.sign, 15, "#c4161c", bold=True))

    def key(self, key: LegendEntry) -> None:
        """Draw one line of the legend."""
        self.stroke(key.stroke)
        if key.fill:
            self.canvas.setFillColor(key.fill)
            for aside in (4, 2, 0) if key.is_stack else (0,):
                self.canvas.roundRect(key.x + aside, -key.y - 4 - aside, 26, 13, 2, stroke=1, fill=1)
        else:
            self.canvas.line(key.x, -key.y + 3, key.x + 30, -key.y + 3)
        if key.sign:
            self.text(TextLine(key.x + 9, key.y + 2, key.sign, 11, "#c4161c", bold=True))
        self.text(TextLine(key.x + 40, key.y + 3, key.words, 12.5, room=250))
