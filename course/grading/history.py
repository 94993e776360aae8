"""Every grading there was, in a table beside nbgrader's: rows are added and never changed."""

from __future__ import annotations

import functools
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.orm import Session

from course.grading.results import LONGEST_MESSAGE
from course.seed import fresh_seed
from course.wire import printable

PACKAGES = ("ipykernel", "nbgrader", "numpy")
"""whose versions a verdict could depend on"""

# No foreign keys: nbgrader removes students and assignments without knowing of this table.
GRADINGS = Table(
    "course_gradings",
    MetaData(),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("assignment", String(128), nullable=False, index=True),
    Column("student", String(128), nullable=False, index=True),
    Column("notebook", String(128), nullable=False),
    Column("submission", String(64), nullable=False),
    Column("files", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("grader", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("status", String(32), nullable=False),
    Column("problem", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("graded_at", DateTime, nullable=False),
    Column("cells", Text, nullable=False),
    Column("repairs", Text, nullable=False),
    Column("versions", Text, nullable=False),
)


@dataclass(frozen=True)
class Grading:
    """One notebook of one submission, graded once."""

    assignment: str
    student: str
    notebook: str
    submission: str
    """digest of the notebooks handed in"""
    files: str
    """digest of the other files handed in"""
    version: str
    """digest of the assignment: skeleton with hidden tests, files beside it"""
    grader: str
    """version of the course's code"""
    seed: int
    status: str
    seconds: float
    cells: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """by `grade_id`, what a `CellResult` has"""
    repairs: tuple[str, ...] = ()
    problem: str = ""
    graded_at: datetime | None = None
    """in UTC; None before it is in the table"""

    @property
    def inputs(self) -> tuple[str, str, str, str]:
        """All that decides what a grading leaves in the gradebook, but the clock of a late submission."""
        return self.submission, self.files, self.version, self.grader


def create(session: Session) -> None:
    """Make the table if it is not there. Two that do so at once get one."""
    GRADINGS.create(session.connection(), checkfirst=True)


def create_in(gradebook: Gradebook) -> None:
    """Make the table in a gradebook."""
    create(gradebook.db)


def append(session: Session, grading: Grading) -> None:
    """Add a grading, without a commit."""
    values = {name: getattr(grading, name) for name in _PLAIN}
    values |= {
        "problem": printable(grading.problem, LONGEST_MESSAGE),
        "cells": json.dumps(grading.cells),
        "repairs": json.dumps(grading.repairs),
        "versions": json.dumps(versions()),
        "graded_at": datetime.now(UTC).replace(tzinfo=None),
    }
    session.execute(GRADINGS.insert().values(values))


def latest(session: Session, assignment: str, student: str | None = None) -> dict[tuple[str, str], Grading]:
    """Return the last grading that was not an infrastructure-error, by student and notebook."""
    columns = GRADINGS.columns
    last = select(func.max(columns.id)).where(columns.assignment == assignment, columns.status == "graded")
    if student is not None:
        last = last.where(columns.student == student)
    query = select(GRADINGS).where(columns.id.in_(last.group_by(columns.student, columns.notebook)))
    found = (_grading(row._mapping) for row in session.execute(query))
    return {(grading.student, grading.notebook): grading for grading in found}


def seed(session: Session, assignment: str, student: str, submission: str) -> int:
    """Return the seed of a student's last grading if it was of this submission, else a fresh one.

    Grading again repeats the hidden inputs; a resubmission meets new ones, even of what was there before.
    """
    create(session)
    columns = GRADINGS.columns
    mine = (columns.assignment == assignment) & (columns.student == student)
    query = select(columns.submission, columns.seed).where(mine).order_by(columns.id.desc()).limit(1)
    last = session.execute(query).first()
    return last.seed if last is not None and last.submission == submission else fresh_seed()


_PLAIN = (
    "assignment",
    "student",
    "notebook",
    "submission",
    "files",
    "version",
    "grader",
    "seed",
    "status",
    "seconds",
)


def _grading(row: Mapping[Any, Any]) -> Grading:
    return Grading(
        **{name: row[name] for name in (*_PLAIN, "problem", "graded_at")},
        cells=json.loads(row["cells"]),
        repairs=tuple(json.loads(row["repairs"])),
    )


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of what grades, for the record."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}
