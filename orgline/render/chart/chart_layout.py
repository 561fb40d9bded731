"""Computes the positions of a chart: superiors on top, columns of subordinates, several rows where a level is wide.

No two boxes overlap, no line crosses a box, and no box is cut where one sheet of paper ends and the next begins.
networkx, igraph and Graphviz lay out trees too, but none of them wraps a level or knows sheets of paper. All sizes are
in pixels at 100 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orgline.hierarchy import Hop
from orgline.render.chart.box_labels import LineLabel
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
# The top of a column: a box, or the omitted subordinates of a box and how many (negative: before the shown ones).
ColumnHead = ChartBox | tuple[ChartBox, int]


def lay_out_chart(
    chart: Chart,
    labels: ChartLabels,
    label_line: Callable[[Hop], LineLabel],
    word: Callable[[str], str],
    size: SizeLimits,
) -> ChartLayout:
    """Return the positions of all boxes and lines of `chart` within `size`.

    `label_line` returns the label of a cross line; `word` returns a text of the page by its key.
    """
    return _ChartLayouter(labels, word, size).layout(chart, label_line)


class _ChartLayouter:
    def __init__(self, labels: ChartLabels, word: Callable[[str], str], size: SizeLimits) -> None:
        self._labels, self._word, self._size = labels, word, size
        self._layout = ChartLayout(sheet=size.height)
        self._placed: dict[str, PlacedBox] = {}
        self._texts: dict[str, BoxText] = {}
        self._free_rows: list[float] = []
        self._first_bus = 0.0
        self._lanes = 0

    def layout(self, chart: Chart, label_line: Callable[[Hop], LineLabel]) -> ChartLayout:
        """Return the layout of `chart`."""
        layout, size = self._layout, self._size
        self._lanes = min(len(chart.cross_lines), MAX_LANES)
        if size.is_list:
            self._place_in_one_column(chart)
        else:
            self._place_in_rows(chart)
        layout.width = max(box.right for box in layout.boxes) + CHART_MARGIN
        router = LineRouter(layout, self._free_rows, is_list=size.is_list)
        for number, hop in enumerate(chart.cross_lines):
            lane = number % MAX_LANES * LANE_WIDTH
            points = router.route(self._placed[hop.upper], self._placed[hop.lower], lane)
            layout.lines.append(RoutedLine(points, label_line(hop), is_tree=False))
        layout.width = max([layout.width, *(x + LINE_CLEARANCE for line in layout.lines for x, _ in line.points)])
        layout.height = max(box.bottom for box in layout.boxes) + CHART_MARGIN
        return layout

    def _text_of(self, box: ChartBox) -> BoxText:
        """Return the text of `box`, wrapped once."""
        if box.iri not in self._texts:
            size, labels = self._size, self._labels
            self._texts[box.iri] = fit_box_text(
                labels.boxes[box.iri], size.box, labels.common_status, size.allowance, has_links=size.has_links
            )
        return self._texts[box.iri]

    def _place(self, box: ChartBox, x: float, y: float) -> PlacedBox:
        """Place `box` with its upper left corner at (`x`, `y`), or on the next sheet where it would be cut."""
        text = self._text_of(box)
        y = self._uncut(y, text.height)
        placed = PlacedBox(x, y, self._size.box, text.height, text.at(x, y), label=self._labels.boxes[box.iri])
        self._placed[box.iri] = placed
        return self._add(placed)

    def _place_more(self, more: tuple[ChartBox, int], x: float, y: float) -> PlacedBox:
        """Place the box for omitted subordinates, as `_place` does."""
        text = fit_more_text(more[1], self._size.box, self._word, self._size.allowance)
        y = self._uncut(y, text.height)
        return self._add(PlacedBox(x, y, self._size.box, text.height, text.at(x, y), more=more))

    def _add(self, placed: PlacedBox) -> PlacedBox:
        placed.gutter = placed.right + LINE_CLEARANCE
        self._layout.boxes.append(placed)
        return placed

    def _uncut(self, y: float, height: float) -> float:
        """Return `y`, or the top of the next sheet where something of this height would be cut at `y`."""
        sheet = self._size.height
        # What is higher than a sheet is cut anyway.
        if not sheet or height > sheet - LINE_CLEARANCE or y % sheet + height <= sheet - 4:
            return y
        return (y // sheet + 1) * sheet + LINE_CLEARANCE

    def _add_tree_line(self, points: Iterable[Point], placed: PlacedBox) -> None:
        """Add the line that leads to `placed`."""
        label = placed.label.line if placed.label else None
        self._layout.lines.append(RoutedLine(list(points), label, is_tree=True))

    def _place_stacked(self, boxes: list[ChartBox], x: float, *, line_at: float) -> float:
        """Place `boxes` one below the other, joined by lines `line_at` right of their left edge; return the next y."""
        y = CHART_MARGIN
        for box in boxes:
            placed = self._place(box, x, y)
            if self._layout.boxes[:-1]:
                previous = self._layout.boxes[-2]
                self._add_tree_line([(x + line_at, previous.bottom), (x + line_at, placed.y)], placed)
            y = placed.bottom + SUPERIOR_SPACING
        return y

    def _place_in_one_column(self, chart: Chart) -> None:
        """Place all boxes below each other, indented by level."""
        y = self._place_stacked(chart.superiors, CHART_MARGIN, line_at=LINE_CLEARANCE)
        superior = self._layout.boxes[-1] if self._layout.boxes else None
        for side_box in chart.side_boxes:
            y = self._place(side_box, CHART_MARGIN + 2 * BOX_GAP, y).bottom + BOX_SPACING
        self._place_tree(chart.root, CHART_MARGIN, y)
        if superior is not None:
            root, x = self._placed[chart.root.iri], CHART_MARGIN + LINE_CLEARANCE
            self._add_tree_line([(x, superior.bottom), (x, root.y)], root)
        edge = max(box.right for box in self._layout.boxes) + LINE_CLEARANCE
        for box in self._layout.boxes:
            box.gutter = edge

    def _place_in_rows(self, chart: Chart) -> None:
        """Place superiors and root above the middle of the first row of columns, and the other rows below it."""
        rows = self._rows_of(_column_heads(chart.root))
        left = CHART_MARGIN + (TRUNK_WIDTH if len(rows) > 1 else 0)
        # The root is above the middle of the first row, from the left edge of its first to that of its last column.
        span = sum(map(self._column_width, rows[0][:-1])) + BOX_GAP * (len(rows[0]) - 1) if rows else 0
        centre = left + (span + self._size.box) / 2
        self._place_stacked([*chart.superiors, chart.root], centre - self._size.box / 2, line_at=self._size.box / 2)
        root = self._placed[chart.root.iri]
        y, beside = root.y, max(root.right + SIDE_GAP, 0)
        for side_box in chart.side_boxes:
            y = self._place(side_box, beside, y).bottom + BOX_SPACING
        y = max(box.bottom for box in self._layout.boxes)
        for number, row in enumerate(rows):
            y = self._place_row(number, row, y, left, root)

    def _column_width(self, column: ColumnHead) -> float:
        """Return the width of a column with everything indented below its head."""
        if isinstance(column, tuple):
            return self._size.box
        return self._size.box + BOX_GAP * _depth(column)

    def _rows_of(self, columns: list[ColumnHead]) -> list[list[ColumnHead]]:
        """Return `columns` in as few rows of equal length as the width allows."""
        for number in range(1, len(columns) + 1):
            length = -(-len(columns) // number)
            rows = [columns[at : at + length] for at in range(0, len(columns), length)]
            widths = (sum(map(self._column_width, row)) + BOX_GAP * (len(row) - 1) for row in rows)
            if length == 1 or max(widths) + 2 * CHART_MARGIN + TRUNK_WIDTH <= self._size.width:
                return rows
        return []

    def _place_row(self, number: int, row: list[ColumnHead], y: float, left: float, root: PlacedBox) -> float:
        """Place a row of columns below `y`, joined to `root` by a horizontal bus; return the y of its end."""
        lanes = self._lanes * LANE_WIDTH
        heights = [self._text_of(head).height for head in row if isinstance(head, ChartBox)]
        top = self._uncut(y + BUS_HEIGHT + lanes + BUS_HEIGHT, max(heights, default=0.0))
        bus, x, bottom = top - BUS_HEIGHT, left, top
        self._free_rows.append(bus - 4 - lanes)
        for column in row:
            first = len(self._layout.boxes)
            head, end = self._place_column(column, x, top)
            x += self._column_width(column) + BOX_GAP
            for placed in self._layout.boxes[first:]:
                placed.gutter, placed.row = x - BOX_GAP + 10, number
            self._add_tree_line(self._bus_points(number, bus, root, head), head)
            bottom = max(bottom, end)
        return bottom

    def _bus_points(self, number: int, bus: float, root: PlacedBox, head: PlacedBox) -> list[Point]:
        """Return the points of the line from `root` to a column's `head`; later rows are reached by the left edge."""
        middle, down = root.x + root.width / 2, head.x + head.width / 2
        points = [(middle, root.bottom), (middle, bus), (down, bus), (down, head.y)]
        if number:
            trunk, first = CHART_MARGIN - 6, self._first_bus
            points[1:2] = [(middle, first), (trunk, first), (trunk, bus)]
        else:
            self._first_bus = bus
        return points

    def _place_column(self, column: ColumnHead, x: float, y: float) -> tuple[PlacedBox, float]:
        """Place a column; return its head and the y of its end."""
        if isinstance(column, tuple):
            placed = self._place_more(column, x, y)
            return placed, placed.bottom
        return self._place_tree(column, x, y)

    def _place_tree(self, box: ChartBox, x: float, y: float) -> tuple[PlacedBox, float]:
        """Place `box` and, indented, everything below it; return it and the y of the end."""
        head = self._place(box, x, y)
        end, line_x = head.bottom, x + LINE_CLEARANCE
        for column in _column_heads(box):
            child, end = self._place_column(column, x + BOX_GAP, end + BOX_SPACING)
            self._add_tree_line([(line_x, head.bottom), (line_x, child.middle), (child.x, child.middle)], child)
        return head, end


def _column_heads(box: ChartBox) -> list[ColumnHead]:
    """Return what is placed below `box`: its shown subordinates, with a box for those omitted before and after."""
    before: list[ColumnHead] = [(box, -box.omitted_before)] if box.omitted_before else []
    after: list[ColumnHead] = [(box, box.omitted_after)] if box.omitted_after else []
    return [*before, *box.below, *after]


def _depth(box: ChartBox) -> int:
    """Return how many levels are shown below `box`."""
    levels = [1 + _depth(child) for child in box.below]
    return max([*levels, 1 if box.omitted_after or box.omitted_before else 0], default=0)
