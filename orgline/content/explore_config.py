"""Ways: how content has the graph explored: what is but a line between others, which properties are followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from orgline.content.tree import Content


@dataclass(frozen=True)
class EdgeClass:
    """What a class of things does: it joins what its `start` and `end` name."""

    kind: ox.NamedNode
    start: tuple[ox.NamedNode, ...]
    end: tuple[ox.NamedNode, ...]
    look: str
    style_property: ox.NamedNode | None
    said: tuple[ox.NamedNode, ...]


@dataclass(frozen=True)
class ExploreConfig:
    """What viz/explore.toml says, its names written whole; without it every property is followed."""

    content: Content

    @cached_property
    def edge_classes(self) -> list[EdgeClass]:
        """The things that are drawn as lines."""
        return [
            EdgeClass(
                kind=self._node(one["class"]),
                start=self._nodes(one["from"]),
                end=self._nodes(one["to"]),
                look=one.get("kind", ""),
                style_property=self._node(one["kind-of"]) if "kind-of" in one else None,
                said=self._nodes(one.get("said", ())),
            )
            for one in self.content.explore_settings.get("joins", ())
        ]

    @cached_property
    def properties(self) -> dict[ox.NamedNode, str]:
        """The properties that are followed, with the look of their lines."""
        return {self._node(name): look for name, look in self.content.explore_settings.get("properties", {}).items()}

    @cached_property
    def kinds(self) -> dict[ox.NamedNode, str]:
        """The look of each class of things."""
        return {self._node(name): look for name, look in self.content.explore_settings.get("kinds", {}).items()}

    @cached_property
    def name_properties(self) -> tuple[ox.NamedNode, ...]:
        """What a thing without a name is called by."""
        return self._nodes(self.content.explore_settings.get("called", ()))

    @cached_property
    def suffix_properties(self) -> tuple[ox.NamedNode, ...]:
        """What is said behind that: the first that there is."""
        return self._nodes(self.content.explore_settings.get("and", ()))

    @cached_property
    def style_path(self) -> tuple[ox.NamedNode, ox.NamedNode] | None:
        """By which property, and what of it is broader, the look of a thing is found."""
        found = self.content.explore_settings.get("kind-by")
        return (self._node(found["property"]), self._node(found["broader"])) if found else None

    @property
    def dashes(self) -> Mapping[str, list[int]]:
        """How the lines of each status are drawn."""
        found: Mapping[str, list[int]] = self.content.explore_settings.get("statuses", {})
        return found

    def _node(self, name: str) -> ox.NamedNode:
        return ox.NamedNode(self.content.expand(name))

    def _nodes(self, names: Iterable[str]) -> tuple[ox.NamedNode, ...]:
        return tuple(map(self._node, names))
