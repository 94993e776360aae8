"""Writes submissions to `submitted/`: first beside those that are there, then all of them in their places."""

from __future__ import annotations

import filecmp
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from course.grading.course_folder import CourseFolder
from course.grading.lms.archive import casefolded
from course.grading.lms.candidates import Refused
from course.grading.lms.matching import ArchivedSubmission
from course.grading.lms.selection import Selection, select_files
from course.grading.lms.summary import CollectSummary
from course.grading.lms.work import ReleasedNotebooks
from course.grading.replacing import PendingFolder, Replacement, is_of_one_path
from course.grading.submissions.times import LONGEST, TIMESTAMP, read_hand_in

PREFIX = ".course-collect-"
REPLACED = ".replaced"
"""folder under `submitted/` that keeps submissions that were replaced"""
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f %Z"
"""that of nbgrader's exchange"""


class SubmittedWriter:
    """Writes the submissions of one archive to the folder `top`, which is the course's `submitted/`."""

    def __init__(
        self,
        course_folder: CourseFolder,
        top: Path,
        assignment: str,
        notebooks: Sequence[str],
        summary: CollectSummary,
        update: bool,
        picks: Mapping[str, str],
    ) -> None:
        self._top, self._assignment, self._notebooks = top, assignment, notebooks
        self._summary, self._update, self._picks = summary, update, picks
        released = course_folder.root / course_folder.folders.release / assignment
        self._released = ReleasedNotebooks(released, notebooks)
        self._groupshared = bool(course_folder.course.groupshared)
        self._target = partial(_target, course_folder, assignment)
        self._folders = {casefolded(path.name): path.name for path in (top.iterdir() if top.is_dir() else ())}

    def write(self, submissions: dict[str, ArchivedSubmission], system: str, due: datetime | None) -> None:
        """Write the submissions, by student: all that are taken, or none if it raises OSError."""
        if not submissions:
            return
        was_there = self._top.is_dir()
        pending = PendingFolder(self._top, PREFIX)
        try:
            prepared = []
            for number, (student, submission) in enumerate(sorted(submissions.items())):
                new = pending.path / str(number)
                try:
                    if self._prepare(new, student, submission, system, due):
                        prepared.append((student, new))
                except Refused as error:
                    self._summary.refused.append((student, str(error)))
                except OSError as error:
                    if not is_of_one_path(error):
                        raise
                    reason = f"cannot be written, or compared with what is there: {error.strerror}"
                    self._summary.refused.append((student, reason))
            self._swap(prepared)
        finally:
            pending.close()
            if not was_there:
                with suppress(OSError):
                    self._top.rmdir()

    def _prepare(
        self, new: Path, student: str, submission: ArchivedSubmission, system: str, due: datetime | None
    ) -> bool:
        """Write a submission to the folder `new`; return whether it shall take its place. Raises Refused."""
        target = self._target(student)
        self._check_target(target)
        picked = self._picks.get(casefolded(student))
        selection = select_files(submission.files, self._notebooks, self._released, picked)
        self._write_files(new, selection)
        handed_in = _handed_in(selection.time, submission.is_late, system, due)
        # nbgrader's exchange needs the file, which is empty where the time is not known
        time = handed_in.strftime(TIME_FORMAT) if handed_in else ""
        (new / TIMESTAMP).write_text(time, encoding="utf-8")
        summary = self._summary
        summary.remarks += [(student, remark) for remark in selection.remarks]
        is_late = submission.is_late or bool(handed_in and due and handed_in > due)
        if target.is_dir():
            same_time = not self._update or _text(target / TIMESTAMP) == _text(new / TIMESTAMP)
            if same_time and _has_the_same_files(target, new):
                summary.unchanged.append(student)
                self._compare_lateness(student, target, is_late, due)
                return False
            if not self._update and not _is_newer(selection.time, target):
                reason = "is not newer than" if selection.time else "has no time, and differs from,"
                summary.older.append((student, f"{reason} what is there: --update replaces it all the same"))
                return False
        if is_late:
            summary.late.append(student)
        return True

    def _compare_lateness(self, student: str, target: Path, is_late: bool, due: datetime | None) -> None:
        """Name a student whose submission stays, and is late; tell where the archive says otherwise."""
        if due is None:
            return
        stored = read_hand_in(target).time
        was_late = stored is not None and stored.replace(tzinfo=UTC) > due
        if is_late and was_late:
            self._summary.late.append(student)
        elif is_late != was_late:
            word = "late" if is_late else "no longer late"
            remark = f"{word} in this archive, which is not entered: --update enters it"
            self._summary.remarks.append((student, remark))

    def _check_target(self, target: Path) -> None:
        """Raise Refused where a submission would take another student's place, or lead out of the course."""
        for path in (target.parent, target):
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                raise Refused(f"{path.name} under {self._top.name}/ is no folder: move it away")
        other = self._folders.get(casefolded(target.parent.name), target.parent.name)
        if other != target.parent.name:
            raise Refused(f"differs only in case or accents from {other}, who has handed in before")

    def _write_files(self, new: Path, selection: Selection) -> None:
        for file in selection.files:
            path = new / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.read())
            path.chmod(0o664 if self._groupshared else 0o644)
            if file.time:
                os.utime(path, (file.time.timestamp(),) * 2)
        for folder, _, _ in os.walk(new):
            Path(folder).chmod(0o2775 if self._groupshared else 0o755)

    def _swap(self, prepared: list[tuple[str, Path]]) -> None:
        """Put each student's new folder in its place. Where one cannot be, all are taken back: OSError."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
        archive = self._top / REPLACED / now
        replacements: list[tuple[Replacement, Path]] = []
        try:
            for student, new in prepared:
                target = self._target(student)
                old = archive / student / self._assignment
                was_there = target.is_dir()
                if was_there:
                    old.parent.mkdir(parents=True)
                    self._summary.kept = archive
                replacement = Replacement(new, target, old)
                replacements.append((replacement, target))
                replacement.swap()
                (self._summary.replaced if was_there else self._summary.collected).append(student)
        except OSError:
            for replacement, target in reversed(replacements):
                replacement.undo()
                _prune(target.parent)
            _prune(archive)
            _prune(archive.parent)
            raise


def _prune(folder: Path) -> None:
    """Remove a folder and those inside it, as far as they are empty."""
    for above, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(above).rmdir()


def _target(course_folder: CourseFolder, assignment: str, student: str) -> Path:
    course = course_folder.course
    path = course.format_path(course.submitted_directory, student, assignment)
    return course_folder.root / path


def _handed_in(time: datetime | None, is_late: bool, system: str, due: datetime | None) -> datetime | None:
    """Return when a submission was handed in, in UTC, as far as the system's archive tells.

    Canvas's archive has the times of the download, and for each submission only whether it was late.
    """
    if system != "canvas":
        return time
    if not is_late:
        return None
    return due + timedelta(seconds=1) if due else time or datetime.now(UTC)


def _has_the_same_files(one: Path, other: Path) -> bool:
    """Return whether two submissions differ in their timestamps only."""
    sizes = _sizes(one)
    return sizes == _sizes(other) and all(
        filecmp.cmp(one / name, other / name, shallow=False) for name in sizes
    )


def _sizes(folder: Path) -> dict[str, int]:
    """Return the size of each regular file of a submission by path, without its timestamp."""
    files = {}
    for above, _, names in os.walk(folder):
        for name in names:
            path = Path(above, name)
            state = path.lstat()
            if stat.S_ISREG(state.st_mode):
                files[path.relative_to(folder).as_posix()] = state.st_size
    files.pop(TIMESTAMP, None)
    return files


def _text(path: Path) -> str:
    """Return the text of a timestamp, empty where there is none or what is there is none."""
    if not path.is_file() or path.stat().st_size > LONGEST:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def _is_newer(time: datetime | None, folder: Path) -> bool:
    """Return whether a submission of this time is newer than everything in a folder."""
    if time is None:
        return False
    times = [
        datetime.fromtimestamp(path.lstat().st_mtime, UTC)
        for path in folder.rglob("*")
        if path.is_file() and path.name != TIMESTAMP
    ]
    if hand_in := read_hand_in(folder).time:
        times.append(hand_in.replace(tzinfo=UTC))
    return all(time > other for other in times)
