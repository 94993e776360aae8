"""Keeps a release from changing while somebody grades: a lock on the course's folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course.grading.errors import CourseError


@contextmanager
def grading(root: Path) -> Iterator[bool]:
    """Hold the course's lock for grading within the block; yield whether another process grades, too.

    Where something is being released, wait for its end.
    """
    is_shared = _is_being_graded(root)
    with _locked(root, fcntl.LOCK_SH):
        yield is_shared


def _is_being_graded(root: Path) -> bool:
    try:
        with _locked(root, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        pass
    try:
        with _locked(root, fcntl.LOCK_SH | fcntl.LOCK_NB):
            return True
    except BlockingIOError:  # something is being released
        return False


@contextmanager
def releasing(root: Path, done: str = "released") -> Iterator[None]:
    """Release within the block. Raises CourseError, by which nothing was `done`, while others are at work."""
    try:
        with _locked(root, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield
    except BlockingIOError:
        raise CourseError(
            f"nothing was {done}: somebody is grading or releasing in {root}; wait for the end, then run "
            "the same command again"
        ) from None


@contextmanager
def _locked(root: Path, kind: int) -> Iterator[None]:
    # a lock on the folder needs no file, and ends with the process
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, kind)
        yield
    finally:
        os.close(folder)
