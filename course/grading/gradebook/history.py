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
    Label,
    MetaData,
    Select,
    String,
    Table,
    Text,
    bindparam,
    func,
    inspect,
    select,
)
from sqlalchemy.orm import Session

from course.checking.seed import fresh_seed
from course.grading.judging.results import LONGEST_MESSAGE
from course.text import printable

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
    versions: Mapping[str, str] = field(default_factory=dict)
    """of what it was recorded with, by package; empty before it is in the table"""

    @property
    def inputs(self) -> tuple[str, str, str, str]:
        """All that decides what a grading leaves in the gradebook, but the clock of a late submission."""
        return self.submission, self.files, self.version, self.grader


def grading_of(
    outcome: Mapping[str, Any],
    *,
    assignment: str,
    student: str,
    notebook: str,
    submission: str,
    files: str,
    version: str,
    grader: str,
    seed: int,
) -> Grading:
    """Return the record of a grading that gave `outcome`, which is a `Result`'s."""
    return Grading(
        assignment=assignment,
        student=student,
        notebook=notebook,
        submission=submission,
        files=files,
        version=version,
        grader=grader,
        seed=seed,
        status=outcome["status"],
        seconds=outcome["seconds"],
        cells=outcome["cells"],
        repairs=tuple(outcome["repairs"]),
        problem=outcome["problem"],
    )


def create(session: Session) -> None:
    """Make the table if it is not there. Two that do so at once get one."""
    GRADINGS.create(session.connection(), checkfirst=True)


def exists(session: Session) -> bool:
    """Say whether the table is there: anything was ever graded through the course."""
    return inspect(session.connection()).has_table(GRADINGS.name)


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
    session.execute(GRADINGS.insert(), values)


def recent(
    session: Session, assignment: str, most: int, student: str | None = None, *, graded: bool = True
) -> dict[tuple[str, str], list[Grading]]:
    """Return up to `most` last gradings by student and notebook, the last one first.

    Without those that were an infrastructure-error, unless `graded` is false.
    """
    query = _recent(graded=graded, of_one=student is not None)
    asked = {"assignment": assignment, "student": student, "most": most}
    found: dict[tuple[str, str], list[Grading]] = {}
    for row in session.execute(query, asked):
        found.setdefault((row.student, row.notebook), []).append(_grading(row._mapping))
    return found


@functools.cache  # a class asks thousands of times
def _recent(*, graded: bool, of_one: bool) -> Select[Any]:
    columns = GRADINGS.columns
    wanted = columns.assignment == bindparam("assignment")
    if graded:
        wanted &= columns.status == "graded"
    if of_one:
        wanted &= columns.student == bindparam("student")
    placed = select(GRADINGS, _place(columns.student, columns.notebook)).where(wanted).subquery()
    return select(placed).where(placed.columns.place <= bindparam("most")).order_by(placed.columns.id.desc())


def _place(*whose: Column[str]) -> Label[int]:
    """Return the place of a grading, from the last one on, among those of the same student or notebook."""
    place = func.row_number().over(partition_by=whose, order_by=GRADINGS.columns.id.desc())
    return place.label("place")


def latest(session: Session, assignment: str, student: str | None = None) -> dict[tuple[str, str], Grading]:
    """Return the last grading that was not an infrastructure-error, by student and notebook."""
    return {who: last for who, (last,) in recent(session, assignment, 1, student).items()}


def seeds(session: Session, assignment: str, student: str | None = None) -> dict[str, tuple[str, int]]:
    """Return by student the digest of the submission graded last, and the seed it was graded with."""
    columns = GRADINGS.columns
    wanted = columns.assignment == assignment
    if student is not None:
        wanted &= columns.student == student
    found = select(columns.student, columns.submission, columns.seed, _place(columns.student)).where(wanted)
    placed = found.subquery()
    last = session.execute(select(placed).where(placed.columns.place == 1))
    return {row.student: (row.submission, row.seed) for row in last}


def seed(last: tuple[str, int] | None, submission: str) -> int:
    """Return the seed of a student's last grading if it was of this submission, else a fresh one.

    Grading again repeats the hidden inputs; a resubmission meets new ones, even of what was there before.
    """
    return last[1] if last is not None and last[0] == submission else fresh_seed()


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
        versions=json.loads(row["versions"]),
    )


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of what grades, for the record."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}
