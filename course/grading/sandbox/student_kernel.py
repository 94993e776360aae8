"""A Jupyter kernel for one student's notebook, in a sandbox, held to its limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import working_folder
from course.grading.sandbox.client import ENDED, Client
from course.grading.sandbox.execution import Clock, Execution, from_breach
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.outputs import Displays, Outputs
from course.grading.sandbox.sandbox import Sandbox


class StudentKernel:
    """A running kernel with an empty namespace. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        assignment_files: Mapping[str, bytes] | None = None,
        *,
        limits: Limits | None = None,
        hidden: Collection[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Start a kernel with these files, by relative path, in its working folder.

        `hidden` are modules of the course, as `course.gradcheck`, which it cannot use; `variables` are
        nbgrader's (NBGRADER_…) for its environment. Raises SandboxUnavailable if there can be no sandbox or
        the kernel does not start (no student code has run by then), ValueError for a wrong argument.
        """
        self.limits = limits or Limits()
        self._assignment_files = dict(assignment_files or {})
        self._displays = Displays(4 * self.limits.output)
        self._seconds = 0.0
        self.sandbox = Sandbox(self.limits, files=self._assignment_files, hidden=hidden, variables=variables)
        try:
            self._client = Client(self.sandbox)
        except BaseException:
            self.sandbox.close()
            raise
        self._since_start = Clock(self.sandbox)

    @property
    def alive(self) -> bool:
        """Whether the kernel can be asked more."""
        return not self._client.condemned and self.sandbox.running and self.sandbox.watcher.breach is None

    @property
    def seconds(self) -> float:
        """Own time used so far, that of background threads between cells included."""
        return max(self._seconds, self._since_start.processor())

    @property
    def answering(self) -> float:
        """Own time used while a cell ran or a question was answered, without background threads between."""
        return self._seconds

    def execute(self, code: str, *, seconds: float | None = None) -> Execution:
        """Run `code` and return what became of it, within `seconds` of own time (a cell's limit by default).

        Never raises for anything the student's code does; nobody answers `input()`, which raises. Raises
        SandboxUnavailable when the sandbox's limits cannot be watched, which is no fault of the student's.
        """
        return self._within(seconds, partial(self._client.execute, code))

    def ask(self, question: bytes, *, seconds: float | None = None) -> Execution:
        """Put a question to `course.grading.guest.answering` in the kernel; return what became of it.

        The same holds as for `execute`. Any bytes may come back as the answer.
        """
        return self._within(seconds, partial(self._client.question, question))

    def _within(
        self, seconds: float | None, converse: Callable[[Outputs, Clock, float, bool], Execution]
    ) -> Execution:
        breach = self.sandbox.watcher.breach
        if breach is not None and not self._client.condemned:
            self._client.condemned = breach.reason
            return from_breach(breach, [], 0.0)
        if not self.alive:
            return Execution("crashed", self._client.condemned or ENDED)
        left = self.limits.notebook - self.seconds
        if left <= 0:
            return Execution("timeout", f"The notebook took more than {self.limits.notebook:g} seconds.")
        wanted = self.limits.cell if seconds is None else seconds
        outputs = Outputs(self.limits.output, self._displays)
        clock = Clock(self.sandbox)
        result = converse(outputs, clock, min(wanted, left), left < wanted)
        if self.sandbox.watcher.failure is not None:
            raise SandboxUnavailable("The limits could not be watched.") from self.sandbox.watcher.failure
        self._seconds += result.seconds
        breach = self.sandbox.watcher.look()
        if breach is not None:
            self._client.condemned = breach.reason
            result = from_breach(breach, outputs.result(), clock.own())
        if self._client.condemned:
            self.sandbox.kill()
        return result

    def files(self) -> dict[str, bytes]:
        """Return the files the student's code wrote, by relative path; also after the kernel has ended.

        Regular files only, at most as many and as much as the limits allow, without notebooks, hidden
        files and names that could be anything but a name; without the assignment's own if unchanged.
        """
        files = working_folder.collect(self.sandbox.work, self.limits.files, self.limits.file_count)
        given = self._assignment_files
        return {name: content for name, content in files.items() if given.get(name) != content}

    def close(self) -> None:
        """End the kernel and everything it started; nothing of it is left. May be called again."""
        self._client.condemned = self._client.condemned or "The kernel has been closed."
        self._client.close()
        self.sandbox.close()

    def __enter__(self) -> StudentKernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
