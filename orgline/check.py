"""Check: does the graph have the form its shapes ask for, and does what it says hold together?

Shapes and checks of severity ``error`` stop a build. Checks of severity ``warning`` leave findings:
nodes in the graph that mark the answers concerned as contradicted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from orgline.content import DEFAULT_BASE, Content
from orgline.errors import ContentError, Problem
from orgline.query import Query, read_queries, run
from orgline.store import LANGUAGES, RDF_TYPE, Term, label, local_name, ol

_COMMENT = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
_MESSAGE_LANGUAGE = "en"
_VARIABLE = re.compile(r"\{(\w+)\}")
_SH = "http://www.w3.org/ns/shacl#"


@dataclass(frozen=True)
class Finding:
    """A contradiction found: the check, the nodes concerned, and the sentence by language."""

    check: str
    about: tuple[ox.NamedNode, ...]
    sentences: Mapping[str, str]
    iri: ox.NamedNode


def check(
    store: ox.Store, content: Content, origins: Mapping[str, str] | None = None, base: str = DEFAULT_BASE
) -> list[Finding]:
    """Add findings to `store` and return them, sorted; `origins` says where each node was described.

    Raises ContentError with each violation of a shape and each row of a check of severity error.
    """
    origins = origins or {}
    checks = read_queries(content.checks, content)
    problems = _shape_problems(store, content, origins, base)
    findings = []
    for one in checks:
        found = [_finding(store, one, row, base) for row in run(store, one, {})]
        if one.header.get("severity") == "error":
            problems += [_as_problem(finding, origins, base) for finding in found]
        else:
            findings += found
    if problems:
        raise ContentError(problems)
    findings = sorted({finding.iri: finding for finding in findings}.values(), key=lambda one: one.iri.value)
    store.extend(quad for finding in findings for quad in _quads(finding))
    return findings


def _shape_problems(store: ox.Store, content: Content, origins: Mapping[str, str], base: str) -> list[Problem]:
    """Return a problem for each violation of the SHACL shapes."""
    import pyshacl
    import rdflib

    shapes = rdflib.Graph()
    for path in content.shapes:
        try:
            shapes.parse(path, format="turtle")
        except Exception as error:  # noqa: BLE001 rdflib's parser raises many kinds
            raise ContentError(
                [Problem(content.place(path), f"is not sound Turtle ({error})", "Correct it")]
            ) from error
    data = _as_rdflib(store)
    conforms, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=False, inplace=True)
    if conforms:
        return []
    results = report.subjects(rdflib.RDF.type, rdflib.URIRef(_SH + "ValidationResult"))
    return [_violation(report, result, origins, base) for result in results]


def _as_rdflib(store: ox.Store):  # type: ignore[no-untyped-def]  # noqa: ANN202 rdflib is imported late
    """Return the default graph of `store` as an rdflib graph."""
    import rdflib

    triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    return rdflib.Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")


def _violation(report, result, origins: Mapping[str, str], base: str) -> Problem:  # type: ignore[no-untyped-def]  # noqa: ANN001
    import rdflib

    sh = rdflib.Namespace(_SH)
    node = str(report.value(result, sh.focusNode))
    messages = {text.language: str(text) for text in report.objects(result, sh.resultMessage)}
    message = messages.get(_MESSAGE_LANGUAGE) or next(iter(messages.values()), "does not have the form asked for")
    value = report.value(result, sh.value)
    said = (
        f' ("{value}")'
        if isinstance(value, rdflib.Literal)
        else f" ({local_name(ox.NamedNode(value))})"
        if isinstance(value, rdflib.URIRef)
        else ""
    )
    what, _, todo = message.partition(". ")
    return Problem(_where(node, origins, base), what.rstrip(".") + said, todo)


def _where(node: str, origins: Mapping[str, str], base: str) -> str:
    short = node.removeprefix(base)
    return f"{origins[node]}, {short}" if node in origins else short


def _finding(store: ox.Store, one: Query, row: Mapping[str, Term], base: str) -> Finding:
    """Return the finding that a row of a check is: what its header says of the row's nodes."""
    nodes = tuple(row[name] for name in one.header.get("about", ["this"]) if name in row)
    about = tuple(node for node in nodes if isinstance(node, ox.NamedNode))
    sentences = {
        lang: _VARIABLE.sub(lambda found: _said(store, row, found.group(1), lang), text)
        for lang, text in (one.header.get("message") or one.summary).items()
    }
    name = "/".join(node.value.removeprefix(base) for node in sorted(about, key=str))
    return Finding(one.name, about, sentences, ox.NamedNode(f"{base}finding/{one.name}/{name}"))


def _said(store: ox.Store, row: Mapping[str, Term], name: str, lang: str) -> str:
    return label(store, row[name], lang) if name in row else "…"


def _as_problem(finding: Finding, origins: Mapping[str, str], base: str) -> Problem:
    sentence = finding.sentences.get(_MESSAGE_LANGUAGE) or next(iter(finding.sentences.values()))
    what, _, todo = sentence.partition(". ")
    node = finding.about[0].value if finding.about else finding.check
    return Problem(_where(node, origins, base), what, todo or "Correct the rows concerned.")


def _quads(finding: Finding) -> Iterable[ox.Quad]:
    yield ox.Quad(finding.iri, RDF_TYPE, ol("Finding"))
    yield ox.Quad(finding.iri, ol("check"), ox.Literal(finding.check))
    for node in finding.about:
        yield ox.Quad(finding.iri, ol("about"), node)
    for lang, text in finding.sentences.items():
        yield ox.Quad(finding.iri, _COMMENT, ox.Literal(text, language=lang if lang in LANGUAGES else "en"))
