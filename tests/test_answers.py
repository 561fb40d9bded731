"""What is right is pinned: every question and check gives the rows of tests/answers, which are checked by hand."""

import re
from collections import Counter

import pytest
from answers.pins import FOUND, HERE, World, askings, pin
from conftest import ROOT, Seen

PINS = sorted(path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.rglob("*.csv"))
ASKED_PLACES = {f"{path.parent.name}/{path.stem}" for path in (ROOT / "queries").rglob("*.rq")}
# How many askings have an answer that is known to be wrong and will be mended, by the kind of the fault: a filter that
# stops at the node (Q2), a settled reading that counts as contradicted (Q4), absence that is not told (Q5), an
# assessment without an assessor (T1), a reading that counts as stated (T2), lines of
# several printed forms that cannot be told apart (T4), a step without an actor (T5), matching decisions that lack (T9),
# figures not set against their targets (T10), a line that outlives its body (T11), the end of a line that is told only
# with a later move (X4).
NOT_RIGHT_YET = {
    "Q2": 2,
    "Q4": 103,
    "Q5": 7,
    "T1": 1,
    "T2": 5,
    "T4": 1,
    "T5": 1,
    "T9": 1,
    "T10": 1,
    "T11": 1,
    "X4": 1,
}


@pytest.fixture(scope="session")
def worlds(invented_seen: Seen, seen: Seen) -> dict[str, World]:
    """The worlds that pins are asked of."""
    both = {"province": invented_seen, "reports": seen}
    return {name: World(world.content, world.loaded.store) for name, world in both.items()}


@pytest.mark.parametrize("place", PINS)
def test_the_answer_is_as_pinned(place: str, worlds: dict[str, World]) -> None:
    """A question gives exactly the pinned rows; where a change is right, "make answers" rewrites and shows it."""
    name, _, asked = place.partition("/")
    text = (HERE / f"{place}.csv").read_text(encoding="utf-8")
    world = worlds[name]
    assert pin(world, world.questions[asked], askings(text)) == text


def test_every_question_and_check_is_pinned() -> None:
    """Each question and each check has a pin on the invented province, and no pin is of a question that is gone."""
    assert {place.removeprefix("province/") for place in PINS if place.startswith("province/")} == ASKED_PLACES
    assert {place.partition("/")[2] for place in PINS} == ASKED_PLACES


@pytest.mark.parametrize("place", [place for place in PINS if place.startswith("province/")])
def test_every_parameter_is_asked_once(place: str, worlds: dict[str, World]) -> None:
    """A question is asked without arguments, unless it needs them, and of each of its parameters."""
    question = worlds["province"].questions[place.removeprefix("province/")]
    asked = askings((HERE / f"{place}.csv").read_text(encoding="utf-8"))
    assert {name for one in asked for name in one.arguments} == {one.name for one in question.parameters}
    assert question.needs_values or any(not one.arguments for one in asked)


def test_what_is_not_right_yet_is_counted() -> None:
    """The answers that are pinned although they are wrong are those of the list, no more and no fewer."""
    marked = Counter(
        found.group(1)
        for place in PINS
        for found in re.finditer(
            rf"^{FOUND}(\w+): not right yet", (HERE / f"{place}.csv").read_text("utf-8"), re.MULTILINE
        )
    )
    assert dict(marked) == NOT_RIGHT_YET
