"""A laid-out chart with its colours, strokes, signs, links and legend, ready to be written as SVG or PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import hypot
from typing import Any

from orgline.graph import CONTRADICTED, STATED
from orgline.render.chart.box_labels import BoxLabel
from orgline.render.chart.geometry import CHART_MARGIN, ChartLayout, PlacedBox, Point, RoutedLine
from orgline.render.chart.selection import ChartBox
from orgline.render.chart.text_fit import BOX_PADDING

ARROW_SIZE, LEGEND_WIDTH, LEGEND_LINE = 8.0, 300.0, 22.0
_DEFAULT_LOOK: Mapping[str, Any] = {"fill": "#ffffff", "border": "#667085", "colour": "#667085"}
_DOTTED = (2.0, 3.0)


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn: colour, width in pixels, lengths of dashes and gaps, opacity from 0 to 1."""

    colour: str
    width: float
    dash: tuple[float, ...] = ()
    opacity: float = 1.0

    @property
    def dash_array(self) -> str:
        """The dashes as SVG's stroke-dasharray."""
        return " ".join(f"{length:g}" for length in self.dash)


@dataclass(frozen=True)
class Link:
    """A link in the footer of a box: its start (its end where `is_right`), text and address.

    ``printed`` is written instead on paper, where nothing can be followed; without an address it is plain text.
    """

    x: float
    y: float
    text: str
    address: str | None
    printed: str = ""
    is_right: bool = False


@dataclass(frozen=True)
class DrawnBox:
    """A box as drawn: position and text, colours, warning sign, links, and a description for screen readers."""

    at: PlacedBox
    fill: str
    stroke: Stroke
    sign: str
    is_stack: bool
    links: tuple[Link, ...]
    address: str | None
    description: str

    @property
    def name(self) -> str:
        """The name of the body or post, empty for a box of omitted ones."""
        return self.at.label.title if self.at.label else ""

    @property
    def key(self) -> str:
        """The short name of the box, empty for a box of omitted ones."""
        return self.at.label.box.key if self.at.label else ""


@dataclass(frozen=True)
class DrawnLine:
    """A line as drawn, with its arrowheads of three points each and a description for screen readers."""

    points: tuple[Point, ...]
    stroke: Stroke
    arrowheads: tuple[tuple[Point, Point, Point], ...]
    description: str

    @property
    def path(self) -> str:
        """The points as the path data of SVG."""
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in self.points)


@dataclass(frozen=True)
class LegendEntry:
    """An entry of the legend: its text, and the line or (with a `fill`) box that it explains."""

    text: str
    stroke: Stroke
    fill: str = ""
    sign: str = ""
    is_stack: bool = False

    x: float = 0.0
    y: float = 0.0


@dataclass
class Drawing:
    """A chart as drawn: title, the day it is of, size in pixels, boxes, lines and legend."""

    title: str
    day: str
    width: float
    height: float
    boxes: list[DrawnBox] = field(default_factory=list)
    lines: list[DrawnLine] = field(default_factory=list)
    legend: list[LegendEntry] = field(default_factory=list)


@dataclass(frozen=True)
class ChartStyle:
    """The style of charts (viz/style.toml), the language of the legend, and the status left out of boxes."""

    style: Mapping[str, Any]
    lang: str
    common_status: str

    def legend(self, part: str, key: str) -> str:
        """Return the text of the legend for the look `key` in a `part` of the style."""
        texts = self.style.get(part, {}).get(key, {}).get("legend") or {}
        return str(texts.get(self.lang) or next(iter(texts.values()), key))


class ChartLinks:
    """The addresses that the boxes of a chart link to. This class links nowhere, as a picture or a PDF does."""

    def page(self, _: BoxLabel) -> str | None:
        """Return the address of the page of a body or post."""
        return None

    def folded(self, _: ChartBox) -> str | None:
        """Return the address of the chart with a box folded, or unfolded if it is folded."""
        return None

    def more(self, _: ChartBox, __: int) -> str | None:
        """Return the address of a chart with the omitted boxes below a box: so many before (negative) or after."""
        return None


def draw_chart(
    layout: ChartLayout, look: ChartStyle, links: ChartLinks, word: Callable[[str], str], titles: tuple[str, str]
) -> Drawing:
    """Return `layout` in the colours of `look`, with its legend.

    `word` returns a text of the page by its key; `titles` are the name of the chart and its day.
    """
    style = look.style
    drawing = Drawing(*titles, layout.width, layout.height)
    drawing.boxes = [_drawn_box(box, look, links, word) for box in layout.boxes]
    ranks = {name: line.get("tree", 0) for name, line in style["lines"].items()}
    # The lines of the tree first, so that the others are drawn over them.
    order = sorted(
        layout.lines, key=lambda line: (not line.is_tree, -ranks.get(line.label.kind, 0) if line.label else 0)
    )
    drawing.lines = [_drawn_line(line, style) for line in order]
    _add_legend(drawing, list(_legend_entries(layout, look, word)), layout)
    return drawing


def _add_legend(drawing: Drawing, entries: list[LegendEntry], layout: ChartLayout) -> None:
    """Place the legend below the chart, in columns, whole on one sheet where there are sheets."""
    drawing.width = max(drawing.width, LEGEND_WIDTH + 2 * CHART_MARGIN)
    columns = max(int((drawing.width - 2 * CHART_MARGIN) // LEGEND_WIDTH), 1)
    top = layout.height + LEGEND_LINE
    if layout.sheet and top % layout.sheet + -(-len(entries) // columns) * LEGEND_LINE > layout.sheet:
        top = (top // layout.sheet + 1) * layout.sheet + LEGEND_LINE
    for number, entry in enumerate(entries):
        x, y = CHART_MARGIN + number % columns * LEGEND_WIDTH, top + number // columns * LEGEND_LINE
        drawing.legend.append(replace(entry, x=x, y=y))
        drawing.height = y + LEGEND_LINE


def _drawn_box(placed: PlacedBox, look: ChartStyle, links: ChartLinks, word: Callable[[str], str]) -> DrawnBox:
    """Return a placed box as it is drawn: colours, stroke, sign, links and its description for screen readers."""
    style = look.style
    if placed.label is None:
        return _more_box(placed, style, links)
    label, marks = placed.label, style["marks"]
    kind, mark = style["kinds"].get(label.kind, _DEFAULT_LOOK), marks.get(label.mark, {})
    holders = (holder.text("") for holder in label.holders)
    return DrawnBox(
        placed,
        fill=kind["fill"],
        stroke=Stroke(kind["border"], 2.6 if label.is_chosen else 1.3, tuple(mark.get("dash", ()))),
        sign=marks.get(_worst_mark(label), {}).get("sign", ""),
        is_stack=style["forms"].get(label.form, {}).get("shape") == "stack",
        links=tuple(_footer_links(placed, label, links, word)) if label.box.count else (),
        address=links.page(label),
        description=". ".join(filter(None, (label.title, label.caption(""), *holders))),
    )


def _worst_mark(label: BoxLabel) -> str:
    """Return "contradicted" if a holder or the line of the box is, else an empty text."""
    marks = [holder.mark for holder in label.holders] + ([label.line.mark] if label.line else [])
    return CONTRADICTED if CONTRADICTED in marks else ""


def _footer_links(placed: PlacedBox, label: BoxLabel, links: ChartLinks, word: Callable[[str], str]) -> Iterable[Link]:
    """Yield the links of a box with subordinates: to fold or unfold it, and to its own chart."""
    y, box = placed.bottom - BOX_PADDING, label.box
    folded, count = links.folded(box), "" if box.below else word("chart_count").format(box.count_text)
    if folded is not None:
        text = word("chart_fold") if box.below else word("chart_unfold").format(box.count_text)
        yield Link(placed.x + BOX_PADDING, y, text, folded, count)
    elif count:
        yield Link(placed.x + BOX_PADDING, y, count, None, count)
    if links.page(label) is not None and not label.is_chosen:
        yield Link(placed.right - BOX_PADDING, y, word("chart_own"), label.chart_address, is_right=True)


def _more_box(placed: PlacedBox, style: Mapping[str, Any], links: ChartLinks) -> DrawnBox:
    """Return the box for omitted subordinates."""
    page = style["page"]
    assert placed.more is not None
    text = " ".join(line.text for line in placed.lines)
    stroke = Stroke(page["muted"], 1.0, _DOTTED)
    return DrawnBox(placed, page["ground"], stroke, "", False, (), links.more(*placed.more), text)


def stroke_of(kind: str, mark: str, status: str, style: Mapping[str, Any], *, is_tree: bool) -> Stroke:
    """Return the stroke of a line.

    Its colour shows the kind of line, its dashes the certainty or that it is outside the tree, its width and opacity
    the temporal status.
    """
    look, certainty = style["lines"].get(kind, _DEFAULT_LOOK), style["marks"].get(mark, {})
    time = style.get("statuses", {}).get(status, {})
    outside_tree = () if is_tree else style.get("chart", {}).get("dash", (9, 5))
    dash = time.get("dash") or certainty.get("dash") or outside_tree
    width = float(time.get("width") or (2.0 if is_tree else 1.6))
    return Stroke(certainty.get("border") or look["colour"], width, tuple(dash), float(time.get("opacity", 1.0)))


def _drawn_line(line: RoutedLine, style: Mapping[str, Any]) -> DrawnLine:
    """Return a line as it is drawn: its points, stroke and arrowheads, and the sentence of its label."""
    if line.label is None:
        return DrawnLine(tuple(line.points), Stroke(style["page"]["muted"], 1.0, _DOTTED), (), "")
    label = line.label
    stroke = stroke_of(label.kind, label.mark, label.status, style, is_tree=line.is_tree)
    arrowheads: list[tuple[Point, Point, Point]] = []
    arrow = style["lines"].get(label.kind, {}).get("arrow", "none")
    if not line.is_tree and arrow in ("from", "both"):
        arrowheads.append(_arrowhead(line.points[1], line.points[0]))
    if not line.is_tree and arrow in ("to", "both"):
        arrowheads.append(_arrowhead(line.points[-2], line.points[-1]))
    return DrawnLine(tuple(line.points), stroke, tuple(arrowheads), label.sentence)


def _arrowhead(previous: Point, tip: Point) -> tuple[Point, Point, Point]:
    """Return the corners of an arrowhead whose tip is at `tip`, on a line that comes from `previous`."""
    (x, y), (from_x, from_y) = tip, previous
    length = hypot(x - from_x, y - from_y) or 1.0
    dx, dy = (x - from_x) / length * ARROW_SIZE, (y - from_y) / length * ARROW_SIZE
    return tip, (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2)


def _legend_entries(layout: ChartLayout, look: ChartStyle, word: Callable[[str], str]) -> Iterable[LegendEntry]:
    """Yield an entry for each look that the chart uses, in the order of the style."""
    style, muted = look.style, look.style["page"]["muted"]
    boxes = [box.label for box in layout.boxes if box.label]
    lines = [line.label for line in layout.lines if line.label]
    line_looks = {(line.label.kind, line.is_tree) for line in layout.lines if line.label}
    marks = {line.mark for line in lines} | {box.mark for box in boxes}
    marks |= {holder.mark for box in boxes for holder in box.holders}
    kinds, forms = {box.kind for box in boxes}, {box.form for box in boxes}
    for key in (key for key in style["kinds"] if key in kinds):
        kind = style["kinds"][key]
        yield LegendEntry(look.legend("kinds", key), Stroke(kind["border"], 1.3), kind["fill"])
    for key in (key for key in style["forms"] if key in forms):
        is_stack = style["forms"][key].get("shape") == "stack"
        yield LegendEntry(look.legend("forms", key), Stroke(muted, 1.3), "#ffffff", is_stack=is_stack)
    for key, is_tree in sorted(line_looks, key=lambda used: (not used[1], used[0])):
        yield LegendEntry(look.legend("lines", key), stroke_of(key, STATED, "", style, is_tree=is_tree))
    for key in (key for key in style["marks"] if key in marks and key != STATED):
        mark = style["marks"][key]
        stroke = Stroke(mark.get("border", muted), 1.8, tuple(mark.get("dash", ())))
        yield LegendEntry(look.legend("marks", key), stroke, "#ffffff", mark.get("sign", ""))
    statuses = style.get("statuses", {})
    for key in dict.fromkeys(line.status for line in lines if line.status in statuses):
        yield LegendEntry(word(f"status_{key}"), stroke_of("", STATED, key, style, is_tree=True))
