"""The register of removed names, data/removals.csv, and the search for one of them in the data.

The register holds salted hashes, not the names. Each text of the data is therefore searched in runs of as many words
as a removed name has, and the hash of each run is compared.
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
    """A removed name: the id, date, reason and hashes of its forms, and the hashes of namesakes that may stay.

    The fields are the columns of the register; `words`, `tags`, `names`, `other_tags` and `others` are lists with
    spaces between their items. A tag is a short hash that rules out most texts before the slow one is computed.
    """

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
        """The items of the columns that are lists, by column."""
        lists = ("words", "tags", "names", "other_tags", "others")
        return {name: frozenset(getattr(self, name).split()) for name in lists}


def hashed_removal(entry: tuple[str, str, str], names: NameMatcher, others: Iterable[str], salt: str) -> Removal:
    """Return the register's row for `names`; `entry` is its id, date and reason.

    `others` are namesakes (kind/name) that may stay.
    """
    hasher, others = NameHash(salt), sorted(others)
    # "=" marks the hash of a form with its accents, "~" that of a form which the sources print without.
    exact = [(plain, f"={marked}") for marked, plain in names.exact.items()]
    forms = [*exact, *((plain, f"~{plain}") for plain in names.bare)]
    return Removal(
        *entry,
        salt,
        words=" ".join(map(str, sorted(names.sizes))),
        tags=hasher.tags(names.plain),
        names=" ".join(sorted(hasher.hash(*form) for form in forms)),
        other_tags=hasher.tags(others),
        others=" ".join(sorted(map(hasher.hash, others))),
    )


class RemovalRegister:
    """The removals of a content tree, searchable by text."""

    def __init__(self, removals: Iterable[Removal]) -> None:
        self.removals = list(removals)
        self._hashers = {removal.salt: NameHash(removal.salt) for removal in self.removals}
        self._sizes = sorted({int(size) for removal in self.removals for size in removal.sets["words"]})
        self._tagged: dict[tuple[str, str], list[Removal]] = {}
        for removal in self.removals:
            for tag in removal.sets["tags"]:
                self._tagged.setdefault((removal.salt, tag), []).append(removal)
        self._candidate_cache: dict[str, list[Removal]] = {}

    @classmethod
    def of(cls, content: Content) -> RemovalRegister:
        """Return the register of `content`, empty without a file. Raises ContentError with all problems of the file."""
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
        """Return the removal with the id `removal`. Raises CannotRun when there is none."""
        known = {entry.removal: entry for entry in self.removals}
        if removal not in known:
            raise CannotRun(f'"{removal}" is not a removal.{suggestion_for(removal, known)} See data/{REMOVALS}.csv.')
        return known[removal]

    def find_in_text(self, text: str) -> list[Removal]:
        """Return the removals whose name is in `text`."""
        if not self.removals:
            return []
        text = decode_escapes(text)
        words = split_words(text)
        plain = [word.plain for word in words]
        matches: dict[str, Removal] = {}
        for size in self._sizes:
            for at in range(len(words) - size + 1):
                run = " ".join(plain[at : at + size])
                candidates = self._candidates(run)
                if candidates and (size > 1 or is_whole_item(text, words[at])):
                    marked = " ".join(word.marked for word in words[at : at + size])
                    matches |= {entry.removal: entry for entry in candidates if self._matches(entry, run, marked)}
        return list(matches.values())

    def _candidates(self, plain: str) -> list[Removal]:
        """Return the removals that have the tag of `plain`, a text without accents."""
        if plain not in self._candidate_cache:
            tags = ((salt, hasher.tag(plain)) for salt, hasher in self._hashers.items())
            self._candidate_cache[plain] = [removal for tag in tags for removal in self._tagged.get(tag, ())]
        return self._candidate_cache[plain]

    def _matches(self, removal: Removal, plain: str, marked: str) -> bool:
        hasher, names = self._hashers[removal.salt], removal.sets["names"]
        return hasher.hash(plain, f"={marked}") in names or hasher.hash(plain, f"~{plain}") in names

    def is_namesake(self, removal: Removal, things: Iterable[str]) -> bool:
        """Return whether one of `things` (kind/name) is recorded as a namesake of `removal`."""
        hasher = self._hashers[removal.salt]
        candidates = [thing for thing in things if hasher.tag(thing) in removal.sets["other_tags"]]
        return any(hasher.hash(thing) in removal.sets["others"] for thing in candidates)


def register_kind(content: Content, stem: str) -> TableKind:
    """Return the description of the register `stem` in ontology/tables. Raises CannotRun when there is none."""
    kind = read_table_kinds(content).get(stem)
    if kind is None:
        what = f"ontology/tables/{stem}.json: is missing; it describes data/{stem}.csv."
        raise CannotRun(f"{what} Copy the one of orgline's own content.")
    return kind


def find_removed_names(content: Content, tables: Tables) -> list[Problem]:
    """Return a problem for each cell, statement and file name of the data that has a removed name."""
    register = RemovalRegister.of(content)
    if not register.removals:
        return []
    kinds = read_table_kinds(content)
    columns = [
        frame[column.name] for stem, frames in tables.items() for frame in frames for column in kinds[stem].cells
    ]
    texts = pl.concat(columns).unique().drop_nulls() if columns else ()
    removals_by_text = {text: removals for text in texts if (removals := register.find_in_text(text))}
    problems = [
        problem
        for stem in tables
        for problem in _problems_in_tables(_NameMatches(register, removals_by_text), tables[stem], kinds[stem], content)
    ]
    problems += [problem for path in content.data for problem in _problems_in_turtle(register, path, content)]
    paths = {content.place(path) for path in (*content.data, *content.tables)}
    return problems + [
        _problem(removal, "data/ (name of a file)") for path in paths for removal in register.find_in_text(path)
    ]


@dataclass(frozen=True)
class _NameMatches:
    """The removals whose names are in cells of the tables, by the text of the cell."""

    register: RemovalRegister
    by_text: Mapping[str, list[Removal]]


def _problems_in_tables(
    matches: _NameMatches, frames: list[pl.DataFrame], kind: TableKind, content: Content
) -> Iterator[Problem]:
    """Yield a problem for each cell that has a removed name, unless its row is of another person of that name."""
    names = [column.name for column in kind.cells]
    for frame in frames if matches.by_text else ():
        rows = frame.filter(pl.any_horizontal(pl.col(names).is_in(sorted(matches.by_text))))
        for cells in rows.iter_rows(named=True):
            row = TableRow(kind, cells["_source"], {name: cells[name] for name in names if cells[name]}, content)
            things = {*row.described_iris, *(thing for _, _, thing in row.names())}
            for name, text in row.cells.items():
                for removal in matches.by_text.get(text, ()):
                    if not matches.register.is_namesake(removal, things):
                        yield _problem(removal, f"{cells['_place']} row {cells['_row']}, column {name}")


def _problems_in_turtle(register: RemovalRegister, path: Path, content: Content) -> Iterator[Problem]:
    """Yield a problem for each line of a Turtle file with a removed name, unless the file names a known namesake."""
    text, place = to_nfc(path.read_bytes().decode("utf-8-sig")), content.place(path)
    removals = register.find_in_text(text)
    things = _iris_in_turtle(text) if removals else set()
    for removal in removals:
        if not register.is_namesake(removal, things):
            lines = enumerate(text.splitlines(), 1)
            numbers = [number for number, line in lines if removal in register.find_in_text(line)]
            # A name broken over two lines is in no single line: the problem is reported at the first.
            yield from (_problem(removal, f"{place} line {number}") for number in numbers or [1])


def _iris_in_turtle(text: str) -> set[str]:
    quads = ox.parse(text.encode(), ox.RdfFormat.TURTLE, base_iri=DEFAULT_BASE)
    nodes = (node for quad in quads for node in (quad.subject, quad.object))
    return {node.value.removeprefix(DEFAULT_BASE) for node in nodes if isinstance(node, ox.NamedNode)}


def _problem(removal: Removal, place: str) -> Problem:
    what = f"has a name that was removed on {removal.on} (removal {removal.removal})"
    todo = (
        f"Delete it; or, if another person of that name is meant, record that with orgline remove THE-OTHER --another "
        f"{removal.removal}; or undo the removal with orgline remove --undo {removal.removal}"
    )
    return Problem(place, what, todo)
