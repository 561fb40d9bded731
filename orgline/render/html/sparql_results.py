"""The values with which a page shows the results of a SPARQL query: a table, bars, a picture, or yes and no."""

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
from orgline.render.html.style import is_number

# The rest of a larger result is neither shown nor computed.
MAX_RESULT_ROWS, MAX_BARS, MAX_DRAWN_THINGS, MAX_CELL_LENGTH = 500, 40, 150, 2_000
_NUMERIC_TYPES = frozenset(
    f"http://www.w3.org/2001/XMLSchema#{name}"
    for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")
)


class SparqlResults:
    """Prepares results of queries for a page of `context`; names are looked up in `store`."""

    def __init__(self, store: ox.Store, context: PageContext) -> None:
        self._store, self._context, self._style = store, context, context.content.style
        self._speaker: Speaker = context.speaker(store)
        self._search = NeighbourSearch(store, context, ExploreConfig(context.content))
        self._cells: dict[ox.NamedNode, LinkedText] = {}

    def values(self, result: Any) -> dict[str, Any]:
        """Return the values for the page of `result`, which is what pyoxigraph returns for a query.

        ``form`` is "table", "graph" or "boolean". Raises what pyoxigraph raises while results are read.
        """
        if isinstance(result, ox.QueryTriples):
            return self._graph(result)
        if isinstance(result, ox.QuerySolutions):
            return self._table(result)
        return {"form": "boolean", "is_true": bool(result)}

    def _table(self, solutions: ox.QuerySolutions) -> dict[str, Any]:
        """Return the rows of a SELECT for the page, at most MAX_RESULT_ROWS of them."""
        names = [variable.value for variable in solutions.variables]
        rows = [[row[name] for name in names] for row in islice(solutions, MAX_RESULT_ROWS + 1)]
        return {
            "form": "table",
            "headings": names,
            "rows": [[self._cell(term) for term in row] for row in rows[:MAX_RESULT_ROWS]],
            "more": len(rows) > MAX_RESULT_ROWS,
            "chart": self._bars(names, rows[:MAX_RESULT_ROWS]),
        }

    def _bars(self, names: list[str], rows: list[list[Any]]) -> dict[str, Any] | None:
        """Return the first column of numbers as bars, named by the first column of texts; None without both."""
        columns = list(zip(*rows, strict=True))
        numbers = next((at for at, terms in enumerate(columns) if _all_match(terms, _is_number)), None)
        texts = next((at for at, terms in enumerate(columns) if at != numbers and _all_match(terms, _is_text)), None)
        if numbers is None or texts is None or len(rows) < 2:
            return None
        values = [float(row[numbers].value) if row[numbers] else 0.0 for row in rows[:MAX_BARS]]
        low, high = min(0.0, *values), max(0.0, *values)
        width = (high - low) or 1.0
        return {
            "of": names[numbers],
            "by": names[texts],
            "more": len(rows) > MAX_BARS,
            "bars": [
                {
                    "cell": self._cell(row[texts]),
                    "text": self._speaker.number(row[numbers].value) if row[numbers] else "",
                    "start": round(100 * (min(value, 0.0) - low) / width, 2),
                    "wide": round(100 * abs(value) / width, 2),
                }
                for row, value in zip(rows, values, strict=False)
            ],
        }

    def _graph(self, result: ox.QueryTriples) -> dict[str, Any]:
        """Return the triples of a CONSTRUCT for the page, at most MAX_RESULT_ROWS of them, with their picture."""
        triples = list(islice(result, MAX_RESULT_ROWS + 1))
        shown = triples[:MAX_RESULT_ROWS]
        return {
            "form": "graph",
            "rows": [
                [self._cell(term) for term in (triple.subject, triple.predicate, triple.object)] for triple in shown
            ],
            "more": len(triples) > MAX_RESULT_ROWS,
            "headings": None,
            "chart": None,
            "data": self._picture(shown),
        }

    def _picture(self, triples: Iterable[ox.Triple]) -> dict[str, Any]:
        """Return the nodes that `triples` join, and the lines between them, as explore.js reads them."""
        boxes: dict[str, dict[str, Any]] = {}
        lines: dict[str, dict[str, Any]] = {}
        for triple in triples:
            start, end = triple.subject, triple.object
            new = {str(term) for term in (start, end)} - boxes.keys()
            if isinstance(end, ox.Literal | ox.Triple) or isinstance(start, ox.Triple) or start == end:
                continue
            if len(boxes) + len(new) > MAX_DRAWN_THINGS:
                continue
            boxes.update({str(term): self._box(term) for term in (start, end) if str(term) in new})
            lines[str(triple)] = self._line(triple)
        return {
            "nodes": [*boxes.values()],
            "edges": [*lines.values()],
            "more": 0,
            "left": "",
            "after": 0,
            "not_held": 0,
        }

    def _box(self, term: Term) -> dict[str, Any]:
        """Return a subject or object as a box of the picture."""
        if not isinstance(term, ox.NamedNode):
            return {"id": str(term), "label": str(term), "look": "", "kind": "", "page": None}
        look, base = self._search.look(term), self._context.base
        page = self._context.page_of(self._store, term)
        is_described = bool(page) and page != term.value
        link = self._context.link
        return {
            "id": str(term),
            "label": self._search.name(term),
            "look": look,
            "kind": self._speaker.summary(self._style["kinds"].get(look, {}).get("legend", {})),
            "page": page,
            "explore": link(thing_address(term.value, base, "explore")) if is_described else None,
        }

    def _line(self, triple: ox.Triple) -> dict[str, Any]:
        """Return a triple as a line of the picture."""
        return {
            "id": str(triple),
            "from": str(triple.subject),
            "to": str(triple.object),
            "name": label(self._store, triple.predicate, *self._speaker.langs),
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
        """Return a value as it is in the graph, a node by its name and with the address of its page."""
        if term is None:
            return LinkedText("", None)
        if isinstance(term, ox.NamedNode):
            if term not in self._cells:
                self._cells[term] = LinkedText(self._name(term), self._context.page_of(self._store, term))
            return self._cells[term]
        if isinstance(term, ox.Literal):
            text = term.value if len(term.value) <= MAX_CELL_LENGTH else term.value[:MAX_CELL_LENGTH] + "…"
            return LinkedText(f"{text} ({term.language})" if term.language else text, None)
        return LinkedText(str(term)[:MAX_CELL_LENGTH], None)

    def _name(self, term: ox.NamedNode) -> str:
        """Return the name of a node, else its IRI, with a prefix where there is one."""
        is_described = next(iter(self._store.quads_for_pattern(term, None, None, None)), None) is not None
        if is_described and (name := self._search.name(term)):
            return name
        for prefix, namespace in self._context.content.prefixes.items():
            if term.value.startswith(namespace):
                return f"{prefix}:{term.value.removeprefix(namespace)}"
        return term.value


def _all_match(terms: Iterable[Any], fits: Any) -> bool:
    """Return whether there are bound `terms` and all of them fit."""
    bound = [term for term in terms if term is not None]
    return bool(bound) and all(map(fits, bound))


def _is_number(term: Any) -> bool:
    return isinstance(term, ox.Literal) and term.datatype.value in _NUMERIC_TYPES and is_number(term.value)


def _is_text(term: Any) -> bool:
    return isinstance(term, ox.NamedNode | ox.BlankNode | ox.Literal) and not _is_number(term)
