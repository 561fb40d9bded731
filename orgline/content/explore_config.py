"""Reads viz/explore.toml: which classes are drawn as edges and which properties are followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from orgline.content.tree import Content


@dataclass(frozen=True)
class EdgeClass:
    """A class whose instances are drawn as edges from the values of `start` to those of `end`.

    `look` is the key of its style, `style_property` the property whose value gives the style instead; `details` are the
    properties that the edge's details show.
    """

    kind: ox.NamedNode
    start: tuple[ox.NamedNode, ...]
    end: tuple[ox.NamedNode, ...]
    look: str
    style_property: ox.NamedNode | None
    details: tuple[ox.NamedNode, ...]


@dataclass(frozen=True)
class ExploreConfig:
    """The settings of viz/explore.toml with full IRIs; without the file every property is followed."""

    content: Content

    @cached_property
    def edge_classes(self) -> list[EdgeClass]:
        """The classes that are drawn as edges."""
        return [
            EdgeClass(
                kind=self._node(join["class"]),
                start=self._nodes(join["from"]),
                end=self._nodes(join["to"]),
                look=join.get("kind", ""),
                style_property=self._node(join["kind-of"]) if "kind-of" in join else None,
                details=self._nodes(join.get("said", ())),
            )
            for join in self.content.explore_settings.get("joins", ())
        ]

    @cached_property
    def properties(self) -> dict[ox.NamedNode, str]:
        """The properties that are followed, each with the style of its edges."""
        return {self._node(name): look for name, look in self.content.explore_settings.get("properties", {}).items()}

    @cached_property
    def kinds(self) -> dict[ox.NamedNode, str]:
        """The style of each class."""
        return {self._node(name): look for name, look in self.content.explore_settings.get("kinds", {}).items()}

    @cached_property
    def name_properties(self) -> tuple[ox.NamedNode, ...]:
        """The properties whose values name a thing without a label."""
        return self._nodes(self.content.explore_settings.get("called", ()))

    @cached_property
    def suffix_properties(self) -> tuple[ox.NamedNode, ...]:
        """The properties of which the first with a value follows that name."""
        return self._nodes(self.content.explore_settings.get("and", ()))

    @cached_property
    def style_path(self) -> tuple[ox.NamedNode, ox.NamedNode] | None:
        """The property whose value (a code) decides the style of a thing, and the property to a broader code."""
        path = self.content.explore_settings.get("kind-by")
        return (self._node(path["property"]), self._node(path["broader"])) if path else None

    @property
    def dashes(self) -> Mapping[str, list[int]]:
        """The dash pattern of edges by status: lengths of dash and gap, in pixels."""
        dashes: Mapping[str, list[int]] = self.content.explore_settings.get("statuses", {})
        return dashes

    def _node(self, name: str) -> ox.NamedNode:
        return ox.NamedNode(self.content.expand(name))

    def _nodes(self, names: Iterable[str]) -> tuple[ox.NamedNode, ...]:
        return tuple(map(self._node, names))
