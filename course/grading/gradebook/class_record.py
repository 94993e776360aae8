"""What is known of a class and one assignment, as plain data."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from course.grading.gradebook.history import Grading

CellKey = tuple[str, str]
"""notebook and `grade_id`, which together name a cell of an assignment"""


@dataclass(frozen=True)
class Question:
    """A cell that gives points."""

    notebook: str
    name: str
    """its `grade_id`"""
    max_points: float
    is_written: bool
    """whether somebody has to read the answer"""

    @property
    def key(self) -> CellKey:
        """The name of the cell in the assignment."""
        return self.notebook, self.name


class Mark(NamedTuple):
    """What a student has for a question."""

    points: float
    """0 where none are given yet"""
    is_waiting: bool
    """whether somebody still has to read the answer"""


@dataclass(frozen=True)
class StudentRecord:
    """A student in the gradebook, with what is known of one assignment's submission."""

    id: str
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    section: str = ""
    """of the class, where a roster tells"""
    is_graded: bool = False
    """whether the gradebook has a submission, which is entered when it is graded"""
    timestamp: datetime | None = None
    """when it was handed in, in UTC"""
    marks: Mapping[CellKey, Mark] = field(default_factory=dict)
    penalty: float = 0.0
    """points lost for handing in late"""
    gradings: Mapping[str, Grading] = field(default_factory=dict)
    """the last one of each notebook that did not fail; only from `read_graded_class`"""
    failures: Mapping[str, str] = field(default_factory=dict)
    """why the last grading of a notebook failed; only from `read_graded_class`"""

    @property
    def name(self) -> str:
        """First and last name, as far as the gradebook has them."""
        return " ".join(filter(None, (self.first_name, self.last_name)))

    @property
    def raw_score(self) -> float:
        """The points so far."""
        return math.fsum(mark.points for mark in self.marks.values())

    @property
    def score(self) -> float:
        """The points so far, less the late penalty and never below zero: nbgrader's rule."""
        return max(0.0, self.raw_score - self.penalty)

    @cached_property
    def cells(self) -> dict[CellKey, Mapping[str, Any]]:
        """The recorded result of each graded cell."""
        return {
            (notebook, name): cell
            for notebook, grading in self.gradings.items()
            for name, cell in grading.cells.items()
        }


@dataclass(frozen=True)
class ReleasedCell:
    """A cell as students received it."""

    notebook: str
    name: str
    """its `grade_id`"""
    kind: str
    """code or markdown"""
    source: str
    is_answer: bool

    @property
    def key(self) -> CellKey:
        """The name of the cell in the assignment."""
        return self.notebook, self.name


@dataclass(frozen=True)
class ClassRecord:
    """A class and one assignment."""

    course: str
    assignment: str
    questions: Sequence[Question]
    """by notebook, in the order of the notebook under `source/`"""
    students: Sequence[StudentRecord]
    """by id"""
    released: Sequence[ReleasedCell] = ()
    """only from `read_graded_class`"""
    ungraded: Sequence[str] = ()
    """ids of those who have handed in and are not graded, in order; only where folders were looked at"""
    older: Collection[str] = ()
    """ids of those whose grades are not of what is handed in now; only where folders were looked at"""
    strangers: Sequence[str] = ()
    """ids that are in the gradebook and in no roster, where one was entered"""

    @property
    def graded(self) -> list[StudentRecord]:
        """The students whose submission is in the gradebook."""
        return [student for student in self.students if student.is_graded]

    @property
    def max_score(self) -> float:
        """The points of all questions."""
        return math.fsum(question.max_points for question in self.questions)

    @cached_property
    def labels(self) -> dict[CellKey, str]:
        """The `grade_id` of each question, after the notebook's name where there are several."""
        has_several = len({question.notebook for question in self.questions}) > 1
        return {q.key: f"{q.notebook}: {q.name}" if has_several else q.name for q in self.questions}

    def waiting(self, student: StudentRecord) -> list[str]:
        """Return the labels of a student's questions that nobody has graded yet."""
        marks = student.marks
        return [label for key, label in self.labels.items() if key in marks and marks[key].is_waiting]
