"""Replaces files and folders as a whole: the new ones wait beside the old ones until they are complete."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from course import files
from course.grading.errors import CourseError

_OF_ONE_PATH = {
    errno.EACCES,
    errno.EEXIST,
    errno.EILSEQ,
    errno.EINVAL,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENOTEMPTY,
    errno.ENXIO,
    errno.EPERM,
}


def is_of_one_path(error: OSError) -> bool:
    """Return whether an error concerns the files of one submission; a full disk, say, concerns a class."""
    return error.errno in _OF_ONE_PATH


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` to `path`: all of it is there afterwards, or what was. Raises CourseError."""
    try:
        files.write(path, content)
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written: {error.strerror}; make room there, or name another place"
        ) from error


class PendingFolder:
    """A temporary folder inside another one. Those that killed runs left there are removed."""

    def __init__(self, top: Path, prefix: str) -> None:
        """Make the folder in `top`. Raises OSError where it cannot be."""
        top.mkdir(parents=True, exist_ok=True)
        for left in top.glob(f"{prefix}*"):
            _remove_if_left(left)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=top))
        # a lock ends with its process, so an unlocked folder was left by a killed one
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


class Replacement:
    """New files that are ready to take the place of old ones."""

    def __init__(self, new: Path, target: Path, old: Path) -> None:
        self._new, self._target, self._old = new, target, old
        self._is_swapped = False

    @property
    def has_old(self) -> bool:
        """Whether there is anything that the new files replace."""
        return self._target.exists()

    def swap(self) -> None:
        """Put the new files in their place; the old ones are kept until `done`."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self._target.rename(self._old)
        self._new.rename(self._target)
        self._is_swapped = True

    def undo(self) -> None:
        """Put the old files back."""
        if self._is_swapped:
            self._target.rename(self._new)
            self._is_swapped = False
        if self._old.exists():
            self._old.rename(self._target)

    def done(self) -> None:
        """Remove the old files, and new ones that were not put in their place."""
        for left in (self._old, self._new):
            shutil.rmtree(left, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
