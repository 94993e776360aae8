"""The files of a submission besides its notebooks: those handed in, those its code wrote; and digests."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.utils import find_all_files

from course.grading.problem_sets.release_rule import released_files
from course.grading.submissions.notebook import Unreadable, link_above, read

TIMESTAMP = "timestamp.txt"
MOST_FILES, MOST_BYTES = 1000, 64 << 20
_MOST_NAMES = 20
_LONGEST_TIMESTAMP = 1000
_EVERYTHING = ["*"]


def guard(converter: Autograde) -> None:
    """Make `converter` leave out all files that are not regular ones, and reject an invalid timestamp.

    nbgrader alone would follow links, wait for pipes, and give up a submission for an irregular file. The
    instructor's files beside the notebooks it would take from `source/`, backups and all, and they would
    reach students with their feedback: it takes those of `release/`, with which a submission is graded.
    """
    coursedir = converter.coursedir
    ignored, init_assignment = coursedir.ignore, converter.init_assignment
    source = coursedir.source_directory
    read_time = coursedir.get_existing_timestamp

    def guarded_init_assignment(assignment: str, student: str) -> None:
        folder = Path(converter._format_source(assignment, student))
        released = list(
            Path(coursedir.format_path(coursedir.release_directory, ".", assignment)).glob("*.ipynb")
        )
        if not {path.name for path in released} & {Path(name).name for name in converter.notebooks}:
            # graded as missing, where nbgrader would not grade at all
            converter.notebooks = [*converter.notebooks, *(str(folder / path.name) for path in released)]

        def start(patterns: list[str], why: str) -> None:
            if patterns:
                converter.log.warning("%s: not copied: %s", folder, why)
            coursedir.ignore = [*ignored, *patterns]
            try:
                with tempfile.TemporaryDirectory() as released:
                    original = Path(coursedir.format_path(coursedir.release_directory, ".", assignment))
                    write_files(released_files(original), Path(released, assignment))
                    coursedir.source_directory = released
                    init_assignment(assignment, student)
            finally:
                coursedir.ignore, coursedir.source_directory = ignored, source

        try:
            start(*left_out(folder))
        except OSError as error:
            start(_EVERYTHING, f"files beside the notebooks ({type(error).__name__})")

    def guarded_read_time(folder: str) -> Any:
        path = Path(folder, TIMESTAMP)
        try:
            state = path.lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LONGEST_TIMESTAMP:
            converter.log.warning("%s: ignored: a link, no regular file, or too long", path)
            return None
        try:
            return read_time(folder)
        except Exception as error:  # nbgrader and its libraries raise many kinds
            # only the instructor knows when it was handed in
            raise ValueError(
                f"{path} is not a valid time: correct it, or remove it, and grade again"
            ) from error

    converter.init_assignment = guarded_init_assignment
    coursedir.get_existing_timestamp = guarded_read_time


def left_out(folder: Path) -> tuple[list[str], str]:
    """Return which names of a submission's folder nbgrader has to ignore, as patterns, and why."""
    if link_above(folder):
        return _EVERYTHING, "anything, since the folder is a link"
    files, size, irregular = 0, 0, set()
    for above, folders, names in os.walk(folder):
        for path in (Path(above, name) for name in (*folders, *names)):
            state = path.lstat()
            files, size = files + 1, size + state.st_size
            if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
                irregular.add(path.relative_to(folder).parts[0])
            if files > MOST_FILES or size > MOST_BYTES or len(irregular) > _MOST_NAMES:
                return _EVERYTHING, f"more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB, or many links"
    shown = ", ".join(ascii(name) for name in sorted(irregular))
    return [glob.escape(name) for name in irregular], f"{shown}: links, or no regular files"


def other_files(folder: Path, ignored: list[str]) -> list[Path]:
    """Return the files that are kept beside the notebooks; `ignored` are nbgrader's patterns."""
    patterns = [*ignored, *left_out(folder)[0], "*.ipynb"]
    return sorted(Path(path) for path in find_all_files(str(folder), patterns))


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files a student's code wrote under the student's own folder, never over a notebook or a time.

    What was handed in may be in the way of one, a file where it needs a folder, say: that one is left out.
    """
    for name, content in files.items():
        target = folder / name
        if target.suffix == ".ipynb" or target.name == TIMESTAMP or ".." in target.parts:
            continue
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink() or target.exists():
                target.unlink()
            target.write_bytes(content)


def digests(folder: Path) -> tuple[str, str]:
    """Return a digest of a submission's notebooks, which alone decide its verdicts, and one of the rest."""
    others = hashlib.sha256()
    for path in other_files(folder, []):
        _add(others, path.relative_to(folder), path.read_bytes())
    submitted = hashlib.sha256()
    # what a link leads to is not handed in
    for path in sorted(folder.glob("*.ipynb")) if link_above(folder) is None else ():
        try:
            _add(submitted, path.relative_to(folder), read(path))
        except Unreadable as error:
            _add(submitted, path.relative_to(folder), str(error).encode())
    return submitted.hexdigest(), others.hexdigest()


def _add(digest: Any, path: Path, content: bytes) -> None:
    # the lengths keep names and contents apart
    for part in (os.fsencode(path), content):
        digest.update(b"%d:" % len(part) + part)
