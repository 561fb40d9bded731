"""Placing: where the boxes and lines of a chart stand: superiors on top, columns that hang, rows where a level is wide.

No box lies on another, no line runs through a box, and none is cut where one sheet of paper ends and the next
begins. Networkx, igraph and Graphviz place trees too; none of them wraps a level or knows of paper. Sizes are in
pixels at 100 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from orgline.chart import Box, Chart
from orgline.hierarchy import Hop
from orgline.inscribed import Inscription, inscribed, inscribed_more
from orgline.lettering import BoxTold, LineTold
from orgline.spots import LANE, LANES, MARGIN, TOP, Format, Placed, Plan, Point, Told, Wire
from orgline.wiring import ASIDE, Router

GAP, HANG, STEP, BUS, TRUNK = 22.0, 12.0, 26.0, 20.0, 18.0
Column = Box | tuple[Box, int]


def planned(
    chart: Chart, told: Told, line: Callable[[Hop], LineTold], word: Callable[[str], str], size: Format
) -> Plan:
    """Return where everything on `chart` stands; `line` tells of one, `word` is said on links in boxes."""
    return _Planner(told, word, size).plan(chart, line)


class _Planner:
    def __init__(self, told: Told, word: Callable[[str], str], size: Format) -> None:
        self._told, self._word, self._size = told, word, size
        self._plan = Plan(sheet=size.height)
        self._at: dict[str, Placed] = {}
        self._inscribed: dict[str, Inscription] = {}
        self._zones: list[float] = []
        self._first_bus = 0.0
        self._lanes = 0

    def plan(self, chart: Chart, line: Callable[[Hop], LineTold]) -> Plan:
        """Return the plan of `chart`."""
        plan, size = self._plan, self._size
        self._lanes = min(len(chart.crossing), LANES)
        if size.is_list:
            self._in_one_column(chart)
        else:
            self._in_rows(chart)
        plan.width = max(one.right for one in plan.placed) + MARGIN
        router = Router(plan, self._zones, is_list=size.is_list)
        for number, hop in enumerate(chart.crossing):
            points = router.route(self._at[hop.upper], self._at[hop.lower], number % LANES * LANE)
            plan.wires.append(Wire(points, line(hop), is_tree=False))
        plan.width = max([plan.width, *(x + TOP for wire in plan.wires for x, _ in wire.points)])
        plan.height = max(one.bottom for one in plan.placed) + MARGIN
        return plan

    def _inscription(self, box: Box) -> Inscription:
        if box.name not in self._inscribed:
            told = self._told.boxes[box.name]
            self._inscribed[box.name] = inscribed(told, self._size.box, self._told.usual, leads=self._size.leads)
        return self._inscribed[box.name]

    def _place(self, box: Box, x: float, y: float) -> Placed:
        """Place `box` with its corner at `x` and `y`, or on the next sheet if it would be cut."""
        found = self._inscription(box)
        return self._put(found, x, self._whole(y, found.height), told=self._told.boxes[box.name])

    def _put(self, found: Inscription, x: float, y: float, **what: BoxTold | tuple[Box, int]) -> Placed:
        placed = Placed(x, y, self._size.box, found.height, found.at(x, y), **what)  # type: ignore[arg-type]
        placed.gutter = placed.right + TOP
        self._plan.placed.append(placed)
        if placed.told is not None:
            self._at[placed.told.box.name] = placed
        return placed

    def _whole(self, y: float, height: float) -> float:
        """Return `y`, or the top of the next sheet where something so high would be cut at `y`."""
        sheet = self._size.height
        if not sheet or height > sheet - TOP or y % sheet + height <= sheet - 4:
            return y
        return (y // sheet + 1) * sheet + TOP

    def _wire(self, points: Iterable[Point], placed: Placed) -> None:
        self._plan.wires.append(Wire(list(points), placed.told.line if placed.told else None, is_tree=True))

    def _stacked(self, boxes: list[Box], x: float, *, at: float) -> float:
        """Place `boxes` one under the other, joined `at` so far from their left edge; return where the next stands."""
        y = MARGIN
        for box in boxes:
            placed = self._place(box, x, y)
            if self._plan.placed[:-1]:
                before = self._plan.placed[-2]
                self._wire([(x + at, before.bottom), (x + at, placed.y)], placed)
            y = placed.bottom + STEP
        return y

    def _in_one_column(self, chart: Chart) -> None:
        y = self._stacked(chart.above, MARGIN, at=TOP)
        before = self._plan.placed[-1] if self._plan.placed else None
        for side in chart.sides:
            y = self._place(side, MARGIN + 2 * GAP, y).bottom + HANG
        self._hang(chart.root, MARGIN, y)
        if before is not None:
            root = self._at[chart.root.name]
            self._wire([(MARGIN + TOP, before.bottom), (MARGIN + TOP, root.y)], root)
        edge = max(one.right for one in self._plan.placed) + TOP
        for one in self._plan.placed:
            one.gutter = edge

    def _in_rows(self, chart: Chart) -> None:
        columns: list[Column] = [*_before(chart.root), *chart.root.below, *_after(chart.root)]
        rows = self._wrapped(columns)
        left = MARGIN + (TRUNK if len(rows) > 1 else 0)
        width = max((sum(map(self._breadth, row)) + GAP * (len(row) - 1) for row in rows), default=self._size.box)
        first = sum(map(self._breadth, rows[0][:-1])) + GAP * (len(rows[0]) - 1) if rows else 0
        centre = left + (first + self._size.box) / 2
        centre = max(centre, left + self._size.box / 2)
        self._stacked([*chart.above, chart.root], centre - self._size.box / 2, at=self._size.box / 2)
        root = self._at[chart.root.name]
        y, aside = root.y, max(root.right + ASIDE, 0)
        for side in chart.sides:
            y = self._place(side, aside, y).bottom + HANG
        y = max(one.bottom for one in self._plan.placed)
        for number, row in enumerate(rows):
            y = self._row(number, row, y, left, root)
        self._plan.width = left + width

    def _breadth(self, column: Column) -> float:
        """Return how wide a column is with all that hangs in it."""
        if isinstance(column, tuple):
            return self._size.box
        return self._size.box + GAP * _depth(column)

    def _wrapped(self, columns: list[Column]) -> list[list[Column]]:
        """Return `columns` in as few rows of like length as the width allows."""
        for number in range(1, len(columns) + 1):
            each = -(-len(columns) // number)
            rows = [columns[at : at + each] for at in range(0, len(columns), each)]
            widths = (sum(map(self._breadth, row)) + GAP * (len(row) - 1) for row in rows)
            if each == 1 or max(widths) + 2 * MARGIN + TRUNK <= self._size.width:
                return rows
        return []

    def _row(self, number: int, row: list[Column], y: float, left: float, root: Placed) -> float:
        """Place a row of columns below `y`, joined to `root`; return where it ends."""
        room = BUS + self._lanes * LANE
        heights = [self._inscription(one).height for one in row if isinstance(one, Box)]
        top = self._whole(y + room + BUS, max(heights, default=0.0))
        bus, x, bottom = top - BUS, left, top
        self._zones.append(bus - 4 - self._lanes * LANE)
        middle = root.x + root.width / 2
        for one in row:
            begun = len(self._plan.placed)
            head, end = self._column(one, x, top)
            x += self._breadth(one) + GAP
            for placed in self._plan.placed[begun:]:
                placed.gutter, placed.row = x - GAP + 10, number
            down = head.x + head.width / 2
            way = [(middle, root.bottom), (middle, bus), (down, bus), (down, head.y)]
            if number:
                trunk, first = MARGIN - 6, self._first_bus
                way[1:2] = [(middle, first), (trunk, first), (trunk, bus)]
            else:
                self._first_bus = bus
            self._wire(way, head)
            bottom = max(bottom, end)
        return bottom

    def _column(self, one: Column, x: float, y: float) -> tuple[Placed, float]:
        """Place a column; return its head and where it ends."""
        if isinstance(one, tuple):
            found = inscribed_more(one[1], self._size.box, self._word)
            placed = self._put(found, x, self._whole(y, found.height), more=one)
            return placed, placed.bottom
        return self._hang(one, x, y)

    def _hang(self, box: Box, x: float, y: float) -> tuple[Placed, float]:
        """Place `box` and what is below it, indented; return it and where that ends."""
        head = self._place(box, x, y)
        end = head.bottom
        below: list[Column] = [*_before(box), *box.below, *_after(box)]
        for one in below:
            child, end = self._column(one, x + GAP, end + HANG)
            self._wire([(x + TOP, head.bottom), (x + TOP, child.middle), (child.x, child.middle)], child)
        return head, end


def _before(box: Box) -> list[tuple[Box, int]]:
    return [(box, -box.before)] if box.before else []


def _after(box: Box) -> list[tuple[Box, int]]:
    return [(box, box.after)] if box.after else []


def _depth(box: Box) -> int:
    below = [1 + _depth(one) for one in box.below]
    return max([*below, 1 if box.after or box.before else 0], default=0)
