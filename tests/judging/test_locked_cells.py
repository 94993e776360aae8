"""Locked cells and tests open the released files and import the released modules, in the grader as well."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from course.grading.errors import ControlFailed
from course.grading.judging import control
from course.grading.judging.grade import grade
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import Assignment, with_tests
from tests.helpers import cell, course, graded, nbgrader, notebook, small_course

ANSWER = "def total(rows):\n    return sum(rows)"
READING = 'import table\nrows = table.read("data.csv")'
MODULE = "def read(name):\n    return [int(line) for line in open(name)]"
TESTS = "assert total(rows) == {0}\nimport pathlib\nassert pathlib.Path('data.csv').read_text() == {1!r}"


def book(answer: str, locked: str, test: str):
    return notebook(
        cell(locked, "setup", locked=True), cell(answer, "total", solution=True), graded("test_total", test)
    )


def problem(data: str = "1\n2\n", module: str = MODULE, locked: str = READING, test: str = "") -> Assignment:
    """An assignment whose locked cell reads data with a module, both of them released."""
    test = test or TESTS.format(sum(map(int, data.split())), data)
    assignment = with_tests("sums", book("", locked, test), book(ANSWER, locked, test))
    return replace(assignment, files={"data.csv": data.encode(), "table.py": module.encode()})


def score(assignment: Assignment, answer: str = ANSWER, **own: str) -> tuple[float | None, str]:
    """Grade an answer, handed in with cells of the student's own before the locked ones."""
    submitted = notebooks.with_answers(assignment.skeleton, {"total": answer})
    submitted.cells[:0] = [cell(source) for source in own.values()]
    result = grade(assignment, notebooks.dumps(submitted).encode())
    return result.score, result.problem


@pytest.fixture(autouse=True)
def nothing_is_left():
    """The process imports, and works in, what it did before."""
    before = list(sys.path), Path.cwd(), {name for name in sys.modules if name in ("table", "lib", "rows")}
    yield
    after = list(sys.path), Path.cwd(), {name for name in sys.modules if name in ("table", "lib", "rows")}
    assert after == before
    assert not [entry for entry in sys.path_importer_cache if "course-released" in entry or entry == "lib"]


def test_data_and_modules() -> None:
    assignment = problem()
    control.check(assignment)
    assert score(assignment) == (1.0, "")
    assert score(assignment, "def total(rows):\n    return 0") == (0.0, "")


def test_what_a_student_writes_is_not_what_the_grader_reads() -> None:
    own = "open('data.csv', 'w').write('5\\n'); open('table.py', 'w').write('read = lambda name: [5]')"
    assert score(problem(), "def total(rows):\n    return 5", own=own) == (0.0, "")
    assert score(problem(), own=own) == (1.0, "")


def test_each_assignment_has_its_own_module_of_a_name() -> None:
    other = problem(module="def read(name):\n    return [40, 2]", test="assert total(rows) == 42")
    assert [score(a)[0] for a in (problem(), other, problem())] == [1.0, 1.0, 1.0]


def test_a_module_of_the_graders_own_is_as_it_was(monkeypatch) -> None:
    own = type(sys)("table")
    monkeypatch.setitem(sys.modules, "table", own)
    assert score(problem())[0] == 1.0
    assert sys.modules["table"] is own


def test_a_path_that_a_locked_cell_extends() -> None:
    assignment = problem(locked='import sys\nsys.path.append("lib")\nfrom rows import rows')
    assignment = replace(assignment, files={**assignment.files, "lib/rows.py": b"rows = [1, 2]"})
    assert score(assignment) == (1.0, "")


def test_what_a_module_imports_when_it_is_called() -> None:
    lazy = "def read(name):\n    from lib.rows import rows\n    return rows"
    assignment = problem(module=lazy, locked="import table", test="assert total(table.read('')) == 3")
    assignment = replace(assignment, files={**assignment.files, "lib/rows.py": b"rows = [1, 2]"})
    assert score(assignment) == (1.0, "")


def test_threads() -> None:
    others = [problem(data=f"{number}\n{number}\n") for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert [points for points, _ in pool.map(score, others)] == [1.0] * 8


@pytest.mark.parametrize(
    ("locked", "says", "advises"),
    [
        (
            'open("missing.csv")',
            r"FileNotFoundError: \[Errno 2\] No such file or directory: 'missing.csv'",
            "beside the notebook in source/",
        ),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", "of your own"),
        ("%matplotlib inline", "SyntaxError: invalid syntax", "into a cell that is not locked"),
    ],
)
def test_one_that_fails_is_named_with_its_remedy(locked: str, says: str, advises: str) -> None:
    broken = problem(locked=locked)
    start = f"setup: this locked cell of sums.ipynb fails in the grader: {says}"
    with pytest.raises(ControlFailed, match=start) as caught:
        control.check(broken)
    assert advises in str(caught.value)
    points, message = score(broken)
    assert points is None
    assert message.startswith(start.replace("\\", "")), message
    assert "beside the notebook in source/" in message


@pytest.mark.slow
def test_all_commands(tmp_path) -> None:
    root = small_course(tmp_path)
    folder = root / "source" / "sums"
    regions = "def total(rows):\n    ### BEGIN SOLUTION\n    return sum(rows)\n    ### END SOLUTION"
    notebooks.write(book(regions, READING, TESTS.format(3, "1\n2\n")), folder / "sums.ipynb")
    (folder / "data.csv").write_text("1\n2\n")
    (folder / "table.py").write_text(MODULE)
    assert nbgrader("generate_assignment", "sums", cwd=root).returncode == 0
    released = notebooks.read(root / "release" / "sums" / "sums.ipynb")
    for student in ("ann", "carl"):
        submitted = root / "submitted" / student / "sums"
        notebooks.write(notebooks.with_answers(released, {"total": ANSWER}), submitted / "sums.ipynb")
    (submitted / "table.py").write_text("def read(name):\n    return []")
    result = course("grade", "sums", "--jobs", "2", cwd=root)
    assert "2 of 2 submissions graded" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0
    result = course("score", "sums", "submitted/carl/sums", "--json", cwd=root)
    assert json.loads(result.stdout)["score"] == 1, result.stdout + result.stderr
    result = nbgrader("autograde", "sums", "--student", "carl", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
