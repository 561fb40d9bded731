"""Positions of the boxes and lines of a chart, and the space that it may take, in pixels at 100 %."""

from __future__ import annotations

from dataclasses import dataclass, field

from orgline.render.chart.box_labels import BoxLabel, LineLabel
from orgline.render.chart.selection import ChartBox
from orgline.render.chart.text_fit import TextLine
from orgline.render.text_width import PAGE_FONTS, WidthAllowance

CHART_MARGIN, LINE_CLEARANCE, SHADOW_WIDTH = 24.0, 14.0, 6.0
# Cross lines that run in parallel are one lane apart; after MAX_LANES they share lanes.
LANE_WIDTH, MAX_LANES = 6.0, 6
Point = tuple[float, float]


@dataclass(frozen=True)
class ChartLabels:
    """The labels of the boxes by IRI, and the status that most have: it is written once, above the chart."""

    boxes: dict[str, BoxLabel]
    common_status: str


@dataclass(frozen=True)
class SizeLimits:
    """The space for a chart: the width of a box, of the chart (0: one column) and the height of a sheet (0: no limit).

    Boxes have room for links in a footer where the chart `has_links`; `allowance` is that of the font it is shown in.
    """

    box: float = 236.0
    width: float = 1500.0
    height: float = 0.0
    has_links: bool = True
    allowance: WidthAllowance = PAGE_FONTS

    @property
    def is_list(self) -> bool:
        """Whether all boxes are in one column."""
        return not self.width


@dataclass
class PlacedBox:
    """A box with its position and text: that of a body or post (`label`), or a box for omitted ones (`more`).

    ``more`` is the box whose subordinates are omitted and how many, negative for those before the shown ones;
    ``gutter`` is the x of the free column at its right where lines may run; ``row`` is its row of columns, -1 above the
    first row.
    """

    x: float
    y: float
    width: float
    height: float
    lines: list[TextLine]
    label: BoxLabel | None = None
    more: tuple[ChartBox, int] | None = None
    gutter: float = 0.0
    row: int = -1

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def port(self) -> float:
        """The x at which cross lines leave on the right: outside the shadow that a class of bodies has."""
        return self.right + (SHADOW_WIDTH if self.label and self.label.form else 0)

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The y at which lines meet the box at its side: the middle, in a tall box near its title."""
        return self.y + min(self.height / 2, 30)


@dataclass
class RoutedLine:
    """A drawn line, from the upper end to the lower; `label` is None where no line is stated between the two boxes."""

    points: list[Point]
    label: LineLabel | None
    is_tree: bool


@dataclass
class ChartLayout:
    """All boxes and lines with their positions, the size of the chart, and the height of a sheet (0: no limit)."""

    width: float = 0.0
    height: float = 0.0
    sheet: float = 0.0
    boxes: list[PlacedBox] = field(default_factory=list)
    lines: list[RoutedLine] = field(default_factory=list)
