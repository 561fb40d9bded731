"""Explorer: the pages of the service, each an answer to a question: the beginning, a search, questions, things."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyoxigraph as ox

from orgline.answers import Answer, OpenedBuild, ask, find_question, resolve_parameters
from orgline.content import DAY_TYPE, QueryFile
from orgline.graph import NOT_STATED, RDF_TYPE, NameIndex, Speaker, ol_term, subjects
from orgline.render.chart.chart_pages import CHART_CLASSES as CHARTED
from orgline.render.html.answer_table import answer_table_data
from orgline.render.html.page_context import PageContext, thing_address, with_query
from orgline.render.html.thing_facts import ThingFacts
from orgline.text import GRAPH_TYPES, TABLE_TYPES, CannotRun, message_of

MAX_HITS, MAX_SUGGESTIONS, SECTION_ROWS = 50, 12, 30


class SitePages:
    """Makes pages from the build of `session` in the `frame` of whoever asks."""

    def __init__(
        self,
        session: OpenedBuild,
        frame: PageContext,
        questions: Mapping[str, QueryFile],
        index: NameIndex | None = None,
    ) -> None:
        """`questions` are by theme and name; without `index` nothing can be searched for."""
        self._session, self._store, self._frame, self._index = session, session.store, frame, index
        self._questions = questions

    def home(self) -> str:
        """Return the page to begin at."""
        speaker = self._frame.speaker(self._store)
        return self._frame.render(
            "home.html",
            title=speaker.word("title"),
            themes=self._themes(),
            sources=[
                (speaker.term(one), self._frame.page_of(self._store, one))
                for one in subjects(self._store, RDF_TYPE, ol_term("Source"))
            ],
            begin=[
                (speaker.term(one), self._frame.page_of(self._store, one))
                for one in self.found(self._frame.content.pages.get("begin", {}).get("search", ""))[:MAX_SUGGESTIONS]
            ],
        )

    def about(self) -> str | None:
        """Return the page for the people whom the graph speaks of, None if the content has none."""
        told = self._frame.speaker(self._store).about(self._frame.content.about)
        return self._frame.render("about.html", **told) if told else None

    def search(self, typed: str) -> str:
        """Return the page of what is called as somebody `typed`."""
        title = self._frame.speaker(self._store).word("search_everywhere")
        found = self._hits(typed, MAX_HITS)
        forms = [(form, self._frame.here(format=form)) for form in TABLE_TYPES]
        return self._frame.render("search.html", title=title, typed=typed, found=found, most=MAX_HITS, forms=forms)

    def suggestions(self, typed: str) -> str:
        """Return the first of what is called as somebody `typed`, as JSON: what to call it, its kinds, its page."""
        return json.dumps({"found": self._hits(typed, MAX_SUGGESTIONS)}, ensure_ascii=False)

    def _hits(self, typed: str, most: int) -> list[dict[str, Any]]:
        speaker = self._frame.speaker(self._store)
        return [
            {
                "label": speaker.term(one),
                "kinds": [speaker.term(kind) for kind in self.kinds(one)],
                "address": self._frame.page_of(self._store, one),
            }
            for one in self.found(typed, most)
        ]

    def found(self, typed: str, most: int = MAX_HITS) -> list[ox.NamedNode]:
        """Return what is called as somebody `typed`, the nearest first."""
        if not typed or self._index is None:
            return []
        return [ox.NamedNode(iri) for iri in self._index.search(typed, most)]

    def questions(self) -> str:
        """Return the page of all questions."""
        title = self._frame.speaker(self._store).word("questions")
        return self._frame.render("questions.html", title=title, themes=self._themes())

    def _themes(self) -> list[tuple[str, list[dict[str, Any]]]]:
        themes: dict[str, list[dict[str, Any]]] = {}
        speaker = self._frame.speaker(self._store)
        for one in self._questions.values():
            told = {"summary": speaker.summary(one.summary), "address": self._address(one), "needs": one.needs_values}
            themes.setdefault(speaker.theme(one.theme), []).append(told)
        return sorted(themes.items())

    def _address(self, question: QueryFile, **values: str) -> str:
        return self._frame.link(f"/ask/{question.theme}/{question.name}", **values)

    def question(self, name: str, values: Mapping[str, str]) -> str:
        """Return the page of one question: what it is asked of, and its answer once that is given.

        Raises CannotRun for a question that is not there.
        """
        question = self._questions.get(name) or find_question(self._frame.content, name)
        speaker = self._frame.speaker(self._store)
        answered, wrong = None, None
        given = {name: text for name, text in values.items() if text.strip()}
        if not any(one.required and one.name not in given for one in question.parameters):
            try:
                answered = self._answered(question, given)
            except CannotRun as error:
                names = _parameter_names(question, speaker, values)
                wrong = speaker.told(message_of(error), names)
        return self._frame.render(
            "question.html",
            title=speaker.summary(question.summary),
            asked=[
                {
                    "name": one.name,
                    "words": speaker.summary(one.words),
                    "value": values.get(one.name, ""),
                    "required": one.required,
                    "is_day": one.kind == DAY_TYPE,
                }
                for one in question.parameters
            ],
            answered=answered,
            wrong=wrong,
            forms=[(form, self._frame.here(format=form)) for form in (*TABLE_TYPES, "json")],
            text=question.text,
            edit=self._frame.link("/sparql", example=f"{question.theme}/{question.name}"),
        )

    def _answered(self, question: QueryFile, values: Mapping[str, str], **shown: Any) -> dict[str, Any]:
        answer, store = self.answer(question, values)
        return answer_table_data(answer, store, self._frame, **shown)

    def answer(self, question: QueryFile, values: Mapping[str, str]) -> tuple[Answer, ox.Store]:
        """Return the answer to `question` asked of `values`, and the store that it speaks of."""
        store, graphs = self._session.place_of(question)
        meant = resolve_parameters(store, question, self._frame.content, values, self._frame.lang)
        answer = ask(store, question, meant, moment=self._frame.moment, graphs=graphs)
        return self._session.completed(answer), store

    def thing(self, node: ox.NamedNode) -> str | None:
        """Return the page of `node`, None if nothing is said of it."""
        if next(iter(self._store.quads_for_pattern(node, None, None, None)), None) is None:
            return None
        card = ThingFacts(self._store, self._frame).of(node)
        kinds = {kind.value for kind in self.kinds(node)}
        data = thing_address(node.value, self._frame.base, "data")
        return self._frame.render(
            "thing.html",
            **card,
            sections=list(self._sections(node, kinds)),
            others=list(self._others(node, kinds)),
            forms=[
                *((form, self._frame.here(format=form)) for form in TABLE_TYPES),
                *((name, with_query(data, {"format": name})) for name in GRAPH_TYPES),
            ],
            explore=self._frame.link(thing_address(node.value, self._frame.base, "explore")),
            chart=self._frame.link(thing_address(node.value, self._frame.base, "chart")) if kinds & CHARTED else None,
        )

    def kinds(self, node: ox.NamedNode) -> list[ox.NamedNode]:
        """Return the classes of `node`."""
        found = (quad.object for quad in self._store.quads_for_pattern(node, RDF_TYPE, None))
        return sorted((one for one in found if isinstance(one, ox.NamedNode)), key=str)

    def _chosen(self, kinds: Iterable[str]) -> list[str]:
        """Return the questions that the pages of things of `kinds` show, in their order."""
        expand = self._frame.content.expand
        known = self._frame.content.pages.get("page", [])
        pages = [page for page in known if {expand(one) for one in page["classes"]} & set(kinds)]
        return list(dict.fromkeys(name for page in pages for name in page["questions"]))

    def _sections(self, node: ox.NamedNode, kinds: set[str]) -> Iterator[dict[str, Any]]:
        """Yield the answers about `node` that its page shows; those that state nothing are left out."""
        speaker = self._frame.speaker(self._store)
        for question, parameter, answer, store in self.answers_about(node, kinds):
            answered = answer_table_data(answer, store, self._frame, most=SECTION_ROWS, of=node)
            address = self._address(question, **{parameter: node.value})
            yield {"title": speaker.summary(question.summary), "address": address, "answered": answered}

    def answers_about(
        self, node: ox.NamedNode, kinds: set[str] | None = None
    ) -> Iterator[tuple[QueryFile, str, Answer, ox.Store]]:
        """Yield the questions that the page of `node` asks, by which parameter, each with its answer.

        Those that state nothing are left out.
        """
        for question, parameter in self.questions_about(node, kinds):
            answer, store = self.answer(question, {parameter: node.value})
            if answer.answer != NOT_STATED:
                yield question, parameter, answer, store

    def questions_about(self, node: ox.NamedNode, kinds: set[str] | None = None) -> Iterator[tuple[QueryFile, str]]:
        """Yield the questions that the page of `node` asks, and by which parameter."""
        kinds = kinds or {kind.value for kind in self.kinds(node)}
        for name in self._chosen(kinds):
            question = self._questions.get(name)
            parameter = self._parameter(question, kinds) if question else None
            if question is not None and parameter is not None:
                yield question, parameter

    def _others(self, node: ox.NamedNode, kinds: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the other questions that can be asked of `node`, with where they are answered."""
        speaker, shown = self._frame.speaker(self._store), set(self._chosen(kinds))
        for question in self._questions.values():
            parameter = self._parameter(question, kinds)
            if parameter and f"{question.theme}/{question.name}" not in shown:
                yield speaker.summary(question.summary), self._address(question, **{parameter: node.value})

    def _parameter(self, question: QueryFile, kinds: set[str]) -> str | None:
        """Return the one parameter by which `question` can be asked of things of `kinds`, None if there is none."""
        expand = self._frame.content.expand
        fitting = [one.name for one in question.parameters if {expand(kind) for kind in one.kind.split()} & kinds]
        needed = {one.name for one in question.parameters if one.required}
        return fitting[0] if len(fitting) == 1 and needed <= {fitting[0]} else None


def _parameter_names(question: QueryFile, speaker: Speaker, values: Iterable[str]) -> dict[str, str]:
    """Return what sentences call the parameters of `question`, and others that were given, on a page."""
    own = {one.option: speaker.summary(one.words) for one in question.parameters}
    return {**{f"--{name}": name for name in values}, **own, ", ".join(own): ", ".join(own.values())}
