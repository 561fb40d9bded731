"""Commands that read a build: ask, above, below, why, common, view, list."""

from __future__ import annotations

from pathlib import Path

from orgline.cli.command_context import CommandContext, output_answer
from orgline.cli.options import (
    ANSWER_FORMATS,
    DEFAULT_OPTIONS,
    ContentFolder,
    Language,
    LineType,
    OldPagesFolder,
    Options,
    PagesFolder,
    ToPath,
    Who,
    choose_language,
    require_choice,
)
from orgline.content import Content
from orgline.text import CannotRun

DEFAULT_VIEWS_FOLDER = Path("views")


def ask_command(
    question: str,
    /,
    *,
    to: ToPath = None,
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
        Ask the SPARQL endpoint at this URL instead of the build.
    values
        The question's own parameters, as "orgline list" shows them: --who, --unit, --directive, --place ...; a name
        may be typed without accents or in part.
    """
    from orgline.answers import find_question

    if endpoint:
        _ask_endpoint(question, endpoint, options, values, to)
        return
    context = CommandContext(options)
    context.show(context.answer(find_question(context.content, question), values), to)


def _ask_endpoint(question: str, url: str, options: Options, values: dict[str, str], to: Path | None) -> None:
    """Ask the endpoint at `url`. Raises CannotRun for a question or an option that needs a build."""
    from orgline.answers import ask, connect_endpoint, find_question, resolve_parameters
    from orgline.cli.terminal import speaker_for

    content = Content.find(options.content)
    lang, moment = choose_language(options.lang, content), options.moment
    require_choice("--format", options.output_format, ANSWER_FORMATS)
    if options.known_on is not None:  # the sources of an endpoint's triples cannot be left out
        raise CannotRun("--as-known-on: needs a build. Give it without --endpoint.")
    question_file = find_question(content, question)
    if question_file.depends_on_day:
        raise CannotRun(
            f"{question_file.name}: needs the lines and posts of one day, which only a build has. "
            "Ask it without --endpoint."
        )
    store, connected = connect_endpoint(question_file, content, url)
    parameters = resolve_parameters(store, question_file, content, values, lang)
    answer = ask(store, question_file, parameters, connected, moment=moment)
    output_answer(answer, speaker_for(store, content, lang), options.output_format, to)


def above_command(
    who: Who,
    /,
    *,
    kind: LineType = None,
    to: ToPath = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Show the chain above a person, post or body, level by level, with the holders: orgline above "luu xuan hai"."""
    context = CommandContext(options)
    context.show(context.chain("above", kind, ("WHO", who)), to)


def below_command(
    who: Who,
    /,
    *,
    kind: LineType = None,
    to: ToPath = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Show everyone below a person, post or body, level by level, with the holders: orgline below "dang uy khoi"."""
    context = CommandContext(options)
    context.show(context.chain("below", kind, ("WHO", who)), to)


def why_command(
    lower: Who,
    upper: Who,
    /,
    *,
    kind: LineType = None,
    to: ToPath = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Explain why LOWER is under UPPER: each line between them with its source, date and rule, in sentences."""
    from orgline.answers import explain_hops
    from orgline.cli.terminal import show_reasons

    context = CommandContext(options)
    answer = context.chain("why", kind, ("LOWER", lower), ("UPPER", upper))
    if options.output_format != "table" or to:
        context.show(answer, to)
        return
    show_reasons(answer, context.speaker, explain_hops(answer, context.speaker))


def common_command(
    *units: str,
    kind: LineType = None,
    to: ToPath = None,
    options: Options = DEFAULT_OPTIONS,
) -> None:
    """Show the lowest common superior of two or more bodies, posts or persons, and the chain from each up to it.

    Parameters
    ----------
    units
        Two or more names of persons, posts or bodies.
    """
    if len(units) < 2:
        raise CannotRun("common: needs two or more. Give the names of bodies, posts or persons.")
    context = CommandContext(options)
    context.show(context.chain("common", kind, *(("UNITS", unit) for unit in units)), to)


def view_command(
    name: str,
    /,
    *,
    folder: PagesFolder = None,
    to: OldPagesFolder = None,
    options: Options = DEFAULT_OPTIONS,
    **values: str,
) -> None:
    """Draw a view as of a date: orgline view hierarchy --as-of 2024-12-31.

    Parameters
    ----------
    name
        A view of the folder viz/, such as hierarchy or changes.
    values
        The view's own parameters: for changes, --from and --until.
    """
    from orgline.answers import find_view, resolve_parameters
    from orgline.render import write_view

    if options.output_format != DEFAULT_OPTIONS.output_format:
        raise CannotRun("--format: a view is always written as HTML pages. Leave it out.")
    context = CommandContext(options)
    view = find_view(context.content, name)
    resolved = resolve_parameters(context.build.store, view, context.content, values, context.lang)
    parameters = {key: [value] for key, value in resolved.items()}
    target = folder or to or DEFAULT_VIEWS_FOLDER
    for path in write_view(
        context.build.store, context.content, view, target, moment=context.moment, values=parameters
    ):
        print(path)


def list_command(*, lang: Language = None, content: ContentFolder = None) -> None:
    """List the questions by theme, each with its parameters."""
    from orgline.cli.terminal import show_questions

    found = Content.find(content)
    show_questions(found, choose_language(lang, found))


COMMANDS = (ask_command, above_command, below_command, why_command, common_command, view_command, list_command)
