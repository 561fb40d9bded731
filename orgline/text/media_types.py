"""Negotiate: which of the media types that can be given somebody wants, by Accept with weights or by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from orgline.text.errors import RequestRefused
from orgline.text.messages import Message

RESULT_TYPES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
GRAPH_TYPES = {
    "turtle": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
    "trig": "application/trig",
    "nq": "application/n-quads",
}
PAGE_TYPES = ("text/html", "application/xhtml+xml")
TABLE_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
ANSWER_TYPES = {"json": "application/json", "csv": TABLE_TYPES["csv"], "xlsx": TABLE_TYPES["xlsx"]}
_ALIASES = {"ttl": "turtle", "n3": "turtle", "srj": "json", "srx": "xml", "rdf": "rdfxml", "ntriples": "nt"}
_EQUIVALENT_TYPES = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
    "application/x-turtle": "text/turtle",
    "text/plain": "application/n-triples",
}


def negotiated_type(known: Mapping[str, str], accept: str | None, name: str | None) -> str:
    """Return the media type to give, of those `known` by short names, the first being what is given to anyone.

    Raises Refused: 400 for an unknown `name`, 406 where nothing in `accept` can be given.
    """
    return _negotiate(tuple(known.items()), accept, name)


@lru_cache(maxsize=256)
def _negotiate(given: tuple[tuple[str, str], ...], accept: str | None, name: str | None) -> str:
    known = dict(given)
    if name:
        short = _ALIASES.get(name.lower(), name.lower())
        if short in known:
            return known[short]
        if name in known.values():
            return name
        every = ", ".join(known)
        text = f'format: "{name}" is not known. Give one of {every}.'
        raise RequestRefused(400, Message("wrong_format", text, name, every))
    types = list(known.values())
    wanted = parse_accept(accept or "*/*")
    best = max(types, key=lambda one: (_quality(one, wanted, types), -types.index(one)))
    if _quality(best, wanted, types) <= 0:
        raise RequestRefused(406, f"Accept: nothing in it can be given. Ask for one of {', '.join(types)}.")
    return best


def prefers_html(accept: str | None, known: Mapping[str, str]) -> bool:
    """Tell whether an Accept header names pages for people before all that is `known` for programs.

    >>> [prefers_html(accept, GRAPH_TYPES) for accept in ("text/html,*/*;q=0.8", "*/*", "text/turtle")]
    [True, False, False]
    """
    return _prefers_html(accept or "", tuple(known.values()))


@lru_cache(maxsize=256)
def _prefers_html(accept: str, types: tuple[str, ...]) -> bool:
    wanted = parse_accept(accept)
    page = max((weight for kind, weight in wanted if kind in PAGE_TYPES), default=0.0)
    return page > max(_quality(one, wanted, types) for one in types)


@lru_cache(maxsize=256)
def accepts_gzip(header: str | None) -> bool:
    """Tell whether an Accept-Encoding header takes what gzip has made smaller.

    >>> [accepts_gzip(header) for header in ("br, gzip;q=0.5", "*", "gzip;q=0", None)]
    [True, True, False, False]
    """
    weights = dict(parse_accept(header or ""))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def parse_accept(header: str) -> list[tuple[str, float]]:
    """Return the media ranges of an Accept header with their weights, at most a hundred."""
    found = []
    for part in header.split(",")[:100]:
        kind, *parameters = (one.strip().lower() for one in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        if kind:
            found.append((kind, _parse_weight(weight)))
    return found


def _quality(kind: str, wanted: Sequence[tuple[str, float]], types: Sequence[str]) -> float:
    """Return how much `kind` is wanted: by the most exact range that fits it."""
    ranges = {kind: 3, f"{kind.partition('/')[0]}/*": 1, "*/*": 0}
    ranges |= {also: 2 for also, real in _EQUIVALENT_TYPES.items() if real == kind and also not in types}
    fits = [(ranges[one], weight) for one, weight in wanted if one in ranges]
    return max(fits, default=(0, 0.0))[1]


def _parse_weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
