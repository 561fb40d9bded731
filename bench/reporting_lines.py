"""Measure chains, what is below, and the graph of a day, on registers from a sixty-fourth of the country up to it.

Run by `make bench`, after `five_reports`. SCALES chooses the sizes (as `1/64,1/16`), BENCH_FOLDER where their builds
are kept. Each peer is asked the same on the same data in the same run: one SPARQL query on the store of the day, a
SPARQL query for each hop over the dated lines, and rdflib where it can hold the graph. All answers that are timed
against each other are compared.
"""

import argparse
import gc
import json
import os
import random
import resource
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib
from country_bodies import FIRST_DAY, REGISTER_DAY
from country_build import PROVINCE, built
from country_report import section
from results import keep
from timing import Figures, ratio, same, speed, spread, timed

from orgline.content.tree import Content
from orgline.graph.store import open_store
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import read_relations, relations_of
from orgline.hierarchy.day_dataset import open_day_dataset, remove_dataset
from orgline.hierarchy.shortcuts import superior_types

CHAINS, PAIRS, HELD_BY_RDFLIB, SMALL = 500, 200, 1_000_000, 3_000_000
ORG = "http://www.w3.org/ns/org#"
# What a walk goes through: held or last attested, or undated or not dated exactly enough to tell.
REPORTS_TO = f"(<{ORG}reportsTo>|<https://w3id.org/orgline/ns#possiblyReportsTo>)"
DAY = date(2021, 6, 1)
ABOVE = f"SELECT ?up {{ <NODE> {REPORTS_TO}+ ?up }}"
WITH_HOLDERS = f"SELECT ?up ?who {{ <NODE> {REPORTS_TO}+ ?up OPTIONAL {{ ?up <{ORG}heldBy> ?who }} }}"
BELOW = f"SELECT ?low {{ ?low {REPORTS_TO}+ <NODE> }}"
HOP = """PREFIX ol: <https://w3id.org/orgline/ns#> PREFIX schema: <https://schema.org/>
SELECT DISTINCT ?up { ?line ol:lower <NODE> ; ol:upper ?up ; ol:lineType ?type ; schema:startDate ?start
  FILTER (?type IN (TYPES)) FILTER (STR(?start) <= "DAY")
  OPTIONAL { ?line schema:endDate ?end } FILTER (!BOUND(?end) || STR(?end) >= "DAY") }"""


class Country:
    """A build that is measured: its store, its arrays and the dataset of a day."""

    def __init__(self, place: Path, counts: Figures) -> None:
        self.place, self.figures, self.random = place, {**counts, "speed_seconds": speed()}, random.Random(7)
        self.figures.pop("makers")
        self.store = open_store(place)
        taken, relations = timed(lambda: read_relations(place / "columns"))
        taken_more, self.hierarchy = timed(lambda: self.warm(ArrayHierarchy(relations)))
        self.figures["arrays_seconds"] = round(taken + taken_more, 2)
        self.types = superior_types(self.store)
        self.posts = relations.posts["post"]

    @staticmethod
    def warm(hierarchy: ArrayHierarchy) -> ArrayHierarchy:
        """Make what is made when it is first needed."""
        hierarchy.holders(hierarchy.posts["post"][0], DAY.toordinal())
        hierarchy.heads(hierarchy.posts["body"][0], DAY.toordinal())
        return hierarchy

    def any_post(self) -> str:
        """Return a post by chance."""
        return str(self.posts[self.random.randrange(len(self.posts))])

    def any_day(self) -> date:
        """Return a day by chance, within the ten years."""
        return date.fromordinal(self.random.randrange(FIRST_DAY.toordinal(), REGISTER_DAY.toordinal()))

    def chain(self, post: str, day: date) -> list[tuple[str, set[str]]]:
        """Return who is above `post` on `day`, each with who holds it or heads it."""
        ordinal, hierarchy = day.toordinal(), self.hierarchy
        hops = hierarchy.above(post, ordinal, self.types)
        return [
            (
                hop.upper,
                {
                    holding.person
                    for holding in hierarchy.holders(hop.upper, ordinal) or hierarchy.heads(hop.upper, ordinal)
                },
            )
            for hop in hops
        ]

    def dataset(self) -> None:
        """Make the dataset of a new day, and another to be dropped; keep the first open."""
        folder = self.place / "as-of"
        remove_dataset(folder)
        seconds, self.made = timed(lambda: open_day_dataset(self.store, self.hierarchy, DAY, folder))
        again, other = timed(lambda: open_day_dataset(self.store, self.hierarchy, date(2018, 6, 1), folder))
        del other
        gone, _ = timed(lambda: remove_dataset(folder / "2018-06-01"))
        self.figures["dataset"] = {
            "seconds": round(min(seconds, again), 3),
            "first_seconds": round(seconds, 3),
            "drop_seconds": round(gone, 3),
        }

    def asked(self, text: str, node: str) -> list[Any]:
        """Return the rows of one SPARQL query on the store of the day."""
        store, graphs = self.made
        found = store.query(text.replace("NODE", node), default_graph=graphs)
        return [tuple(term.value if term else None for term in row) for row in found]

    def by_hops(self, post: str, day: date) -> set[str]:
        """Return who is above `post` on `day` by plain SPARQL over the dated lines, a query a hop."""
        seen, front = set(), [post]
        text = HOP.replace("TYPES", ", ".join(f"<{iri}>" for iri in self.types)).replace("DAY", day.isoformat())
        while front:
            found = {str(row[0].value) for node in front for row in self.store.query(text.replace("NODE", node))}
            front = sorted(found - seen)
            seen |= found
        return seen

    def above(self) -> None:
        """Measure chains with holders as of any day, against SPARQL for each hop and on the store of a day."""
        asked = [(self.any_post(), self.any_day()) for _ in range(CHAINS)]
        gc.collect()
        found = [timed(lambda pair=pair: self.chain(*pair)) for pair in asked]
        hops = [timed(lambda pair=pair: self.by_hops(*pair)) for pair in asked[: CHAINS // 5]]
        for (_, ours), (_, theirs) in zip(found, hops, strict=False):
            same({up for up, _ in ours}, theirs)
        path, holders = [], []
        for post, _ in asked[: CHAINS // 5]:
            seconds, rows = timed(lambda post=post: self.asked(ABOVE, post))
            path.append(seconds)
            same({up for up, _ in self.chain(post, DAY)}, {row[0] for row in rows})
            seconds, rows = timed(lambda post=post: self.asked(WITH_HOLDERS, post))
            holders.append(seconds)
            held = {up: {row[1] for row in rows if row[0] == up and row[1]} for up, _ in rows}
            same(
                {up: who for up, who in self.chain(post, DAY) if "/post/" in up},
                {k: v for k, v in held.items() if "/post/" in k},
            )
        ours, theirs = spread([seconds for seconds, _ in found]), spread([seconds for seconds, _ in hops])
        self.figures["above"] = {
            "sparql_a_hop_over_ours": ratio(theirs["p50_ms"], ours["p50_ms"]),
            **ours,
            "hops": statistics.mean(len(chain) for _, chain in found),
            "sparql_a_hop": theirs,
            "sparql_path_on_the_day": spread(path),
            "sparql_path_with_holders_on_the_day": spread(holders),
        }

    def below(self) -> None:
        """Measure everyone below, for answers of many sizes, against one SPARQL query on the store of the day."""
        tops = {}
        hierarchy, day = self.hierarchy, DAY.toordinal()
        posts = [self.any_post() for _ in range(40)]
        nodes = {hop.upper for post in posts for hop in hierarchy.above(post, day, self.types)}
        for node in sorted(nodes):
            tops.setdefault(len(str(len({hop.lower for hop in hierarchy.below(node, day, self.types)}))), node)
        rows = []
        for node in tops.values():
            times = [timed(lambda node=node: hierarchy.below(node, day, self.types)) for _ in range(3)]
            seconds, ours = min(times, key=lambda measurement: measurement[0])
            peer, theirs = timed(lambda node=node: self.asked(BELOW, node))
            lowers = {hop.lower for hop in ours}
            same(lowers, {row[0] for row in theirs})
            found = len(lowers)
            row = {"found": found, "sparql_over_ours": ratio(peer, seconds), "ms": round(1000 * seconds, 3)}
            row |= {"us_a_row": round(1e6 * seconds / found, 2), "sparql_ms": round(1000 * peer, 2), "node": node}
            rows.append(row)
        self.figures["below"] = sorted(rows, key=lambda row: row["found"])

    def common(self) -> None:
        """Measure common superiors of pairs of posts, against SPARQL for some of them."""
        hierarchy, day = self.hierarchy, DAY.toordinal()
        pairs = [[self.any_post(), self.any_post()] for _ in range(PAIRS)]
        common = [timed(lambda pair=pair: hierarchy.common(pair, day, self.types)) for pair in pairs]
        self.figures["common_superior"] = spread([seconds for seconds, _ in common])
        for pair, (_, found) in list(zip(pairs, common, strict=True))[:20]:
            above = [{*(row[0] for row in self.asked(ABOVE, post)), post} for post in pair]
            same(set(found) <= set.intersection(*above), bool(found) or not set.intersection(*above))

    def rdflib(self) -> None:
        """Measure the same in rdflib, on the facts and shortcuts of the day."""
        store, graphs = self.made
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "day.nt"
            with path.open("wb") as out:
                for graph in graphs:
                    store.dump(out, ox.RdfFormat.N_TRIPLES, from_graph=graph)
            loaded, graph = timed(lambda: rdflib.Graph().parse(path, format="nt"))
        asked = [ABOVE.replace("NODE", self.any_post()) for _ in range(20)]
        chains = [timed(lambda text=text: list(graph.query(text)))[0] for text in asked]
        for row in self.figures["below"]:
            seconds, found = timed(
                lambda row=row: {str(found_row[0]) for found_row in graph.query(BELOW.replace("NODE", row["node"]))}
            )
            same(len(found), row["found"])
            row |= {"rdflib_over_ours": ratio(1000 * seconds, row["ms"]), "rdflib_ms": round(1000 * seconds, 1)}
        above = self.figures["above"]
        peer = spread(chains)
        above |= {"rdflib_path_over_ours": ratio(peer["p50_ms"], above["p50_ms"]), "rdflib_path": peer}
        self.figures["rdflib_load_seconds"] = round(loaded, 1)

    def columns(self) -> None:
        """Measure how long taking the columns from the store takes, as a build does."""
        seconds, taken = timed(lambda: relations_of(self.store))
        same((taken.lines.height, taken.tenures.height), (self.figures["lines"], self.figures["tenures"]))
        self.figures["columns_from_store_seconds"] = round(seconds, 1)


def measure(folder: Path, name: str) -> Figures:
    """Return the figures of one size."""
    country = Country(*built(folder, name))
    print(f"{name}: {country.figures['triples']:,} triples", flush=True)
    country.dataset()
    for step in (country.above, country.below, country.common):
        step()
    if country.figures["triples"] < SMALL:
        country.columns()
    if country.figures["triples"] < HELD_BY_RDFLIB:
        country.rdflib()
    del country.made
    remove_dataset(country.place / "as-of")
    country.figures["memory_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1)
    print(json.dumps(country.figures, indent=1), flush=True)
    return country.figures


def one_dataset(folder: Path, name: str) -> Figures:
    """Return how long the dataset of a new day takes for a province."""
    country = Country(*built(folder, name))
    country.dataset()
    remove_dataset(country.place / "as-of")
    return {name: country.figures[name] for name in ("triples", "posts", "dataset")}


def five_reports() -> Figures:
    """Return how long the dataset of a new day takes for the five reports."""
    from orgline.build.pipeline import run_build

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "build"
        run_build(Content.find(), out)
        store = open_store(out)
        hierarchy = ArrayHierarchy(read_relations(out / "columns"))
        place = Path(folder) / "as-of"
        days = [date(2025, 6, number) for number in range(1, 10)]
        times = [timed(lambda day=day: open_day_dataset(store, hierarchy, day, place))[0] for day in days]
        gone = timed(lambda: remove_dataset(place / days[0].isoformat()))[0]
        return {
            "triples": len(store),
            "dataset": {"seconds": round(statistics.median(times), 4), "drop_seconds": round(gone, 4)},
        }


def main() -> None:
    """Measure the sizes that are asked for, the smallest first; keep the figures after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scales", default=os.environ.get("SCALES") or "1/64,1/16,1/4,1")
    parser.add_argument("--folder", type=Path, default=os.environ.get("BENCH_FOLDER") or Path.home() / ".cache/orgline")
    asked = parser.parse_args()
    folder = Path(asked.folder)
    folder.mkdir(parents=True, exist_ok=True)
    began, sizes = time.perf_counter(), {}
    figures: Figures = {}
    result = {"speed_seconds": speed(), "cores": os.cpu_count(), "five_reports": five_reports()}
    result[PROVINCE] = one_dataset(folder, PROVINCE)
    for name in asked.scales.split(","):
        sizes[name] = measure(folder, name)
        figures = {**result, "minutes": round((time.perf_counter() - began) / 60, 1), "sizes": sizes}
        keep("country", figures)
    print(section(figures))


if __name__ == "__main__":
    main()
