"""Random hierarchies on random dates, written as facts into a store; and the same, of one day, as plain triples."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
from hypothesis import strategies as st

from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.store import RDF_TYPE, load_turtle, ol_term
from orgline.text.temporal_status import DatedEvidence, Status, ordinal_bounds

ROOT = Path(__file__).parent.parent
ID, CODE, SCHEMA = "https://w3id.org/orgline/id/", "https://w3id.org/orgline/code/", "https://schema.org/"
ORG = "http://www.w3.org/ns/org#"
EDTF_TYPE = ox.NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")
DATE_TYPE = ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")
TYPES = ("subordination", "professional-direction", "organ-of", "coordination")
HEAD, SEAT = f"{CODE}role/head", f"{CODE}role/member"
SOURCE = f"{ID}source/gazette"
BODIES = [f"{ID}body/b{number}" for number in range(5)]
POSTS = [f"{ID}post/p{number}" for number in range(5)]
PERSONS = [f"{ID}person/x{number}" for number in range(3)]
FIRST, LAST = date(2023, 12, 1), date(2025, 2, 1)
DAYS = st.dates(FIRST, LAST)
EDTF = st.sampled_from(
    [
        "",
        "",
        "2024",
        "2024-03",
        "2024-03-07",
        "2024-06-30",
        "2024-11~",
        "[2024-02..2024-08]",
        "[..2024-05-05]",
        "[2024-09..]",
    ]
)
STARTS = st.sampled_from(["", "", "2023", "2023-06-01", "2024-03-07", "2024-05"])
ENDS = st.sampled_from(["", "", "", "2024-06-30", "2024-10", "2025"])


def node(text: str) -> ox.NamedNode:
    return ox.NamedNode(text)


def said(name: str) -> list[ox.Quad]:
    """That a source states something, as a register does: without claims."""
    source = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
    return [
        ox.Quad(node(name), source, node(SOURCE)),
        ox.Quad(node(name), ol_term("certainty"), ol_term("Stated")),
        ox.Quad(node(name), ol_term("locator"), ox.Literal(name.rsplit("/", 1)[1])),
    ]


def _codes() -> list[ox.Quad]:
    """What the code lists say of lines and roles."""
    store = ox.Store()
    for path in Content(ROOT).vocabularies:
        assert load_turtle(store, path, path.name, DEFAULT_BASE, None) is None
    return [quad for name in ("shortcut", "headship") for quad in store.quads_for_pattern(None, ol_term(name), None)]


CODES = _codes()


@dataclass(frozen=True)
class Line:
    """A line or, with a person as its upper end, a tenure: its ends, its type and its dates."""

    name: str
    lower: str
    upper: str
    type: str
    quantifier: str = ""
    start: str = ""
    end: str = ""
    attested: tuple[str, ...] = ()

    def status(self, day: date) -> Status:
        """What is known of it on a day."""
        return DatedEvidence.of(self.start, self.end, self.attested).on(day.toordinal())

    def is_current(self, day: date) -> bool:
        """Whether it holds on a day, as far as is known."""
        return self.status(day).is_current

    def is_walked(self, day: date) -> bool:
        """Whether chains go through it on a day: it is not ended by then, nor attested only later."""
        return self.status(day).is_walked

    def dates(self) -> Iterable[ox.Quad]:
        """What is stated of its dates, with their bounds."""
        for name, text in (("start", self.start), ("end", self.end)):
            if text:
                yield ox.Quad(node(self.name), node(f"{SCHEMA}{name}Date"), ox.Literal(text, datatype=EDTF_TYPE))
                for bound, ordinal in zip(("Earliest", "Latest"), ordinal_bounds(text), strict=True):
                    if 0 < ordinal < date.max.toordinal():
                        iso = ox.Literal(date.fromordinal(ordinal).isoformat(), datatype=DATE_TYPE)
                        yield ox.Quad(node(self.name), ol_term(name + bound), iso)
        for text in self.attested:
            yield ox.Quad(node(self.name), ol_term("attestedOn"), ox.Literal(text, datatype=EDTF_TYPE))


@dataclass(frozen=True)
class World:
    """Lines between bodies and posts, tenures, and the body and role of each post."""

    lines: tuple[Line, ...]
    tenures: tuple[Line, ...]
    posts: tuple[tuple[str, str, str], ...]

    def store(self) -> ox.Store:
        """The facts, as a build has them."""
        store = ox.Store()
        store.extend(CODES)
        for line in self.lines:
            ends = (("lower", line.lower), ("upper", line.upper), ("lineType", f"{CODE}line-type/{line.type}"))
            store.extend(ox.Quad(node(line.name), ol_term(name), node(value)) for name, value in ends)
            if line.quantifier:
                store.add(ox.Quad(node(line.name), ol_term("quantifier"), node(f"{CODE}quantifier/{line.quantifier}")))
            store.extend([*line.dates(), *said(line.name)])
        for tenure in self.tenures:
            store.add(ox.Quad(node(tenure.name), RDF_TYPE, node(f"{ORG}Membership")))
            store.add(ox.Quad(node(tenure.name), ol_term("inPost"), node(tenure.lower)))
            store.add(ox.Quad(node(tenure.name), node(f"{ORG}member"), node(tenure.upper)))
            store.extend([*tenure.dates(), *said(tenure.name)])
        for post, body, role in self.posts:
            store.extend(said(post))
            store.add(ox.Quad(node(post), node(f"{ORG}postIn"), node(body)))
            store.add(ox.Quad(node(post), node(f"{ORG}role"), node(role)))
        return store

    def plain(self, day: date) -> ox.Store:
        """The lines that are walked on one day as plain triples, the type of line as the property."""
        store = ox.Store()
        store.extend(
            ox.Quad(node(line.lower), node(f"{CODE}line-type/{line.type}"), node(line.upper))
            for line in self.lines
            if line.is_walked(day)
        )
        return store


def dated(draw: st.DrawFn) -> dict:
    return {"start": draw(STARTS), "end": draw(ENDS), "attested": tuple(draw(st.lists(EDTF.filter(bool), max_size=2)))}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Bodies and posts with lines of several types, loops, double superiors, moves, and dates of every kind or none."""
    ends = st.sampled_from(BODIES + POSTS)
    lines = tuple(
        Line(
            f"{ID}line/l{number}",
            draw(ends),
            draw(ends),
            draw(st.sampled_from(TYPES)),
            draw(st.sampled_from(["", "", "all", "some"])),
            **dated(draw),
        )
        for number in range(draw(st.integers(0, 14)))
    )
    tenures = tuple(
        Line(f"{ID}tenure/t{number}", draw(st.sampled_from(POSTS)), draw(st.sampled_from(PERSONS)), "", **dated(draw))
        for number in range(draw(st.integers(0, 6)))
    )
    posts = tuple((post, draw(st.sampled_from(BODIES)), draw(st.sampled_from([HEAD, SEAT]))) for post in POSTS)
    return World(lines, tenures, posts)


@st.composite
def deep_worlds(draw: st.DrawFn) -> World:
    """Twelve bodies one above the other, with second superiors, loops, gaps and moves, and posts whose lines go up."""
    bodies = [f"{ID}body/d{number}" for number in range(12)]
    posts = [f"{ID}post/q{number}" for number in range(4)]
    ends = list(pairwise(bodies))
    ends += draw(st.lists(st.tuples(st.sampled_from(bodies), st.sampled_from(bodies)), max_size=5))
    ends += draw(st.lists(st.tuples(st.sampled_from(posts), st.sampled_from(posts + bodies)), max_size=4))
    kinds, quantifiers = st.sampled_from(TYPES[:3]), st.sampled_from(["", "", "all", "some"])
    lines = []
    for number, (lower, upper) in enumerate(ends):
        # Most lines have no date, so that the chain is seldom cut.
        dates = dated(draw) if draw(st.integers(0, 5)) == 0 else {}
        lines.append(Line(f"{ID}line/l{number}", lower, upper, draw(kinds), draw(quantifiers), **dates))
    seats = tuple((post, draw(st.sampled_from(bodies)), draw(st.sampled_from([HEAD, SEAT]))) for post in posts)
    tenures = tuple(
        Line(f"{ID}tenure/t{number}", draw(st.sampled_from(posts)), draw(st.sampled_from(PERSONS)), "", **dated(draw))
        for number in range(draw(st.integers(0, 5)))
    )
    return World(tuple(lines), tenures, seats)


def iri(kind: str) -> str:
    return f"{CODE}line-type/{kind}"


def path(types: Iterable[str]) -> str:
    """The property path of one line of any of `types`."""
    return "(" + "|".join(f"<{iri(kind)}>" for kind in types) + ")"


def column(store: ox.Store, query: str, **more: object) -> list[str]:
    """The values of the only column of a SELECT."""
    return [row[0].value for row in store.query(query, **more)]
