"""The rows of the data, held against what independent readers found in the reports, both ways.

`coverage.csv` was written line by line by people who did not write the rows: each line, the facts it
states, the printed tokens a row must carry, or why it states nothing. Column `rows` says which rows do.
"""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from orgline.text.normalize import folded

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
SEEDS = ROOT.parent / "shared" / "seeds"
MAX_WAIVED = 0.03
KEYS = {"transfer-steps": "transfer_step"}
THINGS = {
    "person": "persons", "body": "bodies", "class": "classes", "post": "posts", "place": "places",
    "directive": "directives", "event": "events", "undertaking": "undertakings",
}  # fmt: skip


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FACTS = read(Path(__file__).parent / "coverage.csv")
SOURCES = sorted({fact["source"] for fact in FACTS})


@cache
def shared():
    """Cells of every shared thing, by kind/slug."""
    found = {}
    for kind, stem in THINGS.items():
        for row in read(DATA / "shared" / f"{stem}.csv"):
            found[f"{kind}/{row[kind]}"] = row
    return found


@cache
def rows(source):
    """Rows of the tables of a source by the name that coverage uses, with their cells."""
    found = {}
    for path in sorted((DATA / source).glob("*.csv")):
        for row in read(path):
            if path.stem == "claims":
                found[f"{row['about']}/{row['key']}"] = row
            else:
                column = next(iter(row))
                found[f"{column.replace('_', '-')}/{row[column]}"] = row
    return found


def words_of(row, deep=2):
    """All that a row says: its cells, and those of the things that they refer to."""
    text = []
    for column, cell in row.items():
        text.append(cell or "")
        for name in (cell or "").split():
            for thing in (name, f"{column}/{name}", f"body/{name}", f"directive/{name}"):
                if thing in shared() and deep:
                    text += words_of(shared()[thing], deep - 1)
    return text


def squeezed(text):
    return folded(text.replace("\u00a0", " ")).replace(" ", "")


@pytest.mark.parametrize("source", SOURCES)
def test_every_stated_fact_has_its_rows(source):
    """Each fact that a reader found is carried by rows of that source at that line, or waived with a reason."""
    wrong = []
    for fact in FACTS:
        if fact["source"] != source or fact["kind"] == "none":
            continue
        where = f"{fact['line']}.{fact['fact']} ({fact['states'][:60]})"
        names = [name for name in fact["rows"].split() if name != f"source/{source}"]
        if not fact["rows"] and not fact["waived"]:
            wrong.append(f"{where}: no row")
        for name in names:
            row = rows(source).get(name)
            if row is None:
                wrong.append(f"{where}: there is no row {name}")
            elif fact["line"] not in row["locator"].split():
                wrong.append(f"{where}: {name} is not located there")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_printed_stands_in_the_rows(source):
    """Each printed token that a reader noted (names, numbers, dates) stands in the rows of the fact."""
    wrong = []
    about_source = squeezed((DATA / source / "source.ttl").read_text(encoding="utf-8"))
    for fact in FACTS:
        if fact["source"] != source or not fact["tokens"] or fact["waived"]:
            continue
        said = squeezed(
            " ".join(text for name in fact["rows"].split() for text in words_of(rows(source).get(name, {})))
        )
        if fact["kind"] == "source":
            said += about_source
        missing = [token for token in fact["tokens"].split("|") if squeezed(token) not in said]
        wrong += [f"{fact['line']}.{fact['fact']}: {token!r} in none of {fact['rows']}" for token in missing]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source", SOURCES)
def test_every_row_was_found_by_a_reader(source):
    """Each row of a source, at each line it names, is a fact that a reader found on that line."""
    named = defaultdict(set)
    for fact in FACTS:
        if fact["source"] == source:
            for name in fact["rows"].split():
                named[name].add(fact["line"])
    wrong = [
        f"{name} at {line}"
        for name, row in rows(source).items()
        for line in row["locator"].split()
        if line not in named[name]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source", SOURCES)
def test_every_line_was_read(source):
    """Each line of a report that is not blank has its rows in the coverage, and no line beyond the last."""
    number = next(
        row
        for row in (DATA / source / "source.ttl").read_text(encoding="utf-8").splitlines()
        if "dcterms:identifier" in row
    )
    files = sorted(SEEDS.glob(number.split('"')[1] + "_*.txt"))
    if not files:
        pytest.skip("the reports are not beside this clone (../shared/seeds)")
    lines = files[0].read_text(encoding="utf-8").splitlines()
    read_lines = {fact["line"] for fact in FACTS if fact["source"] == source}
    assert {f"L{number}" for number, line in enumerate(lines, 1) if line.strip()} == read_lines


def test_a_line_without_facts_says_why():
    """A line that states nothing for the graph says why, and waived facts are few."""
    assert all(fact["why"].strip() for fact in FACTS if fact["kind"] == "none")
    stated = [fact for fact in FACTS if fact["kind"] != "none"]
    assert sum(bool(fact["waived"]) for fact in stated) <= MAX_WAIVED * len(stated)


def test_no_article_text_is_copied():
    """No cell of the data holds a run of words long enough to be a sentence of a report."""
    files = sorted(SEEDS.glob("*.txt"))
    if not files:
        pytest.skip("the reports are not beside this clone (../shared/seeds)")
    reports = [" ".join(folded(file.read_text(encoding="utf-8")).split()) for file in files]
    titles = {
        folded(cell)
        for source in SOURCES
        for row in rows(source).values()
        if "title" in row.get("key", "")
        for cell in row["printed"].split("|")
    }
    copied = []
    for path in sorted(DATA.glob("*/*.csv")):
        for row in read(path):
            for cell in (part for value in row.values() for part in (value or "").split("|")):
                text = folded(cell)
                if (
                    len(text.split()) > 20
                    and not cell.startswith("http")
                    and text not in titles
                    and any(text in report for report in reports)
                ):
                    copied.append(f"{path.parent.name}/{path.name}: {cell[:80]}")
    assert not copied, "\n".join(copied)
