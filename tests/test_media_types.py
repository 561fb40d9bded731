"""Which form is given: by the most exact range of an Accept header that fits it, as HTTP has it (RFC 9110, 12.5.1)."""

import pytest

from orgline.text.errors import RequestRefused
from orgline.text.media_types import RESULT_TYPES, negotiated_type

JSON, XML, CSV = (RESULT_TYPES[name] for name in ("json", "xml", "csv"))


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, JSON),
        ("*/*", JSON),
        (CSV, CSV),
        (f"{JSON};q=0.1, */*;q=0.9", XML),
        (f"*/*;q=0.9, {JSON};q=0.1", XML),
        (f"{JSON};q=0, */*", XML),
        (f"{JSON};q=0.1, application/*;q=0.9", XML),
        ("application/*;q=0.1, */*;q=0.9", CSV),
        ("application/json;q=0.1, */*;q=0.9", XML),
        (f"application/json;q=0.1, {JSON};q=0.9, */*;q=0.5", JSON),
        (f"{CSV};q=0.5, {XML};q=0.5", XML),
        ("application/json", JSON),
        ("text/csv; charset=utf-8", CSV),
    ],
)
def test_the_most_exact_range_that_fits_a_type_says_how_much_it_is_wanted(accept: str | None, given: str) -> None:
    """A type named by itself has its own weight, whatever a wider range says; of equals the first is given."""
    assert negotiated_type(RESULT_TYPES, accept, None) == given


@pytest.mark.parametrize("accept", ["image/png", f"{CSV};q=0", "application/*;q=0, text/*;q=0"])
def test_what_is_not_wanted_is_not_given(accept: str) -> None:
    """Where no type that is there is wanted, the status is 406."""
    with pytest.raises(RequestRefused) as refused:
        negotiated_type(RESULT_TYPES, accept, None)
    assert refused.value.status == 406
