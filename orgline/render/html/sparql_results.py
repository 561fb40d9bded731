"""Results: what a SPARQL query finds, as a page shows it: a table, bars, a picture, or yes and no."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import pyoxigraph as ox

from orgline.content import ExploreConfig
from orgline.graph import Speaker, Term, label
from orgline.render.html.answer_table import LinkedText
from orgline.render.html.neighbours import NeighbourSearch
from orgline.render.html.page_context import PageContext, thing_address
from orgline.render.html.templates import is_number

MAX_RESULT_ROWS, MAX_BARS, MAX_DRAWN_THINGS, MAX_CELL_LENGTH = 500, 40, 150, 2_000
_NUMERIC_TYPES = frozenset(
    f"http://www.w3.org/2001/XMLSchema#{name}"
    for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")
)


class SparqlResults:
    """Shows what a query asked of `store` finds, in the `frame` of whoever asks."""

    def __init__(self, store: ox.Store, frame: PageContext) -> None:
        """Names of things are those in `store`."""
        self._store, self._frame, self._style = store, frame, frame.content.style
        self._speaker: Speaker = frame.speaker(store)
        self._near = NeighbourSearch(store, frame, ExploreConfig(frame.content))
        self._cells: dict[ox.NamedNode, LinkedText] = {}

    def shown(self, found: Any) -> dict[str, Any]:
        """Return what the page needs to show `found`, no more than it can show; the rest is never worked out."""
        if isinstance(found, ox.QueryTriples):
            return self._graph(found)
        if isinstance(found, ox.QuerySolutions):
            return self._table(found)
        return {"form": "boolean", "is_true": bool(found)}

    def _table(self, found: ox.QuerySolutions) -> dict[str, Any]:
        names = [variable.value for variable in found.variables]
        rows = [[row[name] for name in names] for row in islice(found, MAX_RESULT_ROWS + 1)]
        return {
            "form": "table",
            "headings": names,
            "rows": [[self._cell(term) for term in row] for row in rows[:MAX_RESULT_ROWS]],
            "more": len(rows) > MAX_RESULT_ROWS,
            "chart": self._bars(names, rows[:MAX_RESULT_ROWS]),
        }

    def _bars(self, names: list[str], rows: list[list[Any]]) -> dict[str, Any] | None:
        """Return the first column of numbers by the first one of words, None if there are not both."""
        columns = list(zip(*rows, strict=True))
        numbers = next((at for at, one in enumerate(columns) if _all_match(one, _is_number)), None)
        words = next((at for at, one in enumerate(columns) if at != numbers and _all_match(one, _is_text)), None)
        if numbers is None or words is None or len(rows) < 2:
            return None
        values = [float(row[numbers].value) if row[numbers] else 0.0 for row in rows[:MAX_BARS]]
        low, high = min(0.0, *values), max(0.0, *values)
        wide = (high - low) or 1.0
        return {
            "of": names[numbers],
            "by": names[words],
            "more": len(rows) > MAX_BARS,
            "bars": [
                {
                    "cell": self._cell(row[words]),
                    "text": self._speaker.number(row[numbers].value) if row[numbers] else "",
                    "start": round(100 * (min(value, 0.0) - low) / wide, 2),
                    "wide": round(100 * abs(value) / wide, 2),
                }
                for row, value in zip(rows, values, strict=False)
            ],
        }

    def _graph(self, found: ox.QueryTriples) -> dict[str, Any]:
        triples = list(islice(found, MAX_RESULT_ROWS + 1))
        shown = triples[:MAX_RESULT_ROWS]
        return {
            "form": "graph",
            "rows": [[self._cell(term) for term in (one.subject, one.predicate, one.object)] for one in shown],
            "more": len(triples) > MAX_RESULT_ROWS,
            "headings": None,
            "chart": None,
            "data": self._picture(shown),
        }

    def _picture(self, triples: Iterable[ox.Triple]) -> dict[str, Any]:
        """Return the things that are joined by `triples`, as the script that draws reads them."""
        boxes: dict[str, dict[str, Any]] = {}
        lines: dict[str, dict[str, Any]] = {}
        for one in triples:
            start, end = one.subject, one.object
            new = {str(term) for term in (start, end)} - boxes.keys()
            if isinstance(end, ox.Literal | ox.Triple) or isinstance(start, ox.Triple) or start == end:
                continue
            if len(boxes) + len(new) > MAX_DRAWN_THINGS:
                continue
            boxes.update({str(term): self._box(term) for term in (start, end) if str(term) in new})
            lines[str(one)] = self._line(one)
        return {
            "nodes": [*boxes.values()],
            "edges": [*lines.values()],
            "more": 0,
            "left": "",
            "after": 0,
            "not_held": 0,
        }

    def _box(self, term: Term) -> dict[str, Any]:
        if not isinstance(term, ox.NamedNode):
            return {"id": str(term), "label": str(term), "look": "", "kind": "", "page": None}
        look, base = self._near.look(term), self._frame.base
        page = self._frame.page_of(self._store, term)
        ours = bool(page) and page != term.value
        link = self._frame.link
        return {
            "id": str(term),
            "label": self._near.name(term),
            "look": look,
            "kind": self._speaker.summary(self._style["kinds"].get(look, {}).get("legend", {})),
            "page": page,
            "explore": link(thing_address(term.value, base, "explore")) if ours else None,
        }

    def _line(self, one: ox.Triple) -> dict[str, Any]:
        return {
            "id": str(one),
            "from": str(one.subject),
            "to": str(one.object),
            "name": label(self._store, one.predicate, *self._speaker.langs),
            "turned": False,
            "arrow": "to",
            "colour": self._style["page"]["muted"],
            "width": 1.5,
            "dash": [],
            "status": "",
            "mark": "stated",
            "certainty": "",
            "sources": [],
        }

    def _cell(self, term: Any) -> LinkedText:
        """Return a value as it stands in the graph, a thing by its name and with its page."""
        if term is None:
            return LinkedText("", None)
        if isinstance(term, ox.NamedNode):
            if term not in self._cells:
                self._cells[term] = LinkedText(self._named(term), self._frame.page_of(self._store, term))
            return self._cells[term]
        if isinstance(term, ox.Literal):
            text = term.value if len(term.value) <= MAX_CELL_LENGTH else term.value[:MAX_CELL_LENGTH] + "…"
            return LinkedText(f"{text} ({term.language})" if term.language else text, None)
        return LinkedText(str(term)[:MAX_CELL_LENGTH], None)

    def _named(self, term: ox.NamedNode) -> str:
        """Return what to call a thing: its name, else its address, short where a prefix stands for its beginning."""
        is_here = next(iter(self._store.quads_for_pattern(term, None, None, None)), None) is not None
        if is_here and (name := self._near.name(term)):
            return name
        for prefix, space in self._frame.content.prefixes.items():
            if term.value.startswith(space):
                return f"{prefix}:{term.value.removeprefix(space)}"
        return term.value


def _all_match(terms: Iterable[Any], fits: Any) -> bool:
    """Tell whether all `terms` that are there fit, and there is one."""
    there = [one for one in terms if one is not None]
    return bool(there) and all(map(fits, there))


def _is_number(term: Any) -> bool:
    return isinstance(term, ox.Literal) and term.datatype.value in _NUMERIC_TYPES and is_number(term.value)


def _is_text(term: Any) -> bool:
    return isinstance(term, ox.NamedNode | ox.BlankNode | ox.Literal) and not _is_number(term)
