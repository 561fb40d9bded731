"""Writes the pages of views: each shows a picture of the graph and its text alternative."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from markupsafe import Markup

from orgline.content import Content, QueryFile, read_query_files
from orgline.graph import EvidenceBook, Speaker
from orgline.render.html.static_files import vis_network_path
from orgline.render.html.style import read_style
from orgline.render.html.templates import (
    RequiredWords,
    data_script,
    page_words,
    render_page,
    template_text,
    words_by_key,
    write_page,
)
from orgline.render.view.picture import Picture, PictureBox
from orgline.render.view.picture_maker import PictureMaker
from orgline.render.view.text_alternative import picture_outline, picture_relations
from orgline.render.view.view_layout import Layout, MeasuredBox, lay_out, lay_out_groups, page_measures
from orgline.render.view.view_nodes import ParameterValues, ViewPage, list_pages
from orgline.render.view.view_of_day import restrict_to_day
from orgline.text import Moment, require_extra

# The layout of a view (in viz/style.toml) whose boxes are sorted into groups that the reader opens.
GROUPS = "groups"


def write_views(store: ox.Store, content: Content, folder: Path) -> list[Path]:
    """Write the pages of all views of `content` into `folder`/views; return their paths.

    Raises ContentError where a view, the style or the words of the pages have errors; CannotRun where the style file is
    missing or the extra `draw` is not installed.
    """
    style, words = read_style(content), page_words(content)
    maker = PictureMaker(store, {lang: Speaker(store, lang, words) for lang in words})
    return [
        write_page(folder / "views" / page.file, _page_html(maker.picture(page), page.view, style, words))
        for page in list_pages(store, read_query_files(content.views, content))
    ]


def write_view(
    store: ox.Store,
    content: Content,
    view: QueryFile,
    folder: Path,
    *,
    moment: Moment,
    values: ParameterValues | None = None,
) -> list[Path]:
    """Write the pages of one `view` on the day of `moment` into `folder`; return their paths.

    `values` are those of its parameters. A view with parameters handles days itself and is not restricted to one.

    Raises as `write_views` does.
    """
    style, words = read_style(content), page_words(content)
    speakers = {lang: Speaker(store, lang, words) for lang in words}
    maker, book = PictureMaker(store, speakers), EvidenceBook(store)
    titles = {lang: _dated_title(view, speaker, moment, values) for lang, speaker in speakers.items()}
    dated = replace(view, summary=titles)
    pages = [
        page if view.needs_values else replace(page, nodes=restrict_to_day(page.nodes, book, moment.ordinal, speakers))
        for page in list_pages(store, [dated], values)
    ]
    return [write_page(folder / page.file, _page_html(maker.picture(page), page.view, style, words)) for page in pages]


def dated_pictures(store: ox.Store, content: Content, moment: Moment) -> Iterator[tuple[ViewPage, Picture]]:
    """Yield the pages of all views of `content` on the day of `moment`, each with its picture.

    Raises ContentError where a view or the words of the pages have errors.
    """
    words = page_words(content)
    speakers = {lang: Speaker(store, lang, words) for lang in words}
    maker, book = PictureMaker(store, speakers), EvidenceBook(store)
    for page in list_pages(store, read_query_files(content.views, content)):
        dated = replace(page, nodes=restrict_to_day(page.nodes, book, moment.ordinal, speakers))
        yield dated, maker.picture(dated)


def _dated_title(view: QueryFile, speaker: Speaker, moment: Moment, values: ParameterValues | None) -> str:
    """Return the title of a view with its day, or the days given as parameters."""
    given = [value.value for terms in (values or {}).values() for value in terms if isinstance(value, ox.Literal)]
    days = " – ".join(map(speaker.date, given)) or speaker.word("as_of").format(speaker.date(moment.day.isoformat()))
    return f"{speaker.summary(view.summary)} ({days[:1].lower()}{days[1:]})"


def _page_html(picture: Picture, view: QueryFile, style: Mapping[str, Any], words: Mapping[str, RequiredWords]) -> str:
    """Return the page of a picture, in all languages of `words`."""
    look = style.get("views", {}).get(view.name, {})
    grouped = look.get("layout") == GROUPS
    layouts = {
        lang: lay_out_groups(picture, look, lang) if grouped else lay_out(picture, style, look, lang) for lang in words
    }
    first_layout = next(iter(layouts.values()))
    network = _vis_network(picture, layouts, style)
    data = {
        "nodes": network.nodes,
        "edges": network.edges,
        "facts": picture.facts,
        "group_names": picture.group_names,
        "sizes": {lang: [layout.width, layout.height] for lang, layout in layouts.items()},
        "panels": {lang: layout.panels for lang, layout in layouts.items()},
        "down": look.get("direction") == "down",
        "grouped": grouped,
        "measures": page_measures(look),
        "style": {key: style[key] for key in ("page", "kinds", "lines", "forms", "marks")},
        "words": words,
    }
    return render_page(
        "view.html",
        title=picture.title,
        how=view.header.get("how") or {},
        words=words_by_key(words),
        languages={lang: words[lang]["language_name"] for lang in words},
        look=style["page"],
        legend=_legend(picture, style),
        outline=picture_outline(picture, first_layout, style, look, words, grouped=grouped),
        relations=picture_relations(picture, style, words),
        grouped=grouped,
        data=data_script(data),
        library=_vis_script(),
        style=template_text("page.css"),
        script=template_text("view.js"),
    )


@lru_cache(maxsize=1)
def _vis_script() -> Markup:
    """Return the script of vis-network, which pyvis ships, so that it can be written inside a page."""
    text = vis_network_path().read_text(encoding="utf-8")
    # The first "</script" inside a script element ends it, wherever it is (HTML standard, script data state).
    return Markup(text.replace("</script", "<\\/script"))  # noqa: S704 the packaged library


def _vis_network(picture: Picture, layouts: Mapping[str, Layout], style: Mapping[str, Any]) -> Any:
    """Return the picture as a pyvis network: nodes and edges as vis-network reads them."""
    require_extra("draw")
    from pyvis.network import Network

    network = Network(directed=True)
    for name, box in picture.boxes.items():
        places = {lang: layout.boxes[name] for lang, layout in layouts.items()}
        network.add_node(name, label=next(iter(box.title.values())), **_vis_node(box, places))
    parents = next(iter(layouts.values())).parents
    for line in picture.lines:
        colour = style["lines"].get(line.kind, {}).get("colour", style["page"]["muted"])
        own = {"id": line.id, "kind": line.kind, "mark": line.mark, "about": line.about}
        tree = parents.get(line.end) == line.start
        network.add_edge(line.start, line.end, **own, tree=tree, color=colour)
    return network


def _vis_node(box: PictureBox, places: Mapping[str, MeasuredBox]) -> dict[str, Any]:
    """Return the attributes of a box as view.js reads them; `places` are its positions by language."""
    return {
        "shape": "custom",
        "at": {
            lang: [round(side, 1) for side in (place.x, place.y, place.width, place.height)]
            for lang, place in places.items()
        },
        "kind": box.kind,
        "form": box.form,
        "mark": box.mark,
        "about": box.about,
        "names": box.title,
        "row": bool(box.within),
        "within": box.within,
        "small": box.subtitle,
        "lines": {lang: list(place.lines) for lang, place in places.items()},
        "groups": box.groups,
    }


def _legend(picture: Picture, style: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the looks that the picture uses, by part of the style and in its order."""
    boxes, lines = picture.boxes.values(), picture.lines
    used: dict[str, set[str]] = {
        "kinds": {box.kind for box in boxes},
        "forms": {box.form for box in boxes},
        "lines": {line.kind for line in lines},
        "marks": {box.mark for box in boxes} | {line.mark for line in lines},
    }
    return {part: [{**look, "key": key} for key, look in style[part].items() if key in used[part]] for part in used}
