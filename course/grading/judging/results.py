"""The result of grading a submission, and of each of its cells."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from nbformat import NotebookNode

from course.text import printable

Verdict = Literal["pass", "wrong", "error", "timeout", "memory", "crashed", "not-run", "manual"]
Status = Literal["graded", "infrastructure-error"]
LONGEST_MESSAGE = 2000
INSIDE = "judged within the notebook's own process"
"""said of a verdict that a student can forge: the student's code runs there, too"""


@dataclass(frozen=True)
class CellResult:
    """The verdict on one graded cell."""

    verdict: Verdict
    points: float | None
    """None for a written answer that nobody has read yet"""
    max_points: float
    message: str = ""
    """for the student; never shows an expected value or a hidden test"""
    mistake: str | None = None
    """the name of the recognised mistake"""
    cause: str = field(default="", compare=False)
    """for the instructor alone: the exception in the test, whose text may show what is expected"""
    seconds: float | None = field(default=None, compare=False)
    """of the student's own time, while the test ran; None when it did not run"""
    answer: str = field(default="", compare=False)
    """the digest of a written answer"""


@dataclass(frozen=True)
class Result:
    """The outcome for one submission."""

    submission: str
    assignment: str
    status: Status
    seed: int
    """from which the hidden inputs were drawn"""
    seconds: float
    cells: dict[str, CellResult] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    """what was corrected in the notebook, a line each"""
    problem: str = ""
    """what went wrong in the grader, on an infrastructure-error"""
    notebook: NotebookNode | None = field(default=None, repr=False)
    """the notebook as it was run, with outputs and verdicts, for feedback"""
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    """what the student's code wrote"""
    unreadable: str = ""
    """why nothing of the submission could be read"""

    @property
    def max_score(self) -> float:
        """Points of all cells, written answers and tasks included."""
        return sum(cell.max_points for cell in self.cells.values())

    @property
    def score(self) -> float | None:
        """Points so far; None when the grader failed."""
        if self.status != "graded":
            return None
        return sum(cell.points or 0.0 for cell in self.cells.values())

    def to_json(self) -> str:
        """Return one line of ASCII JSON."""
        line = {
            "submission": self.submission,
            "assignment": self.assignment,
            "status": self.status,
            "score": self.score,
            "max_score": self.max_score,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "cells": {name: _cell_as_data(cell) for name, cell in self.cells.items()},
        }
        return json.dumps(line, allow_nan=False)

    def outcome(self) -> dict[str, Any]:
        """Return what is kept on record of this grading, as JSON knows it; `cells` are by `grade_id`."""
        cells = {
            name: _cell_as_data(cell)
            | {"seconds": None if cell.seconds is None else round(cell.seconds, 6)}
            | ({"answer": cell.answer} if cell.answer else {})
            for name, cell in self.cells.items()
        }
        return {
            "status": self.status,
            "seconds": self.seconds,
            "problem": self.problem or self.unreadable,
            "repairs": list(self.repairs),
            "cells": cells,
        }


def _cell_as_data(cell: CellResult) -> dict[str, Any]:
    return {
        "verdict": cell.verdict,
        "points": cell.points,
        "max_points": cell.max_points,
        "message": printable(cell.message, LONGEST_MESSAGE),
        "mistake": cell.mistake,
    }
