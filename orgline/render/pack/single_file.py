"""Pack: a build, or what is below a body, as one HTML file that needs nothing: no network, nothing installed.

All of it is plain HTML with anchors, in each language; its script only searches and shows a page at a time.
"""

from __future__ import annotations

import base64
import csv
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
from orgline.graph import NOT_STATED, RDF_TYPE, RDFS_LABEL, make_name_index, ol_term, subjects
from orgline.render.chart.selection import MAX_CHART_DEPTH
from orgline.render.html.site_pages import SitePages
from orgline.render.html.templates import data_script, page_words, read_style, render_template, template_text
from orgline.render.pack.pack_pages import MAX_TABLE_ROWS, SHORT_TABLE_ROWS, LanguagePages, PackContext, PackPages
from orgline.render.view.view_layout import lay_out
from orgline.render.view.view_pages import GROUPS, dated_pictures
from orgline.text import (
    TABLE_TYPES,
    CannotRun,
    Sheet,
    __version__,
    build_workbook,
    escape_formula,
    folded,
    refuse_foreign,
    write_atomically,
)

MAX_PACKED_THINGS = 2_000  # a thing takes about 20 kB: a browser opens no file of more
PACK_MARKER = '<meta name="generator" content="orgline pack">'


def write_pack(path: Path, text: str) -> Path:
    """Write a pack whole or not at all. Raises CannotRun, also for a file that is no pack and must stay."""
    refuse_foreign(path, is_pack)
    return write_atomically(path, text.encode())


def is_pack(path: Path) -> bool:
    """Tell whether the file at `path` is a pack."""
    try:
        with path.open("rb") as file:
            return PACK_MARKER.encode() in file.read(4000)
    except OSError:
        return False


class Packer:
    """Packs the build at `place` that is open as `session`, or of it `of` and what is below, to begin in `lang`."""

    def __init__(self, session: OpenedBuild, content: Content, place: Path, lang: str, of: ox.NamedNode | None) -> None:
        """Find what is to be packed. Raises CannotRun when it is too much."""
        self._session, self._content, self._place, self._of = session, content, place, of
        self._store, self._report = session.store, _build_report(place)
        base = str(self._report.get("base", DEFAULT_BASE))
        self._things = self._below(of) if of else self._every(base)
        self._words = page_words(content)
        known = {one.value: number for number, one in enumerate(self._things, 1)}
        moment = session.moment
        self._leaves = [
            PackPages(session, PackContext(content, "", {}, one, moment, base, "", known))
            for one in dict.fromkeys([lang, *self._words])
        ]
        questions = {f"{one.theme}/{one.name}": one for one in read_query_files(content.questions, content)}
        self._questions = questions
        self._explorer = SitePages(session, self._leaves[0].frame, questions)

    def _every(self, base: str) -> list[ox.NamedNode]:
        """Return all that has a name under `base`."""
        found: set[ox.NamedNode] = set()
        for quad in self._store.quads_for_pattern(None, RDFS_LABEL, None, ox.DefaultGraph()):
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(base):
                found.add(quad.subject)
                _refuse_too_large(len(found), "Choose a part: --of and the name of a body")
        return sorted(found, key=lambda one: one.value)

    def _below(self, of: ox.NamedNode) -> list[ox.NamedNode]:
        """Return `of`, what stands below it on the day, and who holds posts or leads there."""
        hierarchy, day = self._session.hierarchy, self._session.moment.ordinal
        hops = hierarchy.below(of.value, day, self._session.superior_types)
        names = list(dict.fromkeys([of.value, *(hop.lower for hop in hops)]))
        found = dict.fromkeys(names)
        for name in names:
            found |= dict.fromkeys(one.person for one in (*hierarchy.holders(name, day), *hierarchy.heads(name, day)))
            _refuse_too_large(len(found), "Choose a lower body")
        return [ox.NamedNode(one) for one in found]

    def html(self) -> str:
        """Return the file."""
        asked = [] if self._of else list(self._asked())
        divided = BatchAnswers(asked)
        about = {node: self._about(node, divided) for node in self._things}
        views = [] if self._of else self._views()
        tongues = [self._language_pages(leaves, about, asked, views) for leaves in self._leaves]
        style = _pack_style(self._content)
        first, script = template_text("pack-first.js"), template_text("pack.js")
        return render_template(
            "pack.html",
            ours=Markup(PACK_MARKER),  # noqa: S704 our own words
            policy=_content_policy([first, script], [style]),
            tongues=tongues,
            words=self._words,
            tables=self._tables(),
            index=data_script(self._index(tongues)),
            style=style,
            first=first,
            script=script,
        )

    def _about(self, node: ox.NamedNode, divided: BatchAnswers) -> list[AnsweredQuestion]:
        """Return the answers that the page of `node` shows: its share of what was answered of all, or asked anew."""
        found = []
        for question, parameter in self._explorer.questions_about(node):
            share = divided.share(question, parameter, node)
            asked = share or (question, *self._explorer.answer(question, {parameter: node.value}))
            found += [asked] if asked[1].answer != NOT_STATED else []
        return found

    def _asked(self) -> Iterator[AnsweredQuestion]:
        """Yield the answers to all questions that can be asked of nothing."""
        for question in self._questions.values():
            if not question.needs_values:
                yield question, *self._explorer.answer(question, {})

    def _views(self) -> list[Any]:
        """Return the views that can be told in words; one in groups only says again what the pages say."""
        looks = read_style(self._content).get("views", {})
        found = dated_pictures(self._store, self._content, self._session.moment)
        return [one for one in found if looks.get(one[0].view.name, {}).get("layout") != GROUPS]

    def _language_pages(
        self,
        leaves: PackPages,
        about: Mapping[ox.NamedNode, list[AnsweredQuestion]],
        asked: list[AnsweredQuestion],
        views: list[Any],
    ) -> LanguagePages:
        """Return all pages in one language."""
        lang, style = leaves.frame.lang, read_style(self._content)
        looks = style.get("views", {})
        tongue = LanguagePages(lang, leaves.words)
        tongue.things = {
            node.value: leaves.thing(node, answers, self._charts.get(node)) for node, answers in about.items()
        }
        tongue.charts = [leaves.chart(number, node, MAX_CHART_DEPTH) for node, number in self._charts.items()]
        number = count(len(tongue.things) + len(tongue.charts) + 1)
        tongue.views = [
            leaves.view(next(number), page, picture, lay_out(picture, style, looks.get(page.view.name, {}), lang))
            for page, picture in views
        ]
        tongue.questions = [leaves.question(next(number), one, self._most(one[0])) for one in asked]
        tongue.first = leaves.first(
            tongue=tongue,
            told=leaves.speaker.about(self._content.about),
            facts=list(self._facts(leaves)),
            part=leaves.speaker.term(self._of) if self._of else "",
            sources=[tongue.things[one.value] for one in self._sources if one.value in tongue.things],
        )
        return tongue

    def _most(self, question: QueryFile) -> int:
        """Return how many rows of its answer are shown: few, if the pages of things show all."""
        shown = {name for page in self._content.pages.get("page", []) for name in page["questions"]}
        return SHORT_TABLE_ROWS if f"{question.theme}/{question.name}" in shown else MAX_TABLE_ROWS

    @cached_property
    def _charts(self) -> dict[ox.NamedNode, int]:
        """The bodies that have charts, with the number of the page."""
        return {node: number for number, node in enumerate(self._tops, len(self._things) + 1)}

    @cached_property
    def _tops(self) -> list[ox.NamedNode]:
        """The bodies at the top of their charts: nothing is above them, something below; or the one that is packed."""
        hierarchy, day, types = self._session.hierarchy, self._session.moment.ordinal, self._session.superior_types
        known = [one for one in self._things if hierarchy.number(one.value) is not None]
        return [
            one
            for one in known
            if (one == self._of or (self._of is None and not hierarchy.above(one.value, day, types)))
            and hierarchy.below(one.value, day, types)
        ]

    @cached_property
    def _sources(self) -> list[ox.NamedNode]:
        return subjects(self._store, RDF_TYPE, ol_term("Source"))

    def _facts(self, leaves: PackPages) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield what the file is of: the days, the build, how much."""
        words, speaker, moment = leaves.words, leaves.speaker, self._session.moment
        yield words["on_day"], [speaker.date(moment.day.isoformat())]
        if moment.known_on:
            yield words["known_on_day"], [speaker.date(moment.known_on.isoformat())]
        yield words["sources"], list(map(leaves.issued, self._sources))
        yield words["pack_build"], [f"{self._fingerprint} · orgline {__version__}"]
        yield words["pack_pages"], [speaker.number(str(len(self._things)))]
        if "triples" in self._report:
            yield words["pack_statements"], [speaker.number(str(self._report["triples"]))]

    @cached_property
    def _fingerprint(self) -> str:
        """What tells this build from others."""
        digest = hashlib.sha256()
        with (self._place / "graph.nq").open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()[:12]

    def _tables(self) -> str | None:
        """Return the rows of all sources as a workbook to be kept; none where some are not to be counted."""
        paths = sorted((self._place / "tables").glob("*.csv"))
        if self._of or self._session.moment.known_on or not paths:
            return None
        sheets = [Sheet(path.stem, path.stem, *_read_table(path)) for path in paths]
        data = build_workbook(sheets, "orgline", self._session.moment.day, "yyyy-mm-dd")
        return f"data:{TABLE_TYPES['xlsx']};base64,{base64.b64encode(data).decode()}"

    def _index(self, tongues: list[LanguagePages]) -> dict[str, Any]:
        """Return what is searched: each page by its names, without accents, and what short forms stand for."""
        base = self._leaves[0].frame.base
        rows = make_name_index(self._store, base).execute("SELECT iri, names FROM thing ORDER BY number")
        first = tongues[0]
        pages = [([one.things[iri] for one in tongues], names) for iri, names in rows if iri in first.things]
        others = zip(*([*one.charts, *one.views, *one.questions] for one in tongues), strict=True)
        pages += [(list(parts), "|".join(dict.fromkeys(folded(one.title) for one in parts))) for parts in others]
        return {
            "languages": [one.lang for one in tongues],
            "words": [{key: one.words[key] for key in ("found", "found_none")} for one in tongues],
            "short": {
                folded(short): [folded(one) for one in longer]
                for short, longer in self._content.abbreviations.items()
                if folded(short)
            },
            "pages": [
                [parts[0].number, names, [one.title for one in parts], [one.kind for one in parts]]
                for parts, names in pages
            ],
        }


def _refuse_too_large(number: int, todo: str) -> None:
    if number > MAX_PACKED_THINGS:
        raise CannotRun(f"pack: more than {MAX_PACKED_THINGS} things are too large a file for a browser. {todo}.")


def _build_report(place: Path) -> dict[str, Any]:
    path = place / REPORT_FILE
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return told


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of a table of a build; an apostrophe that keeps a sign harmless is not needed."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file)
    return headings, [[_unescape_cell(cell) for cell in row] for row in rows]


def _unescape_cell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell


def _pack_style(content: Content) -> Markup:
    """Return the style of a pack: of our pages, with the colours of the content, and which language is shown."""
    files = [template_text(name) for name in ("page.css", "served.css", "pack.css")]
    look, langs = read_style(content)["page"], list(page_words(content))
    return Markup(render_template("pack-look.css", look=look, langs=langs, files=files).strip())  # noqa: S704 no text of data


def _content_policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """Return what the file may do: run these scripts, use these styles, and nothing else."""

    def allowed(texts: Iterable[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)

    run, look = allowed(scripts), allowed(styles)
    return f"default-src 'none'; script-src {run}; style-src {look}; img-src data:; base-uri 'none'; form-action 'none'"
