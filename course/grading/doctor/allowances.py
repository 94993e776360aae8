"""What the sandbox lets a student's code do, and what it refuses."""

from __future__ import annotations

from course.grading.sandbox import system_calls
from course.grading.sandbox.confinement import HOME, WORK
from course.grading.sandbox.limits import Limits


def allowances(limits: Limits) -> list[tuple[str, str]]:
    """Return what is allowed and what is refused, a line for each thing, with the limits that hold here."""
    return [
        ("allowed", "to read Python, its packages, the student's part of the course, and what is released"),
        (
            "allowed",
            f"to write in {WORK}, {HOME}, /tmp and /dev/shm: {limits.files >> 20} MiB and "
            f"{limits.file_count} files, which end with the notebook",
        ),
        (
            "allowed",
            f"{limits.tasks} processes and threads, {limits.memory >> 20} MiB of memory, {limits.cell:g} "
            f"seconds a cell and {limits.notebook:g} a notebook, {limits.output >> 10} KiB of output a cell",
        ),
        ("refused", "any network, any file of this machine that is not named above, any other process"),
        ("allowed", "every system call that is not named below"),
        *(("refused", line) for line in system_calls.refusals()),
    ]
