"""The explore page of a thing: its neighbours as a list that needs no script, and as JSON for the script that draws."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox

from orgline.content import ExploreConfig
from orgline.graph import STATED, Speaker
from orgline.render.html.neighbours import MAX_COUNTED, MAX_OFFSET, Edge, NeighbourBatch, NeighbourSearch
from orgline.render.html.page_context import PageContext, thing_address
from orgline.render.html.style import read_style
from orgline.render.html.templates import data_script, page_words
from orgline.render.view.text_alternative import is_reversed, locator_text
from orgline.text import HELD

# The most things drawn at once: a browser lays out more too slowly.
MAX_NEIGHBOURS = 300
# The most claims of a line, and the most sources, that are shown with it.
MAX_CLAIMS, MAX_SOURCES = 4, 4


class ExplorePage:
    """Shows the neighbours of things of `store`, which must not change meanwhile, in the language of `context`."""

    def __init__(self, store: ox.Store, context: PageContext) -> None:
        self._store, self._context, self._config = store, context, ExploreConfig(context.content)
        self._search = NeighbourSearch(store, context, self._config)
        self._speaker, self._style = self._search.speaker, read_style(context.content)

    def page(self, node: ox.NamedNode, after: int) -> str | None:
        """Return the page of `node`, with the neighbours after the first `after`.

        None if the graph has no statements about `node`.
        """
        if not self._exists(node):
            return None
        batch = self._search.around(node, after)
        values = self._batch_values(batch)
        words = page_words(self._context.content)[self._context.lang]
        has_next = batch.more and batch.after < MAX_OFFSET
        return self._context.render(
            "explore.html",
            title=self._search.name(node),
            page=self._context.page_of(self._store, node),
            groups=self._groups(node, values),
            more_text=values["left"],
            next_page=self._context.here(after=str(batch.after)) if has_next else None,
            not_held=batch.not_held,
            legend=box_legend(self._context, self._speaker),
            data=data_script(
                {
                    "start": values,
                    "most": MAX_NEIGHBOURS,
                    "style": {part: self._style[part] for part in ("page", "kinds", "marks")},
                    "words": {key: text for key, text in words.items() if key.startswith("explore_")},
                }
            ),
        )

    def neighbours(self, node: ox.NamedNode, after: int) -> str | None:
        """Return the neighbours of `node` as JSON, as `page` does."""
        if not self._exists(node):
            return None
        return json.dumps(self._batch_values(self._search.around(node, after)), ensure_ascii=False)

    def _exists(self, node: ox.NamedNode) -> bool:
        return next(iter(self._store.quads_for_pattern(node, None, None, None)), None) is not None

    def _batch_values(self, batch: NeighbourBatch) -> dict[str, Any]:
        """Return a batch of neighbours as explore.js reads it."""
        ends = dict.fromkeys([batch.node, *(end for edge in batch.edges for end in (edge.start, edge.end))])
        return {
            "id": batch.node.value,
            "nodes": [self._box(end) for end in ends],
            "edges": [self._line(edge) for edge in batch.edges],
            "more": batch.more if batch.after < MAX_OFFSET else 0,
            "left": self._more_text(batch),
            "after": batch.after,
            "not_held": batch.not_held,
        }

    def _more_text(self, batch: NeighbourBatch) -> str:
        """Return in words how many more neighbours there are, empty if none."""
        if not batch.more:
            return ""
        number, is_exact = self._speaker.number(str(batch.more)), batch.more < MAX_COUNTED
        return self._speaker.word("explore_more").format(number if is_exact else f"{number}+")

    def _box(self, node: ox.NamedNode) -> dict[str, Any]:
        """Return a node as JSON for the explore page."""
        look, base = self._search.look(node), self._context.base
        legend = self._style["kinds"].get(look, {}).get("legend", {})
        return {
            "id": node.value,
            "label": self._search.name(node),
            "look": look,
            "kind": self._speaker.summary(legend),
            "page": self._context.page_of(self._store, node),
            "explore": self._context.link(thing_address(node.value, base, "explore")),
            "neighbours": self._context.link(thing_address(node.value, base, "neighbours"), format="json"),
        }

    def _line(self, edge: Edge) -> dict[str, Any]:
        """Return an edge as JSON for the explore page, with its status and sources."""
        look = self._style["lines"].get(edge.look, {})
        status = edge.status
        name = self._speaker.summary(look.get("legend", {})) or self._speaker.term(edge.name)
        details = ", ".join(self._speaker.term(term) for term in edge.details)
        return {
            "id": edge.id,
            "from": edge.start.value,
            "to": edge.end.value,
            "name": f"{name} ({details})" if details else name,
            "turned": is_reversed(look),
            "arrow": look.get("arrow", "to"),
            "colour": look.get("colour", self._style["page"]["muted"]),
            "width": look.get("width", 1.5),
            "dash": self._config.dashes.get(status.name if status else HELD, []),
            "status": self._speaker.status(status) if status and status.name != HELD else "",
            "mark": edge.mark,
            "certainty": "" if edge.mark == STATED else self._doubt_text(edge.mark),
            "sources": self._sources(edge),
        }

    def _doubt_text(self, mark: str) -> str:
        legend = self._style["marks"].get(mark, {}).get("legend", {})
        return self._speaker.summary(legend) or self._speaker.word(mark)

    def _sources(self, edge: Edge) -> list[dict[str, str | None]]:
        """Return the first sources of a line, each once with its lines."""
        words = self._context.content.words[self._context.lang]
        cited = [item for claim in edge.claims[:MAX_CLAIMS] for item in self._search.book.of(claim).lines.items()]
        return [
            {
                "name": self._speaker.term(source),
                "lines": locator_text(lines, words),
                "page": self._context.page_of(self._store, source),
            }
            for source, lines in list(dict.fromkeys(cited))[:MAX_SOURCES]
        ]

    def _groups(self, node: ox.NamedNode, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the lines of `node` by name and direction, each with the box at its other end."""
        boxes = {box["id"]: box for box in values["nodes"]}
        groups: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
        for line in values["edges"]:
            is_start = line["from"] == node.value
            own, neighbour = (boxes[line[end]] for end in (("from", "to") if is_start else ("to", "from")))
            key = (own["label"], line["name"], is_start != line["turned"])
            groups.setdefault(key, []).append({**line, "neighbour": neighbour})
        return [
            {"of": of, "name": name, "is_from": is_from, "lines": lines}
            for (of, name, is_from), lines in groups.items()
        ]


def box_legend(context: PageContext, speaker: Speaker) -> list[dict[str, str]]:
    """Return the looks of boxes in the order of the style; explore.js shows those that are drawn."""
    looks = read_style(context.content)["kinds"].items()
    return [{**look, "key": key, "legend": speaker.summary(look["legend"])} for key, look in looks]
