"""Removals: the register of names that were taken out, and whether one of them has come back.

The register, data/removals.csv, does not hold the names: they are sealed. Each text of the data is looked at, as many
words at a time as a name has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
import pyoxigraph as ox

from orgline.content import (
    DEFAULT_BASE,
    REMOVALS,
    Content,
    TableKind,
    TableRow,
    check_frame,
    read_frame,
    read_table_kinds,
)
from orgline.text import (
    CannotRun,
    ContentError,
    NameHash,
    NameMatcher,
    Problem,
    decode_escapes,
    is_whole_item,
    split_words,
    suggestion_for,
    to_nfc,
)

Tables = Mapping[str, list[pl.DataFrame]]


@dataclass(frozen=True)
class Removal:
    """A name that was taken out: sealed, with when and why; and, sealed too, what else bears it and may stay."""

    removal: str
    on: str
    because: str
    salt: str
    words: str
    tags: str
    names: str
    other_tags: str = ""
    others: str = ""

    @cached_property
    def sets(self) -> Mapping[str, frozenset[str]]:
        """The cells that are lists, as sets."""
        lists = ("words", "tags", "names", "other_tags", "others")
        return {name: frozenset(getattr(self, name).split()) for name in lists}


def hashed_removal(said: tuple[str, str, str], names: NameMatcher, others: Iterable[str], salt: str) -> Removal:
    """Return the entry of a name, with what is `said` of it: what it is called, when and why.

    `others` are things that bear the name too and are not meant.
    """
    seal, others = NameHash(salt), sorted(others)
    forms = [*((plain, f"={one}") for one, plain in names.exact.items()), *((one, f"~{one}") for one in names.bare)]
    return Removal(
        *said,
        salt,
        words=" ".join(map(str, sorted(names.sizes))),
        tags=seal.tags(names.plain),
        names=" ".join(sorted(seal.hash(*one) for one in forms)),
        other_tags=seal.tags(others),
        others=" ".join(sorted(map(seal.hash, others))),
    )


class RemovalRegister:
    """The removals of a content tree."""

    def __init__(self, removals: Iterable[Removal]) -> None:
        self.removals = list(removals)
        self._seals = {one.salt: NameHash(one.salt) for one in self.removals}
        self._sizes = sorted({int(size) for one in self.removals for size in one.sets["words"]})
        self._tagged: dict[tuple[str, str], list[Removal]] = {}
        for one in self.removals:
            for tag in one.sets["tags"]:
                self._tagged.setdefault((one.salt, tag), []).append(one)
        self._candidate_cache: dict[str, list[Removal]] = {}

    @classmethod
    def of(cls, content: Content) -> RemovalRegister:
        """Return the removals of `content`. Raises ContentError with all that is wrong in the register."""
        path = content.register(REMOVALS)
        if not path.is_file():
            return cls(())
        place, kind = content.place(path), register_kind(content, REMOVALS)
        frame, problems = read_frame(path, place, kind)
        if frame is not None:
            problems += check_frame(frame, place, kind)
        if problems or frame is None:
            raise ContentError(problems)
        return cls(Removal(**row) for row in frame.drop("_row").fill_null("").iter_rows(named=True))

    def get(self, removal: str) -> Removal:
        """Return the entry called `removal`. Raises CannotRun when there is none."""
        known = {one.removal: one for one in self.removals}
        if removal not in known:
            raise CannotRun(f'"{removal}" is no removal.{suggestion_for(removal, known)} See data/{REMOVALS}.csv.')
        return known[removal]

    def find_in_text(self, text: str) -> list[Removal]:
        """Return the removals of which a name stands in `text`."""
        if not self.removals:
            return []
        text = decode_escapes(text)
        words = split_words(text)
        plain = [word.plain for word in words]
        found: dict[str, Removal] = {}
        for size in self._sizes:
            for at in range(len(words) - size + 1):
                said = " ".join(plain[at : at + size])
                maybe = self._candidates(said)
                if maybe and (size > 1 or is_whole_item(text, words[at])):
                    marked = " ".join(word.marked for word in words[at : at + size])
                    found |= {one.removal: one for one in maybe if self._matches(one, said, marked)}
        return list(found.values())

    def _candidates(self, plain: str) -> list[Removal]:
        """Return the removals of which `plain` has the tag."""
        if plain not in self._candidate_cache:
            tags = ((salt, seal.tag(plain)) for salt, seal in self._seals.items())
            self._candidate_cache[plain] = [one for tag in tags for one in self._tagged.get(tag, ())]
        return self._candidate_cache[plain]

    def _matches(self, one: Removal, plain: str, marked: str) -> bool:
        seal, names = self._seals[one.salt], one.sets["names"]
        return seal.hash(plain, f"={marked}") in names or seal.hash(plain, f"~{plain}") in names

    def is_namesake(self, one: Removal, things: Iterable[str]) -> bool:
        """Tell whether one of `things` bears the name of a removal without being meant by it."""
        seal = self._seals[one.salt]
        maybe = [thing for thing in things if seal.tag(thing) in one.sets["other_tags"]]
        return any(seal.hash(thing) in one.sets["others"] for thing in maybe)


def register_kind(content: Content, stem: str) -> TableKind:
    """Return the description of a register. Raises CannotRun when the content has none."""
    kind = read_table_kinds(content).get(stem)
    if kind is None:
        what = f"ontology/tables/{stem}.json: is missing; it describes data/{stem}.csv."
        raise CannotRun(f"{what} Take the one of orgline's own content.")
    return kind


def find_removed_names(content: Content, tables: Tables) -> list[Problem]:
    """Return a problem for each cell or statement of the data that holds a name which was taken out."""
    register = RemovalRegister.of(content)
    if not register.removals:
        return []
    kinds = read_table_kinds(content)
    columns = [frame[one.name] for stem, frames in tables.items() for frame in frames for one in kinds[stem].cells]
    texts = pl.concat(columns).unique().drop_nulls() if columns else ()
    held = {text: found for text in texts if (found := register.find_in_text(text))}
    problems = [
        one
        for stem in tables
        for one in _problems_in_tables(_NameMatches(register, held), tables[stem], kinds[stem], content)
    ]
    problems += [one for path in content.data for one in _problems_in_turtle(register, path, content)]
    paths = {content.place(path) for path in (*content.data, *content.tables)}
    return problems + [
        _problem(one, "data/ (what a file is called)") for path in paths for one in register.find_in_text(path)
    ]


@dataclass(frozen=True)
class _NameMatches:
    """The texts of tables that hold names of the register, and whose."""

    register: RemovalRegister
    texts: Mapping[str, list[Removal]]


def _problems_in_tables(
    held: _NameMatches, frames: list[pl.DataFrame], kind: TableKind, content: Content
) -> Iterator[Problem]:
    names = [column.name for column in kind.cells]
    for frame in frames if held.texts else ():
        rows = frame.filter(pl.any_horizontal(pl.col(names).is_in(sorted(held.texts))))
        for cells in rows.iter_rows(named=True):
            row = TableRow(kind, cells["_source"], {name: cells[name] for name in names if cells[name]}, content)
            things = {*row.described_iris, *(thing for _, _, thing in row.names())}
            for name, text in row.cells.items():
                for one in held.texts.get(text, ()):
                    if not held.register.is_namesake(one, things):
                        yield _problem(one, f"{cells['_place']} row {cells['_row']}, column {name}")


def _problems_in_turtle(register: RemovalRegister, path: Path, content: Content) -> Iterator[Problem]:
    """Yield a problem for each line of a Turtle file that holds a name, unless the file names who else bears it."""
    text, place = to_nfc(path.read_bytes().decode("utf-8-sig")), content.place(path)
    found = register.find_in_text(text)
    things = _iris_in_turtle(text) if found else set()
    for one in found:
        if not register.is_namesake(one, things):
            lines = [number for number, line in enumerate(text.splitlines(), 1) if one in register.find_in_text(line)]
            yield from (_problem(one, f"{place} line {number}") for number in lines or [1])


def _iris_in_turtle(text: str) -> set[str]:
    quads = ox.parse(text.encode(), ox.RdfFormat.TURTLE, base_iri=DEFAULT_BASE)
    nodes = (node for quad in quads for node in (quad.subject, quad.object))
    return {node.value.removeprefix(DEFAULT_BASE) for node in nodes if isinstance(node, ox.NamedNode)}


def _problem(one: Removal, place: str) -> Problem:
    what = f"holds a name that was taken out on {one.on}, removal {one.removal}"
    todo = (
        f"Leave it out; or, if another of that name is meant, say so with orgline remove THE-OTHER --another "
        f"{one.removal}; or take the removal back with orgline remove --undo {one.removal}"
    )
    return Problem(place, what, todo)
