"""The class as a roster lists it: names and e-mail in nbgrader's table, sections in one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbgrader.api import Course, Student
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import Column, MetaData, String, Table, delete, inspect, select
from sqlalchemy.orm import Session

from course.grading.errors import CourseError

LISTED = Table(
    "course_roster",
    MetaData(),
    Column("student", String(128), primary_key=True),
    Column("section", String(128), nullable=False),
)


@dataclass(frozen=True)
class ListedPerson:
    """A student in a roster; what it does not have is empty."""

    student: str
    """the id"""
    first_name: str
    last_name: str
    email: str
    section: str


def enter(session: Session, course: CourseDirectory, people: Sequence[ListedPerson]) -> list[str]:
    """Enter people, without a commit; return the ids that were new. What a roster does not tell stays."""
    if session.get(Course, course.course_id) is None:
        session.add(Course(id=course.course_id))
    LISTED.create(session.connection(), checkfirst=True)
    sections = listed(session)
    students = {student.id: student for student in session.scalars(select(Student))}
    new = []
    for person in people:
        student = students.get(person.student)
        if student is None:
            student = Student(id=person.student)
            session.add(student)
            new.append(person.student)
        for name in ("first_name", "last_name", "email"):
            if value := getattr(person, name):
                setattr(student, name, value)
        sections[person.student] = person.section or sections.get(person.student, "")
    session.execute(delete(LISTED))
    rows = [{"student": student, "section": section} for student, section in sections.items()]
    session.execute(LISTED.insert(), rows)
    return new


def listed(session: Session) -> dict[str, str]:
    """Return the sections of all who are in a roster, by id; nothing where none was entered."""
    if not inspect(session.connection()).has_table(LISTED.name):
        return {}
    return {row.student: row.section for row in session.execute(select(LISTED))}


def require_section(sections: dict[str, str], section: str) -> None:
    """Raise CourseError unless somebody is in the section."""
    known = sorted(set(sections.values()) - {""})
    if section not in known:
        raise CourseError(
            f"nobody is in a section {section}; there is: {', '.join(known) or 'none'}; `course roster FILE` "
            "enters a roster with a column section"
        )
