"""The record of what one of a group got since it was given to another, in a table beside nbgrader's."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, inspect, select
from sqlalchemy.orm import Session

COPIED = Table(
    "course_copied_grades",
    MetaData(),
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("notebook", String(128), primary_key=True),
    Column("cell", String(128), primary_key=True),
    Column("manual_score", Float, nullable=False),
    Column("extra_credit", Float, nullable=False),
    Column("comment", Text, nullable=False),
)


class CellOfStudent(NamedTuple):
    """A cell in a student's submission."""

    student: str
    notebook: str
    cell: str


class Copied(NamedTuple):
    """What was given for another's answer: while it still stands, nobody has entered anything else."""

    points: tuple[float, float]
    """given by hand, and extra credit"""
    comment: str


def read(session: Session, assignment: str) -> dict[CellOfStudent, Copied]:
    """Return what was copied last, by where it was entered."""
    if not inspect(session.connection()).has_table(COPIED.name):
        return {}
    rows = session.execute(select(COPIED).where(COPIED.columns.assignment == assignment))
    return {
        CellOfStudent(row.student, row.notebook, row.cell): Copied(
            (row.manual_score, row.extra_credit), row.comment
        )
        for row in rows
    }


def record(session: Session, assignment: str, place: CellOfStudent, copied: Copied) -> None:
    """Record what is copied, instead of what was copied there before; without a commit."""
    COPIED.create(session.connection(), checkfirst=True)
    key = {"assignment": assignment, **place._asdict()}
    session.execute(delete(COPIED).where(*(COPIED.columns[name] == value for name, value in key.items())))
    manual, extra = copied.points
    row = {**key, "manual_score": manual, "extra_credit": extra, "comment": copied.comment}
    session.execute(COPIED.insert(), row)
