"""Placing: where the boxes and lines of a chart stand: superiors on top, columns that hang, rows where a level is wide.

No box lies on another, no line runs through a box, and none is cut where one sheet of paper ends and the next
begins. Networkx, igraph and Graphviz place trees too; none of them wraps a level or knows of paper. Sizes are in
pixels at 100 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orgline.hierarchy import Hop
from orgline.render.chart.box_labels import BoxLabel, LineLabel
from orgline.render.chart.geometry import (
    CHART_MARGIN,
    LANE_WIDTH,
    LINE_CLEARANCE,
    MAX_LANES,
    ChartLabels,
    ChartLayout,
    PlacedBox,
    Point,
    RoutedLine,
    SizeLimits,
)
from orgline.render.chart.line_routes import SIDE_GAP, LineRouter
from orgline.render.chart.selection import Chart, ChartBox
from orgline.render.chart.text_fit import BoxText, fit_box_text, fit_more_text

BOX_GAP, BOX_SPACING, SUPERIOR_SPACING, BUS_HEIGHT, TRUNK_WIDTH = 22.0, 12.0, 26.0, 20.0, 18.0
ColumnHead = ChartBox | tuple[ChartBox, int]


def lay_out_chart(
    chart: Chart, told: ChartLabels, line: Callable[[Hop], LineLabel], word: Callable[[str], str], size: SizeLimits
) -> ChartLayout:
    """Return where everything on `chart` stands; `line` tells of one, `word` is said on links in boxes."""
    return _ChartLayouter(told, word, size).plan(chart, line)


class _ChartLayouter:
    def __init__(self, told: ChartLabels, word: Callable[[str], str], size: SizeLimits) -> None:
        self._told, self._word, self._size = told, word, size
        self._plan = ChartLayout(sheet=size.height)
        self._at: dict[str, PlacedBox] = {}
        self._inscribed: dict[str, BoxText] = {}
        self._zones: list[float] = []
        self._first_bus = 0.0
        self._lanes = 0

    def plan(self, chart: Chart, line: Callable[[Hop], LineLabel]) -> ChartLayout:
        """Return the plan of `chart`."""
        plan, size = self._plan, self._size
        self._lanes = min(len(chart.cross_lines), MAX_LANES)
        if size.is_list:
            self._in_one_column(chart)
        else:
            self._in_rows(chart)
        plan.width = max(one.right for one in plan.placed) + CHART_MARGIN
        router = LineRouter(plan, self._zones, is_list=size.is_list)
        for number, hop in enumerate(chart.cross_lines):
            points = router.route(self._at[hop.upper], self._at[hop.lower], number % MAX_LANES * LANE_WIDTH)
            plan.wires.append(RoutedLine(points, line(hop), is_tree=False))
        plan.width = max([plan.width, *(x + LINE_CLEARANCE for wire in plan.wires for x, _ in wire.points)])
        plan.height = max(one.bottom for one in plan.placed) + CHART_MARGIN
        return plan

    def _inscription(self, box: ChartBox) -> BoxText:
        if box.name not in self._inscribed:
            told = self._told.boxes[box.name]
            self._inscribed[box.name] = fit_box_text(told, self._size.box, self._told.usual, leads=self._size.leads)
        return self._inscribed[box.name]

    def _place(self, box: ChartBox, x: float, y: float) -> PlacedBox:
        """Place `box` with its corner at `x` and `y`, or on the next sheet if it would be cut."""
        found = self._inscription(box)
        return self._put(found, x, self._whole(y, found.height), told=self._told.boxes[box.name])

    def _put(self, found: BoxText, x: float, y: float, **what: BoxLabel | tuple[ChartBox, int]) -> PlacedBox:
        placed = PlacedBox(x, y, self._size.box, found.height, found.at(x, y), **what)  # type: ignore[arg-type]
        placed.gutter = placed.right + LINE_CLEARANCE
        self._plan.placed.append(placed)
        if placed.told is not None:
            self._at[placed.told.box.name] = placed
        return placed

    def _whole(self, y: float, height: float) -> float:
        """Return `y`, or the top of the next sheet where something so high would be cut at `y`."""
        sheet = self._size.height
        if not sheet or height > sheet - LINE_CLEARANCE or y % sheet + height <= sheet - 4:
            return y
        return (y // sheet + 1) * sheet + LINE_CLEARANCE

    def _wire(self, points: Iterable[Point], placed: PlacedBox) -> None:
        self._plan.wires.append(RoutedLine(list(points), placed.told.line if placed.told else None, is_tree=True))

    def _stacked(self, boxes: list[ChartBox], x: float, *, at: float) -> float:
        """Place `boxes` one under the other, joined `at` so far from their left edge; return where the next stands."""
        y = CHART_MARGIN
        for box in boxes:
            placed = self._place(box, x, y)
            if self._plan.placed[:-1]:
                before = self._plan.placed[-2]
                self._wire([(x + at, before.bottom), (x + at, placed.y)], placed)
            y = placed.bottom + SUPERIOR_SPACING
        return y

    def _in_one_column(self, chart: Chart) -> None:
        y = self._stacked(chart.above, CHART_MARGIN, at=LINE_CLEARANCE)
        before = self._plan.placed[-1] if self._plan.placed else None
        for side in chart.side_boxes:
            y = self._place(side, CHART_MARGIN + 2 * BOX_GAP, y).bottom + BOX_SPACING
        self._hang(chart.root, CHART_MARGIN, y)
        if before is not None:
            root = self._at[chart.root.name]
            self._wire([(CHART_MARGIN + LINE_CLEARANCE, before.bottom), (CHART_MARGIN + LINE_CLEARANCE, root.y)], root)
        edge = max(one.right for one in self._plan.placed) + LINE_CLEARANCE
        for one in self._plan.placed:
            one.gutter = edge

    def _in_rows(self, chart: Chart) -> None:
        columns: list[ColumnHead] = [*_omitted_before(chart.root), *chart.root.below, *_omitted_after(chart.root)]
        rows = self._wrapped(columns)
        left = CHART_MARGIN + (TRUNK_WIDTH if len(rows) > 1 else 0)
        width = max((sum(map(self._breadth, row)) + BOX_GAP * (len(row) - 1) for row in rows), default=self._size.box)
        first = sum(map(self._breadth, rows[0][:-1])) + BOX_GAP * (len(rows[0]) - 1) if rows else 0
        centre = left + (first + self._size.box) / 2
        centre = max(centre, left + self._size.box / 2)
        self._stacked([*chart.above, chart.root], centre - self._size.box / 2, at=self._size.box / 2)
        root = self._at[chart.root.name]
        y, aside = root.y, max(root.right + SIDE_GAP, 0)
        for side in chart.side_boxes:
            y = self._place(side, aside, y).bottom + BOX_SPACING
        y = max(one.bottom for one in self._plan.placed)
        for number, row in enumerate(rows):
            y = self._row(number, row, y, left, root)
        self._plan.width = left + width

    def _breadth(self, column: ColumnHead) -> float:
        """Return how wide a column is with all that hangs in it."""
        if isinstance(column, tuple):
            return self._size.box
        return self._size.box + BOX_GAP * _depth(column)

    def _wrapped(self, columns: list[ColumnHead]) -> list[list[ColumnHead]]:
        """Return `columns` in as few rows of like length as the width allows."""
        for number in range(1, len(columns) + 1):
            each = -(-len(columns) // number)
            rows = [columns[at : at + each] for at in range(0, len(columns), each)]
            widths = (sum(map(self._breadth, row)) + BOX_GAP * (len(row) - 1) for row in rows)
            if each == 1 or max(widths) + 2 * CHART_MARGIN + TRUNK_WIDTH <= self._size.width:
                return rows
        return []

    def _row(self, number: int, row: list[ColumnHead], y: float, left: float, root: PlacedBox) -> float:
        """Place a row of columns below `y`, joined to `root`; return where it ends."""
        room = BUS_HEIGHT + self._lanes * LANE_WIDTH
        heights = [self._inscription(one).height for one in row if isinstance(one, ChartBox)]
        top = self._whole(y + room + BUS_HEIGHT, max(heights, default=0.0))
        bus, x, bottom = top - BUS_HEIGHT, left, top
        self._zones.append(bus - 4 - self._lanes * LANE_WIDTH)
        middle = root.x + root.width / 2
        for one in row:
            begun = len(self._plan.placed)
            head, end = self._column(one, x, top)
            x += self._breadth(one) + BOX_GAP
            for placed in self._plan.placed[begun:]:
                placed.gutter, placed.row = x - BOX_GAP + 10, number
            down = head.x + head.width / 2
            way = [(middle, root.bottom), (middle, bus), (down, bus), (down, head.y)]
            if number:
                trunk, first = CHART_MARGIN - 6, self._first_bus
                way[1:2] = [(middle, first), (trunk, first), (trunk, bus)]
            else:
                self._first_bus = bus
            self._wire(way, head)
            bottom = max(bottom, end)
        return bottom

    def _column(self, one: ColumnHead, x: float, y: float) -> tuple[PlacedBox, float]:
        """Place a column; return its head and where it ends."""
        if isinstance(one, tuple):
            found = fit_more_text(one[1], self._size.box, self._word)
            placed = self._put(found, x, self._whole(y, found.height), more=one)
            return placed, placed.bottom
        return self._hang(one, x, y)

    def _hang(self, box: ChartBox, x: float, y: float) -> tuple[PlacedBox, float]:
        """Place `box` and what is below it, indented; return it and where that ends."""
        head = self._place(box, x, y)
        end = head.bottom
        below: list[ColumnHead] = [*_omitted_before(box), *box.below, *_omitted_after(box)]
        for one in below:
            child, end = self._column(one, x + BOX_GAP, end + BOX_SPACING)
            self._wire(
                [(x + LINE_CLEARANCE, head.bottom), (x + LINE_CLEARANCE, child.middle), (child.x, child.middle)], child
            )
        return head, end


def _omitted_before(box: ChartBox) -> list[tuple[ChartBox, int]]:
    return [(box, -box.before)] if box.before else []


def _omitted_after(box: ChartBox) -> list[tuple[ChartBox, int]]:
    return [(box, box.after)] if box.after else []


def _depth(box: ChartBox) -> int:
    below = [1 + _depth(one) for one in box.below]
    return max([*below, 1 if box.after or box.before else 0], default=0)
