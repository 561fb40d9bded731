"""Commands that change the content: remove, correct."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orgline.cli.options import DEFAULT_OUT, Because, ContentFolder, Language, OutFolder, Yes, choose_language
from orgline.content import Content
from orgline.text import CannotRun

if TYPE_CHECKING:
    from orgline.build import RemovalOptions


def remove_command(
    person: str | None = None,
    /,
    *,
    because: Because = "",
    also: tuple[str, ...] = (),
    keep: tuple[str, ...] = (),
    yes: Yes = False,
    another: str | None = None,
    undo: str | None = None,
    lang: Language = None,
    content: ContentFolder = None,
    out: OutFolder = DEFAULT_OUT,
) -> None:
    """Remove a person from the data, the build and every earlier build, and refuse the name from then on.

    Without PERSON it completes a removal that was interrupted. The reason is recorded in data/removals.csv without the
    person's name.

    Parameters
    ----------
    person
        The person's name, without accents or in part, or key.
    also
        Another form of the name that is printed somewhere; repeat it for several.
    keep
        A thing (kind/name), such as a place, that bears the name too and stays; repeat it for several.
    another
        A removal whose name PERSON bears without being the person removed; PERSON may be added again.
    undo
        A removal to undo: its name may be added again.
    """
    from orgline.build import RemovalOptions, allow_namesake, finish_pending_change, undo_removal
    from orgline.cli.terminal import step_printer

    found = Content.find(content)
    if finish_pending_change(found, step_printer()):
        print("An interrupted change is now complete. If you wanted another one, give the command again.")
    elif undo is not None:
        undo_removal(found, undo)
        print(f"{undo} is undone: the name may be added again. What was removed stays removed.")
    elif person is None:
        raise CannotRun("PERSON: is missing, and no removal was interrupted. Give the name of the person to remove.")
    elif another is not None:
        label = allow_namesake(found, person, another, choose_language(lang, found))
        print(f"{label} is recorded as another person than the one of {another}, and may be added.")
    else:
        _remove(found, person, because, RemovalOptions(also, keep, choose_language(lang, found)), out, yes=yes)


def _remove(content: Content, person: str, because: str, options: RemovalOptions, out: Path, *, yes: bool) -> None:
    """Show what a removal changes, ask for confirmation, and carry it out."""
    from orgline.build import apply_removal, plan_removal
    from orgline.cli.terminal import show_removal_plan, step_printer

    plan = plan_removal(content, person, because, options)
    show_removal_plan(plan.label, plan.names.forms, plan.redaction.counts, sorted(plan.redaction.others))
    _confirm(yes, "Remove", content)
    apply_removal(plan, out, step_printer())
    print(
        f"Removed: {plan.entry.removal}. Copies of the data and its git history still hold the name: see SECURITY.md."
    )


def correct_command(
    cell: str,
    column: str,
    value: str,
    /,
    *,
    because: Because = "",
    yes: Yes = False,
    content: ContentFolder = None,
) -> None:
    """Correct one cell of a table whose row misread the source; the earlier value is recorded.

    Where the source itself is wrong, leave its row: add what is right as a claim of another source (SECURITY.md).

    Parameters
    ----------
    cell
        FILE:ROW, such as data/report/tenures.csv:5; ROW is its number in Excel, or its key.
    column
        The column's name or title.
    value
        The new value; "" for an empty cell.
    """
    from orgline.build import apply_correction, plan_correction

    found = Content.find(content)
    correction = plan_correction(found, cell, column, value, because)
    before = correction.before or "(empty)"
    print(f"{correction.place}, column {correction.column}: {before} → {value or '(empty)'}")
    _confirm(yes, "Correct", found)
    apply_correction(found, correction)
    print(f"Corrected and recorded in data/corrections.csv as {correction.correction}. To see it, run: orgline build")


def _confirm(yes: bool, action: str, content: Content) -> None:
    """Ask on the terminal whether to go on, unless `yes`. Raises CannotRun for any answer but yes.

    Yes may be said in each language of `content`, in any of the forms of its word ``yes_forms``.
    """
    if yes:
        return
    print(f"{action}? yes/no: ", end="", flush=True)
    forms = " ".join(words.get("yes_forms", "") for words in content.words.values()).split()
    if sys.stdin.readline().strip().casefold() not in ("yes", *forms):
        raise CannotRun("Nothing was changed. Answer yes, or give --yes, to go on.")


COMMANDS = (remove_command, correct_command)
