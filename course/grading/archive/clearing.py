"""Removes from a course what is in an archive: nothing that came or changed while it was written."""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from course.grading.archive.contents import State, files_in
from course.grading.errors import CourseError


def version(connection: sqlite3.Connection) -> int:
    """Return a number that is another one once somebody else has saved something in the gradebook."""
    (number,) = connection.execute("PRAGMA data_version").fetchone()
    return int(number)


def lock(connection: sqlite3.Connection, archived: int, target: Path) -> None:
    """Keep all others from saving in the gradebook until the connection is closed.

    Who has its file open cannot save after it is removed either: SQLite refuses to. Raises CourseError if
    the gradebook is in use, or is no longer of the version that was `archived`.
    """
    try:
        connection.execute("BEGIN EXCLUSIVE")
        problem = "" if version(connection) == archived else "it was changed meanwhile"
    except sqlite3.Error as error:
        problem = str(error)
    if problem:
        raise CourseError(
            f"{target} is complete, but nothing was removed, for the gradebook's sake: {problem}; "
            "`course archive ANOTHER.zip --clear`, once nobody works with it"
        )


def clear(places: list[Path], archived: Mapping[Path, State]) -> None:
    """Remove the files in these places that are still as they were archived, and folders that are empty.

    Raises OSError where one cannot be removed.
    """
    aside = f".course-archive-{secrets.token_hex(8)}"
    for place in places:
        if not place.is_symlink():
            for path in files_in([place]):
                _remove(path, archived.get(path), aside)
            _remove_empty(place)
        elif all(State.of(path) == archived.get(path) for path in files_in([place])):
            place.unlink()  # what it leads to stays


def _remove(path: Path, archived: State | None, aside: str) -> None:
    """Remove a file that is as it was archived. One that takes its place at this very moment stays."""
    with suppress(FileNotFoundError):  # somebody else has removed it
        if archived is None or State.of(path) != archived:
            return
        moved = path.rename(path.with_name(aside))
        if not State.of(moved).is_under_another_name(archived):
            os.link(moved, path)  # never over a third one
        moved.unlink()


def _remove_empty(place: Path) -> None:
    for folder, _, _ in os.walk(place, topdown=False):
        try:
            Path(folder).rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise
