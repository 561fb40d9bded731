"""Resolves a former name to the thing of today, and reports the change of name.

Nothing is declared to be the same: the answer is about the thing of today, or about the former body itself, and the
change is reported with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import pyoxigraph as ox

from orgline.content import Content, Parameter
from orgline.graph.evidence import EvidenceBook
from orgline.graph.former_names.former_units import FormerUnit
from orgline.graph.former_names.matching import UNIT_WORD_PREFIX, FormerNameMatch, FormerNames
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
    """A former unit that was named by the user, and the other former units that became the same unit."""

    former: FormerUnit
    others: tuple[FormerUnit, ...]

    def sentence(self, speaker: Speaker) -> str:
        """Return a sentence with the former name, today's name, the kind of change, its date and its sources."""
        unit = self.former
        change = speaker.word(f"through_{unit.change}").format(
            former=_name_within(_name_with_kind(unit, speaker), unit.within),
            today=_name_within(_first_names(unit.today, speaker), unit.today_within),
            others=_first_names([self._other_name(other, speaker) for other in self.others], speaker),
            date=speaker.date(unit.date),
        )
        document = [speaker.word("through_by").format(unit.by)] if unit.by else []
        return f"{change} ({'; '.join([*document, speaker.word('through_source').format(unit.source)])})."

    def _other_name(self, other: FormerUnit, speaker: Speaker) -> str:
        """Return the name of another merged unit, as "part of" where it became more units than this unit did."""
        name = _name_with_kind(other, speaker)
        return speaker.word("through_part").format(name) if len(other.today) > len(self.former.today) else name

    def fields(self, speaker: Speaker) -> dict[str, Any]:
        """Return the change as a JSON object: the columns of the former unit and the sentence."""
        return {**asdict(self.former), "today": list(self.former.today), "sentence": self.sentence(speaker)}


@dataclass(frozen=True)
class SucceededBody:
    """A body in a question that a change of the graph (``org:ChangeEvent``) replaced by other bodies."""

    change: ox.NamedNode
    original: ox.NamedNode
    resulting: tuple[Term, ...]

    def sentence(self, speaker: Speaker) -> str:
        """Return a sentence with the body, its successors, the date of the change and its sources."""
        change = speaker.word("through_now").format(
            former=speaker.term(self.original), today=", ".join(map(speaker.term, self.resulting))
        )
        dates = [speaker.term(date) for date in objects(speaker.store, self.change, _START)]
        return f"{', '.join([change, *dates])} ({speaker.word('through_source').format(self._sources(speaker))})."

    def _sources(self, speaker: Speaker) -> str:
        lines = EvidenceBook(speaker.store).of(self.change).lines
        return "; ".join(" ".join((speaker.term(source), *texts)) for source, texts in lines.items())

    def fields(self, speaker: Speaker) -> dict[str, Any]:
        """Return the change as a JSON object: names, IRIs, sources and the sentence."""
        return {
            "former": speaker.term(self.original),
            "today": [speaker.term(body) for body in self.resulting],
            "today_iri": [body.value for body in self.resulting],
            "change_iri": self.change.value,
            "source": self._sources(speaker),
            "sentence": self.sentence(speaker),
        }


NameChange = RenamedUnit | SucceededBody


class ChosenValues(dict[str, ox.NamedNode | ox.Literal]):
    """The values of a question's parameters, by name; `through` has the changes of name by which they were found."""

    def __init__(self, speaker: Speaker, content: Content) -> None:
        """Choose things of the speaker's store; messages are in its language, former names come from `content`."""
        super().__init__()
        self.through: list[NameChange] = []
        self._speaker, self._content = speaker, content

    def choose(self, parameter: Parameter, classes: Iterable[str], typed: str) -> None:
        """Set `parameter` to the thing of `classes` (IRIs) that has the name or former name `typed`.

        Raises CannotRun as `lookup.choose` and `resolve_former_name` do.
        """
        classes = list(classes)
        try:
            self[parameter.name] = choose(self._speaker.store, parameter, classes, typed, *self._speaker.langs)
        except NameNotFound:
            resolved = resolve_former_name(self._speaker, self._content, parameter.option, classes, typed)
            if resolved is None:
                raise
            self[parameter.name], change = resolved
            self.through.append(change)


def changes_for(store: ox.Store, values: Mapping[str, Any]) -> tuple[NameChange, ...]:
    """Return the changes of name by which `values` were found, and the changes in `store` that replaced these bodies.

    `values` has the parameters of a question by name; changes of name are known where it is a `ChosenValues`.
    """
    changes: list[NameChange] = list(values.through) if isinstance(values, ChosenValues) else []
    changes += [
        SucceededBody(change, value, resulting)
        for value in values.values()
        if isinstance(value, ox.NamedNode)
        for change in subjects(store, _ORIGINAL, value)
        if (resulting := tuple(objects(store, change, _RESULTING)))
    ]
    return tuple(dict.fromkeys(changes))


def resolve_former_name(
    speaker: Speaker, content: Content, option: str, classes: Iterable[str], typed: str
) -> tuple[ox.NamedNode, RenamedUnit] | None:
    """Return the thing of today for the former name `typed`, and the change; None if `typed` is no former name.

    `classes` are the IRIs of the classes allowed; `option` begins the messages, as ``--place``.

    Raises CannotRun when several things or former units fit (listing them) or the graph has nothing for the unit,
    ContentError when the tables of former names have mistakes.
    """
    former_names = FormerNames(content)
    nameable = [name for name in classes if name in former_names.classes]
    matches = former_names.matches_in(typed) if nameable else []
    if not matches:
        return None
    # The name of a small unit among other words, without its kind and without an enclosing unit, is more likely
    # a part of another name: many small units have names that are also names of persons.
    best = matches[0]
    if len(best.former.enclosing_units) > 1 and not any(best.rank[:2]) and (best.before or best.after):
        return None
    if len(matches) > 1:
        raise CannotRun(_ambiguity_message(former_names, matches, option, typed, speaker))
    change = RenamedUnit(best.former, tuple(former_names.merged_with(best.former)))
    things = _UnitSearch(speaker.store, former_names, nameable, best).things()
    if len(things) == 1 or (len(things) > 1 and are_same_thing(speaker.store, things)):
        return things[0], change
    template = speaker.word("through_several" if things else "through_lost")
    text = template.format(typed=typed, notes=change.sentence(speaker), number=len(things))
    text += f"\n{list_choices(speaker.store, things, *speaker.langs)}" if things else ""
    raise CannotRun(Message("wrong_through", f"{option}: {text}", option, text))


def _ambiguity_message(
    former_names: FormerNames, matches: list[FormerNameMatch], option: str, typed: str, speaker: Speaker
) -> str:
    """Return the message that `typed` names several former units, with a line for each of the first `MAX_SHOWN`."""
    heading = speaker.word("through_which").format(typed=typed, number=len(matches))
    changes = [
        RenamedUnit(match.former, tuple(former_names.merged_with(match.former))) for match in matches[:MAX_SHOWN]
    ]
    more = [speaker.word("and_more").format(len(matches) - MAX_SHOWN)] if len(matches) > MAX_SHOWN else []
    text = "\n  ".join([heading, *(change.sentence(speaker) for change in changes), *more])
    return Message("wrong_through", f"{option}: {text}", option, text)


class _SearchName(NamedTuple):
    """A name to search for, the bare name in it, and its kind: a thing named by another kind is another unit."""

    text: str
    bare: str
    kind: str


@dataclass(frozen=True)
class _UnitSearch:
    """Searches `store` for the things of `classes` (IRIs) that the former name of `match` means today."""

    store: ox.Store
    former_names: FormerNames
    classes: list[str]
    match: FormerNameMatch

    def things(self) -> list[ox.NamedNode]:
        """Return the things that fit, sorted by IRI.

        Things with the typed name, the unit's name replaced by each name of `_name_tiers`, come first; without any,
        the things located in a place with such a name.
        """
        for names in self._name_tiers():
            if things := self._named(names, self.classes, self.match):
                return things
        unit_alone = FormerNameMatch(self.match.former, "", "", self.match.rank)
        for names in self._name_tiers():
            places = self._named(names, [_PLACE], unit_alone)
            if located := {thing for place in places for thing in self._things_in(place)}:
                return sorted(located, key=lambda node: node.value)
        return []

    def _name_tiers(self) -> Iterator[list[_SearchName]]:
        """Yield the names to search for, the closest first: the unit's own name with and without kind, then today's."""
        unit = self.match.former
        today = [_SearchName(full, *self.former_names.split_kind(full)) for full in unit.today]
        yield [
            _SearchName(full, unit.former, unit.kind) for full in self.former_names.full_names(unit.former, unit.kind)
        ]
        yield self._bare_names([(unit.former, unit.kind)])
        yield today
        yield self._bare_names((name.bare, name.kind) for name in today)

    def _bare_names(self, names: Iterable[tuple[str, str]]) -> list[_SearchName]:
        may_mean = self.former_names.bare_name_may_mean
        return [_SearchName(bare, bare, kind) for bare, kind in names if may_mean(bare, kind)]

    def _named(self, names: list[_SearchName], classes: list[str], match: FormerNameMatch) -> list[ox.NamedNode]:
        """Return the things of `classes` that have one of `names` in the typed text, and are not another unit."""
        things = {
            node
            for name in names
            for node in find(self.store, match.with_name(name.text), classes)
            if not any(
                self.former_names.has_other_kind(text, name.bare, name.kind) for text in names_of(self.store, node)
            )
        }
        return sorted((node for node in things if not self._is_elsewhere(node)), key=lambda node: node.value)

    def _things_in(self, place: ox.NamedNode) -> list[ox.NamedNode]:
        """Return the things located in `place` that have the rest of the typed text, without kinds, as a name."""
        rest = self.former_names.without_kinds(f"{self.match.before} {self.match.after}")
        located = subjects(self.store, _TERRITORY, place)
        if rest:
            return [node for node in located if node in find(self.store, rest, self.classes)]
        classes = {ox.NamedNode(name) for name in self.classes}
        return [node for node in located if classes & set(objects(self.store, node, RDF_TYPE))]

    def _is_elsewhere(self, node: ox.NamedNode) -> bool:
        """Return whether `node` is in a top-level unit, but in none that encloses the unit, then or now."""
        unit, bare = self.match.former, self.former_names.split_kind
        expected = (*unit.enclosing_units, unit.today_within, unit.former, *unit.today)
        allowed = {folded(bare(full)[0]) for full in expected}
        enclosing = {folded(bare(name)[0]) for place in self._enclosing(node) for name in names_of(self.store, place)}
        top_level = enclosing & self.former_names.top_level_names
        return bool(top_level) and not top_level & allowed

    def _enclosing(self, node: ox.NamedNode) -> set[ox.NamedNode]:
        """Return the bodies and places that contain `node`, directly or not. Cycles in the graph are harmless."""
        enclosing: set[ox.NamedNode] = set()
        pending = [node]
        while pending:
            current = pending.pop()
            parents = {
                parent
                for containment in _CONTAINMENT
                for parent in objects(self.store, current, containment)
                if isinstance(parent, ox.NamedNode)
            } - enclosing
            pending += parents
            enclosing |= parents
        return enclosing


def _name_with_kind(unit: FormerUnit, speaker: Speaker) -> str:
    """Return the name of `unit` with its kind in the speaker's language, or the bare name if the kind has no word."""
    key = UNIT_WORD_PREFIX + unit.kind
    spellings = speaker.word(key)
    return unit.former if spellings == key else spellings.split("|")[0].format(unit.former)


def _name_within(name: str, within: str) -> str:
    return f"{name}, {within}" if within else name


def _first_names(names: Iterable[str], speaker: Speaker) -> str:
    """Return the first `MAX_SHOWN` names separated by commas, and the number of the others."""
    all_names = list(names)
    first = ", ".join(all_names[:MAX_SHOWN])
    return (
        speaker.word("through_more").format(first, len(all_names) - MAX_SHOWN) if len(all_names) > MAX_SHOWN else first
    )
