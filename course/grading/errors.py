"""Every exception that an instructor can meet. The command line shows its message and nothing else."""

from __future__ import annotations


class CourseError(Exception):
    """A command cannot do what it was asked; the message says why, and what to do.

    Where one command mends it, `command` is that, and the message ends with it.
    """

    def __init__(self, cause: str, command: str = "") -> None:
        super().__init__(cause, *filter(None, [command]))
        self.cause, self.command = cause, command

    def __str__(self) -> str:
        return f"{self.cause}; run `{self.command}`" if self.command else self.cause


class NotebookError(CourseError):
    """A file is not a readable notebook; the message says which and why."""


class GradebookError(CourseError):
    """The gradebook cannot be used; the message says why, and what to do."""


class NoGradebook(GradebookError):
    """The gradebook's file does not exist yet."""


class SandboxUnavailable(CourseError):
    """No sandbox can be made on this machine; the message says why. Nothing may be graded."""


class ControlFailed(CourseError):
    """The instructor's own solution does not get full credit; the message says why. Nothing may be graded."""


class ClusterError(CourseError):
    """No worker can be used; the message says why, and what to do."""


class ArchiveError(CourseError):
    """An archive cannot be used; the message says why, and what to do."""


class RosterError(CourseError):
    """A roster cannot be used; the message says why, and what to do."""


class LtiError(CourseError):
    """A launch, the settings for LTI, or a platform cannot be used; the message says why, and what to do."""


class NothingToGrade(CourseError):
    """A release has no cells to grade, and a submission for it has some."""


class HarnessFailure(CourseError):
    """The grader or a test is broken; the submission is not to blame."""
