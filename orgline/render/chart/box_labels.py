"""Lettering: what the boxes and lines of a chart say in the words of one language, each with what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from orgline.graph import RDF_TYPE, Term, local_name, objects, ol_term, strongest, weakest
from orgline.hierarchy import Holding, Hop, StoreHierarchy
from orgline.render.chart.selection import Chart, ChartBox
from orgline.render.html.page_context import PageContext, thing_address

MAX_HOLDERS, MAX_CHOSEN_HOLDERS, MAX_POSTS, MIN_COMMON = 2, 6, 24, 4
STATED = "stated"
_ORG = "http://www.w3.org/ns/org#"
_POST, _ROLE = (ox.NamedNode(_ORG + name) for name in ("Post", "role"))
_CLASSIFICATION = ox.NamedNode(_ORG + "classification")
_BROADER = ox.NamedNode("http://www.w3.org/2004/02/skos/core#broader")


@dataclass(frozen=True)
class CitedSource:
    """A source and the lines of its file that say so, and where that leads to."""

    text: str
    address: str | None


@dataclass(frozen=True)
class LineLabel:
    """A line in words: its look, who stands under whom by what, what is known of it that day, how sure, who says so."""

    id: str
    lower: str
    upper: str
    lower_told: str
    upper_told: str
    kind: str
    word: str
    quantifier: str
    status: str
    status_told: str
    mark: str
    doubt: str
    sources: tuple[CitedSource, ...]
    said: str


@dataclass(frozen=True)
class HolderLabel:
    """Who holds a post: the words, what is known of it that day, how sure in words, where it leads to."""

    words: str
    mark: str = STATED
    status: str = ""
    doubt: str = ""
    address: str | None = None

    def text(self, usual: str) -> str:
        """Return it in words, but for the status that is `usual`."""
        more = ", ".join(filter(None, ("" if self.status == usual else self.status, self.doubt)))
        return f"{self.words} ({more})" if more else self.words


@dataclass
class BoxLabel:
    """A box in words: its look, name and place, the line it stands by, who holds what, lines that are only told."""

    box: ChartBox
    title: str
    kind: str
    form: str
    mark: str
    address: str | None
    chart: str
    line: LineLabel | None = None
    rows: list[HolderLabel] = field(default_factory=list)
    beside: list[LineLabel] = field(default_factory=list)
    is_chosen: bool = False
    below: list[BoxLabel] = field(default_factory=list)

    def caption(self, usual: str) -> str:
        """Return the line by which it stands under the one above, but for the status that is `usual`."""
        if self.line is None:
            return ""
        status = "" if self.line.status_told == usual else self.line.status_told
        return " · ".join(filter(None, (self.line.word, self.line.quantifier, status, self.line.doubt)))


class Labeller:
    """Puts the boxes and lines of charts into the words of a frame."""

    def __init__(self, store: ox.Store, nearby: StoreHierarchy, frame: PageContext, kinds: Iterable[str]) -> None:
        """`kinds` are those that have a look of their own."""
        self._store, self._nearby, self._frame, self._kinds = store, nearby, frame, frozenset(kinds)
        self._speaker, self._book = frame.speaker(store), nearby.book
        self._kind_of: dict[Term, str] = {}
        self._names: dict[str, str] = {}
        self._pages: dict[str, str | None] = {}
        self._posts: dict[str, tuple[list[str], list[str]]] = {}

    def name(self, iri: str) -> str:
        """Return what to call a node."""
        if iri not in self._names:
            self._names[iri] = self._speaker.term(ox.NamedNode(iri))
        return self._names[iri]

    def _page(self, iri: str) -> str | None:
        """Return where the page of a node is."""
        if iri not in self._pages:
            self._pages[iri] = self._frame.page_of(self._store, ox.NamedNode(iri))
        return self._pages[iri]

    def label_boxes(self, chart: Chart) -> dict[str, BoxLabel]:
        """Return the boxes of `chart` in words, by their names."""
        heads = (post for box in chart.boxes() for post in (box.name, *self._posts_in(box.name)[0]))
        self._nearby.prepare(heads, "holders")
        told = {box.name: self._box(box, is_chosen=box is chart.chosen) for box in chart.boxes()}
        for one in told.values():
            one.below = [told[box.name] for box in one.box.below]
        return told

    def line(self, hop: Hop) -> LineLabel:
        """Return a line in words."""
        node, speaker = ox.NamedNode(hop.line), self._speaker
        found = [self._book.of(one) for one in self._book.supporting_claims(node)]
        join = weakest if self._book.rule(node) else strongest
        mark = join(one.answer for one in found) if found else STATED
        lines: dict[Term, list[str]] = {}
        for one in found:
            for source, places in one.lines.items():
                lines.setdefault(source, []).extend(place for place in places if place not in lines.get(source, ()))
        sources = tuple(self._source(source, places) for source, places in lines.items())
        word, status = self.name(hop.type), speaker.status(hop.status)
        quantifier = self.name(hop.quantifier) if hop.quantifier else ""
        cited = "; ".join(source.text for source in sources)
        said = speaker.word("chart_line_said").format(
            lower=self.name(hop.lower), word=word, upper=self.name(hop.upper), mark=speaker.word(mark), status=status
        )
        return LineLabel(
            hop.line,
            hop.lower,
            hop.upper,
            self.name(hop.lower),
            self.name(hop.upper),
            local_name(ox.NamedNode(hop.type)),
            word,
            quantifier,
            hop.status.name,
            status,
            mark,
            self._doubt(mark),
            sources,
            f"{said} {cited}".strip(),
        )

    def _source(self, source: Term, places: list[str]) -> CitedSource:
        word = self._speaker.word("line_of_file" if len(places) == 1 else "lines_of_file")
        told = f", {word.format(', '.join(places))}" if places else ""
        return CitedSource(self.name(source.value) + told, self._page(source.value))

    def _box(self, box: ChartBox, *, is_chosen: bool) -> BoxLabel:
        node = ox.NamedNode(box.name)
        said = self._book.said(node)
        kinds = said.get(RDF_TYPE, [])
        told = BoxLabel(
            box,
            self.name(box.name),
            "post" if _POST in kinds else self._kind(said),
            "class" if ol_term("BodyClass") in kinds else "",
            "inferred" if ol_term("Inferred") in said.get(ol_term("certainty"), []) else STATED,
            self._page(box.name),
            self._frame.link(thing_address(box.name, self._frame.base, "chart")),
            is_chosen=is_chosen,
        )
        told.line = self.line(box.hop) if box.hop else None
        told.beside = [self.line(hop) for hop in box.beside]
        told.rows = self._rows(node, is_post=_POST in kinds, every=is_chosen)
        return told

    def _kind(self, said: Mapping[ox.NamedNode, list[Term]]) -> str:
        """Return the kind whose look a body has: of its classification, or of a wider one."""
        found = [self._look(one) for one in said.get(_CLASSIFICATION, [])]
        return next(filter(None, found), "other-body")

    def _look(self, concept: Term) -> str:
        if concept not in self._kind_of:
            name = local_name(concept)
            self._kind_of[concept] = name if name in self._kinds else ""
            if name not in self._kinds:
                wider = (self._look(one) for one in objects(self._store, concept, _BROADER))
                self._kind_of[concept] = next(filter(None, wider), "")
        return self._kind_of[concept]

    def _rows(self, node: ox.NamedNode, *, is_post: bool, every: bool) -> list[HolderLabel]:
        """Return who holds the post `node`, or the posts of the body: its head first; some only, unless `every`."""
        most = MAX_CHOSEN_HOLDERS if every else MAX_HOLDERS
        if is_post:
            rows = [self._holder(one, "") for one in self._nearby.holders(node.value)]
            return self._at_most(most, rows or [HolderLabel(self._speaker.word("chart_no_holder"))])
        heads, others = self._posts_in(node.value)
        rows = [row for post in heads[:most] for row in self._of_post(post, is_head=True)]
        if every or not heads:
            rows += [row for post in others[:MAX_POSTS] for row in self._of_post(post, is_head=False)]
        return self._at_most(most, rows)

    def _posts_in(self, body: str) -> tuple[list[str], list[str]]:
        if body not in self._posts:
            self._posts[body] = self._nearby.posts_in(body)
        return self._posts[body]

    def _at_most(self, most: int, rows: list[HolderLabel]) -> list[HolderLabel]:
        if len(rows) <= most:
            return rows
        return [*rows[:most], HolderLabel(self._speaker.word("chart_more_holders").format(len(rows) - most))]

    def _of_post(self, post: str, *, is_head: bool) -> list[HolderLabel]:
        roles = [self.name(one.value) for one in objects(self._store, ox.NamedNode(post), _ROLE)]
        role = next(iter(roles), self.name(post))
        role = role[:1].upper() + role[1:]
        rows = [self._holder(one, role) for one in self._nearby.holders(post)]
        if rows or not is_head:
            return rows
        return [HolderLabel(f"{role}: {self._speaker.word('chart_no_holder')}")]

    def _holder(self, holding: Holding, role: str) -> HolderLabel:
        tenure = ox.NamedNode(holding.tenure)
        mark = strongest(self._book.of(one).answer for one in self._book.supporting_claims(tenure))
        words = (f"{role}: " if role else "") + self.name(holding.person)
        address = self._page(holding.person)
        return HolderLabel(words, mark, self._speaker.status(holding.status), self._doubt(mark), address)

    def _doubt(self, mark: str) -> str:
        return "" if mark == STATED else self._speaker.word(mark).lower()


def most_common_status(told: Collection[BoxLabel], held: str) -> str:
    """Return the status that most on a chart have, to be said once; `held` where it is few that have another."""
    found = Counter(row.status for one in told for row in one.rows if row.status)
    found.update(one.line.status_told for one in told if one.line)
    usual, number = max(found.items(), key=lambda one: (one[1], one[0]), default=(held, 0))
    return usual if number >= MIN_COMMON else held
