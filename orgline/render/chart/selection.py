"""Chart: which boxes and lines an organization chart shows of a day: one way up, some levels down, never too many.

Nothing is swept: each box costs what its own lines cost, so a chart of a country comes as fast as one of an office.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from orgline.hierarchy import Hop, StoreHierarchy
from orgline.text import Message, RequestRefused

MAX_BOXES, READABLE_BOXES, MAX_CHOSEN_CHILDREN, MAX_CHILDREN, MIN_CHILDREN = 300, 80, 40, 12, 3
DEFAULT_DEPTH, MAX_CHART_DEPTH, MAX_LEVELS, MAX_SUPERIORS = 2, 4, 8, 12
MAX_KEYS, MAX_SORTED, MAX_OTHER_LINES, MAX_CROSS_LINES = 40, 400, 5, 40
PAPER_SIZES = ("a4", "a3")


@dataclass(frozen=True)
class ChartOptions:
    """What of a chart is asked for: levels, what is unfolded or folded, from which of many, siblings, lines of old.

    Where it `is_exact` which levels are to be seen, more boxes are shown than are easily read.
    """

    depth: int = DEFAULT_DEPTH
    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    start: int = 0
    siblings: bool = False
    every: bool = False
    paper: str = PAPER_SIZES[0]
    is_exact: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ChartOptions:
        """Return what the address of a chart asks for. Raises Refused for what cannot be."""
        paper = query.get("paper", PAPER_SIZES[0])
        if paper not in PAPER_SIZES:
            every = ", ".join(PAPER_SIZES)
            text = f'paper: "{paper[:20]}" is not known. Give one of {every}.'
            raise RequestRefused(400, Message("wrong_paper", text, paper[:20], every))
        return cls(
            _integer_parameter(query, "depth", DEFAULT_DEPTH, 1, MAX_CHART_DEPTH),
            _keys_parameter(query, "open"),
            _keys_parameter(query, "closed"),
            _integer_parameter(query, "from", 0, 0, 10_000_000),
            query.get("siblings") == "1",
            query.get("every") == "1",
            paper,
            bool(query.get("depth") or query.get("open")),
        )


@dataclass
class ChartBox:
    """A body or post on the chart: the line by which it stands under the one above, what is below, what is left out."""

    name: str
    level: int
    hop: Hop | None = None
    below: list[ChartBox] = field(default_factory=list)
    count: int = 0
    is_estimate: bool = False
    before: int = 0
    after: int = 0
    beside: list[Hop] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A short name that is the same in every build."""
        return box_key(self.name)

    @property
    def counted(self) -> str:
        """How many stand below it, in figures: those shown and left out, else as far as they are counted."""
        if self.below:
            return str(self.before + len(self.below) + self.after)
        return f"≈ {self.count}" if self.is_estimate else str(self.count)

    def all(self) -> Iterator[ChartBox]:
        """Yield this box and all below it."""
        yield self
        for one in self.below:
            yield from one.all()


@dataclass
class Chart:
    """What is drawn: the superiors from the top, the tree, the chosen box in it, what stands beside, other lines."""

    above: list[ChartBox]
    root: ChartBox
    chosen: ChartBox
    side_boxes: list[ChartBox] = field(default_factory=list)
    cross_lines: list[Hop] = field(default_factory=list)
    hidden: int = 0

    def boxes(self) -> Iterator[ChartBox]:
        """Yield all boxes, from the top."""
        yield from self.above
        yield from self.root.all()
        yield from self.side_boxes


def box_key(name: str) -> str:
    """Return a short name for the node `name`, to stand in addresses.

    >>> box_key("https://x/id/body/a")
    '350c3658'
    """
    return hashlib.blake2b(name.encode(), digest_size=4).hexdigest()


class ChartSelector:
    """Finds what stands on the charts of one day: trees by the line types `tree`, other lines by `beside`."""

    def __init__(
        self,
        nearby: StoreHierarchy,
        types: tuple[list[str], list[str]],
        called: Callable[[str], str],
        wanted: ChartOptions,
    ) -> None:
        """`types` are those of the tree, the surest first, and those beside it; `called` names a node for sorting."""
        self._nearby, self._called, self._wanted = nearby, called, wanted
        self._tree, self._beside = types
        self._seen: set[str] = set()
        self._total = 0

    def chart(self, name: str) -> Chart:
        """Return the chart of `name`."""
        chosen = ChartBox(name, 0)
        above = self._superior_boxes(chosen)
        root = chosen
        if self._wanted.siblings and above:
            root = above.pop()
        self._seen = {one.name for one in (*above, root, chosen)}
        self._total = len(self._seen)
        if root is not chosen:
            self._add_siblings(root, chosen)
        self._add_below(chosen, MAX_BOXES if self._wanted.is_exact else READABLE_BOXES)
        chart = Chart(above, root, chosen)
        self._join(chart)
        return chart

    def _hops_up(self, name: str, types: list[str]) -> list[Hop]:
        """Return the lines of `types` up from `name` that count on the day, the surest type first."""
        order = {one: rank for rank, one in enumerate(types)}
        known = [hop for hop in self._nearby.above(name) if hop.type in order]
        counted = [hop for hop in known if self._wanted.every or hop.status.is_current]
        return sorted(counted, key=lambda hop: (not hop.status.is_current, order[hop.type], hop.line))

    def _count(self, box: ChartBox) -> ChartBox:
        """Note in `box` how many stand directly below it in the tree; return it."""
        box.count, box.is_estimate = self._nearby.count_below(box.name, self._tree, every=self._wanted.every)
        return box

    def _superior_boxes(self, box: ChartBox) -> list[ChartBox]:
        """Return the boxes above `box`, the highest first: one way, by the surest lines."""
        way, known = [box], {box.name}
        while len(way) <= MAX_SUPERIORS:
            low = way[-1]
            hop = next((one for one in self._hops_up(low.name, self._tree) if one.upper not in known), None)
            upper = hop.upper if hop else self._nearby.body_of(low.name)
            if upper is None or upper in known:
                break
            low.hop = hop
            way.append(ChartBox(upper, low.level - 1))
            known.add(upper)
        for high, low in zip(way[1:], way, strict=False):
            self._count(high)
            low.level = high.level + 1
        return way[:0:-1]

    def _below(self, name: str) -> list[Hop]:
        """Return the lines down from `name` by type and name; many of them by the names that programs use."""
        hops = self._nearby.below(name, self._tree, every=self._wanted.every)
        if len(hops) > MAX_SORTED:
            return sorted(hops, key=lambda hop: hop.lower)
        order = {one: rank for rank, one in enumerate(self._tree)}
        return sorted(hops, key=lambda hop: (order[hop.type], self._called(hop.lower).casefold(), hop.lower))

    def _add_siblings(self, root: ChartBox, chosen: ChartBox) -> None:
        """Put `chosen` and what stands beside it under `root`, folded."""
        hops = [hop for hop in self._below(root.name) if hop.lower != chosen.name]
        shown = hops[: MAX_CHOSEN_CHILDREN - 1]
        self._nearby.prepare((hop.lower for hop in shown), "below")
        root.below = [chosen, *(self._box(hop, chosen.level) for hop in shown)]
        root.after = len(hops) - len(shown)

    def _box(self, hop: Hop, level: int) -> ChartBox:
        """Return the box at the lower end of a line."""
        self._seen.add(hop.lower)
        self._total += 1
        return self._count(ChartBox(hop.lower, level, hop))

    def _add_below(self, chosen: ChartBox, room: int) -> None:
        """Put what stands below `chosen` under it, level by level, as long as there is `room`."""
        self._count(chosen)
        front = [chosen]
        for _ in range(MAX_LEVELS):
            opening = [box for box in front if box.count and self._is_open(box, chosen)]
            opening.sort(key=lambda box: box.key not in self._wanted.opened)
            front = []
            for place, box in enumerate(opening):
                share = (room - self._total) // (len(opening) - place)
                most = MAX_CHOSEN_CHILDREN if box is chosen or box.key in self._wanted.opened else MAX_CHILDREN
                if share >= min(MIN_CHILDREN, box.count):
                    self._fill(box, min(most, share), self._wanted.start if box is chosen else 0)
                front += box.below

    def _fill(self, box: ChartBox, most: int, start: int) -> None:
        """Put `most` of what stands below `box` under it, from the one with the number `start` on."""
        hops = [hop for hop in self._below(box.name) if hop.lower not in self._seen]
        start = min(start, max(len(hops) - 1, 0))
        if len(hops) - start == most + 1:
            most += 1  # a box that says "and 1 more" takes as much room as the one
        shown = hops[start : start + most]
        self._nearby.prepare((hop.lower for hop in shown), "below")
        box.below = [self._box(hop, box.level + 1) for hop in shown]
        box.before, box.after = start, len(hops) - start - len(shown)

    def _is_open(self, box: ChartBox, chosen: ChartBox) -> bool:
        if box.key in self._wanted.closed:
            return False
        return box.key in self._wanted.opened or box.level - chosen.level < self._wanted.depth

    def _join(self, chart: Chart) -> None:
        """Find the lines that are not the tree's: between boxes, from the chosen box to others, told in a box."""
        boxes = {box.name: box for box in chart.boxes()}
        self._nearby.prepare(boxes, "above")
        drawn = {box.hop.line for box in boxes.values() if box.hop}
        for box in list(boxes.values()):
            for hop in self._hops_up(box.name, [*self._tree, *self._beside]):
                if hop.line not in drawn and not self._add_cross_line(
                    chart, boxes, hop, hop.upper, is_far=box is chart.chosen
                ):
                    box.beside = [*box.beside, hop][:MAX_OTHER_LINES]
        for hop in self._nearby.below(chart.chosen.name, self._beside, every=self._wanted.every)[:MAX_CHILDREN]:
            if hop.lower not in boxes:
                self._add_cross_line(chart, boxes, hop, hop.lower, is_far=True)
        if not self._wanted.every:
            chart.hidden = sum(map(self._count_inactive, boxes))

    @staticmethod
    def _add_cross_line(chart: Chart, boxes: dict[str, ChartBox], hop: Hop, other: str, *, is_far: bool) -> bool:
        """Draw `hop` between boxes, the `other` one put beside the chosen box where that may be; tell whether it is."""
        if other not in boxes:
            if not is_far or len(chart.side_boxes) >= MAX_OTHER_LINES:
                return False
            boxes[other] = ChartBox(other, chart.chosen.level)
            chart.side_boxes.append(boxes[other])
        elif len(chart.cross_lines) >= MAX_CROSS_LINES:
            return False
        chart.cross_lines.append(hop)
        return True

    def _count_inactive(self, name: str) -> int:
        """Return how many lines up from `name` do not hold on the day."""
        return sum(not hop.status.is_current for hop in self._nearby.above(name))


def _integer_parameter(query: Mapping[str, str], name: str, instead: int, least: int, most: int) -> int:
    text = query.get(name) or str(instead)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        said = f'{name}: "{text[:20]}" is no number from {least} to {most}. Give one.'
        raise RequestRefused(400, Message("wrong_range", said, name, text[:20], least, most))
    return int(text)


def _keys_parameter(query: Mapping[str, str], name: str) -> frozenset[str]:
    """Return the keys of boxes that `query` names. Raises Refused when they are too many."""
    keys = [one for one in query.get(name, "").split(",") if one]
    if len(keys) > MAX_KEYS:
        text = f"{name}: names more than {MAX_KEYS} boxes. Begin from a lower one."
        raise RequestRefused(400, Message("wrong_boxes", text, name, MAX_KEYS))
    return frozenset(keys)
