"""The options of a chart, read from the query string of its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orgline.text import Message, RequestRefused

DEFAULT_DEPTH, MAX_CHART_DEPTH = 2, 4
# A longer list of folded or unfolded boxes makes an address that browsers and proxies may cut.
MAX_KEYS = 40
MAX_START = 10_000_000
PAPER_SIZES = ("a4", "a3")


@dataclass(frozen=True)
class ChartOptions:
    """What the reader chose for a chart.

    ``depth`` levels are shown below the chosen box; ``opened`` and ``closed`` are the keys of boxes that are unfolded
    or folded whatever their level; ``start`` is the index of the first subordinate of the chosen box that is shown;
    ``siblings`` adds the other subordinates of its superior; ``all_dates`` adds lines that do not hold on the day.
    ``has_chosen_levels`` is true where depth or unfolded boxes were chosen: then more boxes are shown than one reads
    with ease.
    """

    depth: int = DEFAULT_DEPTH
    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    start: int = 0
    siblings: bool = False
    all_dates: bool = False
    paper: str = PAPER_SIZES[0]
    has_chosen_levels: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ChartOptions:
        """Return the options in `query`, the parameters of a chart's address by name.

        Raises RequestRefused (400) for a value that is not allowed.
        """
        paper = query.get("paper", PAPER_SIZES[0])
        if paper not in PAPER_SIZES:
            sizes = ", ".join(PAPER_SIZES)
            text = f'paper: "{paper[:20]}" is not known. Give one of {sizes}.'
            raise RequestRefused(400, Message("wrong_paper", text, paper[:20], sizes))
        return cls(
            depth=_integer_parameter(query, "depth", DEFAULT_DEPTH, 1, MAX_CHART_DEPTH),
            opened=_keys_parameter(query, "open"),
            closed=_keys_parameter(query, "closed"),
            start=_integer_parameter(query, "from", 0, 0, MAX_START),
            siblings=query.get("siblings") == "1",
            all_dates=query.get("every") == "1",
            paper=paper,
            has_chosen_levels=bool(query.get("depth") or query.get("open")),
        )


def _integer_parameter(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return the parameter `name` as a number. Raises RequestRefused outside `least` to `most`."""
    text = query.get(name) or str(default)
    # isdigit() accepts digits of other scripts and int() has no limit of length, hence the two further conditions.
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        sentence = f'{name}: "{text[:20]}" is not a number from {least} to {most}. Give one.'
        raise RequestRefused(400, Message("wrong_range", sentence, name, text[:20], least, most))
    return int(text)


def _keys_parameter(query: Mapping[str, str], name: str) -> frozenset[str]:
    """Return the keys of boxes in the parameter `name`. Raises RequestRefused for more than MAX_KEYS."""
    keys = [key for key in query.get(name, "").split(",") if key]
    if len(keys) > MAX_KEYS:
        text = f"{name}: names more than {MAX_KEYS} boxes. Begin from a lower one."
        raise RequestRefused(400, Message("wrong_boxes", text, name, MAX_KEYS))
    return frozenset(keys)
