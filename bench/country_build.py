"""Keep the builds of registers between runs of the benchmark: one folder a size, made anew when the makers change."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
from country import make_register, part_of, real_units
from country_store import write

MAKERS = ("country.py", "country_bodies.py", "by_rule.py", "country_store.py")
PROVINCE = "province"


def built(folder: Path, name: str) -> tuple[Path, dict[str, Any]]:
    """Return the build called `name`, a scale as "1/16" or "province", and its counts; make it if it is not there."""
    place = folder / name.replace("/", "-of-")
    counts = place / "counts.json"
    if not counts.is_file() or json.loads(counts.read_text(encoding="utf-8")).get("makers") != _makers():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        units = real_units()
        part, scale = _province(units) if name == PROVINCE else (part_of(units, scale_of(name)), scale_of(name))
        found = write(make_register(part, scale), place)
        counts.write_text(json.dumps(found | {"makers": _makers()}), encoding="utf-8")
    return place, json.loads(counts.read_text(encoding="utf-8"))


def scale_of(name: str) -> float:
    """Return the scale that `name` says, as "1/16" or "1"."""
    over, _, under = name.partition("/")
    return float(over) / float(under or 1)


def _province(units: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Return the units of the province whose number of communes is nearest to the average, and its part of all."""
    sizes = units.group_by("province", maintain_order=True).len()
    nearest = sizes.sort((pl.col("len") - units.height / sizes.height).abs(), maintain_order=True)["province"][0]
    part = units.filter(pl.col("province") == nearest)
    return part, part.height / units.height


def _makers() -> str:
    """Return what tells one state of the makers from another."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in MAKERS)).hexdigest()[:16]
