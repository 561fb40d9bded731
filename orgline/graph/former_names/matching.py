"""Matches the former units of the content by name in what somebody typed.

A match is ranked by how certainly the typed text means the unit: by the enclosing units, the kind and the length of
the name that it contains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from orgline.content import Content
from orgline.graph.former_names.former_units import FormerUnit, cached_units
from orgline.graph.lookup import accented_and_plain, words_match
from orgline.text import folded

UNIT_WORD_PREFIX = "unit_"


@dataclass(frozen=True)
class NamePattern:
    """A way to write the name of a unit of `kind`: `text`, where ``{0}`` is the name.

    `before` and `after` are the folded words around the name.
    """

    kind: str
    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def span(self, words: list[str], start: int, end: int) -> tuple[int, int] | None:
        """Return the range in `words` of the name at `start` to `end` with its kind; None if this does not fit."""
        low, high = start - len(self.before), end + len(self.after)
        fits = low >= 0 and tuple(words[low:start]) == self.before and tuple(words[end:high]) == self.after
        return (low, high) if fits else None


@dataclass(frozen=True)
class FormerNameMatch:
    """A former unit named in the typed text, between the words `before` and `after`.

    `rank` orders matches, the most likely highest: the number of enclosing units that are named too; a score of the
    words of its kind (0 none, 1 only the first word somewhere before the name, 1 + their number when the whole kind is
    written with the name); the number of words of the name; minus the depth, so that larger units come first.
    """

    former: FormerUnit
    before: str
    after: str
    rank: tuple[int, int, int, int]

    def with_name(self, name: str) -> str:
        """Return the typed text with `name` in place of the former unit."""
        return " ".join(filter(None, (self.before, name, self.after)))


class FormerNames:
    """The former units of a content tree, found by name."""

    def __init__(self, content: Content) -> None:
        """Read the tables of former names of `content`.

        Raises ContentError with every problem of these tables.
        """
        stamps = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in content.former_names)
        self.classes, self.units, self._by_name = cached_units(content, stamps) if stamps else ((), [], {})
        self._patterns = _name_patterns(content.words)

    def matches_in(self, typed: str) -> list[FormerNameMatch]:
        """Return the match of the highest rank in `typed`, or all matches that share this rank.

        Empty if no former unit is named, or if `typed` equally names a unit of today.
        """
        matches = list(self._all_matches(accented_and_plain(typed)))
        best = max((match.rank for match in matches), default=None)
        padded = f" {folded(typed)} "
        return [match for match in matches if match.rank == best and not self._names_current_unit(match, padded)]

    def merged_with(self, former: FormerUnit) -> list[FormerUnit]:
        """Return the other units of the same level that became, in whole or in part, a unit that `former` became."""
        successors = {(name, former.today_within) for name in former.today}
        return [
            unit
            for unit in self.units
            if unit != former
            and len(unit.enclosing_units) == len(former.enclosing_units)
            and not successors.isdisjoint((name, unit.today_within) for name in unit.today)
        ]

    def full_names(self, name: str, kind: str) -> list[str]:
        """Return `name` with its kind, in each language and spelling."""
        return [pattern.text.format(name) for pattern in self._patterns if pattern.kind == kind]

    def split_kind(self, full: str) -> tuple[str, str]:
        """Split the full name of a unit into its bare name and the code of its kind, which is empty if unknown."""
        words = [plain for _, plain in accented_and_plain(full)]
        fitting = [
            pattern
            for pattern in self._patterns
            if pattern.before and tuple(words[: len(pattern.before)]) == pattern.before
        ]
        longest = max(fitting, key=lambda pattern: len(pattern.before), default=None)
        return (" ".join(full.split()[len(longest.before) :]), longest.kind) if longest else (full, "")

    def bare_name_may_mean(self, name: str, kind: str) -> bool:
        """Return whether `name` without a kind may mean a unit of `kind`.

        A bare name means the unit of the highest level that had it; a name that no former unit had may mean any.
        """
        bearers = self._by_name.get(folded(name), [])
        depth = min((len(unit.enclosing_units) for unit in bearers), default=0)
        return not bearers or any(unit.kind == kind and len(unit.enclosing_units) == depth for unit in bearers)

    def has_other_kind(self, text: str, name: str, kind: str) -> bool:
        """Return whether `text` contains `name` with a kind other than `kind`: a unit is not its larger namesake."""
        words, wanted = folded(text).split(), folded(name).split()
        return any(
            self._kind_of(words, start, start + len(wanted)) not in (None, kind)
            for start in range(len(words) - len(wanted) + 1)
            if words[start : start + len(wanted)] == wanted
        )

    def _kind_of(self, words: list[str], start: int, end: int) -> str | None:
        """Return the kind written with the name at `start` to `end`, by the longest pattern that fits; None if none."""
        fitting = [pattern for pattern in self._patterns if pattern.span(words, start, end)]
        longest = max(fitting, key=lambda pattern: len(pattern.before) + len(pattern.after), default=None)
        return longest.kind if longest else None

    def without_kinds(self, text: str) -> str:
        """Return the words of `text` that belong to no name of a kind."""
        kind_words = {word for pattern in self._patterns for word in (*pattern.before, *pattern.after)}
        return " ".join(word for word, plain in accented_and_plain(text) if plain not in kind_words)

    @cached_property
    def top_level_names(self) -> frozenset[str]:
        """The bare, folded names of the units that no unit encloses, former and current."""
        top_level = [unit for unit in self.units if not unit.within]
        current = {self.split_kind(name)[0] for unit in top_level for name in unit.today}
        return frozenset(map(folded, current | {unit.former for unit in top_level}))

    @cached_property
    def _current_names(self) -> frozenset[str]:
        return frozenset(folded(name) for unit in self.units for name in unit.today)

    def _names_current_unit(self, match: FormerNameMatch, typed: str) -> bool:
        """Return whether `typed` (folded, between spaces) names a unit of today as well as the former unit, or better.

        The names of enclosing former units make the former unit certain.
        """
        enclosing_named, kind_score = match.rank[:2]
        if enclosing_named:
            return False
        own_names = {folded(full) for full in self.full_names(match.former.former, match.former.kind)}
        if not own_names.isdisjoint(map(folded, match.former.today)):
            return True
        return kind_score == 0 and any(
            f" {full} " in typed for full in self._names_with_other_kinds(match.former) & self._current_names
        )

    def _names_with_other_kinds(self, unit: FormerUnit) -> set[str]:
        kinds = {pattern.kind for pattern in self._patterns} - {unit.kind}
        return {folded(full) for kind in kinds for full in self.full_names(unit.former, kind)}

    def _all_matches(self, words: list[tuple[str, str]]) -> Iterator[FormerNameMatch]:
        """Yield each former unit whose name is a run of `words`, where accents that are typed agree with the name."""
        plain = [word[1] for word in words]
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                for former in self._by_name.get(" ".join(plain[start:end]), ()):
                    if all(map(words_match, words[start:end], accented_and_plain(former.former))):
                        match = self._match(former, words, start, end)
                        if match.rank[1] > 1 or _is_clear_without_kind(former.former, words):
                            yield match

    def _match(self, former: FormerUnit, words: list[tuple[str, str]], start: int, end: int) -> FormerNameMatch:
        """Return the match of `former`, named at `start` to `end`; words that name an enclosing unit are used up."""
        plain = [word[1] for word in words]
        low, high, kind_score = self._span_with_kind(former.kind, plain, start, end)
        used, enclosing_named = set(range(low, high)), 0
        for full in dict.fromkeys((*former.enclosing_units, former.today_within)):
            if positions := self._positions_of(full, plain, used):
                used |= positions
                enclosing_named += 1
        before = " ".join(word[0] for at, word in enumerate(words[:low]) if at not in used)
        after = " ".join(word[0] for at, word in enumerate(words) if at >= high and at not in used)
        rank = (enclosing_named, kind_score, end - start, -len(former.enclosing_units))
        return FormerNameMatch(former, before, after, rank)

    def _span_with_kind(self, kind: str, words: list[str], start: int, end: int) -> tuple[int, int, int]:
        """Return the range of the name at `start` to `end` with its kind, and the kind's score in a match's rank."""
        patterns = [pattern for pattern in self._patterns if pattern.kind == kind]
        spans = [span for pattern in patterns if (span := pattern.span(words, start, end))]
        if spans:
            low, high = max(spans, key=lambda span: span[1] - span[0])
            return low, high, 1 + (high - low) - (end - start)
        is_hinted = any(pattern.before and pattern.before[0] in words[:start] for pattern in patterns)
        return start, end, int(is_hinted)

    def _positions_of(self, full: str, words: list[str], used: set[int]) -> set[int] | None:
        """Return the positions in `words`, except those `used`, that name the unit `full`; None if it is not named."""
        name, kind = self.split_kind(full) if full else ("", "")
        wanted = folded(name).split()
        for start in range(len(words) - len(wanted) + 1):
            end = start + len(wanted)
            if wanted and words[start:end] == wanted and used.isdisjoint(range(start, end)):
                low, high, _ = self._span_with_kind(kind, words, start, end)
                return set(range(low, high)) - used
        return None


def _is_clear_without_kind(name: str, words: list[tuple[str, str]]) -> bool:
    """Return whether `name` is recognizable without its kind: it has two words or more, or is all that was typed.

    A name that ends in a number, as of a numbered unit, never is.
    """
    parts = folded(name).split()
    return not parts[-1].isdigit() and (len(parts) > 1 or len(words) == 1)


def _name_patterns(words: Mapping[str, Mapping[str, str]]) -> list[NamePattern]:
    """Return the patterns in the catalogues: entries ``unit_KIND``, spellings separated by bars, ``{0}`` for the name.

    `words` are the catalogues' texts by language and key.
    """
    spellings = [
        (key.removeprefix(UNIT_WORD_PREFIX), text)
        for catalogue in words.values()
        for key, texts in catalogue.items()
        if key.startswith(UNIT_WORD_PREFIX)
        for text in texts.split("|")
    ]
    return [
        NamePattern(kind, text, tuple(folded(before).split()), tuple(folded(after).split()))
        for kind, text in dict.fromkeys(spellings)
        for before, _, after in [text.partition("{0}")]
    ]
