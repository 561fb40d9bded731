"""Tell the figures of the endpoint as Markdown: ratios first, then what they are made of, then what went wrong."""

from collections.abc import Iterable, Sequence
from typing import Any

Figures = dict[str, Any]
OURS = "orgline"
WRONG = {"not_200": "not 200", "broken": "broken off", "late": "over 30 s"}


def section(figures: Figures) -> str:
    """Return the section of results.md about the endpoint."""
    names = list(figures["servers"])
    others = [name for name in names if name != OURS]
    cells = [
        (f"{asked}, {mode}, {number}", figures_of_cell)
        for asked, modes in figures["sets"].items()
        for mode, numbers in modes.items()
        for number, figures_of_cell in numbers.items()
    ]
    return "\n".join(
        [
            *_opening(figures),
            "## How many times as many answers a second ours gives",
            "",
            *_table(["what is asked, how, connections", *others], _ratios(cells, others)),
            "",
            "## Answers a second, and the middle and the hundredth worst of their times in ms",
            "",
            *_table(["what is asked, how, connections", *names], _answers(cells, names)),
            "",
            *_each(figures, names, others),
            "## Start and memory",
            "",
            *_table(["", *names], _servers(figures, names)),
            "",
            *_wrong(cells, names),
            *_left_out(figures),
        ]
    )


def _opening(figures: Figures) -> list[str]:
    speeds = figures["speed_seconds"]
    return [
        "# The endpoint beside others",
        "",
        f"Written by `make bench`. {figures['cores']} cores, shared by server and wrk; all servers in one run of",
        f"{figures.get('minutes', 0)} minutes, in turns; medians of the rounds. The graph: the five reports and an",
        f"invented register, {figures['triples']:,} triples, {figures['triples_of_the_day']:,} with those of one day.",
        f"Ten million additions in Python took {min(speeds)} to {max(speeds)} s while it ran; about 0.4 s is usual",
        "on a quiet machine of today. *repeated*: a hundred texts over and over. *fresh*: each text once, of a server",
        "that has just started. *never twice*: each query ends in a comment that no other has. An answer that is not",
        "200 is none.",
        "",
    ]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def number(value: float | None) -> str:
    """Return a figure as it is told."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _ratios(cells: Sequence[tuple[str, Figures]], others: Sequence[str]) -> list[list[str]]:
    return [[name, *(number(cell["ours_over"].get(other)) for other in others)] for name, cell in cells]


def _answers(cells: Sequence[tuple[str, Figures]], names: Sequence[str]) -> list[list[str]]:
    return [[name, *(_answer(cell.get(server)) for server in names)] for name, cell in cells]


def _answer(cell: Figures | None) -> str:
    if not cell:
        return "–"
    if not cell["answers"]:
        return "none"
    return f"{number(cell['a_second'])} ({number(cell['p50_ms'])}, {number(cell['p99_ms'])})"


def _each(figures: Figures, names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the questions one by one."""
    if "questions" not in figures:
        return []
    asked, heads = figures["questions"], ["question", *(f"ours / {name}" for name in others), *names]
    rows = [
        [
            name,
            *(number(cell["ours_over"].get(other)) for other in others),
            *(number(cell.get(server, {}).get("a_second")) for server in names),
        ]
        for name, cell in asked.items()
    ]
    ratios = {
        other: sorted(cell["ours_over"][other] for cell in asked.values() if other in cell["ours_over"])
        for other in others
    }
    sentences = [
        f"{other}: the middle of {len(found)} questions {number(found[len(found) // 2])}, the least {number(found[0])}."
        for other, found in ratios.items()
        if found
    ]
    return [
        "## Questions one by one, never twice, 8 connections: ratios, then answers a second",
        "",
        *sentences,
        "",
        *_table(heads, rows),
        "",
        f"“Questions in turns” above are {len(figures['mixed'])} of them, those that all servers answer alike and "
        "none but rdflib-endpoint takes long for: " + ", ".join(figures["mixed"]) + ".",
        "",
    ]


def _servers(figures: Figures, names: Sequence[str]) -> list[list[str]]:
    """Return what each server takes to start and holds in memory; ours also on the other builds."""
    servers = figures["servers"]
    rows = [
        ["loading and starting the first time, s", *(number(servers[name]["first_start_seconds"]) for name in names)],
        ["from start to the first answer, s", *(number(servers[name]["start_seconds"]) for name in names)],
    ]
    for key, when in (("at_rest", "at rest"), ("under_load", "under 64 connections")):
        for unit, what in (("pss_mb", "PSS"), ("rss_mb", "RSS")):
            held = [number(servers[name].get(key, {}).get(unit)) for name in names]
            rows.append([f"memory of all its processes {when}, {what}, MB", *held])
    for size, measurement in figures.get("bigger", {}).items():
        text = f"{number(measurement['start_seconds'])} s, {number(measurement['pss_mb'])} MB PSS"
        rows.append([f"build {size}: first answer, memory", *(text if name == OURS else "–" for name in names)])
    return rows


def _wrong(cells: Sequence[tuple[str, Figures]], names: Sequence[str]) -> list[str]:
    """Return what was no answer."""
    lines = [
        f"- {name}, {server}: "
        + ", ".join(f"{cell[server][key]} {words}" for key, words in WRONG.items() if cell[server][key])
        for name, cell in cells
        for server in names
        if server in cell and any(cell[server][key] for key in WRONG)
    ]
    return ["## What was no answer", "", *(lines or ["Nothing."]), ""]


def _left_out(figures: Figures) -> list[str]:
    """Return what was not measured, and why."""
    left = [f"- {name}: {why}." for name, why in figures.get("left_out", {}).items()]
    return ["## What one server or all are left out of", "", *figures["missing"], *left, ""]
