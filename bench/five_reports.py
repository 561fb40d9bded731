"""Measure the build of the five reports and the time of a question; write the section "questions".

Run by `make bench`. The peer is rdflib, which answers the same questions on the same graph.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rdflib
from results import keep

from orgline.answers.asking import ask
from orgline.content import read_query_files
from orgline.content.tree import Content
from orgline.graph.store import copy_to_memory, open_store

REPEATS = 5


def seconds(command: list[str]) -> float:
    """Return the median wall time of a command."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def each(call, repeats: int = REPEATS) -> float:  # noqa: ANN001
    """Return the milliseconds of the fastest of `repeats` calls."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return 1000 * min(times)


def main() -> None:
    """Measure the build, a question from the shell, all questions in the process and in rdflib; keep the figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    content = Content.find()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "build"
        orgline = [sys.executable, "-m", "orgline"]
        build = seconds([*orgline, "build", "--out", str(out)])
        shell = seconds([*orgline, "ask", "posts-of-a-person", "--who", "pham van hau", "--out", str(out)])
        store = copy_to_memory(open_store(out))
        graph = rdflib.Graph().parse(out / "graph.ttl", format="turtle")
        questions = read_query_files(content.questions, content)
        ours = {question.name: each(lambda question=question: ask(store, question)) for question in questions}
        peer = {
            question.name: each(lambda question=question: list(graph.query(question.text)), 1) for question in questions
        }
        ratios = sorted(peer[name] / ours[name] for name in ours)
        result = {
            "rdflib_over_orgline_median": round(statistics.median(ratios), 1),
            "rdflib_over_orgline_least": round(ratios[0], 1),
            "build_seconds": round(build, 2),
            "question_from_shell_seconds": round(shell, 2),
            "question_in_process_ms": {
                "median": round(statistics.median(ours.values()), 2),
                "slowest": round(max(ours.values()), 2),
                "slowest_name": max(ours, key=ours.__getitem__),
            },
            "triples": len(store),
            "questions": len(questions),
        }
    keep("questions", result)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
