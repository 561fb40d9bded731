"""The pages of a pack in one language: the start page, things, questions, charts and views."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyoxigraph as ox
from markupsafe import Markup

from orgline.answers import Answer, AnsweredQuestion, OpenedBuild
from orgline.graph import EvidenceBook, Speaker, Term
from orgline.render.chart.box_labels import BoxLabel
from orgline.render.chart.chart_pages import NARROW_SIZE, ChartDocument
from orgline.render.chart.chart_pdf import PAPER_FORMATS
from orgline.render.chart.chart_style import ChartLinks, Drawing
from orgline.render.chart.geometry import SizeLimits
from orgline.render.html.answer_table import answer_table_data
from orgline.render.html.page_context import PageContext
from orgline.render.html.style import read_style
from orgline.render.html.templates import page_words, render_template
from orgline.render.html.thing_facts import ThingFacts, issued_text
from orgline.render.view.picture import Picture
from orgline.render.view.text_alternative import picture_outline, picture_relations
from orgline.render.view.view_layout import Layout
from orgline.render.view.view_nodes import ViewPage
from orgline.text import folded

# A table that the pages of things repeat row by row is shortened.
MAX_TABLE_ROWS, SHORT_TABLE_ROWS = 1_000, 25
_LINE_BREAK = re.compile(r"\s*\n\s*")
# End tags that the HTML standard (section 13.1.2.4, optional tags) lets authors leave out before what follows here.
_OPTIONAL_END_TAG = re.compile(r"</(?:td|tr|th|li|dd|dt|thead|tbody)>")
_QUOTED_ATTRIBUTE = re.compile(r' (href|class)="([\w#/.-]+)"(?=[ >])')


@dataclass(frozen=True)
class PackPage:
    """A page of a pack: its number, the same in all languages, its title, its kind in words, its HTML."""

    number: int
    title: str
    kind: str
    html: Markup


@dataclass
class LanguagePages:
    """All pages in one language, with the page's texts by key; `things` are by IRI."""

    lang: str
    words: Mapping[str, str]
    start: PackPage | None = None
    things: dict[str, PackPage] = field(default_factory=dict)
    questions: list[PackPage] = field(default_factory=list)
    charts: list[PackPage] = field(default_factory=list)
    views: list[PackPage] = field(default_factory=list)

    @property
    def pages(self) -> list[PackPage]:
        """All pages but the start page."""
        return [*self.charts, *self.views, *self.questions, *self.things.values()]

    @property
    def kinds(self) -> list[tuple[str, list[PackPage]]]:
        """The things by kind, the most frequent kind first; within a kind by title."""
        kinds = _pages_by_kind(self.things.values())
        return sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))

    @property
    def themes(self) -> list[tuple[str, list[PackPage]]]:
        """The questions by theme."""
        return sorted(_pages_by_kind(self.questions).items())


def _pages_by_kind(pages: Iterable[PackPage]) -> dict[str, list[PackPage]]:
    kinds: dict[str, list[PackPage]] = {}
    for page in sorted(pages, key=lambda page: (folded(page.title), page.number)):
        kinds.setdefault(page.kind, []).append(page)
    return kinds


@dataclass(frozen=True)
class PackContext(PageContext):
    """A page context whose links lead only to the pages of things in the same file: `numbers` are theirs by IRI."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    speakers: dict[int, Speaker] = field(default_factory=dict, compare=False)

    def page_of(self, store: ox.Store, term: Term | None) -> str | None:  # noqa: ARG002 -- the numbers are enough
        """Return the anchor of the page of `term` in this file, None for what has no page."""
        number = self.numbers.get(term.value) if isinstance(term, ox.NamedNode) else None
        return f"#{self.lang}{number}" if number else None

    def speaker(self, store: ox.Store) -> Speaker:
        """Return the speaker of `store`, always the same one."""
        # By identity: a store has no value to compare, and each lives as long as the pack is made.
        if id(store) not in self.speakers:
            self.speakers[id(store)] = _CachingSpeaker(store, self.lang, self.content.words)
        return self.speakers[id(store)]


@dataclass(frozen=True)
class _CachingSpeaker(Speaker):
    """A speaker of a store that does not change: it looks up each name once."""

    cache: dict[Term | None, str] = field(default_factory=dict, compare=False)

    def term(self, term: Term | None) -> str:
        """Return the text of `term`."""
        if term not in self.cache:
            self.cache[term] = super().term(term)
        return self.cache[term]


class _ThingLinks(ChartLinks):
    """The links of a chart in a pack: boxes link to the pages of their things."""

    def page(self, label: BoxLabel) -> str | None:
        """Return the address of the page of a body or post."""
        return label.address


def _without_chart_links(drawing: Drawing) -> Drawing:
    """Return a drawing without links to charts, which the file does not have."""
    boxes = [replace(box, links=tuple(link for link in box.links if link.address is None)) for box in drawing.boxes]
    return replace(drawing, boxes=boxes)


class PackPages:
    """Makes the pages of a pack from an opened `build`, in the language of `context`."""

    def __init__(self, build: OpenedBuild, context: PackContext) -> None:
        self._book = EvidenceBook(build.store)
        self._build, self._store, self.context = build, build.store, context
        self.words = page_words(context.content)[context.lang]
        self._style = read_style(context.content)
        self.speaker = context.speaker(build.store)
        self._day = self.speaker.date(context.moment.day.isoformat())

    def _page(self, number: int, title: str, kind: str, template: str, **values: Any) -> PackPage:
        """Return a page made from `template`, minified."""
        text = render_template(
            template,
            words=self.words,
            lang=self.context.lang,
            day=self._day,
            look=self._style["page"],
            anchor=f"{self.context.lang}{number or ''}",
            title=title,
            kind=kind,
            **values,
        )
        return PackPage(number, title, kind, Markup(minify_html(text)))  # noqa: S704 the template has escaped it

    def thing(self, node: ox.NamedNode, answers: Iterable[AnsweredQuestion], chart: int | None) -> PackPage:
        """Return the page of `node`: the `answers` about it, all statements about it, and their evidence.

        `chart` is the number of the page of its chart, if it has one.
        """
        sections = [
            (self.speaker.summary(question.summary), self._table(answer, store, MAX_TABLE_ROWS, node))
            for question, answer, store in answers
        ]
        # The answers say in words what the statements that name the thing say in properties.
        facts = ThingFacts(self._store, self.context, self._book).of(node, with_references=not sections)
        kinds = " · ".join(facts.pop("kinds"))
        title = facts.pop("title")
        number = self.context.numbers[node.value]
        return self._page(number, title, kinds, "pack-thing.html", facts=facts, sections=sections, chart=chart)

    def _table(
        self, answer: Answer, store: ox.Store, max_rows: int, about: ox.NamedNode | None = None
    ) -> dict[str, Any]:
        return answer_table_data(answer, store, self.context, max_rows=max_rows, about=about)

    def question(self, number: int, answered: AnsweredQuestion, max_rows: int) -> PackPage:
        """Return the page of a question without parameters, with at most `max_rows` rows of its answer."""
        question, answer, store = answered
        theme = self.speaker.theme(question.theme)
        title, table = self.speaker.summary(question.summary), self._table(answer, store, max_rows)
        return self._page(number, title, theme, "pack-answer.html", table=table)

    def chart(self, number: int, node: ox.NamedNode, depth: int) -> PackPage:
        """Return the page of an organization chart: wide, narrow, and as text.

        Raises RequestRefused where `node` has none.
        """
        document = ChartDocument(self._build, replace(self.context, query={"depth": str(depth)}), node)
        labels, chart = document.labels.boxes, document.chart
        sizes = (SizeLimits(width=PAPER_FORMATS["a4"].max_pixels), NARROW_SIZE)
        drawings = [_without_chart_links(document.drawing(size, _ThingLinks())) for size in sizes]
        return self._page(
            number,
            document.title,
            self.speaker.word("packed_charts"),
            "pack-chart.html",
            drawings=drawings,
            chart_day=document.day,
            superiors=[labels[box.iri] for box in chart.superiors],
            root=labels[chart.root.iri],
            cross_lines=list(map(document.labeller.line, chart.cross_lines)),
        )

    def view(self, number: int, page: ViewPage, picture: Picture, layout: Layout) -> PackPage:
        """Return the page of a view, as text."""
        lang, look = self.context.lang, self._style.get("views", {}).get(page.view.name, {})
        words = {lang: self.words}
        return self._page(
            number,
            picture.title[lang],
            self.speaker.word("views"),
            "pack-view.html",
            how=self.speaker.summary(page.view.header.get("how") or {}),
            outline=picture_outline(picture, layout, self._style, look, words, grouped=False),
            relations=picture_relations(picture, self._style, words),
        )

    def source_text(self, source: ox.NamedNode) -> str:
        """Return the name of a source with the date of its publication."""
        return f"{self.speaker.term(source)} ({issued_text(self.speaker, source)})"

    def start(self, **values: Any) -> PackPage:
        """Return the start page."""
        stamp = self.words["pack_stamp"].format(self._day)
        return self._page(0, self.words["title"], stamp, "pack-start.html", **values)


def minify_html(html: str) -> str:
    r"""Return a page without the end tags, quotes and spaces that HTML does not need.

    >>> minify_html('<tr>\n  <td class="a b"><a href="#x/y">1 < 2</a></td>\n</tr>')
    '<tr>\n<td class="a b"><a href=#x/y>1 < 2</a>\n'
    """
    return _QUOTED_ATTRIBUTE.sub(r" \1=\2", _OPTIONAL_END_TAG.sub("", _LINE_BREAK.sub("\n", html)))
