"""Swap: several files of a content tree are replaced together or not at all, whenever the power goes.

The new files are written beside, in ``data/.change``; the moment that folder gets its name they are decided on.
From then on whoever comes next can finish what was begun, until the folder is gone.
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
    """Be the only one who changes the files of `content`; clear what a killed one left undecided.

    Raises CannotRun when somebody else is changing them.
    """
    with hold_lock(
        content.root / _LOCK, f"{content.root}: is being changed by another command. Wait until it has ended."
    ):
        undecided = [content.root / _NEW, *content.root.glob(_STAGE + "*")]
        ended = [] if pending_change(content) is not None else [content.root / _CHANGE]
        for left in undecided + ended:
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def staged_copy(content: Content, files: NewFiles) -> Iterator[Content]:
    """Give a copy of `content` that has `files` instead of its own; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=_STAGE, dir=content.root) as folder:
        for name in FOLDERS:
            shutil.copytree(content.root / name, Path(folder) / name, copy_function=_link_or_copy, ignore=_is_ours)
        for path, text in files.items():
            there = Path(folder) / path.relative_to(content.root)
            there.unlink(missing_ok=True)
            there.write_bytes(text)
        yield Content(Path(folder))


def _link_or_copy(path: str, copy: str) -> None:
    try:
        os.link(path, copy)
    except OSError:
        shutil.copyfile(path, copy)


def _is_ours(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(".chang")]


def commit_change(content: Content, files: NewFiles, then: Mapping[str, str]) -> None:
    """Write `files` beside and decide on them; `then` says what is to be done once they are in their places."""
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
    """Return what is to be done once the files are in their places; None if nothing was begun, or all is done."""
    try:
        text = (content.root / _CHANGE / _JOURNAL).read_text(encoding="utf-8")
    except OSError:
        return None
    then: dict[str, str] = json.loads(text)["then"]
    return then


def apply_change(content: Content) -> None:
    """Put the files that were decided on in their places; as often as one likes."""
    change = content.root / _CHANGE
    for number, name in json.loads((change / _JOURNAL).read_text(encoding="utf-8"))["files"].items():
        path = content.root / name
        if (change / number).is_file():
            if path.exists():
                shutil.copymode(path, change / number)
            (change / number).replace(path)
            _sync_folder(path.parent)


def close_change(content: Content) -> None:
    """Say that all that was decided is done."""
    change = content.root / _CHANGE
    (change / _JOURNAL).unlink()
    _sync_folder(change)
    shutil.rmtree(change, ignore_errors=True)


def refuse_pending_change(content: Content) -> None:
    """Raise CannotRun when a change of the content was begun and not finished."""
    if pending_change(content) is not None:
        raise CannotRun(f'{content.root / "data"}: a change was begun and not ended. Run "orgline remove" to end it.')


def _write_synced(path: Path, text: bytes) -> None:
    with path.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make what was renamed in `folder` last, where the system can."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
