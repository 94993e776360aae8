"""Grades one submission: no course tree and no gradebook needed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course.checking.seed import fresh_seed
from course.grading.errors import HarnessFailure, SandboxUnavailable
from course.grading.judging.results import CellResult, Result, Status
from course.grading.judging.runner import run, verdict_output
from course.grading.problem_sets.assignment import Assignment
from course.grading.problem_sets.notebooks import grade_id
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.zygote import zygotes
from course.grading.submissions.rebuild import Rebuilt, rebuild
from course.grading.submissions.unreadable import Unreadable

VARIABLES = {"NBGRADER_EXECUTION": "autograde"}
"""environment variables that nbgrader sets while grading"""
METADATA = "course"
"""key under which a graded notebook says how it was graded"""


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
    `variables` are added to the environment of the student's code.
    Nothing in a submission makes this raise; SandboxUnavailable is raised when nothing can be graded.
    """
    rebuilt = rebuild(assignment, submission)
    result = grade_rebuilt(assignment, rebuilt, seed=seed, limits=limits, variables=variables)
    return replace(result, submission=str(submission) if isinstance(submission, Path) else "")


def grade_rebuilt(
    assignment: Assignment,
    rebuilt: Rebuilt,
    *,
    seed: int | None = None,
    limits: Limits | None = None,
    variables: dict[str, str] | None = None,
) -> Result:
    """Return the result for a submission that `rebuild` has put on the skeleton: the second half of `grade`.

    nbgrader has steps of its own between the two halves, so its own `autograde` calls them one by one.
    Raises SandboxUnavailable.
    """
    begin, warm_up = time.monotonic(), zygotes.seconds
    seed = fresh_seed() if seed is None else seed
    notebook = rebuilt.notebook

    def result(status: Status, cells: dict[str, CellResult], **more: Any) -> Result:
        # without the start of a zygote, which is for all that come after
        seconds = time.monotonic() - begin - (zygotes.seconds - warm_up)
        return Result("", assignment.name, status, seed, seconds, cells, repairs=rebuilt.repairs, **more)

    if rebuilt.unreadable:
        cells = _not_run(assignment, rebuilt.unreadable)
        _show(notebook, cells)
        notebook.metadata[METADATA] = {"unreadable": rebuilt.unreadable}
        return result("graded", cells, notebook=notebook, unreadable=rebuilt.unreadable)
    try:
        cells, files = run(assignment, notebook, seed, limits or Limits(), variables or {})
    except SandboxUnavailable:
        raise
    except HarnessFailure as error:
        return result("infrastructure-error", {}, problem=str(error))
    except Exception as error:  # a fault of the grader's own must never become a score
        return result("infrastructure-error", {}, problem=f"{type(error).__name__}: {error}")
    notebook.metadata[METADATA] = {"seed": seed}
    return result("graded", cells, notebook=notebook, files=files)


def _not_run(assignment: Assignment, reason: str) -> dict[str, CellResult]:
    """Return the verdicts for a submission of which nothing could be run."""
    settings = [cell.metadata.get("nbgrader", {}) for cell in assignment.skeleton.cells]
    return {
        s["grade_id"]: CellResult("not-run", 0.0, float(s.get("points", 0)), reason)
        for s in settings
        if s.get("grade") or s.get("task")
    }


def _show(notebook: NotebookNode, cells: Mapping[str, CellResult]) -> None:
    """Put verdicts into the test cells of a notebook that was not run."""
    for cell in notebook.cells:
        result = cells.get(grade_id(cell) or "")
        if result is not None and cell.cell_type == "code":
            cell.outputs = [verdict_output(result)]
