"""Serve a file of N-Triples by rdflib-endpoint: loaded once, served by a child, and by another when that is killed.

Run by the Python of an environment that has rdflib-endpoint, which may conflict with ours.
"""

import gc
import os
import sys

import uvicorn
from rdflib import Graph
from rdflib_endpoint import SparqlEndpoint  # type: ignore[import-not-found]


def main() -> None:
    """Load, then serve for ever."""
    graph = Graph()
    graph.parse(sys.argv[1], format="nt")
    gc.collect()
    gc.freeze()
    while True:
        if child := os.fork():
            os.waitpid(child, 0)
            continue
        uvicorn.run(SparqlEndpoint(graph=graph), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")


if __name__ == "__main__":
    main()
