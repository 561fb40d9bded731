"""The folder of a build, and the link to the newest complete one.

`out` is a symbolic link to a folder in ``OUT.builds``. A build is made in a new folder there; the link is switched to
it when it is complete. A folder is locked while its build is being made, so that builds at the same time do not disturb
each other and the next build can remove what a killed one left.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from orgline.text import CannotRun

BUILDS_SUFFIX = ".builds"
REPORT_FILE, STATISTICS_FILE, NAME_INDEX_FILE = "report.json", "void.nt", "names.sqlite"
COLUMNS_FOLDER, DAY_GRAPHS_FOLDER, INFERRED_FILE, SOURCE_QUADS_FILE = "columns", "as-of", "inferred.nt", "said.nq"
_BUILD_NAME = re.compile(r"\d{8}T\d{6}-\d+(-\d+)?")
_BUILD_ENTRY = re.compile(
    r"graph\.\w+|inferred\.nt|said\.nq|void\.nt|names\.sqlite|tables|views|store|columns|as-of|index\.html|ontology\.html|report\.json"
)
_LOCK_FILE = ".building"


class BuildFolder:
    """The folder of one build, `folder`; a context manager that removes it if the build fails.

    Raises CannotRun if `out` holds other files, is a file, or cannot be made.
    """

    def __init__(self, out: Path) -> None:
        # A question reads builds and locks none: the library, which loads asyncio, is left to those who do.
        from filelock import FileLock

        _refuse_foreign(out)
        self.out = out
        self.folder = _new_folder(out)
        self._lock = FileLock(self.folder / _LOCK_FILE)
        self._lock.acquire()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lock.release()
        if error is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):
                self.folder.parent.rmdir()

    def switch(self) -> None:
        """Make `out` a link to this build, and remove earlier builds that are not being made."""
        builds = self.folder.parent
        _point_link(self.out, self.folder)
        for old in builds.iterdir() if builds.is_dir() else ():
            if old != self.folder and _BUILD_NAME.fullmatch(old.name) and not self._is_needed(old):
                shutil.rmtree(old, ignore_errors=True)
        with suppress(OSError):
            (self.folder if self.folder.is_dir() else self.out).joinpath(_LOCK_FILE).unlink()
        self._lock.release()

    def _is_needed(self, folder: Path) -> bool:
        """Whether `folder` is being made, or is what `out` links to: a later build may have been quicker."""
        return _is_locked(folder) or self.out.resolve() == folder.resolve()


@contextmanager
def hold_lock(path: Path, message: str) -> Iterator[None]:
    """Hold the lock file `path`. Raises CannotRun with `message` if another process holds it."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        raise CannotRun(message) from error


def read_base(out: Path) -> str | None:
    """Return the base of the IRIs in the build `out`, None if there is no build."""
    if not _is_report(out / REPORT_FILE):
        return None
    base: str | None = json.loads((out / REPORT_FILE).read_text(encoding="utf-8")).get("base")
    return base


def remove_other_builds(out: Path) -> None:
    """Remove every build in ``OUT.builds`` but the one that `out` links to.

    Raises CannotRun if one is being made or cannot be removed.
    """
    current = out.resolve()
    builds = out.with_name(out.name + BUILDS_SUFFIX)
    for old in sorted(builds.iterdir()) if builds.is_dir() else ():
        if old.resolve() != current and not _is_locked(old):
            shutil.rmtree(old, ignore_errors=True)
        if old.resolve() != current and old.exists():
            raise CannotRun(f"{old}: an earlier build could not be removed. End what uses it, then repeat the command.")


def _refuse_foreign(out: Path) -> None:
    """Raise CannotRun if `out` is a file, or a folder with anything that no build has made."""
    if not out.name:
        raise CannotRun(f'--out "{out}": is not the name of a folder. Give one, such as build.')
    if out.is_symlink() or not out.exists():
        return
    if not out.is_dir():
        raise CannotRun(f"{out}: is a file. Give --out a folder.")
    entries = [path.name for path in out.iterdir()]
    if entries and not (_is_report(out / REPORT_FILE) and all(_BUILD_ENTRY.fullmatch(name) for name in entries)):
        raise CannotRun(f"{out}: holds other files. Give --out a new or empty folder, or one that a build has made.")


def _is_report(path: Path) -> bool:
    """Whether `path` is the report of a build of ours."""
    try:
        return "orgline" in json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _new_folder(out: Path) -> Path:
    """Make and return the folder of a new build: time, process number and, if that is taken, a number."""
    stem = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
    for number in itertools.count():
        folder = out.with_name(out.name + BUILDS_SUFFIX) / (f"{stem}-{number}" if number else stem)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            reason = error.strerror
            raise CannotRun(f"--out {out}: cannot be made ({reason}). Give a folder you may write in.") from error
        return folder
    raise AssertionError


def _is_locked(folder: Path) -> bool:
    """Whether a process holds the lock of a build's folder."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / _LOCK_FILE, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _point_link(out: Path, folder: Path) -> None:
    """Make `out` a link to `folder` in one step, so that a reader always finds a build.

    Where links are not allowed (Windows without developer mode), the folder itself is moved to `out`.
    """
    temporary = _unused_path(out)
    if out.is_dir() and not out.is_symlink():
        _replace_out(out, temporary, folder)
        return
    try:
        temporary.symlink_to(os.path.relpath(folder, out.parent), target_is_directory=True)
    except OSError:
        _replace_out(out, temporary, folder)
        return
    try:
        temporary.replace(out)
    except OSError:  # Windows does not replace a link to a folder
        _remove_link(out)
        temporary.rename(out)


def _replace_out(out: Path, temporary: Path, folder: Path) -> None:
    """Replace `out` by a link to `folder`, or by the folder itself; keep the old one at `temporary` meanwhile."""
    if out.is_symlink():
        _remove_link(out)
    elif out.exists():
        out.rename(temporary)
    try:
        out.symlink_to(os.path.relpath(folder, out.parent), target_is_directory=True)
    except OSError:
        folder.rename(out)
    shutil.rmtree(temporary, ignore_errors=True)


def _remove_link(out: Path) -> None:
    try:
        out.unlink()
    except OSError:  # Windows removes a link to a folder as a folder
        out.rmdir()


def _unused_path(out: Path) -> Path:
    """Return a path beside `out` at which nothing exists."""
    names = (out.with_name(f".{out.name}.{os.getpid()}-{number}") for number in itertools.count())
    return next(name for name in names if not name.exists() and not name.is_symlink())
