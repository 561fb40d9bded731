"""Selects the boxes and lines of an organization chart: superiors, some levels below, never more than can be read.

The graph is never scanned: each box costs only the lookup of its own lines, so the chart of a national body is as fast
as that of a small office.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from orgline.hierarchy import Hop, StoreHierarchy
from orgline.render.chart.chart_options import ChartOptions

# The most boxes of a chart; fewer, where the reader has not chosen levels, so that it can be read at a glance.
MAX_BOXES, READABLE_BOXES = 300, 80
# The most subordinates shown under the chosen or an unfolded box, and under any other; a box is only unfolded where
# there is room for at least MIN_CHILDREN of them.
MAX_CHOSEN_CHILDREN, MAX_CHILDREN, MIN_CHILDREN = 40, 12, 3
# How many levels unfolded boxes may reach, and how many superiors are shown: both end loops in bad data.
MAX_LEVELS, MAX_SUPERIORS = 8, 12
# Names cost a lookup each: more subordinates than this are sorted by IRI instead of by name.
MAX_SORTED = 400
# The most lines written in one box, and the most lines drawn that are not of the tree: more cannot be followed by eye.
MAX_OTHER_LINES, MAX_CROSS_LINES = 5, 40


@dataclass
class ChartBox:
    """A body or post on the chart.

    ``level`` counts down from the chosen box (0); ``hop`` is the line to the box above, None for the topmost or where
    no line is stated; ``count`` is the number of direct subordinates in the graph, an estimate if ``is_estimate``;
    ``omitted_before`` and ``omitted_after`` are how many of them are not shown before and after those in ``below``;
    ``other_lines`` are lines up that are written in the box and not drawn.
    """

    iri: str
    level: int
    hop: Hop | None = None
    below: list[ChartBox] = field(default_factory=list)
    count: int = 0
    is_estimate: bool = False
    omitted_before: int = 0
    omitted_after: int = 0
    other_lines: list[Hop] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A short name of the box for addresses, the same in every build."""
        return box_key(self.iri)

    @property
    def count_text(self) -> str:
        """The number of direct subordinates in figures: shown and omitted ones, else the count, "≈" if estimated."""
        if self.below:
            return str(self.omitted_before + len(self.below) + self.omitted_after)
        return f"≈ {self.count}" if self.is_estimate else str(self.count)

    def walk(self) -> Iterator[ChartBox]:
        """Yield this box and all boxes below it, depth first."""
        yield self
        for child in self.below:
            yield from child.walk()


@dataclass
class Chart:
    """The boxes and lines of a chart.

    ``superiors`` run from the topmost down to the one above ``root``; ``root`` is the chosen box, or its superior where
    siblings are shown; ``side_boxes`` are placed beside the chosen box; ``cross_lines`` are the drawn lines outside the
    tree; ``hidden_lines`` is the number of lines left out because they do not hold on the day.
    """

    superiors: list[ChartBox]
    root: ChartBox
    chosen: ChartBox
    side_boxes: list[ChartBox] = field(default_factory=list)
    cross_lines: list[Hop] = field(default_factory=list)
    hidden_lines: int = 0

    def boxes(self) -> Iterator[ChartBox]:
        """Yield all boxes, from the top."""
        yield from self.superiors
        yield from self.root.walk()
        yield from self.side_boxes


def box_key(iri: str) -> str:
    """Return a short name for the node `iri`, for use in addresses: 8 hexadecimal digits of its hash.

    >>> box_key("https://x/id/body/a")
    '350c3658'
    """
    return hashlib.blake2b(iri.encode(), digest_size=4).hexdigest()


class ChartSelector:
    """Selects charts of one day.

    `types` are the IRIs of the line types of the tree, the one to prefer first, and of those drawn beside it; `name_of`
    returns the name of a node, by which boxes are sorted.
    """

    def __init__(
        self,
        hierarchy: StoreHierarchy,
        types: tuple[list[str], list[str]],
        name_of: Callable[[str], str],
        options: ChartOptions,
    ) -> None:
        self._hierarchy, self._name_of, self._options = hierarchy, name_of, options
        self._tree_types, self._other_types = types
        self._selected: set[str] = set()
        self._total = 0

    def chart(self, iri: str) -> Chart:
        """Return the chart of the node `iri`."""
        chosen = ChartBox(iri, 0)
        superiors = self._superior_boxes(chosen)
        root = chosen
        if self._options.siblings and superiors:
            root = superiors.pop()
        self._selected = {box.iri for box in (*superiors, root, chosen)}
        self._total = len(self._selected)
        if root is not chosen:
            self._add_siblings(root, chosen)
        self._add_levels(chosen, MAX_BOXES if self._options.has_chosen_levels else READABLE_BOXES)
        chart = Chart(superiors, root, chosen)
        self._add_other_lines(chart)
        return chart

    def _hops_up(self, iri: str, types: list[str]) -> list[Hop]:
        """Return the lines of `types` up from `iri` that are shown on the day: current ones first, then by type."""
        rank = {line_type: position for position, line_type in enumerate(types)}
        hops = [hop for hop in self._hierarchy.above(iri) if hop.type in rank]
        shown = [hop for hop in hops if self._options.all_dates or hop.status.is_walked]
        return sorted(shown, key=lambda hop: (not hop.status.is_current, rank[hop.type], hop.line))

    def _with_count(self, box: ChartBox) -> ChartBox:
        """Set in `box` the number of its direct subordinates; return it."""
        box.count, box.is_estimate = self._hierarchy.count_below(
            box.iri, self._tree_types, every=self._options.all_dates
        )
        return box

    def _superior_boxes(self, box: ChartBox) -> list[ChartBox]:
        """Return the boxes above `box`, the topmost first: at each step the superior by the preferred line."""
        path, visited = [box], {box.iri}
        while len(path) <= MAX_SUPERIORS:
            low = path[-1]
            hop = next((hop for hop in self._hops_up(low.iri, self._tree_types) if hop.upper not in visited), None)
            upper = hop.upper if hop else self._hierarchy.body_of(low.iri)
            if upper is None or upper in visited:
                break
            low.hop = hop
            path.append(ChartBox(upper, low.level - 1))
            visited.add(upper)
        for high, low in zip(path[1:], path, strict=False):
            self._with_count(high)
            low.level = high.level + 1
        return path[:0:-1]

    def _hops_down(self, iri: str) -> list[Hop]:
        """Return the lines down from `iri` by type and name; by IRI where they are more than MAX_SORTED."""
        hops = self._hierarchy.below(iri, self._tree_types, every=self._options.all_dates)
        if len(hops) > MAX_SORTED:
            return sorted(hops, key=lambda hop: hop.lower)
        rank = {line_type: position for position, line_type in enumerate(self._tree_types)}
        return sorted(hops, key=lambda hop: (rank[hop.type], self._name_of(hop.lower).casefold(), hop.lower))

    def _add_siblings(self, root: ChartBox, chosen: ChartBox) -> None:
        """Put `chosen` and its siblings, folded, under `root`."""
        hops = [hop for hop in self._hops_down(root.iri) if hop.lower != chosen.iri]
        shown = hops[: MAX_CHOSEN_CHILDREN - 1]
        self._hierarchy.prepare((hop.lower for hop in shown), "below")
        root.below = [chosen, *(self._lower_box(hop, chosen.level) for hop in shown)]
        root.omitted_after = len(hops) - len(shown)

    def _lower_box(self, hop: Hop, level: int) -> ChartBox:
        """Return a box for the lower end of a line."""
        self._selected.add(hop.lower)
        self._total += 1
        return self._with_count(ChartBox(hop.lower, level, hop))

    def _add_levels(self, chosen: ChartBox, max_boxes: int) -> None:
        """Add the levels below `chosen`, breadth first, until the chart has `max_boxes`."""
        self._with_count(chosen)
        front = [chosen]
        for _ in range(MAX_LEVELS):
            to_unfold = [box for box in front if box.count and self._is_unfolded(box, chosen)]
            # Boxes that the reader unfolded get their share of the room first.
            to_unfold.sort(key=lambda box: box.key not in self._options.opened)
            front = []
            for position, box in enumerate(to_unfold):
                share = (max_boxes - self._total) // (len(to_unfold) - position)
                most = MAX_CHOSEN_CHILDREN if box is chosen or box.key in self._options.opened else MAX_CHILDREN
                if share >= min(MIN_CHILDREN, box.count):
                    self._add_children(box, min(most, share), self._options.start if box is chosen else 0)
                front += box.below

    def _add_children(self, box: ChartBox, most: int, start: int) -> None:
        """Put at most `most` subordinates under `box`, beginning with the one at index `start`."""
        hops = [hop for hop in self._hops_down(box.iri) if hop.lower not in self._selected]
        start = min(start, max(len(hops) - 1, 0))
        if len(hops) - start == most + 1:
            most += 1  # a box that says "and 1 more" takes as much room as the box itself
        shown = hops[start : start + most]
        self._hierarchy.prepare((hop.lower for hop in shown), "below")
        box.below = [self._lower_box(hop, box.level + 1) for hop in shown]
        box.omitted_before, box.omitted_after = start, len(hops) - start - len(shown)

    def _is_unfolded(self, box: ChartBox, chosen: ChartBox) -> bool:
        if box.key in self._options.closed:
            return False
        return box.key in self._options.opened or box.level - chosen.level < self._options.depth

    def _add_other_lines(self, chart: Chart) -> None:
        """Add the lines outside the tree: drawn between boxes or to a side box, else written in a box."""
        boxes = {box.iri: box for box in chart.boxes()}
        self._hierarchy.prepare(boxes, "above")
        tree_lines = {box.hop.line for box in boxes.values() if box.hop}
        for box in list(boxes.values()):
            for hop in self._hops_up(box.iri, [*self._tree_types, *self._other_types]):
                if hop.line not in tree_lines and not self._add_cross_line(
                    chart, boxes, hop, hop.upper, may_add_box=box is chart.chosen
                ):
                    box.other_lines = [*box.other_lines, hop][:MAX_OTHER_LINES]
        hops_down = self._hierarchy.below(chart.chosen.iri, self._other_types, every=self._options.all_dates)
        for hop in hops_down[:MAX_CHILDREN]:
            if hop.lower not in boxes:
                self._add_cross_line(chart, boxes, hop, hop.lower, may_add_box=True)
        if not self._options.all_dates:
            chart.hidden_lines = sum(map(self._count_not_current, boxes))

    @staticmethod
    def _add_cross_line(chart: Chart, boxes: dict[str, ChartBox], hop: Hop, other: str, *, may_add_box: bool) -> bool:
        """Add `hop` as a drawn line to the node `other`, with a side box for it where allowed; return if added."""
        if other not in boxes:
            if not may_add_box or len(chart.side_boxes) >= MAX_OTHER_LINES:
                return False
            boxes[other] = ChartBox(other, chart.chosen.level)
            chart.side_boxes.append(boxes[other])
        elif len(chart.cross_lines) >= MAX_CROSS_LINES:
            return False
        chart.cross_lines.append(hop)
        return True

    def _count_not_current(self, iri: str) -> int:
        """Return how many lines up from `iri` are not shown on the day: ended, or attested only later."""
        return sum(not hop.status.is_walked for hop in self._hierarchy.above(iri))
