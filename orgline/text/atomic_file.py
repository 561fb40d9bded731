"""Writes one file for a user: whole or not at all, and never over a file that orgline did not write."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from orgline.text.errors import CannotRun


def refuse_foreign(path: Path, is_ours: Callable[[Path], bool]) -> None:
    """Raise CannotRun if `path` must not be written: it is a folder, or a file for which `is_ours` is false."""
    if not path.name or path.is_dir():
        raise CannotRun(f"{path}: is a folder. Give the name of a file in it.")
    if path.exists() and not is_ours(path):
        raise CannotRun(
            f"{path}: already exists, and orgline did not write it or it was changed since. "
            "Give another name, or remove it first."
        )


def write_atomically(path: Path, data: bytes) -> Path:
    """Write `data` to `path`, making missing folders, and return `path`.

    The data go to a temporary file in the same folder, which then replaces `path`: a reader sees the old file or the
    new one. Raises CannotRun if the file cannot be written; then nothing is left behind.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Names have at most 255 bytes: 40 letters of the stem leave room for the rest even at 4 bytes a letter.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=".part", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())  # mkstemp lets only its owner read the file
        Path(temporary).replace(path)
    except OSError as error:
        raise CannotRun(f"{path}: cannot be written ({error.strerror}). Give a name where you may write.") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()
    return path


def _umask() -> int:
    """Return the permission bits that new files do not get. They can only be read by setting them."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
