"""`course archive`: puts a term's work into one zip file; the next term starts with the same sources."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

from sqlalchemy.engine import make_url

from course.grading import locks
from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.gradebook import groups

FOLDER = "archive"
EXPORTS = ("*-moodle.csv", "*-canvas.csv", "*-csv.csv")
REPORTS = "report"


def archive(root: Path, to: Path | None = None, *, clear: bool = False) -> list[str]:
    """Write gradebook, submissions, groups, graded work, feedback, exports and reports into a zip file.

    It is `to`, or archive/DATE.zip in the course. With `clear` all that is in it is removed from the course
    once the archive is complete and has been read back. Return the lines to print. Raises CourseError; then
    nothing is changed.
    """
    course_folder = CourseFolder(root)
    root = course_folder.root
    target = (to or root / FOLDER / f"{date.today():%Y-%m-%d}.zip").absolute()
    if target.suffix != ".zip":
        raise CourseError(f"{target} does not end in .zip: name the archive so")
    if target.exists():
        raise CourseError(f"{target} is there already, and was not changed: name another file, or move it")
    gradebook = _gradebook(course_folder)
    parts = [path for path in _parts(course_folder) if path.exists()]
    if not parts and gradebook is None:
        raise CourseError(f"there is nothing to archive in {root}: no gradebook, no submissions")
    with locks.releasing(root, "archived"):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            left_out = _write(root, target, parts, gradebook)
        except OSError as error:
            raise CourseError(
                f"{target} cannot be written: {error.strerror or error}; make room there, or name "
                "another place"
            ) from error
        lines = [f"{target}: {', '.join(_names(root, parts, gradebook))}"]
        lines += [f"{path} is no file or folder, and is left out" for path in left_out]
        if clear:
            _clear([*parts, *([gradebook] if gradebook else [])], target)
            lines.append(
                "the course is as before its first grading: `nbgrader generate_assignment PS --force` for "
                "each problem set, and `course roster FILE`, begin a term"
            )
    return lines


def _clear(paths: list[Path], target: Path) -> None:
    try:
        for path in paths:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise CourseError(
            f"{target} is complete, but {error.filename} cannot be removed: {error.strerror}; remove "
            f"{', '.join(path.name for path in paths)} yourself"
        ) from error


def _gradebook(course_folder: CourseFolder) -> Path | None:
    """Return the gradebook's file, None where there is none. Raises CourseError where it is on a server."""
    url = make_url(course_folder.course.db_url)
    if url.drivername != "sqlite":
        raise CourseError(
            f"the gradebook is on a server, {url.render_as_string()}: archive it there (`pg_dump`), set "
            "COURSE_DB_URL to an empty database, and archive the rest with COURSE_DB_URL unset"
        )
    path = Path(url.database or "")
    return path if path.is_file() else None


def _parts(course_folder: CourseFolder) -> Iterator[Path]:
    """Yield the places of a term's work."""
    root, folders = course_folder.root, course_folder.folders
    for name in (folders.submitted, folders.autograded, folders.feedback, REPORTS):
        yield root / name
    yield root / groups.FILE
    for pattern in EXPORTS:
        yield from sorted(root.glob(pattern))


def _names(root: Path, parts: list[Path], gradebook: Path | None) -> list[str]:
    return [path.name for path in [*([gradebook] if gradebook else []), *parts]]


def _write(root: Path, target: Path, parts: list[Path], gradebook: Path | None) -> list[Path]:
    """Write the archive beside its place, read it back, and put it there; return what cannot be in it."""
    left_out = []
    with tempfile.TemporaryDirectory(prefix=".course-archive-", dir=target.parent) as folder:
        pending = Path(folder) / target.name
        with zipfile.ZipFile(pending, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as file:
            if gradebook is not None:
                copy = Path(folder) / gradebook.name
                with closing(sqlite3.connect(gradebook)) as source, closing(sqlite3.connect(copy)) as backup:
                    source.backup(backup)
                file.write(copy, gradebook.name)
            for path in _files(parts):
                if stat.S_ISREG(path.lstat().st_mode):
                    file.write(path, path.relative_to(root))
                else:
                    left_out.append(path)
        with zipfile.ZipFile(pending) as file:
            if damaged := file.testzip():
                raise OSError(f"{damaged} in it is not as it was written")
        os.link(pending, target)  # never over another file
    return left_out


def _files(parts: list[Path]) -> Iterator[Path]:
    for part in parts:
        if not part.is_dir():
            yield part
        for folder, folders, names in os.walk(part):
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            yield from (Path(folder) / name for name in sorted(names + links))
