"""Guard: what of a stranger's query is refused before anything parses it.

A parser can be killed by its input (DEFENCE: brackets in thousands overflow its stack), and SERVICE makes
the engine call other hosts. So a query is scanned once, in time linear in its length: how long it is, how
deep it is nested, which keywords stand outside its strings, addresses and comments.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from orgline.text import Message, RequestRefused

MAX_QUERY_BYTES, MAX_QUERY_DEPTH = 64 * 1024, 100
# What names are made of, no wider than the engine has it: else a name would hide what stands behind it.
_NAME_CHARACTERS = (
    "0-9A-Z_a-z\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u200c\u200d\u203f\u2040\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_IN_LOCAL = rf"(?:[{_NAME_CHARACTERS}:-]|%[0-9A-Fa-f]{{2}}|\\[_~.!$&'()*+,;=/?#@%-])++"
_LOCAL = rf":(?:(?!-){_IN_LOCAL}(?:\.++{_IN_LOCAL})*+)?"
# Each step takes what it has looked at, or ends the scan: so the time is linear, whatever the text.
_TOKEN = re.compile(
    r'(?P<long>"""(?:[^"\\]|\\.|"(?!""))*+"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*+''')"
    r"|(?P<broken_long>\"\"\"|''')"
    r'|"(?:[^"\\\n\r]|\\[^\n\r])*+"'
    r"|'(?:[^'\\\n\r]|\\[^\n\r])*+'"
    r"|(?P<broken>[\"'])"
    r'|<(?P<iri>(?:[^<>"{}|^`\\\x00-\x20]|\\[uU][0-9A-Fa-f])*+)>'
    r"|(?P<comment>#[^\n\r]*)"
    rf"|(?P<variable>[?$][{_NAME_CHARACTERS}]+)"
    r"|@[A-Za-z]+(?:-[0-9A-Za-z]+)*"
    rf"|(?P<name>[^\W\d][{_NAME_CHARACTERS}.-]*+(?:{_LOCAL})?|{_LOCAL})"
    r"|(?P<open>[{(\[])|(?P<close>[})\]])"
    r"|(?P<other>[^\s])",
    re.DOTALL,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LETTER_ESCAPE = re.compile(r"\\u00([4-7][0-9A-Fa-f])|\\U000000([4-7][0-9A-Fa-f])")
_UPDATE_KEYWORDS = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"})
_NONDETERMINISTIC_FUNCTIONS = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_QUERY_FORMS = frozenset({"SELECT", "CONSTRUCT", "DESCRIBE", "ASK"})
# A query that has none of these needs no look at each of its words: what stands inside a longer name is no keyword,
# but SERVICE may stand right behind a number.
_NEEDS_FULL_SCAN = re.compile(r"SERVICE|\\U|(?<![0-9A-Z_])(?:FROM|NOW|RAND|UUID|STRUUID|BNODE)")
_JOINED_KEYWORDS = re.compile(r"(SELECT|CONSTRUCT|DESCRIBE|ASK)?(DISTINCT|REDUCED)?(FROM)?(NAMED)?", re.IGNORECASE)
_QUERY_START = re.compile(
    r"(?:\s++|#[^\n\r]*+|PREFIX\s++[^\s<>:\"'#]*+:\s*+<[^<>\"{}|^`\\\x00-\x20]*+>)*+(SELECT|CONSTRUCT|DESCRIBE|ASK)\b",
    re.IGNORECASE | re.ASCII,
)


@dataclass
class QueryScan:
    """What a scan of a query saw: its form, the graphs that FROM and FROM NAMED name, if its answer varies."""

    base: str = ""
    form: str = ""
    varies: bool = False
    graphs: list[str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)


def scan_query(query: str, base: str = "") -> QueryScan:
    """Return what stands in `query`, addresses in it resolved against `base` or its own.

    Raises Refused when it is too long or too deep, updates, or calls elsewhere.
    """
    if len(query.encode("utf-8", "surrogatepass")) > MAX_QUERY_BYTES:
        text = f"query: is longer than {MAX_QUERY_BYTES // 1024} KiB. Ask for less at once."
        raise RequestRefused(413, Message("wrong_query_long", text, MAX_QUERY_BYTES // 1024))
    form = _simple_query_form(query)
    return QueryScan(base, form) if form else _scan_tokens(query, base)


def _scan_tokens(query: str, base: str) -> QueryScan:
    """Return what stands in `query`, looking at each of its words. Raises Refused."""
    text = _LETTER_ESCAPE.sub(_unescape_letter, query)
    names_it = "SERVICE" in text.upper()
    seen, depth, sharp, is_called = QueryScan(base), 0, None, False
    words: list[str] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "open":
            depth += 1
            if depth > MAX_QUERY_DEPTH:
                text = f"query: is nested deeper than {MAX_QUERY_DEPTH} brackets. Ask for less at once."
                raise RequestRefused(400, Message("wrong_query_deep", text, MAX_QUERY_DEPTH))
            if is_called and found[0] == "{":
                raise _SERVICE_REFUSED
        elif kind == "close":
            depth -= 1
        elif kind in ("broken", "broken_long"):
            raise RequestRefused(400, Message("wrong_query_quote", "query: a quotation mark is not closed. Close it."))
        elif kind in ("name", "iri", "variable"):
            is_called = _scan_name(found[0], kind, words, seen)
            sharp = _hash_iri_end(found, sharp) if names_it else None
        elif kind == "long" and sharp is not None:
            _refuse_hidden_service(found, text, sharp)
            sharp = None
    return seen


def _simple_query_form(query: str) -> str:
    """Return the form of a query in which nothing can be refused, named or vary, "" if that needs a closer look."""
    if _NEEDS_FULL_SCAN.search(query.upper()) or query.count('"') % 2 or query.count("'") % 2:
        return ""
    if query.count("{") + query.count("(") + query.count("[") > MAX_QUERY_DEPTH:
        return ""
    begun = _QUERY_START.match(query)
    return begun[1].upper() if begun else ""


_SERVICE_REFUSED = RequestRefused(
    400, Message("wrong_query_calls", "query: SERVICE calls another host, which is not served. Leave it out.")
)


def _unescape_letter(found: re.Match[str]) -> str:
    """Return the letter that an escape stands for; other characters stay as they are written."""
    one = chr(int(found[1] or found[2], 16))
    return one if one.isalpha() else found[0]


def _hash_iri_end(found: re.Match[str], sharp: int | None) -> int | None:
    """Return where the last `<…#…>` ended: "less than" and a comment, if it stands between two values.

    Raises Refused for `<…'…>` in a query that names SERVICE somewhere: it may begin a string.
    """
    if found.lastgroup != "iri":
        return sharp
    if "'" in found[0]:
        raise _SERVICE_REFUSED
    return found.end() if "#" in found[0] else sharp


def _refuse_hidden_service(found: re.Match[str], text: str, sharp: int) -> None:
    """Raise Refused if a string of several lines begins in the line of `sharp`, where a comment may be."""
    between = text[sharp : found.start()]
    if not any(one in between for one in "\n\r") and any(one in found[0] for one in "\n\r"):
        raise _SERVICE_REFUSED


def _scan_name(text: str, kind: str, words: list[str], seen: QueryScan) -> bool:
    """Take one name or address of a query into account; `words` are the last two before it.

    Return whether it calls another host should a group follow: keywords need no space behind them.
    """
    if kind == "name" and ":" not in text:
        for one in re.split("[.-]+", text):
            for part in _split_keywords(one):
                _scan_keyword(part, words, seen)
        return False
    last = [one.upper() for one in words[-2:]]
    if last == ["FROM", "NAMED"] or last[-1:] == ["FROM"]:
        seen.graphs.append(_expand_iri(text, kind, seen))
    if kind == "iri" and last[-1:] == ["BASE"]:
        seen.base = _expand_iri(text, kind, seen)
    if kind == "iri" and len(words) > 1 and last[0] == "PREFIX":
        seen.prefixes[words[-1].removesuffix(":")] = _expand_iri(text, kind, seen)
    words.append(text)
    del words[:-2]
    return kind == "name" and "SERVICE" in text.partition(":")[0].upper() and last[-1:] != ["GRAPH"]


def _split_keywords(text: str) -> list[str]:
    """Return the keywords that stand in `text` as one word, which the engine takes apart.

    >>> _split_keywords("askFROMnamed"), _split_keywords("SelectDistinct"), _split_keywords("fromage")
    (['ask', 'FROM', 'named'], ['Select', 'Distinct'], ['fromage'])
    """
    found = _JOINED_KEYWORDS.fullmatch(text)
    return [one for one in found.groups() if one] if found and text else [text]


def _scan_keyword(text: str, words: list[str], seen: QueryScan) -> None:
    """Take one word that is no name into account. Raises Refused for what is not served."""
    plain = text.upper()
    if "SERVICE" in plain:
        raise _SERVICE_REFUSED
    if not seen.form and plain in _UPDATE_KEYWORDS:
        said = f"query: {plain} changes a graph, and this one is read-only. Ask a query."
        raise RequestRefused(400, Message("wrong_query_changes", said, plain))
    if not seen.form and plain in _QUERY_FORMS:
        seen.form = plain
    seen.varies |= plain in _NONDETERMINISTIC_FUNCTIONS
    words.append(text)
    del words[:-2]


def _expand_iri(text: str, kind: str, seen: QueryScan) -> str:
    """Return the address that a name or `<address>` stands for."""
    if kind == "iri":
        plain = re.sub(r"\\[uU]([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})", _unescape_character, text[1:-1])
        is_whole = _SCHEME.match(plain) or not seen.base
        return plain if is_whole else urljoin(seen.base, plain) + "#" * plain.endswith("#")
    prefix, _, local = text.partition(":")
    return seen.prefixes.get(prefix, prefix + ":") + re.sub(r"\\(.)", r"\1", local)


def _unescape_character(found: re.Match[str]) -> str:
    """Return the character that an escape stands for; what is none stays as it is written."""
    number = int(found[1], 16)
    return chr(number) if number <= sys.maxunicode else found[0]


def require_served_graphs(asked: Iterable[str], served: Iterable[str]) -> None:
    """Raise Refused when a graph is `asked` for that is not one of those `served`."""
    known = set(served)
    for one in asked:
        if one not in known:
            text = f"graph <{one}>: is not served here. Leave it out, or see the service description."
            raise RequestRefused(400, Message("wrong_graph", text, one))
