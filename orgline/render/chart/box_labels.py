"""The labels of the boxes and lines of a chart in one language, each with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from orgline.graph import RDF_TYPE, STATED, Term, local_name, objects, ol_term, strongest, weakest
from orgline.hierarchy import Holding, Hop, StoreHierarchy
from orgline.render.chart.selection import Chart, ChartBox
from orgline.render.html.page_context import PageContext, thing_address

# The most holders written in a box, and in the chosen box; the most posts of a body that are looked at for them.
MAX_HOLDERS, MAX_CHOSEN_HOLDERS, MAX_POSTS = 2, 6, 24
# A status that at least so many labels have is written once above the chart and left out of the boxes.
MIN_COMMON = 4
_ORG = "http://www.w3.org/ns/org#"
_POST, _ROLE = (ox.NamedNode(_ORG + name) for name in ("Post", "role"))
_CLASSIFICATION = ox.NamedNode(_ORG + "classification")
_BROADER = ox.NamedNode("http://www.w3.org/2004/02/skos/core#broader")


@dataclass(frozen=True)
class CitedSource:
    """A source with the lines of its file, as text, and the address of its page."""

    text: str
    address: str | None


@dataclass(frozen=True)
class LineLabel:
    """The label of a line.

    ``id``, ``lower`` and ``upper`` are IRIs; ``kind`` is the key of its style; ``status`` is the name of its temporal
    status on the day and ``status_text`` the same in words; ``mark`` is its certainty and ``doubt`` that in words,
    empty if stated; ``sentence`` says all of it, with the sources.
    """

    id: str
    lower: str
    upper: str
    lower_name: str
    upper_name: str
    kind: str
    type_name: str
    quantifier: str
    status: str
    status_text: str
    mark: str
    doubt: str
    sources: tuple[CitedSource, ...]
    sentence: str


@dataclass(frozen=True)
class HolderLabel:
    """The label of a holder: role and name, certainty, temporal status and doubt in words, address of the person."""

    name: str
    mark: str = STATED
    status: str = ""
    doubt: str = ""
    address: str | None = None

    def text(self, common_status: str) -> str:
        """Return the label with status and doubt in brackets; without the status that is `common_status`."""
        status = "" if self.status == common_status else self.status
        details = ", ".join(filter(None, (status, self.doubt)))
        return f"{self.name} ({details})" if details else self.name


@dataclass
class BoxLabel:
    """The label of a box.

    ``kind``, ``form`` and ``mark`` are keys of its style; ``address`` is that of its page, ``chart_address`` that of
    its own chart; ``line`` is the line to the box above; ``other_lines`` are written in the box and not drawn.
    """

    box: ChartBox
    title: str
    kind: str
    form: str
    mark: str
    address: str | None
    chart_address: str
    line: LineLabel | None = None
    holders: list[HolderLabel] = field(default_factory=list)
    other_lines: list[LineLabel] = field(default_factory=list)
    is_chosen: bool = False
    below: list[BoxLabel] = field(default_factory=list)

    def caption(self, common_status: str) -> str:
        """Return the type of the line to the box above with its details; without the status `common_status`."""
        if self.line is None:
            return ""
        status = "" if self.line.status_text == common_status else self.line.status_text
        return " · ".join(filter(None, (self.line.type_name, self.line.quantifier, status, self.line.doubt)))


class Labeller:
    """Labels the boxes and lines of charts in the language of `context`.

    `kinds` are the keys of the style's looks for boxes.
    """

    def __init__(self, store: ox.Store, hierarchy: StoreHierarchy, context: PageContext, kinds: Iterable[str]) -> None:
        self._store, self._hierarchy, self._context, self._kinds = store, hierarchy, context, frozenset(kinds)
        self._speaker, self._book = context.speaker(store), hierarchy.book
        self._kind_of: dict[Term, str] = {}
        self._names: dict[str, str] = {}
        self._pages: dict[str, str | None] = {}
        self._posts: dict[str, tuple[list[str], list[str]]] = {}

    def name(self, iri: str) -> str:
        """Return the name of a node."""
        if iri not in self._names:
            self._names[iri] = self._speaker.term(ox.NamedNode(iri))
        return self._names[iri]

    def _page(self, iri: str) -> str | None:
        """Return the address of the page of a node."""
        if iri not in self._pages:
            self._pages[iri] = self._context.page_of(self._store, ox.NamedNode(iri))
        return self._pages[iri]

    def label_boxes(self, chart: Chart) -> dict[str, BoxLabel]:
        """Return the labels of all boxes of `chart`, by IRI."""
        heads = (post for box in chart.boxes() for post in (box.iri, *self._posts_in(box.iri)[0]))
        self._hierarchy.prepare(heads, "holders")
        labels = {box.iri: self._box(box, is_chosen=box is chart.chosen) for box in chart.boxes()}
        for label in labels.values():
            label.below = [labels[box.iri] for box in label.box.below]
        return labels

    def line(self, hop: Hop) -> LineLabel:
        """Return the label of a line."""
        node, speaker = ox.NamedNode(hop.line), self._speaker
        claims = [self._book.of(claim) for claim in self._book.supporting_claims(node)]
        # A conclusion is as certain as its weakest premise, a statement as the strongest claim for it.
        join = weakest if self._book.rule(node) else strongest
        mark = join(claim.answer for claim in claims) if claims else STATED
        locators: dict[Term, list[str]] = {}
        for claim in claims:
            for source, lines in claim.lines.items():
                known = locators.setdefault(source, [])
                known.extend(line for line in lines if line not in known)
        sources = tuple(self._source(source, lines) for source, lines in locators.items())
        type_name, status = self.name(hop.type), speaker.status(hop.status)
        sentence = speaker.word("chart_line_said").format(
            lower=self.name(hop.lower),
            word=type_name,
            upper=self.name(hop.upper),
            mark=speaker.word(mark),
            status=status,
        )
        cited = "; ".join(source.text for source in sources)
        return LineLabel(
            id=hop.line,
            lower=hop.lower,
            upper=hop.upper,
            lower_name=self.name(hop.lower),
            upper_name=self.name(hop.upper),
            kind=local_name(ox.NamedNode(hop.type)),
            type_name=type_name,
            quantifier=self.name(hop.quantifier) if hop.quantifier else "",
            status=hop.status.name,
            status_text=status,
            mark=mark,
            doubt=self._doubt(mark),
            sources=sources,
            sentence=f"{sentence} {cited}".strip(),
        )

    def _source(self, source: Term, lines: list[str]) -> CitedSource:
        word = self._speaker.word("line_of_file" if len(lines) == 1 else "lines_of_file")
        locator = f", {word.format(', '.join(lines))}" if lines else ""
        return CitedSource(self.name(source.value) + locator, self._page(source.value))

    def _box(self, box: ChartBox, *, is_chosen: bool) -> BoxLabel:
        """Return the label of a box: its name, kind, holders and lines, with what they rest on."""
        node = ox.NamedNode(box.iri)
        values = self._book.properties(node)
        classes = values.get(RDF_TYPE, [])
        label = BoxLabel(
            box,
            title=self.name(box.iri),
            kind="post" if _POST in classes else self._kind(values),
            form="class" if ol_term("BodyClass") in classes else "",
            mark="inferred" if ol_term("Inferred") in values.get(ol_term("certainty"), []) else STATED,
            address=self._page(box.iri),
            chart_address=self._context.link(thing_address(box.iri, self._context.base, "chart")),
            is_chosen=is_chosen,
        )
        label.line = self.line(box.hop) if box.hop else None
        label.other_lines = [self.line(hop) for hop in box.other_lines]
        label.holders = self._holders(node, is_post=_POST in classes, is_chosen=is_chosen)
        return label

    def _kind(self, values: Mapping[ox.NamedNode, list[Term]]) -> str:
        """Return the key of the look of a body: that of its classification, or of a broader one."""
        keys = (self._look(concept) for concept in values.get(_CLASSIFICATION, []))
        return next(filter(None, keys), "other-body")

    def _look(self, concept: Term) -> str:
        """Return the key of the look of `concept` or the nearest broader concept that has one, else ""."""
        if concept not in self._kind_of:
            name = local_name(concept)
            # Set before the broader ones are looked at: a loop of broader concepts then ends here.
            self._kind_of[concept] = name if name in self._kinds else ""
            if name not in self._kinds:
                broader = (self._look(wider) for wider in objects(self._store, concept, _BROADER))
                self._kind_of[concept] = next(filter(None, broader), "")
        return self._kind_of[concept]

    def _holders(self, node: ox.NamedNode, *, is_post: bool, is_chosen: bool) -> list[HolderLabel]:
        """Return the holders of the post `node`, or of the posts of a body: its heads, in the chosen box all posts."""
        most = MAX_CHOSEN_HOLDERS if is_chosen else MAX_HOLDERS
        if is_post:
            holders = [self._holder(holding, "") for holding in self._hierarchy.holders(node.value)]
            return self._limit(most, holders or [HolderLabel(self._speaker.word("chart_no_holder"))])
        heads, others = self._posts_in(node.value)
        holders = [holder for post in heads[:most] for holder in self._holders_of_post(post, is_head=True)]
        if is_chosen or not heads:
            holders += [holder for post in others[:MAX_POSTS] for holder in self._holders_of_post(post, is_head=False)]
        return self._limit(most, holders)

    def _posts_in(self, body: str) -> tuple[list[str], list[str]]:
        """Return the posts that head `body`, and its other posts."""
        if body not in self._posts:
            self._posts[body] = self._hierarchy.posts_in(body)
        return self._posts[body]

    def _limit(self, most: int, holders: list[HolderLabel]) -> list[HolderLabel]:
        """Return the first `most` holders, followed by the number of the others."""
        if len(holders) <= most:
            return holders
        others = self._speaker.word("chart_more_holders").format(len(holders) - most)
        return [*holders[:most], HolderLabel(others)]

    def _holders_of_post(self, post: str, *, is_head: bool) -> list[HolderLabel]:
        """Return the holders of `post` with its role; of a head also that nobody is known to hold it."""
        roles = [self.name(role.value) for role in objects(self._store, ox.NamedNode(post), _ROLE)]
        role = next(iter(roles), self.name(post))
        role = role[:1].upper() + role[1:]
        holders = [self._holder(holding, role) for holding in self._hierarchy.holders(post)]
        if holders or not is_head:
            return holders
        return [HolderLabel(f"{role}: {self._speaker.word('chart_no_holder')}")]

    def _holder(self, holding: Holding, role: str) -> HolderLabel:
        tenure = ox.NamedNode(holding.tenure)
        mark = strongest(self._book.of(claim).answer for claim in self._book.supporting_claims(tenure))
        name = (f"{role}: " if role else "") + self.name(holding.person)
        address = self._page(holding.person)
        return HolderLabel(name, mark, self._speaker.status(holding.status), self._doubt(mark), address)

    def _doubt(self, mark: str) -> str:
        return "" if mark == STATED else self._speaker.word(mark).lower()


def most_common_status(labels: Collection[BoxLabel], default: str) -> str:
    """Return the temporal status, in words, that most holders and lines have; `default` where fewer than MIN_COMMON."""
    counts = Counter(holder.status for label in labels for holder in label.holders if holder.status)
    counts.update(label.line.status_text for label in labels if label.line)
    # Among equally frequent ones the last by text, so that the same build gives the same chart.
    status, number = max(counts.items(), key=lambda item: (item[1], item[0]), default=(default, 0))
    return status if number >= MIN_COMMON else default
