"""A backup in a release, which every command that looks at the release refuses by its name."""

from __future__ import annotations

from pathlib import Path

from course.grading.course_folder import read_folders
from tests.helpers import course
from tests.lms.refusals import refused


def commands_refuse_a_backup(root: Path) -> None:
    """Put a backup into what is released of `small`; expect lines with the course's names of its folders."""
    folders = read_folders(root)
    backup = f"{folders.release}/small/small.ipynb~"
    (root / backup).write_text("x = 1")
    line = f"{backup} is not for students: it is a hidden file, a backup or a scratch copy"
    checked = course("release", "--check", cwd=root)
    assert checked.returncode == 1
    assert line in checked.stderr.splitlines()
    assert f"{folders.release}/ differs from what {folders.source}/ gives" in checked.stderr
    assert checked.stdout == f"{backup} should not be there\n"
    refused(root, "pack", "small", words=f"{line}; `course release small` makes it anew")
