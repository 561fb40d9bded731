"""Through: a thing asked for by a former name, found under today's, and the change that lies between.

Nothing is made the same here: the answer is about the thing of today, or about the former one itself, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyoxigraph as ox

from orgline.content import Content, Parameter
from orgline.graph.evidence import EvidenceBook
from orgline.graph.former_names.tables import UNIT_WORD_PREFIX, FormerNameMatch, FormerNames, FormerUnit
from orgline.graph.lookup import MAX_SHOWN, are_same_thing, choose, find, list_choices, names_of
from orgline.graph.speaker import Speaker
from orgline.graph.store import RDF_TYPE, Term, objects, ol_term, subjects
from orgline.text import CannotRun, Message, NameNotFound, folded

_PLACE, _TERRITORY = "https://schema.org/Place", ol_term("territory")
_ORG = "http://www.w3.org/ns/org#"
_ORIGINAL, _RESULTING = (ox.NamedNode(f"{_ORG}{name}Organization") for name in ("original", "resulting"))
_START = ox.NamedNode("https://schema.org/startDate")
_CONTAINMENT = (_TERRITORY, ox.NamedNode(f"{_ORG}postIn"), ox.NamedNode("https://schema.org/containedInPlace"))


@dataclass(frozen=True)
class RenamedUnit:
    """A former unit that was named when asking, and the others that are the same unit today."""

    former: FormerUnit
    others: tuple[FormerUnit, ...]

    def sentence(self, speaker: Speaker) -> str:
        """Return in words what the unit is today, through which change, and who says so."""
        one = self.former
        said = speaker.word(f"through_{one.change}").format(
            former=_name_within(_name_with_kind(one, speaker), one.within),
            today=_name_within(_first_names(one.today, speaker), one.today_within),
            others=_first_names([self._other(other, speaker) for other in self.others], speaker),
            date=speaker.date(one.date),
        )
        by = [speaker.word("through_by").format(one.by)] if one.by else []
        return f"{said} ({'; '.join([*by, speaker.word('through_source').format(one.source)])})."

    def _other(self, other: FormerUnit, speaker: Speaker) -> str:
        name = _name_with_kind(other, speaker)
        return speaker.word("through_part").format(name) if len(other.today) > len(self.former.today) else name

    def fields(self, speaker: Speaker) -> dict[str, Any]:
        """Return the change field by field, for a program."""
        return {**asdict(self.former), "today": list(self.former.today), "sentence": self.sentence(speaker)}


@dataclass(frozen=True)
class SucceededBody:
    """A body asked about that a change of the graph begins with: what it is now is another body."""

    change: ox.NamedNode
    original: ox.NamedNode
    resulting: tuple[Term, ...]

    def sentence(self, speaker: Speaker) -> str:
        """Return in words what the body is now, when that came, and who says so."""
        said = speaker.word("through_now").format(
            former=speaker.term(self.original), today=", ".join(map(speaker.term, self.resulting))
        )
        dates = [speaker.term(date) for date in objects(speaker.store, self.change, _START)]
        return f"{', '.join([said, *dates])} ({speaker.word('through_source').format(self._sources(speaker))})."

    def _sources(self, speaker: Speaker) -> str:
        lines = EvidenceBook(speaker.store).of(self.change).lines
        return "; ".join(" ".join((speaker.term(source), *found)) for source, found in lines.items())

    def fields(self, speaker: Speaker) -> dict[str, Any]:
        """Return the change field by field, for a program."""
        return {
            "former": speaker.term(self.original),
            "today": [speaker.term(one) for one in self.resulting],
            "today_iri": [one.value for one in self.resulting],
            "change_iri": self.change.value,
            "source": self._sources(speaker),
            "sentence": self.sentence(speaker),
        }


NameChange = RenamedUnit | SucceededBody


class ChosenValues(dict[str, ox.NamedNode | ox.Literal]):
    """The values that a question is asked of, by parameter, and the changes that they were found through."""

    def __init__(self, speaker: Speaker, content: Content) -> None:
        """Choose among the things of the speaker's store, in the words and by the former names of `content`."""
        super().__init__()
        self.through: list[NameChange] = []
        self._speaker, self._content = speaker, content

    def choose(self, parameter: Parameter, classes: Iterable[str], typed: str) -> None:
        """Take the thing of `classes` that `typed` means for `parameter`, by its name or by a former one.

        Raises CannotRun as `find.choose` and `resolve_former_name` do.
        """
        classes = list(classes)
        try:
            self[parameter.name] = choose(self._speaker.store, parameter, classes, typed, *self._speaker.langs)
        except NameNotFound:
            found = resolve_former_name(self._speaker, self._content, parameter.option, classes, typed)
            if found is None:
                raise
            self[parameter.name], change = found
            self.through.append(change)


def changes_for(store: ox.Store, values: Mapping[str, Any]) -> tuple[NameChange, ...]:
    """Return the changes through which `values` were found, and those in `store` that made other bodies of them."""
    through: list[NameChange] = list(values.through) if isinstance(values, ChosenValues) else []
    through += [
        SucceededBody(change, value, resulting)
        for value in values.values()
        if isinstance(value, ox.NamedNode)
        for change in subjects(store, _ORIGINAL, value)
        if (resulting := tuple(objects(store, change, _RESULTING)))
    ]
    return tuple(dict.fromkeys(through))


def resolve_former_name(
    speaker: Speaker, content: Content, option: str, classes: Iterable[str], typed: str
) -> tuple[ox.NamedNode, RenamedUnit] | None:
    """Return the thing that `typed`, a former name, means today, and the change; None if it is no former name.

    Raises CannotRun when several things or former units fit (listing them) or the graph has nothing of today's unit,
    ContentError when the tables of former names have mistakes.
    """
    book = FormerNames(content)
    named = [one for one in classes if one in book.classes]
    hits = book.matches_in(typed) if named else []
    if not hits:
        return None
    if len(hits[0].former.above) > 1 and not any(hits[0].rank[:2]) and (hits[0].before or hits[0].after):
        return None
    if len(hits) > 1:
        raise CannotRun(_ambiguity_message(book, hits, option, typed, speaker))
    change = RenamedUnit(hits[0].former, tuple(book.merged_with(hits[0].former)))
    found = _UnitSearch(speaker.store, book, named, hits[0]).found()
    if len(found) == 1 or (len(found) > 1 and are_same_thing(speaker.store, found)):
        return found[0], change
    said = speaker.word("through_several" if found else "through_lost")
    text = said.format(typed=typed, notes=change.sentence(speaker), number=len(found))
    text += f"\n{list_choices(speaker.store, found, *speaker.langs)}" if found else ""
    raise CannotRun(Message("wrong_through", f"{option}: {text}", option, text))


def _ambiguity_message(
    book: FormerNames, hits: list[FormerNameMatch], option: str, typed: str, speaker: Speaker
) -> str:
    """Return the sentence that asks which of several former units is meant, and lists them with what they are today."""
    said = speaker.word("through_which").format(typed=typed, number=len(hits))
    notes = [RenamedUnit(hit.former, tuple(book.merged_with(hit.former))).sentence(speaker) for hit in hits[:MAX_SHOWN]]
    more = [speaker.word("and_more").format(len(hits) - MAX_SHOWN)] if len(hits) > MAX_SHOWN else []
    text = "\n  ".join([said, *notes, *more])
    return Message("wrong_through", f"{option}: {text}", option, text)


@dataclass(frozen=True)
class _UnitSearch:
    """Looks for the things of `classes` that are meant by a former unit's name."""

    store: ox.Store
    book: FormerNames
    classes: list[str]
    hit: FormerNameMatch

    def found(self) -> list[ox.NamedNode]:
        """Return the things under the unit's own name, with and without its kind, else under today's, else placed so.

        One of a name without kind that has another kind in a name of its own is left out: it is another unit.
        """
        for names in self._name_tiers():
            if found := self._called(names, self.classes, self.hit):
                return found
        bare = FormerNameMatch(self.hit.former, "", "", self.hit.rank)
        for names in self._name_tiers():
            if found := [one for place in self._called(names, [_PLACE], bare) for one in self._in(place)]:
                return sorted(set(found), key=lambda node: node.value)
        return []

    def _name_tiers(self) -> Iterator[list[tuple[str, str, str]]]:
        """Yield the names to look for, the nearest first: each with the bare name and the kind not to contradict."""
        one = self.hit.former
        yield [(full, one.former, one.kind) for full in self.book.full(one.former, one.kind)]
        today = [(full, *self.book.split_kind(full)) for full in one.today]
        bare = [(one.former, one.kind)], [(name, kind) for _, name, kind in today]
        own_bare, today_bare = ([(n, n, kind) for n, kind in some if self.book.can_mean(n, kind)] for some in bare)
        yield own_bare
        yield today
        yield today_bare

    def _called(
        self, names: list[tuple[str, str, str]], classes: list[str], hit: FormerNameMatch
    ) -> list[ox.NamedNode]:
        found = {
            node
            for name, bare, kind in names
            for node in find(self.store, hit.instead(name), classes)
            if not any(self.book.has_other_kind(said, bare, kind) for said in names_of(self.store, node))
        }
        return sorted((node for node in found if not self._is_elsewhere(node)), key=lambda node: node.value)

    def _in(self, place: ox.NamedNode) -> list[ox.NamedNode]:
        """Return the things of `place` that are called as was typed beside the unit's name, its kind left aside."""
        rest = self.book.without_kinds(f"{self.hit.before} {self.hit.after}")
        there = subjects(self.store, _TERRITORY, place)
        if rest:
            return [node for node in there if node in find(self.store, rest, self.classes)]
        kinds = {ox.NamedNode(one) for one in self.classes}
        return [node for node in there if kinds & set(objects(self.store, node, RDF_TYPE))]

    def _is_elsewhere(self, node: ox.NamedNode) -> bool:
        """Tell whether `node` lies in one of the largest units, and not in the one where it should."""
        one = self.hit.former
        may = {folded(self.book.split_kind(full)[0]) for full in (*one.above, one.today_within, one.former, *one.today)}
        inside = {
            folded(self.book.split_kind(name)[0]) for place in self._above(node) for name in names_of(self.store, place)
        }
        named = inside & self.book.largest
        return bool(named) and not named & may

    def _above(self, node: ox.NamedNode) -> set[ox.NamedNode]:
        """Return what `node` lies in, up to the largest."""
        found: set[ox.NamedNode] = set()
        todo = [node]
        while todo:
            one = todo.pop()
            todo += [
                up
                for way in _CONTAINMENT
                for up in objects(self.store, one, way)
                if isinstance(up, ox.NamedNode) and up not in found
            ]
            found |= set(todo)
        return found


def _name_with_kind(one: FormerUnit, speaker: Speaker) -> str:
    """Return the name of a former unit with its kind, as this language says it."""
    key = UNIT_WORD_PREFIX + one.kind
    said = speaker.word(key)
    return one.former if said == key else said.split("|")[0].format(one.former)


def _name_within(name: str, within: str) -> str:
    return f"{name}, {within}" if within else name


def _first_names(names: Iterable[str], speaker: Speaker) -> str:
    """Return the first of `names` in words, and how many more there are."""
    every = list(names)
    first = ", ".join(every[:MAX_SHOWN])
    return speaker.word("through_more").format(first, len(every) - MAX_SHOWN) if len(every) > MAX_SHOWN else first
