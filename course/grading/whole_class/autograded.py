"""Puts the files of a graded submission under `autograded/`: all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter

from course.grading.problem_sets.release_rule import contents
from course.grading.replacing import PendingFolder, Replacement
from course.grading.submissions.folders import SubmittedFolder
from course.grading.submissions.other_files import kept, kept_name, write_files

PREFIX = ".course-grade-"


class AutogradedFiles:
    """Prepares the files of an assignment's submissions in a folder inside `autograded/`, where they wait."""

    def __init__(self, rules: Autograde, assignment: str) -> None:
        self._rules, self._assignment = rules, assignment
        self._instructors = _instructors(rules, assignment)
        self._pending: PendingFolder | None = None
        """made for the first submission: nothing is written where nobody is graded"""

    def prepare(
        self,
        submission: SubmittedFolder,
        notebooks: Mapping[str, str],
        written: Mapping[str, dict[str, bytes]],
    ) -> Replacement:
        """Write what `autograded/` shall hold of a submission, as `nbgrader autograde` writes it.

        `notebooks` are the graded ones by name, `written` what the student's code wrote in each. Raises
        OSError.
        """
        rules, course = self._rules, self._rules.coursedir
        if self._pending is None:
            top = Path(course.format_path(course.autograded_directory, ".", ".")).resolve()
            self._pending = PendingFolder(top, PREFIX)
        new = Path(tempfile.mkdtemp(dir=self._pending.path))
        for path in submission.others:
            copy_file(path, new / kept_name(path.relative_to(submission.path)))
        for path, name in self._instructors:
            copy_file(path, new / name)
        for name, text in notebooks.items():
            (new / f"{name}.ipynb").write_text(text, encoding="utf-8")
            write_files(kept(written[name]), new)
        set_permissions(new, rules)
        target = course.format_path(course.autograded_directory, submission.student, self._assignment)
        # unlike Path.resolve, without an error for a link that leads to itself
        return Replacement(new, Path(os.path.realpath(target)), new.with_suffix(".old"))

    def close(self) -> None:
        """Remove the folder."""
        if self._pending is not None:
            self._pending.close()


def set_permissions(folder: Path, rules: BaseConverter) -> None:
    """Set the permissions that a converter of nbgrader's sets on what it writes."""
    folder.chmod(0o755)
    mode = int(str(rules.permissions), 8)
    for above, folders, names in os.walk(folder):
        for name in names:
            Path(above, name).chmod(mode)
        if rules.coursedir.groupshared:
            for name in (".", *folders):
                Path(above, name).chmod(0o2775)


def copy_file(source: Path, target: Path) -> None:
    """Copy a regular file, following no link; what is at `target` goes. Raises OSError."""
    for above in target.parents:
        if above.is_file():
            above.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read()
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    target.write_bytes(content)


def _instructors(rules: Autograde, assignment: str) -> list[tuple[Path, str]]:
    """Return what a release holds beside the notebooks, and its names: it replaces a student's files."""
    course = rules.coursedir
    folder = Path(course.format_path(course.source_directory, ".", assignment))
    instructors = set(rules.exclude_overwriting.get(assignment, []))
    names = (name for name in contents(folder).released if not name.endswith(".ipynb"))
    return [(folder / name, name) for name in names if name not in instructors]
