"""Leaves: the pages of a pack in one language: the first one, things, questions, charts, views in words."""

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
from orgline.render.chart.chart_pdf import PAPER_MEASURES
from orgline.render.chart.chart_style import ChartLinks, Drawing
from orgline.render.chart.geometry import SizeLimits
from orgline.render.html.answer_table import answer_table_data
from orgline.render.html.page_context import PageContext
from orgline.render.html.templates import page_words, read_style, render_template
from orgline.render.html.thing_facts import ThingFacts
from orgline.render.view.picture import Picture
from orgline.render.view.text_alternative import outline, relations
from orgline.render.view.view_model import ViewPage
from orgline.text import folded

MAX_TABLE_ROWS, SHORT_TABLE_ROWS = 1_000, 25
_LINE_BREAK = re.compile(r"\s*\n\s*")
_OPTIONAL_END_TAG = re.compile(r"</(?:td|tr|th|li|dd|dt|thead|tbody)>")
_QUOTED_ATTRIBUTE = re.compile(r' (href|class)="([\w#/.-]+)"(?=[ >])')


@dataclass(frozen=True)
class PackPage:
    """One page of a pack: its number, the same in all languages, its title, what it is, its HTML."""

    number: int
    title: str
    kind: str
    html: Markup


@dataclass
class LanguagePages:
    """All pages in one language."""

    lang: str
    words: Mapping[str, str]
    first: PackPage | None = None
    things: dict[str, PackPage] = field(default_factory=dict)
    questions: list[PackPage] = field(default_factory=list)
    charts: list[PackPage] = field(default_factory=list)
    views: list[PackPage] = field(default_factory=list)

    @property
    def leaves(self) -> list[PackPage]:
        """All pages but the first."""
        return [*self.charts, *self.views, *self.questions, *self.things.values()]

    @property
    def kinds(self) -> list[tuple[str, list[PackPage]]]:
        """The things by what they are, the most frequent first, by their names."""
        return sorted(_grouped(self.things.values()).items(), key=lambda one: (-len(one[1]), one[0]))

    @property
    def themes(self) -> list[tuple[str, list[PackPage]]]:
        """The questions by their themes."""
        return sorted(_grouped(self.questions).items())


def _grouped(leaves: Iterable[PackPage]) -> dict[str, list[PackPage]]:
    found: dict[str, list[PackPage]] = {}
    for leaf in sorted(leaves, key=lambda one: (folded(one.title), one.number)):
        found.setdefault(leaf.kind, []).append(leaf)
    return found


@dataclass(frozen=True)
class PackContext(PageContext):
    """A frame whose links lead to other pages of the same file, the things `known` by number, and nowhere else."""

    known: Mapping[str, int] = field(default_factory=dict)
    speakers: dict[int, Speaker] = field(default_factory=dict, compare=False)

    def page_of(self, store: ox.Store, term: Term | None) -> str | None:  # noqa: ARG002 -- what is known is enough
        """Return where `term` stands in this file, None for what does not."""
        number = self.known.get(term.value) if isinstance(term, ox.NamedNode) else None
        return f"#{self.lang}{number}" if number else None

    def speaker(self, store: ox.Store) -> Speaker:
        """Return who speaks of what is in `store`, always the same one."""
        if id(store) not in self.speakers:
            self.speakers[id(store)] = _CachingSpeaker(store, self.lang, self.content.words)
        return self.speakers[id(store)]


@dataclass(frozen=True)
class _CachingSpeaker(Speaker):
    """Speaks of what does not change, so that it remembers what it has said."""

    said: dict[Term | None, str] = field(default_factory=dict, compare=False)

    def term(self, term: Term | None) -> str:
        """Return `term` in words."""
        if term not in self.said:
            self.said[term] = super().term(term)
        return self.said[term]


class _ThingLinks(ChartLinks):
    """Boxes of a chart lead to the pages of what stands in them."""

    def page(self, told: BoxLabel) -> str | None:
        """Return where the page of what stands in a box is."""
        return told.address


def _without_chart_links(drawing: Drawing) -> Drawing:
    """Return a drawing without links to charts that are not in the file."""
    boxes = [replace(box, links=tuple(one for one in box.links if one.address is None)) for box in drawing.boxes]
    return replace(drawing, boxes=boxes)


class PackPages:
    """Makes the pages of a pack from the build of `session`, in the language of `frame`."""

    def __init__(self, session: OpenedBuild, frame: PackContext) -> None:
        """Nothing is made yet."""
        self._book = EvidenceBook(session.store)
        self._session, self._store, self.frame = session, session.store, frame
        self.words = page_words(frame.content)[frame.lang]
        self._style = read_style(frame.content)
        self.speaker = frame.speaker(session.store)
        self._day = self.speaker.date(frame.moment.day.isoformat())

    def _pack_page(self, number: int, title: str, kind: str, template: str, **values: Any) -> PackPage:
        """Return a page made from `template`, without the spaces that the template has."""
        text = render_template(
            template,
            words=self.words,
            lang=self.frame.lang,
            day=self._day,
            look=self._style["page"],
            at=f"{self.frame.lang}{number or ''}",
            title=title,
            kind=kind,
            **values,
        )
        return PackPage(number, title, kind, Markup(minify_html(text)))  # noqa: S704 the template has escaped it

    def thing(self, node: ox.NamedNode, answers: Iterable[AnsweredQuestion], chart: int | None) -> PackPage:
        """Return the page of `node`: its `chart`, the answers about it, all that is said of it, and who says so."""
        sections = [
            (self.speaker.summary(question.summary), self._listed(answer, store, MAX_TABLE_ROWS, node))
            for question, answer, store in answers
        ]
        card = ThingFacts(self._store, self.frame, self._book).of(node, named=not sections)
        kinds = " · ".join(card.pop("kinds"))
        title = card.pop("title")
        number = self.frame.known[node.value]
        return self._pack_page(number, title, kinds, "leaf_thing.html", card=card, sections=sections, chart=chart)

    def _listed(self, answer: Answer, store: ox.Store, most: int, of: ox.NamedNode | None = None) -> dict[str, Any]:
        return answer_table_data(answer, store, self.frame, most=most, of=of)

    def question(self, number: int, asked: AnsweredQuestion, most: int) -> PackPage:
        """Return the page of a question that is asked of nothing, with at most so many rows."""
        question, answer, store = asked
        theme = self.speaker.theme(question.theme)
        title, answered = self.speaker.summary(question.summary), self._listed(answer, store, most)
        return self._pack_page(number, title, theme, "leaf_answer.html", answered=answered)

    def chart(self, number: int, node: ox.NamedNode, depth: int) -> PackPage:
        """Return the page of an organization chart: drawn wide and narrow, and in words. Raises Refused for none."""
        charts = ChartDocument(self._session, replace(self.frame, query={"depth": str(depth)}), node)
        sizes = (SizeLimits(width=PAPER_MEASURES["a4"][2]), NARROW_SIZE)
        drawings = [_without_chart_links(charts.drawing(size, _ThingLinks())) for size in sizes]
        return self._pack_page(
            number,
            charts.title,
            self.speaker.word("packed_charts"),
            "leaf_chart.html",
            drawings=drawings,
            day_said=charts.day,
            above=[charts.told.boxes[box.name] for box in charts.chart.above],
            root=charts.told.boxes[charts.chart.root.name],
            crossing=list(map(charts.labeller.line, charts.chart.cross_lines)),
        )

    def view(self, number: int, page: ViewPage, picture: Picture, layout: Any) -> PackPage:
        """Return the page of a view, in words."""
        lang, look = self.frame.lang, self._style.get("views", {}).get(page.view.name, {})
        words = {lang: self.words}
        return self._pack_page(
            number,
            picture.title[lang],
            self.speaker.word("views"),
            "leaf_view.html",
            how=self.speaker.summary(page.view.header.get("how") or {}),
            outline=outline(picture, layout, self._style, look, words, grouped=False),
            relations=relations(picture, self._style, words),
        )

    def issued(self, source: ox.NamedNode) -> str:
        """Return the name of a source, and when it was published."""
        day, word = self.speaker.issued(source), self.speaker.word
        said = word("published").format(self.speaker.date(day)) if day else word("undated")
        return f"{self.speaker.term(source)} ({said})"

    def first(self, **values: Any) -> PackPage:
        """Return the page that is seen first."""
        return self._pack_page(
            0, self.words["title"], self.words["pack_stamp"].format(self._day), "leaf_first.html", **values
        )


def minify_html(html: str) -> str:
    r"""Return a page as short as HTML may be: without the ends that need not be said, quotes and spaces.

    >>> minify_html('<tr>\n  <td class="a b"><a href="#x/y">1 < 2</a></td>\n</tr>')
    '<tr>\n<td class="a b"><a href=#x/y>1 < 2</a>\n'
    """
    return _QUOTED_ATTRIBUTE.sub(r" \1=\2", _OPTIONAL_END_TAG.sub("", _LINE_BREAK.sub("\n", html)))
