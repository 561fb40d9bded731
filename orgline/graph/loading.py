"""Loads the Turtle files and tables of the content into one store, or reports all their problems at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyoxigraph as ox

from orgline.content import (
    DEFAULT_BASE,
    SHARED_FOLDER,
    Content,
    MappedTable,
    TableKind,
    check_frame,
    map_frame,
    quads_by_source,
    read_frame,
    read_table_kinds,
    to_ntriples,
)
from orgline.graph.store import ONTOLOGY_GRAPH, load_turtle, rebase
from orgline.text import ContentError, Problem, closest_match, suggestion_for

MAX_HINTS = 50  # comparing each of a thousand unknown names with all known ones would take minutes


@dataclass
class LoadedContent:
    """The store, the place where each node (by IRI) is described, the frames of the tables by stem.

    `said` are the statements of sources on things that several of them describe, as N-Quads: see `quads_by_source`.
    """

    store: ox.Store
    origins: dict[str, str]
    tables: dict[str, list[pl.DataFrame]]
    said: bytes = b""


def load(content: Content, base: str = DEFAULT_BASE) -> LoadedContent:
    """Return the graph of `content`, with its own IRIs under `base`. Rules and checks are not run.

    Raises ContentError with all problems of form and reference.
    """
    store = ox.Store()
    problems = _load_turtle_files(store, content, base)
    kinds = read_table_kinds(content)
    tables: dict[str, list[pl.DataFrame]] = {}
    for path in content.tables:
        frame, found = _read_table(path, content, kinds)
        problems += found
        if frame is not None and not found:
            origin = {"_source": pl.lit(path.parent.name), "_place": pl.lit(content.place(path))}
            tables.setdefault(path.stem, []).append(frame.with_columns(**origin))
    problems += _misplaced_claims(kinds, tables)
    whole = {stem: pl.concat(frames) for stem, frames in sorted(tables.items())}
    mapped = [map_frame(frame, kinds[stem], content, base) for stem, frame in whole.items()]
    store.bulk_load(to_ntriples(mapped), ox.RdfFormat.N_TRIPLES)
    if not problems:  # a node whose row is broken would be reported once more at each reference to it
        problems += _unknown_references(store, mapped, content, base)
    if problems:
        raise ContentError(problems)
    said = b"".join(quads_by_source(frame, kinds[stem], content, base) for stem, frame in whole.items())
    return LoadedContent(store, _origins(mapped), tables, said)


def _load_turtle_files(store: ox.Store, content: Content, base: str) -> list[Problem]:
    """Load ontology, vocabularies and data; return the problems of these and of the shapes, which are only parsed."""
    graphs = [(content.ontology, ONTOLOGY_GRAPH), (content.vocabularies, None), (content.data, None)]
    problems = [
        problem
        for path in content.shapes
        if (problem := load_turtle(ox.Store(), path, content.place(path), base, None, named=False))
    ]
    for paths, graph in graphs:
        for path in paths:
            problem = load_turtle(store, path, content.place(path), base, graph)
            if problem:
                problems.append(problem)
    if base != DEFAULT_BASE:
        rebase(store, DEFAULT_BASE, base)
    return problems


def _read_table(path: Path, content: Content, kinds: dict[str, TableKind]) -> tuple[pl.DataFrame | None, list[Problem]]:
    place = content.place(path)
    kind = kinds.get(path.stem)
    if kind is None:
        hint = suggestion_for(path.stem, kinds) or f" The kinds are {', '.join(sorted(kinds))}."
        return None, [Problem(place, f'there is no kind of table called "{path.stem}".{hint}', "Rename the file")]
    frame, problems = read_frame(path, place, kind)
    if frame is not None:
        problems += check_frame(frame, place, kind)
    return frame, problems


def _misplaced_claims(kinds: dict[str, TableKind], tables: dict[str, list[pl.DataFrame]]) -> list[Problem]:
    """Return a problem for each table of claims in data/shared: a claim needs the folder of its source."""
    return [
        Problem(frame["_place"][0], "a table of claims needs a source", "Move it to the folder of its source")
        for stem, frames in tables.items()
        for frame in frames
        if frame.height
        and frame["_source"][0] == SHARED_FOLDER
        and any(column.name == "locator" for column in kinds[stem].cells)
    ]


def _unknown_references(store: ox.Store, mapped: list[MappedTable], content: Content, base: str) -> list[Problem]:
    """Return a problem for each cell or Turtle value that refers to a node of ours which nothing describes."""
    known = {quad.subject.value for quad in store if isinstance(quad.subject, ox.NamedNode)}
    own = tuple({base, *(content.prefixes[name] for name in ("code", "ol") if name in content.prefixes)})
    frames = [table.references for table in mapped]
    cells = pl.concat(frames) if frames else pl.DataFrame(schema={"iri": pl.String, "place": pl.String})
    referenced = cells["iri"].unique().to_list()
    unknown = {iri for iri in referenced if iri.startswith(own) and iri not in known}
    names = _names_by_folder(known) if len(unknown) <= MAX_HINTS else {}
    problems = [
        _undescribed_node(iri, place, names, base)
        for iri, place in cells.filter(pl.col("iri").is_in(sorted(unknown))).iter_rows()
    ]
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        value = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
        if value.startswith(base) and value not in known and value not in unknown:
            subject = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else str(quad.subject)
            problems.append(_undescribed_node(value, subject.removeprefix(base), names, base))
    return problems


def _names_by_folder(known: set[str]) -> dict[str, list[str]]:
    """Return the last parts of the IRIs of `known` by the part before them."""
    names: dict[str, list[str]] = {}
    for iri in known:
        folder, _, name = iri.rpartition("/")
        names.setdefault(folder, []).append(name)
    return names


def _undescribed_node(iri: str, place: str, names: dict[str, list[str]], base: str) -> Problem:
    folder, _, name = iri.rpartition("/")
    near = closest_match(name, sorted(names.get(folder, [])))
    hint = f' Did you mean "{folder.removeprefix(base)}/{near}"?' if near else ""
    short = iri.removeprefix(base)
    return Problem(place, f'nobody has described "{short}".{hint}', "Describe it in data/shared/, or correct the name")


def _origins(mapped: list[MappedTable]) -> dict[str, str]:
    """Return the place where each node is described: the first, in the order of files and rows."""
    frames = [table.origins for table in mapped]
    return dict(pl.concat(frames).unique("iri", keep="first", maintain_order=True).iter_rows()) if frames else {}
