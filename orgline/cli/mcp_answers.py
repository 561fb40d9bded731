"""An answer cut to the size that an AI assistant can read: a page of its rows, and long values shortened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from orgline.text import CannotRun

# All of an answer counts against the context of a model, twice: as text and as data.
MAX_ROWS, MAX_ANSWER_CHARACTERS = 100, 30_000
MAX_LIST_ITEMS, MAX_TEXT_CHARACTERS = 50, 2_000


def page_of_answer(value: dict[str, Any], first: int, unused: Sequence[str]) -> dict[str, Any]:
    """Return the answer `value` with as many of its rows as fit, from row `first` (1 for the first) on.

    A `note` says which rows there are, how to get the next ones, and which `unused` arguments would give fewer.
    The single claims of a row are left out, so that more rows fit. Raises CannotRun when there is no row `first`.
    """
    rows = [{name: cell for name, cell in row.items() if name != "claims"} for row in value["rows"]]
    count = len(rows)
    if count and first > count:
        raise CannotRun(f"from_row: there are {count} rows. Give a number up to that.")
    kept: list[Any] = []
    characters = 0
    for row in map(_truncated, rows[first - 1 : first - 1 + MAX_ROWS]):
        characters += len(json.dumps(row, ensure_ascii=False))
        if kept and characters > MAX_ANSWER_CHARACTERS:
            break
        kept.append(row)
    last = first - 1 + len(kept)
    note = f"Rows: {count}." if len(kept) == count else f"Rows {first} to {last} of {count}; the others are left out."
    note += f" Give from_row {last + 1} for the next." if last < count else ""
    note += f" For fewer, give {', '.join(unused)}." if last < count and unused else ""
    shown = {name: _truncated(part) for name, part in value.items() if name != "rows"}
    return {**shown, "note": note, "row_count": count, "from_row": first, "rows": kept}


def _truncated(value: Any) -> Any:
    """Return a JSON value with long texts and lists cut; what is cut ends with how much is missing."""
    if isinstance(value, str) and len(value) > MAX_TEXT_CHARACTERS:
        return f"{value[:MAX_TEXT_CHARACTERS]}… ({len(value) - MAX_TEXT_CHARACTERS} characters more)"
    if isinstance(value, list):
        more = [f"… ({len(value) - MAX_LIST_ITEMS} more)"] if len(value) > MAX_LIST_ITEMS else []
        return [*map(_truncated, value[:MAX_LIST_ITEMS]), *more]
    return {name: _truncated(part) for name, part in value.items()} if isinstance(value, dict) else value
