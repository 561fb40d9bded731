"""Exploring: the neighbours of a thing as words: on a page that needs no script, and as JSON for the one that draws."""

from __future__ import annotations

import json
from typing import Any

import pyoxigraph as ox

from orgline.content import ExploreConfig
from orgline.graph import STATED, Speaker
from orgline.render.html.neighbours import MAX_COUNTED, MAX_OFFSET, Edge, NeighbourBatch, NeighbourSearch
from orgline.render.html.page_context import PageContext, thing_address
from orgline.render.html.templates import data_script, page_words, read_style
from orgline.render.view.text_alternative import locator_text
from orgline.text import HELD

MAX_NEIGHBOURS = 300


class ExplorePage:
    """Tells of what stands around things of `store`, in the `frame` of whoever asks."""

    def __init__(self, store: ox.Store, frame: PageContext) -> None:
        """Read from `store`, which must not change meanwhile."""
        self._store, self._frame, self._ways = store, frame, ExploreConfig(frame.content)
        self._near = NeighbourSearch(store, frame, self._ways)
        self._speaker, self._style = self._near.speaker, read_style(frame.content)

    def page(self, node: ox.NamedNode, after: int) -> str | None:
        """Return the page that begins at `node`; None if nothing is said of it."""
        if not self._is_there(node):
            return None
        around = self._near.around(node, after)
        title = self._near.name(node)
        told = self._batch_data(around)
        own = page_words(self._frame.content)[self._frame.lang]
        following = self._frame.here(after=str(around.after)) if around.more and around.after < MAX_OFFSET else None
        return self._frame.render(
            "explore.html",
            title=title,
            page=self._frame.page_of(self._store, node),
            groups=self._groups(node, told),
            left=told["left"],
            following=following,
            not_held=around.not_held,
            legend=box_legend(self._frame, self._speaker),
            data=data_script(
                {
                    "start": told,
                    "most": MAX_NEIGHBOURS,
                    "style": {part: self._style[part] for part in ("page", "kinds", "marks")},
                    "words": {key: text for key, text in own.items() if key.startswith("explore_")},
                }
            ),
        )

    def neighbours(self, node: ox.NamedNode, after: int) -> str | None:
        """Return the neighbours of `node` as JSON; None if nothing is said of it."""
        if not self._is_there(node):
            return None
        return json.dumps(self._batch_data(self._near.around(node, after)), ensure_ascii=False)

    def _is_there(self, node: ox.NamedNode) -> bool:
        return next(iter(self._store.quads_for_pattern(node, None, None, None)), None) is not None

    def _batch_data(self, around: NeighbourBatch) -> dict[str, Any]:
        """Return what stands around a thing, as the page that draws reads it."""
        ends = dict.fromkeys([around.node, *(one for link in around.links for one in (link.start, link.end))])
        return {
            "id": around.node.value,
            "nodes": [self._box(one) for one in ends],
            "edges": [self._line(one) for one in around.links],
            "more": around.more if around.after < MAX_OFFSET else 0,
            "left": self._more_text(around),
            "after": around.after,
            "not_held": around.not_held,
        }

    def _more_text(self, around: NeighbourBatch) -> str:
        """Return in words how many more there are, empty if there is none."""
        if not around.more:
            return ""
        count, is_all = self._speaker.number(str(around.more)), around.more < MAX_COUNTED
        return self._speaker.word("explore_more").format(count if is_all else f"{count}+")

    def _box(self, node: ox.NamedNode) -> dict[str, Any]:
        look, base = self._near.look(node), self._frame.base
        legend = self._style["kinds"].get(look, {}).get("legend", {})
        return {
            "id": node.value,
            "label": self._near.name(node),
            "look": look,
            "kind": self._speaker.summary(legend),
            "page": self._frame.page_of(self._store, node),
            "explore": self._frame.link(thing_address(node.value, base, "explore")),
            "neighbours": self._frame.link(thing_address(node.value, base, "neighbours"), format="json"),
        }

    def _line(self, link: Edge) -> dict[str, Any]:
        look = self._style["lines"].get(link.look, {})
        status = link.status
        name = self._speaker.summary(look.get("legend", {})) or self._speaker.term(link.name)
        said = ", ".join(self._speaker.term(one) for one in link.said)
        return {
            "id": link.id,
            "from": link.start.value,
            "to": link.end.value,
            "name": f"{name} ({said})" if said else name,
            "turned": bool(look.get("turned", look.get("arrow") == "from")),
            "arrow": look.get("arrow", "to"),
            "colour": look.get("colour", self._style["page"]["muted"]),
            "width": look.get("width", 1.5),
            "dash": self._ways.dashes.get(status.name if status else HELD, []),
            "status": self._speaker.status(status) if status and status.name != HELD else "",
            "mark": link.mark,
            "certainty": "" if link.mark == STATED else self._doubt_text(link.mark),
            "sources": self._sources(link),
        }

    def _doubt_text(self, mark: str) -> str:
        legend = self._style["marks"].get(mark, {}).get("legend", {})
        return self._speaker.summary(legend) or self._speaker.word(mark)

    def _sources(self, link: Edge) -> list[dict[str, str | None]]:
        """Return who says so, each source with its lines once, at most a few."""
        words = self._frame.content.words[self._frame.lang]
        said = [one for claim in link.claims[:4] for one in self._near.book.of(claim).lines.items()]
        return [
            {
                "name": self._speaker.term(source),
                "lines": locator_text(lines, words),
                "page": self._frame.page_of(self._store, source),
            }
            for source, lines in list(dict.fromkeys(said))[:4]
        ]

    def _groups(self, node: ox.NamedNode, told: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the lines of `node` by what they say, each with the thing at its other end."""
        boxes = {one["id"]: one for one in told["nodes"]}
        found: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
        for line in told["edges"]:
            is_start = line["from"] == node.value
            own, other = (boxes[line[end]] for end in (("from", "to") if is_start else ("to", "from")))
            key = (own["label"], line["name"], is_start != line["turned"])
            found.setdefault(key, []).append({**line, "other": other})
        return [
            {"of": of, "name": name, "is_from": is_from, "lines": lines} for (of, name, is_from), lines in found.items()
        ]


def box_legend(frame: PageContext, speaker: Speaker) -> list[dict[str, str]]:
    """Return the looks of boxes that content has, in its order; the script shows those that are drawn."""
    looks = read_style(frame.content)["kinds"].items()
    return [{**look, "look": key, "legend": speaker.summary(look["legend"])} for key, look in looks]
