"""The organization chart of a body, a post or the holder of a post: as a page, an SVG picture or a PDF."""

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
from orgline.render.chart.chart_options import MAX_CHART_DEPTH, MAX_KEYS, ChartOptions
from orgline.render.chart.chart_pdf import PAPER_FORMATS, Pagination, as_pdf, fit_to_paper
from orgline.render.chart.chart_style import ChartLinks, ChartStyle, Drawing, draw_chart
from orgline.render.chart.geometry import CHART_MARGIN, ChartLabels, SizeLimits
from orgline.render.chart.selection import MAX_CHOSEN_CHILDREN, Chart, ChartBox, ChartSelector
from orgline.render.html.page_context import PageContext, thing_address, with_query
from orgline.render.html.style import read_style
from orgline.render.html.templates import render_template
from orgline.render.text_width import PAGE_FONTS, PDF_FONT, text_width
from orgline.text import Message, RequestRefused

SVG_TYPE = "image/svg+xml"
SVG_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SVG_TITLE_SIZE, SVG_DAY_SIZE = 19.0, 12.5
# One column of boxes, for the screens of phones.
NARROW_SIZE = SizeLimits(box=286.0, width=0.0)
CHART_CLASSES = {
    "http://www.w3.org/ns/org#Organization",
    "http://www.w3.org/ns/org#Post",
    "https://w3id.org/orgline/ns#BodyClass",
}
# Characters that XML 1.0 (section 2.2, production Char) does not allow, not even as character references.
_INVALID_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ChartDocument:
    """The chart of `node` in an opened `build`, in the language and with the options of `context`.

    Of a person, it is the chart of the post held on the day; `other_posts` are the further posts held then.

    Raises RequestRefused: 404 where `node` has no chart, 400 for options that are not allowed.
    """

    def __init__(self, build: OpenedBuild, context: PageContext, node: ox.NamedNode) -> None:
        self._context, self._store = context, build.store
        hierarchy = StoreHierarchy(build.store, context.moment.ordinal)
        self._style, self._speaker = read_style(context.content), context.speaker(build.store)
        self.options = ChartOptions.of(context.query)
        self.labeller = Labeller(self._store, hierarchy, context, self._style["kinds"])
        posts = [holding.post for holding in hierarchy.posts_of(node.value)]
        self.start, self.other_posts = (posts[0], posts[1:]) if posts else (node.value, [])
        self._refuse_without_chart(node)
        types = _line_types(hierarchy.types, build.superior_types, self._style.get("chart", {}))
        self.chart: Chart = ChartSelector(hierarchy, types, self.labeller.name, self.options).chart(self.start)
        boxes = self.labeller.label_boxes(self.chart)
        self.labels = ChartLabels(boxes, most_common_status(boxes.values(), self._speaker.word("status_held")))

    def _refuse_without_chart(self, node: ox.NamedNode) -> None:
        classes = {term.value for term in objects(self._store, node, RDF_TYPE)}
        if self.start == node.value and not classes & CHART_CLASSES:
            name = node.value[:200]
            text = f"{name}: has no organization chart on this date. Only bodies and posts have one."
            raise RequestRefused(404, Message("wrong_no_chart", text, name))

    @property
    def title(self) -> str:
        """The title of the chart."""
        return self._speaker.word("chart_title").format(self.labeller.name(self.start))

    @property
    def day(self) -> str:
        """In words: the day of the chart, the day of knowledge, and the status that its boxes leave out."""
        moment, word, date = self._context.moment, self._speaker.word, self._speaker.date
        sentences = [word("as_of").format(date(moment.day.isoformat()))]
        if moment.known_on:
            sentences.append(word("as_known_on").format(date(moment.known_on.isoformat())))
        if self.labels.common_status != word("status_held"):
            sentences.append(word("chart_usual").format(self.labels.common_status))
        return ". ".join(sentences)

    def drawing(self, size: SizeLimits, links: ChartLinks) -> Drawing:
        """Return the chart as drawn within `size`; its boxes link to the addresses of `links`."""
        word = self._speaker.word
        layout = lay_out_chart(self.chart, self.labels, self.labeller.line, word, size)
        look = ChartStyle(self._style, self._context.lang, self.labels.common_status)
        return draw_chart(layout, look, links, word, (self.title, self.day))

    def _lines(self) -> Iterable[LineLabel]:
        """Yield each line of the chart once, from the top."""
        labels = self.labels.boxes.values()
        tree = (label.line for label in labels if label.line)
        cross_lines = map(self.labeller.line, self.chart.cross_lines)
        others = (line for label in labels for line in label.other_lines)
        yield from {line.id: line for line in (*tree, *cross_lines, *others)}.values()

    def svg(self) -> bytes:
        """Return the chart as an SVG picture that loads nothing and links nowhere, in UTF-8."""
        width = PAPER_FORMATS[self.options.paper].max_pixels
        drawing = self.drawing(SizeLimits(width=width, has_links=False), ChartLinks())
        title_width = text_width(self.title, SVG_TITLE_SIZE, bold=True) * PAGE_FONTS.bold
        day_width = text_width(self.day, SVG_DAY_SIZE) * PAGE_FONTS.regular
        text = render_template(
            "chart.svg",
            drawing=drawing,
            width=max(drawing.width, max(title_width, day_width) + 2 * CHART_MARGIN),
            margin=CHART_MARGIN,
            title_size=SVG_TITLE_SIZE,
            day_size=SVG_DAY_SIZE,
            look=self._style["page"],
            lang=self._context.lang,
        )
        return _INVALID_XML.sub("", text).encode()

    def pdf(self) -> bytes:
        """Return the chart as a PDF, followed by a list of its lines with their sources.

        Raises CannotRun where the extra `pdf` is not installed.
        """
        drawing, sheets = fit_to_paper(
            lambda size: self.drawing(size, ChartLinks()), self.options.paper, PDF_FONT, has_links=False
        )
        sentences = [line.sentence for line in self._lines()]
        return as_pdf(drawing, sheets, sentences, self._context.lang)

    def page(self) -> str:
        """Return the chart as an HTML page."""
        links = PageLinks(self._context, self.chart)
        drawing, sheets = fit_to_paper(
            lambda size: self.drawing(size, links), self.options.paper, PAGE_FONTS, has_links=True
        )
        labels, chart = self.labels.boxes, self.chart
        text = self._context.render(
            "chart.html",
            title=self.title,
            start=labels[self.start],
            drawing=drawing,
            sheets=sheets,
            narrow=self.drawing(NARROW_SIZE, links),
            superiors=[labels[box.iri] for box in chart.superiors],
            root=labels[chart.root.iri],
            side_boxes=[labels[box.iri] for box in chart.side_boxes],
            cross_lines=list(map(self.labeller.line, chart.cross_lines)),
            hidden_lines=chart.hidden_lines,
            other_posts=[(self.labeller.name(post), self._chart_address(post)) for post in self.other_posts],
            tools=self._tools(sheets),
            more=links.more,
            chart_day=self.day,
        )
        return _INVALID_XML.sub("", text)

    def _chart_address(self, iri: str) -> str:
        return self._context.link(thing_address(iri, self._context.base, "chart"))

    def _tools(self, sheets: Pagination) -> dict[str, Any]:
        """Return the addresses of the same chart with other options, and which options it has."""
        kept = {name: text for name, text in self._context.query.items() if name not in ("depth", "open", "closed")}
        path, lang = self._context.path, {"lang": self._context.lang}
        options, here = self.options, self._context.here
        has_siblings_link = self.chart.superiors or options.siblings
        return {
            "depths": [
                (depth, with_query(path, {**kept, **lang, "depth": str(depth)}), depth == options.depth)
                for depth in range(1, MAX_CHART_DEPTH + 1)
            ],
            "siblings": here(siblings="0" if options.siblings else "1") if has_siblings_link else None,
            "all_dates": here(every="0" if options.all_dates else "1"),
            "svg": here(format="svg"),
            "pdf": [(paper.upper(), here(format="pdf", paper=paper)) for paper in PAPER_FORMATS],
            "papers": [(paper.upper(), here(paper=paper), paper == options.paper) for paper in PAPER_FORMATS],
            "sheets": sheets.number,
            "paper": options.paper.upper(),
            "has_siblings": options.siblings,
            "has_all_dates": options.all_dates,
        }


class PageLinks(ChartLinks):
    """The links of a chart on a page: to the same page with other options, and to the pages of bodies and posts."""

    def __init__(self, context: PageContext, chart: Chart) -> None:
        self._context, self._chart = context, chart
        self._kept = {name: text for name, text in context.query.items() if name not in ("open", "closed", "lang")}
        self._options = ChartOptions.of(context.query)

    def page(self, label: BoxLabel) -> str | None:
        """Return the address of the page of a body or post."""
        return label.address

    def folded(self, box: ChartBox) -> str | None:
        """Return the address of the chart with `box` folded, or unfolded if it is folded.

        None above the chosen box, which would then disappear, and where the address would hold too many boxes.
        """
        if box.level < self._chart.chosen.level or (box is self._chart.root and box is not self._chart.chosen):
            return None
        key, options = {box.key}, self._options
        if box.below:
            opened, closed = options.opened - key, options.closed | key
        else:
            opened, closed = options.opened | key, options.closed - key
        if max(len(opened), len(closed)) > MAX_KEYS:
            return None
        folds = {name: ",".join(sorted(keys)) for name, keys in (("open", opened), ("closed", closed)) if keys}
        return with_query(self._context.path, {**self._kept, "lang": self._context.lang, **folds}) + f"#b-{box.key}"

    def more(self, box: ChartBox, number: int) -> str | None:
        """Return the address of the chart of `box` that begins with the omitted ones after (before if negative)."""
        after_shown = box.omitted_before + len(box.below)
        start = after_shown if number > 0 else max(box.omitted_before - MAX_CHOSEN_CHILDREN, 0)
        address = thing_address(box.iri, self._context.base, "chart")
        return self._context.link(address, **{"from": str(start)})


def _line_types(known: list[str], superior: list[str], look: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the IRIs of the line types of the tree, the one to prefer first, and of those drawn beside it.

    The style names them (``tree`` and ``beside`` in its part chart); without, the tree has the `superior` types of the
    build and the others are drawn beside it.
    """
    by_name = {local_name(ox.NamedNode(line_type)): line_type for line_type in known}
    tree = [by_name[name] for name in look.get("tree", []) if name in by_name]
    tree = tree or [line_type for line_type in known if line_type in superior]
    beside = [by_name[name] for name in look.get("beside", []) if name in by_name]
    return tree, beside or [line_type for line_type in known if line_type not in tree]
