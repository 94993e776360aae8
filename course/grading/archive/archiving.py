"""`course archive`: puts a term's work into one zip file; the next term starts with the same sources."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import date
from pathlib import Path

from course.grading import locks
from course.grading.archive import clearing
from course.grading.archive.contents import State, files_in, gradebook_file, parts
from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError

FOLDER = "archive"
NAMED = 10
"""files, of those that stay"""


def archive(root: Path, to: Path | None = None, *, clear: bool = False) -> list[str]:
    """Write gradebook, submissions, groups, graded work, feedback, exports and reports into a zip file.

    It is `to`, or archive/DATE.zip in the course. With `clear` all that is in it is removed from the course
    once the archive is complete and has been read back; what came or changed meanwhile stays, and is named.
    Return the lines to print. Raises CourseError; then nothing is removed, unless it says of what is in the
    archive that it cannot be.
    """
    course_folder = CourseFolder(root)
    root = course_folder.root
    target = (to or root / FOLDER / f"{date.today():%Y-%m-%d}.zip").absolute()
    if target.suffix != ".zip":
        raise CourseError(f"{target} does not end in .zip: name the archive so")
    if target.exists():
        raise CourseError(f"{target} is there already, and was not changed: name another file, or move it")
    gradebook, places = gradebook_file(course_folder), parts(course_folder)
    if not places and gradebook is None:
        raise CourseError(f"there is nothing to archive in {root}: no gradebook, no submissions")
    if any(target.resolve().is_relative_to(place.resolve()) for place in places):
        raise CourseError(f"{target} is inside what is archived: name another place")
    with locks.releasing(root, "archived"), _opened(gradebook) as connection:
        with _reading(gradebook):  # what is saved from now on counts as a change, in the copy or not
            version = clearing.version(connection) if connection else 0
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            archived = _write(root, target, places, gradebook, connection)
        except (OSError, sqlite3.Error) as error:
            raise CourseError(
                f"{target} cannot be written: {_reason(error)}; make room there, or name another place"
            ) from error
        whole = [path.name for path in [*([gradebook] if gradebook else []), *places]]
        lines = [f"{target}: {', '.join(whole)}"]
        lines += [
            f"{path} is no file or folder, and is left out"
            for path, state in archived.items()
            if not state.is_regular
        ]
        if clear:
            if connection:
                clearing.lock(connection, version, target)
            try:
                clearing.clear(places, archived)
                if gradebook:
                    gradebook.unlink()
                lines.append(_what_next(course_folder))
            except OSError as error:
                raise CourseError(
                    f"{target} is complete, but {error.filename} cannot be removed: {error.strerror}; mend "
                    "that, and `course archive ANOTHER.zip --clear` archives and removes what is left"
                ) from error
    return lines


def _opened(gradebook: Path | None) -> AbstractContextManager[sqlite3.Connection | None]:
    # it begins a transaction only where it is told to
    return closing(sqlite3.connect(gradebook, isolation_level=None)) if gradebook else nullcontext()


def _what_next(course_folder: CourseFolder) -> str:
    """Return what is in the course still, since it was not archived, or else how the next term begins."""
    gradebook = gradebook_file(course_folder)
    left = [*([gradebook] if gradebook else []), *files_in(parts(course_folder))]
    if not left:
        return (
            "the course is as before its first grading: `nbgrader generate_assignment PS --force` for "
            "each problem set, and `course roster FILE`, begin a term"
        )
    names = ", ".join(os.path.relpath(path, course_folder.root) for path in left[:NAMED])
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    return (
        f"in the course still, since it came or changed while the archive was written: {names}{more}; "
        "`course archive ANOTHER.zip --clear` archives it too"
    )


def _write(
    root: Path,
    target: Path,
    places: list[Path],
    gradebook: Path | None,
    connection: sqlite3.Connection | None,
) -> dict[Path, State]:
    """Write the archive beside its place, read it back, and put it there.

    Return how each file was before it was read; those that are not regular ones are not in it. Raises
    OSError, sqlite3.Error, CourseError for what cannot be read.
    """
    archived = {}
    with tempfile.TemporaryDirectory(prefix=".course-archive-", dir=target.parent) as folder:
        pending = Path(folder) / target.name
        with zipfile.ZipFile(pending, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as file:
            if gradebook and connection:
                copy = Path(folder) / gradebook.name
                with closing(sqlite3.connect(copy)) as backup:
                    connection.backup(backup)
                file.write(copy, gradebook.name)
            with _reading():
                paths = list(files_in(places))
            for path in paths:
                with _reading():
                    archived[path] = State.of(path)
                    if not archived[path].is_regular:
                        continue
                    path.open("rb").close()
                file.write(path, path.relative_to(root))
        with zipfile.ZipFile(pending) as file:
            if damaged := file.testzip():
                raise OSError(f"{damaged} in it is not as it was written")
        os.link(pending, target)  # never over another file
    return archived


@contextmanager
def _reading(gradebook: Path | None = None) -> Iterator[None]:
    """Raise CourseError where something cannot be read: an archive without it would be taken for complete."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise CourseError(
            f"nothing was archived: {getattr(error, 'filename', gradebook)} cannot be read: "
            f"{_reason(error)}; make it readable, then run the same command again"
        ) from error


def _reason(error: OSError | sqlite3.Error) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
