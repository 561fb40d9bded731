"""Keeps the figures of the benchmarks: a section each in results.json, shown in results.md and results.svg."""

import json
from pathlib import Path
from typing import Any

import country_report
import endpoint_report
import pages_report

RESULTS = Path(__file__).with_name("results.json")
SECTIONS = ("questions", "country", "pages", "endpoint", "attack")  # in the order of results.json
REPORTS = {"country": country_report.section, "pages": pages_report.section, "endpoint": endpoint_report.section}
Figures = dict[str, Any]


def keep(section: str, figures: Figures) -> None:
    """Replace one section of results.json with `figures`, then write results.md and results.svg from all sections."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    kept = {name: figures if name == section else known[name] for name in SECTIONS if name in {*known, section}}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    text = "\n".join(report(kept[name]) for name, report in REPORTS.items() if name in kept)
    RESULTS.with_suffix(".md").write_text(text, encoding="utf-8")
    if "country" in kept:
        RESULTS.with_suffix(".svg").write_text(country_report.plot(kept["country"]["sizes"]), encoding="utf-8")
