"""Content negotiation (RFC 9110, section 12): the media type to answer with, by Accept header or by format name."""

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
    """Return the media type to answer with, of those `known` by format name; the first is the default.

    `accept` is an Accept header, `name` a format name or media type, which wins over it; None if not given.
    Raises RequestRefused: 400 for an unknown `name`, 406 if `accept` admits none of the types.
    """
    return _negotiate(tuple(known.items()), accept, name)


@lru_cache(maxsize=256)  # clients send few different headers; the bound keeps hostile ones from filling memory
def _negotiate(formats: tuple[tuple[str, str], ...], accept: str | None, name: str | None) -> str:
    """Return the media type that `name` asks for or, without one, that `accept` prefers. Raises RequestRefused."""
    known = dict(formats)
    if name:
        short = _ALIASES.get(name.lower(), name.lower())
        if short in known:
            return known[short]
        if name in known.values():
            return name
        available = ", ".join(known)
        text = f'format: "{name}" is not known. Give one of {available}.'
        raise RequestRefused(400, Message("wrong_format", text, name, available))
    types = list(known.values())
    wanted = parse_accept(accept or "*/*")
    best = max(types, key=lambda media_type: (_quality(media_type, wanted, types), -types.index(media_type)))
    if _quality(best, wanted, types) <= 0:
        available = ", ".join(types)
        text = f"Accept: none of the formats that you accept is available. Ask for one of {available}."
        raise RequestRefused(406, Message("wrong_accept", text, available))
    return best


def prefers_html(accept: str | None, known: Mapping[str, str]) -> bool:
    """Whether an Accept header prefers HTML to each media type of `known`.

    ``*/*`` does not name HTML, so that programs without a preference get data.

    >>> [prefers_html(accept, GRAPH_TYPES) for accept in ("text/html,*/*;q=0.8", "*/*", "text/turtle")]
    [True, False, False]
    """
    return _prefers_html(accept or "", tuple(known.values()))


@lru_cache(maxsize=256)
def _prefers_html(accept: str, types: tuple[str, ...]) -> bool:
    wanted = parse_accept(accept)
    page = max((weight for media_range, weight in wanted if media_range in PAGE_TYPES), default=0.0)
    return page > max(_quality(media_type, wanted, types) for media_type in types)


@lru_cache(maxsize=256)
def accepts_gzip(header: str | None) -> bool:
    """Whether an Accept-Encoding header admits gzip.

    >>> [accepts_gzip(header) for header in ("br, gzip;q=0.5", "*", "gzip;q=0", None)]
    [True, True, False, False]
    """
    weights = dict(parse_accept(header or ""))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def parse_accept(header: str) -> list[tuple[str, float]]:
    """Return the media ranges of an Accept header with their weights (0 to 1, 1 where none is given).

    Only the first hundred count: more are no preference but an attack on the time it takes to read them.
    """
    ranges = []
    for part in header.split(",")[:100]:
        media_range, *parameters = (item.strip().lower() for item in part.split(";"))
        weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        if media_range:
            ranges.append((media_range, _parse_weight(weight)))
    return ranges


def _quality(media_type: str, wanted: Sequence[tuple[str, float]], types: Sequence[str]) -> float:
    """Return the weight of `media_type` in an Accept header: that of the most specific range that matches it."""
    precedence = {media_type: 3, f"{media_type.partition('/')[0]}/*": 1, "*/*": 0}
    precedence |= {alias: 2 for alias, exact in _EQUIVALENT_TYPES.items() if exact == media_type and alias not in types}
    matches = [(precedence[media_range], weight) for media_range, weight in wanted if media_range in precedence]
    return max(matches, default=(0, 0.0))[1]


def _parse_weight(text: str) -> float:
    """Return a weight between 0 and 1; 0 for a text that is no number."""
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
