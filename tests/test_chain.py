"""Chains from the command line: who is above and below on a day, why, what several have in common, and refusals."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import BODIES, DAYS, HEAD, ID, PERSONS, POSTS, Line, World, worlds

from orgline.answers.chains import Chains
from orgline.graph.lookup import same_as
from orgline.hierarchy.array_hierarchy import ArrayHierarchy
from orgline.hierarchy.columns import relations_of
from orgline.hierarchy.shortcuts import superior_types
from orgline.text.errors import CannotRun
from orgline.text.moment import Moment

Ask = Callable[..., dict]
BLOC, LENS, MIRROR = "mt-bloc-party-committee", "mt-lens-works-party-committee", "mt-mirror-works-party-committee"
PROVINCE, CENTRE = "mt-provincial-party-committee", "cloud-central-committee"
DAY = ("--as-of", "2044-01-01")


@pytest.fixture
def ran(invented: Path, invented_build: Path, run_cli: Callable) -> Callable:
    """Run a command on the invented province, in English unless it says otherwise."""

    def run(*arguments: str):
        lang = () if "--lang" in arguments else ("--lang", "en")
        return run_cli(*arguments, *lang, "--content", invented, "--out", invented_build)

    return run


@pytest.fixture
def asked(ran: Callable) -> Ask:
    """What a command answers, as JSON."""

    def ask(*arguments: str) -> dict:
        run = ran(*arguments, "--format", "json")
        assert run.code == 0, run.err
        return json.loads(run.out)

    return ask


def name(iri: str | None) -> str:
    return re.split("[/#]", iri or "")[-1]


def hops(answer: dict) -> list[tuple]:
    """The hops of an answer, each once: level, lower end, type, upper end, and what is known of it that day."""
    rows = (
        (row["level"], name(row["lower_iri"]), name(row["type_iri"]), name(row["upper_iri"]), row.get("status", ""))
        for row in answer["rows"]
    )
    return list(dict.fromkeys(rows))


def test_the_chain_above_a_body(asked: Ask) -> None:
    """Above a body stand its superiors level by level, with who heads each and what is known of it that day."""
    answer = asked("above", LENS, *DAY)
    assert hops(answer) == [
        (1, LENS, "subordination", BLOC, "held"),
        (2, BLOC, "subordination", PROVINCE, "last-attested"),
        (3, PROVINCE, "subordination", CENTRE, "last-attested"),
    ]
    second = next(row for row in answer["rows"] if row["level"] == 2)
    assert (name(second["holder_iri"]), second["holder_date"]) == ("nguyen-thu-nghiem", "2041-03-09")
    assert (second["status_date"], second["answer"]) == ("2043-08-19", "stated")
    assert answer["as_of"] == "2044-01-01"


def test_the_chain_of_a_person_begins_with_the_post(asked: Ask) -> None:
    """Above a person stands first the post held that day, then by rule whom that reports to."""
    answer = asked("above", "dang phong tac", *DAY)
    assert hops(answer)[:2] == [
        (0, "dang-phong-tac", "holds", "mt-lens-works-secretary", "last-attested"),
        (1, "mt-lens-works-secretary", "subordination", "mt-bloc-secretary", "held"),
    ]
    rules = [row["rule"] for row in answer["rows"]]
    assert rules[0] is None
    assert all(rules[1:])
    assert {row["answer"] for row in answer["rows"][1:]} <= {"inferred", "contradicted"}


def test_a_person_with_several_posts_has_several_chains(asked: Ask) -> None:
    """Each post that a person holds on the day begins a chain of its own, and the rows say which."""
    rows = asked("above", "le-gia-dinh", *DAY)["rows"]
    starts = {name(row["start_iri"]) for row in rows}
    assert starts == {"mt-bloc-secretary", "mt-mirror-works-secretary"}
    assert {name(row["upper_iri"]) for row in rows if row["level"] == 0} == starts


def test_the_same_question_on_another_day(asked: Ask) -> None:
    """A body that moved has the one superior until its last day there, and the other from the next."""
    for day, upper in (("2044-06-22", BLOC), ("2044-06-23", "mt-doi-gio-party-committee")):
        rows = asked("above", LENS, "--as-of", day)["rows"]
        assert {(name(row["upper_iri"]), row["status"]) for row in rows if row["level"] == 1} == {(upper, "held")}


def test_a_chain_that_has_ended_is_told_and_not_followed(asked: Ask) -> None:
    """Where every line above has ended, or is attested later only, it is shown so, and nothing beyond it."""
    assert hops(asked("above", LENS, "--as-of", "2039-01-01")) == [
        (1, LENS, "subordination", BLOC, "attested-later"),
        (1, LENS, "subordination", "mt-doi-gio-party-committee", "attested-later"),
    ]
    gone = hops(asked("above", MIRROR, "--as-of", "2046-01-01"))
    assert {(level, status) for level, *_, status in gone} == {(1, "ended")}


def test_a_person_who_holds_nothing_that_day(asked: Ask) -> None:
    """Of a person who held nothing on the day, what was held before or is held later is told, and nobody above."""
    answer = asked("above", "dang-phong-tac", "--as-of", "2030-01-01")
    assert hops(answer) == [(0, "dang-phong-tac", "holds", "mt-lens-works-secretary", "attested-later")]


def test_a_post_without_a_line_stands_in_its_body(asked: Ask) -> None:
    """A post of which no superior is known leads to the body it is in, and on from there."""
    found = hops(asked("above", "mt-standing-committee-member", *DAY))
    assert [(level, type_, upper) for level, _, type_, upper, _ in found[:2]] == [
        (1, "postIn", "mt-standing-committee"),
        (2, "organ-of", PROVINCE),
    ]


def test_all_below_by_level(asked: Ask) -> None:
    """Below a body stands all that leads up to it that day, by level, with holders."""
    found = hops(asked("below", PROVINCE, *DAY))
    assert [level for level, *_ in found] == sorted(level for level, *_ in found)
    assert {(level, lower) for level, lower, *_ in found} >= {(1, BLOC), (2, LENS), (2, MIRROR)}
    assert {lower for _, lower, *_ in hops(asked("below", PROVINCE, "--as-of", "2030-01-01"))} == set()


def test_one_type_of_line_or_all(asked: Ask) -> None:
    """A type of line narrows the chain to it; all takes in those that make no superior."""
    directed = {(lower, type_) for _, lower, type_, *_ in hops(asked("above", BLOC, *DAY, "--type", "leadership"))}
    assert directed == {(BLOC, "leadership")}
    every = {type_ for _, _, type_, *_ in hops(asked("above", BLOC, *DAY, "--type", "all"))}
    assert every >= {"leadership", "coordination", "subordination"}
    assert {type_ for _, _, type_, *_ in hops(asked("above", BLOC, *DAY))} == {"subordination"}


def test_why_names_each_hop(ran: Callable) -> None:
    """Why tells each hop in a sentence: line, day, rule, what is printed, source, line of the file, how sure."""
    said = " ".join(ran("why", "dang phong tac", CENTRE, *DAY).out.split())
    for part in (
        "1. Dang Phong Tac – holds – Secretary of the Lens Works Party Committee; last attested: 2043-08-19;",
        "follows by the rule “The head of a body reports to the head of the body it is directly under”;",
        "“thuộc Đảng ủy Khối” (Invented report (Vietnamese), line L24); Inferred.",
        "where no post at the head of that is known”; Invented report (Vietnamese), line L4; Inferred.",
        "Answer: Inferred",
    ):
        assert part in said


def test_why_speaks_vietnamese(ran: Callable) -> None:
    """The same in Vietnamese: no word of English but what is a name."""
    said = " ".join(ran("why", "dang phong tac", CENTRE, *DAY, "--lang", "vi").out.split())
    for part in (
        "1. Đặng Phóng Tác – giữ – Bí thư Đảng ủy cơ sở Xưởng Thấu Kính; nêu lần cuối: 19/8/2043;",
        "suy ra theo quy tắc “Người đứng đầu một tổ chức báo cáo cho người đứng đầu tổ chức cấp trên trực tiếp”;",
        "(Bài bịa (tiếng Việt), dòng L24); Suy ra.",
    ):
        assert part in said
    assert "rule" not in said


def test_why_not(ran: Callable, asked: Ask) -> None:
    """Where no way leads up, why says so and names the sources looked at; the other way round is no way."""
    run = ran("why", CENTRE, LENS, *DAY)
    assert run.code == 0
    assert "No way was found on this day. Sources searched:" in run.out
    assert "Invented report (Vietnamese)" in run.out
    assert (asked("why", CENTRE, LENS, *DAY)["answer"], asked("why", LENS, CENTRE, *DAY)["answer"]) == (
        "not-stated",
        "inferred",
    )


def test_why_goes_hop_after_hop(asked: Ask) -> None:
    """The way of a person to a body begins with the post, and each hop begins where the one before ends."""
    found = hops(asked("why", "dang phong tac", CENTRE, *DAY))
    assert [lower for _, lower, *_ in found[1:]] == [upper for *_, upper, _ in found[:-1]]
    assert (found[0][1], found[-1][3]) == ("dang-phong-tac", CENTRE)


def test_the_lowest_common_superior(asked: Ask) -> None:
    """Of two bodies under the same one that is told, with the way of each, and not what is above it."""
    found = hops(asked("common", LENS, MIRROR, *DAY))
    assert {(lower, upper) for _, lower, _, upper, _ in found} == {(LENS, BLOC), (MIRROR, BLOC)}
    above = hops(asked("common", LENS, "mt-organization-board", *DAY))
    assert {upper for _, _, _, upper, _ in above} == {BLOC, PROVINCE}


def test_common_to_a_body_and_its_superior(asked: Ask) -> None:
    """Of a body and one above it, that one is the lowest common superior."""
    found = hops(asked("common", LENS, PROVINCE, *DAY))
    assert [upper for _, _, _, upper, _ in found] == [BLOC, PROVINCE]


def test_common_by_the_nearest_post(asked: Ask) -> None:
    """Of a person's posts, that one counts by which it is nearest: a secretary's deputy meets him at that post."""
    rows = asked("common", "le-gia-dinh", "dang-phong-tac", *DAY)["rows"]
    assert {name(row["upper_iri"]) for row in rows} == {"mt-bloc-secretary", "mt-lens-works-secretary"}


def test_nothing_in_common(asked: Ask) -> None:
    """Bodies of two provinces with nothing above both have no common superior: not stated, sources named."""
    answer = asked("common", LENS, "sb-dew-department", *DAY)
    assert (answer["answer"], answer["rows"], len(answer["sources"])) == ("not-stated", [], 5)


def test_the_top_has_nothing_above(asked: Ask) -> None:
    """Above the top nothing is stated, and the sources looked at are named."""
    answer = asked("above", CENTRE, *DAY)
    assert (answer["answer"], answer["rows"], len(answer["sources"])) == ("not-stated", [], 5)


@pytest.mark.parametrize("command", [("above", LENS), ("below", BLOC), ("common", LENS, MIRROR), ("why", LENS, CENTRE)])
def test_csv_and_json_have_the_same_rows(command: tuple[str, ...], ran: Callable, asked: Ask) -> None:
    """A chain has the same rows as CSV and as JSON, each with status, date, source, line and answer."""
    rows = list(csv.DictReader(io.StringIO(ran(*command, *DAY, "--format", "csv").out)))
    as_json = asked(*command, *DAY)["rows"]
    columns = {"Lower": "lower", "Upper": "upper", "status": "status", "status_date": "status_date", "Line": "locator"}
    assert [[row[one] for one in columns] for row in rows] == [
        [row[one] for one in columns.values()] for row in as_json
    ]
    assert all(row["Source"] and row["Answer"] and row["status"] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("above", "nobody of this name"), 'nothing is called "nobody of this name".'),
        (("above", ""), 'nothing is called "".'),
        (("above", "party committee"), '"party committee" matches'),
        (("above", BLOC, "--type", "subordnation"), 'Did you mean "subordination"?'),
        (("below", BLOC, "--type", ""), '--type: there is no line called "".'),
        (("above", BLOC, "--as-of", "yesterday"), '--as-of: "yesterday" is no day.'),
        (("above", BLOC, "--as-of", ""), '--as-of: "" is no day.'),
        (("above", BLOC, "--as-known-on", ""), '--as-known-on: "" is no day.'),
        (("above", BLOC, "--as-of", "2023-02-30"), '--as-of: "2023-02-30" is no day.'),
        (("why", BLOC, BLOC), "Give two different ones."),
        (("common", BLOC), "needs two or more."),
        (("common",), "needs two or more."),
        (("common", BLOC, BLOC), "Give two different ones."),
        (("why", BLOC), "UPPER"),
    ],
)
def test_what_cannot_be_answered_is_refused(arguments: tuple[str, ...], said: str, ran: Callable) -> None:
    """What is asked wrongly is refused in one sentence that says what to do, with exit code 2 and nothing printed."""
    run = ran(*arguments)
    assert (run.code, run.out) == (2, "")
    assert said in run.err
    assert "Traceback" not in run.err
    assert len(run.lines) == 1 or run.lines[0].endswith("Give one of these:")


def test_a_thing_twice_among_others_counts_once(asked: Ask) -> None:
    """Two names of one thing and another have what the two have in common."""
    assert hops(asked("common", LENS, LENS, MIRROR, *DAY)) == hops(asked("common", LENS, MIRROR, *DAY))


def chains_of(world: World, day: date) -> Chains:
    """What searches the chains of a world on a day."""
    store = world.store()
    return Chains(store, ArrayHierarchy(relations_of(store)), superior_types(store), Moment(day), {}, {})


@settings(max_examples=25)
@given(worlds(), DAYS, st.sampled_from(BODIES + POSTS + PERSONS), st.booleans())
def test_a_chain_follows_what_holds_and_nothing_else(world: World, day: date, start: str, every: bool) -> None:
    """Whatever loops, moves and double posts there are, a chain ends, and goes on only from what holds on the day."""
    chains = chains_of(world, day)
    rows = chains.above(ox.NamedNode(start), None if every else chains.superior_types).rows
    reached = {start}
    for row in sorted(rows, key=lambda one: int(one.terms["level"].value)):
        assert row.terms["lower"].value in reached
        if row.status is None or row.status.is_walked:
            reached.add(row.terms["upper"].value)
    held = {name for one in chains.hierarchy.posts_of(start, day.toordinal()) for name in [one.post]} or {start}
    types = None if every else chains.superior_types
    above = {hop.upper for name in held for hop in chains.hierarchy.above(name, day.toordinal(), types)}
    assert above <= reached


def test_why_something_stands_above_itself() -> None:
    """Of what stands on a loop, why tells the loop; of what does not, both ends must differ."""
    ring = tuple(
        Line(f"{ID}line/l{one}", BODIES[one], BODIES[(one + 1) % 3], "subordination", start="2020", end="2030")
        for one in range(3)
    )
    chains = chains_of(World(ring, (), ()), date(2024, 1, 1))
    first, other = ox.NamedNode(BODIES[0]), ox.NamedNode(BODIES[3])
    assert [row.terms["upper"].value for row in chains.why(first, first, None).rows] == [*BODIES[1:3], BODIES[0]]
    with pytest.raises(CannotRun, match="Give two different ones"):
        chains.why(other, other, None)


# A post without a superior, in a body that reports to a top to which another body reports too; and a body apart.
MEETING = World(
    (
        Line(f"{ID}line/own", BODIES[0], BODIES[2], "subordination"),
        Line(f"{ID}line/other", BODIES[1], BODIES[2], "subordination"),
        Line(f"{ID}line/apart", BODIES[3], BODIES[4], "subordination"),
    ),
    (),
    ((POSTS[0], BODIES[0], HEAD),),
)


def test_levels_from_a_post_count_the_step_to_its_body() -> None:
    """What a post and a body have in common is reached from the post one level later, through its body."""
    chains = chains_of(MEETING, date(2024, 1, 1))
    rows = chains.common([ox.NamedNode(POSTS[0]), ox.NamedNode(BODIES[1])], None).rows
    lines = {(row.terms["start"].value, row.terms["level"].value) for row in rows if row.terms["lower"].value in BODIES}
    assert lines == {(POSTS[0], "2"), (BODIES[1], "1")}


def test_a_post_leads_to_its_body_and_beyond_and_nowhere_else() -> None:
    """Why a post is below its body, and below that body's superior, is told; below a body apart it is not."""
    chains = chains_of(MEETING, date(2024, 1, 1))

    def uppers(upper: str) -> list[str]:
        return [row.terms["upper"].value for row in chains.why(ox.NamedNode(POSTS[0]), ox.NamedNode(upper), None).rows]

    assert uppers(BODIES[0]) == [BODIES[0]]
    assert uppers(BODIES[2]) == [BODIES[0], BODIES[2]]
    assert uppers(BODIES[4]) == []


def test_the_five_reports_have_chains(real_build: Path, run_cli: Callable) -> None:
    """In the reports the Bloc of Lào Cai stands under the Provincial Party Committee: inferred, its reason given."""
    run = run_cli("above", "lao-cai-bloc-party-committee", "--lang", "en", "--format", "json", "--out", real_build)
    rows = json.loads(run.out)["rows"]
    first = next(row for row in rows if name(row["upper_iri"]) == "lao-cai-provincial-party-committee")
    assert (first["answer"], first["locator"].split(", ")[0]) == ("inferred", "L5")
    assert any("the name makes it the bloc committee" in reason for reason in first["reasons"])


def test_what_is_matched_is_told_apart(real_build: Path, built_graph: ox.Store, run_cli: Callable) -> None:
    """Below a body stands too what is below one that a matching decision calls the same: inferred, with the reason."""
    run = run_cli("below", "lao-cai-provincial-party-committee", "--format", "json", "--out", real_build)
    rows = json.loads(run.out)["rows"]
    starts = {name(row["start_iri"]) for row in rows}
    body = ox.NamedNode(ID + "body/lao-cai-provincial-party-committee")
    matched = {name(one.value) for one in same_as(built_graph, body)}
    assert matched
    assert matched < starts
    assert {row["answer"] for row in rows if name(row["start_iri"]) in matched} <= {"inferred", "contradicted"}
