"""Loads the Turtle files and tables of the content into a store, or reports all their problems at once."""

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

# With more unknown names than this a whole table or vocabulary is missing: suggestions would only cost time.
MAX_HINTS = 50


@dataclass
class LoadedContent:
    """The graph of a content tree and what is known of its origin.

    `store` has the facts in the default graph and the ontology in its named graph; `origins` has the place (file and
    row) where each node of a table is described, by IRI; `tables` has the frames by file stem, one per source, with the
    columns ``_source`` (folder) and ``_place`` (file); `source_quads` are the N-Quads of `quads_by_source`.
    """

    store: ox.Store
    origins: dict[str, str]
    tables: dict[str, list[pl.DataFrame]]
    source_quads: bytes = b""


def load(content: Content, base: str = DEFAULT_BASE) -> LoadedContent:
    """Return the graph that `content` describes, with IRIs under `base`.

    Raises ContentError with every problem of syntax or reference in the content. References are checked only where
    the files have no other problem: a table that could not be read would leave many names unknown.
    """
    store = ox.Store()
    problems = _load_turtle_files(store, content, base)
    kinds = read_table_kinds(content)
    tables: dict[str, list[pl.DataFrame]] = {}
    for path in content.tables:
        frame, table_problems = _read_table(path, content, kinds)
        problems += table_problems
        if frame is not None and not table_problems:
            origin = {"_source": pl.lit(path.parent.name), "_place": pl.lit(content.place(path))}
            tables.setdefault(path.stem, []).append(frame.with_columns(**origin))
    problems += _misplaced_claims(kinds, tables)
    joined = {stem: pl.concat(frames) for stem, frames in sorted(tables.items())}
    mapped = [map_frame(frame, kinds[stem], content, base) for stem, frame in joined.items()]
    store.bulk_load(to_ntriples(mapped), ox.RdfFormat.N_TRIPLES)
    if not problems:
        problems += _unknown_references(store, mapped, content, base)
    if problems:
        raise ContentError(problems)
    source_quads = b"".join(quads_by_source(frame, kinds[stem], content, base) for stem, frame in joined.items())
    return LoadedContent(store, _origins(mapped), tables, source_quads)


def _load_turtle_files(store: ox.Store, content: Content, base: str) -> list[Problem]:
    """Load ontology, vocabularies and data into `store`; return the problems of these and of the shapes.

    Shapes are parsed only to find their problems: they are no part of the graph.
    """
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
    """Return the rows of the table `path`, None where it cannot be read, and its problems."""
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
    """Return a problem for each table of claims outside the folder of a source.

    A table of claims is one with a column ``locator``, the place in the source.
    """
    return [
        Problem(frame["_place"][0], "a table of claims needs a source", "Move it to the folder of its source")
        for stem, frames in tables.items()
        for frame in frames
        if frame.height
        and frame["_source"][0] == SHARED_FOLDER
        and any(column.name == "locator" for column in kinds[stem].cells)
    ]


def _unknown_references(store: ox.Store, mapped: list[MappedTable], content: Content, base: str) -> list[Problem]:
    """Return a problem for each table cell or Turtle value that refers to a node without a description.

    Nodes of cells must be described if they are under `base` or the namespaces of codes and of the ontology, nodes in
    Turtle files if they are under `base`; other IRIs belong to others.
    """
    described = {quad.subject.value for quad in store if isinstance(quad.subject, ox.NamedNode)}
    own_spaces = tuple({base, *(content.prefixes[name] for name in ("code", "ol") if name in content.prefixes)})
    frames = [table.references for table in mapped]
    references = pl.concat(frames) if frames else pl.DataFrame(schema={"iri": pl.String, "place": pl.String})
    unknown = {iri for iri in references["iri"].unique() if iri.startswith(own_spaces) and iri not in described}
    siblings = _names_by_folder(described) if len(unknown) <= MAX_HINTS else {}
    problems = [
        _undescribed_node(iri, place, siblings, base)
        for iri, place in references.filter(pl.col("iri").is_in(sorted(unknown))).iter_rows()
    ]
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        value = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
        if value.startswith(base) and value not in described and value not in unknown:
            subject = quad.subject.value if isinstance(quad.subject, ox.NamedNode) else str(quad.subject)
            problems.append(_undescribed_node(value, subject.removeprefix(base), siblings, base))
    return problems


def _names_by_folder(iris: set[str]) -> dict[str, list[str]]:
    """Return the last parts of `iris` by what comes before the last slash."""
    names: dict[str, list[str]] = {}
    for iri in iris:
        folder, _, name = iri.rpartition("/")
        names.setdefault(folder, []).append(name)
    return names


def _undescribed_node(iri: str, place: str, siblings: dict[str, list[str]], base: str) -> Problem:
    """Return the problem of a reference at `place` to `iri`, with a similar name of the same folder as a suggestion."""
    folder, _, name = iri.rpartition("/")
    similar = closest_match(name, sorted(siblings.get(folder, [])))
    hint = f' Did you mean "{folder.removeprefix(base)}/{similar}"?' if similar else ""
    short = iri.removeprefix(base)
    return Problem(place, f'nobody has described "{short}".{hint}', "Describe it in data/shared/, or correct the name")


def _origins(mapped: list[MappedTable]) -> dict[str, str]:
    """Return the first place where each node of the tables is described, by IRI."""
    frames = [table.origins for table in mapped]
    return dict(pl.concat(frames).unique("iri", keep="first", maintain_order=True).iter_rows()) if frames else {}
