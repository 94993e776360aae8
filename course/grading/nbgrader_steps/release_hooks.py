"""What stock `nbgrader generate_assignment` calls before and after it: only what is meant is released."""

from __future__ import annotations

from pathlib import Path

from traitlets.log import get_logger

from course.grading.errors import CourseError
from course.grading.problem_sets.release_rule import contents, is_leftover


def leave_out_scratch_notebooks(assignment: str, student: str, notebooks: list[str]) -> None:
    """Take scratch copies out of the list of notebooks that nbgrader is going to convert."""
    for path in [path for path in notebooks if is_leftover(Path(path).name)]:
        notebooks.remove(path)
        get_logger().warning("source/%s/%s is not released: a scratch copy", assignment, Path(path).name)


def remove_what_is_not_released(assignment: str, student: str, notebooks: list[str]) -> None:
    """Remove what nbgrader has copied into the release and the rule does not allow. Raises OSError."""
    folder = Path("release", assignment)
    try:
        # a link in the source is a file in the release
        left_out = contents(Path("source", assignment)).left_out | contents(folder).left_out
    except CourseError as error:
        get_logger().error("%s", error)
        return
    for name, reason in left_out.items():
        if (folder / name).exists():
            (folder / name).unlink()
            get_logger().warning("source/%s/%s is not released: %s", assignment, name, reason)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
