"""What is known of a tenure or line on a day, against an oracle that looks at every day and every possible world."""

from datetime import date
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from worlds import EDTF

from orgline.hierarchy.interval_columns import UNDATED_CODE, IntervalColumns
from orgline.text import temporal_status
from orgline.text.errors import CannotRun
from orgline.text.moment import Moment, parse_day
from orgline.text.temporal_status import (
    ATTESTED_LATER,
    CURRENT_STATUSES,
    ENDED,
    HELD,
    LAST_ATTESTED,
    STATUS_BY_CERTAINTY,
    STATUS_ORDER,
    UNDATED,
    UNSURE,
    DatedEvidence,
    Status,
    least_certain,
    ordinal_bounds,
)

JUNE = date(2024, 6, 1)
FIRST, LAST = 1, 8  # the days of June that the oracle looks at
DAYS = st.integers(FIRST, LAST)


def june(number: int) -> str:
    return JUNE.replace(day=number).isoformat()


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def on(text: str, *, start: str = "", end: str = "", attested: tuple[str, ...] = ()) -> Status:
    return DatedEvidence.of(start, end, attested).on(day(text))


Period = tuple[int | None, int | None] | None


def text_of(period: Period) -> str:
    """EDTF for one of the days of a period; None is open on that side, no period is no text."""
    if period is None:
        return ""
    first, last = period
    low, high = june(first) if first else "", june(last) if last else ""
    return low if low == high else f"[{low}..{high}]"


@st.composite
def periods(draw: st.DrawFn, *, may_be_open: bool = True) -> Period:
    """Some days of June, the first and last of them, or open on one side."""
    first, last = sorted((draw(st.integers(FIRST, LAST)), draw(st.integers(FIRST, LAST))))
    side = draw(st.sampled_from(["", "", "", "low", "high"])) if may_be_open else ""
    return (None if side == "low" else first, None if side == "high" else last)


def days_of(period: Period) -> range:
    """The days of June that a period allows, and some beyond, where it is open or there is none."""
    first, last = period or (None, None)
    return range(first or FIRST - 2, (last or LAST + 2) + 1)


def in_one_world(asked: int, start: int | None, end: int | None, attested: tuple[int, ...]) -> str:
    """The law of docs/time.md where every date is known to the day: every day that is sure is counted."""
    points = sorted(one for one in (start, end, *attested) if one is not None)
    sure = set(attested)
    sure |= set() if start is None else set(range(start, points[-1] + 1))
    sure |= set() if end is None else set(range(points[0], end + 1))
    if not points:
        return UNDATED
    if end is not None and end < asked:
        return ENDED
    if asked in sure:
        return HELD
    return LAST_ATTESTED if points[0] < asked else ATTESTED_LATER


def oracle(asked: int, start: Period, end: Period, attested: list[Period]) -> str:
    """What is so in every world that the dates allow; else that it is unsure. By when it ended says only that."""
    if end and not end[0]:
        said = oracle(asked, start, None, attested) if asked <= (end[1] or LAST) else ENDED
        return UNSURE if said == UNDATED else said
    found = set()
    for first, last, *seen in product(*map(days_of, (start, end, *attested))):
        if first <= last and all(first <= one <= last for one in seen):
            found.add(in_one_world(asked, first if start else None, last if end else None, tuple(seen)))
    assume(found)
    return found.pop() if len(found) == 1 else LAST_ATTESTED if found == set(CURRENT_STATUSES) else UNSURE


MAYBE = st.one_of(st.none(), periods())
ATTESTED = st.lists(periods(may_be_open=False), max_size=2)


def in_order(start: Period, end: Period, attested: list[Period]) -> bool:
    """Whether no two dates allow the same days, so that none makes another more exact: start, attested, end."""
    first = [one[1] for one in (start, *attested) if one] if start else []
    last = [one[0] for one in (end, *attested) if one] if end else []
    seen = [day for one in attested for day in one]
    lower = start[1] if start else FIRST
    upper = end[0] if end else LAST
    return None not in (*first, *last) and lower <= min([*seen, upper]) and max([*seen, lower]) <= upper


@settings(max_examples=300)
@given(DAYS, MAYBE, MAYBE, ATTESTED)
def test_the_law_says_what_is_so_in_every_world(asked: int, start: Period, end: Period, attested: list[Period]) -> None:
    """The status of a day is that of every world which dates in their order allow, and unsure where they differ."""
    assume(in_order(start, end, attested))
    times = DatedEvidence.of(text_of(start), text_of(end), map(text_of, attested))
    assert times.on(day(june(asked))).name == oracle(asked, start, end, attested)


@settings(max_examples=300)
@given(DAYS, MAYBE, MAYBE, ATTESTED)
def test_the_law_never_says_too_much(asked: int, start: Period, end: Period, attested: list[Period]) -> None:
    """Where dates overlap, the law says no more than is so in every world: it may only be less sure."""
    said = DatedEvidence.of(text_of(start), text_of(end), map(text_of, attested)).on(day(june(asked))).name
    true = oracle(asked, start, end, attested)
    assert said in {true, UNSURE} or (said, true) == (LAST_ATTESTED, HELD)


def truth_table() -> list[tuple[list[str], str, str]]:
    """The truth table in the docstring of the law: dates, day and status of each cell."""
    lines = [line.split() for line in temporal_status.__doc__.splitlines() if " | " in line]
    days = lines[0][4:]
    return [(line[:3], day, status) for line in lines[1:] for day, status in zip(days, line[4:], strict=True)]


def test_the_truth_table_is_the_law() -> None:
    """Each cell of the truth table in the docstring is what the law says; each status is in it."""
    table = truth_table()
    assert {status for _, _, status in table} == {*STATUS_ORDER, UNDATED}
    for dates, asked, status in table:
        start, end, attested = ("" if date == "-" else date for date in dates)
        assert on(asked, start=start, end=end, attested=(attested,) if attested else ()).name == status, (dates, asked)


@given(st.integers(day("2023-12-01"), day("2025-02-01")), EDTF, EDTF, st.lists(EDTF, max_size=3))
def test_a_status_is_one_of_six_and_says_its_date(asked: int, start: str, end: str, attested: list[str]) -> None:
    """Whatever the dates, even those that contradict each other, a day has one status, and a date unless undated."""
    times = DatedEvidence.of(start, end, filter(None, attested))
    status = times.on(asked)
    assert status.name in {*STATUS_ORDER, UNDATED}
    assert status.is_current == (status.name in CURRENT_STATUSES)
    assert status.is_walked == (status.name not in {ENDED, ATTESTED_LATER})
    assert (status.name == UNDATED) == (not any((start, end, *attested)))
    assert status.date in {start, end, *attested} - {""} or (status.name, status.date) == (UNDATED, "")


@given(
    st.integers(day("2023-12-01"), day("2025-02-01")),
    st.lists(st.tuples(EDTF, EDTF, st.lists(EDTF, max_size=3)), min_size=1, max_size=8),
)
@example(day("2024-06-01"), [("2024-06-01", "2024-06-02", []), ("2024-05-31", "2024-06-01", [])])
def test_arrays_and_numbers_are_judged_alike(asked: int, rows: list[tuple[str, str, list[str]]]) -> None:
    """Many rows at once have the statuses, and the last known days, that each has by itself."""
    frame = pl.DataFrame(
        [(start or None, end or None, sorted(filter(None, seen)) or None) for start, end, seen in rows],
        schema={"start": pl.String, "end": pl.String, "attested": pl.List(pl.String)},
        orient="row",
    )
    dated = IntervalColumns(frame)
    alone = [DatedEvidence.of(start, end, filter(None, seen)).on(asked) for start, end, seen in rows]
    every = np.arange(len(rows))
    assert [[*STATUS_ORDER, UNDATED][code] for code in dated.statuses(every, asked)] == [one.name for one in alone]
    assert [dated.status(row, asked) for row in every] == alone
    assert list(dated.walked(every, asked)) == [row for row, one in enumerate(alone) if one.is_walked]
    assert [dated.is_walked(row, asked) for row in every] == [one.is_walked for one in alone]
    last = dated.last_known(every, asked)
    assert [ordinal_bounds(last[row])[1] for row, one in enumerate(alone) if one.name == LAST_ATTESTED] == [
        ordinal_bounds(one.date)[1] for one in alone if one.name == LAST_ATTESTED
    ]


def test_rows_without_any_date_are_judged_too() -> None:
    """A table in which no row has a date, or that has no row, is no fault: what it holds is undated."""
    types = {"start": pl.String, "end": pl.String, "attested": pl.List(pl.String)}
    empty, bare = pl.DataFrame(schema=types), pl.DataFrame([(None, None, None)], schema=types, orient="row")
    assert list(IntervalColumns(empty).statuses(np.arange(0), day("2024-06-01"))) == []
    assert list(IntervalColumns(bare).statuses(np.arange(1), day("2024-06-01"))) == [UNDATED_CODE]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("2024-05-31", Status(ATTESTED_LATER, "2024-06-01")),
        ("2024-06-01", Status(HELD, "2024-06-01")),
        ("2024-06-15", Status(HELD, "2024-06-01")),
        ("2024-06-30", Status(HELD, "2024-06-01")),
        ("2024-07-01", Status(ENDED, "2024-06-30")),
    ],
)
def test_both_the_first_and_the_last_day_count(asked: str, status: Status) -> None:
    """Who served from one day to another held the post on both, had not before and has ended after."""
    assert on(asked, start="2024-06-01", end="2024-06-30") == status


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("2024-05-31", Status(ATTESTED_LATER, "2024-06-01")),
        ("2024-06-01", Status(HELD, "2024-06-01")),
        ("2024-06-02", Status(LAST_ATTESTED, "2024-06-01")),
        ("2124-06-02", Status(LAST_ATTESTED, "2024-06-01")),
    ],
)
@pytest.mark.parametrize("field", ["start", "attested"])
def test_a_day_says_nothing_of_the_next(field: str, asked: str, status: Status) -> None:
    """What began, or is attested, on a day is held on that day; after it, only last attested."""
    assert on(asked, **{field: "2024-06-01" if field == "start" else ("2024-06-01",)}) == status


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("2024-06-01", Status(ATTESTED_LATER, "2024-06-30")),
        ("2024-06-30", Status(HELD, "2024-06-30")),
        ("2024-07-01", Status(ENDED, "2024-06-30")),
    ],
)
def test_an_end_alone_says_its_own_day(asked: str, status: Status) -> None:
    """Of what is only known to have ended on a day, that day is known, and that it was over after."""
    assert on(asked, end="2024-06-30") == status


def test_a_start_and_a_later_attestation_hold_between() -> None:
    """From a stated start to a later attestation it is held without a break."""
    assert on("2024-03-01", start="2024-01-01", attested=("2024-06-01",)) == Status(HELD, "2024-01-01")


def test_an_attestation_and_a_stated_end_hold_between() -> None:
    """From an attestation to a stated end it is held, and the attestation is the date that says so."""
    assert on("2024-03-01", attested=("2024-01-01",), end="2024-06-01") == Status(HELD, "2024-01-01")


def test_two_attestations_do_not_hold_between() -> None:
    """Between two attestations, and no stated date, it is last attested on the earlier."""
    assert on("2024-03-01", attested=("2024-06-01", "2024-01-01")) == Status(LAST_ATTESTED, "2024-01-01")


def test_an_end_prevails_over_a_later_attestation() -> None:
    """What ended is not current, though somebody still speaks of it afterwards."""
    assert on("2024-07-01", end="2024-06-01", attested=("2024-07-01",)) == Status(ENDED, "2024-06-01")


@pytest.mark.parametrize(
    ("dates", "asked", "name"),
    [
        ({"start": "2024"}, "2024-06-01", UNSURE),
        ({"start": "2024"}, "2023-12-31", ATTESTED_LATER),
        ({"start": "2024"}, "2024-12-31", LAST_ATTESTED),
        ({"start": "[..2024-06-30]"}, "2024-06-15", UNSURE),
        ({"start": "2020", "end": "2024"}, "2024-06-01", UNSURE),
        ({"start": "2020", "end": "2024"}, "2023-06-01", HELD),
        ({"start": "2020", "end": "2024"}, "2025-01-01", ENDED),
        ({"start": "2020", "end": "[2024-01-01..]"}, "2030-01-01", UNSURE),
        ({"attested": ("2024-06",)}, "2024-06-15", UNSURE),
        ({"attested": ("2024-06",)}, "2024-06-30", LAST_ATTESTED),
        ({"attested": ("2024-06",)}, "2024-05-31", ATTESTED_LATER),
        ({"start": "2020", "attested": ("2024-06",)}, "2024-06-01", HELD),
        ({"attested": ("[..2025-05-14]",)}, "2025-05-13", UNSURE),
        ({"attested": ("[..2025-05-14]",)}, "2025-05-14", LAST_ATTESTED),
        ({"start": "2024-06~"}, "2024-07-01", LAST_ATTESTED),
    ],
)
def test_dates_that_are_not_exact_never_make_the_unknown_current(dates: dict, asked: str, name: str) -> None:
    """Within the days that an inexact date allows, nothing is called current or past that may be neither."""
    assert on(asked, **dates).name == name


@given(
    st.lists(
        st.builds(Status, st.sampled_from(STATUS_BY_CERTAINTY), st.sampled_from(["2024-01-01", "2024-06"])), max_size=4
    )
)
def test_what_rests_on_several_is_as_sure_as_the_least_sure(found: list[Status]) -> None:
    """Of several statuses the least sure counts; with one more it is never surer; of none there is none."""
    least = least_certain(found)
    assert (least is None) == (not found)
    if found:
        assert least in found
        assert STATUS_BY_CERTAINTY.index(least.name) == max(STATUS_BY_CERTAINTY.index(one.name) for one in found)
        assert least.is_current == all(one.is_current for one in found)


def test_of_two_that_are_as_sure_the_earlier_date_counts() -> None:
    """What rests on two that are both only last attested is known no longer than the one that was attested first."""
    early, late = Status(LAST_ATTESTED, "2020"), Status(LAST_ATTESTED, "2024-06-01")
    assert least_certain([early, late]) == least_certain([late, early]) == early


@pytest.mark.parametrize("typed", ["2024-05-31", "31/5/2024", "31/05/2024", "31.5.2024", " 2024-05-31 "])
def test_a_day_is_typed_as_people_write_it(typed: str) -> None:
    """A day is understood as in ISO, and as it is written in Vietnamese."""
    assert parse_day("--as-of", typed) == date(2024, 5, 31)


@pytest.mark.parametrize(
    "typed",
    ["", " ", "2024", "2024-05", "2024-02-30", "31/13/2024", "5/31/2024", "2024/5/31", "1/2/24", "nay", "-", "//"],
)
def test_what_is_no_day_is_refused_in_the_words_typed(typed: str) -> None:
    """What is no day is refused with what was typed, for which option, and how to write it."""
    with pytest.raises(CannotRun) as refused:
        parse_day("--as-of", typed)
    assert str(refused.value) == f'--as-of: "{typed}" is no day. Write it as 2024-05-31 or 31/5/2024.'


def test_a_moment_counts_days_as_dates_do() -> None:
    """The day of a moment is the number that a date's ordinal is, and any source counts unless a day is given."""
    assert (Moment(date(2024, 5, 31)).ordinal, Moment(date(2024, 5, 31)).known_on) == (day("2024-05-31"), None)
