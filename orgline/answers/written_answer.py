"""An answer in one language, as rows of plain Python values, or as a table, CSV, JSON or XLSX."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orgline.answers.answer import Answer, as_csv, as_json, as_table
from orgline.graph import Speaker
from orgline.text import CannotRun, is_untouched, refuse_foreign, write_atomically

FILE_FORMATS = ("csv", "json", "xlsx")
Cells = dict[str, Any]


@dataclass(frozen=True)
class WrittenAnswer:
    """An answer, `found`, and the `speaker` that puts it into words. It iterates over its rows."""

    found: Answer
    speaker: Speaker

    @property
    def title(self) -> str:
        """The question in words."""
        return self.speaker.summary(self.found.question.summary)

    @property
    def answer(self) -> str:
        """The word for the whole: "stated", "inferred", "contradicted" or "not-stated"; each row has its own."""
        return self.found.answer

    @cached_property
    def content(self) -> dict[str, Any]:
        """The whole answer as JSON values: question, summary, as_of, answer, rows, sources."""
        return dict(json.loads(as_json(self.found, self.speaker)))

    @property
    def rows(self) -> list[Cells]:
        """The rows, each a dict: the question's columns (a thing as its label, and its IRI under NAME_iri), then
        `status` and `status_date` where a row rests on a tenure or line, `source`, `locator`, `certainty`, `answer`
        and the list `reasons`.
        """  # noqa: D205 -- a list of keys is no summary and details
        return list(self.content["rows"])

    def __iter__(self) -> Iterator[Cells]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return the headings and the rows of cells in words, as the command prints them."""
        return as_table(self.found, self.speaker)

    def csv(self) -> str:
        """Return the answer as CSV: numbers and dates as they are in the graph, formulas made harmless."""
        return as_csv(self.found, self.speaker)

    def json(self) -> str:
        """Return the answer as JSON text."""
        return as_json(self.found, self.speaker)

    def write(self, path: str | Path) -> Path:
        """Write the answer to the file `path`, in the format that its ending names: .csv, .json or .xlsx.

        Returns the path. Raises CannotRun for another ending, and where the file exists and orgline did not write it.
        """
        from orgline.answers.answer_xlsx import answer_file

        file = Path(path)
        output_format = file.suffix.lower().removeprefix(".")
        if output_format not in FILE_FORMATS:
            raise CannotRun(f"{file}: its ending names no format. Use one of .{', .'.join(FILE_FORMATS)}.")
        refuse_foreign(file, is_untouched)
        return write_atomically(file, answer_file(self.found, self.speaker, output_format))
