"""Rewrite the pinned answers and show what changed: ``make answers``, or with names of questions only theirs.

Read each difference before it is committed: a pin says what is right, not what the program happens to answer.
"""

from __future__ import annotations

import difflib
import shutil
import sys
import tempfile
from pathlib import Path

from pins import HERE, World, askings, pin, proposed

from orgline.content import Content

ROOT = HERE.parents[1]


def worlds(folder: Path) -> dict[str, World]:
    """Return the worlds that pins are asked of, by the name of their folder; `folder` takes the invented tree."""
    for name in ("ontology", "queries", "viz"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "tests" / "invented" / "data", folder / "data")
    return {"province": World.of(Content(folder)), "reports": World.of(Content(ROOT))}


def rewrite(name: str, world: World, wanted: set[str]) -> int:
    """Rewrite the pins of one world and print the differences; return how many files changed."""
    changed = 0
    for place, question in world.questions.items():
        path = HERE / name / f"{place}.csv"
        if wanted and not wanted & {place, question.name}:
            continue
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        asked = askings(old)
        if name == "province":
            asked += proposed(world, question, asked)
        if not asked:
            continue
        new = pin(world, question, asked)
        if new == old:
            continue
        changed += 1
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{name}/{place}", "now", lineterm="", n=1)
        print("\n".join(lines))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(new, encoding="utf-8")
    return changed


def main() -> None:
    """Rewrite the pins of the questions named on the command line, of all if none is."""
    with tempfile.TemporaryDirectory() as folder:
        changed = [rewrite(name, world, set(sys.argv[1:])) for name, world in worlds(Path(folder)).items()]
    print(f"{sum(changed)} files changed. Read each difference before you commit it.")


if __name__ == "__main__":
    main()
