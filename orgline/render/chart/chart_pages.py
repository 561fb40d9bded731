"""Charts: the organization chart of a body, a post or whoever holds one: as a page, a picture, or on paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from orgline.answers import OpenedBuild
from orgline.graph import RDF_TYPE, local_name, objects
from orgline.hierarchy import StoreHierarchy
from orgline.render.chart.box_labels import BoxLabel, Labeller, LineLabel, most_common_status
from orgline.render.chart.chart_layout import lay_out_chart
from orgline.render.chart.chart_pdf import PAPER_MEASURES, Pagination, as_pdf, fit_to_paper
from orgline.render.chart.chart_style import ChartLinks, ChartStyle, Drawing, draw_chart
from orgline.render.chart.geometry import ChartLabels, SizeLimits
from orgline.render.chart.selection import (
    MAX_CHART_DEPTH,
    MAX_CHOSEN_CHILDREN,
    MAX_KEYS,
    Chart,
    ChartBox,
    ChartOptions,
    ChartSelector,
)
from orgline.render.html.page_context import PageContext, thing_address, with_query
from orgline.render.html.templates import read_style, render_template
from orgline.text import Message, RequestRefused

SVG_TYPE = "image/svg+xml"
SVG_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
NARROW_SIZE = SizeLimits(box=286.0, width=0.0)
CHART_CLASSES = {
    "http://www.w3.org/ns/org#Organization",
    "http://www.w3.org/ns/org#Post",
    "https://w3id.org/orgline/ns#BodyClass",
}
# What XML cannot hold, whatever is written for it.
_INVALID_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ChartDocument:
    """Makes the chart of `node` from the build of `session`, in the `frame` of whoever asks."""

    def __init__(self, session: OpenedBuild, frame: PageContext, node: ox.NamedNode) -> None:
        """Find what stands on the chart. Raises Refused when `node` can have none."""
        self._frame, self._store = frame, session.store
        nearby = StoreHierarchy(session.store, frame.moment.ordinal)
        self._style, self._speaker = read_style(frame.content), frame.speaker(session.store)
        self.wanted = ChartOptions.of(frame.query)
        self.labeller = Labeller(self._store, nearby, frame, self._style["kinds"])
        held = [one.post for one in nearby.posts_of(node.value)]
        self.start, self.others = (held[0], held[1:]) if held else (node.value, [])
        self._refuse_others(node)
        types = _line_types(nearby.types, session.superior_types, self._style.get("chart", {}))
        surveyor = ChartSelector(nearby, types, self.labeller.name, self.wanted)
        self.chart: Chart = surveyor.chart(self.start)
        boxes = self.labeller.label_boxes(self.chart)
        self.told = ChartLabels(boxes, most_common_status(boxes.values(), self._speaker.word("status_held")))

    def _refuse_others(self, node: ox.NamedNode) -> None:
        kinds = {one.value for one in objects(self._store, node, RDF_TYPE)}
        if self.start == node.value and not kinds & CHART_CLASSES:
            name = node.value[:200]
            text = f"{name}: stands on no chart on this day. Ask of a body or a post."
            raise RequestRefused(404, Message("wrong_no_chart", text, name))

    @property
    def title(self) -> str:
        """The name of the chart."""
        return self._speaker.word("chart_title").format(self.labeller.name(self.start))

    @property
    def day(self) -> str:
        """The days it is of."""
        moment = self._frame.moment
        said = [self._speaker.word("as_of").format(self._speaker.date(moment.day.isoformat()))]
        if moment.known_on:
            said.append(self._speaker.word("as_known_on").format(self._speaker.date(moment.known_on.isoformat())))
        if self.told.usual != self._speaker.word("status_held"):
            said.append(self._speaker.word("chart_usual").format(self.told.usual))
        return ". ".join(said)

    def drawing(self, size: SizeLimits, links: ChartLinks) -> Drawing:
        """Return the chart as it is drawn in the room of `size`, its boxes leading where `links` say."""
        plan = lay_out_chart(self.chart, self.told, self.labeller.line, self._speaker.word, size)
        look = ChartStyle(self._style, self._frame.lang, self.told.usual)
        return draw_chart(plan, look, links, self._speaker.word, (self.title, self.day))

    def _lines(self) -> Iterable[LineLabel]:
        """Yield each line once, from the top."""
        drawn_lines = (one.line for one in self.told.boxes.values() if one.line)
        crossing = map(self.labeller.line, self.chart.cross_lines)
        beside = (line for one in self.told.boxes.values() for line in one.beside)
        yield from {one.id: one for one in (*drawn_lines, *crossing, *beside)}.values()

    def svg(self) -> bytes:
        """Return the chart as a picture that needs nothing else and leads nowhere."""
        drawing = self.drawing(SizeLimits(width=PAPER_MEASURES[self.wanted.paper][2], leads=False), ChartLinks())
        text = render_template("chart.svg", drawing=drawing, look=self._style["page"], lang=self._frame.lang)
        return _INVALID_XML.sub("", text).encode()

    def pdf(self) -> bytes:
        """Return the chart on paper, with the source of each line on the sheets behind it."""
        drawing, sheets = fit_to_paper(lambda size: self.drawing(size, ChartLinks()), self.wanted.paper, leads=False)
        told = [one.said for one in self._lines()]
        return as_pdf(drawing, sheets, told, self._frame.lang)

    def page(self) -> str:
        """Return the chart as a page."""
        links = PageLinks(self._frame, self.chart)
        drawing, sheets = fit_to_paper(lambda size: self.drawing(size, links), self.wanted.paper, leads=True)
        text = self._frame.render(
            "chart.html",
            title=self.title,
            about=self.told.boxes[self.start],
            drawing=drawing,
            sheets=sheets,
            narrow=self.drawing(NARROW_SIZE, links),
            above=[self.told.boxes[box.name] for box in self.chart.above],
            root=self.told.boxes[self.chart.root.name],
            sides=[self.told.boxes[box.name] for box in self.chart.side_boxes],
            crossing=list(map(self.labeller.line, self.chart.cross_lines)),
            hidden_lines=self.chart.hidden,
            others=[(self.labeller.name(one), self._chart_of(one)) for one in self.others],
            tools=self._tools(sheets),
            more=links.more,
            day_said=self.day,
        )
        return _INVALID_XML.sub("", text)

    def _chart_of(self, name: str) -> str:
        return self._frame.link(thing_address(name, self._frame.base, "chart"))

    def _tools(self, sheets: Pagination) -> dict[str, Any]:
        """Return what can be changed about the chart, each with where it then stands."""
        kept = {name: text for name, text in self._frame.query.items() if name not in ("depth", "open", "closed")}
        path, lang = self._frame.path, {"lang": self._frame.lang}
        wanted, here = self.wanted, self._frame.here
        return {
            "depths": [
                (depth, with_query(path, {**kept, **lang, "depth": str(depth)}), depth == wanted.depth)
                for depth in range(1, MAX_CHART_DEPTH + 1)
            ],
            "siblings": here(siblings="0" if wanted.siblings else "1") if self.chart.above or wanted.siblings else None,
            "every": here(every="0" if wanted.every else "1"),
            "svg": here(format="svg"),
            "pdf": [(paper.upper(), here(format="pdf", paper=paper)) for paper in PAPER_MEASURES],
            "papers": [(paper.upper(), here(paper=paper), paper == wanted.paper) for paper in PAPER_MEASURES],
            "sheets": sheets.number,
            "paper": wanted.paper.upper(),
            "has_siblings": wanted.siblings,
            "has_every": wanted.every,
        }


class PageLinks(ChartLinks):
    """Where the boxes of a chart on a page lead to: to the same page, changed by what stands in its address."""

    def __init__(self, frame: PageContext, chart: Chart) -> None:
        """The folds that are asked for are those that `frame` is asked with."""
        self._frame, self._chart = frame, chart
        self._kept = {name: text for name, text in frame.query.items() if name not in ("open", "closed", "lang")}
        self._wanted = ChartOptions.of(frame.query)

    def page(self, told: BoxLabel) -> str | None:
        """Return where the page of what stands in a box is."""
        return told.address

    def folded(self, box: ChartBox) -> str | None:
        """Return where the chart is with `box` folded, or unfolded; none above what is chosen, or where all is full."""
        if box.level < self._chart.chosen.level or (box is self._chart.root and box is not self._chart.chosen):
            return None
        key = {box.key}
        changed = (self._wanted.opened - key, self._wanted.closed | key)
        if not box.below:
            changed = (self._wanted.opened | key, self._wanted.closed - key)
        if max(map(len, changed)) > MAX_KEYS:
            return None
        said = {name: ",".join(sorted(keys)) for name, keys in zip(("open", "closed"), changed, strict=True) if keys}
        return with_query(self._frame.path, {**self._kept, "lang": self._frame.lang, **said}) + f"#b-{box.key}"

    def more(self, box: ChartBox, number: int) -> str | None:
        """Return where those below `box` are that are left out: after those shown, or before them."""
        start = box.before + len(box.below) if number > 0 else max(box.before - MAX_CHOSEN_CHILDREN, 0)
        address = thing_address(box.name, self._frame.base, "chart")
        return self._frame.link(address, **{"from": str(start)})


def _line_types(known: list[str], superior: list[str], look: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the types of line that make the tree, the surest first, and those beside it, as the style says."""
    named = {local_name(ox.NamedNode(one)): one for one in known}
    tree = [named[one] for one in look.get("tree", []) if one in named] or [one for one in known if one in superior]
    beside = [named[one] for one in look.get("beside", []) if one in named]
    return tree, beside or [one for one in known if one not in tree]
