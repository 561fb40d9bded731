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

from orgline.drawing import Drawing, DrawnBox, DrawnWire, Key, Stroke
from orgline.inscribed import Text
from orgline.layout import broken
from orgline.spots import Format

# Of each paper, lying: its sides in points, and how wide a plan on it may be.
SIDES = {"a4": (841.89, 595.28, 1500.0), "a3": (1190.55, 841.89, 2120.0)}
BORDER, HEAD, SMALLEST = 26.0, 46.0, 1050.0
FOUND, FOUND_BOLD = "Found", "FoundBold"
TEXT, MUTED = "#1d2433", "#5a6478"


@dataclass(frozen=True)
class Sheets:
    """The sheets of a drawing: how many, and how much of the drawing each shows below its heading."""

    number: int
    width: float
    height: float
    paper: str

    @property
    def whole(self) -> float:
        """The height of a sheet with its heading."""
        return self.height + HEAD

    def tops(self) -> list[float]:
        """Return where in the drawing each sheet begins."""
        return [number * self.height for number in range(self.number)]


def on_paper(draw: Callable[[Format], Drawing], paper: str, *, leads: bool) -> tuple[Drawing, Sheets]:
    """Return what `draw` draws, and its sheets: one if that can be read, else as many as it takes."""
    side, end, widest = SIDES[paper]
    ratio = (end - 2 * BORDER) / (side - 2 * BORDER)
    drawing = draw(Format(width=widest, leads=leads))
    needed = max(drawing.width, SMALLEST, (drawing.height + HEAD) / ratio)
    if needed <= widest:
        return drawing, Sheets(1, needed, needed * ratio - HEAD, paper)
    width = max(drawing.width, SMALLEST)
    height = width * ratio - HEAD
    drawing = draw(Format(width=widest, height=height, leads=leads))
    return drawing, Sheets(ceil(drawing.height / height), max(width, drawing.width), height, paper)


@lru_cache(maxsize=1)
def _faces() -> bool:
    """Make the faces of the PDF known, once in a process."""
    from fontpkg_be_vietnam_pro import ROOT
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in ((FOUND, "Regular"), (FOUND_BOLD, "Bold")):
        pdfmetrics.registerFont(TTFont(name, str(ROOT / "files" / f"BeVietnamPro-{file}.ttf")))
    return True


def as_pdf(drawing: Drawing, sheets: Sheets, told: Iterable[str], lang: str) -> bytes:
    """Return `drawing` on its `sheets`, and what is `told` on sheets behind them, as a PDF."""
    from reportlab.pdfgen.canvas import Canvas

    _faces()
    side, end, _ = SIDES[sheets.paper]
    out = BytesIO()
    pen = _Pen(Canvas(out, pagesize=(side, end), invariant=1, pageCompression=1, lang=lang), end)
    pen.canvas.setTitle(drawing.title)
    pen.canvas.setSubject(drawing.day)
    pages = list(_pages_of(told, (sheets.width, sheets.height)))
    scale = (side - 2 * BORDER) / sheets.width
    for number, top in enumerate(sheets.tops(), 1):
        pen.begin(scale)
        _heading(pen, drawing, sheets, (number, sheets.number + len(pages)))
        pen.window(sheets, HEAD - top)
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
            pen.text(Text(0 if is_first else 18, HEAD + 18 + at * 17, line, 12.5))
        pen.end()
    pen.canvas.save()
    return out.getvalue()


def _heading(pen: _Pen, drawing: Drawing, sheets: Sheets, number: tuple[int, int]) -> None:
    pen.text(Text(0, 20, drawing.title, 19, bold=True, room=sheets.width - 80))
    pen.text(Text(0, 38, drawing.day, 12.5, MUTED))
    pen.text(Text(sheets.width - 60, 20, f"{number[0]}/{number[1]}", 12.5, MUTED))


def _pages_of(told: Iterable[str], room: tuple[float, float]) -> Iterator[list[tuple[str, bool]]]:
    """Yield what is `told` in lines, page by page, with whether each begins a sentence."""
    page: list[tuple[str, bool]] = []
    for one in told:
        lines = broken(one, room[0] - 60, 12.5 * 1.05)
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
        self.canvas.translate(BORDER, self._height - BORDER)
        self.canvas.scale(scale, scale)

    def window(self, sheets: Sheets, down: float) -> None:
        """Move what is drawn from now on `down`, and cut off what does not stand on the sheet."""
        path = self.canvas.beginPath()
        path.rect(-4, -sheets.whole, sheets.width + 8, sheets.height)
        self.canvas.clipPath(path, stroke=0, fill=0)
        self.canvas.translate(0, -down)

    def end(self) -> None:
        """End the sheet."""
        self.canvas.restoreState()
        self.canvas.showPage()

    def text(self, text: Text) -> None:
        """Write a line of text, narrower where it would not fit."""
        face = FOUND_BOLD if text.bold else FOUND
        self.canvas.setFillColor({"text": TEXT, "muted": MUTED, "link": TEXT}.get(text.colour, text.colour))
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

    def wire(self, wire: DrawnWire) -> None:
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
            self.text(Text(link.x, link.y, link.printed, 11.5, MUTED))
        if box.sign:
            self.text(Text(at.right - 16, at.y + 16, box.sign, 15, "#c4161c", bold=True))

    def key(self, key: Key) -> None:
        """Draw one line of the legend."""
        self.stroke(key.stroke)
        if key.fill:
            self.canvas.setFillColor(key.fill)
            for aside in (4, 2, 0) if key.is_stack else (0,):
                self.canvas.roundRect(key.x + aside, -key.y - 4 - aside, 26, 13, 2, stroke=1, fill=1)
        else:
            self.canvas.line(key.x, -key.y + 3, key.x + 30, -key.y + 3)
        if key.sign:
            self.text(Text(key.x + 9, key.y + 2, key.sign, 11, "#c4161c", bold=True))
        self.text(Text(key.x + 40, key.y + 3, key.words, 12.5, room=250))
