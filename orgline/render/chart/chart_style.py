"""Drawing: a plan with its colours, strokes, signs, links and legend, for whatever paper or screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import hypot
from typing import Any

from orgline.render.chart.box_labels import BoxLabel
from orgline.render.chart.geometry import CHART_MARGIN, ChartLayout, PlacedBox, Point, RoutedLine
from orgline.render.chart.selection import ChartBox
from orgline.render.chart.text_fit import BOX_PADDING

ARROW_SIZE, LEGEND_WIDTH, LEGEND_LINE = 8.0, 300.0, 22.0
_DEFAULT_LOOK: Mapping[str, Any] = {"fill": "#ffffff", "border": "#667085", "colour": "#667085"}


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn."""

    colour: str
    width: float
    dash: tuple[float, ...] = ()
    opacity: float = 1.0

    @property
    def dashes(self) -> str:
        """The dashes as SVG has them."""
        return " ".join(f"{one:g}" for one in self.dash)


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere, in a box: where they begin, or end if on the right; what is printed instead."""

    x: float
    y: float
    words: str
    address: str | None
    printed: str = ""
    is_right: bool = False


@dataclass(frozen=True)
class DrawnBox:
    """A box as drawn."""

    at: PlacedBox
    fill: str
    stroke: Stroke
    sign: str
    is_stack: bool
    links: tuple[Link, ...]
    address: str | None
    said: str

    @property
    def name(self) -> str:
        """What stands in it is called so."""
        return self.at.told.title if self.at.told else ""

    @property
    def key(self) -> str:
        """A short name of what stands in it."""
        return self.at.told.box.key if self.at.told else ""


@dataclass(frozen=True)
class DrawnLine:
    """A line as drawn, with its heads, each three points."""

    points: tuple[Point, ...]
    stroke: Stroke
    heads: tuple[tuple[Point, Point, Point], ...]
    said: str

    @property
    def path(self) -> str:
        """The way as a path of SVG."""
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in self.points)


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend: a stroke or a box, and what it means."""

    words: str
    stroke: Stroke
    fill: str = ""
    sign: str = ""
    is_stack: bool = False

    x: float = 0.0
    y: float = 0.0


@dataclass
class Drawing:
    """All that is drawn: its name and day, its size, boxes, lines and legend."""

    title: str
    day: str
    width: float
    height: float
    boxes: list[DrawnBox] = field(default_factory=list)
    wires: list[DrawnLine] = field(default_factory=list)
    legend: list[LegendEntry] = field(default_factory=list)


@dataclass(frozen=True)
class ChartStyle:
    """How charts look: a style, the language of its words, the status that boxes leave out."""

    style: Mapping[str, Any]
    lang: str
    usual: str

    def said(self, part: str, key: str) -> str:
        """Return what the legend calls the look `key` of a `part` of the style."""
        texts = self.style.get(part, {}).get(key, {}).get("legend") or {}
        return str(texts.get(self.lang) or next(iter(texts.values()), key))


class ChartLinks:
    """Where a chart leads to: what folds, what is left out, a chart of its own. A chart on its own leads nowhere."""

    def page(self, _: BoxLabel) -> str | None:
        """Return where the page of what stands in a box is."""
        return None

    def folded(self, _: ChartBox) -> str | None:
        """Return where the chart is with `box` folded, or unfolded."""
        return None

    def more(self, _: ChartBox, __: int) -> str | None:
        """Return where the boxes below `box` stand that are left out: so many before (negative) or after."""
        return None


def draw_chart(
    plan: ChartLayout, look: ChartStyle, links: ChartLinks, word: Callable[[str], str], titles: tuple[str, str]
) -> Drawing:
    """Return `plan` as it is drawn by a `look`; its `titles` are the name and the day."""
    style = look.style
    drawing = Drawing(*titles, plan.width, plan.height)
    drawing.boxes = [_drawn_box(one, look, links, word) for one in plan.placed]
    ranks = {name: one.get("tree", 0) for name, one in style["lines"].items()}
    order = sorted(plan.wires, key=lambda one: (not one.is_tree, -ranks.get(one.line.kind, 0) if one.line else 0))
    drawing.wires = [_drawn_line(one, style) for one in order]
    keys = list(_legend_entries(plan, look, word))
    if plan.width < LEGEND_WIDTH + 2 * CHART_MARGIN:
        drawing.width = LEGEND_WIDTH + 2 * CHART_MARGIN
    across = max(int((drawing.width - 2 * CHART_MARGIN) // LEGEND_WIDTH), 1)
    top = plan.height + LEGEND_LINE
    if plan.sheet and top % plan.sheet + -(-len(keys) // across) * LEGEND_LINE > plan.sheet:
        top = (top // plan.sheet + 1) * plan.sheet + LEGEND_LINE
    for number, one in enumerate(keys):
        x, y = CHART_MARGIN + number % across * LEGEND_WIDTH, top + number // across * LEGEND_LINE
        drawing.legend.append(replace(one, x=x, y=y))
        drawing.height = y + LEGEND_LINE
    return drawing


def _drawn_box(placed: PlacedBox, look: ChartStyle, links: ChartLinks, word: Callable[[str], str]) -> DrawnBox:
    style = look.style
    if placed.told is None:
        return _more_box(placed, style, links)
    told, marks = placed.told, style["marks"]
    kind, mark = style["kinds"].get(told.kind, _DEFAULT_LOOK), marks.get(told.mark, {})
    sign = marks.get(_worst_mark(told), {}).get("sign", "")
    stroke = Stroke(kind["border"], 2.6 if told.is_chosen else 1.3, tuple(mark.get("dash", ())))
    shape = style["forms"].get(told.form, {}).get("shape")
    said = ". ".join(filter(None, (told.title, told.caption(""), *(row.text("") for row in told.rows))))
    found = tuple(_footer_links(placed, told, links, word)) if told.box.count else ()
    return DrawnBox(placed, kind["fill"], stroke, sign, shape == "stack", found, links.page(told), said)


def _worst_mark(told: BoxLabel) -> str:
    known = [row.mark for row in told.rows] + ([told.line.mark] if told.line else [])
    return "contradicted" if "contradicted" in known else ""


def _footer_links(placed: PlacedBox, told: BoxLabel, links: ChartLinks, word: Callable[[str], str]) -> Iterable[Link]:
    """Yield the words at the foot of a box that has others below it: to fold or unfold, to begin from it."""
    y, box = placed.bottom - BOX_PADDING, told.box
    folded, count = links.folded(box), "" if box.below else word("chart_count").format(box.counted)
    if folded is not None:
        words = word("chart_fold") if box.below else word("chart_unfold").format(box.counted)
        yield Link(placed.x + BOX_PADDING, y, words, folded, count)
    elif count:
        yield Link(placed.x + BOX_PADDING, y, count, None, count)
    if links.page(told) is not None and not told.is_chosen:
        yield Link(placed.right - BOX_PADDING, y, word("chart_own"), told.chart, is_right=True)


def _more_box(placed: PlacedBox, style: Mapping[str, Any], links: ChartLinks) -> DrawnBox:
    page = style["page"]
    assert placed.more is not None
    words = " ".join(one.words for one in placed.texts)
    stroke = Stroke(page["muted"], 1.0, (2, 3))
    return DrawnBox(placed, page["ground"], stroke, "", False, (), links.more(*placed.more), words)


def stroke_of(kind: str, mark: str, status: str, style: Mapping[str, Any], *, is_tree: bool) -> Stroke:
    """Return how a line is drawn: its colour by its kind, its dashes by what it is and how sure, its weight by time."""
    look, sure = style["lines"].get(kind, _DEFAULT_LOOK), style["marks"].get(mark, {})
    time = style.get("statuses", {}).get(status, {})
    dash = time.get("dash") or sure.get("dash") or (() if is_tree else style.get("chart", {}).get("dash", (9, 5)))
    width = float(time.get("width") or (2.0 if is_tree else 1.6))
    return Stroke(sure.get("border") or look["colour"], width, tuple(dash), float(time.get("opacity", 1.0)))


def _drawn_line(wire: RoutedLine, style: Mapping[str, Any]) -> DrawnLine:
    if wire.line is None:
        return DrawnLine(tuple(wire.points), Stroke(style["page"]["muted"], 1.0, (2, 3)), (), "")
    line = wire.line
    stroke = stroke_of(line.kind, line.mark, line.status, style, is_tree=wire.is_tree)
    heads: list[tuple[Point, Point, Point]] = []
    arrow = style["lines"].get(line.kind, {}).get("arrow", "none")
    if not wire.is_tree and arrow in ("from", "both"):
        heads.append(_arrowhead(wire.points[1], wire.points[0]))
    if not wire.is_tree and arrow in ("to", "both"):
        heads.append(_arrowhead(wire.points[-2], wire.points[-1]))
    return DrawnLine(tuple(wire.points), stroke, tuple(heads), line.said)


def _arrowhead(before: Point, at: Point) -> tuple[Point, Point, Point]:
    """Return the corners of an arrowhead at a point, that comes from the one `before`."""
    (x, y), (fx, fy) = at, before
    length = hypot(x - fx, y - fy) or 1.0
    dx, dy = (x - fx) / length * ARROW_SIZE, (y - fy) / length * ARROW_SIZE
    return at, (x - dx - dy / 2, y - dy + dx / 2), (x - dx + dy / 2, y - dy - dx / 2)


def _legend_entries(plan: ChartLayout, look: ChartStyle, word: Callable[[str], str]) -> Iterable[LegendEntry]:
    """Yield what each look that is used means, in the order of the style."""
    style, muted = look.style, look.style["page"]["muted"]
    told = [one.told for one in plan.placed if one.told]
    lines = [one.line for one in plan.wires if one.line]
    drawn_as = {(one.line.kind, one.is_tree) for one in plan.wires if one.line}
    marks = {one.mark for one in lines} | {one.mark for one in told} | {row.mark for one in told for row in one.rows}
    for key in (one for one in style["kinds"] if one in {box.kind for box in told}):
        yield LegendEntry(
            look.said("kinds", key), Stroke(style["kinds"][key]["border"], 1.3), style["kinds"][key]["fill"]
        )
    for key in (one for one in style["forms"] if one in {box.form for box in told}):
        is_stack = style["forms"][key].get("shape") == "stack"
        yield LegendEntry(look.said("forms", key), Stroke(muted, 1.3), "#ffffff", is_stack=is_stack)
    for kind, is_tree in sorted(drawn_as, key=lambda one: (not one[1], one[0])):
        yield LegendEntry(look.said("lines", kind), stroke_of(kind, "stated", "", style, is_tree=is_tree))
    for key in (one for one in style["marks"] if one in marks and one != "stated"):
        mark = style["marks"][key]
        stroke = Stroke(mark.get("border", muted), 1.8, tuple(mark.get("dash", ())))
        yield LegendEntry(look.said("marks", key), stroke, "#ffffff", mark.get("sign", ""))
    for key in dict.fromkeys(one.status for one in lines if one.status in style.get("statuses", {})):
        yield LegendEntry(word(f"status_{key}"), stroke_of("", "stated", key, style, is_tree=True))
