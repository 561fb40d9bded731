"""The SPARQL page: a query editor with examples and completion, and the results of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import pyoxigraph as ox
from markupsafe import Markup

from orgline.content import QueryFile
from orgline.graph import ONTOLOGY_GRAPH, PREF_LABEL, RDFS_LABEL, label
from orgline.render.html.explore_page import MAX_NEIGHBOURS, box_legend
from orgline.render.html.page_context import PageContext
from orgline.render.html.sparql_results import MAX_BARS, MAX_RESULT_ROWS, SparqlResults
from orgline.render.html.style import read_style
from orgline.render.html.templates import data_script, page_words
from orgline.text import GRAPH_TYPES, RESULT_TYPES, query_failed_error

# A longer query has no address for its results in other formats: browsers and proxies may cut it.
MAX_LINK_LENGTH = 30_000
# The most terms of the ontology, and the most codes, that the editor completes.
MAX_TERMS = 3_000
MIN_EDITOR_ROWS, MAX_EDITOR_ROWS = 10, 26
_FIRST_EXAMPLE = (
    "SELECT ?thing ?name WHERE {\n  ?thing <http://www.w3.org/2000/01/rdf-schema#label> ?name .\n}\nLIMIT 20\n"
)


class SparqlPage:
    """Makes the SPARQL page of `context`; names are looked up in `store`, and `questions` are its examples."""

    def __init__(self, store: ox.Store, context: PageContext, questions: Mapping[str, QueryFile]) -> None:
        self._store, self._context, self._questions = store, context, questions
        self._speaker = context.speaker(store)

    def page(self, run_query: Callable[[], Any] | None, error: str | None = None) -> str:
        """Return the page, with the results of `run_query` or the `error` of the query.

        `run_query` returns what pyoxigraph returns for a query. Raises RequestRefused where it fails.
        """
        typed = self._context.query.get("query", "")
        result = self._result_values(run_query) if run_query else None
        text = typed or self._example()
        return self._context.render(
            "sparql.html",
            title=self._speaker.word("sparql_title"),
            text=text,
            lines=min(max(text.count("\n") + 2, MIN_EDITOR_ROWS), MAX_EDITOR_ROWS),
            error=self._speaker.message(error) if error else None,
            result=result,
            forms=self._formats(result) if result else [],
            themes=self._themes(),
            most_rows=MAX_RESULT_ROWS,
            most_bars=MAX_BARS,
            data=self._drawing_data(result),
            legend=box_legend(self._context, self._speaker),
            terms=data_script(self._terms()),
        )

    def _result_values(self, run_query: Callable[[], Any]) -> dict[str, Any]:
        """Return the values for the results of a query. Raises RequestRefused where it fails."""
        try:
            return SparqlResults(self._store, self._context).values(run_query())
        # pyoxigraph evaluates lazily: errors come while the results are read, as any of these.
        except (ValueError, OSError, RuntimeError) as problem:
            raise query_failed_error(problem) from problem

    def _formats(self, result: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the address of the complete results in each format, none for a long query."""
        if len(self._context.query.get("query", "")) > MAX_LINK_LENGTH:
            return []
        formats = GRAPH_TYPES if result["form"] == "graph" else RESULT_TYPES
        return [(name, self._context.here(format=name)) for name in formats]

    def _example(self) -> str:
        """Return the query of the example in the address, else a short one to begin with."""
        question = self._questions.get(self._context.query.get("example", ""))
        return _without_header(question.text) if question else _FIRST_EXAMPLE

    def _themes(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the examples, as summary and address, by theme."""
        themes: dict[str, list[tuple[str, str]]] = {}
        for name, question in self._questions.items():
            example = self._speaker.summary(question.summary), self._context.link("/sparql", example=name)
            themes.setdefault(self._speaker.theme(question.theme), []).append(example)
        return sorted(themes.items())

    def _terms(self) -> dict[str, Any]:
        """Return what the editor completes: prefixes, and the terms of the ontology and codes with their names."""
        described = self._store.quads_for_pattern(None, RDFS_LABEL, None, ONTOLOGY_GRAPH)
        codes = self._store.quads_for_pattern(None, PREF_LABEL, None, None)
        quads = [*islice(described, MAX_TERMS), *islice(codes, MAX_TERMS)]
        nodes = {quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode)}
        short = {node: self._short(node.value) for node in nodes}
        terms = sorted((text, label(self._store, node, *self._speaker.langs)) for node, text in short.items() if text)
        return {"prefixes": self._context.content.prefixes, "terms": terms}

    def _short(self, iri: str) -> str | None:
        """Return `iri` as one writes it in SPARQL, by the longest prefix that fits; None without a prefix."""
        prefixes = self._context.content.prefixes.items()
        fitting = [(len(namespace), prefix, namespace) for prefix, namespace in prefixes if iri.startswith(namespace)]
        if not fitting:
            return None
        _, prefix, namespace = max(fitting)
        local = iri.removeprefix(namespace)
        # A slash is not allowed in a prefixed name without a backslash (SPARQL 1.1, PN_LOCAL).
        return f"{prefix}:{local}" if "/" not in local else f"<{iri}>"

    def _drawing_data(self, result: Mapping[str, Any] | None) -> Markup | None:
        """Return the data for explore.js, None where there is nothing to draw."""
        if not result or not result.get("data", {}).get("nodes"):
            return None
        style, words = read_style(self._context.content), page_words(self._context.content)[self._context.lang]
        explore_words = {key: text for key, text in words.items() if key.startswith("explore_")}
        looks = {part: style[part] for part in ("page", "kinds", "marks")}
        return data_script({"start": result["data"], "most": MAX_NEIGHBOURS, "style": looks, "words": explore_words})


def _without_header(text: str) -> str:
    """Return the text of a question without its header."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#+")).strip() + "\n"
