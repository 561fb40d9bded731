"""Check: does the graph have the form its shapes ask for, and does what it says hold together?

Shapes and checks of severity ``error`` stop a build. Checks of severity ``warning`` leave findings:
nodes in the graph that mark the answers concerned as contradicted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Formatter

import pyoxigraph as ox

from orgline.content import DEFAULT_BASE, Content, QueryFile, read_query_files, run_select
from orgline.graph.evidence import Finding, evidence_of
from orgline.graph.shacl import ShapeCheck, place_of_node
from orgline.graph.store import LANGUAGES, RDF_TYPE, Term, label, ol_term
from orgline.text import ContentError, Problem

_COMMENT = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
_MESSAGE_LANGUAGE = "en"


def check(
    store: ox.Store, content: Content, origins: Mapping[str, str] | None = None, base: str = DEFAULT_BASE
) -> list[Finding]:
    """Add findings to `store` and return them, sorted; `origins` says where each node was described.

    Raises ContentError with each violation of a shape and each row of a check of severity error.
    """
    with ShapeCheck(store, content, origins or {}, base) as shapes:
        findings, problems = run_checks(store, content, origins, base)
        problems += shapes.problems()
    if problems:
        raise ContentError(problems)
    return findings


def run_checks(
    store: ox.Store, content: Content, origins: Mapping[str, str] | None = None, base: str = DEFAULT_BASE
) -> tuple[list[Finding], list[Problem]]:
    """Run the check questions: add findings to `store`; return them, sorted, and the problems of errors."""
    findings, problems = [], []
    for one in read_query_files(content.checks, content):
        found = _findings(store, one, base)
        if one.header.get("severity") == "error":
            problems += [_problem_of(finding, origins or {}, base) for finding in found]
        else:
            findings += found
    findings.sort(key=lambda one: one.iri.value)
    store.extend(quad for finding in findings for quad in _quads(finding))
    return findings, problems


def _findings(store: ox.Store, one: QueryFile, base: str) -> list[Finding]:
    """Return what a check finds: rows about the same nodes are one finding, their other values listed."""
    together: dict[tuple[ox.NamedNode, ...], list[dict[str, Term]]] = {}
    for row in run_select(store, one, {}):
        nodes = (row[name] for name in one.header.get("about", ["this"]) if name in row)
        about = tuple(sorted({node for node in nodes if isinstance(node, ox.NamedNode)}, key=lambda node: node.value))
        together.setdefault(about, []).append(row)
    return [_finding(store, one, about, rows, base) for about, rows in together.items()]


def _finding(
    store: ox.Store, one: QueryFile, about: tuple[ox.NamedNode, ...], rows: list[dict[str, Term]], base: str
) -> Finding:
    """Return the finding of a check about some nodes, its sentences filled from the rows that speak of them."""
    sentences = {
        lang: text.format_map({name: _values_in_words(store, rows, name, lang) for name in _placeholders(text)})
        for lang, text in (one.header.get("message") or one.summary).items()
    }
    name = "/".join(node.value.removeprefix(base) for node in about)
    sources = {source for node in about for source in evidence_of(store, node).sources}
    iri = ox.NamedNode(f"{base}finding/{one.name}/{name}")
    return Finding(one.name, about, sentences, iri, tuple(sorted(sources, key=str)))


def _values_in_words(store: ox.Store, rows: list[dict[str, Term]], name: str, lang: str) -> str:
    """Return the values of a variable in words, sorted, or an ellipsis if it has none."""
    return "; ".join(sorted({label(store, row[name], lang) for row in rows if name in row})) or "…"


def _placeholders(text: str) -> set[str]:
    """Return the names in braces of a message."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _problem_of(finding: Finding, origins: Mapping[str, str], base: str) -> Problem:
    sentence = finding.sentences.get(_MESSAGE_LANGUAGE) or next(iter(finding.sentences.values()))
    what, _, todo = sentence.partition(". ")
    node = finding.about[0].value if finding.about else finding.check
    return Problem(place_of_node(node, origins, base), what, todo or "Correct the rows concerned.")


def _quads(finding: Finding) -> Iterable[ox.Quad]:
    yield ox.Quad(finding.iri, RDF_TYPE, ol_term("Finding"))
    yield ox.Quad(finding.iri, ol_term("check"), ox.Literal(finding.check))
    for node in finding.about:
        yield ox.Quad(finding.iri, ol_term("about"), node)
    for lang, text in finding.sentences.items():
        yield ox.Quad(finding.iri, _COMMENT, ox.Literal(text, language=lang if lang in LANGUAGES else "en"))
