"""What every part of ``make mutate`` shares: the mutants that survive, printed with the reason why each may."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

EQUIVALENT = Path(__file__).parent / "equivalent.toml"


@dataclass(frozen=True)
class Tried:
    """A mutant that was tried: its file or question, the line in it (0: no line), its name, and whether it survives."""

    place: str
    line: int
    name: str
    survives: bool


@cache
def reasons() -> dict[str, dict[str, str]]:
    """Return by place and name of a mutant why nothing can tell it from the original (`equivalent.toml`)."""
    return tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))


def report(part: str, tried: Iterable[Tried]) -> None:
    """Print the survivors of a part of the run as they are found, with their reasons, and last how many they are."""
    number = alive = unexplained = 0
    for mutant in tried:
        number += 1
        if not mutant.survives:
            continue
        alive += 1
        reason = reasons().get(mutant.place, {}).get(mutant.name)
        unexplained += reason is None
        where = f"{mutant.place}:{mutant.line}" if mutant.line else mutant.place
        print(f"{where}: {mutant.name}" + (f"\n    {reason}" if reason else ""), flush=True)
    share = f"{alive / number:.1%}" if number else "none"
    print(f"{part}: {number} mutants, {alive} survive ({share}), {unexplained} of them without a reason.", flush=True)
