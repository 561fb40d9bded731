"""Reads viz/style.toml, the style of pages and pictures, and checks that it has what they need."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from orgline.content import Content
from orgline.text import ContentError, Problem

_PAGE_KEYS = ("text", "muted", "line", "paper", "ground", "accent", "font")
# The parts of the style that hold looks by key, and what each look must have.
_REQUIRED_KEYS = {
    "kinds": ("legend", "fill", "border"),
    "forms": ("legend", "shape"),
    "lines": ("legend", "colour"),
    "marks": ("legend",),
}
# The type of each value that a look may have, and what a message calls it.
_VALUE_TYPES: tuple[tuple[str, type | tuple[type, ...], str], ...] = (
    ("legend", dict, "text by language"),
    *((key, str, "text") for key in ("fill", "border", "colour", "shape", "arrow", "sign", "direction", "layout")),
    *((key, (int, float), "number") for key in ("width", "gap", "tree")),
    *((key, list, "list") for key in ("dash", "panels")),
    ("panel", dict, "table"),
)


def read_style(content: Content) -> dict[str, Any]:
    """Return viz/style.toml of `content` as a dictionary.

    Raises ContentError with everything that is missing or wrong in it, CannotRun where there is no such file.
    """
    style, place = content.style, content.place(content.root / "viz" / "style.toml")
    views = _looks(style, "views")
    parts = {part: _looks(style, part) for part in _REQUIRED_KEYS}
    parts |= {"views": views, **{f"views.{name}.panel": _looks(look, "panel") for name, look in views.items()}}
    errors = [(part, "is missing") for part in ("page", *_REQUIRED_KEYS) if not isinstance(style.get(part), Mapping)]
    errors += [("page", f"has no {key}") for key in _PAGE_KEYS if not isinstance(style.get("page", {}).get(key), str)]
    for part, looks in parts.items():
        for name, look in looks.items():
            errors += [(f"{part}.{name}", error) for error in _look_errors(look, _REQUIRED_KEYS.get(part, ()))]
    if errors:
        todo = "Write it as in orgline's own viz/style.toml"
        raise ContentError(Problem(place, f"[{part}] {error}", todo) for part, error in errors)
    return style


def _looks(table: Any, key: str) -> dict[str, Any]:
    """Return the looks in a part of the style; what is not a table is returned as a look, to be reported as such."""
    looks = table.get(key, {}) if isinstance(table, Mapping) else {}
    return dict(looks) if isinstance(looks, Mapping) else {key: looks}


def _look_errors(look: Any, required: Iterable[str]) -> Iterable[str]:
    """Yield what is wrong with one `look`, which must have the keys `required`."""
    if not isinstance(look, Mapping):
        yield "is not a table"
        return
    for key in required:
        if key not in look:
            yield f"has no {key}"
    for key, types, type_name in _VALUE_TYPES:
        value = look.get(key)
        # bool is a subclass of int: true is not a number here.
        if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
            yield f"has a {key} that is not a {type_name}"
    if isinstance(look.get("legend"), Mapping) and not all(isinstance(text, str) for text in look["legend"].values()):
        yield "has a legend that is not a text by language"
    if not all(isinstance(row, list) for row in look.get("panels") or []):
        yield "has panels that are not a list of rows"


def is_number(value: Any) -> bool:
    """Return whether `value` is a finite number, or a text that is one."""
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (TypeError, ValueError):
        return False
