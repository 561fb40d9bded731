"""Commands that read a build: questions, chains, views."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from orgline.cli.options import (
    ANSWER_FORMATS,
    DEFAULT_OPTIONS,
    CommandContext,
    ContentFolder,
    Language,
    LineType,
    Options,
    ToFile,
    Who,
    choose_language,
    output_answer,
    require_choice,
)
from orgline.content import Content
from orgline.text import CannotRun

DEFAULT_VIEWS_FOLDER = Path("views")


def ask_command(
    question: str,
    /,
    *,
    to: ToFile = None,
    options: Options = DEFAULT_OPTIONS,
    endpoint: str | None = None,
    **values: str,
) -> None:
    """Answer a question of the folder queries/: orgline ask posts-of-a-person --who "pham van hau".

    Parameters
    ----------
    question
        The question's name, as "orgline list" shows it.
    endpoint
        Ask the SPARQL endpoint at this address instead of the build.
    values
        What the question is asked of: --who, --unit, --directive, --place …; no accents needed, a part will do.
    """
    from orgline.answers import ask as answer_of
    from orgline.answers import find_question, resolve_parameters

    if endpoint:
        _ask_endpoint(question, endpoint, options, values, to)
        return
    asked = CommandContext(options)
    one = find_question(asked.tree, question)
    store, graphs = asked.session.place_of(one)
    with asked.explain_left_out_sources():
        meant = resolve_parameters(store, one, asked.tree, values, asked.lang)
    asked.show(answer_of(store, one, meant, moment=asked.moment, graphs=graphs), to)


def _ask_endpoint(question: str, url: str, options: Options, values: dict[str, str], to: Path | None) -> None:
    """Ask the endpoint at `url`."""
    from orgline.answers import ask as answer_of
    from orgline.answers import connect_endpoint, find_question, resolve_parameters
    from orgline.cli.terminal import speaker_for

    tree = Content.find(options.content)
    lang, moment = choose_language(options.lang, tree), options.moment
    require_choice("--format", options.form, ANSWER_FORMATS)
    _refuse_known_on(options.known_on)
    one = find_question(tree, question)
    if one.depends_on_day:
        raise CannotRun(f"{one.name}: is asked of one day, which an endpoint does not hold. Ask it without --endpoint.")
    store, endpoint = connect_endpoint(one, tree, url)
    answer = answer_of(store, one, resolve_parameters(store, one, tree, values, lang), endpoint, moment=moment)
    output_answer(answer, speaker_for(store, tree, lang), options.form, to)


def above_command(
    who: Who,
    /,
    *,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Show the chain above a person, post or body, level by level, with the holders: orgline above "luu xuan hai"."""
    asked = CommandContext(options)
    asked.show(asked.chains.above(asked.thing("WHO", who), asked.chains.types(kind)), to)


def below_command(
    who: Who,
    /,
    *,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Show everyone below a person, post or body, level by level, with the holders: orgline below "dang uy khoi"."""
    asked = CommandContext(options)
    asked.show(asked.chains.below(asked.thing("WHO", who), asked.chains.types(kind)), to)


def why_command(
    lower: str,
    upper: str,
    /,
    *,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Say why one is under the other: each hop with its source, date and rule, in sentences.

    Parameters
    ----------
    lower
        The person, post or body below.
    upper
        The person, post or body above.
    """
    from orgline.answers import explain_hops
    from orgline.cli.terminal import show_reasons

    asked = CommandContext(options)
    answer = asked.chains.why(asked.thing("LOWER", lower), asked.thing("UPPER", upper), asked.chains.types(kind))
    if options.form != "table" or to:
        asked.show(answer, to)
        return
    answer = asked.completed(answer)
    show_reasons(answer, asked.speaker, explain_hops(answer, asked.speaker))


def common_command(
    *units: str,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Show the lowest common superior of two or more bodies, posts or persons, and the way of each up to it.

    Parameters
    ----------
    units
        Two or more of them.
    """
    if len(units) < 2:
        raise CannotRun("common: two or more are needed. Give the names of bodies, posts or persons.")
    asked = CommandContext(options)
    nodes = [asked.thing("UNITS", one) for one in units]
    asked.show(asked.chains.common(nodes, asked.chains.types(kind)), to)


def view_command(
    name: str,
    /,
    *,
    to: Annotated[Path, Parameter(name="--to", help="The folder for the pages.")] = DEFAULT_VIEWS_FOLDER,
    options: Options = DEFAULT_OPTIONS,
    **values: str,
) -> None:
    """Draw a view as of a day: orgline view hierarchy --as-of 2024-12-31.

    Parameters
    ----------
    name
        A view of the folder viz/, such as hierarchy or changes.
    values
        What the view is asked of: for changes, --from and --until.
    """
    from orgline.answers import find_view as named
    from orgline.answers import resolve_parameters
    from orgline.render import write_view

    asked = CommandContext(options)
    one = named(asked.tree, name)
    meant = resolve_parameters(asked.session.store, one, asked.tree, values, asked.lang)
    given = {key: [value] for key, value in meant.items()}
    for path in write_view(asked.session.store, asked.tree, one, to, moment=asked.moment, values=given):
        print(path)


def list_command(*, lang: Language = None, content: ContentFolder = None) -> None:
    """List all questions by theme."""
    from orgline.cli.terminal import show_questions

    tree = Content.find(content)
    show_questions(tree, choose_language(lang, tree))


def _refuse_known_on(known_on: str | None) -> None:
    """Refuse to ask an endpoint what was known on a day: only a build can be taken apart by sources."""
    if known_on is not None:
        raise CannotRun("--as-known-on: an endpoint cannot tell. Ask a build, without --endpoint.")


COMMANDS = (ask_command, above_command, below_command, why_command, common_command, view_command, list_command)
