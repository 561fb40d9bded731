"""Start our service for the bench: as `orgline serve` does, with what one address may ask for lifted."""

import sys
from dataclasses import replace
from pathlib import Path

from orgline.budget import Limits
from orgline.content import Content
from orgline.serve import run

if __name__ == "__main__":
    limits = Limits()
    lifted = replace(limits, minute=1e9, at_once=1_000_000, share=limits.most)
    run(Path(sys.argv[1]), Content.find(), ("127.0.0.1", int(sys.argv[2])), lifted)
