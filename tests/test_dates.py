"""Dates as exact as the source: what days an EDTF text allows."""

import calendar
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgline.text.edtf_dates import bounds

DAYS = st.dates()
YEARS = st.integers(1, 9999)
MONTHS = st.tuples(YEARS, st.integers(1, 12))


@given(DAYS)
def test_a_plain_day_is_that_day(day: date) -> None:
    """A day allows itself alone."""
    assert bounds(day.isoformat()) == (day, day)


@given(MONTHS)
def test_a_month_is_all_its_days(month: tuple[int, int]) -> None:
    """A month allows its first to its last day, leap years counted."""
    year, number = month
    last = calendar.monthrange(year, number)[1]
    assert bounds(f"{year:04}-{number:02}") == (date(year, number, 1), date(year, number, last))


@given(YEARS)
def test_a_year_is_all_its_days(year: int) -> None:
    """A year allows January 1st to December 31st."""
    assert bounds(f"{year:04}") == (date(year, 1, 1), date(year, 12, 31))


@given(DAYS, DAYS)
def test_an_interval_of_days(one: date, other: date) -> None:
    """An interval allows what lies between its ends, and must not end before it begins."""
    text = f"{one.isoformat()}/{other.isoformat()}"
    if one <= other:
        assert bounds(text) == (one, other)
    else:
        with pytest.raises(ValueError, match="ends before it begins"):
            bounds(text)


@given(MONTHS, MONTHS, st.sampled_from(["{}/{}", "[{}..{}]"]))
def test_a_period_of_months(first: tuple[int, int], last: tuple[int, int], form: str) -> None:
    """A period or choice of months allows the first day of the first to the last day of the last."""
    first, last = sorted((first, last))
    low, high = bounds(form.format("{:04}-{:02}".format(*first), "{:04}-{:02}".format(*last)))
    assert low == date(*first, 1)
    assert high == date(*last, calendar.monthrange(*last)[1])


DATE_TEXTS = st.one_of(
    st.from_regex(r"\d{4}(-\d\d(-\d\d)?)?[?~%]?(/(\d{4}(-\d\d)?|\.\.)?)?", fullmatch=True),
    st.from_regex(r"\[(\d{4})?\.\.(\d{4}(-\d\d){0,2})?\]", fullmatch=True),
    st.from_regex(r"\d\d[\dX]X(-\d\d)?", fullmatch=True),
    st.from_regex(r"Y-?\d{5,9}(E\d\d?)?", fullmatch=True),
    st.text("0123456789-/.[]{}?~%XYES,T:Z ", max_size=20),
    st.text(max_size=10),
)


@given(DATE_TEXTS)
def test_any_text_has_days_in_order_or_is_refused(text: str) -> None:
    """Whatever is typed, the earliest day is not after the latest; what is no date is a ValueError, nothing else."""
    try:
        low, high = bounds(text)
    except ValueError:
        return
    assert low is None or type(low) is date
    assert high is None or type(high) is date
    assert low is None or high is None or low <= high


@given(DAYS, st.sampled_from("?~%"))
def test_doubt_does_not_move_a_day(day: date, mark: str) -> None:
    """An uncertain or approximate day contains the day itself."""
    low, high = bounds(day.isoformat() + mark)
    assert low is None or low <= day
    assert high is None or day <= high


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2023~", "2023-01-01", "2023-12-31"),
        ("2023?", "2023-01-01", "2023-12-31"),
        ("2023-09~", "2023-09-01", "2023-09-30"),
        ("2023?-09-14", "2023-09-14", "2023-09-14"),
        ("[2022..2024]", "2022-01-01", "2024-12-31"),
        ("[..2025-05-14]", None, "2025-05-14"),
        ("[2025-05-14..]", "2025-05-14", None),
        ("2022/2025", "2022-01-01", "2025-12-31"),
        ("2022/..", "2022-01-01", None),
        ("../2022", None, "2022-12-31"),
        ("202X", "2020-01-01", "2029-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-21", "2023-03-01", "2023-05-31"),
        ("2020-06/2022-05-03", "2020-06-01", "2022-05-03"),
    ],
)
def test_forms_of_edtf(text: str, low: str | None, high: str | None) -> None:
    """Each form that the columns and pages speak of allows the days one would think."""
    assert bounds(text) == (low and date.fromisoformat(low), high and date.fromisoformat(high))


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-30", "2023-02-29", "2023-13", "2023-00", "2023-09-00", "2023-00-15", "2023-04-31", "0000",
        "14/9/2023", "14-9-2023", "2023-9-14", "September 2023", "", " ", "2025/2022", "[2025..2022]",
        "2023-02-30~", "[2023-02-30..]", "2023-02-30/2023-03", "2023-02-30/..", "１９９９",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    """A day that does not exist, or a form that is not EDTF, is refused rather than guessed at."""
    with pytest.raises(ValueError, match=r"."):
        bounds(text)
