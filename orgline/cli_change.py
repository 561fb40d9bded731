"""Commands that change the content: remove, correct."""

from __future__ import annotations

import sys

from orgline.content import Content
from orgline.errors import CannotRun
from orgline.options import BUILD, ContentFolder, Language, OutFolder, language


def remove(
    person: str | None = None,
    /,
    *,
    because: str = "",
    also: tuple[str, ...] = (),
    keep: tuple[str, ...] = (),
    yes: bool = False,
    another: str | None = None,
    undo: str | None = None,
    lang: Language = None,
    content: ContentFolder = None,
    out: OutFolder = BUILD,
) -> None:
    """Remove a person from the data, the build and every earlier build, and keep the name from coming back.

    Without PERSON it ends a removal that was stopped.

    Parameters
    ----------
    person
        The person's name or key; accents may be left out.
    because
        Why; kept in data/removals.csv without the name.
    also
        Another form of the name that is printed somewhere; may be given again.
    keep
        A thing (kind/name) that bears the name too and stays, such as a place; may be given again.
    yes
        Do not ask.
    another
        A removal: PERSON bears its name and is somebody else, who may come in.
    undo
        A removal to take back: its name may come in again.
    """
    from orgline.removal import Said, carry_out, end_begun, let_in, plan, take_back
    from orgline.show import show_plan, teller

    tree = Content.find(content)
    if end_begun(tree, teller()):
        print("A change that was begun is now ended. If you meant another, give the command again.")
    elif undo is not None:
        take_back(tree, undo)
        print(f"{undo} is taken back: the name may come in again. What was removed stays removed.")
    elif person is None:
        raise CannotRun("PERSON: is missing, and no removal was begun. Give the name of the person to remove.")
    elif another is not None:
        named = let_in(tree, person, another, language(lang, tree))
        print(f"{named} is another than the one of {another}, and may come in.")
    else:
        done = plan(tree, person, because, Said(also, keep, language(lang, tree)))
        show_plan(done.label, done.names.forms, done.without.counts, sorted(done.without.others))
        _confirm(yes, "Remove")
        carry_out(done, out, teller())
        print(
            f"Removed: {done.entry.removal}. Copies of the data, and its history in git, are not reached: SECURITY.md."
        )


def correct(
    cell: str,
    column: str,
    value: str,
    /,
    *,
    because: str = "",
    yes: bool = False,
    content: ContentFolder = None,
) -> None:
    """Correct one cell of a table, because its row misread the source; what it said before is kept.

    Where the source itself is wrong, its row stays: add what is right as a claim of another source (SECURITY.md).

    Parameters
    ----------
    cell
        FILE:ROW, such as data/report/tenures.csv:5; the row as Excel shows it, or its key.
    column
        The column's name or title.
    value
        What is to stand there; "" for nothing.
    because
        Why; kept in data/corrections.csv.
    yes
        Do not ask.
    """
    from orgline.correction import carry_out, plan

    tree = Content.find(content)
    done = plan(tree, cell, column, value, because)
    print(f"{done.place}, column {done.column}: {done.before or '(empty)'} → {value or '(empty)'}")
    _confirm(yes, "Correct")
    carry_out(tree, done)
    print(f"Corrected, and kept in data/corrections.csv as {done.correction}. It shows after: orgline build")


def _confirm(yes: bool, what: str) -> None:
    """Ask whether to go on; raise CannotRun when not."""
    if yes:
        return
    print(f"{what}? yes/no: ", end="", flush=True)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes", "c", "có", "co"):
        raise CannotRun("Nothing was changed. Answer yes, or give --yes, to go on.")


COMMANDS = (remove, correct)
