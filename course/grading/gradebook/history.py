"""The record of every grading, in a table beside nbgrader's: rows are added and never changed."""

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

PACKAGES = ("ipython", "nbgrader", "numpy")
"""packages whose versions a verdict may depend on"""

# No foreign keys: nbgrader does not know this table when it removes students and assignments.
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


_SCALARS = (
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
"""fields of a grading that are stored as they are"""


@dataclass(frozen=True)
class Grading:
    """The record of grading one notebook of one submission."""

    assignment: str
    student: str
    notebook: str
    submission: str
    """digest of the notebooks handed in"""
    files: str
    """digest of the other files handed in"""
    version: str
    """digest of the assignment: the skeleton with its hidden tests, and the files beside it"""
    grader: str
    """version of the course's code"""
    seed: int
    """of the hidden inputs"""
    status: str
    """graded or infrastructure-error"""
    seconds: float
    """that grading took"""
    cells: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """the fields of each `CellResult`, by `grade_id`"""
    repairs: tuple[str, ...] = ()
    problem: str = ""
    """why it is an infrastructure-error, or why nothing of the notebook could be read"""
    graded_at: datetime | None = None
    """in UTC; None before it is in the table"""
    versions: Mapping[str, str] = field(default_factory=dict)
    """of Python and the packages, by name; empty before it is in the table"""

    @property
    def inputs(self) -> tuple[str, str, str, str]:
        """What decides the result of a grading, except when the submission was handed in."""
        return self.submission, self.files, self.version, self.grader

    @property
    def outcome(self) -> dict[str, Any]:
        """What `Result.outcome` gave of this grading, as far as it says how the notebook was read and run."""
        return {"problem": self.problem, "repairs": self.repairs, "cells": self.cells}


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


def unchanged_cells(before: Grading | None, now: Grading) -> frozenset[str]:
    """Return the `grade_id`s of the cells with the same answer as when the notebook was graded before.

    Of a submission that has changed these are written answers: what a test says may depend on all of it.
    """
    if before is None:
        return frozenset()
    if before.submission == now.submission:
        return frozenset(before.cells)
    answers = {name: cell.get("answer") for name, cell in before.cells.items()}
    return frozenset(
        name for name, cell in now.cells.items() if cell.get("answer") and cell["answer"] == answers.get(name)
    )


def create_in(gradebook: Gradebook) -> None:
    """Make the table in a gradebook that does not have it yet."""
    GRADINGS.create(gradebook.db.connection(), checkfirst=True)


def exists(session: Session) -> bool:
    """Return whether the gradebook has the table, that is, whether anything was graded by this course."""
    return inspect(session.connection()).has_table(GRADINGS.name)


def append(session: Session, grading: Grading) -> None:
    """Add a grading to the table, without a commit."""
    values = {name: getattr(grading, name) for name in _SCALARS}
    values |= {
        "problem": printable(grading.problem, LONGEST_MESSAGE),
        "cells": json.dumps(grading.cells),
        "repairs": json.dumps(grading.repairs),
        "versions": json.dumps(versions()),
        "graded_at": datetime.now(UTC).replace(tzinfo=None),
    }
    session.execute(GRADINGS.insert(), values)


def recent(
    session: Session, assignment: str, count: int, student: str | None = None, *, graded: bool = True
) -> dict[tuple[str, str], list[Grading]]:
    """Return the last gradings by student and notebook, at most `count` of each, the last one first.

    Those that were an infrastructure-error are left out, unless `graded` is false.
    """
    query = _recent(graded=graded, of_one_student=student is not None)
    parameters = {"assignment": assignment, "student": student, "count": count}
    gradings: dict[tuple[str, str], list[Grading]] = {}
    for row in session.execute(query, parameters):
        gradings.setdefault((row.student, row.notebook), []).append(_grading(row._mapping))
    return gradings


@functools.cache  # grading a class needs it for every submission
def _recent(*, graded: bool, of_one_student: bool) -> Select[Any]:
    columns = GRADINGS.columns
    condition = columns.assignment == bindparam("assignment")
    if graded:
        condition &= columns.status == "graded"
    if of_one_student:
        condition &= columns.student == bindparam("student")
    ranked = select(GRADINGS, _rank(columns.student, columns.notebook)).where(condition).subquery()
    return select(ranked).where(ranked.columns.rank <= bindparam("count")).order_by(ranked.columns.id.desc())


def _rank(*groups: Column[str]) -> Label[int]:
    """Return the number of a grading among those with the same values in these columns; the last has 1."""
    return func.row_number().over(partition_by=groups, order_by=GRADINGS.columns.id.desc()).label("rank")


def latest(session: Session, assignment: str, student: str | None = None) -> dict[tuple[str, str], Grading]:
    """Return the last grading that was not an infrastructure-error, by student and notebook."""
    return {key: last for key, (last,) in recent(session, assignment, 1, student).items()}


def seeds(session: Session, assignment: str, student: str | None = None) -> dict[str, tuple[str, int]]:
    """Return by student the digest of the submission that was graded last, and the seed of that grading."""
    columns = GRADINGS.columns
    condition = columns.assignment == assignment
    if student is not None:
        condition &= columns.student == student
    selected = (columns.student, columns.submission, columns.seed, _rank(columns.student))
    ranked = select(*selected).where(condition).subquery()
    rows = session.execute(select(ranked).where(ranked.columns.rank == 1))
    return {row.student: (row.submission, row.seed) for row in rows}


def graded_digests(session: Session, assignment: str) -> dict[str, tuple[str, str]]:
    """Return by student the digests, of notebooks and other files, of the submission that was graded last."""
    columns = GRADINGS.columns
    selected = (columns.student, columns.submission, columns.files, _rank(columns.student))
    of_assignment = (columns.assignment == assignment) & (columns.status == "graded")
    ranked = select(*selected).where(of_assignment).subquery()
    rows = session.execute(select(ranked).where(ranked.columns.rank == 1))
    return {row.student: (row.submission, row.files) for row in rows}


def seed(last: tuple[str, int] | None, submission: str) -> int:
    """Return the seed for a submission: that of the last grading if it was of the same one, else a new one.

    So grading again repeats the hidden inputs, and a resubmission is judged on new ones.
    """
    return last[1] if last is not None and last[0] == submission else fresh_seed()


def _grading(row: Mapping[Any, Any]) -> Grading:
    return Grading(
        **{name: row[name] for name in (*_SCALARS, "problem", "graded_at")},
        cells=json.loads(row["cells"]),
        repairs=tuple(json.loads(row["repairs"])),
        versions=json.loads(row["versions"]),
    )


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of Python and the packages."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}
