"""Draw: each view of the content becomes pages that show it as a picture and say it as an outline."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from markupsafe import Markup

from orgline.content import Content
from orgline.daily import of_day
from orgline.evidence import EvidenceBook
from orgline.layout import Layout, Placed, in_groups, lay_out, measures
from orgline.outline import outline, relations
from orgline.picture import Box, Page, Painter, Picture, Values, pages_of
from orgline.query import Query, read_queries
from orgline.say import Speaker
from orgline.template import Needed, asset, by_key, data_script, page_words, render, style_of, write
from orgline.when import Moment

GROUPS = "groups"
_LIBRARY = "lib/vis-9.1.2/vis-network.min.js"


def draw(store: ox.Store, content: Content, folder: Path) -> list[Path]:
    """Write the pages of all views of `content` into `folder`/views; return their paths.

    Raises ContentError when a view is no sound question, or it, the style or the words lack what a page needs;
    CannotRun when there is no file of style.
    """
    style, words = style_of(content), page_words(content)
    painter = Painter(store, {lang: Speaker(store, lang, words) for lang in words})
    return [
        write(folder / "views" / page.file, _page(painter.picture(page), page.view, style, words))
        for page in pages_of(store, read_queries(content.views, content))
    ]


def draw_view(
    store: ox.Store, content: Content, view: Query, folder: Path, *, moment: Moment, values: Values | None = None
) -> list[Path]:
    """Write the pages of one `view` as of the day of `moment` into `folder`, asked of `values`; return their paths.

    Raises as `draw` does.
    """
    style, words = style_of(content), page_words(content)
    speakers = {lang: Speaker(store, lang, words) for lang in words}
    painter, book = Painter(store, speakers), EvidenceBook(store)
    dated = replace(view, summary={lang: _of_day(view, one, moment, values) for lang, one in speakers.items()})
    pages = [
        page if view.needs_values else replace(page, said=of_day(page.said, book, moment.ordinal, speakers))
        for page in pages_of(store, [dated], values)
    ]
    return [write(folder / page.file, _page(painter.picture(page), page.view, style, words)) for page in pages]


def pictures_of(store: ox.Store, content: Content, moment: Moment) -> Iterator[tuple[Page, Picture]]:
    """Yield the pages of all views of `content` as of a day, each with its picture. Raises as `draw`."""
    words = page_words(content)
    speakers = {lang: Speaker(store, lang, words) for lang in words}
    painter, book = Painter(store, speakers), EvidenceBook(store)
    for page in pages_of(store, read_queries(content.views, content)):
        dated = replace(page, said=of_day(page.said, book, moment.ordinal, speakers))
        yield dated, painter.picture(dated)


def _of_day(view: Query, speaker: Speaker, moment: Moment, values: Values | None) -> str:
    """Return the title of a view, and the day, or the days, that it is asked of."""
    days = [one.value for given in (values or {}).values() for one in given if isinstance(one, ox.Literal)]
    asked = " – ".join(map(speaker.date, days)) or speaker.word("as_of").format(speaker.date(moment.day.isoformat()))
    return f"{speaker.summary(view.summary)} ({asked[:1].lower()}{asked[1:]})"


def _page(picture: Picture, view: Query, style: Mapping[str, Any], words: Mapping[str, Needed]) -> str:
    look = style.get("views", {}).get(view.name, {})
    grouped = look.get("layout") == GROUPS
    layouts = {
        lang: in_groups(picture, look, lang) if grouped else lay_out(picture, style, look, lang) for lang in words
    }
    layout = next(iter(layouts.values()))
    network = _network(picture, layouts, style)
    data = {
        "nodes": network.nodes,
        "edges": network.edges,
        "facts": picture.facts,
        "names": picture.names,
        "sizes": {lang: [one.width, one.height] for lang, one in layouts.items()},
        "panels": {lang: one.panels for lang, one in layouts.items()},
        "down": look.get("direction") == "down",
        "grouped": grouped,
        "measures": measures(look),
        "style": {key: style[key] for key in ("page", "kinds", "lines", "forms", "marks")},
        "words": words,
    }
    return render(
        "view.html",
        title=picture.title,
        how=view.header.get("how") or {},
        words=by_key(words),
        languages={lang: words[lang]["language_name"] for lang in words},
        look=style["page"],
        legend=_legend(picture, style),
        outline=outline(picture, layout, style, look, words, grouped=grouped),
        relations=relations(picture, style, words),
        grouped=grouped,
        data=data_script(data),
        library=_library(),
        style=asset("page.css"),
        script=asset("view.js"),
    )


@lru_cache(maxsize=1)
def _library() -> Markup:
    """Return the script of vis-network that pyvis carries."""
    text = (importlib.resources.files("pyvis") / "templates" / _LIBRARY).read_text(encoding="utf-8")
    return Markup(text.replace("</script", "<\\/script"))  # noqa: S704 the packaged library


def _network(picture: Picture, layouts: Mapping[str, Layout], style: Mapping[str, Any]) -> Any:
    """Return the picture as pyvis keeps it: nodes and edges as vis-network reads them."""
    from pyvis.network import Network

    network = Network(directed=True)
    for name, box in picture.boxes.items():
        places = {lang: layout.placed[name] for lang, layout in layouts.items()}
        network.add_node(name, label=next(iter(box.title.values())), **_node(box, places))
    parents = next(iter(layouts.values())).parents
    for line in picture.lines:
        colour = style["lines"].get(line.kind, {}).get("colour", style["page"]["muted"])
        own = {"id": line.id, "kind": line.kind, "mark": line.mark, "about": line.about}
        tree = parents.get(line.end) == line.start
        network.add_edge(line.start, line.end, **own, tree=tree, color=colour)
    return network


def _node(box: Box, places: Mapping[str, Placed]) -> dict[str, Any]:
    return {
        "shape": "custom",
        "at": {
            lang: [round(side, 1) for side in (one.x, one.y, one.width, one.height)] for lang, one in places.items()
        },
        "kind": box.kind,
        "form": box.form,
        "mark": box.mark,
        "about": box.about,
        "names": box.title,
        "row": bool(box.within),
        "within": box.within,
        "small": box.subtitle,
        "lines": {lang: list(one.lines) for lang, one in places.items()},
        "groups": box.groups,
    }


def _legend(picture: Picture, style: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the looks that this picture uses, in the order of the style file."""
    boxes, lines = picture.boxes.values(), picture.lines
    used: dict[str, set[str]] = {
        "kinds": {box.kind for box in boxes},
        "forms": {box.form for box in boxes},
        "lines": {line.kind for line in lines},
        "marks": {box.mark for box in boxes} | {line.mark for line in lines},
    }
    return {part: [{**look, "key": key} for key, look in style[part].items() if key in used[part]] for part in used}
