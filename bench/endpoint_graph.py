"""Make the graph that the endpoints are asked: the five reports, and an invented register stated as they state theirs.

About a million triples: a build as `orgline serve` opens it, and the same facts with the graph of one day merged into
them as one file of N-Triples, which is what the other servers load.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
import pyoxigraph as ox
from by_rule import derived_lines
from country import Register, make_register, part_of, real_units
from country_bodies import SOURCE
from country_build import MAKERS, scale_of
from country_store import LABEL, ORG, SCHEMA, STATED, A, Block, concluded, stated, text

from orgline.build.pipeline import run_build
from orgline.content.tree import Content
from orgline.graph.store import OL, open_store
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import read_relations, relations_of
from orgline.hierarchy.day_dataset import open_day_dataset

SCALE, DAY = "1/64", date(2021, 6, 1)
CLAIM = "https://w3id.org/orgline/id/claim/invented-register/"
DERIVED_FROM, PLACE = "http://www.w3.org/ns/prov#wasDerivedFrom", SCHEMA + "Place"
FIELDS = {
    "bodies": {"kind": ORG + "classification", "territory": OL + "territory"},
    "posts": {"body": ORG + "postIn", "role": ORG + "role"},
}


def graph(folder: Path) -> tuple[Path, Path, dict[str, Any]]:
    """Return the build in `folder`, its facts of DAY as N-Triples, and their counts; make them where they are not."""
    place, counts_file = folder / "endpoint", folder / "endpoint" / "counts.json"
    makers = _makers()
    if not counts_file.is_file() or json.loads(counts_file.read_text(encoding="utf-8"))["makers"] != makers:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        counts = _make(place) | {"makers": makers}
        counts_file.write_text(json.dumps(counts), encoding="utf-8")
    return place, place / "day.nt", json.loads(counts_file.read_text(encoding="utf-8"))


def _makers() -> str:
    here = Path(__file__).parent
    texts = [(here / name).read_bytes() for name in (*MAKERS, Path(__file__).name)]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def _make(place: Path) -> dict[str, Any]:
    """Make the build and the file; return their counts."""
    content = Content.find()
    register = make_register(part_of(real_units(), scale_of(SCALE)), scale_of(SCALE))
    with tempfile.TemporaryDirectory() as folder:
        run_build(content, Path(folder) / "build")
        shutil.copytree((Path(folder) / "build" / "store").resolve(), place / "store")
    store = ox.Store(str(place / "store"))
    lines = b"".join(text(block) for block in chain(stated(register), concluded(register, derived_lines(register))))
    claims = b"".join(text(block) for block in claimed(register))
    store.bulk_load(lines + claims, ox.RdfFormat.N_TRIPLES, lenient=True)
    store.flush()
    store.optimize()
    store.flush()
    relations_of(store).write(place / "columns")
    del store
    opened = open_store(place)
    made, graphs = open_day_dataset(opened, ArrayHierarchy(read_relations(place / "columns")), DAY, place / "as-of")
    with (place / "day.nt").open("wb") as out:
        for name in graphs:
            made.dump(out, ox.RdfFormat.N_TRIPLES, from_graph=name)
    with (place / "day.nt").open("rb") as file:
        of_the_day = sum(1 for _ in file)
    return {"triples": len(opened), "triples_of_the_day": of_the_day}


def claimed(register: Register) -> Iterator[Block]:
    """Yield who says what of `register`, as the tables of the reports do: a row is a claim, a field of a thing too."""
    yield _same(register.places.select("place"), "place", A, PLACE)
    for name in ("lines", "tenures"):
        frame = getattr(register, name)
        node = frame.columns[0]
        yield _same(frame, node, A, OL + "Claim")
        yield frame.select(pl.format("<{}> <{}> <{}> .", node, pl.lit(OL + "about"), node))
        yield from _places_in_the_register(frame.select(node), node)
    for name, fields in FIELDS.items():
        frame = getattr(register, name)
        thing = frame.columns[0]
        for column, field in fields.items():
            of_field = frame.filter(pl.col(column).is_not_null()).select(
                about=thing,
                claim=pl.format("{}{}/{}", pl.lit(CLAIM), pl.col(thing).str.extract("id/(.*)$"), pl.lit(column)),
            )
            yield from _claims(of_field, field)
    yield from _claims(
        register.persons.select(
            about="person", claim=pl.format("{}{}", pl.lit(CLAIM), pl.col("person").str.extract("id/(.*)$"))
        ),
        LABEL,
    )


def _claims(frame: pl.DataFrame, field: str) -> Iterator[Block]:
    """Yield the claims in `frame`, each about a `field` of a thing."""
    yield _same(frame, "claim", A, OL + "Claim")
    yield frame.select(pl.format("<{}> <{}> <{}> .", "claim", pl.lit(OL + "about"), "about"))
    yield _same(frame, "claim", OL + "field", field)
    yield _same(frame, "claim", DERIVED_FROM, SOURCE)
    yield _same(frame, "claim", OL + "certainty", STATED)
    yield from _places_in_the_register(frame, "claim")


def _places_in_the_register(frame: pl.DataFrame, node: str) -> Iterator[Block]:
    """Yield the line of the register on which each claim stands, and that nothing rivals it."""
    numbered = frame.with_row_index("row", offset=1)
    yield numbered.select(pl.format('<{}> <{}> "L{}" .', node, pl.lit(OL + "locator"), "row"))
    yield _same(frame, node, OL + "standing", OL + "Normal")


def _same(frame: pl.DataFrame, node: str, property_: str, value: str) -> Block:
    return frame.select(pl.format("<{}> <{}> <{}> .", node, pl.lit(property_), pl.lit(value)))
