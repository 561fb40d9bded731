"""Commands that read a build: questions, chains, views."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from orgline.content import Content
from orgline.errors import CannotRun
from orgline.options import (
    FORMATS,
    NO_OPTIONS,
    Asked,
    ContentFolder,
    Language,
    LineType,
    Options,
    ToFile,
    Who,
    give,
    language,
    one_of,
)

VIEWS = Path("views")


def ask(
    question: str,
    /,
    *,
    to: ToFile = None,
    options: Options = NO_OPTIONS,
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
    from orgline.ask import ask as answer_of
    from orgline.ask import chosen, question_named

    if endpoint:
        _ask_elsewhere(question, endpoint, options, values, to)
        return
    asked = Asked(options)
    one = question_named(asked.tree, question)
    store, graphs = asked.session.place_of(one)
    with asked.naming():
        meant = chosen(store, one, asked.tree, values, asked.lang)
    asked.show(answer_of(store, one, meant, moment=asked.moment, graphs=graphs), to)


def _ask_elsewhere(question: str, url: str, options: Options, values: dict[str, str], to: Path | None) -> None:
    """Ask the endpoint at `url`."""
    from orgline.ask import ask as answer_of
    from orgline.ask import chosen, place_to_ask, question_named
    from orgline.show import speaker_for

    tree = Content.find(options.content)
    lang, moment = language(options.lang, tree), options.moment
    one_of("--format", options.form, FORMATS)
    _refuse_known_on(options.known_on)
    one = question_named(tree, question)
    if one.is_of_a_day:
        raise CannotRun(f"{one.name}: is asked of one day, which an endpoint does not hold. Ask it without --endpoint.")
    store, endpoint = place_to_ask(one, tree, url)
    answer = answer_of(store, one, chosen(store, one, tree, values, lang), endpoint, moment=moment)
    give(answer, speaker_for(store, tree, lang), options.form, to)


def above(
    who: Who,
    /,
    *,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = NO_OPTIONS,
) -> None:
    """Show the chain above a person, post or body, level by level, with the holders: orgline above "luu xuan hai"."""
    asked = Asked(options)
    asked.show(asked.chains.above(asked.thing("WHO", who), asked.chains.types(kind)), to)


def below(
    who: Who,
    /,
    *,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = NO_OPTIONS,
) -> None:
    """Show everyone below a person, post or body, level by level, with the holders: orgline below "dang uy khoi"."""
    asked = Asked(options)
    asked.show(asked.chains.below(asked.thing("WHO", who), asked.chains.types(kind)), to)


def why(
    lower: str,
    upper: str,
    /,
    *,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = NO_OPTIONS,
) -> None:
    """Say why one is under the other: each hop with its source, date and rule, in sentences.

    Parameters
    ----------
    lower
        The person, post or body below.
    upper
        The person, post or body above.
    """
    from orgline.answer import sentences
    from orgline.show import show_reasons

    asked = Asked(options)
    answer = asked.chains.why(asked.thing("LOWER", lower), asked.thing("UPPER", upper), asked.chains.types(kind))
    if options.form != "table" or to:
        asked.show(answer, to)
        return
    answer = asked.completed(answer)
    show_reasons(answer, asked.speaker, sentences(answer, asked.speaker))


def common(
    *units: str,
    kind: LineType = None,
    to: ToFile = None,
    options: Options = NO_OPTIONS,
) -> None:
    """Show the lowest common superior of two or more bodies, posts or persons, and the way of each up to it.

    Parameters
    ----------
    units
        Two or more of them.
    """
    if len(units) < 2:
        raise CannotRun("common: two or more are needed. Give the names of bodies, posts or persons.")
    asked = Asked(options)
    nodes = [asked.thing("UNITS", one) for one in units]
    asked.show(asked.chains.common(nodes, asked.chains.types(kind)), to)


def view(
    name: str,
    /,
    *,
    to: Annotated[Path, Parameter(name="--to", help="The folder for the pages.")] = VIEWS,
    options: Options = NO_OPTIONS,
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
    from orgline.ask import chosen
    from orgline.ask import view_named as named
    from orgline.draw import draw_view

    asked = Asked(options)
    one = named(asked.tree, name)
    meant = chosen(asked.session.store, one, asked.tree, values, asked.lang)
    given = {key: [value] for key, value in meant.items()}
    for path in draw_view(asked.session.store, asked.tree, one, to, moment=asked.moment, values=given):
        print(path)


def list_questions(*, lang: Language = None, content: ContentFolder = None) -> None:
    """List all questions by theme."""
    from orgline.show import show_questions

    tree = Content.find(content)
    show_questions(tree, language(lang, tree))


def _refuse_known_on(known_on: str | None) -> None:
    """Refuse to ask an endpoint what was known on a day: only a build can be taken apart by sources."""
    if known_on is not None:
        raise CannotRun("--as-known-on: an endpoint cannot tell. Ask a build, without --endpoint.")


COMMANDS = (ask, above, below, why, common, view, list_questions)
