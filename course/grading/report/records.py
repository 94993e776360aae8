"""What is known of a graded class, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from course.grading.gradebook.history import Grading

Key = tuple[str, str]
"""notebook and `grade_id`: what names a cell"""


@dataclass(frozen=True)
class Question:
    """One graded cell."""

    notebook: str
    name: str
    """its `grade_id`"""
    max_points: float
    is_written: bool
    """whether somebody has to read the answer"""

    @property
    def key(self) -> Key:
        """What names it."""
        return self.notebook, self.name


@dataclass(frozen=True)
class Mark:
    """What one student has for one question."""

    points: float
    is_waiting: bool
    """for somebody to read it"""


@dataclass(frozen=True)
class Participant:
    """A student in the gradebook, and what is known of the assignment's submission."""

    id: str
    name: str = ""
    """first and last, where the gradebook has them"""
    marks: Mapping[Key, Mark] = field(default_factory=dict)
    """empty where nothing was handed in, or nothing of it was ever graded"""
    penalty: float = 0.0
    """points lost for being late"""
    gradings: Mapping[str, Grading] = field(default_factory=dict)
    """the last one of each notebook"""
    failures: Mapping[str, str] = field(default_factory=dict)
    """why the last attempt to grade a notebook failed"""

    @property
    def is_graded(self) -> bool:
        """Whether the gradebook has points."""
        return bool(self.marks)

    @cached_property
    def cells(self) -> dict[Key, Mapping[str, Any]]:
        """What is recorded of each graded cell."""
        return {
            (notebook, name): cell
            for notebook, grading in self.gradings.items()
            for name, cell in grading.cells.items()
        }

    @property
    def score(self) -> float:
        """Points after the late penalty, as nbgrader counts them."""
        return max(0.0, sum(mark.points for mark in self.marks.values()) - self.penalty)


@dataclass(frozen=True)
class Template:
    """A cell as students received it."""

    notebook: str
    name: str
    kind: str
    """code or markdown"""
    source: str
    is_answer: bool


@dataclass(frozen=True)
class ClassRecord:
    """A class and one assignment."""

    course: str
    assignment: str
    questions: Sequence[Question]
    """in the order of the notebook, as far as it is recorded"""
    students: Sequence[Participant]
    templates: Sequence[Template]

    @property
    def graded(self) -> list[Participant]:
        """Students whose submission is in the gradebook."""
        return [student for student in self.students if student.is_graded]

    @property
    def max_score(self) -> float:
        """Points of all questions."""
        return sum(question.max_points for question in self.questions)
