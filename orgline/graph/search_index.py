"""A full-text index of the names of all things: it ignores accents and accepts abbreviations and parts of names.

SQLite's FTS5 does the searching. Names and queries are folded first (`orgline.text.folded`), so that its
simplest tokenizer suffices.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox

from orgline.graph.lookup import names_of
from orgline.graph.store import RDFS_LABEL, ol_term
from orgline.text import folded

_ABOUT, _FIELD, _PRINTED = ol_term("about"), ol_term("field"), ol_term("printed")
_NAME_FIELDS = frozenset({RDFS_LABEL, ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")})
# Candidates are ranked in Python: the bound keeps the time of a common word, small.
MAX_CANDIDATES = 400
# A longer query would only make a slower expression: no name has so many words.
MAX_CHARACTERS, MAX_WORDS = 200, 12
# The FTS table keeps no copy of the texts (content='') and no positions (detail='none'): "thing" has the names, and
# the order of words is judged there. Prefixes of 1 to 8 characters have indexes, as each key press sends a query.
_SCHEMA = """
CREATE TABLE thing (number INTEGER PRIMARY KEY, iri TEXT NOT NULL, names TEXT NOT NULL);
CREATE VIRTUAL TABLE name USING fts5(words, content='', prefix='1 2 3 4 5 6 7 8', detail='none', tokenize='ascii');
"""


def make_name_index(store: ox.Store, base: str, path: Path | None = None) -> sqlite3.Connection:
    """Index the names of all things of `store` with IRIs under `base`, in the file `path` or in memory.

    Returns the open database. Its table ``thing`` has the IRI of each thing and its folded names, separated by bars.
    """
    database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    # No journal and no sync: an index left incomplete by a crash belongs to a build that is never published.
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
    """Return the things under `base` that have a label; those with most statements that refer to them come first."""
    labelled = {quad.subject for quad in store.quads_for_pattern(None, RDFS_LABEL, None, ox.DefaultGraph())}
    things = [node for node in labelled if isinstance(node, ox.NamedNode) and node.value.startswith(base)]
    references = {node: sum(1 for _ in store.quads_for_pattern(None, None, node, ox.DefaultGraph())) for node in things}
    return sorted(references, key=lambda node: (-references[node], node.value))


def _printed_names(store: ox.Store) -> dict[ox.NamedNode, list[str]]:
    """Return, by thing, the names as sources print them: ``ol:printed`` of the claims about labels."""
    names: dict[ox.NamedNode, list[str]] = {}
    for field in _NAME_FIELDS:
        for claim in store.quads_for_pattern(None, _FIELD, field, ox.DefaultGraph()):
            texts = [quad.object for quad in store.quads_for_pattern(claim.subject, _PRINTED, None, ox.DefaultGraph())]
            for about in store.quads_for_pattern(claim.subject, _ABOUT, None, ox.DefaultGraph()):
                if isinstance(about.object, ox.NamedNode):
                    literals = [text.value for text in texts if isinstance(text, ox.Literal)]
                    names.setdefault(about.object, []).extend(literals)
    return names


class NameIndex:
    """Searches an index of names."""

    def __init__(self, database: sqlite3.Connection, abbreviations: Mapping[str, Iterable[str]]) -> None:
        """Search a `database` of `make_name_index`; `abbreviations` has the full forms of each short form."""
        self._database = database
        self._full_forms = {
            folded(short): [folded(form) for form in forms] for short, forms in abbreviations.items() if folded(short)
        }

    @classmethod
    def opened(cls, path: Path, abbreviations: Mapping[str, Iterable[str]]) -> NameIndex:
        """Return the index in the file `path`, opened read-only; the file must not change while it is open."""
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return cls(sqlite3.connect(address, uri=True, check_same_thread=False), abbreviations)

    def search(self, typed: str, limit: int) -> list[str]:
        """Return the IRIs of at most `limit` things whose names have all words of `typed`, each complete or a prefix.

        The closest names come first. Where a name equals `typed` and no word is an abbreviation, only the last word
        may be a prefix: the prefixes of words that a million names have would make each search visit all of them.
        """
        words = folded(typed[:MAX_CHARACTERS]).split()[:MAX_WORDS]
        if not words:
            return []
        any_form = " AND ".join(self._alternatives(words))
        whole_words = " AND ".join([f'"{word}"' for word in words[:-1]] + [f'"{words[-1]}"*'])
        hits = [] if " OR " in any_form else self._hits(whole_words, words)
        if not any(distance[0] == 0 for distance, _ in hits):
            hits = self._hits(any_form, words)
        return [iri for _, iri in sorted(hits, key=lambda hit: hit[0])[:limit]]

    def _hits(self, match: str, words: list[str]) -> list[tuple[tuple[int, int], str]]:
        """Return at most `MAX_CANDIDATES` things for the FTS5 expression `match`: distance from `words`, and IRI."""
        rows = self._database.execute(
            "SELECT iri, names FROM thing WHERE number IN (SELECT rowid FROM name WHERE name MATCH ? LIMIT ?)"
            " ORDER BY number",
            (match, MAX_CANDIDATES),
        )
        return [(_distance(names.split("|"), words), iri) for iri, names in rows]

    def _alternatives(self, words: list[str]) -> Iterator[str]:
        """Yield an FTS5 expression for each of `words`: the word as a prefix, or any full form it abbreviates.

        Two words that together are an abbreviation ("cq dn", as CQ-DN is folded) have one expression.
        """
        is_used = False
        for word, next_word in pairwise([*words, ""]):
            if is_used:
                is_used = False
                continue
            of_two = self._full_forms.get(f"{word} {next_word}".strip()) if next_word else None
            is_used = of_two is not None
            as_typed = f'"{word}"*' + (f' AND "{next_word}"*' if is_used else "")
            full_forms = [
                " AND ".join(f'"{part}"' for part in form.split()) for form in of_two or self._full_forms.get(word, [])
            ]
            yield "(" + " OR ".join(f"({form})" for form in (as_typed, *full_forms)) + ")"


def _distance(names: list[str], words: list[str]) -> tuple[int, int]:
    """Return the distance of the nearest of `names` from `words`, for sorting: a class and the name's length.

    The classes: 0 equal, 1 begins with the words, 2 contains every word, 3 contains only some.
    """
    typed = " ".join(words)

    def distance(name: str) -> tuple[int, int]:
        if name == typed:
            return 0, len(name)
        if name.startswith(typed):
            return 1, len(name)
        return 2 if all(word in name for word in words) else 3, len(name)

    return min(map(distance, names))
