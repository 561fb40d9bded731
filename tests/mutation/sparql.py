"""Mutants of a SPARQL text: the same query with a filter, a pattern, an option or a branch taken out.

The texts are those of our own questions, checks and rules, so the parser knows the SPARQL that these use: groups,
UNION, OPTIONAL, MINUS, GRAPH, FILTER, BIND, VALUES, sub-SELECT, and triple patterns with ``;`` between their parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What may hold braces, dots and semicolons without meaning them: strings, IRIs, comments (and header lines, which are
# comments). They are blanked before the text is parsed, so that each position in the one is a position in the other.
_QUIET = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s"{}|^`\\]*>|#[^\n]*')
_WORD = re.compile(r"[A-Za-z]+")
_OPENINGS = {"(": ")", "{": "}", "[": "]"}
_SWAPPED = {"MIN": "MAX", "MAX": "MIN"}


@dataclass(frozen=True)
class Mutant:
    """One change of a query: its kind, the line it is in, the text taken out and the whole text that is left."""

    kind: str
    line: int
    gone: str
    text: str

    @property
    def name(self) -> str:
        """What is changed, in one line: kind, and the part of the query."""
        return f"{self.kind}: {' '.join(self.gone.split())}"


def mutants(text: str) -> list[Mutant]:
    """Return the mutants of a SELECT or CONSTRUCT query, in the order of its text.

    The kinds are: ``filter``, ``minus``, ``optional`` (taken out), ``required`` (an OPTIONAL made a condition),
    ``branch`` (of a UNION), ``pattern`` (one predicate with its object), ``condition`` (one side of ``&&`` or ``||``),
    ``value`` (one row of a VALUES block) and ``aggregate`` (MIN for MAX and the reverse).
    """
    quiet = quieted(text)
    found = list(_Reader(text, quiet).mutants())
    return sorted(found, key=lambda mutant: (mutant.line, mutant.kind, mutant.gone))


def quieted(text: str) -> str:
    """Return `text` with strings, IRIs and comments blanked, as long as before."""
    return _QUIET.sub(
        lambda found: "_" * len(found.group()) if found.group()[0] != "#" else " " * len(found.group()), text
    )


class _Reader:
    """Reads a query once and tells its mutants."""

    def __init__(self, text: str, quiet: str) -> None:
        self._text, self._quiet = text, quiet

    def mutants(self) -> Iterator[Mutant]:
        where = re.search(r"\bWHERE\s*\{", self._quiet)
        assert where, "a query has a WHERE"
        opening = where.end() - 1
        yield from self._group(opening)
        for found in re.finditer(r"\b(MIN|MAX)\b", self._quiet):
            swapped = _SWAPPED[found.group()]
            yield self._without("aggregate", found.start(), found.end(), swapped)

    def _without(self, kind: str, start: int, end: int, instead: str = "") -> Mutant:
        gone = self._text[start:end]
        line = self._text.count("\n", 0, start) + 1
        return Mutant(kind, line, gone, self._text[:start] + instead + self._text[end:])

    def _closing(self, at: int) -> int:
        """Return the position after the bracket that closes the one at `at`."""
        wanted = [_OPENINGS[self._quiet[at]]]
        while wanted:
            at += 1
            mark = self._quiet[at]
            if mark in _OPENINGS:
                wanted.append(_OPENINGS[mark])
            elif mark == wanted[-1]:
                wanted.pop()
        return at + 1

    def _skip(self, at: int) -> int:
        while self._quiet[at].isspace():
            at += 1
        return at

    def _word(self, at: int) -> str:
        found = _WORD.match(self._quiet, at)
        return found.group().upper() if found else ""

    def _group(self, opening: int) -> Iterator[Mutant]:
        """Tell the mutants of the group that opens at `opening`."""
        end = self._closing(opening) - 1
        at = self._skip(opening + 1)
        if self._word(at) == "SELECT":
            at = self._quiet.index("{", at)
            yield from self._group(at)
            return
        while at < end:
            at, told = self._element(at, end)
            yield from told
            at = self._skip(at)

    def _element(self, at: int, end: int) -> tuple[int, list[Mutant]]:
        """Return where the element at `at` of a group ends, and its mutants."""
        if self._quiet[at] == ".":
            return at + 1, []
        if self._quiet[at] == "{":
            return self._union(at)
        read = {
            "FILTER": self._filter,
            "OPTIONAL": self._optional,
            "MINUS": self._minus,
            "GRAPH": self._graph,
            "BIND": self._bind,
            "VALUES": self._values,
        }.get(self._word(at))
        return read(at) if read else self._triples(at, end)

    def _union(self, at: int) -> tuple[int, list[Mutant]]:
        branches = []
        while True:
            closing = self._closing(at)
            branches.append((at, closing))
            following = self._skip(closing)
            if self._word(following) != "UNION":
                break
            at = self._skip(following + len("UNION"))
        told = [mutant for opening, _ in branches for mutant in self._group(opening)]
        if len(branches) > 1:
            for index, (opening, closing) in enumerate(branches):
                # With a branch goes the UNION beside it: the one before, or after the first.
                start = branches[index - 1][1] if index else opening
                stop = closing if index else branches[1][0]
                mutant = self._without("branch", start, stop)
                told.append(Mutant("branch", mutant.line, self._text[opening:closing], mutant.text))
        return branches[-1][1], told

    def _filter(self, at: int) -> tuple[int, list[Mutant]]:
        opening = next(i for i in range(at, len(self._quiet)) if self._quiet[i] in "({")
        closing = self._closing(opening)
        told = [self._without("filter", at, closing)]
        told += self._inside(opening, closing)
        return closing, told

    def _inside(self, opening: int, closing: int) -> list[Mutant]:
        """Return the mutants within a filter: of the groups it tests, and of its conditions."""
        if self._quiet[opening] == "{":
            return list(self._group(opening))
        told = self._conditions(opening, closing)
        for found in re.finditer(r"\bEXISTS\s*\{", self._quiet[opening:closing]):
            told += self._group(opening + found.end() - 1)
        return told

    def _conditions(self, opening: int, closing: int) -> list[Mutant]:
        """Return the mutants without one side of an `&&` or `||`, at any depth of the brackets."""
        told, parts, at = [], [opening + 1], opening + 1
        while at < closing - 1:
            mark = self._quiet[at]
            if mark == "(":
                told += self._conditions(at, self._closing(at))
            if mark in _OPENINGS:
                at = self._closing(at)
                continue
            if self._quiet[at : at + 2] in ("&&", "||"):
                parts.append(at)
                at += 1
            at += 1
        parts.append(closing - 1)
        if len(parts) > 2:
            for index in range(len(parts) - 1):
                start, stop = parts[index], parts[index + 1]
                if not index:
                    stop += 2
                told.append(self._without("condition", start, stop))
        return told

    def _optional(self, at: int) -> tuple[int, list[Mutant]]:
        opening = self._quiet.index("{", at)
        closing = self._closing(opening)
        told = [self._without("optional", at, closing)]
        told.append(self._without("required", at, opening))
        told[-1] = Mutant("required", told[-1].line, self._text[at:closing], told[-1].text)
        return closing, [*told, *self._group(opening)]

    def _minus(self, at: int) -> tuple[int, list[Mutant]]:
        opening = self._quiet.index("{", at)
        closing = self._closing(opening)
        return closing, [self._without("minus", at, closing), *self._group(opening)]

    def _graph(self, at: int) -> tuple[int, list[Mutant]]:
        opening = self._quiet.index("{", at)
        return self._closing(opening), list(self._group(opening))

    def _bind(self, at: int) -> tuple[int, list[Mutant]]:
        opening = self._quiet.index("(", at)
        closing = self._closing(opening)
        told = []
        for found in re.finditer(r"\bEXISTS\s*\{", self._quiet[opening:closing]):
            told += self._group(opening + found.end() - 1)
        return closing, told

    def _values(self, at: int) -> tuple[int, list[Mutant]]:
        opening = self._quiet.index("{", at)
        closing = self._closing(opening)
        rows, inside = [], self._skip(opening + 1)
        while inside < closing - 1:
            if self._quiet[inside] == "(":
                stop = self._closing(inside)
            else:
                stop = re.compile(r"[\s}]").search(self._quiet, inside).start()  # type: ignore[union-attr]
            rows.append((inside, stop))
            inside = self._skip(stop)
        return closing, [self._without("value", *row) for row in rows] if len(rows) > 1 else []

    def _triples(self, at: int, end: int) -> tuple[int, list[Mutant]]:
        """Return where the triple patterns of one subject end, and the mutants without one of their parts."""
        stop, cuts, depth = at, [], 0
        while stop < end:
            mark = self._quiet[stop]
            depth += (mark in "([{") - (mark in ")]}")
            if not depth and mark == ";":
                cuts.append(stop)
            if not depth and mark == "." and (self._quiet[stop + 1].isspace() or stop + 1 == end):
                break
            if not depth and stop > at and self._begins_an_element(stop):
                break
            stop += 1
        subject = re.compile(r"\S+\s+").match(self._text, at)
        assert subject, f"a triple pattern at {at}"
        starts = [subject.end(), *(cut + 1 for cut in cuts)]
        stops = [*cuts, stop]
        told = []
        for index, (start, close) in enumerate(zip(starts, stops, strict=True)):
            gone = self._text[at : subject.end()] + self._text[start:close].strip()
            line = self._text.count("\n", 0, self._skip(start)) + 1
            if len(starts) == 1:
                left = self._text[:at] + self._text[stop + (self._quiet[stop] == ".") :]
            elif index:
                left = self._text[: cuts[index - 1]] + self._text[close:]
            else:
                left = self._text[:start] + self._text[starts[1] :]
            told.append(Mutant("pattern", line, gone, left))
        return stop, told

    def _begins_an_element(self, at: int) -> bool:
        if self._quiet[at] == "{":
            return True
        words = ("FILTER", "OPTIONAL", "MINUS", "GRAPH", "BIND", "VALUES")
        return self._quiet[at - 1].isspace() and self._word(at) in words
