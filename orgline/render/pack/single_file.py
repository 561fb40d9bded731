"""The pack: a build, or the part of it below a body, as one HTML file that needs no network and no installation.

All of it is plain HTML with anchors, in each language; its script only searches and shows one page at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from markupsafe import Markup

from orgline.answers import AnsweredQuestion, BatchAnswers, OpenedBuild
from orgline.content import DEFAULT_BASE, REPORT_FILE, Content, QueryFile, read_query_files
from orgline.graph import NOT_STATED, RDF_TYPE, RDFS_LABEL, ol_term, subjects
from orgline.render.chart.chart_options import MAX_CHART_DEPTH
from orgline.render.html.site_pages import SitePages
from orgline.render.html.style import read_style
from orgline.render.html.templates import data_script, page_words, render_template, template_text
from orgline.render.pack.pack_pages import MAX_TABLE_ROWS, SHORT_TABLE_ROWS, LanguagePages, PackContext, PackPages
from orgline.render.pack.pack_values import content_policy, pack_style, search_index, tables_address
from orgline.render.view.picture import Picture
from orgline.render.view.view_layout import lay_out
from orgline.render.view.view_nodes import ViewPage
from orgline.render.view.view_pages import GROUPS, dated_pictures
from orgline.text import CannotRun, __version__, refuse_foreign, write_atomically

# A page of a thing takes about 20 kB; browsers do not open much larger files.
MAX_PACKED_THINGS = 2_000
PACK_MARKER = '<meta name="generator" content="orgline pack">'
# The marker is in the head of a pack, behind the security policy.
_MARKER_WITHIN = 4_000
_HASH_BLOCK = 1 << 20


def write_pack(path: Path, text: str) -> Path:
    """Write a pack to `path`, whole or not at all; return `path`.

    Raises CannotRun where it cannot be written, or where `path` is a file that is not a pack: that is kept.
    """
    refuse_foreign(path, is_pack)
    return write_atomically(path, text.encode())


def is_pack(path: Path) -> bool:
    """Return whether the file at `path` is a pack."""
    try:
        with path.open("rb") as file:
            return PACK_MARKER.encode() in file.read(_MARKER_WITHIN)
    except OSError:
        return False


class Packer:
    """Makes the pack of the build in `folder`, opened as `build`; with `part`, of that body and what is below it.

    `lang` is the language in which the file opens. Raises CannotRun for more than MAX_PACKED_THINGS things.
    """

    def __init__(
        self, build: OpenedBuild, content: Content, folder: Path, lang: str, part: ox.NamedNode | None
    ) -> None:
        self._build, self._content, self._folder, self._part = build, content, folder, part
        self._store, self._report = build.store, _read_report(folder)
        self._base = str(self._report.get("base", DEFAULT_BASE))
        self._things = self._things_below(part) if part else self._all_things()
        self._words = page_words(content)
        numbers = {thing.value: number for number, thing in enumerate(self._things, 1)}
        self._makers = [
            PackPages(build, PackContext(content, "", {}, language, build.moment, self._base, "", numbers))
            for language in dict.fromkeys([lang, *self._words])
        ]
        questions = read_query_files(content.questions, content)
        self._questions = {f"{question.theme}/{question.name}": question for question in questions}
        self._site = SitePages(build, self._makers[0].context, self._questions)

    def _all_things(self) -> list[ox.NamedNode]:
        """Return all nodes under the base of the graph that have a name, sorted."""
        things: set[ox.NamedNode] = set()
        for quad in self._store.quads_for_pattern(None, RDFS_LABEL, None, ox.DefaultGraph()):
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(self._base):
                things.add(quad.subject)
                _refuse_too_many(len(things), "Choose a part: --of and the name of a body")
        return sorted(things, key=lambda thing: thing.value)

    def _things_below(self, body: ox.NamedNode) -> list[ox.NamedNode]:
        """Return `body`, everything below it on the day, and the holders of posts and heads there."""
        hierarchy, day = self._build.hierarchy, self._build.moment.ordinal
        hops = hierarchy.below(body.value, day, self._build.superior_types)
        bodies = list(dict.fromkeys([body.value, *(hop.lower for hop in hops)]))
        things = dict.fromkeys(bodies)
        for name in bodies:
            holdings = (*hierarchy.holders(name, day), *hierarchy.heads(name, day))
            things |= dict.fromkeys(holding.person for holding in holdings)
            _refuse_too_many(len(things), "Choose a lower body")
        return [ox.NamedNode(thing) for thing in things]

    def html(self) -> str:
        """Return the pack."""
        answered = [] if self._part else list(self._answers_without_parameters())
        batch = BatchAnswers(answered)
        about = {thing: self._answers_about(thing, batch) for thing in self._things}
        views = [] if self._part else self._views()
        languages = [self._language_pages(maker, about, answered, views) for maker in self._makers]
        style = pack_style(self._content)
        early_script, script = template_text("pack-early.js"), template_text("pack.js")
        return render_template(
            "pack.html",
            marker=Markup(PACK_MARKER),  # noqa: S704 a constant
            policy=content_policy([early_script, script], [style]),
            languages=languages,
            words=self._words,
            tables=self._tables(),
            index=data_script(search_index(self._store, self._base, self._content, languages)),
            style=style,
            early_script=early_script,
            script=script,
        )

    def _answers_about(self, thing: ox.NamedNode, batch: BatchAnswers) -> list[AnsweredQuestion]:
        """Return the answers on the page of `thing`: its rows of the `batch`, or else asked for it."""
        answers = []
        for question, parameter in self._site.questions_about(thing):
            rows = batch.share(question, parameter, thing)
            answered = rows or (question, *self._site.answer(question, {parameter: thing.value}))
            if answered[1].answer != NOT_STATED:
                answers.append(answered)
        return answers

    def _answers_without_parameters(self) -> Iterator[AnsweredQuestion]:
        """Yield the answers to all questions that need no parameter."""
        for question in self._questions.values():
            if not question.needs_values:
                yield question, *self._site.answer(question, {})

    def _views(self) -> list[tuple[ViewPage, Picture]]:
        """Return the pages of views with their pictures; a view in groups repeats what the other pages say."""
        looks = read_style(self._content).get("views", {})
        pictures = dated_pictures(self._store, self._content, self._build.moment)
        return [(page, picture) for page, picture in pictures if looks.get(page.view.name, {}).get("layout") != GROUPS]

    def _language_pages(
        self,
        maker: PackPages,
        about: Mapping[ox.NamedNode, list[AnsweredQuestion]],
        answered: list[AnsweredQuestion],
        views: list[tuple[ViewPage, Picture]],
    ) -> LanguagePages:
        """Return all pages in one language."""
        lang, style = maker.context.lang, read_style(self._content)
        looks = style.get("views", {})
        pages = LanguagePages(lang, maker.words)
        pages.things = {
            thing.value: maker.thing(thing, answers, self._charts.get(thing)) for thing, answers in about.items()
        }
        pages.charts = [maker.chart(number, body, MAX_CHART_DEPTH) for body, number in self._charts.items()]
        number = count(len(pages.things) + len(pages.charts) + 1)
        pages.views = [
            maker.view(next(number), page, picture, lay_out(picture, style, looks.get(page.view.name, {}), lang))
            for page, picture in views
        ]
        pages.questions = [maker.question(next(number), answer, self._max_rows(answer[0])) for answer in answered]
        pages.start = maker.start(
            pages=pages,
            notice=maker.speaker.about(self._content.about),
            facts=list(self._facts(maker)),
            part=maker.speaker.term(self._part) if self._part else "",
            sources=[pages.things[source.value] for source in self._sources if source.value in pages.things],
        )
        return pages

    def _max_rows(self, question: QueryFile) -> int:
        """Return how many rows of an answer are shown: few, if the pages of things show them all."""
        shown = {name for page in self._content.pages.get("page", []) for name in page["questions"]}
        return SHORT_TABLE_ROWS if f"{question.theme}/{question.name}" in shown else MAX_TABLE_ROWS

    @cached_property
    def _charts(self) -> dict[ox.NamedNode, int]:
        """The bodies that have a chart, each with the number of its page.

        These are the bodies with something below and nothing above them, or the one that is packed.
        """
        hierarchy, day, types = self._build.hierarchy, self._build.moment.ordinal, self._build.superior_types
        known = [thing for thing in self._things if hierarchy.number(thing.value) is not None]
        tops = [
            thing
            for thing in known
            if (thing == self._part or (self._part is None and not hierarchy.above(thing.value, day, types)))
            and hierarchy.below(thing.value, day, types)
        ]
        return {top: number for number, top in enumerate(tops, len(self._things) + 1)}

    @cached_property
    def _sources(self) -> list[ox.NamedNode]:
        return subjects(self._store, RDF_TYPE, ol_term("Source"))

    def _facts(self, maker: PackPages) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield what the file holds, as pairs of heading and texts: days, sources, build, sizes."""
        words, speaker, moment = maker.words, maker.speaker, self._build.moment
        yield words["on_day"], [speaker.date(moment.day.isoformat())]
        if moment.known_on:
            yield words["known_on_day"], [speaker.date(moment.known_on.isoformat())]
        yield words["sources"], list(map(maker.source_text, self._sources))
        yield words["pack_build"], [f"{self._fingerprint} · orgline {__version__}"]
        yield words["pack_pages"], [speaker.number(str(len(self._things)))]
        if "triples" in self._report:
            yield words["pack_statements"], [speaker.number(str(self._report["triples"]))]

    @cached_property
    def _fingerprint(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the build's graph, which tell builds apart."""
        digest = hashlib.sha256()
        with (self._folder / "graph.nq").open("rb") as file:
            while block := file.read(_HASH_BLOCK):
                digest.update(block)
        return digest.hexdigest()[:12]

    def _tables(self) -> str | None:
        """Return the tables of the build as a workbook; None for a part, or where some sources do not count."""
        paths = sorted((self._folder / "tables").glob("*.csv"))
        if self._part or self._build.moment.known_on or not paths:
            return None
        return tables_address(paths, self._build.moment.day)


def _refuse_too_many(number: int, todo: str) -> None:
    if number > MAX_PACKED_THINGS:
        raise CannotRun(f"pack: more than {MAX_PACKED_THINGS} things make a file too large for a browser. {todo}.")


def _read_report(folder: Path) -> dict[str, Any]:
    """Return report.json of a build, empty where it has none."""
    path = folder / REPORT_FILE
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return report
