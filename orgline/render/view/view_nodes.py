"""Runs the CONSTRUCT query of a view and checks its result; lists the pages of views.

The vocabulary of views, `viz:` <https://w3id.org/orgline/viz#>:

=============  ==================================================================================
viz:Node       a box; ``viz:title`` and ``viz:subtitle`` are things (shown by name) or texts
viz:Edge       a line ``viz:from`` a box ``viz:to`` a box
viz:note       text after the subtitle, such as a date
viz:kind       the key of its look and legend in viz/style.toml; ``viz:form`` may refine a box
viz:about      the things of the graph that it shows: their claims are its evidence
viz:within     the box in which this one is a row; ``viz:order`` sorts siblings
viz:page       the thing that gets a page of its own; without one, the view has a single page
viz:panel      the part of the picture a box belongs to; ``viz:place``, ``viz:source`` its groups
=============  ==================================================================================
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from orgline.content import QueryFile
from orgline.graph import Term, local_name
from orgline.render.html.style import is_number
from orgline.text import ContentError, Problem, folded

VIZ = "https://w3id.org/orgline/viz#"
DEFAULT_ORDER = 99
MAX_FILE_STEM = 80
# The properties whose values are nodes, not texts.
NODE_PROPERTIES = frozenset(("about", "from", "to", "within", "page", "place", "source"))
# The values of one node by the local name of the property, and those of all nodes by IRI.
Values = Mapping[str, list[Term]]
NodeValues = dict[str, dict[str, list[Term]]]
ParameterValues = Mapping[str, list[ox.NamedNode | ox.Literal]]


@dataclass(frozen=True)
class ViewPage:
    """A page of a view: the thing it is the page of (None for the single page of a view), its file name in views/.

    ``nodes`` is the checked result of the view's query.
    """

    view: QueryFile
    thing: str | None
    file: str
    nodes: NodeValues = field(repr=False, compare=False)

    @property
    def order(self) -> float:
        """The rank of the page on the start page, lowest first."""
        return float(self.view.header.get("order", DEFAULT_ORDER))


def list_pages(store: ox.Store, views: Iterable[QueryFile], values: ParameterValues | None = None) -> list[ViewPage]:
    """Return the pages of `views`: one for each thing that a view gives a page, else one for the view.

    Each has a file name of its own. A view that needs parameter `values` is left out where none are given.

    Raises ContentError with all that cannot be drawn.
    """
    results: list[tuple[QueryFile, str | None, NodeValues]] = []
    problems: list[Problem] = []
    for view in views:
        if view.needs_values and not values:
            continue
        nodes = _construct(store, view, values or {})
        errors = (*_header_errors(view), *_node_errors(nodes))
        problems += [Problem(view.place, what, todo) for what, todo in errors]
        things = {page.value for node in nodes.values() for page in node.get("page", ())}
        results += [(view, thing, nodes) for thing in sorted(things)] or [(view, None, nodes)]
    if problems:
        raise ContentError(problems)
    results.sort(key=lambda result: (result[1] is not None, result[0].name, result[1] or ""))
    names = (f"{view.name} {local_name(ox.NamedNode(thing))}" if thing else view.name for view, thing, _ in results)
    files = unique_file_names(names)
    return [ViewPage(view, thing, file, nodes) for (view, thing, nodes), file in zip(results, files, strict=True)]


def _construct(store: ox.Store, view: QueryFile, values: ParameterValues) -> NodeValues:
    """Return what `view` constructs from `store` with the parameter `values`.

    Raises ContentError for a blank node: its name changes with each run.
    """
    nodes: NodeValues = defaultdict(lambda: defaultdict(list))
    triples = store.query(view.with_values(values))
    assert isinstance(triples, ox.QueryTriples)
    for triple in triples:
        if isinstance(triple.object, ox.Triple):
            continue
        if not isinstance(triple.subject, ox.NamedNode):
            raise ContentError([Problem(view.place, "constructs a node without an IRI", "BIND one with IRI(…)")])
        terms = nodes[triple.subject.value][local_name(triple.predicate)]
        if triple.object not in terms:
            terms.append(triple.object)
    for node in nodes.values():
        for terms in node.values():
            terms.sort(key=str)
    return nodes


def _header_errors(view: QueryFile) -> Iterable[tuple[str, str]]:
    """Yield what is wrong in the header of `view`, and what to do."""
    if not isinstance(view.header.get("how") or {}, Mapping):
        yield "has a how that is not a text by language", 'Write "#+ how: {vi: …, en: …}"'
    if not is_number(view.header.get("order", DEFAULT_ORDER)):
        yield "has an order that is not a number", 'Write such as "#+ order: 3"'


def _node_errors(nodes: NodeValues) -> Iterable[tuple[str, str]]:
    """Yield what cannot be drawn of the result of a view, and what to do."""
    outer_boxes = {name: first_value(node, "within") for name, node in nodes.items()}
    for name, node in sorted(nodes.items()):
        for key in sorted(NODE_PROPERTIES & node.keys()):
            for term in node[key]:
                if not isinstance(term, ox.NamedNode):
                    yield f'gives {name} viz:{key} "{term.value}", which is not an IRI', "Give it a thing of the graph"
        if not all(is_number(order) for order in values_of(node, "order")):
            order = first_value(node, "order")
            yield f'gives {name} viz:order "{order}", which is not a number', "Give it a number"
        outer, visited = outer_boxes[name], {name}
        while outer and outer not in visited:
            visited.add(outer)
            outer = outer_boxes.get(outer, "")
        if outer == name:
            yield f"puts {name} within itself", "Correct viz:within"


def has_class(node: Values, name: str) -> bool:
    """Return whether `node` has the class viz:`name`."""
    return ox.NamedNode(VIZ + name) in node.get("type", ())


def values_of(node: Values, name: str) -> list[str]:
    """Return the values of a property of `node` as strings."""
    return [term.value for term in node.get(name, ())]


def first_value(node: Values, name: str) -> str:
    """Return the first value of a property of `node`, empty if it has none."""
    return next(iter(values_of(node, name)), "")


def unique_file_names(titles: Iterable[str]) -> list[str]:
    """Return a file name for each page, of its title in plain letters; a name already used gets a number.

    >>> unique_file_names(["one", "Đề án: A?", "đề-án a"])
    ['one.html', 'de-an-a.html', 'de-an-a-2.html']
    """
    names: dict[str, None] = {}
    for title in titles:
        name = stem = folded(title).replace(" ", "-")[:MAX_FILE_STEM].strip("-") or "view"
        number = 1
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names[name] = None
    return [f"{name}.html" for name in names]
