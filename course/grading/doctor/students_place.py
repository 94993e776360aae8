"""Makes a sandbox as a student's, imports in it what notebooks import, and grades the solutions."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Iterator

from course.grading.errors import CourseError
from course.grading.judging import control
from course.grading.problem_sets.assignment import Assignment
from course.grading.problem_sets.names import imported_modules
from course.grading.sandbox import bubblewrap
from course.grading.sandbox.confinement import is_root
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.mounts import mounts
from course.grading.sandbox.readable import on_host, require_readable


def check_sandbox() -> Iterator[str]:
    """Yield how a student's code is run, after it was tried. Raises SandboxUnavailable."""
    first = bubblewrap.program()
    with Guest() as guest:
        execution = guest.execute("6 * 7")
    if execution.status != "ok":
        reason = execution.reason or execution.failure
        raise CourseError(f"a sandbox was made, and no cell runs in it: {reason}")
    require_readable(mounts())
    program = bubblewrap.program()
    yield f"{program}, {'as root, each student as another user' if is_root() else 'as a user'}"
    if program != first:
        yield f"{first} is not used: it cannot make one"


def check_imports(assignment: Assignment, limits: Limits) -> str:
    """Return what the student's cells import, after it was imported in a sandbox. Raises CourseError."""
    names = sorted(_imports(assignment))
    with Guest(assignment.files, limits=limits, hidden=assignment.hidden) as guest:
        for name in names:
            failure = guest.execute(f"import {name}").failure
            if failure is None:
                continue
            said = on_host(f"{failure.name}: {failure.message}", mounts())
            cause = f"{assignment.name} imports {name}, which fails where students' code runs: {said}"
            if importlib.util.find_spec(name) is None:
                raise CourseError(cause, f"{shlex.quote(sys.executable)} -m pip install {name}")
            raise CourseError(f"{cause}; install it anew, or put a module of your own beside the notebook")
    return f"{assignment.name}: {', '.join(names) or 'nothing'}"


def _imports(assignment: Assignment) -> set[str]:
    """Return the modules that solutions, and cells without a test, import."""
    cells = [cell for cell in assignment.skeleton.cells if cell.cell_type == "code"]
    settings = [(cell.source, cell.metadata.get("nbgrader", {})) for cell in cells]
    sources = [source for source, setting in settings if setting.get("solution") or not setting.get("grade")]
    sources += (assignment.solutions or {}).values()
    return {name for source in sources for name in imported_modules(source)} - {"__future__"}


def check_control(assignment: Assignment, limits: Limits) -> str:
    """Return that the instructor's solution gets full credit. Raises ControlFailed and SandboxUnavailable."""
    if notice := control.left_out(assignment):
        return notice
    control.check(assignment, limits)
    return f"{assignment.name}: its solution gets full credit"
