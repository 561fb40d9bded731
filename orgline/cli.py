"""The command ``orgline``: parses, calls the library, prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from orgline import __version__
from orgline.content import DEFAULT_BASE, Content
from orgline.errors import CannotRun, OrglineError
from orgline.store import LANGUAGES

app = cyclopts.App(
    name="orgline",
    version=__version__,
    help_format="plaintext",
    help=__doc__,
    result_action="return_none",
    suppress_keyboard_interrupt=False,
)
ContentFolder = Annotated[Path | None, Parameter(name="--content", help="Another content tree.")]
OutFolder = Annotated[Path, Parameter(name="--out", help="Where the build is.")]
Language = Annotated[str | None, Parameter(name="--lang", help="vi or en; vi if there are words in it.")]
BUILD = Path("build")
FORMATS = ("table", "csv", "json")


@app.command
def build(*, content: ContentFolder = None, out: OutFolder = BUILD, base: str = DEFAULT_BASE) -> None:
    """Build the graph, its exports and its pages from the content.

    Parameters
    ----------
    base
        The IRI under which resources are named.
    """
    from orgline.build import build as make
    from orgline.show import show_report, teller

    report = make(Content.find(content), out, base, teller())
    show_report(report, out)


@app.command
def ask(
    question: str,
    /,
    *,
    lang: Language = None,
    form: Annotated[str, Parameter(name="--format", help="table, csv or json.")] = "table",
    content: ContentFolder = None,
    out: OutFolder = BUILD,
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
    from orgline.ask import chosen, place_to_ask, question_named
    from orgline.show import show_answer, speaker_for

    tree = Content.find(content)
    lang = _language(lang, tree)
    _one_of("--format", form, FORMATS)
    one = question_named(tree, question)
    store, remote = place_to_ask(out, one, tree, endpoint)
    answer = answer_of(store, one, chosen(store, one, tree, values, lang), remote)
    show_answer(answer, speaker_for(store, tree, lang), form)


@app.command(name="list")
def list_questions(*, lang: Language = None, content: ContentFolder = None) -> None:
    """List all questions by theme."""
    from orgline.show import show_questions

    tree = Content.find(content)
    show_questions(tree, _language(lang, tree))


@app.command
def check(*, lang: Language = None, content: ContentFolder = None) -> None:
    """Check the content without building: problems stop, findings are listed."""
    from orgline.build import checked
    from orgline.show import show_findings

    tree = Content.find(content)
    lang = _language(lang, tree)
    show_findings(checked(tree), tree, lang)


def _language(lang: str | None, content: Content) -> str:
    """Return the language to speak: the one asked for, else the first that the content has words in."""
    known = [one for one in LANGUAGES if one in content.words] + sorted(set(content.words) - set(LANGUAGES))
    return known[0] if lang is None and known else _one_of("--lang", lang or "", known)


def _one_of(option: str, value: str, known: Any) -> str:
    if value not in known:
        raise CannotRun(f'{option}: "{value}" is not known. Give one of {", ".join(known)}.')
    return value


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 if good, 1 if the content does not conform, 2 if it could not run."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        app(sys.argv[1:] if arguments is None else arguments, exit_on_error=False, print_error=False)
    except OrglineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except cyclopts.CycloptsError as error:
        print(f'orgline: {" ".join(str(error).split())} See "orgline --help".', file=sys.stderr)
        return CannotRun.exit_code
    except KeyboardInterrupt:
        print("orgline: stopped. The last good build is as it was.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(
            f"orgline: {error.strerror or error} ({error.filename or 'output'}). Free space or mend it, and try again.",
            file=sys.stderr,
        )
        return CannotRun.exit_code
    return 0
