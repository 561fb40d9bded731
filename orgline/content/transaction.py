"""Replaces several files of a content tree together or not at all, even if the power fails in between.

The new files are written to ``data/.change-new``. Renaming that folder to ``data/.change`` commits the change; from
then on any later command can complete it. Removing the folder's journal, then the folder, ends it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from orgline.content.build_folder import hold_lock
from orgline.content.tree import FOLDERS, Content
from orgline.text import CannotRun

_CHANGE, _NEW, _STAGE, _LOCK = "data/.change", "data/.change-new", ".orgline-stage-", "data/.changing"
_JOURNAL = "journal.json"
NewFiles = Mapping[Path, bytes]


@contextmanager
def exclusive_access(content: Content) -> Iterator[None]:
    """Lock the files of `content` against other commands that change them; remove what a killed command left.

    Raises CannotRun when another command holds the lock.
    """
    message = f"{content.root}: is being changed by another command. Wait until it has ended."
    with hold_lock(content.root / _LOCK, message):
        uncommitted = [content.root / _NEW, *content.root.glob(_STAGE + "*")]
        completed = [] if pending_change(content) is not None else [content.root / _CHANGE]
        for folder in uncommitted + completed:
            shutil.rmtree(folder, ignore_errors=True)
        yield


@contextmanager
def staged_copy(content: Content, files: NewFiles) -> Iterator[Content]:
    """Yield a copy of `content` in which `files` replace its own, to check them; it is removed afterwards.

    The other files are hard links where the file system has them: a copy takes no time and no space.
    """
    with tempfile.TemporaryDirectory(prefix=_STAGE, dir=content.root) as folder:
        for name in FOLDERS:
            shutil.copytree(content.root / name, Path(folder) / name, copy_function=_link_or_copy, ignore=_own_files)
        for path, text in files.items():
            copy = Path(folder) / path.relative_to(content.root)
            copy.unlink(missing_ok=True)  # writing to a hard link would change the original
            copy.write_bytes(text)
        yield Content(Path(folder))


def _link_or_copy(path: str, copy: str) -> None:
    """Link `copy` to the file `path`, or copy it where the file system has no hard links."""
    try:
        os.link(path, copy)
    except OSError:
        shutil.copyfile(path, copy)


def _own_files(_folder: str, names: list[str]) -> list[str]:
    """Return the names in a folder that are lock, journal and change of this module."""
    return [name for name in names if name.startswith(".chang")]


def commit_change(content: Content, files: NewFiles, then: Mapping[str, str]) -> None:
    """Commit `files`, by path, as the pending change; `then` says what is left to do once they are in place.

    Everything is synced to disk before and after the rename that commits.
    """
    new = content.root / _NEW
    new.mkdir()
    names = {}
    for number, (path, text) in enumerate(sorted(files.items())):
        names[str(number)] = path.relative_to(content.root).as_posix()
        _write_synced(new / str(number), text)
    _write_synced(new / _JOURNAL, json.dumps({"files": names, "then": dict(then)}).encode())
    _sync_folder(new)
    new.rename(content.root / _CHANGE)
    _sync_folder(content.root / "data")


def pending_change(content: Content) -> dict[str, str] | None:
    """Return what is left to do once the files of the pending change are in place; None if no change is pending."""
    try:
        text = (content.root / _CHANGE / _JOURNAL).read_text(encoding="utf-8")
    except OSError:
        return None
    then: dict[str, str] = json.loads(text)["then"]
    return then


def apply_change(content: Content) -> None:
    """Put the files of the pending change in their places; may be repeated after an interruption."""
    change = content.root / _CHANGE
    for number, name in json.loads((change / _JOURNAL).read_text(encoding="utf-8"))["files"].items():
        path = content.root / name
        if (change / number).is_file():
            if path.exists():
                shutil.copymode(path, change / number)
            (change / number).replace(path)
            _sync_folder(path.parent)


def close_change(content: Content) -> None:
    """End the pending change: all is done."""
    change = content.root / _CHANGE
    (change / _JOURNAL).unlink()
    _sync_folder(change)
    shutil.rmtree(change, ignore_errors=True)


def refuse_pending_change(content: Content) -> None:
    """Raise CannotRun when a change of the content is pending."""
    if pending_change(content) is not None:
        raise CannotRun(f'{content.root / "data"}: a change was begun and not ended. Run "orgline remove" to end it.')


def _write_synced(path: Path, text: bytes) -> None:
    with path.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Sync renames in `folder` to disk, where the system can (Windows cannot open a folder)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
