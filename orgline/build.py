"""Build: the content becomes a checked graph, its exports, its store and its pages, or nothing changes.

A failed or killed build leaves the last good one: see `orgline.place`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from orgline import __version__
from orgline.allowed import not_allowed
from orgline.check import look
from orgline.content import DEFAULT_BASE, Content
from orgline.errors import CannotRun, ContentError, Problem
from orgline.evidence import Finding
from orgline.infer import infer
from orgline.load import Loaded, load
from orgline.place import COLUMNS, INFERRED, REPORT, SAID, Place
from orgline.query import read_queries
from orgline.relations import relations_of
from orgline.removals import returned
from orgline.shapes import Shapes
from orgline.store import RDF_TYPE, local_name
from orgline.swap import refuse_undone

_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`]+[/#]")
Tell = Callable[[str, float], None]


@dataclass
class Build:
    """What a build knows as it goes: where it comes from, where it goes, what it found."""

    content: Content
    folder: Path
    base: str = DEFAULT_BASE
    loaded: Loaded | None = None
    inferred: list[ox.Triple] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    shapes: Shapes | None = None
    ending: ExitStack = field(default_factory=ExitStack)
    times: dict[str, float] = field(default_factory=dict)

    @property
    def graph(self) -> Loaded:
        """The loaded graph; it is there once the first step is done."""
        assert self.loaded is not None
        return self.loaded


def build(
    content: Content, out: Path, base: str = DEFAULT_BASE, tell: Tell | None = None, *, ending: bool = False
) -> dict[str, Any]:
    """Build `content` and switch the link `out` to the result; return its report.

    `tell` is called after each step with its name and seconds. Raises ContentError with all problems
    of the content, CannotRun when `out` is not a build's place, or a change of the content was begun and
    this build is not the one `ending` it; then the last good build stays.
    """
    _refuse_base(base)
    if not ending:
        refuse_undone(content)
    with Place(out) as place:
        work = Build(content, place.folder, base)
        with work.ending:
            for name, step in STEPS:
                began = time.perf_counter()
                step(work)
                work.times[name] = round(time.perf_counter() - began, 3)
                if tell:
                    tell(name, work.times[name])
            report = _report(work)
        place.switch()
    return report


def checked(content: Content) -> list[Finding]:
    """Read, infer and check `content` as a build does, without building; return what it found.

    Raises ContentError with all problems of the content.
    """
    work = Build(content, Path())
    with work.ending:
        for step in (_read, _infer, _check, _shapes):
            step(work)
    return work.findings


def _read(work: Build) -> None:
    """Read all content; tell the problems of questions and of data together."""
    content = work.content
    problems = [
        Problem(content.place(path), "is in a place, or of a kind, that nothing reads", "Move, rename or delete it")
        for path in content.unread
    ]
    for read in (
        lambda: read_queries([*content.questions, *content.checks, *content.rules, *content.views], content),
        lambda: setattr(work, "loaded", load(content, work.base)),
    ):
        try:
            read()
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(problems)


def _infer(work: Build) -> None:
    work.inferred = infer(work.graph.store, work.content)


def _check(work: Build) -> None:
    """Begin with the shapes, which go on beside the next steps, and run the check questions."""
    graph = work.graph
    work.shapes = work.ending.enter_context(Shapes(graph.store, work.content, graph.origins, work.base))
    work.findings, work.problems = look(graph.store, work.content, graph.origins, work.base)
    work.problems += not_allowed(work.content, graph.store, graph.tables) + returned(work.content, graph.tables)


def _shapes(work: Build) -> None:
    """Wait for the shapes; what they and the checks found wrong ends the build."""
    assert work.shapes is not None
    problems = work.problems + work.shapes.problems()
    if problems:
        raise ContentError(problems)


def _export(work: Build) -> None:
    from orgline.export import export

    export(work.graph.store, work.content, work.folder, work.graph.tables, work.base)
    relations_of(work.graph.store).write(work.folder / COLUMNS)
    concluded = sorted(f"{triple} .\n" for triple in work.inferred)
    (work.folder / INFERRED).write_text("".join(concluded), encoding="utf-8", newline="\n")
    (work.folder / SAID).write_bytes(work.graph.said)


def _draw(work: Build) -> None:
    from orgline.draw import draw

    draw(work.graph.store, work.content, work.folder)


def _pages(work: Build) -> None:
    from orgline.pages import write_pages

    write_pages(work.graph.store, work.content, work.folder, _counts(work.graph.store))


STEPS: tuple[tuple[str, Callable[[Build], None]], ...] = (
    ("read", _read),
    ("infer", _infer),
    ("check", _check),
    ("export", _export),
    ("draw", _draw),
    ("pages", _pages),
    ("shapes", _shapes),
)


def _counts(store: ox.Store) -> dict[str, int]:
    """Return how many nodes of each class the default graph has."""
    counts: dict[str, int] = {}
    for quad in store.quads_for_pattern(None, RDF_TYPE, None, ox.DefaultGraph()):
        if isinstance(quad.object, ox.NamedNode):
            name = local_name(quad.object)
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _report(work: Build) -> dict[str, Any]:
    report = {
        "orgline": __version__,
        "base": work.base,
        "triples": len(work.graph.store),
        "inferred": len(work.inferred),
        "counts": _counts(work.graph.store),
        "questions": len(work.content.questions),
        "checks": {
            "run": len(work.content.checks) + len(work.content.shapes),
            "findings": [
                {"check": one.check, "about": [node.value for node in one.about], **one.sentences}
                for one in work.findings
            ],
        },
        "seconds": work.times,
    }
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    (work.folder / REPORT).write_text(text, encoding="utf-8", newline="\n")
    return report


def _refuse_base(base: str) -> None:
    """Refuse a base under which no IRI can be minted."""
    if not _BASE.fullmatch(base):
        raise CannotRun(f'--base "{base}": is no address that ends with / or #. Give one such as {DEFAULT_BASE}.')
