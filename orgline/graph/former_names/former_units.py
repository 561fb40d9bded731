"""The former units of the content: the rows of the tables of former names.

The tables are data/gazetteer/former-names.csv and its like, one former unit a row. They are read only when a name is
not in the graph, and never become triples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from orgline.content import Content
from orgline.text import ContentError, Problem, folded

_TABLE_KIND = "former-names"


@dataclass(frozen=True)
class FormerUnit:
    """A unit before a reform: a row of the table, with the columns as fields.

    `kind` is a code such as ``city``; `within` names the enclosing units, the smallest first, separated by commas;
    `today` has the names of the units it became part of, all within `today_within`; `by` is the number of the
    document, `date` the ISO day since which it applies.
    """

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
    def enclosing_units(self) -> list[str]:
        """The names of the former units that enclosed this unit, the smallest first; none for the largest."""
        return self.within.split(", ") if self.within else []


@lru_cache(maxsize=4)
def cached_units(
    content: Content, stamps: tuple[tuple[Path, int, int], ...]
) -> tuple[tuple[str, ...], list[FormerUnit], dict[str, list[FormerUnit]]]:
    """Return the classes, the units and the units by folded name.

    `stamps` (path, time of change, size) is part of the cache's key, so that a changed table is read again.
    """
    del stamps
    classes, units = _read_tables(content)
    by_name: dict[str, list[FormerUnit]] = {}
    for unit in units:
        by_name.setdefault(folded(unit.former), []).append(unit)
    return classes, units, by_name


def _read_tables(content: Content) -> tuple[tuple[str, ...], list[FormerUnit]]:
    """Return the IRIs of the classes whose things may have these names, and the former units.

    Raises ContentError with every problem of the tables.
    """
    # Not at the top: polars takes long to load, and most commands read no table.
    from orgline.content import check_frame, read_frame, read_table_kinds, with_default

    kind = read_table_kinds(content).get(_TABLE_KIND)
    problems: list[Problem] = []
    units: list[FormerUnit] = []
    for path in content.former_names:
        place = content.place(path)
        if kind is None:
            todo = f"Describe it in ontology/tables/{_TABLE_KIND}.json"
            raise ContentError([Problem(place, "its table kind has no description", todo)])
        frame, frame_problems = read_frame(path, place, kind)
        if frame is not None:
            frame_problems += check_frame(frame, place, kind)
            frame = frame.with_columns(
                *(with_default(column).fill_null("").alias(column.name) for column in kind.cells)
            )
            units += [_former_unit(row) for row in frame.iter_rows(named=True)]
        problems += frame_problems
    if problems or kind is None:
        raise ContentError(problems)
    return tuple(content.expand(name) for name in kind.names), units


def _former_unit(row: Mapping[str, str]) -> FormerUnit:
    today = tuple(name.strip() for name in row["today"].split("|"))
    return FormerUnit(**{name: row[name] for name in FormerUnit.__annotations__ if name != "today"}, today=today)
