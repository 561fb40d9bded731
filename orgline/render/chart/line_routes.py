"""Wiring: the ways of lines that are not the tree's: round all boxes, beside each other where they share one."""

from __future__ import annotations

from orgline.render.chart.geometry import CHART_MARGIN, LANE_WIDTH, LINE_CLEARANCE, ChartLayout, PlacedBox, Point

SIDE_GAP = 64.0


class LineRouter:
    """Finds ways through the gutters of a plan, and through its `zones`: the free room above each row."""

    def __init__(self, plan: ChartLayout, zones: list[float], *, is_list: bool) -> None:
        """All boxes of `plan` stand where they are to stand; in a list there is one column and no row."""
        self._plan, self._zones, self._is_list = plan, zones, is_list

    def route(self, upper: PlacedBox, lower: PlacedBox, lane: float) -> list[Point]:
        """Return a way between two boxes that runs through none."""
        start, end = (upper.port, upper.middle + lane / 2), (lower.port, lower.middle + lane / 2)
        if self._is_list or (upper.row < 0 and lower.row < 0):
            if not self._is_list and upper.x != lower.x:
                left, right = sorted((upper, lower), key=lambda one: one.x)
                between = left.right + SIDE_GAP / 2 - LANE_WIDTH * 2 + lane
                way = [(left.right, start[1]), (between, start[1]), (between, end[1]), (right.x, end[1])]
                if left is upper:
                    return way
                return [(right.x, start[1]), (between, start[1]), (between, end[1]), (left.right, end[1])]
            edge = max(upper.gutter, lower.gutter) + lane
            return [start, (edge, start[1]), (edge, end[1]), end]
        first, last = self._out(upper, lane), self._out(lower, lane)
        if upper.row == lower.row:
            if upper.gutter == lower.gutter:
                return [start, (upper.gutter + lane, start[1]), (upper.gutter + lane, end[1]), end]
            return [*first, *last[::-1]]
        return [*first, *self._between(upper.row, lower.row, lane), *last[::-1]]

    def _out(self, placed: PlacedBox, lane: float) -> list[Point]:
        """Return the way from a box to the free room above its row, or beside the superiors."""
        y = placed.middle + lane / 2
        if placed.row >= 0:
            gutter, zone = placed.gutter + lane / 3, self._zones[placed.row] + lane
            return [(placed.port, y), (gutter, y), (gutter, zone)]
        zone = self._zones[0] + lane if self._zones else placed.bottom
        root = min((one for one in self._plan.placed if one.row < 0), key=lambda one: one.x)
        beside = root.right + LINE_CLEARANCE + lane
        return [(placed.x if placed.x > beside else placed.port, y), (beside, y), (beside, zone)]

    def _between(self, upper: int, lower: int, lane: float) -> list[Point]:
        """Return the way from one row to another, round all that stands between."""
        above, below = max(upper, 0), max(lower, 0)
        if above == below:
            return []
        edge = self._plan.width - CHART_MARGIN + LINE_CLEARANCE + lane
        return [(edge, self._zones[above] + lane), (edge, self._zones[below] + lane)]
