"""A build opened at a moment: the one object from which commands, pages, tools and programs get their answers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from orgline.content import (
    COLUMNS_FOLDER,
    DAY_GRAPHS_FOLDER,
    INFERRED_FILE,
    NAME_INDEX_FILE,
    SOURCE_QUADS_FILE,
    Content,
    Parameter,
    QueryFile,
    read_query_files,
)
from orgline.graph import EvidenceBook, Speaker, copy_to_memory, open_store
from orgline.text import CannotRun, Moment

if TYPE_CHECKING:
    from orgline.answers.answer import Answer
    from orgline.answers.chains import Chains
    from orgline.graph import NameChange, NameIndex
    from orgline.hierarchy import ArrayHierarchy

Graphs = list[ox.NamedNode | ox.DefaultGraph]
MAX_OPENED_BUILDS = 4  # moments kept open: each may hold a copy of a small graph in memory


class OpenedBuild:
    """The build in `folder`, asked with `content` at `moment`. What is not needed is not opened, read or made.

    `store` holds the facts known at the moment. `undated` are the sources without a date of publication, which a
    moment with `known_on` leaves out because it cannot place them.
    """

    def __init__(
        self,
        folder: Path,
        content: Content,
        moment: Moment,
        *,
        many: bool = False,
        held: ox.Store | None = None,
    ) -> None:
        """Open the store. Raises CannotRun when the folder holds no build.

        With `many`, a small build is copied to memory, which pays for a process that asks more than ten questions.
        `held` is the build in memory, shared with others, so that it is never changed.
        """
        self.folder, self.content, self.moment = folder, content, moment
        self.undated: list[ox.NamedNode] = []
        opened = held or open_store(folder)
        self.store = copy_to_memory(opened) if many and not held else opened
        self._is_held, self._is_copied = held is not None, self.store is not opened
        if moment.known_on is not None:
            self.store = self._known_on_store()

    def _known_on_store(self) -> ox.Store:
        """Return the facts without sources published after the day of `known_on`, with rules and checks run anew."""
        from orgline.graph import infer, run_checks
        from orgline.hierarchy import store_known_on

        assert self.moment.known_on is not None
        inferred = (quad.triple for quad in self._quads_kept(INFERRED_FILE, ox.RdfFormat.N_TRIPLES))
        by_source = self._quads_kept(SOURCE_QUADS_FILE, ox.RdfFormat.N_QUADS)
        store, self.undated = store_known_on(self.store, inferred, by_source, self.moment.known_on)
        infer(store, self.content)
        run_checks(store, self.content)
        return store

    def _quads_kept(self, name: str, form: ox.RdfFormat) -> Iterator[ox.Quad]:
        """Return the quads in the file `name` of the build. Raises CannotRun when it is not there."""
        path = self.folder / name
        if not path.is_file():
            raise CannotRun(f'{path}: is not there. Run "orgline build" again.')
        return iter(ox.parse(path=str(path), format=form))

    @cached_property
    def hierarchy(self) -> ArrayHierarchy:
        """The lines, tenures and posts in memory, read from the build's columns where these are of the moment."""
        from orgline.hierarchy import ArrayHierarchy, read_relations, relations_of

        if self.moment.known_on is None and (self.folder / COLUMNS_FOLDER).is_dir():
            return ArrayHierarchy(read_relations(self.folder / COLUMNS_FOLDER))
        return ArrayHierarchy(relations_of(self.store))

    @cached_property
    def superior_types(self) -> list[str]:
        """The types of line whose upper end is a superior, sorted."""
        from orgline.hierarchy import superior_types

        return superior_types(self.store)

    @cached_property
    def dataset(self) -> tuple[ox.Store, Graphs]:
        """The facts and the graph of the day: a store, and the graphs of it that are the default graph of a query."""
        from orgline.hierarchy import cached_day_dataset, open_day_dataset

        folder = self.folder.resolve() / DAY_GRAPHS_FOLDER
        if self._is_held and self.moment.known_on is None:
            return open_day_dataset(copy_to_memory(self.store), self.hierarchy, self.moment.day)
        if self.moment.known_on is not None or self._is_copied:
            return open_day_dataset(self.store, self.hierarchy, self.moment.day)
        if os.access(folder.parent, os.W_OK):
            kept = cached_day_dataset(self.moment.day, folder)
            return kept or open_day_dataset(self.store, self.hierarchy, self.moment.day, folder)
        copy = copy_to_memory(self.store)
        if copy is self.store:
            raise CannotRun(f"{folder}: cannot be made. Give --out a build in a folder you may write in.")
        return open_day_dataset(copy, self.hierarchy, self.moment.day)

    def dataset_for(self, question: QueryFile) -> tuple[ox.Store, Graphs | None]:
        """Return what `question` is asked of: the dataset of the day if it depends on one, else the facts."""
        return self.dataset if question.depends_on_day else (self.store, None)

    @cached_property
    def book(self) -> EvidenceBook:
        """The evidence of the statements in `store`."""
        return EvidenceBook(self.store)

    @cached_property
    def rules(self) -> Mapping[str, Mapping[str, str]]:
        """What each rule concludes, in words: by its name, then language."""
        return {rule.name: rule.summary for rule in read_query_files(self.content.rules, self.content)}

    @cached_property
    def index(self) -> NameIndex | None:
        """The index of names, for searching; None for a build without one."""
        from orgline.graph import NameIndex

        path = self.folder / NAME_INDEX_FILE
        return NameIndex.opened(path, self.content.abbreviations) if path.is_file() else None

    @cached_property
    def chains(self) -> Chains:
        """What answers questions about chains on the day: above, below, why, common."""
        from orgline.answers.chains import Chains

        return Chains(self.store, self.hierarchy, self.superior_types, self.moment, self.content.words, self.rules)

    def speaker(self, lang: str, store: ox.Store | None = None) -> Speaker:
        """Return a speaker of the things in `store` (this build's facts by default) in the language `lang`."""
        return Speaker(store or self.store, lang, self.content.words)

    def answer(self, question: QueryFile, typed: Mapping[str, str], lang: str) -> tuple[Answer, Speaker]:
        """Return the answer to `question`, and a speaker in `lang` for it.

        `typed` are the texts given for its parameters, by name: `lang` is the language in which names are looked up
        first. Raises CannotRun as `resolve_parameters` does.
        """
        from orgline.answers.asking import ask, resolve_parameters

        store, graphs = self.dataset_for(question)
        values = resolve_parameters(store, question, self.content, typed, lang)
        found = ask(store, question, values, moment=self.moment, graphs=graphs)
        return self.completed(found), self.speaker(lang, store)

    def chain(self, name: str, typed: Iterable[tuple[str, str]], line_type: str | None, lang: str) -> Answer:
        """Return the chain `name` ("above", "below", "why" or "common") of the things that were `typed`.

        Each of `typed` is the option it was given for, as messages call it, and a name of a thing. `line_type` is the
        name of a type of line, "all", or None for those that make a superior. Raises CannotRun for a name that fits
        nothing or several things, and for a type that does not exist.
        """
        types = self.chains.types(line_type)
        nodes, changes = self.things(typed, lang)
        found = self.chains.search(name, nodes, types)
        return self.completed(replace(found, through=tuple(dict.fromkeys((*changes, *found.through)))))

    def things(self, typed: Iterable[tuple[str, str]], lang: str) -> tuple[list[ox.NamedNode], list[NameChange]]:
        """Return the persons, posts, bodies or classes that were `typed`: see `chain`.

        With them come the changes through which one was found by a former name. Raises CannotRun for a name that fits
        nothing or several things.
        """
        from orgline.answers.chains import CHAIN_CLASSES
        from orgline.graph import ChosenValues

        chosen = ChosenValues(self.speaker(lang), self.content)
        nodes = []
        for option, text in typed:
            chosen.choose(Parameter(option, "", {}), CHAIN_CLASSES, text)
            node = chosen[option]
            assert isinstance(node, ox.NamedNode)
            nodes.append(node)
        return nodes, chosen.through

    def completed(self, answer: Answer) -> Answer:
        """Return `answer` with the sources that could not be placed in time."""
        return replace(answer, undated=tuple(self.undated))


class OpenedBuilds:
    """One build opened at the moments that are asked about, the MAX_OPENED_BUILDS used last kept open."""

    def __init__(self, folder: Path, content: Content, *, many: bool = False, held: ox.Store | None = None) -> None:
        """Open nothing yet; the arguments are those of `OpenedBuild`."""

        def open_at(moment: Moment) -> OpenedBuild:
            return OpenedBuild(folder, content, moment, many=many, held=held)

        self.at = lru_cache(MAX_OPENED_BUILDS)(open_at)
