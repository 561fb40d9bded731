"""Make a register of any size: today's real units, and invented bodies, posts, people and tenures below them.

Scale 1 is the country: 34 provinces, 3,321 communes (their names from the package vietnam-provinces), 50,000 invented
grassroots organizations, 250,000 cells, 900,000 posts, 1.8 million tenures of ten years; other scales are parts of it.
The same scale and seed give the same register. Only the places are real: each body, post and person is made up, is
labelled "(bịa)" and has "invented" in its IRI. Everything is made as columns, never row by row.
"""

import json
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from country_bodies import FIRST_DAY, ID, LINE_TYPE, MARK, NEVER, POSTS, REGISTER_DAY, ROLE, SEATS, Array, Bodies, edtf

DEPUTY = {"secretary": "deputy-secretary", "general-secretary": "member", "chairman": "vice-chairman"}
VI = {
    "general-secretary": "Tổng Bí thư",
    "secretary": "Bí thư",
    "deputy-secretary": "Phó Bí thư",
    "chairman": "Chủ nhiệm",
    "vice-chairman": "Phó Chủ nhiệm",
    "member": "Ủy viên",
}


@dataclass(frozen=True)
class Register:
    """What a register states, as tables of IRIs and of days as EDTF texts (null where it states none).

    `faults` says how many mistakes were put in on purpose: loops, double superiors, bodies without one.
    """

    places: pl.DataFrame
    bodies: pl.DataFrame
    lines: pl.DataFrame
    posts: pl.DataFrame
    tenures: pl.DataFrame
    persons: pl.DataFrame
    faults: dict[str, int]


def real_units() -> pl.DataFrame:
    """Return today's communes in the order of their provinces: columns `province`, `in_province`, `commune`, `name`."""
    from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

    divisions = json.loads(NESTED_DIVISIONS_JSON_PATH.read_text(encoding="utf-8"))
    rows = [
        (f"{province['code']:02}", province["name"], f"{commune['code']:05}", commune["name"])
        for province in divisions
        for commune in province["wards"]
    ]
    return pl.DataFrame(rows, schema=["province", "in_province", "commune", "name"], orient="row")


def part_of(units: pl.DataFrame, scale: float) -> pl.DataFrame:
    """Return the first communes of `units`, as many as the scale asks for."""
    return units.head(max(2, round(units.height * scale)))


def make_register(units: pl.DataFrame, scale: float, seed: int = 2025) -> Register:
    """Return the register of the communes of `units`, with invented bodies below them as `scale` asks for."""
    rng = np.random.default_rng(seed)
    bodies = Bodies(units, scale, rng)
    lines, faults = _lines(bodies, rng)
    posts, post_of = _posts(bodies, round(POSTS * scale))
    tenures, persons = _tenures(bodies, posts, post_of, rng)
    return Register(_places(units), bodies.frame(), lines, posts, tenures, persons, faults)


def _attested(end: Array) -> pl.Series:
    """Return the day of the register, in a list, where nothing has ended; elsewhere null."""
    return pl.DataFrame({"open": end == NEVER}).select(pl.when("open").then([REGISTER_DAY.isoformat()])).to_series()


def _places(units: pl.DataFrame) -> pl.DataFrame:
    parts = (
        units.unique("province", maintain_order=True).select(code="province", label="in_province"),
        units.select(code="commune", label="name"),
    )
    return pl.concat(parts).select((f"{ID}place/" + pl.col("code")).alias("place"), "label")


def _lines(bodies: Bodies, rng: np.random.Generator) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the lines of ten years: those of today, those that moved, and a few mistakes."""
    lower = np.flatnonzero(bodies.under != NEVER)
    inspections = bodies.first[5] + np.arange(len(bodies.professional))
    organs, directed = lower[lower >= bodies.first[5]], inspections[bodies.professional != NEVER]
    ordinary = lower[lower < bodies.first[5]]
    count = max(1, len(bodies.level("grassroots")) // 1000)
    old = (bodies.founded < FIRST_DAY.toordinal()) & (bodies.dissolved == NEVER)
    at_ends = bodies.level("cell")
    at_ends = rng.permutation(at_ends[old[at_ends] & old[bodies.under[at_ends]]])
    looped, doubled, at_ends = at_ends[: 2 * count], at_ends[2 * count : 3 * count], at_ends[3 * count :]
    middle = bodies.level("grassroots")
    middle = rng.permutation(middle[old[middle]])
    orphans, dual, middle = middle[:count], middle[count : 20 * count], middle[20 * count :]
    movers = np.concatenate((middle[: len(middle) // 10], at_ends[: len(at_ends) // 20]))
    beside = _beside(bodies, movers)
    fit = (beside != bodies.under[movers]) & old[beside]
    movers, beside = movers[fit], beside[fit]
    moved_on = np.full(len(bodies.under), NEVER)
    moved_on[movers] = rng.integers(FIRST_DAY.toordinal() + 1, REGISTER_DAY.toordinal() - 60, len(movers))

    ordinary = ordinary[~np.isin(ordinary, orphans)]
    until = np.where(moved_on[ordinary] == NEVER, bodies.dissolved[ordinary], moved_on[ordinary] - 1)
    pairs = np.concatenate((looped[:count], looped[count:])), np.concatenate((looped[count:], looped[:count]))
    never = np.full(len(bodies.under), NEVER)
    parts = [
        (ordinary, bodies.under[ordinary], "subordination", bodies.founded[ordinary], until),
        (movers, beside, "subordination", moved_on[movers], never[movers]),
        (doubled, _beside(bodies, doubled), "subordination", bodies.founded[doubled], never[doubled]),
        (*pairs, "subordination", np.full(2 * count, date(2020, 1, 1).toordinal()), never[pairs[0]]),
        (organs, bodies.under[organs], "organ-of", bodies.founded[organs], never[organs]),
        (directed, bodies.professional[1:], "professional-direction", bodies.founded[directed], never[directed]),
        (dual, bodies.under[bodies.under[dual]], "professional-direction", bodies.founded[dual], never[dual]),
    ]
    frame = pl.concat([_line_frame(bodies, *part) for part in parts])
    return frame.sort("line"), {"loops": count, "double_superiors": len(doubled) + 2 * count, "orphans": len(orphans)}


def _beside(bodies: Bodies, members: Array) -> Array:
    """Return for each of `members` another body to be under, of the kind of its own superior."""
    above = bodies.under[members]
    at_middle = bodies.kinds[members] != "party-cell"
    middle, communes = bodies.first[3], bodies.first[2]
    grassroots, size = bodies.counts["grassroots"], bodies.counts["commune"]
    other = middle + (above - middle + size) % grassroots
    return np.where(at_middle, communes + (above - communes + 1) % size, other)


def _line_frame(bodies: Bodies, lower: Array, upper: Array, kind: str, start: Array, end: Array) -> pl.DataFrame:  # noqa: PLR0917
    slugs = (bodies.slugs[lower], bodies.slugs[upper])
    return pl.DataFrame(
        {
            "line": f"{ID}line/" + slugs[0] + f"-{kind}-" + slugs[1].str.strip_prefix("invented-"),
            "lower": f"{ID}body/" + slugs[0],
            "upper": f"{ID}body/" + slugs[1],
            "type": pl.repeat(LINE_TYPE + kind, len(lower), eager=True),
            "start": edtf(start),
            "end": edtf(end),
            "attested": _attested(end),
        }
    )


def _posts(bodies: Bodies, wanted: int) -> tuple[pl.DataFrame, Array]:
    """Return the seats of each body, and whose they are; as many cells have a member more as make up the number."""
    sizes = np.array([SEATS[kind][2] for kind in SEATS])
    kind_numbers = pl.Series(bodies.kinds.tolist()).replace_strict({kind: n for n, kind in enumerate(SEATS)}).to_numpy()
    seats = sizes[kind_numbers]
    cells = bodies.level("cell")
    seats[cells[: max(0, min(len(cells), wanted - int(seats.sum())))]] += 1
    body = np.repeat(np.arange(len(seats)), seats)
    seat = np.arange(len(body)) - np.repeat(np.cumsum(seats) - seats, seats)
    heads = np.array([SEATS[kind][0] for kind in SEATS])[kind_numbers][body]
    deputies = np.array([SEATS[kind][1] for kind in SEATS])[kind_numbers][body]
    frame = pl.DataFrame({"head": heads.tolist(), "seat": seat, "deputies": deputies, "slug": bodies.slugs[body]})
    role = pl.when(pl.col("seat") == 0).then("head").when(pl.col("seat") <= pl.col("deputies"))
    frame = frame.with_columns(
        role=role.then(pl.col("head").replace_strict(DEPUTY)).otherwise(pl.lit("member")), label=bodies.labels[body]
    )
    number = pl.when(pl.col("seat") > 0).then(pl.format("-{}", "seat")).otherwise(pl.lit(""))
    place = pl.col("label").str.strip_prefix(f"{MARK} ")
    posts = frame.select(
        post=pl.format("{}post/{}-{}{}", pl.lit(ID), "slug", "role", number),
        body=pl.format("{}body/{}", pl.lit(ID), "slug"),
        role=pl.format("{}{}", pl.lit(ROLE), "role"),
        heads=pl.col("seat") == 0,
        label=pl.format("{} {}, {}", pl.lit(MARK), pl.col("role").replace_strict(VI), place),
    )
    return posts, body


def _tenures(
    bodies: Bodies, posts: pl.DataFrame, post_of: Array, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return one to three tenures a post, two on the average, one after the other while its body lives; and people."""
    register = REGISTER_DAY.toordinal()
    times = rng.permutation(np.resize([1, 2, 3], posts.height))
    born = np.maximum(bodies.founded[post_of], FIRST_DAY.toordinal() - rng.integers(0, 1500, posts.height))
    dies = np.where(bodies.dissolved[post_of] == NEVER, register, bodies.dissolved[post_of])
    post = np.repeat(np.arange(posts.height), times)
    place = np.arange(len(post)) - np.repeat(np.cumsum(times) - times, times)
    span = (dies - born)[post] / times[post]
    start = (born[post] + span * (place + np.where(place > 0, rng.random(len(post)) * 0.6 - 0.3, 0))).astype(np.int64)
    last = place == times[post] - 1
    gap = np.where(rng.random(len(post)) < 0.2, rng.integers(1, 60, len(post)), 1)
    end = np.where(last, bodies.dissolved[post_of[post]], np.roll(start, -1) - gap)
    vacant = last & (end == NEVER) & (rng.random(len(post)) < 0.05)
    end[vacant] = register - rng.integers(10, 40, int(vacant.sum()))
    end = np.where((end != NEVER) & (end < start), start, end)
    people = max(1, len(post) // 2)
    person = pl.Series(np.arange(len(post)) * 7919 % people + 1).cast(pl.String).str.zfill(7)
    slug = posts["post"].str.strip_prefix(f"{ID}post/")[post]
    tenures = pl.DataFrame(
        {
            "tenure": f"{ID}tenure/" + slug + "-" + pl.Series(place + 1).cast(pl.String),
            "post": posts["post"][post],
            "person": f"{ID}person/invented-" + person,
            "start": edtf(start),
            "end": edtf(end),
            "attested": _attested(end),
        }
    )
    numbers = pl.Series(np.arange(1, people + 1)).cast(pl.String).str.zfill(7)
    persons = pl.DataFrame({"person": f"{ID}person/invented-" + numbers, "label": f"{MARK} Người " + numbers})
    return tenures, persons
