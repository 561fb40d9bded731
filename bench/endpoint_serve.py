"""Start the service for the benchmark: as `orgline serve` does, without the limits on one client address."""

import argparse
from dataclasses import replace
from pathlib import Path

from orgline.content.tree import Content
from orgline.server.http.http_server import run_server
from orgline.server.limits.rate_limit import Limits

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()
    limits = Limits()
    lifted = replace(limits, seconds_per_minute=1e9, requests_per_owner=1_000_000, workers_per_owner=limits.max_workers)
    run_server(arguments.build, Content.find(), ("127.0.0.1", arguments.port), lifted)
