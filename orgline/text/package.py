"""This package as it is installed: its version, its extras, and the error where an extra is missing.

The plain install builds and asks. What else orgline does needs an extra (``pip install "orgline[serve]"``).
Call `require_extra` before importing a library of an extra: whoever lacks it then reads one sentence, no traceback.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec

from orgline.text.errors import CannotRun
from orgline.text.messages import Message

__version__ = "0.1.0"


@dataclass(frozen=True)
class Extra:
    """An extra of the package: the feature that needs it, as users know it, and the modules that it installs."""

    feature: str
    modules: tuple[str, ...]


_EVENT_LOOP = () if sys.platform == "win32" else ("uvloop",)
# The distributions of an extra are listed in pyproject.toml; a test compares the two lists.
EXTRAS = {
    "serve": Extra("orgline serve", ("anyio", "cachetools", "httptools", "starlette", "uvicorn", *_EVENT_LOOP)),
    "draw": Extra("Drawing views", ("pyvis",)),
    "pdf": Extra("PDF", ("reportlab", "fontpkg_be_vietnam_pro")),
    "mcp": Extra("orgline mcp", ("mcp",)),
    "endpoint": Extra("--endpoint", ("SPARQLWrapper",)),
}


class MissingExtra(CannotRun):
    """A feature needs an extra that is not installed; the message gives the command that installs it."""


def missing_modules(extra: str) -> list[str]:
    """Return the modules of `extra`, a key of EXTRAS, that are not installed. Does not import any of them.

    >>> missing_modules("draw") in ([], ["pyvis"])
    True
    """
    return [module for module in EXTRAS[extra].modules if find_spec(module) is None]


def missing_extra(extra: str) -> MissingExtra | None:
    """Return the error to raise, or to print as a note, where `extra` is not installed; None where it is."""
    missing = missing_modules(extra)
    if not missing:
        return None
    feature, modules, command = EXTRAS[extra].feature, ", ".join(missing), f'pip install "orgline[{extra}]"'
    text = f"{feature}: a library for it is not installed ({modules}). Type: {command}"  # no dot: it is copied
    return MissingExtra(Message("wrong_missing_extra", text, feature, modules, command))


def require_extra(extra: str) -> None:
    """Raise MissingExtra unless all modules of `extra`, a key of EXTRAS, are installed."""
    error = missing_extra(extra)
    if error is not None:
        raise error
