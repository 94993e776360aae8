"""Brings the gradebook in line with a generated assignment, also when submissions are graded already.

Cells that stay keep their grades and comments; new ones wait for grading; of those that are gone, and of
whole notebooks, what students had is kept in the table `course_dropped_grades`, and comes back with the cell.
So is what was given by hand for a question that is set to 0 points, which counts for nobody from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Course,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import Column, DateTime, Float, Integer, MetaData, String, Table, Text, select
from sqlalchemy.orm import Session

from course.grading.errors import GradebookError
from course.grading.problem_sets.saved_cells import SavedCell, SavedNotebook

DROPPED = Table(
    "course_dropped_grades",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("assignment", String(128), nullable=False),
    Column("notebook", String(128), nullable=False),
    Column("cell", String(128), nullable=False),
    Column("kind", String(50), nullable=False),
    Column("student", String(128), nullable=False),
    Column("auto_score", Float),
    Column("manual_score", Float),
    Column("extra_credit", Float),
    Column("comment", Text),
    Column("dropped_at", DateTime, nullable=False),
)


@dataclass
class MigrationSummary:
    """The questions that came, went or changed, by `grade_id`."""

    new: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """with another test, or other points"""

    def lines(self, assignment: str) -> list[str]:
        """Return what to tell an instructor whose class is graded; nothing where no question changed."""
        parts = []
        if self.new:
            parts.append(f"new, and to be graded: {', '.join(self.new)}")
        if self.dropped:
            parts.append(f"dropped, their grades are kept in {DROPPED.name}: {', '.join(self.dropped)}")
        if self.changed:
            parts.append(f"changed, and to be graded again: {', '.join(self.changed)}")
        return [f"{assignment}: {'; '.join(parts)}; `course grade {assignment}` comes next"] if parts else []


def migrate(
    gradebook: Gradebook, assignment: str, notebooks: Mapping[str, SavedNotebook], present: Collection[str]
) -> MigrationSummary:
    """Save these notebooks, and remove those that are not `present` any more; without a commit.

    The summary names questions only where somebody has a submission.
    """
    session = gradebook.db
    row = session.scalar(select(Assignment).where(Assignment.name == assignment))
    if row is None:
        raise GradebookError(f"the gradebook knows no assignment {assignment}")
    DROPPED.create(session.connection(), checkfirst=True)
    # some of nbgrader's steps enter it when they open a gradebook, also where nothing else is to be written
    session.merge(Course(id="default_course"))
    summary = MigrationSummary()
    by_name = {notebook.name: notebook for notebook in row.notebooks}
    for name, saved in notebooks.items():
        notebook = by_name.get(name) or _new_notebook(session, row, name)
        notebook.kernelspec = saved.kernelspec
        changed = _save_sources(session, notebook, saved.cells)
        changed |= _save_cells(session, assignment, notebook, saved.cells, summary)
        summary.changed += [cell for cell in saved.cells if cell in changed]
    for name in sorted(by_name.keys() - set(present) - notebooks.keys()):
        _save_cells(session, assignment, by_name[name], {}, summary)
        session.flush()
        session.expire_all()
        gradebook.remove_notebook(name, assignment)
    session.flush()
    if not row.submissions:
        return MigrationSummary()
    return summary


def _new_notebook(session: Session, assignment: Assignment, name: str) -> Notebook:
    notebook = Notebook(name=name, assignment=assignment)
    session.add(notebook)
    for submission in assignment.submissions:
        session.add(SubmittedNotebook(notebook=notebook, assignment=submission))
    session.flush()
    return notebook


def _save_sources(session: Session, notebook: Notebook, cells: Mapping[str, SavedCell]) -> set[str]:
    """Save the cells' sources; return the names of the tests that have changed."""
    changed = set()
    sources = {cell.name: cell for cell in notebook.source_cells}
    for name in sources.keys() - cells.keys():
        session.delete(sources[name])
    for name, cell in cells.items():
        source = sources.get(name) or SourceCell(name=name, notebook=notebook, cell_type=cell.kind)
        is_test = cell.points is not None and not cell.is_answer
        if is_test and name in sources and source.source != cell.source:
            changed.add(name)
        source.cell_type, source.source = cell.kind, cell.source
        source.locked, source.checksum = cell.is_locked, cell.checksum
        session.add(source)
    return changed


def _save_cells(
    session: Session,
    assignment: str,
    notebook: Notebook,
    cells: Mapping[str, SavedCell],
    summary: MigrationSummary,
) -> set[str]:
    """Save the cells that have grades or comments; return the names of those with other points."""
    changed = set()
    graded = {name for name, cell in cells.items() if cell.points is not None and not cell.is_task}
    answers = {name for name, cell in cells.items() if cell.is_answer}
    tasks = {name for name, cell in cells.items() if cell.is_task}
    kinds = (
        (GradeCell, notebook.grade_cells, graded),
        (SolutionCell, notebook.solution_cells, answers),
        (TaskCell, notebook.task_cells, tasks),
    )
    for kind, rows, names in kinds:
        known = {row.name: row for row in rows}
        for name in sorted(known.keys() - names):
            _drop(session, assignment, known[name])
            if kind is not SolutionCell:
                summary.dropped.append(name)
        for name in (name for name in cells if name in names):
            row = known.get(name)
            if row is None:
                row = kind(name=name, notebook=notebook)
            if kind is not SolutionCell:
                before = row.max_score
                row.max_score, row.cell_type = cells[name].points, cells[name].kind
                if name in known and before != row.max_score:
                    changed.add(name)
                    if not row.max_score:
                        _set_aside(session, assignment, row)
                    elif not before:
                        _bring_back(session, assignment, row)
            if name not in known:
                session.add(row)
                session.flush()
                _add_rows(session, assignment, notebook, row)
                if kind is not SolutionCell:
                    summary.new.append(name)
    return changed


def _drop(session: Session, assignment: str, cell: BaseCell) -> None:
    """Remove a cell, and keep what students had for it in the table."""
    rows: dict[str, dict[str, object]] = {}
    # of a question that counts for nobody the points are there already
    counts = isinstance(cell, SolutionCell) or bool(cell.max_score)
    for grade in session.scalars(select(Grade).where(Grade.cell_id == cell.id)).all():
        rows[grade.notebook.assignment.student_id] = _points(grade) if counts else {}
        session.delete(grade)
    for comment in session.scalars(select(Comment).where(Comment.cell_id == cell.id)).all():
        rows.setdefault(comment.notebook.assignment.student_id, {}).update(comment=comment.manual_comment)
        session.delete(comment)
    _keep(session, assignment, cell, rows)
    session.flush()
    session.delete(cell)
    session.flush()


def _set_aside(session: Session, assignment: str, cell: BaseCell) -> None:
    """Let nobody have points for a question, and keep those that were given by hand in the table."""
    rows = {}
    for grade in session.scalars(select(Grade).where(Grade.cell_id == cell.id)).all():
        if grade.manual_score is not None or grade.extra_credit is not None:
            rows[grade.notebook.assignment.student_id] = _points(grade)
        if grade.manual_score is not None:
            grade.manual_score = 0.0
        grade.auto_score = None if grade.auto_score is None else 0.0
        grade.extra_credit = None
    _keep(session, assignment, cell, rows)


def _bring_back(session: Session, assignment: str, cell: BaseCell) -> None:
    """Give everybody what was given by hand before a question was set to 0."""
    before = _kept(session, assignment, cell)
    for grade in session.scalars(select(Grade).where(Grade.cell_id == cell.id)).all():
        if row := before.get(grade.notebook.assignment.student_id):
            grade.manual_score = grade.manual_score or row["manual_score"]
            grade.extra_credit = grade.extra_credit or row["extra_credit"]


def _points(grade: Grade) -> dict[str, object]:
    return {name: getattr(grade, name) for name in ("auto_score", "manual_score", "extra_credit")}


def _keep(
    session: Session, assignment: str, cell: BaseCell, rows: Mapping[str, Mapping[str, object]]
) -> None:
    """Keep these values in the table, by student."""
    now = datetime.now(UTC).replace(tzinfo=None)
    names = {"assignment": assignment, "notebook": cell.notebook.name, "cell": cell.name, "kind": cell.type}
    empty = dict.fromkeys(("auto_score", "manual_score", "extra_credit", "comment"))
    for student, values in rows.items():
        row = {**names, "student": student, "dropped_at": now, **empty, **values}
        session.execute(DROPPED.insert(), row)


def _kept(session: Session, assignment: str, cell: BaseCell) -> dict[str, dict[str, object]]:
    """Return what the table has of a cell by student: of each value the last one."""
    columns = DROPPED.columns
    query = select(DROPPED).where(
        columns.assignment == assignment,
        columns.notebook == cell.notebook.name,
        columns.cell == cell.name,
        columns.kind == cell.type,
    )
    kept: dict[str, dict[str, object]] = {}
    for row in session.execute(query.order_by(columns.id)):
        values = {name: row._mapping[name] for name in ("manual_score", "extra_credit", "comment")}
        known = kept.setdefault(row.student, dict.fromkeys(values))
        known.update((name, value) for name, value in values.items() if value is not None)
    return kept


def _add_rows(session: Session, assignment: str, notebook: Notebook, cell: BaseCell) -> None:
    """Give every submission a grade and a comment for a new cell, and what was given by hand before."""
    before = _kept(session, assignment, cell)
    for submitted in notebook.submissions:
        row = before.get(submitted.assignment.student_id)
        if not isinstance(cell, SolutionCell):
            grade = Grade(cell_id=cell.id, notebook=submitted, needs_manual_grade=True)
            if row is not None:
                grade.manual_score, grade.extra_credit = row["manual_score"], row["extra_credit"]
            session.add(grade)
        if not isinstance(cell, GradeCell):
            comment = Comment(cell_id=cell.id, notebook=submitted)
            comment.manual_comment = row["comment"] if row is not None else None
            session.add(comment)
