"""Write a register as the terms of the contract, into a folder like a build's: `store/` and `columns/`.

N-Triples are made as string columns, a predicate at a time, and go into the store by its bulk load.
"""

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import chain
from pathlib import Path

import polars as pl
import pyoxigraph as ox
from by_rule import a_post_exists_while_it_is_held, derived_lines
from country import Register
from country_bodies import REGISTER_DAY, SOURCE

from orgline.graph.store import OL, ONTOLOGY_GRAPH
from orgline.hierarchy.columns import SCHEMAS, Relations

ROOT = Path(__file__).parents[1]
A = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
ORG, SCHEMA = "http://www.w3.org/ns/org#", "https://schema.org/"
DERIVED_FROM = "http://www.w3.org/ns/prov#wasDerivedFrom"
EDTF = "^^<http://id.loc.gov/datatypes/edtf/EDTF>"
STATED, INFERRED = OL + "Stated", OL + "Inferred"
BYTES_A_TRIPLE, ROWS = 110, 500_000
Block = pl.DataFrame


def stated(register: Register) -> Iterator[Block]:
    """Yield what the register states, as blocks of N-Triples lines."""
    yield from _source()
    yield from _named(register.places, "place", OL + "Place")
    yield from _named(register.bodies, "body", ORG + "Organization")
    yield _triples(register.bodies, "body", ORG + "classification", "kind")
    yield _triples(register.bodies, "body", OL + "territory", "territory")
    yield _triples(register.bodies, "body", SCHEMA + "foundingDate", "founded", EDTF)
    yield _triples(register.bodies, "body", SCHEMA + "dissolutionDate", "dissolved", EDTF)
    yield from _named(register.posts, "post", ORG + "Post")
    yield _triples(register.posts, "post", ORG + "postIn", "body")
    yield _triples(register.posts, "post", ORG + "role", "role")
    yield from _named(register.persons, "person", "http://xmlns.com/foaf/0.1/Person")
    yield from _lines(register.lines)
    yield _same(register.lines, "line", OL + "certainty", STATED)
    yield _same(register.tenures, "tenure", A, ORG + "Membership")
    yield _triples(register.tenures, "tenure", ORG + "member", "person")
    yield _triples(register.tenures, "tenure", OL + "inPost", "post")
    yield _same(register.tenures, "tenure", OL + "certainty", STATED)
    yield from _dated(register.tenures, "tenure")
    for name in ("bodies", "posts", "lines", "tenures"):
        frame = getattr(register, name)
        yield _same(frame, frame.columns[0], DERIVED_FROM, SOURCE)


def concluded(register: Register, derived: pl.DataFrame) -> Iterator[Block]:
    """Yield what the rules conclude of it, `derived` being the lines of posts."""
    yield from _lines(derived)
    yield _same(derived, "line", OL + "certainty", INFERRED)
    yield _same(derived, "line", DERIVED_FROM, SOURCE)
    yield _triples(derived, "line", OL + "byRule", "rule", "")
    yield _triples(derived, "line", OL + "restsOn", "ground")
    yield _triples(derived, "line", OL + "restsOn", "other_ground")
    seats = derived.filter(pl.col("rule").str.starts_with("seats-"))
    yield _same(seats, "line", OL + "standing", OL + "Normal")
    yield _triples(register.tenures, "post", OL + "restsOn", "tenure")
    yield _triples(a_post_exists_while_it_is_held(register), "post", OL + "attestedOn", "attested", EDTF)
    of_posts = register.tenures.join(register.posts, on="post", how="left", maintain_order="left")
    yield _triples(of_posts, "tenure", ORG + "organization", "body")
    yield _triples(of_posts, "tenure", ORG + "role", "role")


def _source() -> Iterator[Block]:
    node = pl.DataFrame({"node": [SOURCE], "label": ["(bịa) Sổ đăng ký"], "day": [REGISTER_DAY.isoformat()]})
    yield from _named(node, "node", OL + "Source")
    yield _triples(node, "node", "http://purl.org/dc/terms/issued", "day", EDTF)


def _lines(frame: pl.DataFrame) -> Iterator[Block]:
    yield _same(frame, "line", A, OL + "Line")
    for name in ("lower", "upper"):
        yield _triples(frame, "line", OL + name, name)
    yield _triples(frame, "line", OL + "lineType", "type")
    yield from _dated(frame, "line")


def _dated(frame: pl.DataFrame, node: str) -> Iterator[Block]:
    yield _triples(frame, node, SCHEMA + "startDate", "start", EDTF)
    yield _triples(frame, node, SCHEMA + "endDate", "end", EDTF)
    yield _triples(frame.select(node, "attested").explode("attested"), node, OL + "attestedOn", "attested", EDTF)


def _named(frame: pl.DataFrame, node: str, class_: str) -> Iterator[Block]:
    yield _same(frame, node, A, class_)
    yield _triples(frame, node, LABEL, "label", "@vi")


def _same(frame: pl.DataFrame, node: str, property_: str, value: str) -> Block:
    return frame.select(pl.format("<{}> <{}> <{}> .", node, pl.lit(property_), pl.lit(value)))


def _triples(frame: pl.DataFrame, node: str, property_: str, value: str, suffix: str | None = None) -> Block:
    """Return a property of each node: IRIs, or literals with a `suffix` (type or language); nulls give none."""
    frame = frame.filter(pl.col(value).is_not_null())
    if suffix is None:
        return frame.select(pl.format("<{}> <{}> <{}> .", node, pl.lit(property_), value))
    return frame.select(pl.format('<{}> <{}> "{}"{} .', node, pl.lit(property_), value, pl.lit(suffix)))


def text(block: Block) -> bytes:
    """Return a block as N-Triples."""
    out = BytesIO()
    block.write_csv(out, include_header=False, quote_style="never")
    return out.getvalue()


def vocabularies(store: ox.Store) -> None:
    """Load the code lists, whose types of line and roles the rules and the shortcuts read."""
    for path in sorted((ROOT / "ontology" / "vocabularies").glob("*.ttl")):
        store.load(path=path, format=ox.RdfFormat.TURTLE)
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        store.load(path=path, format=ox.RdfFormat.TURTLE, to_graph=ONTOLOGY_GRAPH)


def relations(register: Register, derived: pl.DataFrame) -> Relations:
    """Return the columns that `relations_of` takes from the store."""
    names = list(register.lines.columns)
    lines = pl.concat([register.lines, derived.select(names)]).with_columns(quantifier=pl.lit(None, pl.String))
    return Relations(
        _columns("lines", lines, "line"),
        _columns("tenures", register.tenures, "tenure"),
        _columns("posts", register.posts, "post"),
    )


def _columns(name: str, frame: pl.DataFrame, node: str) -> pl.DataFrame:
    return frame.select(pl.col(column).cast(kind) for column, kind in SCHEMAS[name].items()).sort(node)


def write(register: Register, folder: Path) -> dict[str, float]:
    """Write the build of `register` in `folder`, new; return how many triples and rows it has, and the time.

    Raises RuntimeError where the disk has no room for it.
    """
    expected = 24 * register.tenures.height
    if shutil.disk_usage(folder.parent).free < 3 * BYTES_A_TRIPLE * expected:
        raise RuntimeError(f"{folder}: the disk has no room for {expected} triples. Give another --folder.")
    began = time.perf_counter()
    derived = derived_lines(register)
    relations(register, derived).write(folder / "columns")
    store = ox.Store(str(folder / "store"))
    vocabularies(store)
    blocks = chain(stated(register), concluded(register, derived))
    with ThreadPoolExecutor(1) as beside:  # one bulk load of all takes half the time of one for each block
        reader, writer = os.pipe()
        sending = beside.submit(_send, blocks, writer)
        with os.fdopen(reader, "rb") as lines:
            store.bulk_load(lines, ox.RdfFormat.N_TRIPLES, lenient=True)
        sending.result()
    store.flush()
    store.optimize()
    store.flush()
    counts = {
        "triples": len(store),
        "bodies": register.bodies.height,
        "posts": register.posts.height,
        "tenures": register.tenures.height,
        "lines": register.lines.height + derived.height,
        "build_seconds": round(time.perf_counter() - began, 1),
    }
    return counts | register.faults


def _send(blocks: Iterator[Block], writer: int) -> None:
    with os.fdopen(writer, "wb") as out:
        for block in blocks:
            for part in block.iter_slices(ROWS):
                out.write(text(part))
