"""A submission entered for a whole class has the rows that nbgrader makes of one, in their order."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry

from course.grading.course_folder import CourseFolder
from course.grading.gradebook import entries, submitted
from course.grading.gradebook.entries import NO_RESPONSE, Entry
from course.grading.problem_sets import notebooks
from course.grading.submissions.times import HandIn
from tests.helpers import cell, graded, notebook, small_course, solution
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

TIME = datetime(2026, 11, 20, 17)
OWN = {"id", "notebook_id", "assignment_id", "student_id"}
"""columns that differ from submission to submission"""


@pytest.fixture
def gradebook(tmp_path: Path) -> Any:
    root = small_course(tmp_path / "course")
    second = notebook(
        cell("Why?", "why", kind="markdown", grade=True, solution=True, points=4),
        cell("Compare the two.", "compare", kind="markdown", task=True, locked=True, points=4),
        solution("zeta", "x"),
        graded("test_zeta", "assert zeta(1) == 1"),
    )
    notebooks.write(second, root / "source" / "small" / "second.ipynb")
    CourseFolder(root).generate("small")
    with Gradebook(url(root), COURSE_ID) as opened:
        yield opened


def rows(gradebook: Gradebook, student: str) -> list[Any]:
    """Return what the tables have of a submission, but for ids; grades and comments as they were entered."""
    submission = gradebook.find_submission("small", student)
    parts = [submission, *sorted(submission.notebooks, key=lambda each: each.name)]
    for kind in (Grade, Comment):
        parts += [row for row in gradebook.db.query(kind) if row.notebook.assignment is submission]
    return [
        (type(part).__name__, *(getattr(part, c.name) for c in part.__table__.columns if c.name not in OWN))
        for part in parts
    ]


def test_a_submission_has_the_rows_that_nbgrader_makes(gradebook):
    gradebook.update_or_create_student("ann")
    gradebook.update_or_create_submission("small", "ann", timestamp=TIME)
    entered = submitted.enter(gradebook.db, "small", "bob", HandIn(TIME), {})
    assert rows(gradebook, "bob") == rows(gradebook, "ann")
    names = {each.name: each.id for each in gradebook.find_submission("small", "bob").notebooks}
    assert entered == (names, True)
    assert len(rows(gradebook, "bob")) == 1 + 2 + (2 + 3) + (2 + 3)


def test_entered_with_its_entries_it_has_the_rows_of_one_that_they_are_saved_in_later(gradebook):
    of_second = [
        Entry("why", True, None, True, NO_RESPONSE),
        Entry("compare", True, None, True, None),
        Entry("zeta", False, None, True, "Good."),
        Entry("test_zeta", True, 0.5, False, None),
    ]
    later = submitted.enter(gradebook.db, "small", "ann", HandIn(TIME), {}).notebooks
    entries.save(gradebook.db, later["second"], of_second)
    submitted.enter(gradebook.db, "small", "bob", HandIn(TIME), {"second": of_second})
    assert rows(gradebook, "bob") == rows(gradebook, "ann")
    assert [grade.auto_score for grade in gradebook.db.query(Grade) if grade.name == "test_zeta"] == [
        0.5,
        0.5,
    ]


@pytest.mark.parametrize(
    "entry", [Entry("nowhere", True, 1.0, False, None), Entry("why", True, 1.0, True, None)]
)
def test_entries_of_cells_that_the_gradebook_does_not_have_enter_nothing(gradebook, entry):
    of_first = {"small": [entry]}
    with pytest.raises(MissingEntry, match=f"no cell '{entry.grade_id}'"):
        submitted.enter(gradebook.db, "small", "bob", HandIn(TIME), of_first)


def test_entered_again_it_has_another_time_and_the_same_rows(gradebook):
    first = submitted.enter(gradebook.db, "small", "bob", HandIn(TIME), {}).notebooks
    before = rows(gradebook, "bob")
    again = submitted.enter(gradebook.db, "small", "bob", HandIn(None, is_written=False), {})
    assert again == (first, False)
    assert rows(gradebook, "bob") == before
    submitted.enter(gradebook.db, "small", "bob", HandIn(None), {})
    (submission, *others) = rows(gradebook, "bob")
    assert (submission, others) == (("SubmittedAssignment", None, None), before[1:])


def test_students_become_known_in_the_order_of_the_list(gradebook):
    gradebook.update_or_create_student("carl", first_name="Carl")
    submitted.enter_students(gradebook.db, ["dora", "carl", "ann"])
    gradebook.db.commit()
    names = gradebook.db.connection().exec_driver_sql("SELECT id, first_name FROM student ORDER BY rowid")
    assert names.all() == [("carl", "Carl"), ("dora", None), ("ann", None)]
