"""Session: a build opened to be asked, as of a day, and as known on a day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from orgline.answers.answer import Answer
from orgline.content import (
    COLUMNS_FOLDER,
    DAY_GRAPHS_FOLDER,
    INFERRED_FILE,
    SOURCE_QUADS_FILE,
    Content,
    QueryFile,
    read_query_files,
)
from orgline.graph import copy_to_memory, open_build
from orgline.text import CannotRun, Moment

if TYPE_CHECKING:
    from orgline.answers.chains import Chains
    from orgline.hierarchy import ArrayHierarchy

Graphs = list[ox.NamedNode | ox.DefaultGraph]


class OpenedBuild:
    """The build at `out` as it is asked at a `moment`; nothing is opened or made before it is needed."""

    def __init__(
        self, out: Path, content: Content, moment: Moment, *, many: bool = False, held: ox.Store | None = None
    ) -> None:
        """Open the build; a small one in memory if `many` questions will be asked. Raises CannotRun without one.

        `held` is the build in memory where others use it too, so that it stays as it is.
        """
        self._out, self._content, self.moment = out, content, moment
        self.undated: list[ox.NamedNode] = []
        opened = held or open_build(out)
        self.store = copy_to_memory(opened) if many and not held else opened
        self._is_held, self._is_copied = held is not None, self.store is not opened
        if moment.known_on is not None:
            self.store = self._known_on_store()

    def _known_on_store(self) -> ox.Store:
        from orgline.graph import infer, run_checks
        from orgline.hierarchy import store_known_on

        assert self.moment.known_on is not None
        inferred = (quad.triple for quad in self._kept(INFERRED_FILE, ox.RdfFormat.N_TRIPLES))
        said = self._kept(SOURCE_QUADS_FILE, ox.RdfFormat.N_QUADS)
        store, self.undated = store_known_on(self.store, inferred, said, self.moment.known_on)
        infer(store, self._content)
        run_checks(store, self._content)
        return store

    def _kept(self, name: str, form: ox.RdfFormat) -> Iterator[ox.Quad]:
        """Return what the build keeps in the file `name`."""
        path = self._out / name
        if not path.is_file():
            raise CannotRun(f'{path}: is not there. Run "orgline build" again.')
        return iter(ox.parse(path=str(path), format=form))

    @cached_property
    def hierarchy(self) -> ArrayHierarchy:
        """The lines and tenures, to be searched."""
        from orgline.hierarchy import ArrayHierarchy, read_relations, relations_of

        if self.moment.known_on is None and (self._out / COLUMNS_FOLDER).is_dir():
            return ArrayHierarchy(read_relations(self._out / COLUMNS_FOLDER))
        return ArrayHierarchy(relations_of(self.store))

    @cached_property
    def superior_types(self) -> list[str]:
        """The types of line whose upper end is a superior."""
        from orgline.hierarchy import superior_types

        return superior_types(self.store)

    @cached_property
    def dataset(self) -> tuple[ox.Store, Graphs]:
        """The facts and the shortcuts of the day, merged."""
        from orgline.hierarchy import cached_day_dataset, open_day_dataset

        folder = self._out.resolve() / DAY_GRAPHS_FOLDER
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

    def place_of(self, question: QueryFile) -> tuple[ox.Store, Graphs | None]:
        """Return what `question` is to be asked of: the dataset of the day if it needs that, else the facts."""
        return self.dataset if question.depends_on_day else (self.store, None)

    def chains(self) -> Chains:
        """Return what searches the chains of the day."""
        from orgline.answers.chains import Chains

        rules = {rule.name: rule.summary for rule in read_query_files(self._content.rules, self._content)}
        return Chains(self.store, self.hierarchy, self.superior_types, self.moment, self._content.words, rules)

    def completed(self, answer: Answer) -> Answer:
        """Return `answer` with the sources that could not be placed in time."""
        return replace(answer, undated=tuple(self.undated))
