"""Gazetteer: what was called otherwise before, and what is there today.

The tables of data/gazetteer/ say so, one former unit a row. They are read when somebody asks by a name that the
graph does not have, and never become triples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from orgline.content import Content
from orgline.graph.lookup import accented_and_plain, words_match
from orgline.text import ContentError, Problem, folded

UNIT_WORD_PREFIX = "unit_"
_KIND = "former-names"


@dataclass(frozen=True)
class FormerUnit:
    """A unit as it was: its name, the code of its kind, where it lay; what it is today, through which change."""

    former: str
    kind: str
    within: str
    today: tuple[str, ...]
    today_within: str
    change: str
    date: str
    by: str
    source: str

    @property
    def above(self) -> list[str]:
        """The units it lay in, the smallest first."""
        return self.within.split(", ") if self.within else []


@dataclass(frozen=True)
class NamePattern:
    """A way to write the name of a unit of some kind: `text` with a gap, as words before the name and after it."""

    kind: str
    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def span(self, words: list[str], start: int, end: int) -> tuple[int, int] | None:
        """Return where the name at `start` to `end` stands in `words` with its kind, None if it has not that kind."""
        low, high = start - len(self.before), end + len(self.after)
        fits = low >= 0 and tuple(words[low:start]) == self.before and tuple(words[end:high]) == self.after
        return (low, high) if fits else None


@dataclass(frozen=True)
class FormerNameMatch:
    """A former unit named in what was typed, between the words `before` and `after`; `rank`: how surely it is meant.

    The rank is: how many of the units it lay in are named too, how much of its kind, how many words its name has,
    how large it was.
    """

    former: FormerUnit
    before: str
    after: str
    rank: tuple[int, int, int, int]

    def instead(self, name: str) -> str:
        """Return what was typed with `name` in place of the former unit."""
        return " ".join(filter(None, (self.before, name, self.after)))


class FormerNames:
    """The former units of a content tree, found by name."""

    def __init__(self, content: Content) -> None:
        """Read the tables of former names of `content`; raises ContentError with all that is wrong in them."""
        stamps = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in content.former_names)
        self.classes, self.formers, self._by_name = _cached_tables(content, stamps) if stamps else ((), [], {})
        self._forms = _name_patterns(content.words)

    def matches_in(self, typed: str) -> list[FormerNameMatch]:
        """Return the former unit that `typed` most likely names, or all that it may mean if nothing tells them apart.

        Empty if it names none, or one whose name and kind a unit of today bears.
        """
        hits = list(self._hits(accented_and_plain(typed)))
        best = max((hit.rank for hit in hits), default=None)
        return [hit for hit in hits if hit.rank == best and not self._names_current_unit(hit, f" {folded(typed)} ")]

    def merged_with(self, one: FormerUnit) -> list[FormerUnit]:
        """Return the other units that are, whole or in part, what `one` is today."""
        there = {(name, one.today_within) for name in one.today}
        return [
            two
            for two in self.formers
            if two != one
            and len(two.above) == len(one.above)
            and not there.isdisjoint((name, two.today_within) for name in two.today)
        ]

    def full(self, name: str, kind: str) -> list[str]:
        """Return `name` with its kind, in each language and spelling."""
        return [form.text.format(name) for form in self._forms if form.kind == kind]

    def split_kind(self, full: str) -> tuple[str, str]:
        """Return the name of a unit without its kind, and that kind: empty if it is not known."""
        words = [plain for _, plain in accented_and_plain(full)]
        forms = [one for one in self._forms if one.before and tuple(words[: len(one.before)]) == one.before]
        form = max(forms, key=lambda one: len(one.before), default=None)
        return (" ".join(full.split()[len(form.before) :]), form.kind) if form else (full, "")

    def can_mean(self, name: str, kind: str) -> bool:
        """Tell whether `name` alone may mean a unit of `kind`: it means the largest that bore it."""
        bearers = self._by_name.get(folded(name), [])
        largest = min((len(one.above) for one in bearers), default=0)
        return not bearers or any(one.kind == kind and len(one.above) == largest for one in bearers)

    def has_other_kind(self, said: str, name: str, kind: str) -> bool:
        """Tell whether `said` has `name` with a kind that is not `kind`: a city is not the land round it."""
        words, wanted = folded(said).split(), folded(name).split()
        return any(
            self._kind_of(words, start, start + len(wanted)) not in (None, kind)
            for start in range(len(words) - len(wanted) + 1)
            if words[start : start + len(wanted)] == wanted
        )

    def _kind_of(self, words: list[str], start: int, end: int) -> str | None:
        """Return the kind that is said with a name, by the longest words that say one; None if none is said."""
        forms = [form for form in self._forms if form.span(words, start, end)]
        form = max(forms, key=lambda one: len(one.before) + len(one.after), default=None)
        return form.kind if form else None

    def without_kinds(self, said: str) -> str:
        """Return the words of `said` that are not part of the name of a kind."""
        kinds = {word for form in self._forms for word in (*form.before, *form.after)}
        return " ".join(word for word, plain in accented_and_plain(said) if plain not in kinds)

    @cached_property
    def largest(self) -> frozenset[str]:
        """The names, folded and without kind, of the units that lie in no other, then or now."""
        now = {self.split_kind(name)[0] for one in self.formers if not one.within for name in one.today}
        return frozenset(map(folded, now | {one.former for one in self.formers if not one.within}))

    @cached_property
    def _current_names(self) -> frozenset[str]:
        return frozenset(folded(name) for one in self.formers for name in one.today)

    def _names_current_unit(self, hit: FormerNameMatch, typed: str) -> bool:
        """Tell whether what was typed is as well, or better, the name of a unit of today."""
        lies_in, kind = hit.rank[:2]
        if lies_in:
            return False
        own = {folded(one) for one in self.full(hit.former.former, hit.former.kind)}
        if not own.isdisjoint(map(folded, hit.former.today)):
            return True
        return kind == 0 and any(
            f" {form} " in typed for form in self._names_with_other_kinds(hit.former) & self._current_names
        )

    def _names_with_other_kinds(self, one: FormerUnit) -> set[str]:
        kinds = {form.kind for form in self._forms} - {one.kind}
        return {folded(full) for kind in kinds for full in self.full(one.former, kind)}

    def _hits(self, words: list[tuple[str, str]]) -> Iterator[FormerNameMatch]:
        plain = [word[1] for word in words]
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                for former in self._by_name.get(" ".join(plain[start:end]), ()):
                    if all(map(words_match, words[start:end], accented_and_plain(former.former))):
                        hit = self._hit(former, words, start, end)
                        if hit.rank[1] > 1 or _is_clear_without_kind(former.former, words):
                            yield hit

    def _hit(self, former: FormerUnit, words: list[tuple[str, str]], start: int, end: int) -> FormerNameMatch:
        plain = [word[1] for word in words]
        low, high, kind = self._kind_at(former.kind, plain, start, end)
        gone, lies_in = set(range(low, high)), 0
        for full in dict.fromkeys((*former.above, former.today_within)):
            if place := self._where(full, plain, gone):
                gone |= place
                lies_in += 1
        before = " ".join(word[0] for at, word in enumerate(words[:low]) if at not in gone)
        after = " ".join(word[0] for at, word in enumerate(words) if at >= high and at not in gone)
        return FormerNameMatch(former, before, after, (lies_in, kind, end - start, -len(former.above)))

    def _kind_at(self, kind: str, words: list[str], start: int, end: int) -> tuple[int, int, int]:
        """Return where a name stands with its kind, and how much of the kind is said: all, a first word or nothing."""
        forms = [form for form in self._forms if form.kind == kind]
        spans = [span for form in forms if (span := form.span(words, start, end))]
        if spans:
            low, high = max(spans, key=lambda span: span[1] - span[0])
            return low, high, 1 + (high - low) - (end - start)
        hinted = any(form.before and form.before[0] in words[:start] for form in forms)
        return start, end, int(hinted)

    def _where(self, full: str, words: list[str], gone: set[int]) -> set[int] | None:
        """Return where in `words`, outside `gone`, the unit called `full` is named, with its kind if that is said."""
        name, kind = self.split_kind(full) if full else ("", "")
        wanted = folded(name).split()
        for start in range(len(words) - len(wanted) + 1):
            end = start + len(wanted)
            if wanted and words[start:end] == wanted and gone.isdisjoint(range(start, end)):
                low, high, _ = self._kind_at(kind, words, start, end)
                return set(range(low, high)) - gone
        return None


def _is_clear_without_kind(name: str, words: list[tuple[str, str]]) -> bool:
    """Tell whether a name is one even without its kind: of more than a word, or all that was typed; no number is."""
    parts = folded(name).split()
    return not parts[-1].isdigit() and (len(parts) > 1 or len(words) == 1)


def _name_patterns(words: Mapping[str, Mapping[str, str]]) -> list[NamePattern]:
    """Return the ways to write names of units: words ``unit_KIND``, spellings parted by bars, a gap for the name."""
    found = [
        (key.removeprefix(UNIT_WORD_PREFIX), text)
        for said in words.values()
        for key, texts in said.items()
        if key.startswith(UNIT_WORD_PREFIX)
        for text in texts.split("|")
    ]
    return [
        NamePattern(kind, text, tuple(folded(before).split()), tuple(folded(after).split()))
        for kind, text in dict.fromkeys(found)
        for before, _, after in [text.partition("{0}")]
    ]


@lru_cache(maxsize=4)
def _cached_tables(
    content: Content, stamps: tuple[tuple[Path, int, int], ...]
) -> tuple[tuple[str, ...], list[FormerUnit], dict[str, list[FormerUnit]]]:
    """Return what the tables of former names hold, read again when `stamps` tell that one is another."""
    del stamps
    classes, formers = _read_tables(content)
    by_name: dict[str, list[FormerUnit]] = {}
    for one in formers:
        by_name.setdefault(folded(one.former), []).append(one)
    return classes, formers, by_name


def _read_tables(content: Content) -> tuple[tuple[str, ...], list[FormerUnit]]:
    """Return the classes whose things may bear the names, and the former units."""
    from orgline.content import check_frame, read_frame, read_table_kinds, with_default

    kind = read_table_kinds(content).get(_KIND)
    problems: list[Problem] = []
    formers: list[FormerUnit] = []
    for path in content.former_names:
        place = content.place(path)
        if kind is None:
            raise ContentError([Problem(place, "is described nowhere", f"Describe it in ontology/tables/{_KIND}.json")])
        frame, wrong = read_frame(path, place, kind)
        if frame is not None:
            wrong += check_frame(frame, place, kind)
            frame = frame.with_columns(
                *(with_default(column).fill_null("").alias(column.name) for column in kind.cells)
            )
            formers += [_former_unit(row) for row in frame.iter_rows(named=True)]
        problems += wrong
    if problems or kind is None:
        raise ContentError(problems)
    return tuple(content.expand(name) for name in kind.names), formers


def _former_unit(row: Mapping[str, str]) -> FormerUnit:
    today = tuple(name.strip() for name in row["today"].split("|"))
    return FormerUnit(**{name: row[name] for name in FormerUnit.__annotations__ if name != "today"}, today=today)
