"""What stock `nbgrader generate_assignment` calls before and after it: only what is meant is released."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NoReturn

from traitlets.log import get_logger

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.nbgrader_steps.generate import save
from course.grading.problem_sets import release
from course.grading.problem_sets.release_rule import contents
from course.grading.problem_sets.saved_cells import collected


def leave_out_notebooks(assignment: str, student: str, notebooks: list[str]) -> None:
    """Take what is not released out of the list of notebooks that nbgrader is going to convert.

    Raises SystemExit when the rule cannot be applied.
    """
    _, source, target = _folders(assignment)
    collected(assignment)  # of a command that failed, in a server
    try:
        left_out = contents(source).left_out
    except (CourseError, OSError) as error:
        _fail(target, [str(error)])
    for path in [path for path in notebooks if Path(path).name in left_out]:
        notebooks.remove(path)


def remove_what_is_not_released(assignment: str, student: str, notebooks: list[str]) -> None:
    """Remove what nbgrader has copied into the release and the rule does not allow; save its cells.

    Raises SystemExit, and removes the release, when it would give something away, or cannot be saved.
    """
    course, source, target = _folders(assignment)
    shown = f"{course.folders.source}/{assignment}"
    try:
        in_source = contents(source)
        # a link in the source is a file in the release
        left_out = contents(target).left_out | in_source.left_out
        for name, reason in sorted(left_out.items()):
            if (target / name).exists():
                (target / name).unlink()
            if not release.is_ignored(name, course.course.ignore):
                get_logger().warning("%s/%s is not released: %s", shown, name, reason)
        for path in sorted(target.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
                path.rmdir()
        refusals = [
            f"{shown} holds no {name}, which its notebook lists as course.files" for name in in_source.missing
        ] + [
            f"{shown}/{name} is not for students: {reason}; take it out (nothing is released)"
            for name, reason in release.leaking_files(source.parent, assignment, release.all_files(target))
        ]
    except (CourseError, OSError) as error:
        refusals = [str(error)]
    if refusals:
        _fail(target, refusals)
    try:
        summary = save(course, assignment, collected(assignment))
    except CourseError as error:
        _fail(target, [str(error)])
    for line in summary.lines(assignment):
        get_logger().warning("%s", line)


def _folders(assignment: str) -> tuple[CourseFolder, Path, Path]:
    """Return the course in the current folder, and the assignment's source and release."""
    course = CourseFolder(Path())
    source, target = (
        course.root / folder / assignment for folder in (course.folders.source, course.folders.release)
    )
    return course, source, target


def _fail(target: Path, messages: list[str]) -> NoReturn:
    """Remove the release and end the command: nbgrader takes no notice of a hook's other exceptions."""
    for message in messages:
        get_logger().error("%s", message)
    shutil.rmtree(target, ignore_errors=True)
    raise SystemExit(1)
