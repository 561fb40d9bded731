"""Runs the checks: SPARQL queries that return a row for each mistake in the content.

A check of severity ``error``, like a violated shape, stops a build. A check of severity ``warning`` adds a finding to
the graph, an ``ol:Finding`` about the nodes concerned: their answers then have the evidence "contradicted".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter

import pyoxigraph as ox

from orgline.content import DEFAULT_BASE, Content, QueryFile, read_query_files, run_select
from orgline.graph.evidence import Finding, evidence_of
from orgline.graph.shacl import place_of_node
from orgline.graph.speaker import Speaker
from orgline.graph.store import RDF_TYPE, Term, ol_term
from orgline.text import SOURCE_LANGUAGE, ContentError, Problem

_COMMENT = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
_NO_VALUE = "…"
Rows = list[dict[str, Term]]


def run_checks(
    store: ox.Store, content: Content, origins: Mapping[str, str] | None = None, base: str = DEFAULT_BASE
) -> tuple[list[Finding], list[Problem]]:
    """Run the checks of `content` on `store` and add the findings of warnings to it.

    Returns the findings of warnings, sorted by IRI, and the problems of errors. `origins` has the place (file and row)
    where each node is described, by IRI; `base` is the part of IRIs that messages leave out.

    Raises ContentError where a check is not a valid query file, or the language of a message is not a language tag.
    """
    findings, problems = [], []
    for check in read_query_files(content.checks, content):
        check_findings = _CheckRun(store, check, base, content.words).findings()
        if check.header.get("severity") == "error":
            problems += [_problem_of(finding, origins or {}, base) for finding in check_findings]
        else:
            findings += check_findings
    # Only now, so that no check sees the findings of another.
    findings.sort(key=lambda finding: finding.iri.value)
    store.extend(quad for finding in findings for quad in _quads(finding))
    return findings, problems


@dataclass(frozen=True)
class _CheckRun:
    """A check to be run on `store`; `words` are the catalogues' texts by language and key."""

    store: ox.Store
    check: QueryFile
    base: str
    words: Mapping[str, Mapping[str, str]]

    def findings(self) -> list[Finding]:
        """Run the query and return a finding for each set of nodes: rows about the same nodes are one finding.

        The nodes are the values of the variables in the header's list ``about`` (default: ``this``).
        """
        rows_by_nodes: dict[tuple[ox.NamedNode, ...], Rows] = {}
        for row in run_select(self.store, self.check, {}):
            values = (row[name] for name in self.check.header.get("about", ["this"]) if name in row)
            nodes = {node for node in values if isinstance(node, ox.NamedNode)}
            rows_by_nodes.setdefault(tuple(sorted(nodes, key=lambda node: node.value)), []).append(row)
        return [self._finding(nodes, rows) for nodes, rows in rows_by_nodes.items()]

    def _finding(self, about: tuple[ox.NamedNode, ...], rows: Rows) -> Finding:
        """Return the finding about these nodes; its IRI consists of the check's name and the names of the nodes."""
        sentences = {
            lang: self._filled(text, rows, Speaker(self.store, lang, self.words))
            for lang, text in (self.check.header.get("message") or self.check.summary).items()
        }
        key = "/".join(node.value.removeprefix(self.base) for node in about)
        sources = {source for node in about for source in evidence_of(self.store, node).sources}
        iri = ox.NamedNode(f"{self.base}finding/{self.check.name}/{key}")
        return Finding(self.check.name, about, sentences, iri, tuple(sorted(sources, key=str)))

    def _filled(self, message: str, rows: Rows, speaker: Speaker) -> str:
        """Return `message` with each variable replaced by its values in `rows`, sorted; "…" where it has none."""
        values = {
            name: {self._value(row[name], speaker) for row in rows if name in row} for name in _placeholders(message)
        }
        return message.format_map({name: "; ".join(sorted(texts)) or _NO_VALUE for name, texts in values.items()})

    def _value(self, term: Term, speaker: Speaker) -> str:
        """Return the text of `term`; for a literal in the header's table ``words``, the text given there."""
        meanings = self.check.words.get(term.value) if isinstance(term, ox.Literal) else None
        return speaker.summary(meanings) if meanings else speaker.term(term)


def _placeholders(text: str) -> set[str]:
    """Return the variables, in braces, of a message."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _problem_of(finding: Finding, origins: Mapping[str, str], base: str) -> Problem:
    """Return a finding as a problem: the first sentence of its message is what is wrong, the rest what to do."""
    message = finding.sentences.get(SOURCE_LANGUAGE) or next(iter(finding.sentences.values()))
    what, _, todo = message.partition(". ")
    node = finding.about[0].value if finding.about else finding.check
    return Problem(place_of_node(node, origins, base), what, todo or "Correct the rows concerned.")


def _quads(finding: Finding) -> Iterable[ox.Quad]:
    """Yield the statements of a finding in the graph."""
    yield ox.Quad(finding.iri, RDF_TYPE, ol_term("Finding"))
    yield ox.Quad(finding.iri, ol_term("check"), ox.Literal(finding.check))
    for node in finding.about:
        yield ox.Quad(finding.iri, ol_term("about"), node)
    for lang, text in finding.sentences.items():
        yield ox.Quad(finding.iri, _COMMENT, _tagged(text, lang, finding.check))


def _tagged(text: str, lang: str, check: str) -> ox.Literal:
    """Return `text` as a literal in `lang`. Raises ContentError where `lang` is not a language tag (BCP 47)."""
    try:
        return ox.Literal(text, language=lang)
    except ValueError as error:
        problem = Problem(
            f"queries/checks/{check}.rq",
            f'"{lang}" is not a language tag',
            "Give the language of the message, as vi or en",
        )
        raise ContentError([problem]) from error
