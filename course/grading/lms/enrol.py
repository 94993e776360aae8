"""`course roster`: enters names, e-mail and sections of a class into the gradebook."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook, Student
from sqlalchemy import inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.book import as_gradebook_error, require_course, writers_engine
from course.grading.gradebook.people import ListedPerson, enter
from course.grading.lms.rosters import FIRST, LAST, Person, Roster, read_roster

EMAIL = ("email address", "email", "e-mail", "login id")
SECTION = ("section", "sections", "group", "groups")


def enrol(root: Path, file: Path) -> list[str]:
    """Enter a roster; return the lines that `course roster` prints. Raises RosterError, GradebookError."""
    return enrol_roster(CourseFolder(root), read_roster(file))


def enrol_roster(course_folder: CourseFolder, roster: Roster) -> list[str]:
    """Enter everybody in a roster into the gradebook, in one transaction; ids that nobody has are told."""
    course = course_folder.course
    url = make_url(course.db_url)
    name = str(url.database) if url.drivername == "sqlite" else url.render_as_string()
    people = [_listed(roster, person) for person in roster.people]
    with as_gradebook_error(name, "written"):
        is_new = url.drivername == "sqlite" and not Path(url.database or "").is_file()
        if is_new:
            Gradebook(course.db_url, course.course_id).close()
        engine = writers_engine(course.db_url)
        try:
            with Session(engine) as session, session.begin():
                if inspect(session.connection()).has_table("course"):
                    require_course(session, name, course.course_id, "PS")
                new = enter(session, course, people)
                session.flush()
                known = set(session.scalars(select(Student.id)))
        finally:
            engine.dispose()
    handed_in = {path.name for path in (course_folder.root / course.submitted_directory).glob("[!.]*")}
    strangers = sorted((known | handed_in) - {person.student for person in people})
    lines = [f"{roster.file}: {len(new)} entered, {len(people) - len(new)} known before"]
    if strangers:
        lines.append(f"not in {roster.file}: {', '.join(strangers)}")
    return lines


def _listed(roster: Roster, person: Person) -> ListedPerson:
    def cell(names: tuple[str, ...]) -> str:
        column = roster.column(names)
        return person.cells[column] if column is not None else ""

    first, last = cell(FIRST), cell(LAST)
    if not (first or last):
        before, comma, after = (part.strip() for part in person.name.partition(","))
        first, last = (after, before) if comma else _split(person.name)
    email = cell(EMAIL)
    return ListedPerson(person.student, first, last, email if "@" in email else "", cell(SECTION))


def _split(name: str) -> tuple[str, str]:
    first, _, last = name.rpartition(" ")
    return first, last
