"""Makes the picture of a view's page: its boxes and lines, with texts by language and their evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from orgline.graph import (
    CONTRADICTED,
    INFERRED,
    RDF_TYPE,
    STATED,
    EvidenceBook,
    Speaker,
    Term,
    objects,
    ol_term,
    subjects,
)
from orgline.render.view.picture import Picture, PictureBox, PictureLine, Texts
from orgline.render.view.view_nodes import Values, ViewPage, first_value, has_class, values_of

SUPERSEDED = "superseded"
# Of several certainties of the nodes that a box is about, the first of these is shown.
_MARKS_BY_RANK = (SUPERSEDED, CONTRADICTED, INFERRED)


class PictureMaker:
    """Makes pictures from `store` in the languages of `speakers`; looks up the evidence of each node once."""

    def __init__(self, store: ox.Store, speakers: Mapping[str, Speaker]) -> None:
        self._store, self._speakers = store, speakers
        self._book = EvidenceBook(store)
        self._evidence: dict[str, tuple[str, list[dict[str, Any]]]] = {}

    def picture(self, page: ViewPage) -> Picture:
        """Return the picture of `page`."""
        boxes = {
            name: self._box(name, node)
            for name, node in sorted(page.nodes.items())
            if has_class(node, "Node") and (page.thing is None or page.thing in values_of(node, "page"))
        }
        picture = Picture(page.view.name, page.view.place, self.title(page), boxes)
        for name, node in sorted(page.nodes.items()):
            start, end = first_value(node, "from"), first_value(node, "to")
            if has_class(node, "Edge") and start in boxes and end in boxes and start != end:
                about = values_of(node, "about")
                kind = first_value(node, "kind")
                picture.lines.append(PictureLine(name, start, end, kind, self._mark(about), about))
        shown: list[PictureBox | PictureLine] = [*boxes.values(), *picture.lines]
        picture.facts = {node: self._evidence_of(node)[1] for part in shown for node in part.about}
        groups = {node for box in boxes.values() for key in ("place", "source") for node in box.groups[key]}
        picture.group_names = {node: self._names([ox.NamedNode(node)]) for node in sorted(groups)}
        return picture

    def title(self, page: ViewPage) -> dict[str, str]:
        """Return the title of `page` by language: that of its view, and the name of the thing whose page it is."""
        summary = {lang: speaker.summary(page.view.summary) for lang, speaker in self._speakers.items()}
        if page.thing is None:
            return summary
        name = self._names([ox.NamedNode(page.thing)])
        return {lang: f"{text}: {name[lang]}" for lang, text in summary.items()}

    def _names(self, terms: Iterable[Term]) -> dict[str, str]:
        """Return the names of `terms` by language, joined by commas; texts with a language are shown in theirs."""
        terms = list(terms)
        texts = [term for term in terms if isinstance(term, ox.Literal) and term.language]
        things = [term for term in terms if term not in texts]
        return {
            lang: ", ".join(dict.fromkeys([*map(speaker.term, things), *speaker.texts(texts)]))
            for lang, speaker in self._speakers.items()
        }

    def _box(self, name: str, node: Values) -> PictureBox:
        """Return a box of the picture from the values that the view constructs for it."""
        about, kind, order = values_of(node, "about"), first_value(node, "kind"), first_value(node, "order")
        subtitle, note = self._names(node.get("subtitle", ())), self._names(node.get("note", ()))
        # A no-break space before the dot: it never begins a line.
        joined = {lang: "\u00a0· ".join(filter(None, (subtitle[lang], note[lang]))) for lang in self._speakers}
        return PictureBox(
            id=name,
            title=_capitalized(self._names(node.get("title", node.get("about", [])))),
            subtitle=_capitalized(joined),
            kind=kind,
            form=first_value(node, "form"),
            mark=self._mark(about),
            about=about,
            within=first_value(node, "within") or None,
            panel=first_value(node, "panel"),
            order=float(order) if order else 0.0,
            groups={"kind": [kind], "place": values_of(node, "place"), "source": values_of(node, "source")},
        )

    def _mark(self, about: Iterable[str]) -> str:
        """Return the certainty of a box or line about these nodes."""
        marks = {self._evidence_of(node)[0] for node in about}
        return next((mark for mark in _MARKS_BY_RANK if mark in marks), STATED)

    def _evidence_of(self, node: str) -> tuple[str, list[dict[str, Any]]]:
        """Return the certainty of `node` and its evidence, one dictionary a claim with texts by language."""
        if node not in self._evidence:
            self._evidence[node] = self._look_up(ox.NamedNode(node))
        return self._evidence[node]

    def _look_up(self, node: ox.NamedNode) -> tuple[str, list[dict[str, Any]]]:
        """Return the mark of a node (stated, inferred, contradicted, superseded), and the claims on it."""
        about = subjects(self._store, ol_term("about"), node)
        claims = [
            claim for claim in about if ox.Quad(claim, RDF_TYPE, ol_term("Claim"), ox.DefaultGraph()) in self._store
        ]
        # A row of a register carries its own locator: it is its own claim.
        own = [node] if next(objects(self._store, node, ol_term("locator")), None) is not None else []
        facts = [self._fact(claim) for claim in [*own, *claims]]
        facts.sort(key=lambda fact: (fact["field"] is not None, fact["rank"], *fact["source"].values()))
        standing = next(objects(self._store, node, ol_term("standing")), None)
        certainty = next(objects(self._store, node, ol_term("certainty")), None)
        if standing == ol_term("Superseded"):
            return SUPERSEDED, facts
        # A finding about one field does not make the whole node contradicted.
        if any(any(fact["findings"].values()) for fact in facts if fact["field"] is None):
            return CONTRADICTED, facts
        return (STATED if certainty in (None, ol_term("Stated")) else INFERRED), facts

    def _fact(self, claim: Term) -> dict[str, Any]:
        """Return a claim as view.js shows it in the details of a box."""
        evidence = self._book.of(claim)
        field = next(objects(self._store, claim, ol_term("field")), None)
        standing = evidence.standing if evidence.standing not in (None, ol_term("Normal")) else None
        return {
            "source": self._names(evidence.sources),
            "lines": list(evidence.locators),
            "field": self._names([field]) if field is not None else None,
            "certainty": self._names([evidence.certainty] if evidence.certainty else []),
            "mark": evidence.answer,
            "rank": 1 if evidence.standing == ol_term("Superseded") else 0,
            "standing": self._names([standing] if standing else []),
            "printed": list(evidence.printed),
            "by": self._names(evidence.asserted_by),
            "reasons": {lang: speaker.texts(evidence.reasons) for lang, speaker in self._speakers.items()},
            "findings": {
                lang: _without(speaker.reasons(evidence), evidence.reasons) for lang, speaker in self._speakers.items()
            },
        }


def _capitalized(texts: Texts) -> dict[str, str]:
    return {lang: text[:1].upper() + text[1:] for lang, text in texts.items()}


def _without(sentences: Iterable[str], own: Iterable[Term]) -> list[str]:
    """Return the `sentences` about a claim that are not its `own` reasons, each once: those that findings add."""
    known = {reason.value for reason in own}
    return [text for text in dict.fromkeys(sentences) if text not in known]
