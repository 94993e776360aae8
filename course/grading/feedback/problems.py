"""What keeps a student, or a class, from new feedback, and the command that mends it: all the wording."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from course.grading.errors import CourseError
from course.text import printable

LONGEST = 300
"""characters of what somebody else's code says of a failure"""
RUN_AGAIN = "run the same command again"


@dataclass(frozen=True)
class Problems:
    """Words for what can be wrong with the feedback of an assignment. Paths are relative to the course."""

    course: CourseDirectory
    assignment: str

    def not_graded(self, student: str) -> CourseError:
        """Return the error for a student who was named and of whom nothing is graded."""
        there = self._graded(student)
        problem = f"nothing of {student} is graded: there is no {there}"
        if not Path(self._submitted(student)).is_dir():
            return CourseError(f"{problem}, and no {self._submitted(student)} to grade")
        return CourseError(f"{problem}; `{self._grade(student)}` grades what was handed in")

    def nobody_graded(self) -> CourseError:
        """Return the error for an assignment of which nothing is graded."""
        return CourseError(
            f"nobody's {self.assignment} is graded: `course grade {self.assignment}` grades what is in "
            f"{self.course.submitted_directory}/"
        )

    def no_folder(self, error: OSError) -> CourseError:
        """Return the error where the folder of all pages cannot be used."""
        path = Path(os.path.relpath(self.course.format_path(self.course.feedback_directory, ".", ".")))
        if path.exists() and not path.is_dir():
            return CourseError(
                f"{path} is a file, where the folder of all pages has to be: move it away, then {RUN_AGAIN}"
            )
        return self.no_room(error)

    def no_room(self, error: OSError) -> CourseError:
        """Return the error where the disk is full or read-only."""
        return CourseError(
            f"making feedback stopped, pages that are written are kept: {error}; make room in "
            f"{self.course.root} or make it writable, then {RUN_AGAIN}"
        )

    def unknown_to_gradebook(self, student: str) -> str:
        """Return the problem of a graded folder of which the gradebook has nothing."""
        return f"the gradebook knows nothing of {self._graded(student)}; {self._again(student)}"

    def without_notebook(self, student: str) -> str:
        """Return the problem of a graded folder without a notebook."""
        return f"{self._graded(student)} holds no notebook of {self.assignment}; {self._again(student)}"

    def unusable(self, student: str, notebook: str, reason: object) -> str:
        """Return the problem of a graded notebook that cannot be read, or from which no page can be made."""
        problem = f"{self._graded(student)}/{notebook}.ipynb: {printable(str(reason), LONGEST)}"
        return f"{problem}; {self._again(student)}"

    def died(self, notebook: str, reason: object) -> str:
        """Return the problem of a page whose worker died twice."""
        return f"{notebook}: {reason}, of too little memory perhaps: {RUN_AGAIN} with --jobs 1"

    def not_written(self, student: str, error: Exception) -> str:
        """Return the problem of pages that cannot be written, or of files that cannot be put beside them."""
        target = Path(self._folder(self.course.feedback_directory, student))
        for path in (target, target.parent):
            if (path.exists() or path.is_symlink()) and not path.is_dir():
                return f"{path} is in the way of a folder: move it away, then {RUN_AGAIN}"
        return f"its pages cannot be written to {target}: {error}; {self._again(student)}"

    def _again(self, student: str) -> str:
        if not Path(self._submitted(student)).is_dir():
            folders = self._submitted(student), self._graded(student)
            return "there is no {} to grade again: put it there, or remove {}".format(*folders)
        return f"`{self._grade(student)} --force` grades it again, then {RUN_AGAIN}"

    def _grade(self, student: str) -> str:
        return f"course grade {self.assignment} --student {shlex.quote(student)}"

    def _graded(self, student: str) -> str:
        return self._folder(self.course.autograded_directory, student)

    def _submitted(self, student: str) -> str:
        return self._folder(self.course.submitted_directory, student)

    def _folder(self, directory: str, student: str) -> str:
        return os.path.relpath(self.course.format_path(directory, student, self.assignment))
