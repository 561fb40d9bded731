"""Start our service for the bench: as `orgline serve` does, with what one address may ask for lifted."""

import sys
from dataclasses import replace
from pathlib import Path

from orgline.content.tree import Content
from orgline.server.http.app import run_server
from orgline.server.http.rate_limit import Limits

if __name__ == "__main__":
    limits = Limits()
    lifted = replace(limits, seconds_per_minute=1e9, at_once=1_000_000, share=limits.most)
    run_server(Path(sys.argv[1]), Content.find(), ("127.0.0.1", int(sys.argv[2])), lifted)
