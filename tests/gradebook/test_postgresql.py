"""The gradebook in a PostgreSQL server, with two graders that write at once."""

from __future__ import annotations

import pytest

from tests.helpers import course, run
from tests.postgresql import server
from tests.whole_class.classes import STUDENTS, a_class, export, gradings, rows, start, url


@pytest.mark.slow
def test_two_graders_at_once(tmp_path) -> None:
    root = a_class(tmp_path / "course")
    assert course("grade", "small", cwd=root).returncode == 0
    expected, exported = rows(url(root)), export(url(root))
    (root / "autograded").rename(tmp_path / "before")
    with server() as address:
        here = {"COURSE_DB_URL": address}
        made = run(["nbgrader", "generate_assignment", "small", "--force"], root, **here)
        assert made.returncode == 0, made.stderr
        graders = [start("grade", "small", "--jobs", "1", cwd=root, **here) for _ in range(2)]
        outputs = [grader.communicate()[0] for grader in graders]
        assert [grader.returncode for grader in graders] == [0, 0], outputs
        assert rows(address) == expected
        assert export(address) == exported
        # both graded, the first one's result stayed
        assert sorted(student for student, _, _ in gradings(address)) == sorted(STUDENTS)
        stock = run(["nbgrader", "autograde", "small", "--force", "--student", "ann"], root, **here)
        assert stock.returncode == 0, stock.stderr
        assert rows(address) == expected
        assert len(gradings(address)) == len(STUDENTS) + 1
    assert sorted(path.name for path in (root / "autograded").iterdir()) == sorted(STUDENTS)
