"""Opens nbgrader's gradebook, in SQLite or PostgreSQL, while other processes may be writing in it."""

from __future__ import annotations

import random
import shlex
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from nbgrader.api import Assignment, Course, Gradebook, InvalidEntry
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import Engine, create_engine, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from course.grading.errors import GradebookError, NoGradebook

T = TypeVar("T")

ATTEMPTS = 6
"""attempts to make a transaction that conflicts with another one"""
SECONDS_TO_WAIT = 60
"""seconds to wait for the end of another process's transaction"""
SECONDS_OF_SILENCE = 2
"""of these, seconds before it is said what is waited for"""
NBGRADERS_OWN = {"default_course"}
"""the course that nbgrader's steps add to any gradebook"""


class _OneCommit(Session):
    """A session whose changes are committed together, when its connection's transaction ends."""

    def commit(self) -> None:
        """Do nothing: nbgrader commits after every single change."""


class Book:
    """A gradebook, open for writing one assignment's results."""

    def __init__(self, db_url: str, course: str, assignment: str) -> None:
        """Open the gradebook at `db_url`.

        Raises NoGradebook, and GradebookError if it is another course's or does not know the assignment;
        nothing in it is changed.
        """
        self._lock = select(Assignment.id).where(Assignment.name == assignment).with_for_update()
        self.name = name_of(db_url, assignment)
        _say_if_locked(db_url, self.name, "rw", "BEGIN IMMEDIATE")
        with as_gradebook_error(self.name, "opened"):
            self._engine = writers_engine(db_url)
        try:
            with as_gradebook_error(self.name, "opened"):
                with Session(self._engine) as session:
                    _check(session, self.name, course, assignment)
                self._gradebook = Gradebook(db_url, course)
                self._gradebook.engine.dispose()
        except BaseException:
            self._engine.dispose()
            raise

    def transact(self, work: Callable[[Gradebook], T]) -> T:
        """Return what `work` returns, called with nbgrader's gradebook in one transaction.

        All that `work` writes is committed when it returns, or nothing is. It is called again after a
        conflict with another process's transaction. Raises GradebookError, and what `work` raises.
        """
        for attempt in range(ATTEMPTS):
            try:
                with self._transaction() as gradebook:
                    return work(gradebook)
            except (DBAPIError, InvalidEntry) as error:
                if attempt + 1 == ATTEMPTS or not _may_pass(error):
                    raise _failure(self.name, "written", error) from error
                time.sleep(random.uniform(0.05, 0.2) * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def _transaction(self) -> Iterator[Gradebook]:
        with (
            self._engine.connect() as connection,
            connection.begin(),
            _OneCommit(connection, join_transaction_mode="rollback_only") as session,
        ):
            # Two graders take turns: each locks the assignment's row. SQLite has locked the whole file.
            session.execute(self._lock)
            nbgraders_session, self._gradebook.db = self._gradebook.db, session
            try:
                yield self._gradebook
                session.flush()
            finally:
                self._gradebook.db = nbgraders_session

    def close(self) -> None:
        """Close the connections to the database."""
        self._gradebook.close()
        self._engine.dispose()


@contextmanager
def snapshot(course: CourseDirectory, assignment: str, seconds: int = SECONDS_TO_WAIT) -> Iterator[Session]:
    """Open a course's gradebook, as it is at this moment, for reading only.

    Where another process has locked it, wait so many seconds for the end of that; longer ones are announced.
    Raises NoGradebook, and GradebookError as `Book` does.
    """
    name = name_of(course.db_url, assignment)
    if seconds > SECONDS_OF_SILENCE:
        _say_if_locked(course.db_url, name, "ro", "SELECT * FROM sqlite_master")
    with as_gradebook_error(name, "read"):
        engine = _readers_engine(course.db_url, seconds)
        try:
            with Session(engine) as session:
                _check(session, name, course.course_id, assignment)
                yield session
        finally:
            engine.dispose()


def name_of(db_url: str, assignment: str) -> str:
    """Return the gradebook's name for messages. Raises GradebookError, NoGradebook where there is no file."""
    try:
        url = make_url(db_url)
    except ArgumentError:
        raise GradebookError("the value of db_url is not a database URL: check COURSE_DB_URL") from None
    name = str(url.database) if url.drivername == "sqlite" else url.render_as_string()
    if url.drivername == "sqlite" and not Path(url.database or "").is_file():
        raise NoGradebook(f"there is no gradebook {name} yet: {_generate(assignment)} makes it")
    return name


def _check(session: Session, name: str, course: str, assignment: str) -> None:
    """Raise GradebookError unless this is the gradebook of the course, and has the assignment."""
    require_course(session, name, course, assignment)
    known = sorted(session.scalars(select(Assignment.name)))
    if assignment not in known:
        raise GradebookError(
            f"the gradebook knows no assignment {assignment} (it knows {', '.join(known) or 'none'}): "
            f"{_generate(assignment)} makes it known"
        )


def require_course(session: Session, name: str, course: str, assignment: str) -> None:
    """Raise GradebookError unless this is a gradebook, and of the course. An assignment of it is named."""
    tables = set(inspect(session.connection()).get_table_names())
    if not {"course", "assignment", "grade"} <= tables:
        raise GradebookError(f"{name} is not a gradebook of nbgrader: {_generate(assignment)} makes one")
    courses = set(session.scalars(select(Course.id))) - NBGRADERS_OWN
    if courses and course not in courses:
        raise GradebookError(
            f"{name} is the gradebook of another course ({', '.join(sorted(courses))}, not "
            f"{course}): set COURSE_DB_URL or CourseDirectory.db_url to this one's"
        )


@contextmanager
def as_gradebook_error(name: str, action: str) -> Iterator[None]:
    """Turn the database's errors into GradebookError: the gradebook cannot be opened, or read."""
    try:
        yield
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise _failure(name, action, error) from error


def writers_engine(db_url: str, seconds: int = SECONDS_TO_WAIT) -> Engine:
    """Return connections for writing, which wait so long for another process to end its transaction."""
    if not db_url.startswith("sqlite"):
        return create_engine(db_url, pool_pre_ping=True)
    engine = create_engine(db_url, connect_args={"timeout": seconds})

    # A transaction that reads first fails if another writes before it does: lock the file at its beginning.
    @event.listens_for(engine, "connect")
    def begin_no_transactions(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def lock(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _readers_engine(db_url: str, seconds: int) -> Engine:
    if not db_url.startswith("sqlite"):
        return create_engine(db_url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
    path = Path(make_url(db_url).database or "").resolve()

    def connect() -> sqlite3.Connection:
        address = f"{path.as_uri()}?mode=ro"
        return sqlite3.connect(address, uri=True, timeout=seconds, isolation_level=None)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _say_if_locked(db_url: str, name: str, mode: str, statement: str) -> None:
    """Say on standard error that another process has locked the gradebook, where a statement has to wait."""
    if not db_url.startswith("sqlite"):
        return
    address = f"{Path(make_url(db_url).database or '').resolve().as_uri()}?mode={mode}"
    with suppress(sqlite3.Error):  # the database's other errors are raised when it is used
        connection = sqlite3.connect(address, uri=True, timeout=SECONDS_OF_SILENCE, isolation_level=None)
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                print(f"course: {name} is locked by another command: waiting for its end", file=sys.stderr)
        finally:
            connection.close()


def _may_pass(error: Exception) -> bool:
    """Return whether the same transaction may succeed a moment later."""
    if isinstance(error, (IntegrityError, InvalidEntry)):
        return True
    text = str(error).lower()
    return any(word in text for word in ("deadlock", "serialize", "locked", "busy", "already exists"))


def _failure(name: str, action: str, error: Exception) -> GradebookError:
    """Return the exception for what the database said, with the command that helps, where one does."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text, command = " ".join(str(original).split())[:300], ""
    if "no such column" in text or ("does not exist" in text and "column" in text):
        text += "; an older gradebook can be brought up to date (keep a copy)"
        command = "nbgrader db upgrade"
    elif "is locked" in text:
        text += "; another process is writing in it: wait for it, or end it"
        command = "ps -ef | grep -E 'course|nbgrader|jupyter'"
    elif "readonly database" in text:
        text += "; its file and its folder have to be writable"
        command = f"chmod u+w {shlex.quote(name)}"
    elif isinstance(error, ModuleNotFoundError):
        text += ", which PostgreSQL needs"
        command = 'pip install "mlp-course[postgres]"'
    return GradebookError(f"{name} cannot be {action}: {text}", command)


def _generate(assignment: str) -> str:
    """Return the command that makes an assignment known to the gradebook."""
    return f"`nbgrader generate_assignment {shlex.quote(assignment)} --force`"
