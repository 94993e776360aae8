"""Grade one submission: no course tree and no gradebook needed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course.checking.seed import fresh_seed
from course.grading.errors import HarnessFailure, SandboxUnavailable
from course.grading.judging.results import CellResult, Result, Status
from course.grading.judging.runner import run, verdict_output
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import Assignment
from course.grading.sandbox.limits import Limits
from course.grading.submissions import notebook as submissions
from course.grading.submissions.notebook import Unreadable
from course.grading.submissions.rebuild import rebuild


def grade(
    assignment: Assignment,
    submission: Path | bytes | Unreadable,
    *,
    seed: int | None = None,
    limits: Limits | None = None,
    variables: dict[str, str] | None = None,
) -> Result:
    """Return the result for `submission`, a notebook's path or content, or why there is none.

    `seed` repeats an earlier grading's hidden inputs; by default one is drawn from the operating system.
    Nothing in a submission makes this raise; SandboxUnavailable is raised when nothing can be graded.
    """
    begin = time.monotonic()
    seed = fresh_seed() if seed is None else seed
    name = str(submission) if isinstance(submission, Path) else ""

    def result(status: Status, cells: dict[str, CellResult], **more: Any) -> Result:
        seconds = time.monotonic() - begin
        return Result(name, assignment.name, status, seed, seconds, cells, **more)

    try:
        if isinstance(submission, Unreadable):
            raise submission
        content = submissions.read(submission) if isinstance(submission, Path) else submission
        notebook, repairs = rebuild(assignment, submissions.cells(content))
    except Unreadable as error:
        reason = str(error)
        notebook, _ = rebuild(assignment, [])
        cells = not_run(assignment, reason)
        show(notebook, cells)
        return result("graded", cells, repairs=(reason,), notebook=notebook, unreadable=reason)
    try:
        cells, runner = run(assignment, notebook, seed, limits or Limits(), variables)
    except SandboxUnavailable:
        raise
    except HarnessFailure as error:
        return result("infrastructure-error", {}, problem=str(error))
    except Exception as error:  # a fault of the grader's own must never become a score
        return result("infrastructure-error", {}, problem=f"{type(error).__name__}: {error}")
    return result("graded", cells, repairs=tuple(repairs), notebook=notebook, files=runner.files)


def not_run(assignment: Assignment, reason: str) -> dict[str, CellResult]:
    """Return the verdicts for a submission of which nothing could be run."""
    settings = [cell.metadata.get("nbgrader", {}) for cell in assignment.skeleton.cells]
    return {
        s["grade_id"]: CellResult("not-run", 0.0, float(s["points"]), reason)
        for s in settings
        if s.get("grade")
    }


def show(notebook: NotebookNode, cells: dict[str, CellResult]) -> None:
    """Put verdicts into the test cells of a notebook that was not run."""
    for cell in notebook.cells:
        result = cells.get(notebooks.grade_id(cell) or "")
        if result is not None and cell.cell_type == "code":
            cell.outputs = [verdict_output(result)]
