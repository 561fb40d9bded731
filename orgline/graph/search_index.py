"""Index: all names of all things, to be searched as one types: without accents, in part, by abbreviations.

SQLite's full-text search does the searching; what is put in and asked of it is folded first (`words.folded`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox

from orgline.graph.lookup import names_of
from orgline.graph.store import ol_term
from orgline.text import folded

_ABOUT, _FIELD, _PRINTED = ol_term("about"), ol_term("field"), ol_term("printed")
_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
_NAME_FIELDS = frozenset({_LABEL, ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")})
MAX_CANDIDATES = 400
_SCHEMA = """
CREATE TABLE thing (number INTEGER PRIMARY KEY, iri TEXT NOT NULL, names TEXT NOT NULL);
CREATE VIRTUAL TABLE name USING fts5(words, content='', prefix='1 2 3 4 5 6 7 8', detail='none', tokenize='ascii');
"""


def make_name_index(store: ox.Store, base: str, path: Path | None = None) -> sqlite3.Connection:
    """Return an index of the names of all things of `store` under `base`, in the file `path` or in memory."""
    database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; {_SCHEMA}")
    printed = _printed_names(store)
    for number, node in enumerate(_named_things(store, base), 1):
        texts = dict.fromkeys([*names_of(store, node), *printed.get(node, ())])
        names = dict.fromkeys(filter(None, map(folded, texts)))
        database.execute("INSERT INTO thing VALUES (?, ?, ?)", (number, node.value, "|".join(names)))
        database.execute("INSERT INTO name(rowid, words) VALUES (?, ?)", (number, " ".join(names)))
    database.execute("COMMIT")
    return database


def _named_things(store: ox.Store, base: str) -> list[ox.NamedNode]:
    """Return what has a name under `base`; what is named by most comes first."""
    named = {quad.subject for quad in store.quads_for_pattern(None, _LABEL, None, ox.DefaultGraph())}
    things = [one for one in named if isinstance(one, ox.NamedNode) and one.value.startswith(base)]
    weights = {one: sum(1 for _ in store.quads_for_pattern(None, None, one, ox.DefaultGraph())) for one in things}
    return sorted(weights, key=lambda one: (-weights[one], one.value))


def _printed_names(store: ox.Store) -> dict[ox.NamedNode, list[str]]:
    """Return how sources print the names of things."""
    found: dict[ox.NamedNode, list[str]] = {}
    for naming in _NAME_FIELDS:
        for claim in store.quads_for_pattern(None, _FIELD, naming, ox.DefaultGraph()):
            texts = [quad.object for quad in store.quads_for_pattern(claim.subject, _PRINTED, None, ox.DefaultGraph())]
            for about in store.quads_for_pattern(claim.subject, _ABOUT, None, ox.DefaultGraph()):
                if isinstance(about.object, ox.NamedNode):
                    found.setdefault(about.object, []).extend(one.value for one in texts if isinstance(one, ox.Literal))
    return found


class NameIndex:
    """Searches names; `abbreviations` are what short forms stand for."""

    def __init__(self, database: sqlite3.Connection, abbreviations: Mapping[str, Iterable[str]]) -> None:
        """The database is one of `make_name_index`."""
        self._database = database
        self._longer = {
            folded(short): [folded(one) for one in longer] for short, longer in abbreviations.items() if folded(short)
        }

    @classmethod
    def opened(cls, path: Path, abbreviations: Mapping[str, Iterable[str]]) -> NameIndex:
        """Return the index in the file at `path`, which nobody changes any more."""
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return cls(sqlite3.connect(address, uri=True, check_same_thread=False), abbreviations)

    def search(self, typed: str, limit: int) -> list[str]:
        """Return the IRIs of at most `limit` things whose names have all the words `typed`, each whole or cut short.

        Where something is called just so, and no word is an abbreviation, only the last may be cut short: of words
        that a million names have, all that begin so would have to be gone through.
        """
        words = folded(typed[:200]).split()[:12]
        if not words:
            return []
        every = " AND ".join(self._alternatives(words))
        whole = " AND ".join([f'"{word}"' for word in words[:-1]] + [f'"{words[-1]}"*'])
        hits = [] if " OR " in every else self._hits(whole, words)
        if not any(distance[0] == 0 for distance, _ in hits):
            hits = self._hits(every, words)
        return [iri for _, iri in sorted(hits, key=lambda hit: hit[0])[:limit]]

    def _hits(self, asked: str, words: list[str]) -> list[tuple[tuple[int, int], str]]:
        """Return the first that fit what is `asked`, each with how far its nearest name is from `words`."""
        found = self._database.execute(
            "SELECT iri, names FROM thing WHERE number IN (SELECT rowid FROM name WHERE name MATCH ? LIMIT ?)"
            " ORDER BY number",
            (asked, MAX_CANDIDATES),
        )
        return [(_distance(names.split("|"), words), iri) for iri, names in found]

    def _alternatives(self, words: list[str]) -> Iterator[str]:
        """Yield what must be found for each of `words`: it, its beginning, or all that it may stand for."""
        skipped = False
        for word, after in pairwise([*words, ""]):
            if skipped:
                skipped = False
                continue
            longer = self._longer.get(f"{word} {after}".strip()) if after else None
            skipped = longer is not None
            kept = f'"{word}"*' + (f' AND "{after}"*' if skipped else "")
            instead = [
                " AND ".join(f'"{one}"' for one in text.split()) for text in longer or self._longer.get(word, [])
            ]
            yield "(" + " OR ".join(f"({one})" for one in (kept, *instead)) + ")"


def _distance(names: list[str], words: list[str]) -> tuple[int, int]:
    """Return how far the nearest of `names` is: the same, beginning so, with all words, with some; and its length."""
    wanted = " ".join(words)
    return min(
        (
            0 if name == wanted else 1 if name.startswith(wanted) else 2 if all(one in name for one in words) else 3,
            len(name),
        )
        for name in names
    )
