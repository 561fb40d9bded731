"""Spots: where each box and line of a chart stands, in pixels at 100 %, and the room that they may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from orgline.render.chart.box_labels import BoxLabel, LineLabel
from orgline.render.chart.selection import ChartBox
from orgline.render.chart.text_fit import TextLine

CHART_MARGIN, LANE_WIDTH, MAX_LANES, LINE_CLEARANCE, SHADOW_WIDTH = 24.0, 6.0, 6, 14.0, 6.0
Point = tuple[float, float]


@dataclass(frozen=True)
class ChartLabels:
    """The boxes of a chart in words, by their names, and the status that boxes leave out: it is said once."""

    boxes: dict[str, BoxLabel]
    usual: str


@dataclass(frozen=True)
class SizeLimits:
    """How wide a box is, how wide a plan may be (0: one column), how high a sheet is (0: without end).

    Boxes have room for links at their foot if the chart `leads` somewhere.
    """

    box: float = 236.0
    width: float = 1500.0
    height: float = 0.0
    leads: bool = True

    @property
    def is_list(self) -> bool:
        """Whether everything stands in one column."""
        return not self.width


@dataclass
class PlacedBox:
    """A box where it stands, or what leads to boxes that are left out; with all that is written in it."""

    x: float
    y: float
    width: float
    height: float
    texts: list[TextLine]
    told: BoxLabel | None = None
    more: tuple[ChartBox, int] | None = None
    gutter: float = 0.0
    row: int = -1

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def port(self) -> float:
        """Where lines leave on the right: a class of bodies has its shadow there."""
        return self.right + (SHADOW_WIDTH if self.told and self.told.form else 0)

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + min(self.height / 2, 30)


@dataclass
class RoutedLine:
    """A line as drawn, from the upper end to the lower; without `line` it leads to what no line is stated of."""

    points: list[Point]
    line: LineLabel | None
    is_tree: bool


@dataclass
class ChartLayout:
    """All that is drawn, and how large it is."""

    width: float = 0.0
    height: float = 0.0
    sheet: float = 0.0
    placed: list[PlacedBox] = field(default_factory=list)
    wires: list[RoutedLine] = field(default_factory=list)
