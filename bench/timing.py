"""Times calls, and compares the answers and the seconds of ours and of a peer."""

import statistics
import time
from collections.abc import Callable
from typing import Any

Figures = dict[str, Any]


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that a call takes, and what it returns."""
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found


def spread(times: list[float]) -> Figures:
    """Return the middle and the hundredth worst of some seconds, in milliseconds."""
    return {
        "p50_ms": round(1000 * statistics.median(times), 3),
        "p99_ms": round(1000 * sorted(times)[int(len(times) * 0.99)], 3),
    }


def speed() -> float:
    """Return the seconds that ten million additions take here now: what other figures are to be read by."""

    def count() -> int:
        total = 0
        for number in range(10_000_000):
            total += number
        return total

    return round(timed(count)[0], 3)


def same(ours: Any, theirs: Any) -> None:
    """Stop the benchmark where two answers differ."""
    if ours != theirs:
        raise AssertionError(f"the answers differ: {ours!r:.300} and {theirs!r:.300}")


def ratio(peer: float, ours: float) -> float:
    """Return how many times as long the peer takes."""
    return round(peer / max(ours, 1e-9), 1)
