"""Start our service for the bench: as `orgline serve` does, with what one address may ask for lifted."""

import sys
from dataclasses import replace
from pathlib import Path

from orgline.content.tree import Content
from orgline.server.http.http_server import run_server
from orgline.server.limits.rate_limit import Limits

if __name__ == "__main__":
    limits = Limits()
    lifted = replace(limits, seconds_per_minute=1e9, requests_per_owner=1_000_000, workers_per_owner=limits.max_workers)
    run_server(Path(sys.argv[1]), Content.find(), ("127.0.0.1", int(sys.argv[2])), lifted)
