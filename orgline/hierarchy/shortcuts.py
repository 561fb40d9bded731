"""The shortcuts of a line: the properties by which the graph of a day writes it as one triple."""

from __future__ import annotations

import pyoxigraph as ox

from orgline.graph import local_name, ol_term, properties_of

REPORTS_TO = "http://www.w3.org/ns/org#reportsTo"
_SHORTCUT = ol_term("shortcut")


def shortcuts_of(store: ox.Store) -> dict[str, list[str]]:
    """Return the properties by which the graph of a day writes each type of line: the `ol:shortcut` of its code."""
    types = {quad.subject for quad in store.quads_for_pattern(None, _SHORTCUT, None, ox.DefaultGraph())}
    return {
        line_type.value: [
            term.value for term in properties_of(store, line_type)[_SHORTCUT] if isinstance(term, ox.NamedNode)
        ]
        for line_type in types
        if isinstance(line_type, ox.NamedNode)
    }


def superior_types(store: ox.Store) -> list[str]:
    """Return the types of line whose upper end is a superior (their shortcut is `org:reportsTo`), sorted."""
    return sorted(line_type for line_type, shortcuts in shortcuts_of(store).items() if REPORTS_TO in shortcuts)


def possibly(shortcut: str) -> str:
    """Return our property for what is walked but not surely so on the day.

    >>> possibly("http://www.w3.org/ns/org#reportsTo")
    'https://w3id.org/orgline/ns#possiblyReportsTo'
    """
    name = local_name(ox.NamedNode(shortcut))
    return ol_term(f"possibly{name[:1].upper()}{name[1:]}").value
