"""Outfile: one file is written for somebody, whole or not at all, and never over what is not ours."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from orgline.text.errors import CannotRun


def refuse_foreign(path: Path, is_ours: Callable[[Path], bool]) -> None:
    """Raise CannotRun when there is something at `path` that is not ours, so that it must not be replaced."""
    if not path.name or path.is_dir():
        raise CannotRun(f"{path}: is a folder. Give the name of a file in it.")
    if path.exists() and not is_ours(path):
        raise CannotRun(
            f"{path}: is there already, and orgline did not write it, or somebody has changed it since. "
            "Give another name, or remove it first."
        )


def write_atomically(path: Path, data: bytes) -> Path:
    """Write `data` beside `path` and give it that name; return it. Raises CannotRun where that cannot be."""
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=".part", dir=path.parent)
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(path)
    except OSError as error:
        raise CannotRun(f"{path}: cannot be written ({error.strerror}). Give a name where you may write.") from error
    finally:
        if beside is not None:
            with suppress(OSError):
                Path(beside).unlink()
    return path


def _umask() -> int:
    """Return which rights new files are not to have."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
