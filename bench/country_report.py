"""The section of results.md about reporting lines at the size of a country (ratios first), and its plot as SVG."""

import math
from typing import Any

Figures = dict[str, Any]
WIDTH, HEIGHT, LEFT, BOTTOM, ASIDE = 860, 420, 60, 50, 250
COLOURS = ("#1b7837", "#762a83", "#c51b7d", "#2166ac", "#b35806", "#4d4d4d", "#d6604d")


def section(figures: Figures) -> str:
    """Return the section as Markdown: a column for each size, ratios first."""
    sizes = figures["sizes"]
    rows = [(name, [_told(of(size)) for size in sizes.values()]) for name, of in ROWS]
    lines = [
        "# Reporting lines at the size of a country",
        "",
        f"Written by `make bench`. {figures['cores']} cores; all sizes in one run of {figures['minutes']} minutes;",
        "builds that were there were kept. Ten million additions in Python took",
        f"{figures['speed_seconds']} s at its beginning; about 0.4 s is usual on a quiet machine of today.",
        "",
        "| | " + " | ".join(sizes) + " |",
        "|---|" + "---:|" * len(sizes),
        *(f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows),
        "",
    ]
    for name, key in (("measurement province", "province"), ("the five reports", "five_reports")):
        measurement = figures[key]
        lines.append(
            f"The dataset of a new day for {name} ({measurement['triples']:,} triples): "
            f"{measurement['dataset']['seconds']:.3g} s, dropped in {measurement['dataset']['drop_seconds']:.2g} s."
        )
        lines.append("")
    lines += [
        "Everyone below, by the number found:",
        "",
        "| size | found | SPARQL / ours | rdflib / ours | ours ms | µs a row |",
    ]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for name, size in sizes.items():
        for row in size["below"]:
            cells = (row["found"], row["sparql_over_ours"], row.get("rdflib_over_ours"), row["ms"], row["us_a_row"])
            lines.append(f"| {name} | " + " | ".join(map(_told, cells)) + " |")
    return "\n".join([*lines, "", "![growth over the sizes](results.svg)", ""])


def _widest(size: Figures, name: str) -> float | None:
    value = size["below"][-1].get(name)
    return None if value is None else float(value)


ROWS = (
    ("chain with holders, any day: SPARQL a hop / ours", lambda size: size["above"]["sparql_a_hop_over_ours"]),
    ("the same: rdflib path on the day / ours", lambda size: size["above"].get("rdflib_path_over_ours")),
    ("everyone below the widest: size SPARQL / ours", lambda size: _widest(size, "sparql_over_ours")),
    ("the same: rdflib / ours", lambda size: _widest(size, "rdflib_over_ours")),
    ("triples", lambda size: size["triples"]),
    ("posts", lambda size: size["posts"]),
    ("tenures", lambda size: size["tenures"]),
    ("lines, those of posts with them", lambda size: size["lines"]),
    ("chain with holders, p50 ms", lambda size: size["above"]["p50_ms"]),
    ("chain with holders, p99 ms", lambda size: size["above"]["p99_ms"]),
    ("the same by SPARQL a hop, p50 ms", lambda size: size["above"]["sparql_a_hop"]["p50_ms"]),
    (
        "chain without holders by a path on the day, p50 ms",
        lambda size: size["above"]["sparql_path_on_the_day"]["p50_ms"],
    ),
    ("everyone below the widest, found", lambda size: _widest(size, "found")),
    ("everyone below the widest, ms", lambda size: _widest(size, "ms")),
    ("everyone below the widest, µs a row", lambda size: _widest(size, "us_a_row")),
    ("common superior, p50 ms", lambda size: size["common_superior"]["p50_ms"]),
    ("dataset of a new day, s", lambda size: size["dataset"]["seconds"]),
    ("dropping it, s", lambda size: size["dataset"]["drop_seconds"]),
    ("arrays from columns, s", lambda size: size["arrays_seconds"]),
    ("columns from the store, s", lambda size: size.get("columns_from_store_seconds")),
    ("building the store, s", lambda size: size["build_seconds"]),
    ("ten million additions at that time, s", lambda size: size["speed_seconds"]),
    ("memory of the benchmark up to then, GB", lambda size: size["memory_gb"]),
)
DRAWN = {
    "chain with holders, p50": lambda size: size["above"]["p50_ms"],
    "chain by SPARQL a hop, p50": lambda size: size["above"]["sparql_a_hop"]["p50_ms"],
    "common superior, p50": lambda size: size["common_superior"]["p50_ms"],
    "everyone below the top": lambda size: _widest(size, "ms"),
    "the same by size SPARQL": lambda size: _widest(size, "sparql_ms"),
    "dataset of a new day": lambda size: 1000 * size["dataset"]["seconds"],
}


def _told(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def plot(sizes: Figures) -> str:
    """Return the growth of the times over the sizes as SVG, both axes logarithmic."""
    across = [math.log10(size["tenures"]) for size in sizes.values()]
    every = [of(size) for of in DRAWN.values() for size in sizes.values()]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    width, height = WIDTH - LEFT - ASIDE, HEIGHT - 2 * BOTTOM

    def x(value: float) -> float:
        return round(LEFT + width * (value - across[0]) / ((across[-1] - across[0]) or 1), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - height * (value - low) / ((high - low) or 1), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        "<title>Time over the number of tenures, both logarithmic</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="24" font-size="14">Time (ms) over the number of tenures</text>',
    ]
    for power in range(low, high + 1):
        parts.append(f'<path d="M{LEFT} {y(power)}H{LEFT + width}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(power) + 4}" text-anchor="end">{10.0**power:g}</text>')
    for (name, size), at in zip(sizes.items(), across, strict=True):
        label = f"{name} ({size['tenures']:,})"
        parts.append(f'<text x="{x(at)}" y="{HEIGHT - 24}" text-anchor="middle">{label}</text>')
    ends = sorted((y(math.log10(of(list(sizes.values())[-1]))), name) for name, of in DRAWN.items())
    places: dict[str, float] = {}
    for wanted, name in ends:
        places[name] = max(wanted, max(places.values(), default=0) + 16)
    for (name, of), colour in zip(DRAWN.items(), COLOURS, strict=True):
        points = [(x(at), y(math.log10(of(size)))) for at, size in zip(across, sizes.values(), strict=True)]
        line = " ".join(f"{left},{top}" for left, top in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{left}" cy="{top}" r="3" fill="{colour}"/>' for left, top in points]
        parts.append(f'<text x="{LEFT + width + 14}" y="{places[name] + 4}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
