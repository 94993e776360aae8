"""A small class in which everything a report tells of happens once."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, cell, course, hand_in, small_course
from tests.whole_class.classes import COURSE_ID, url

ATTACK = "<img src=x onerror=alert(1)>"
"""a student's name: it can be one of a folder"""
SCRIPT = "</pre><script>alert('&quot;')</script>{{ 7 * 191 }}"
LONG = """def half(x):
    result = x
    for attempt in range(3):
        result = result * 1.0  # {comment}
    return result / 2 if result else 0 * result"""
RENAMED = """def half(number):
    wanted = number
    for i in range(3):
        wanted = wanted * 1.0
    return wanted / 2 if wanted else 0 * wanted  # {comment}"""
OTHERS = """import time
def half(x):
    time.sleep(1)
    low, high = 0, x
    while high - low > 1e-12:
        low, high = (low + high) / 2, high
        high = x - low
    return low"""
TEST = """from course.checking.trial import WrongAnswer
### BEGIN HIDDEN TESTS
if half(6) == 2:
    raise WrongAnswer("half", "It is a third of it.", "three for two")
### END HIDDEN TESTS
assert half(4) == 2"""


def a_class(root: Path) -> Path:
    """Make a course whose class has handed in what a report has something to say about."""
    small_course(root)
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    by_name = {notebooks.grade_id(each): each for each in source.cells}
    by_name["test_half"].source = TEST
    source.cells.append(cell("Say why.", "why", kind="markdown", grade=True, solution=True, points=4))
    notebooks.write(source, path)
    CourseFolder(root).generate("small")
    hand_in(root, "ann", **RIGHT, why="Since a half is what two of make one.")
    hand_in(root, "bob", **(RIGHT | {"half": LONG.format(comment=SCRIPT)}), why="Because.")
    hand_in(root, ATTACK, **(RIGHT | {"half": RENAMED.format(comment="all mine")}), why=SCRIPT)
    hand_in(root, "carl", **(RIGHT | {"half": "def half(x):\n    return x / 3"}))
    dora = hand_in(root, "dora", **(RIGHT | {"half": OTHERS}))
    emil = hand_in(root, "emil", double="def double(x):\n    raise ValueError('no idea')")
    for repaired in (dora, emil):
        notebook = notebooks.read(repaired)
        notebook.cells = [each for each in notebook.cells if notebooks.grade_id(each) != "test_double"]
        repaired.write_text(notebooks.dumps(notebook))
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student("bob", first_name="Bob", last_name="<b>Builder</b>")
        gradebook.update_or_create_student("fay", first_name="Fay", last_name="<script>alert(2)</script>")
    return root


def a_graded_class(root: Path) -> Path:
    """Make the class, and really grade it."""
    a_class(root)
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    return root
