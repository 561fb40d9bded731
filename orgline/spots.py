"""Spots: where each box and line of a chart stands, in pixels at 100 %, and the room that they may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from orgline.chart import Box
from orgline.inscribed import Text
from orgline.lettering import BoxTold, LineTold

MARGIN, LANE, LANES, TOP, SHADOW = 24.0, 6.0, 6, 14.0, 6.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Told:
    """The boxes of a chart in words, by their names, and the status that boxes leave out: it is said once."""

    boxes: dict[str, BoxTold]
    usual: str


@dataclass(frozen=True)
class Format:
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
class Placed:
    """A box where it stands, or what leads to boxes that are left out; with all that is written in it."""

    x: float
    y: float
    width: float
    height: float
    texts: list[Text]
    told: BoxTold | None = None
    more: tuple[Box, int] | None = None
    gutter: float = 0.0
    row: int = -1

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def port(self) -> float:
        """Where lines leave on the right: a class of bodies has its shadow there."""
        return self.right + (SHADOW if self.told and self.told.form else 0)

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + min(self.height / 2, 30)


@dataclass
class Wire:
    """A line as drawn, from the upper end to the lower; without `line` it leads to what no line is stated of."""

    points: list[Point]
    line: LineTold | None
    is_tree: bool


@dataclass
class Plan:
    """All that is drawn, and how large it is."""

    width: float = 0.0
    height: float = 0.0
    sheet: float = 0.0
    placed: list[Placed] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
