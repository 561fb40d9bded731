"""Commands that change the content: remove, correct."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orgline.cli.options import DEFAULT_OUT, ContentFolder, Language, OutFolder, choose_language
from orgline.content import Content
from orgline.text import CannotRun

if TYPE_CHECKING:
    from orgline.build import RemovalOptions


def remove_command(
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
    out: OutFolder = DEFAULT_OUT,
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
    from orgline.build import (
        RemovalOptions,
        allow_namesake,
        finish_pending_change,
        undo_removal,
    )
    from orgline.cli.terminal import step_printer

    tree = Content.find(content)
    if finish_pending_change(tree, step_printer()):
        print("A change that was begun is now ended. If you meant another, give the command again.")
    elif undo is not None:
        undo_removal(tree, undo)
        print(f"{undo} is taken back: the name may come in again. What was removed stays removed.")
    elif person is None:
        raise CannotRun("PERSON: is missing, and no removal was begun. Give the name of the person to remove.")
    elif another is not None:
        named = allow_namesake(tree, person, another, choose_language(lang, tree))
        print(f"{named} is another than the one of {another}, and may come in.")
    else:
        _remove(tree, person, because, RemovalOptions(also, keep, choose_language(lang, tree)), out, yes=yes)


def _remove(tree: Content, person: str, because: str, options: RemovalOptions, out: Path, *, yes: bool) -> None:
    """Show what a removal changes, ask, and carry it out."""
    from orgline.build import apply_removal, plan_removal
    from orgline.cli.terminal import show_removal_plan, step_printer

    done = plan_removal(tree, person, because, options)
    show_removal_plan(done.label, done.names.forms, done.redaction.counts, sorted(done.redaction.others))
    _confirm(yes, "Remove")
    apply_removal(done, out, step_printer())
    print(f"Removed: {done.entry.removal}. Copies of the data, and its history in git, are not reached: SECURITY.md.")


def correct_command(
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
    from orgline.build import apply_correction, plan_correction

    tree = Content.find(content)
    done = plan_correction(tree, cell, column, value, because)
    print(f"{done.place}, column {done.column}: {done.before or '(empty)'} → {value or '(empty)'}")
    _confirm(yes, "Correct")
    apply_correction(tree, done)
    print(f"Corrected, and kept in data/corrections.csv as {done.correction}. It shows after: orgline build")


def _confirm(yes: bool, what: str) -> None:
    """Ask whether to go on; raise CannotRun when not."""
    if yes:
        return
    print(f"{what}? yes/no: ", end="", flush=True)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes", "c", "có", "co"):
        raise CannotRun("Nothing was changed. Answer yes, or give --yes, to go on.")


COMMANDS = (remove_command, correct_command)
