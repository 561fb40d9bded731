"""Editor: the page on which one asks in SPARQL: the query, examples, terms to complete it by, and what is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import pyoxigraph as ox

from orgline.content import QueryFile
from orgline.graph import ONTOLOGY_GRAPH, PREF_LABEL, RDFS_LABEL, label
from orgline.render.html.explore_page import MAX_NEIGHBOURS, box_legend
from orgline.render.html.page_context import PageContext
from orgline.render.html.sparql_results import MAX_BARS, MAX_RESULT_ROWS, SparqlResults
from orgline.render.html.templates import data_script, page_words, read_style
from orgline.text import GRAPH_TYPES, RESULT_TYPES, query_failed_error

MAX_LINK_LENGTH, MAX_TERMS = 30_000, 3_000


class SparqlPage:
    """Makes the page in the `frame` of whoever asks; `questions` are its examples."""

    def __init__(self, store: ox.Store, frame: PageContext, questions: Mapping[str, QueryFile]) -> None:
        """Names of things are those in `store`."""
        self._store, self._frame, self._questions = store, frame, questions
        self._speaker = frame.speaker(store)

    def page(self, solve: Callable[[], Any] | None, wrong: str | None = None) -> str:
        """Return the page, with what `solve` finds or what is `wrong` with what was asked.

        Raises Refused for a query that cannot be answered.
        """
        typed = self._frame.query.get("query", "")
        shown = self._result_values(solve) if solve else None
        text = typed or self._example()
        return self._frame.render(
            "sparql.html",
            title=self._speaker.word("sparql_title"),
            text=text,
            lines=min(max(text.count("\n") + 2, 10), 26),
            wrong=self._speaker.told(wrong) if wrong else None,
            shown=shown,
            forms=self._forms(shown) if shown else [],
            themes=self._themes(),
            most_rows=MAX_RESULT_ROWS,
            most_bars=MAX_BARS,
            data=self._drawing_data(shown),
            legend=box_legend(self._frame, self._speaker),
            terms=data_script(self._terms()),
        )

    def _result_values(self, solve: Callable[[], Any]) -> dict[str, Any]:
        """Return what is found; an engine may say only as it is read that it cannot go on."""
        try:
            return SparqlResults(self._store, self._frame).shown(solve())
        except (ValueError, OSError, RuntimeError) as error:
            raise query_failed_error(error) from error

    def _forms(self, shown: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return where all that is found is to be had, in each form; a long query has no address."""
        if len(self._frame.query.get("query", "")) > MAX_LINK_LENGTH:
            return []
        known = GRAPH_TYPES if shown["form"] == "graph" else RESULT_TYPES
        return [(name, self._frame.here(format=name)) for name in known]

    def _example(self) -> str:
        """Return the query of the example that is asked for, else a short one to begin with."""
        question = self._questions.get(self._frame.query.get("example", ""))
        if question:
            return _without_header(question.text)
        return (
            "SELECT ?thing ?name WHERE {\n  ?thing <http://www.w3.org/2000/01/rdf-schema#label> ?name .\n}\nLIMIT 20\n"
        )

    def _themes(self) -> list[tuple[str, list[tuple[str, str]]]]:
        themes: dict[str, list[tuple[str, str]]] = {}
        for name, one in self._questions.items():
            told = self._speaker.summary(one.summary), self._frame.link("/sparql", example=name)
            themes.setdefault(self._speaker.theme(one.theme), []).append(told)
        return sorted(themes.items())

    def _terms(self) -> dict[str, Any]:
        """Return the prefixes, and the terms and codes that the ontology describes, with what they are called."""
        prefixes = self._frame.content.prefixes
        described = self._store.quads_for_pattern(None, RDFS_LABEL, None, ONTOLOGY_GRAPH)
        codes = self._store.quads_for_pattern(None, PREF_LABEL, None, None)
        quads = [*islice(described, MAX_TERMS), *islice(codes, MAX_TERMS)]
        nodes = {quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode)}
        short = {one: self._short(one.value) for one in nodes}
        named = sorted((text, label(self._store, one, *self._speaker.langs)) for one, text in short.items() if text)
        return {"prefixes": prefixes, "terms": named}

    def _short(self, iri: str) -> str | None:
        spaces = self._frame.content.prefixes.items()
        fitting = [(len(space), prefix, space) for prefix, space in spaces if iri.startswith(space)]
        if not fitting:
            return None
        _, prefix, space = max(fitting)
        rest = iri.removeprefix(space)
        return f"{prefix}:{rest}" if "/" not in rest else f"<{iri}>"

    def _drawing_data(self, shown: Mapping[str, Any] | None) -> Any:
        """Return what the script that draws needs, None where there is nothing to draw."""
        if not shown or not shown.get("data", {}).get("nodes"):
            return None
        style, own = read_style(self._frame.content), page_words(self._frame.content)[self._frame.lang]
        words = {key: text for key, text in own.items() if key.startswith("explore_")}
        looks = {part: style[part] for part in ("page", "kinds", "marks")}
        return data_script({"start": shown["data"], "most": MAX_NEIGHBOURS, "style": looks, "words": words})


def _without_header(text: str) -> str:
    """Return a query without the header of a question."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#+")).strip() + "\n"
