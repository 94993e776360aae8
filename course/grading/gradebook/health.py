"""Says whether a course's gradebook can be used: it opens, nobody holds it, its version is right."""

from __future__ import annotations

from nbgrader.api import Base
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from course.grading.gradebook.book import as_gradebook_error, name_of, require_course, writers_engine
from course.grading.gradebook.history import GRADINGS

SECONDS_TO_WAIT = 5
"""seconds for another process to end its transaction; a class is graded in transactions of milliseconds"""


def examine(course: CourseDirectory) -> str:
    """Return the gradebook's name, if it can be read and written; nothing in it is changed.

    Raises NoGradebook where there is none yet, and GradebookError.
    """
    name = name_of(course.db_url, "PS")
    with as_gradebook_error(name, "used"):
        engine = writers_engine(course.db_url, SECONDS_TO_WAIT)
        try:
            with engine.begin() as connection, Session(connection) as session:
                require_course(session, name, course.course_id, "PS")
                tables = [*Base.metadata.sorted_tables]
                if inspect(connection).has_table(GRADINGS.name):
                    tables.append(GRADINGS)
                for table in tables:
                    session.execute(select(table).limit(0))
        finally:
            engine.dispose()
    return name
