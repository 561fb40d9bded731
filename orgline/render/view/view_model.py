"""Picture: what a view constructs, as boxes and lines with words in each language and their evidence.

The vocabulary of drawing, `viz:` <https://w3id.org/orgline/viz#>:

=============  ==================================================================================
viz:Node       a box; ``viz:title`` and ``viz:subtitle`` are things (called by their names) or words
viz:Edge       a line ``viz:from`` a box ``viz:to`` a box
viz:note       what follows the subtitle, as a date
viz:kind       the key of its look and legend in viz/style.toml; ``viz:form`` may refine a box
viz:about      the things of the graph that it shows: their claims are its evidence
viz:within     the box in which this one stands as a row; ``viz:order`` sorts siblings
viz:page       the thing to which a page of its own is given; without one, all is one page
viz:panel      the part of the page where a box stands; ``viz:place``, ``viz:source`` its groups
=============  ==================================================================================
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from orgline.content import QueryFile
from orgline.graph import (
    CONTRADICTED,
    INFERRED,
    RDF_TYPE,
    STATED,
    EvidenceBook,
    Speaker,
    Term,
    local_name,
    objects,
    ol_term,
    subjects,
)
from orgline.render.html.templates import is_number, unique_file_names
from orgline.render.view.picture import Picture, PictureBox, PictureLine, Texts
from orgline.text import ContentError, Problem

VIZ = "https://w3id.org/orgline/viz#"
SUPERSEDED = "superseded"
NODE_PROPERTIES, DEFAULT_ORDER = frozenset(("about", "from", "to", "within", "page", "place", "source")), 99
NodeValues = dict[str, dict[str, list[Term]]]
ParameterValues = Mapping[str, list[ox.NamedNode | ox.Literal]]


@dataclass(frozen=True)
class ViewPage:
    """A page to be drawn: its view, the thing whose page it is (None: the view's only one), its file in views/."""

    view: QueryFile
    thing: str | None
    file: str
    said: NodeValues = field(repr=False, compare=False)

    @property
    def order(self) -> float:
        """Where the page stands on the start page."""
        return float(self.view.header.get("order", DEFAULT_ORDER))


def list_pages(store: ox.Store, views: Iterable[QueryFile], values: ParameterValues | None = None) -> list[ViewPage]:
    """Return the pages of `views`, each with a file name of its own: one for each thing that a view names, else one.

    A view that needs `values` and has none is left out.

    Raises ContentError when what a view says cannot be drawn.
    """
    found: list[tuple[QueryFile, str | None, NodeValues]] = []
    problems: list[Problem] = []
    for view in views:
        if view.needs_values and not values:
            continue
        said = _construct(store, view, values or {})
        problems += [Problem(view.place, what, todo) for what, todo in (*_header_errors(view), *_picture_errors(said))]
        things = {page.value for one in said.values() for page in one.get("page", ())}
        found += [(view, thing, said) for thing in sorted(things)] or [(view, None, said)]
    if problems:
        raise ContentError(problems)
    found.sort(key=lambda one: (one[1] is not None, one[0].name, one[1] or ""))
    called = (f"{view.name} {local_name(ox.NamedNode(thing))}" if thing else view.name for view, thing, _ in found)
    return [ViewPage(*one[:2], file, one[2]) for one, file in zip(found, unique_file_names(called), strict=True)]


class PictureMaker:
    """Makes pictures of `store` in the words of `speakers`, one a language; remembers what it has said."""

    def __init__(self, store: ox.Store, speakers: Mapping[str, Speaker]) -> None:
        self.store = store
        self.speakers = speakers
        self._book = EvidenceBook(store)
        self._facts: dict[str, tuple[str, list[dict[str, Any]]]] = {}

    def picture(self, page: ViewPage) -> Picture:
        """Return the picture of `page`."""
        boxes = {
            name: self._box(name, one)
            for name, one in sorted(page.said.items())
            if _has_class(one, "Node") and (page.thing is None or page.thing in _values(one, "page"))
        }
        return self._picture(page, boxes)

    def title(self, page: ViewPage) -> dict[str, str]:
        """Return what to call `page` in each language: its view, and the thing whose page it is."""
        summary = {lang: speaker.summary(page.view.summary) for lang, speaker in self.speakers.items()}
        if page.thing is None:
            return summary
        called = self.names([ox.NamedNode(page.thing)])
        return {lang: f"{text}: {called[lang]}" for lang, text in summary.items()}

    def names(self, terms: Iterable[Term]) -> dict[str, str]:
        """Return what to call `terms` in each language: names of things, else the words themselves."""
        terms = list(terms)
        things = [one for one in terms if not (isinstance(one, ox.Literal) and one.language)]
        return {
            lang: ", ".join(dict.fromkeys([*map(speaker.term, things), *speaker.texts(_language_literals(terms))]))
            for lang, speaker in self.speakers.items()
        }

    def _joined(self, *parts: Iterable[Term]) -> dict[str, str]:
        said = [self.names(part) for part in parts]
        return {lang: "\u00a0· ".join(filter(None, (one[lang] for one in said))) for lang in self.speakers}

    def _box(self, name: str, one: dict[str, list[Term]]) -> PictureBox:
        about = _values(one, "about")
        kind = _first(one, "kind")
        order = _first(one, "order")
        return PictureBox(
            id=name,
            title=_capitalized(self.names(one.get("title", one.get("about", [])))),
            subtitle=_capitalized(self._joined(one.get("subtitle", ()), one.get("note", ()))),
            kind=kind,
            form=_first(one, "form"),
            mark=self._mark(about),
            about=about,
            within=_first(one, "within") or None,
            panel=_first(one, "panel"),
            order=float(order) if order else 0.0,
            groups={"kind": [kind], "place": _values(one, "place"), "source": _values(one, "source")},
        )

    def _picture(self, page: ViewPage, boxes: dict[str, PictureBox]) -> Picture:
        picture = Picture(page.view.name, page.view.place, self.title(page), boxes)
        for line, one in sorted(page.said.items()):
            start, end = _first(one, "from"), _first(one, "to")
            if _has_class(one, "Edge") and start in boxes and end in boxes and start != end:
                about = _values(one, "about")
                picture.lines.append(PictureLine(line, start, end, _first(one, "kind"), self._mark(about), about))
        shown: list[PictureBox | PictureLine] = [*boxes.values(), *picture.lines]
        picture.facts = {node: self._evidence(node)[1] for one in shown for node in one.about}
        groups = {node for box in boxes.values() for key in ("place", "source") for node in box.groups[key]}
        picture.names = {node: self.names([ox.NamedNode(node)]) for node in sorted(groups)}
        return picture

    def _mark(self, about: Iterable[str]) -> str:
        marks = [self._evidence(node)[0] for node in about]
        return next((one for one in (SUPERSEDED, CONTRADICTED, INFERRED) if one in marks), STATED)

    def _evidence(self, node: str) -> tuple[str, list[dict[str, Any]]]:
        """Return the mark of the thing `node` and what its sources say of it, in each language."""
        if node not in self._facts:
            self._facts[node] = self._look_up(ox.NamedNode(node))
        return self._facts[node]

    def _look_up(self, node: ox.NamedNode) -> tuple[str, list[dict[str, Any]]]:
        about = subjects(self.store, ol_term("about"), node)
        claims = [one for one in about if ox.Quad(one, RDF_TYPE, ol_term("Claim"), ox.DefaultGraph()) in self.store]
        own = [node] if next(objects(self.store, node, ol_term("locator")), None) is not None else []
        facts = [self._fact(claim) for claim in [*own, *claims]]
        facts.sort(key=lambda one: (one["field"] is not None, one["rank"], *one["source"].values()))
        standing = next(objects(self.store, node, ol_term("standing")), None)
        certainty = next(objects(self.store, node, ol_term("certainty")), None)
        if standing == ol_term("Superseded"):
            return SUPERSEDED, facts
        if any(any(one["findings"].values()) for one in facts if one["field"] is None):
            return CONTRADICTED, facts
        return (STATED if certainty in (None, ol_term("Stated")) else INFERRED), facts

    def _fact(self, claim: Term) -> dict[str, Any]:
        found = self._book.of(claim)
        named = next(objects(self.store, claim, ol_term("field")), None)
        return {
            "source": self.names(found.sources),
            "lines": list(found.locators),
            "field": self.names([named]) if named is not None else None,
            "certainty": self.names([found.certainty] if found.certainty else []),
            "mark": found.answer,
            "rank": 1 if found.standing == ol_term("Superseded") else 0,
            "standing": self.names([found.standing] if found.standing not in (None, ol_term("Normal")) else []),
            "printed": list(found.printed),
            "by": self.names(found.asserted_by),
            "reasons": {lang: one.texts(found.reasons) for lang, one in self.speakers.items()},
            "findings": {
                lang: _other_reasons(one.reasons(found), found.reasons) for lang, one in self.speakers.items()
            },
        }


def _construct(store: ox.Store, view: QueryFile, values: ParameterValues) -> NodeValues:
    """Return what `view` constructs: for each node, the values of each property by its last name."""
    said: NodeValues = defaultdict(lambda: defaultdict(list))
    found = store.query(view.with_values(values))
    assert isinstance(found, ox.QueryTriples)
    for triple in found:
        if isinstance(triple.object, ox.Triple):
            continue
        if not isinstance(triple.subject, ox.NamedNode):
            raise ContentError([Problem(view.place, "constructs a node without an IRI", "BIND one with IRI(…)")])
        terms = said[triple.subject.value][local_name(triple.predicate)]
        if triple.object not in terms:
            terms.append(triple.object)
    for one in said.values():
        for terms in one.values():
            terms.sort(key=str)
    return said


def _header_errors(view: QueryFile) -> Iterable[tuple[str, str]]:
    """Yield what in the header of `view` no page can say, and what to do."""
    if not isinstance(view.header.get("how") or {}, Mapping):
        yield "its how is no words by language", 'Write "#+ how: {vi: …, en: …}"'
    if not is_number(view.header.get("order", DEFAULT_ORDER)):
        yield "its order is no number", 'Write such as "#+ order: 3"'


def _picture_errors(said: NodeValues) -> Iterable[tuple[str, str]]:
    """Yield what of all that a view says cannot be drawn, and what to do."""
    frames = {name: _first(one, "within") for name, one in said.items()}
    for name, one in sorted(said.items()):
        for key, term in ((name, term) for name in sorted(NODE_PROPERTIES & one.keys()) for term in one[name]):
            if not isinstance(term, ox.NamedNode):
                yield f'gives {name} viz:{key} "{term.value}", which is no IRI', "Give it a thing of the graph"
        if not all(is_number(order) for order in _values(one, "order")):
            yield f'gives {name} viz:order "{_first(one, "order")}", which is no number', "Give it a number"
        frame, outer = frames[name], {name}
        while frame and frame not in outer:
            outer.add(frame)
            frame = frames.get(frame, "")
        if frame == name:
            yield f"puts {name} within itself", "Correct viz:within"


def _capitalized(texts: Texts) -> dict[str, str]:
    return {lang: text[:1].upper() + text[1:] for lang, text in texts.items()}


def _other_reasons(said: Iterable[str], own: Iterable[Term]) -> list[str]:
    """Return the sentences `said` of a claim that are not its own reasons, each once."""
    known = {one.value for one in own}
    return [text for text in dict.fromkeys(said) if text not in known]


def _has_class(one: Mapping[str, list[Term]], name: str) -> bool:
    return ox.NamedNode(VIZ + name) in one.get("type", ())


def _values(one: Mapping[str, list[Term]], name: str) -> list[str]:
    return [term.value for term in one.get(name, ())]


def _first(one: Mapping[str, list[Term]], name: str) -> str:
    return next(iter(_values(one, name)), "")


def _language_literals(terms: Iterable[Term]) -> list[Term]:
    return [one for one in terms if isinstance(one, ox.Literal) and one.language]
