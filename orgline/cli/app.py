"""The command ``orgline``: its commands, the errors that it prints and its exit codes."""

from __future__ import annotations

import os
import sys

import cyclopts

from orgline.cli import commands_ask, commands_build, commands_edit
from orgline.text import CannotRun, OrglineError, __version__

_HELP = """Answers who reports to whom, since when, by which directive, and who says so.

Begin with "orgline build", then "orgline list" for the questions and "orgline ask QUESTION" for an answer. "orgline
COMMAND --help" explains a command."""
INTERRUPTED = 130  # the shell's exit code for a process ended by Ctrl-C: 128 + SIGINT

app = cyclopts.App(
    name="orgline",
    version=__version__,
    help_format="plaintext",
    help=_HELP,
    result_action="return_none",
    suppress_keyboard_interrupt=False,
)
for _command in (*commands_build.COMMANDS, *commands_edit.COMMANDS, *commands_ask.COMMANDS):
    app.command(_command, name=_command.__name__.partition("_")[0])


def main(arguments: list[str] | None = None) -> int:
    """Run the command line on `arguments` (default: those of the process) and return the exit code.

    0: good. 1: the content does not conform. 2: could not run. 130: interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # on Windows a pipe would get a code page without Vietnamese letters
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
        print("orgline: stopped. The last good build is unchanged.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as head, has closed the pipe. Python flushes stdout at its end and must not fail then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(
            f"orgline: {error.strerror or error} ({error.filename or 'output'})."
            " Look at the file, its folder and the free disk space, and try again.",
            file=sys.stderr,
        )
        return CannotRun.exit_code
    return 0
