"""The seed of each submission, in a table of its own in the gradebook: a regrade repeats its inputs."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy import BigInteger, Column, MetaData, String, Table, and_, delete, insert, select

from course.grading.submission import Unreadable, read
from course.seed import fresh_seed

# No foreign keys: nbgrader removes a student or an assignment without knowing of this table.
_SEEDS = Table(
    "course_seeds",
    MetaData(),
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
)


def recorded_seed(db_url: str, assignment: str, student: str, digest: str) -> int:
    """Return the seed recorded for a student's submission with this digest.

    A new or changed submission gets a fresh one, recorded in place of the last.
    """
    columns = _SEEDS.columns
    mine = and_(columns.assignment == assignment, columns.student == student)
    with Gradebook(db_url) as gradebook:
        session = gradebook.db
        _SEEDS.create(session.connection(), checkfirst=True)
        found = session.execute(select(columns.seed).where(mine, columns.digest == digest)).scalar()
        if found is None:
            found = fresh_seed()
            session.execute(delete(_SEEDS).where(mine))
            session.execute(
                insert(_SEEDS).values(assignment=assignment, student=student, digest=digest, seed=found)
            )
        session.commit()
        return int(found)


def digest(folder: Path) -> str:
    """Return a digest of the notebooks of the submission in `folder`: no other file decides a verdict."""
    result = hashlib.sha256()
    for path in sorted(folder.glob("*.ipynb")):
        try:
            content = read(path)
        except Unreadable:
            continue
        # the lengths keep names and contents apart
        for part in (path.name.encode("utf-8", "surrogateescape"), content):
            result.update(b"%d:" % len(part) + part)
    return result.hexdigest()
