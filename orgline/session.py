"""Session: a build opened to be asked, as of a day, and as known on a day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from orgline.answer import Answer
from orgline.content import Content
from orgline.errors import CannotRun
from orgline.place import COLUMNS, DATASETS, INFERRED, SAID
from orgline.query import Query, read_queries
from orgline.store import in_memory, open_build
from orgline.when import Moment

if TYPE_CHECKING:
    from orgline.chain import Chains
    from orgline.hierarchy import Hierarchy

Graphs = list[ox.NamedNode | ox.DefaultGraph]


class Session:
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
        self.store = in_memory(opened) if many and not held else opened
        self._is_held, self._is_copied = held is not None, self.store is not opened
        if moment.known_on is not None:
            self.store = self._as_known()

    def _as_known(self) -> ox.Store:
        from orgline.check import look
        from orgline.infer import infer
        from orgline.known import known_by

        assert self.moment.known_on is not None
        inferred = (quad.triple for quad in self._kept(INFERRED, ox.RdfFormat.N_TRIPLES))
        said = self._kept(SAID, ox.RdfFormat.N_QUADS)
        store, self.undated = known_by(self.store, inferred, said, self.moment.known_on)
        infer(store, self._content)
        look(store, self._content)
        return store

    def _kept(self, name: str, form: ox.RdfFormat) -> Iterator[ox.Quad]:
        """Return what the build keeps in the file `name`."""
        path = self._out / name
        if not path.is_file():
            raise CannotRun(f'{path}: is not there. Run "orgline build" again.')
        return iter(ox.parse(path=str(path), format=form))

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The lines and tenures, to be searched."""
        from orgline.hierarchy import Hierarchy
        from orgline.relations import read_relations, relations_of

        if self.moment.known_on is None and (self._out / COLUMNS).is_dir():
            return Hierarchy(read_relations(self._out / COLUMNS))
        return Hierarchy(relations_of(self.store))

    @cached_property
    def superior_types(self) -> list[str]:
        """The types of line whose upper end is a superior."""
        from orgline.dataset import superior_types

        return superior_types(self.store)

    @cached_property
    def dataset(self) -> tuple[ox.Store, Graphs]:
        """The facts and the shortcuts of the day, merged."""
        from orgline.dataset import dataset_of, kept_dataset

        folder = self._out.resolve() / DATASETS
        if self._is_held and self.moment.known_on is None:
            return dataset_of(in_memory(self.store), self.hierarchy, self.moment.day)
        if self.moment.known_on is not None or self._is_copied:
            return dataset_of(self.store, self.hierarchy, self.moment.day)
        if os.access(folder.parent, os.W_OK):
            kept = kept_dataset(self.moment.day, folder)
            return kept or dataset_of(self.store, self.hierarchy, self.moment.day, folder)
        copy = in_memory(self.store)
        if copy is self.store:
            raise CannotRun(f"{folder}: cannot be made. Give --out a build in a folder you may write in.")
        return dataset_of(copy, self.hierarchy, self.moment.day)

    def place_of(self, question: Query) -> tuple[ox.Store, Graphs | None]:
        """Return what `question` is to be asked of: the dataset of the day if it needs that, else the facts."""
        return self.dataset if question.is_of_a_day else (self.store, None)

    def chains(self) -> Chains:
        """Return what searches the chains of the day."""
        from orgline.chain import Chains

        rules = {rule.name: rule.summary for rule in read_queries(self._content.rules, self._content)}
        return Chains(self.store, self.hierarchy, self.superior_types, self.moment, self._content.words, rules)

    def completed(self, answer: Answer) -> Answer:
        """Return `answer` with the sources that could not be placed in time."""
        return replace(answer, undated=tuple(self.undated))
