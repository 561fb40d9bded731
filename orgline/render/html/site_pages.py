"""The pages of the service that answer questions: home, search, the questions, and the pages of things."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyoxigraph as ox

from orgline.answers import Answer, OpenedBuild, find_question
from orgline.content import DAY_TYPE, QueryFile
from orgline.graph import NOT_STATED, RDF_TYPE, NameIndex, Speaker, ol_term, subjects
from orgline.render.chart.chart_pages import CHART_CLASSES
from orgline.render.html.answer_table import answer_table_data
from orgline.render.html.page_context import PageContext, thing_address, with_query
from orgline.render.html.thing_facts import ThingFacts
from orgline.text import GRAPH_TYPES, TABLE_TYPES, CannotRun, message_of

MAX_HITS, MAX_SUGGESTIONS, SECTION_ROWS = 50, 12, 30


class SitePages:
    """Makes pages from an opened `build`, in the language and on the day of `context`.

    `questions` are by theme and name (``posts/posts-of-a-person``); without an `index` a search finds nothing.
    """

    def __init__(
        self,
        build: OpenedBuild,
        context: PageContext,
        questions: Mapping[str, QueryFile],
        index: NameIndex | None = None,
    ) -> None:
        self._build, self._store, self._context, self._index = build, build.store, context, index
        self._questions = questions
        self._speaker = context.speaker(build.store)

    def home(self) -> str:
        """Return the home page."""
        first_search = self._context.content.pages.get("begin", {}).get("search", "")
        return self._context.render(
            "home.html",
            title=self._speaker.word("title"),
            themes=self._themes(),
            sources=self._links(subjects(self._store, RDF_TYPE, ol_term("Source"))),
            begin=self._links(self.found(first_search)[:MAX_SUGGESTIONS]),
        )

    def _links(self, nodes: Iterable[ox.NamedNode]) -> list[tuple[str, str | None]]:
        """Return the name of each node with the address of its page."""
        return [(self._speaker.term(node), self._context.page_of(self._store, node)) for node in nodes]

    def about(self) -> str | None:
        """Return the page for the people in the graph, None if the content has none."""
        notice = self._speaker.about(self._context.content.about)
        return self._context.render("about.html", **notice) if notice else None

    def search(self, typed: str) -> str:
        """Return the page with the things whose names match `typed`."""
        title = self._speaker.word("search_everywhere")
        forms = [(form, self._context.here(format=form)) for form in TABLE_TYPES]
        hits = self._hits(typed, MAX_HITS)
        return self._context.render("search.html", title=title, typed=typed, hits=hits, most=MAX_HITS, forms=forms)

    def suggestions(self, typed: str) -> str:
        """Return the first things whose names match `typed`, as JSON: {"found": [{label, kinds, address}]}."""
        return json.dumps({"found": self._hits(typed, MAX_SUGGESTIONS)}, ensure_ascii=False)

    def _hits(self, typed: str, most: int) -> list[dict[str, Any]]:
        return [
            {
                "label": self._speaker.term(node),
                "kinds": [self._speaker.term(kind) for kind in self.kinds(node)],
                "address": self._context.page_of(self._store, node),
            }
            for node in self.found(typed, most)
        ]

    def found(self, typed: str, most: int = MAX_HITS) -> list[ox.NamedNode]:
        """Return at most `most` things whose names match `typed`, the best match first."""
        if not typed or self._index is None:
            return []
        return [ox.NamedNode(iri) for iri in self._index.search(typed, most)]

    def questions(self) -> str:
        """Return the page that lists all questions."""
        title = self._speaker.word("questions")
        return self._context.render("questions.html", title=title, themes=self._themes())

    def _themes(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """Return the questions by the name of their theme."""
        themes: dict[str, list[dict[str, Any]]] = {}
        for question in self._questions.values():
            summary, address = self._speaker.summary(question.summary), self._address(question)
            themes.setdefault(self._speaker.theme(question.theme), []).append(
                {"summary": summary, "address": address, "needs": question.needs_values}
            )
        return sorted(themes.items())

    def _address(self, question: QueryFile, **values: str) -> str:
        return self._context.link(f"/ask/{question.theme}/{question.name}", **values)

    def question(self, name: str, values: Mapping[str, str]) -> str:
        """Return the page of a question: a field for each parameter, and the answer once all required are given.

        `values` are the texts typed for the parameters. Raises CannotRun for a question that does not exist.
        """
        question = self._questions.get(name) or find_question(self._context.content, name)
        speaker = self._speaker
        answer_values, error = None, None
        given = {parameter: text for parameter, text in values.items() if text.strip()}
        if not any(parameter.required and parameter.name not in given for parameter in question.parameters):
            try:
                answer, store = self.answer(question, given)
                answer_values = answer_table_data(answer, store, self._context)
            except CannotRun as problem:
                error = speaker.message(message_of(problem), _parameter_names(question, speaker, values))
        return self._context.render(
            "question.html",
            title=speaker.summary(question.summary),
            parameters=[
                {
                    "name": parameter.name,
                    "label": speaker.summary(parameter.words),
                    "value": values.get(parameter.name, ""),
                    "required": parameter.required,
                    "is_day": parameter.kind == DAY_TYPE,
                }
                for parameter in question.parameters
            ],
            answer=answer_values,
            error=error,
            forms=[(form, self._context.here(format=form)) for form in (*TABLE_TYPES, "json")],
            text=question.text,
            edit=self._context.link("/sparql", example=f"{question.theme}/{question.name}"),
        )

    def answer(self, question: QueryFile, values: Mapping[str, str]) -> tuple[Answer, ox.Store]:
        """Return the answer to `question` with the parameter `values`, and the store that holds what it names.

        Raises CannotRun for a value that names nothing, or more than one thing.
        """
        answer, speaker = self._build.answer(question, values, self._context.lang)
        return answer, speaker.store

    def thing(self, node: ox.NamedNode) -> str | None:
        """Return the page of `node`, None if the graph has no statements about it."""
        if next(iter(self._store.quads_for_pattern(node, None, None, None)), None) is None:
            return None
        facts = ThingFacts(self._store, self._context).of(node)
        kinds = {kind.value for kind in self.kinds(node)}
        base, link = self._context.base, self._context.link
        data = thing_address(node.value, base, "data")
        return self._context.render(
            "thing.html",
            **facts,
            sections=list(self._sections(node, kinds)),
            other_questions=list(self._other_questions(node, kinds)),
            forms=[
                *((form, self._context.here(format=form)) for form in TABLE_TYPES),
                *((name, with_query(data, {"format": name})) for name in GRAPH_TYPES),
            ],
            explore=link(thing_address(node.value, base, "explore")),
            chart=link(thing_address(node.value, base, "chart")) if kinds & CHART_CLASSES else None,
        )

    def kinds(self, node: ox.NamedNode) -> list[ox.NamedNode]:
        """Return the classes of `node`, sorted by IRI."""
        classes = (quad.object for quad in self._store.quads_for_pattern(node, RDF_TYPE, None))
        return sorted((term for term in classes if isinstance(term, ox.NamedNode)), key=str)

    def _page_questions(self, kinds: Iterable[str]) -> list[str]:
        """Return the names of the questions that pages of these classes show, in the order of viz/pages.toml."""
        expand = self._context.content.expand
        known = self._context.content.pages.get("page", [])
        pages = [page for page in known if {expand(name) for name in page["classes"]} & set(kinds)]
        return list(dict.fromkeys(name for page in pages for name in page["questions"]))

    def _sections(self, node: ox.NamedNode, kinds: set[str]) -> Iterator[dict[str, Any]]:
        """Yield the answers on the page of `node`."""
        for question, parameter, answer, store in self.answers_about(node, kinds):
            values = answer_table_data(answer, store, self._context, max_rows=SECTION_ROWS, about=node)
            address = self._address(question, **{parameter: node.value})
            yield {"title": self._speaker.summary(question.summary), "address": address, "answer": values}

    def answers_about(
        self, node: ox.NamedNode, kinds: set[str] | None = None
    ) -> Iterator[tuple[QueryFile, str, Answer, ox.Store]]:
        """Yield the questions on the page of `node`, with the parameter that takes it, the answer and its store.

        Answers that state nothing are left out.
        """
        for question, parameter in self.questions_about(node, kinds):
            answer, store = self.answer(question, {parameter: node.value})
            if answer.answer != NOT_STATED:
                yield question, parameter, answer, store

    def questions_about(self, node: ox.NamedNode, kinds: set[str] | None = None) -> Iterator[tuple[QueryFile, str]]:
        """Yield the questions on the page of `node`, with the parameter that takes it; `kinds` are its classes."""
        kinds = kinds or {kind.value for kind in self.kinds(node)}
        for name in self._page_questions(kinds):
            question = self._questions.get(name)
            parameter = self._parameter(question, kinds) if question else None
            if question is not None and parameter is not None:
                yield question, parameter

    def _other_questions(self, node: ox.NamedNode, kinds: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the summary and address of each further question that can be asked about `node`."""
        shown = set(self._page_questions(kinds))
        for question in self._questions.values():
            parameter = self._parameter(question, kinds)
            if parameter and f"{question.theme}/{question.name}" not in shown:
                yield self._speaker.summary(question.summary), self._address(question, **{parameter: node.value})

    def _parameter(self, question: QueryFile, kinds: set[str]) -> str | None:
        """Return the only parameter of `question` that takes things of `kinds`.

        None where there is none, or several, or where another parameter is required.
        """
        expand = self._context.content.expand
        fitting = [
            parameter.name
            for parameter in question.parameters
            if {expand(kind) for kind in parameter.kind.split()} & kinds
        ]
        required = {parameter.name for parameter in question.parameters if parameter.required}
        return fitting[0] if len(fitting) == 1 and required <= {fitting[0]} else None


def _parameter_names(question: QueryFile, speaker: Speaker, values: Iterable[str]) -> dict[str, str]:
    """Return what the page calls each option (``--of``) that a message may name, and the list of all options."""
    own = {parameter.option: speaker.summary(parameter.words) for parameter in question.parameters}
    return {**{f"--{name}": name for name in values}, **own, ", ".join(own): ", ".join(own.values())}
