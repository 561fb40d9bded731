"""``python -m orgline``: the same command as ``orgline``."""

import sys

from orgline.cli import main


def run() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(main())


if __name__ == "__main__":
    run()
