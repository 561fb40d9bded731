"""What the ontology's rules conclude of a register, computed on its columns: a country of it takes seconds.

Each function does what the rule of that name in `ontology/rules/` does, for registers as `country` makes them: every
row states its own dates, attestation and source. `tests/test_country.py` proves that the triples are the same.
"""

import polars as pl
from country import Register
from country_bodies import ID, LINE_TYPE

BINDING = [LINE_TYPE + name for name in ("subordination", "professional-direction")]
ORGAN, SUBORDINATION = LINE_TYPE + "organ-of", LINE_TYPE + "subordination"


def a_post_exists_while_it_is_held(register: Register) -> pl.DataFrame:
    """Return the days on which each post is `attested` by who holds it: those a tenure begins, ends or is attested."""
    tenures = register.tenures.explode("attested")
    days = [tenures.select("post", attested=name).drop_nulls() for name in ("start", "end", "attested")]
    return pl.concat(days).unique().sort("post", "attested")


def derived_lines(register: Register) -> pl.DataFrame:
    """Return the lines of posts that follow from those of bodies and from the seats of one body.

    Columns as those of `register.lines`, and the `rule` by which and the nodes on which each rests (`grounds`).
    """
    parts = (
        heads_report_along_the_lines_of_their_bodies(register),
        heads_report_to_a_body_without_a_known_head(register),
        heads_of_organs_report_to_their_committee(register),
        seats_report_to_the_head_of_their_body(register),
    )
    return pl.concat(parts)


def heads_report_along_the_lines_of_their_bodies(register: Register) -> pl.DataFrame:
    """Return the line of two heads for each line that binds heads, of two bodies with heads."""
    over = _heads(register).rename({"seat": "over", "body": "upper"})
    given = register.lines.filter(pl.col("type").is_in(BINDING)).rename({"line": "given"})
    found = given.join(_heads(register), left_on="lower", right_on="body").join(over, on="upper")
    return _derived(found, "heads-report-along-the-lines-of-their-bodies")


def heads_report_to_a_body_without_a_known_head(register: Register) -> pl.DataFrame:
    """Return the line of a head to the body above for each line that binds heads, where that has no head."""
    heads = _heads(register)
    given = register.lines.filter(pl.col("type").is_in(BINDING)).rename({"line": "given"})
    found = given.join(heads, left_on="lower", right_on="body").join(
        heads, left_on="upper", right_on="body", how="anti"
    )
    return _derived(found.with_columns(over="upper"), "heads-report-to-a-body-without-a-known-head")


def heads_of_organs_report_to_their_committee(register: Register) -> pl.DataFrame:
    """Return the line of an organ's head to the body whose organ it is."""
    given = register.lines.filter(pl.col("type") == ORGAN).rename({"line": "given"})
    found = given.join(_heads(register), left_on="lower", right_on="body").with_columns(over="upper")
    return _derived(found, "heads-of-organs-report-to-their-committee")


def seats_report_to_the_head_of_their_body(register: Register) -> pl.DataFrame:
    """Return the lines of the other seats of a body to its head, as long as the body lives."""
    heads = _heads(register).rename({"seat": "over"})
    attested = a_post_exists_while_it_is_held(register).group_by("post").agg("attested").rename({"post": "seat"})
    lives = register.bodies.select("body", start="founded", end="dissolved")
    seats = register.posts.filter(~pl.col("heads")).select("body", seat="post")
    found = seats.join(heads, on="body").join(lives, on="body").join(attested, on="seat", how="left")
    rule = "seats-report-to-the-head-of-their-body"
    return _derived(found.with_columns(given="seat", type=pl.lit(SUBORDINATION)), rule, pl.col("over"))


def _heads(register: Register) -> pl.DataFrame:
    return register.posts.filter("heads").select("body", seat="post")


def _derived(found: pl.DataFrame, rule: str, also: pl.Expr | None = None) -> pl.DataFrame:
    name = pl.lit("subordination") if also is not None else pl.col("given").str.extract("([^/]*)$")
    of_post = pl.format("{}line/of-post/{}", pl.lit(ID), pl.col("seat").str.strip_prefix(f"{ID}post/"))
    return found.select(
        line=pl.format("{}/{}/{}", of_post, pl.col("over").str.extract("([^/]*)$"), name),
        lower="seat",
        upper="over",
        type="type",
        start="start",
        end="end",
        attested="attested",
        rule=pl.lit(rule),
        ground=pl.col("given"),
        other_ground=pl.lit(None, pl.String) if also is None else also,
    )
