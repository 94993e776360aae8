"""Finds and reads the folders that a class has handed in, under `submitted/`."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from course.grading.course_folder import CourseFolder
from course.grading.encoding import is_text
from course.grading.globbing import glob_literally
from course.grading.submissions.notebook import link_above, read
from course.grading.submissions.other_files import digests, guard, other_files
from course.grading.submissions.times import HandIn, course_zone, read_hand_in
from course.grading.submissions.unreadable import Unreadable


@dataclass(frozen=True)
class SubmittedFolder:
    """What one student handed in for an assignment."""

    student: str
    path: Path
    notebooks: tuple[str, ...]
    """the assignment's notebooks that are there, by name"""
    extra: tuple[str, ...]
    """files that are other notebooks, which are not graded"""
    others: tuple[Path, ...]
    """files beside the notebooks"""
    digest: str
    """of the notebooks"""
    others_digest: str
    hand_in: HandIn

    def content(self, notebook: str) -> bytes | str:
        """Return a notebook, or why it cannot be read."""
        try:
            return read(link_above(self.path) or self.path / f"{notebook}.ipynb")
        except Unreadable as error:
            return str(error)


def nbgrader_rules(course_folder: CourseFolder) -> Autograde:
    """Return nbgrader's own converter, which knows its settings and where things are."""
    converter = Autograde(coursedir=course_folder.course, config=course_folder.config)
    guard(converter)
    return converter


def submitted_folders(course: CourseDirectory, assignment: str, *, hidden: bool = False) -> dict[str, Path]:
    """Return what was handed in for an assignment: see `student_folders`."""
    return student_folders(course, course.submitted_directory, assignment, hidden=hidden)


def student_folders(
    course: CourseDirectory, directory: str, assignment: str, *, hidden: bool = False
) -> dict[str, Path]:
    """Return the folders below `directory` that nbgrader reads for an assignment, by student, as it does.

    With `hidden` also those that it passes over, since the name of the student's begins with a dot. Where
    there is something else, a file or a link that leads nowhere, its path is returned all the same.
    """
    excluded = set(filter(None, course.student_id_exclude.split(",")))
    pattern = folder_pattern(course, directory)
    folders: dict[str, Path] = {}
    for path in sorted(
        glob_literally(course.format_path(directory, "*", glob.escape(assignment)), hidden=hidden)
    ):
        match: Any = re.match(pattern, path, re.DOTALL)
        if match and match["student"] not in excluded:
            folders[match["student"]] = Path(os.path.relpath(path))
    return folders


def folder_pattern(course: CourseDirectory, directory: str) -> str:
    """Return the regular expression of a student's folder, with groups `assignment` and `student`."""
    path: str = course.format_path(directory, "(?P<student>.*)", "(?P<assignment>.*)", escape=True)
    return path


def read_folder(rules: Autograde, student: str, folder: Path, known: tuple[str, ...]) -> SubmittedFolder:
    """Return what `student` handed in of the notebooks `known`.

    Where there are other notebooks only, they are all missing. Raises ValueError where there is no notebook
    at all, the folder's name is no text, or it is too deep, and OSError for what the system cannot read.
    """
    if not is_text(student):
        raise ValueError("the name of its folder is not in UTF-8: rename it, and grade again")
    if not student.isprintable():
        raise ValueError(f"{str(folder)!a} is no name that the gradebook can hold: rename it")
    if student.startswith("."):
        raise ValueError(f"nbgrader passes over {folder}, since {student} begins with a dot: rename it")
    if not folder.is_dir():
        raise ValueError(
            f"{folder} is no folder, or a link that leads nowhere: put the notebooks in a folder"
        )
    present = tuple(
        name
        for name in known
        if (folder / f"{name}.ipynb").is_symlink() or (folder / f"{name}.ipynb").exists()
    )
    files = sorted(path.name for path in folder.glob("*.ipynb"))
    if not files:
        misspelt = [path.name for path in sorted(folder.glob("*.[iI][pP][yY][nN][bB]"))]
        advice = f": rename {', '.join(misspelt)}, so that it ends in .ipynb" if misspelt else ""
        raise ValueError(f"{folder} holds no notebook{advice}")
    try:
        others, both_digests = other_files(folder, rules.coursedir.ignore), digests(folder)
    except RecursionError:
        raise ValueError(
            f"{folder} holds folders in folders, too deep to be read: hand in the notebook alone"
        ) from None
    return SubmittedFolder(
        student,
        folder,
        present or known,
        tuple(name for name in files if name.removesuffix(".ipynb") not in known),
        tuple(others),
        *both_digests,
        read_hand_in(folder, course_zone(rules.config.Exchange.get("timezone"))),
    )
