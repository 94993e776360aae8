"""Submissions from an archive into `submitted/`: written beside what is there, and then in its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from nbgrader.utils import parse_utc

from course.grading.course_folder import CourseFolder
from course.grading.lms.archive import same
from course.grading.lms.contents import Contents, Refused, taken
from course.grading.lms.students import Submission
from course.grading.lms.summary import Summary
from course.grading.replacing import PendingFolder, Replacement
from course.grading.submissions.other_files import TIMESTAMP

PREFIX = ".course-collect-"
REPLACED = ".replaced"
"""under `submitted/`, what other submissions have taken the place of"""
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f %Z"
"""as nbgrader's exchange writes it"""


class Placing:
    """One run, into the folder `top`."""

    def __init__(
        self,
        course_folder: CourseFolder,
        top: Path,
        assignment: str,
        notebooks: Sequence[str],
        summary: Summary,
        update: bool,
    ) -> None:
        self._top, self._assignment, self._notebooks = top, assignment, notebooks
        self._summary, self._update = summary, update
        self._groupshared = bool(course_folder.course.groupshared)
        self._target = partial(_target, course_folder, assignment)
        self._there = {same(path.name): path.name for path in (top.iterdir() if top.is_dir() else ())}

    def take(self, students: dict[str, Submission], system: str, due: datetime | None) -> None:
        """Write all that is new beside what is there, then let it take its place. Raises OSError."""
        if not students:
            return
        was_there = self._top.is_dir()
        waiting = PendingFolder(self._top, PREFIX)
        try:
            swaps = []
            for number, (student, submission) in enumerate(sorted(students.items())):
                try:
                    staged = self._stage(waiting.path / str(number), student, submission, system, due)
                except Refused as error:
                    self._summary.refused.append((student, str(error)))
                    continue
                if staged:
                    swaps.append(staged)
            self._swap(swaps)
        finally:
            waiting.close()
            if not was_there:
                with suppress(OSError):
                    self._top.rmdir()

    def _stage(
        self, new: Path, student: str, submission: Submission, system: str, due: datetime | None
    ) -> tuple[str, Path, Path] | None:
        """Write what shall be there of a submission; return the folders, or None if it stays as it is."""
        target = self._target(student)
        self._check_place(target)
        contents = taken(submission.files, self._notebooks)
        self._write(new, contents)
        handed_in = _handed_in(contents.time, submission.is_late, system, due)
        if handed_in:
            (new / TIMESTAMP).write_text(handed_in.strftime(TIME_FORMAT), encoding="utf-8")
        summary = self._summary
        summary.remarks += [(student, remark) for remark in contents.remarks]
        if submission.is_late or (handed_in and due and handed_in > due):
            summary.late.append(student)
        if target.is_dir():
            before = _files(target)
            is_same = before == _files(new)
            same_time = not self._update or _text(target / TIMESTAMP) == _text(new / TIMESTAMP)
            if is_same and same_time:
                summary.unchanged.append(student)
                return None
            if not self._update and not _is_newer(contents.time, target):
                why = "is not newer than" if contents.time else "has no time, and differs from,"
                summary.older.append((student, f"{why} what is there: --update replaces it all the same"))
                return None
        return student, new, target

    def _check_place(self, target: Path) -> None:
        """Raise Refused where a submission would take another student's place, or lead out of the course."""
        for path in (target.parent, target):
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                raise Refused(f"{path.name} under submitted/ is no folder: move it away")
        there = self._there.get(same(target.parent.name), target.parent.name)
        if there != target.parent.name:
            raise Refused(f"differs only in case or accents from {there}, who has handed in before")

    def _write(self, new: Path, contents: Contents) -> None:
        for file in contents.files:
            path = new / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.read())
            path.chmod(0o664 if self._groupshared else 0o644)
            if file.time:
                os.utime(path, (file.time.timestamp(),) * 2)
        for folder, _, _ in os.walk(new):
            Path(folder).chmod(0o2775 if self._groupshared else 0o755)

    def _swap(self, folders: list[tuple[str, Path, Path]]) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
        kept = self._top / REPLACED / now
        done: list[tuple[Replacement, Path]] = []
        try:
            for student, new, target in folders:
                old = kept / student / self._assignment
                was_there = target.is_dir()
                if was_there:
                    old.parent.mkdir(parents=True)
                    self._summary.kept = kept
                staged = Replacement(new, target, old)
                done.append((staged, target))
                staged.swap()
                (self._summary.replaced if was_there else self._summary.collected).append(student)
        except OSError:
            for staged, target in reversed(done):
                staged.undo()
                _prune(target.parent)
            _prune(kept)
            _prune(kept.parent)
            raise


def _prune(folder: Path) -> None:
    """Remove folders that hold nothing."""
    for above, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(above).rmdir()


def _target(course_folder: CourseFolder, assignment: str, student: str) -> Path:
    course = course_folder.course
    path = course.format_path(course.submitted_directory, student, assignment)
    return course_folder.root / path


def _handed_in(time: datetime | None, is_late: bool, system: str, due: datetime | None) -> datetime | None:
    """Return when a submission was handed in, as far as an archive of that system tells.

    Canvas's files have the time of the download: of it there is only whether it was late.
    """
    if system != "canvas":
        return time
    if not is_late:
        return None
    return due + timedelta(seconds=1) if due else time or datetime.now(UTC)


def _files(folder: Path) -> dict[str, bytes]:
    """Return the regular files of a submission, without its time."""
    found = {}
    for above, _, names in os.walk(folder):
        for name in names:
            path = Path(above, name)
            if stat.S_ISREG(path.lstat().st_mode):
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    found.pop(TIMESTAMP, None)
    return found


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _is_newer(time: datetime | None, folder: Path) -> bool:
    """Say whether a submission of that time is newer than all there is in a folder."""
    if time is None:
        return False
    times = [
        datetime.fromtimestamp(path.lstat().st_mtime, UTC)
        for path in folder.rglob("*")
        if path.is_file() and path.name != TIMESTAMP
    ]
    with suppress(ValueError, OverflowError):
        if told := _text(folder / TIMESTAMP).strip():
            times.append(parse_utc(told).replace(tzinfo=UTC))
    return all(time > there for there in times)
