"""The command ``orgline``: parses, calls the library, prints."""

from __future__ import annotations

import os
import sys

import cyclopts

from orgline.cli import commands_ask as cli_read
from orgline.cli import commands_build as cli_make
from orgline.cli import commands_edit as cli_change
from orgline.text import CannotRun, OrglineError, __version__

app = cyclopts.App(
    name="orgline",
    version=__version__,
    help_format="plaintext",
    help=__doc__,
    result_action="return_none",
    suppress_keyboard_interrupt=False,
)
for _command in (*cli_make.COMMANDS, *cli_change.COMMANDS, *cli_read.COMMANDS):
    app.command(_command, name=_command.__name__.partition("_")[0])


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
