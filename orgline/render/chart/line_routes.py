"""Routes of the lines of a chart that are not in its tree: around all boxes, in lanes side by side."""

from __future__ import annotations

from orgline.render.chart.geometry import CHART_MARGIN, LANE_WIDTH, LINE_CLEARANCE, ChartLayout, PlacedBox, Point

SIDE_GAP = 64.0


class LineRouter:
    """Routes lines through the gutters of a `layout` and the free space above each row of columns.

    All boxes of the layout have their final positions. `free_rows` are the y of the free space above each row; in a
    list there is one column and no row.
    """

    def __init__(self, layout: ChartLayout, free_rows: list[float], *, is_list: bool) -> None:
        self._layout, self._free_rows, self._is_list = layout, free_rows, is_list

    def route(self, upper: PlacedBox, lower: PlacedBox, lane: float) -> list[Point]:
        """Return the points of a line from `upper` to `lower` that crosses no box; `lane` moves it aside, in pixels."""
        start, end = (upper.port, upper.middle + lane / 2), (lower.port, lower.middle + lane / 2)
        if self._is_list or (upper.row < 0 and lower.row < 0):
            if not self._is_list and upper.x != lower.x:
                return self._between_side_by_side(upper, lower, lane)
            edge = max(upper.gutter, lower.gutter) + lane
            return [start, (edge, start[1]), (edge, end[1]), end]
        first, last = self._way_out(upper, lane), self._way_out(lower, lane)
        if upper.row == lower.row:
            if upper.gutter == lower.gutter:
                return [start, (upper.gutter + lane, start[1]), (upper.gutter + lane, end[1]), end]
            return [*first, *last[::-1]]
        return [*first, *self._between_rows(upper.row, lower.row, lane), *last[::-1]]

    @staticmethod
    def _between_side_by_side(upper: PlacedBox, lower: PlacedBox, lane: float) -> list[Point]:
        """Return the line between two boxes above the first row, through the gap between them."""
        left, right = sorted((upper, lower), key=lambda box: box.x)
        between = left.right + SIDE_GAP / 2 - LANE_WIDTH * 2 + lane
        start_y, end_y = upper.middle + lane / 2, lower.middle + lane / 2
        start_x, end_x = (left.right, right.x) if left is upper else (right.x, left.right)
        return [(start_x, start_y), (between, start_y), (between, end_y), (end_x, end_y)]

    def _way_out(self, box: PlacedBox, lane: float) -> list[Point]:
        """Return the points from `box` to the free space above its row, or beside the superiors."""
        y = box.middle + lane / 2
        if box.row >= 0:
            gutter, free_row = box.gutter + lane / 3, self._free_rows[box.row] + lane
            return [(box.port, y), (gutter, y), (gutter, free_row)]
        free_row = self._free_rows[0] + lane if self._free_rows else box.bottom
        root = min((placed for placed in self._layout.boxes if placed.row < 0), key=lambda placed: placed.x)
        beside = root.right + LINE_CLEARANCE + lane
        return [(box.x if box.x > beside else box.port, y), (beside, y), (beside, free_row)]

    def _between_rows(self, upper: int, lower: int, lane: float) -> list[Point]:
        """Return the points from the free space of one row to that of another, around the right edge."""
        above, below = max(upper, 0), max(lower, 0)
        if above == below:
            return []
        edge = self._layout.width - CHART_MARGIN + LINE_CLEARANCE + lane
        return [(edge, self._free_rows[above] + lane), (edge, self._free_rows[below] + lane)]
