"""Scans a client's query before any parser sees it, and refuses what must not run.

The engine's parser can be killed by its input (thousands of brackets overflow its stack), and SERVICE makes the engine
call other hosts. So a query is scanned once, in time linear in its length. The scan finds its length, how deeply its
brackets are nested, and which keywords occur outside strings, IRIs and comments. docs/threat-model.md says more.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from orgline.text import Message, RequestRefused

MAX_QUERY_BYTES, MAX_QUERY_DEPTH = 64 * 1024, 100
# The characters of names in the SPARQL grammar, and no others: a wider class would take keywords for parts of a name.
_NAME_CHARACTERS = (
    "0-9A-Z_a-z\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u200c\u200d\u203f\u2040\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_IN_LOCAL = rf"(?:[{_NAME_CHARACTERS}:-]|%[0-9A-Fa-f]{{2}}|\\[_~.!$&'()*+,;=/?#@%-])++"
_LOCAL = rf":(?:(?!-){_IN_LOCAL}(?:\.++{_IN_LOCAL})*+)?"
# Possessive quantifiers (++, *+) never give back what they matched, so matching takes linear time on any text.
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
# SPARQL 1.1 (19.2) decodes \\u escapes before it parses, so that a keyword may be written with them.
_LETTER_ESCAPE = re.compile(r"\\u00([4-7][0-9A-Fa-f])|\\U000000([4-7][0-9A-Fa-f])")
_UPDATE_KEYWORDS = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"})
_NONDETERMINISTIC_FUNCTIONS = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})
_QUERY_FORMS = frozenset({"SELECT", "CONSTRUCT", "DESCRIBE", "ASK"})
# A query without any of these needs no full scan. SERVICE is looked for anywhere, because it may follow a number
# without a space (`1SERVICE`); the others are keywords only where no letter precedes them.
_NEEDS_FULL_SCAN = re.compile(r"SERVICE|\\U|(?<![0-9A-Z_])(?:FROM|NOW|RAND|UUID|STRUUID|BNODE)")
_JOINED_KEYWORDS = re.compile(r"(SELECT|CONSTRUCT|DESCRIBE|ASK)?(DISTINCT|REDUCED)?(FROM)?(NAMED)?", re.IGNORECASE)
_QUERY_START = re.compile(
    r"(?:\s++|#[^\n\r]*+|PREFIX\s++[^\s<>:\"'#]*+:\s*+<[^<>\"{}|^`\\\x00-\x20]*+>)*+(SELECT|CONSTRUCT|DESCRIBE|ASK)\b",
    re.IGNORECASE | re.ASCII,
)


@dataclass
class QueryScan:
    """What a scan found in a query.

    Attributes:
        base: The base IRI: what relative IRIs are resolved against.
        form: SELECT, CONSTRUCT, DESCRIBE or ASK; "" if there is none.
        varies: Whether the query calls a function such as NOW or RAND, so that its answer must not be cached.
        graphs: The IRIs after FROM and FROM NAMED, absolute.
        prefixes: The namespace of each declared prefix.
    """

    base: str = ""
    form: str = ""
    varies: bool = False
    graphs: list[str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)


def scan_query(query: str, base: str = "") -> QueryScan:
    """Scan `query`, whose relative IRIs are resolved against its own BASE or else `base`.

    Raises RequestRefused: 413 when it is too long; 400 when it is nested too deeply, is an update, leaves a string
    open, or may call another host.
    """
    if len(query.encode("utf-8", "surrogatepass")) > MAX_QUERY_BYTES:
        text = f"query: is longer than {MAX_QUERY_BYTES // 1024} KiB. Ask for less at once."
        raise RequestRefused(413, Message("wrong_query_long", text, MAX_QUERY_BYTES // 1024))
    form = _simple_query_form(query)
    return QueryScan(base, form) if form else _scan_tokens(query, base)


def _simple_query_form(query: str) -> str:
    """Return the form of a query that cannot be refused, names no graph and does not vary; "" if that is not certain.

    This takes a few searches by regular expression, which is ten times as fast as the scan of all tokens.
    """
    if _NEEDS_FULL_SCAN.search(query.upper()) or query.count('"') % 2 or query.count("'") % 2:
        return ""
    if query.count("{") + query.count("(") + query.count("[") > MAX_QUERY_DEPTH:
        return ""
    start = _QUERY_START.match(query)
    return start[1].upper() if start else ""


def _scan_tokens(query: str, base: str) -> QueryScan:
    """Scan each token of `query`. Raises RequestRefused (400)."""
    text = _LETTER_ESCAPE.sub(_unescape_letter, query)
    mentions_service = "SERVICE" in text.upper()
    scan, depth, hash_iri_end, is_after_service = QueryScan(base), 0, None, False
    last_words: list[str] = []
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "open":
            depth += 1
            if depth > MAX_QUERY_DEPTH:
                text = f"query: has brackets nested more than {MAX_QUERY_DEPTH} deep. Write it more simply."
                raise RequestRefused(400, Message("wrong_query_deep", text, MAX_QUERY_DEPTH))
            if is_after_service and token[0] == "{":
                raise _service_refused()
        elif kind == "close":
            depth -= 1
        elif kind in ("broken", "broken_long"):
            raise RequestRefused(400, Message("wrong_query_quote", "query: a quotation mark is not closed. Close it."))
        elif kind in ("name", "iri", "variable"):
            is_after_service = _scan_name(token[0], kind, last_words, scan)
            hash_iri_end = _hash_iri_end(token, hash_iri_end) if mentions_service else None
        elif kind == "long" and hash_iri_end is not None:
            _refuse_hidden_service(token, text, hash_iri_end)
            hash_iri_end = None
    return scan


def _service_refused() -> RequestRefused:
    """Return the error for a query that calls, or may call, another host."""
    text = "query: SERVICE calls another host, which is not allowed. Leave it out."
    return RequestRefused(400, Message("wrong_query_calls", text))


def _unescape_letter(escape: re.Match[str]) -> str:
    """Return the letter that an escape encodes; an escape of another character is left as it is."""
    character = chr(int(escape[1] or escape[2], 16))
    return character if character.isalpha() else escape[0]


def _hash_iri_end(token: re.Match[str], previous: int | None) -> int | None:
    """Return where the last token `<…#…>` ends, `previous` if this token is none.

    Between two values such a token is not an IRI but "less than" and a comment, so what follows on its line is hidden
    from the engine and not from this scan. Raises RequestRefused for `<…'…>`, which may likewise begin a string.
    """
    if token.lastgroup != "iri":
        return previous
    if "'" in token[0]:
        raise _service_refused()
    return token.end() if "#" in token[0] else previous


def _refuse_hidden_service(token: re.Match[str], text: str, hash_iri_end: int) -> None:
    """Raise RequestRefused for a multi-line string that begins on the line of a possible comment.

    If that is a comment, the engine does not see the string begin, and reads its second line as part of the query.
    """
    between = text[hash_iri_end : token.start()]
    if not any(end in between for end in "\n\r") and any(end in token[0] for end in "\n\r"):
        raise _service_refused()


def _scan_name(text: str, kind: str, last_words: list[str], scan: QueryScan) -> bool:
    """Add a name, IRI or variable to `scan`; `last_words` are the two words before it and are updated.

    Returns whether a group that follows would be a call of another host: in `SERVICE?x {` and `SERVICEex:a {` the
    engine reads the keyword though no space follows it.
    """
    if kind == "name" and ":" not in text:
        for word in re.split("[.-]+", text):
            for keyword in _split_keywords(word):
                _scan_keyword(keyword, last_words, scan)
        return False
    before = [word.upper() for word in last_words[-2:]]
    if before == ["FROM", "NAMED"] or before[-1:] == ["FROM"]:
        scan.graphs.append(_expand_iri(text, kind, scan))
    if kind == "iri" and before[-1:] == ["BASE"]:
        scan.base = _expand_iri(text, kind, scan)
    if kind == "iri" and len(last_words) > 1 and before[0] == "PREFIX":
        scan.prefixes[last_words[-1].removesuffix(":")] = _expand_iri(text, kind, scan)
    last_words.append(text)
    del last_words[:-2]
    return kind == "name" and "SERVICE" in text.partition(":")[0].upper() and before[-1:] != ["GRAPH"]


def _split_keywords(text: str) -> list[str]:
    """Return the keywords written in `text` without spaces between them, which the engine accepts.

    >>> _split_keywords("askFROMnamed"), _split_keywords("SelectDistinct"), _split_keywords("fromage")
    (['ask', 'FROM', 'named'], ['Select', 'Distinct'], ['fromage'])
    """
    joined = _JOINED_KEYWORDS.fullmatch(text)
    return [keyword for keyword in joined.groups() if keyword] if joined and text else [text]


def _scan_keyword(text: str, last_words: list[str], scan: QueryScan) -> None:
    """Add a word without a colon to `scan`. Raises RequestRefused for SERVICE and for updates."""
    keyword = text.upper()
    if "SERVICE" in keyword:
        raise _service_refused()
    if not scan.form and keyword in _UPDATE_KEYWORDS:
        message = f"query: {keyword} changes the graph, which is read-only here. Send a query."
        raise RequestRefused(400, Message("wrong_query_changes", message, keyword))
    if not scan.form and keyword in _QUERY_FORMS:
        scan.form = keyword
    scan.varies |= keyword in _NONDETERMINISTIC_FUNCTIONS
    last_words.append(text)
    del last_words[:-2]


def _expand_iri(text: str, kind: str, scan: QueryScan) -> str:
    """Return the absolute IRI that a prefixed name, or an IRI in `<>`, denotes."""
    if kind == "iri":
        iri = re.sub(r"\\[uU]([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})", _unescape_character, text[1:-1])
        is_absolute = _SCHEME.match(iri) or not scan.base
        return iri if is_absolute else urljoin(scan.base, iri) + "#" * iri.endswith("#")  # urljoin drops an empty one
    prefix, _, local = text.partition(":")
    return scan.prefixes.get(prefix, prefix + ":") + re.sub(r"\\(.)", r"\1", local)


def _unescape_character(escape: re.Match[str]) -> str:
    """Return the character that an escape encodes; a number beyond Unicode is left as it is."""
    number = int(escape[1], 16)
    return chr(number) if number <= sys.maxunicode else escape[0]


def require_served_graphs(requested: Iterable[str], served: Iterable[str]) -> None:
    """Raise RequestRefused (400) if a `requested` graph is not among those `served`; both are IRIs."""
    known = set(served)
    for graph in requested:
        if graph not in known:
            text = f"graph <{graph}>: is not served here. Leave it out, or see the service description."
            raise RequestRefused(400, Message("wrong_graph", text, graph))
