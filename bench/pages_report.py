"""The section of results.md about the pages: a column for each size of register, beside the aim."""

from typing import Any

Figures = dict[str, Any]
# Milliseconds that the median should stay under.
AIMS = {"first page": 1000, "search": 50, "as one types": 50, "page": 100, "neighbours": 200}


def section(figures: Figures) -> str:
    """Return the section of results.md about the pages."""
    sizes = figures["sizes"]
    asked = [name for name, found in next(iter(sizes.values())).items() if isinstance(found, dict)]
    counted = ("triples", "bodies", "posts", "ready_seconds", "index_seconds", "index_mb", "statistics_seconds")
    return "\n".join(
        [
            "# The pages at the size of a country",
            "",
            f"Written by `make bench`. {figures['cores']} cores; ten million additions in Python took",
            f"{figures['speed_seconds']} s then, about 0.4 s is usual on a quiet machine of today. Milliseconds until",
            "the last byte: the middle, the hundredth worst, and in brackets the first one asked. No answer is one",
            "that was kept. The first page is that of a browser just started, until all is loaded.",
            "",
            "| | aim | " + " | ".join(sizes) + " |",
            "|---|---:|" + "---:|" * len(sizes),
            *(
                f"| {name} | | " + " | ".join(_counted(size[name]) for size in sizes.values()) + " |"
                for name in counted
            ),
            *(f"| {name} | {_aim(name)} | " + " | ".join(map(_told, _of(name, sizes))) + " |" for name in asked),
            "",
        ]
    )


def _of(name: str, sizes: dict[str, Figures]) -> list[Figures | None]:
    return [size.get(name) for size in sizes.values()]


def _aim(name: str) -> str:
    kind = next((kind for kind in AIMS if name.startswith(kind)), None)
    return str(AIMS[kind]) if kind else ""


def _told(figures: Figures | None) -> str:
    return f"{figures['p50_ms']:.0f} / {figures['p99_ms']:.0f} ({figures['first_ms']:.0f})" if figures else ""


def _counted(number: float | None) -> str:
    return "" if number is None else f"{number:,}"
