"""Measure the pages on registers up to the size of the country, as a reader meets them; write the section "pages".

Run by `make bench`, after `reporting_lines`, whose builds are asked. SCALES and BENCH_FOLDER are as there. Nothing is
asked twice but the widest thing, and that with a parameter that makes each address another: no kept answer is timed.
"""

import argparse
import http.client
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from country_build import built
from results import keep
from timing import speed, spread

from orgline.content.build_folder import NAME_INDEX_FILE, STATISTICS_FILE
from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.search_index import make_name_index
from orgline.graph.store import open_store
from orgline.graph.void import void_statistics

ROOT = Path(__file__).parent.parent
EACH, FRESH = 60, 5
Figures = dict[str, Any]


def names_of_all(place: Path) -> Figures:
    """Make the index of names and the statistics that `orgline build` makes, where they are not there yet."""
    kept = place / "pages.json"
    if not (kept.is_file() and (place / NAME_INDEX_FILE).is_file()):
        store = open_store(place)
        (place / NAME_INDEX_FILE).unlink(missing_ok=True)
        began = time.perf_counter()
        make_name_index(store, DEFAULT_BASE, place / NAME_INDEX_FILE).close()
        index = time.perf_counter() - began
        began = time.perf_counter()
        lines = "".join(f"{triple} .\n" for triple in void_statistics(store))
        (place / STATISTICS_FILE).write_text(lines, encoding="utf-8", newline="\n")
        seconds = {"index_seconds": round(index, 1), "statistics_seconds": round(time.perf_counter() - began, 1)}
        kept.write_text(json.dumps(seconds), encoding="utf-8")
    found: Figures = json.loads(kept.read_text(encoding="utf-8"))
    return found | {"index_mb": round((place / NAME_INDEX_FILE).stat().st_size / 1e6, 1)}


@contextmanager
def served(place: Path) -> Iterator[tuple[int, float]]:
    """Serve a build; yield the port and the seconds until it was ready."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "orgline", "serve", str(place), "--port", "0", "--content", str(ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            assert found, line
            yield int(found[1]), time.perf_counter() - began
        finally:
            process.terminate()


class Reader:
    """Asks a service over one connection, over a new one where the service has ended it."""

    def __init__(self, port: int) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def seconds(self, path: str) -> float:
        """Return how long the answer to `path` takes to its last byte."""
        while True:
            began = time.perf_counter()
            try:
                self._line.request("GET", path)
                answer = self._line.getresponse()
            except http.client.RemoteDisconnected:
                self._line.close()
                continue
            body = answer.read()
            took = time.perf_counter() - began
            if answer.status in (429, 503):  # our budget of work is used up: that is no time of an answer
                time.sleep(float(answer.headers.get("Retry-After", 1)))
                continue
            assert answer.status == 200, (path, answer.status, body[:200])
            return took


def page(kind: str, iri: str) -> str:
    """Return the address of a kind of page of a thing."""
    return f"/{kind}/{urllib.parse.quote(iri.removeprefix(DEFAULT_BASE))}"


def things(place: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return some things of each kind by chance, and the widest body, post and person."""
    chance = random.Random(11)
    columns = place / "columns"
    lines, tenures = pl.read_parquet(columns / "lines.parquet"), pl.read_parquet(columns / "tenures.parquet")
    bodies = lines["lower"].unique().sort()
    some = {
        "body": bodies.filter(bodies.str.contains("/body/")),
        "post": tenures["post"].unique().sort(),
        "person": tenures["person"].unique().sort(),
    }
    widest = {
        "body": lines["upper"].value_counts(sort=True)["upper"][0],
        "person": tenures["person"].value_counts(sort=True)["person"][0],
    }
    return {kind: chance.sample(found.to_list(), 2 * EACH) for kind, found in some.items()}, widest


def typed(place: Path) -> dict[str, list[str]]:
    """Return what people may type: a whole name, its first letters, two words of it, a word that many have, nothing."""
    with closing(sqlite3.connect(f"file:{place / NAME_INDEX_FILE}?mode=ro", uri=True)) as database:
        most = database.execute("SELECT max(number) FROM thing").fetchone()[0]
        chance = random.Random(5)
        asked = [(chance.randrange(1, most + 1),) for _ in range(EACH)]
        query = "SELECT names FROM thing WHERE number = ?"
        rows = [database.execute(query, row_number).fetchone()[0] for row_number in asked]
    names = [row.split("|")[-1].split() for row in rows]
    return {
        "a whole name": [" ".join(name) for name in names],
        "the beginning of a name": [" ".join(name)[: 3 + number % 6] for number, name in enumerate(names)],
        "two words of a name": [f"{name[0]} {name[-1]}" for name in names],
        "two letters": [chance.choice("abcdhklmnpqtvx") + chance.choice("aeiouhr") for _ in names],
        "what many are called": [f"{word} {number}" for number, word in enumerate(["uy ban", "dang uy", "ban"] * 20)],
        "what nothing is called": [f"zzq{number}" for number in range(EACH)],
    }


def sets(place: Path) -> dict[str, list[str]]:
    """Return the addresses that are asked, by what they are."""
    some, widest = things(place)
    asked = {}
    for name, texts in typed(place).items():
        query = [urllib.parse.urlencode({"q": text}) for text in dict.fromkeys(texts)]
        asked[f"search, {name}"] = [f"/search?{text}" for text in query]
        asked[f"as one types, {name}"] = [f"/search?{text}&format=json" for text in query]
    for kind in ("page", "neighbours", "chart"):
        for of in ("body", "post") if kind == "chart" else some:  # who holds nothing today stands on no chart
            asked[f"{kind} of a {of}"] = [page(kind, thing) for thing in some[of][:EACH]]
        for of, iri in widest.items() if kind != "chart" else [("body", widest["body"])]:
            asked[f"{kind} of the widest {of}"] = [f"{page(kind, iri)}?of={number}" for number in range(EACH // 3)]
    return asked


def first_page(port: int, path: str) -> list[float]:
    """Return the seconds until a page has come and is drawn, each time in a browser that has just been started."""
    from playwright.sync_api import sync_playwright

    took = []
    with sync_playwright() as player:
        for _ in range(FRESH):
            browser = player.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
            shown = browser.new_page()
            began = time.perf_counter()
            shown.goto(f"http://127.0.0.1:{port}{path}", wait_until="load")
            took.append(time.perf_counter() - began)
            browser.close()
    return took


def measure(place: Path, counts: Figures) -> Figures:
    """Return the figures of one build."""
    figures = {name: counts[name] for name in ("triples", "bodies", "posts")} | names_of_all(place)
    addresses = sets(place)
    with served(place) as (port, seconds):
        figures["ready_seconds"] = round(seconds, 2)
        browser, ask = first_page(port, "/"), Reader(port).seconds
        figures["first page"] = {"first_ms": round(1000 * browser[0], 1), **spread(browser)}
        for name, paths in addresses.items():
            figures[name] = asked(ask, paths)
            print(name, figures[name], flush=True)
    return figures


def asked(ask: Callable[[str], float], paths: Iterable[str]) -> Figures:
    """Return how long the first of `paths` takes, and the others."""
    first, *others = map(ask, paths)
    return {"first_ms": round(1000 * first, 1), **spread(others), "asked": len(others)}


def main() -> None:
    """Measure the sizes that are asked for, the smallest first; keep the figures after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scales", default=os.environ.get("SCALES") or "1/64,1/16,1/4,1")
    parser.add_argument("--folder", type=Path, default=os.environ.get("BENCH_FOLDER") or Path.home() / ".cache/orgline")
    wanted = parser.parse_args()
    Content.find(ROOT)
    sizes = {}
    for name in wanted.scales.split(","):
        sizes[name] = measure(*built(Path(wanted.folder), name))
        keep("pages", {"cores": os.cpu_count(), "speed_seconds": speed(), "sizes": sizes})


if __name__ == "__main__":
    main()
