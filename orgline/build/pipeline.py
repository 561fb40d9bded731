"""The steps of a build: content becomes a checked graph with its exports, store and pages, or nothing changes.

A failed or killed build leaves the last good one in place: see `orgline.content.build_folder`.
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

from orgline.build.edit.removal_register import find_removed_names
from orgline.content import (
    COLUMNS_FOLDER,
    DEFAULT_BASE,
    INFERRED_FILE,
    REPORT_FILE,
    SOURCE_QUADS_FILE,
    BuildFolder,
    Content,
    read_query_files,
    refuse_pending_change,
)
from orgline.graph import (
    RDF_TYPE,
    Finding,
    LoadedContent,
    ShapeCheck,
    allowlist_problems,
    infer,
    load,
    local_name,
    run_checks,
)
from orgline.hierarchy import relations_of
from orgline.text import CannotRun, ContentError, Problem, __version__, missing_extra, name_arguments

# An IRI that local names can be appended to; the characters left out are those that RFC 3987 does not allow.
_VALID_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`]+[/#]")
StepCallback = Callable[[str, float], None]


@dataclass
class BuildState:
    """What the steps of a build pass on: the content, the folder that is written, the graph, findings and problems.

    `notes` are sentences for the user about what the build leaves out; `times` the seconds of each step.
    """

    content: Content
    folder: Path
    base: str = DEFAULT_BASE
    loaded: LoadedContent | None = None
    inferred: list[ox.Triple] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shapes: ShapeCheck | None = None
    exit_stack: ExitStack = field(default_factory=ExitStack)
    times: dict[str, float] = field(default_factory=dict)

    @property
    def graph(self) -> LoadedContent:
        """The loaded graph; the first step sets it."""
        assert self.loaded is not None
        return self.loaded


def run_build(
    content: Content, out: Path, base: str = DEFAULT_BASE, on_step: StepCallback | None = None, *, ending: bool = False
) -> dict[str, Any]:
    """Build `content`, switch the link `out` to the result and return the report, the value of report.json.

    The IRIs of all resources begin with `base`. `on_step` is called after each step with its name and seconds.
    `ending`: this build completes an interrupted change of the content, for which any other build is refused.
    Raises ContentError with all problems of the content, and CannotRun when `out` is in use for something else, a
    change of the content is incomplete, or `base` is not an IRI; the last good build then stays.
    """
    _require_valid_base(base)
    if not ending:
        refuse_pending_change(content)
    with BuildFolder(out) as build:
        work = BuildState(content, build.folder, base)
        with work.exit_stack:
            for name, step in STEPS:
                began = time.perf_counter()
                step(work)
                work.times[name] = round(time.perf_counter() - began, 3)
                if on_step:
                    on_step(name, work.times[name])
            report = _report(work)
        build.switch()
    return report


def build_content(
    content: str | Path | None = None, out: str | Path = "build", *, base: str = DEFAULT_BASE
) -> dict[str, Any]:
    """Build the content tree in the folder `content` (default: the content that comes with orgline) into `out`.

    Returns the build's report: the values of its report.json. Raises as `run_build` does.

    >>> build_content("content", out="build")["triples"]  # doctest: +SKIP
    """
    with name_arguments():
        return run_build(Content.find(None if content is None else Path(content)), Path(out), base)


def check_content(content: Content) -> list[Finding]:
    """Read, infer and check `content` as a build does, without building; return the findings.

    Raises ContentError with all problems of the content.
    """
    work = BuildState(content, Path())
    with work.exit_stack:
        for step in (_read, _infer, _start_checks, _finish_shapes):
            step(work)
    return work.findings


def _read(work: BuildState) -> None:
    """Read all content. Raises ContentError with the problems of languages, questions and data together.

    Where a catalogue or the settings cannot be read, only these problems are told: all else depends on them.
    """
    content = work.content
    problems = [
        Problem(content.place(path), "is in a folder, or of a type, that nothing reads", "Move, rename or delete it")
        for path in content.unused_files
    ]
    if unreadable := list(content.unreadable_settings()):
        raise ContentError([*problems, *unreadable])
    problems += content.languages.problems
    for read in (
        lambda: read_query_files([*content.questions, *content.checks, *content.rules, *content.views], content),
        lambda: setattr(work, "loaded", load(content, work.base)),
    ):
        try:
            read()
        except ContentError as error:
            problems += error.problems
    if problems:
        raise ContentError(problems)


def _infer(work: BuildState) -> None:
    work.inferred = infer(work.graph.store, work.content)


def _start_checks(work: BuildState) -> None:
    """Start the SHACL validation, which runs in its own process beside the next steps, and run the checks."""
    graph = work.graph
    work.shapes = work.exit_stack.enter_context(ShapeCheck(graph.store, work.content, graph.origins, work.base))
    work.findings, work.problems = run_checks(graph.store, work.content, graph.origins, work.base)
    work.problems += allowlist_problems(work.content, graph.store, graph.tables) + find_removed_names(
        work.content, graph.tables
    )


def _finish_shapes(work: BuildState) -> None:
    """Wait for the SHACL validation. Raises ContentError with the problems from it and from the checks."""
    assert work.shapes is not None
    problems = work.problems + work.shapes.problems()
    if problems:
        raise ContentError(problems)


def _export(work: BuildState) -> None:
    from orgline.build.exports import export_graph

    export_graph(work.graph.store, work.content, work.folder, work.graph.tables, work.base)
    relations_of(work.graph.store).write(work.folder / COLUMNS_FOLDER)
    concluded = sorted(f"{triple} .\n" for triple in work.inferred)
    (work.folder / INFERRED_FILE).write_text("".join(concluded), encoding="utf-8", newline="\n")
    (work.folder / SOURCE_QUADS_FILE).write_bytes(work.graph.source_quads)


def _draw(work: BuildState) -> None:
    """Write the pages of the views; without the library that draws them, note that they are left out."""
    missing = missing_extra("draw")
    if missing:
        work.notes.append(f"The build has no views/. {missing}")
        return
    from orgline.render import write_views

    write_views(work.graph.store, work.content, work.folder)


def _pages(work: BuildState) -> None:
    from orgline.render import write_pages

    write_pages(work.graph.store, work.content, work.folder, _counts(work.graph.store))


STEPS: tuple[tuple[str, Callable[[BuildState], None]], ...] = (
    ("read", _read),
    ("infer", _infer),
    ("check", _start_checks),
    ("export", _export),
    ("draw", _draw),
    ("pages", _pages),
    ("shapes", _finish_shapes),
)


def _counts(store: ox.Store) -> dict[str, int]:
    """Return how many nodes of each class the default graph has."""
    counts: dict[str, int] = {}
    for quad in store.quads_for_pattern(None, RDF_TYPE, None, ox.DefaultGraph()):
        if isinstance(quad.object, ox.NamedNode):
            name = local_name(quad.object)
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _report(work: BuildState) -> dict[str, Any]:
    """Write the report of the build to report.json, and return it."""
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
                {"check": finding.check, "about": [node.value for node in finding.about], **finding.sentences}
                for finding in work.findings
            ],
        },
        "notes": work.notes,
        "seconds": work.times,
    }
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    (work.folder / REPORT_FILE).write_text(text, encoding="utf-8", newline="\n")
    return report


def _require_valid_base(base: str) -> None:
    """Raise CannotRun when `base` is not an IRI that names can be appended to."""
    if not _VALID_BASE.fullmatch(base):
        raise CannotRun(f'--base "{base}": is not an address that ends with / or #. Give one such as {DEFAULT_BASE}.')
