"""The files of a submission besides its notebooks: those handed in, those its code wrote; and digests."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.utils import find_all_files

from course.grading.problem_sets.release_rule import released_files
from course.grading.submissions.notebook import link_above, opened
from course.grading.submissions.times import TIMESTAMP, course_zone, read_hand_in
from course.grading.submissions.unreadable import Unreadable

MOST_FILES, MOST_BYTES = 1000, 64 << 20
_MOST_NAMES = 20
_EVERYTHING = ["*"]
AS_TEXT = ".txt"
SHOWN = frozenset(
    {".csv", ".dat", ".gif", ".jpeg", ".jpg", ".json", ".npy", ".npz", ".png", ".py", ".tsv", ".txt", ".webp"}
)
"""the endings of a student's files that keep their names: no server and no browser takes them for a page"""
_LONGEST_NAME = 240
"""bytes of a name that gets one more ending"""


def guard(converter: Autograde) -> None:
    """Make `converter` leave out all files that are not regular ones, and read times as `read_hand_in` does.

    nbgrader alone would follow links, wait for pipes, and give up a submission for an irregular file. The
    instructor's files beside the notebooks it would take from `source/`, backups and all, and they would
    reach students with their feedback: only those are taken that a release holds.
    """
    coursedir = converter.coursedir
    ignored, init_assignment = coursedir.ignore, converter.init_assignment
    source = coursedir.source_directory
    zone = course_zone(converter.config.Exchange.get("timezone"))
    shown: set[str] = set()

    def guarded_init_assignment(assignment: str, student: str) -> None:
        folder = Path(coursedir.format_path(coursedir.submitted_directory, student, assignment))
        release = Path(coursedir.format_path(coursedir.release_directory, ".", assignment))
        notebooks = {path.name for path in release.glob("*.ipynb")}
        if not notebooks & {Path(name).name for name in converter.notebooks}:
            # graded as missing, where nbgrader would not grade at all
            converter.notebooks = [*converter.notebooks, *(str(folder / name) for name in sorted(notebooks))]

        def start(patterns: list[str], why: str) -> None:
            if patterns:
                converter.log.warning("%s: not copied: %s", folder, why)
            coursedir.ignore = [*ignored, *patterns]
            try:
                with tempfile.TemporaryDirectory() as stand_in:
                    original = Path(coursedir.format_path(source, ".", assignment))
                    write_files(released_files(original), Path(stand_in, assignment))
                    coursedir.source_directory = stand_in
                    init_assignment(assignment, student)
                    own = set(converter.exclude_overwriting.get(assignment, []))
                    instructors = {*released_files(original)} - own
                    graded = coursedir.format_path(coursedir.autograded_directory, student, assignment)
                    _rename_students(Path(graded), instructors)
            finally:
                coursedir.ignore, coursedir.source_directory = ignored, source

        try:
            start(*left_out(folder))
        except OSError as error:
            start(_EVERYTHING, f"files beside the notebooks ({type(error).__name__})")
        hand_in = read_hand_in(folder, zone)
        if hand_in.is_written and hand_in.time is None:
            # nbgrader keeps the time of an earlier submission, by which this one would be late
            with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
                gradebook.update_or_create_submission(assignment, student, timestamp=None)

    def read_time(folder: str) -> datetime | None:
        hand_in = read_hand_in(Path(folder), zone)
        if hand_in.problem and hand_in.problem not in shown:
            converter.log.warning("%s", hand_in.problem)
            shown.add(hand_in.problem)
        return hand_in.time

    converter.init_assignment = guarded_init_assignment
    coursedir.get_existing_timestamp = read_time


def left_out(folder: Path) -> tuple[list[str], str]:
    """Return which names of a submission's folder nbgrader has to ignore, as patterns, and why."""
    if link_above(folder):
        return _EVERYTHING, "anything, since the folder is a link"
    files, size, irregular = 0, 0, set()
    for above, folders, names in os.walk(folder):
        for path in (Path(above, name) for name in (*folders, *names)):
            state = path.lstat()
            # a notebook may have much output, of which nothing is kept
            files, size = files + 1, size + (0 if path.suffix == ".ipynb" else state.st_size)
            if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
                irregular.add(path.relative_to(folder).parts[0])
            if files > MOST_FILES or size > MOST_BYTES or len(irregular) > _MOST_NAMES:
                return _EVERYTHING, f"more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB, or many links"
    shown = ", ".join(ascii(name) for name in sorted(irregular))
    return [glob.escape(name) for name in irregular], f"{shown}: links, or no regular files"


def other_files(folder: Path, ignored: list[str]) -> list[Path]:
    """Return the files that are kept beside the notebooks; `ignored` are nbgrader's patterns."""
    patterns = ["*.ipynb", *ignored, *left_out(folder)[0]]
    return sorted(Path(path) for path in find_all_files(str(folder), patterns))


def kept_name(path: PurePath) -> PurePath:
    """Return the name under which a file of a student's is kept beside the graded notebook.

    Formgrader serves what is there from the address of the whole server. So a page, or a drawing that may
    hold a script, is kept as text.
    """
    if path.suffix.lower() in SHOWN:
        return path
    return path.with_name(os.fsdecode(os.fsencode(path.name)[:_LONGEST_NAME]) + AS_TEXT)


def kept(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files by the names under which they are kept."""
    return {str(kept_name(PurePath(name))): content for name, content in files.items()}


def _rename_students(folder: Path, instructors: Collection[str]) -> None:
    """Give all files of a graded submission that are not the instructor's the names they are kept under."""
    for path in [path for path in sorted(folder.rglob("*")) if path.is_file()]:
        target = kept_name(path)
        if path == target or path.suffix == ".ipynb" or str(path.relative_to(folder)) in instructors:
            continue
        try:
            path.replace(target)
        except OSError:  # a folder has the name
            path.unlink()


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
    """Return a digest of a submission's notebooks, which alone decide its verdicts, and one of the rest.

    When it was handed in is in neither.
    """
    others, submitted = hashlib.sha256(), hashlib.sha256()
    for path in other_files(folder, []):
        if path == folder / TIMESTAMP:
            continue
        content = path.read_bytes()
        _add(others, path.relative_to(folder), len(content), [content])
    # what a link leads to is not handed in
    for path in sorted(folder.glob("*.ipynb")) if link_above(folder) is None else ():
        name = path.relative_to(folder)
        try:
            with opened(path) as (file, size):
                _add(submitted, name, size, iter(partial(file.read, 1 << 20), b""))
        except Unreadable as error:
            reason = str(error).encode()
            _add(submitted, name, len(reason), [reason])
    return submitted.hexdigest(), others.hexdigest()


def _add(digest: Any, path: Path, size: int, content: Iterable[bytes]) -> None:
    """Add a path and a file's content; the lengths keep them apart."""
    name = os.fsencode(path)
    digest.update(b"%d:%b%d:" % (len(name), name, size))
    for part in content:
        digest.update(part)
