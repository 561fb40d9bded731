"""Guard: what of a stranger's query is refused before anything parses it.

A parser can be killed by its input (DEFENCE: brackets in thousands overflow its stack), and SERVICE makes
the engine call other hosts. So a query is scanned once, in time linear in its length: how long it is, how
deep it is nested, which keywords stand outside its strings, addresses and comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from orgline.errors import OrglineError

MAX_BYTES, MAX_DEPTH = 64 * 1024, 100
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*+'''"
    r'|"(?:[^"\\\n\r]|\\.)*+"'
    r"|'(?:[^'\\\n\r]|\\.)*+'"
    r"|(?P<broken>[\"'])"
    r'|<(?P<iri>[^<>"{}|^`\\\x00-\x20]*)>'
    r"|(?P<comment>#[^\n\r]*)"
    r"|(?P<name>[?$@]?[^\W\d][\w.-]*(?::[\w.%-]*)?|:[\w.%-]*)"
    r"|(?P<open>[{(\[])|(?P<close>[})\]])"
    r"|(?P<other>[^\s])",
    re.DOTALL,
)
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"})
_VARYING = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_FORMS = frozenset({"SELECT", "CONSTRUCT", "DESCRIBE", "ASK"})


class Refused(OrglineError):
    """A request that is not served: the HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass
class Scanned:
    """What a scan of a query saw: its form, the graphs that FROM and FROM NAMED name, if its answer varies."""

    form: str = ""
    varies: bool = False
    graphs: list[str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)


def scan(query: str) -> Scanned:
    """Return what stands in `query`. Raises Refused when it is too long or too deep, updates, or calls elsewhere."""
    if len(query.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Refused(413, f"query: is longer than {MAX_BYTES // 1024} KiB. Ask for less at once.")
    seen, depth = Scanned(), 0
    words: list[str] = []
    for found in _TOKEN.finditer(_ESCAPE.sub(_character, query)):
        kind = found.lastgroup
        if kind == "open":
            depth += 1
            if depth > MAX_DEPTH:
                raise Refused(400, f"query: is nested deeper than {MAX_DEPTH} brackets. Ask for less at once.")
        elif kind == "close":
            depth -= 1
        elif kind == "broken":
            raise Refused(400, "query: a quotation mark is not closed. Close it.")
        elif kind in ("name", "iri"):
            _word(found[0], kind, words, seen)
    return seen


def _character(found: re.Match[str]) -> str:
    try:
        return chr(int(found[1] or found[2], 16))
    except (ValueError, OverflowError) as error:
        raise Refused(400, f"query: {found[0]} is no character. Correct it.") from error


def _word(text: str, kind: str, words: list[str], seen: Scanned) -> None:
    """Take one name or address of a query into account; `words` are the last two before it."""
    plain = text.upper() if kind == "name" else ""
    if plain == "SERVICE":
        raise Refused(400, "query: SERVICE calls another host, which is not served. Leave it out.")
    if not seen.form and plain in _UPDATES:
        raise Refused(400, f"query: {plain} changes a graph, and this one is read-only. Ask a query.")
    if not seen.form and plain in _FORMS:
        seen.form = plain
    seen.varies |= plain in _VARYING
    before = words[-1] if words else ""
    last = [one.upper() for one in words[-2:]]
    if last == ["FROM", "NAMED"] or (last[-1:] == ["FROM"] and plain != "NAMED"):
        seen.graphs.append(_expanded(text, kind, seen))
    if len(words) > 1 and words[-2].upper() == "PREFIX" and kind == "iri":
        seen.prefixes[before.removesuffix(":")] = text[1:-1]
    words.append(text)
    del words[:-2]


def _expanded(text: str, kind: str, seen: Scanned) -> str:
    """Return the address that a name or `<address>` stands for."""
    if kind == "iri":
        return text[1:-1]
    prefix, _, local = text.partition(":")
    return seen.prefixes.get(prefix, prefix + ":") + local


def refuse_graphs(asked: Iterable[str], served: Iterable[str]) -> None:
    """Raise Refused when a graph is `asked` for that is not one of those `served`."""
    known = set(served)
    for one in asked:
        if one not in known:
            raise Refused(400, f"graph <{one}>: is not served here. Leave it out, or see the service description.")
