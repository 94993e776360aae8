"""`course grade` leaves what `nbgrader autograde` leaves, and says what came of the class."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, cell, course, hand_in, nbgrader, small_course
from tests.whole_class.classes import export, rows, url

WRITES = "def double(x):\n    open('made.txt', 'w').write('mine')\n    return 2 * x"
WRONG = "def half(x):\n    return x / 3"


def class_of(root: Path) -> Path:
    """Make a course whose class hands in what the two ways could treat differently."""
    small_course(root)
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    source.cells.append(cell("Say why.", "why", kind="markdown", grade=True, solution=True, points=4))
    notebooks.write(source, path)
    (root / "source" / "small" / "data.csv").write_text("1,2\n")
    CourseFolder(root).generate("small")
    with Gradebook(f"sqlite:///{root}/gradebook.db", "mlp-gradients") as gradebook:
        gradebook.update_or_create_assignment("small", duedate="2026-01-02 00:00:00 UTC")
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + LATE)
    hand_in(root, "ann", **RIGHT, why="<b onclick='x()'>because</b> <script>alert(1)</script>")
    hand_in(root, "bob", **(RIGHT | {"half": WRONG}))
    hand_in(root, "carl", **(RIGHT | {"double": WRITES}))
    own = hand_in(root, "dora", **RIGHT)
    notebook = notebooks.read(own)
    notebook.cells.insert(1, notebooks.nbformat.v4.new_code_cell("print('mine')", metadata={"tags": ["x"]}))
    (test,) = (c for c in notebook.cells if notebooks.grade_id(c) == "test_half")
    test.metadata["nbgrader"]["points"] = 100
    notebook.cells.remove(next(c for c in notebook.cells if notebooks.grade_id(c) == "test_double"))
    own.write_text(notebooks.dumps(notebook))
    (own.parent / "data.csv").write_text("forged")
    (own.parent / "notes").mkdir()
    (own.parent / "notes" / "a.txt").write_text("notes")
    (own.parent / "link.txt").symlink_to(root / "nbgrader_config.py")
    (own.parent / "timestamp.txt").write_text("2026-01-01 12:00:00 UTC\n")
    late = hand_in(root, "emil", **RIGHT)
    (late.parent / "timestamp.txt").write_text("2026-01-02 03:00:00 UTC\n")
    hand_in(root, "fay").write_text("{ no notebook")
    hand_in(root, "gus")
    return root


LATE = """
from nbgrader.plugins import LateSubmissionPlugin


class AllOfIt(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.5


c.AssignLatePenalties.plugin_class = AllOfIt
"""


def seeds_cleared(notebook: str) -> str:
    """Return the text of a graded notebook without the seed, which is drawn, and what tells a kernel."""
    found = notebooks.nbformat.reads(notebook, as_version=4)
    found.metadata.get("course", {}).pop("seed", None)
    return notebooks.dumps(found)


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Return mode and content of every file below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = path.read_text()
            text = seeds_cleared(text) if path.suffix == ".ipynb" else text
            found[path.relative_to(folder).as_posix()] = (path.stat().st_mode, text)
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return the roots of the same course, graded by nbgrader and by us, and what ours said."""
    folder = tmp_path_factory.mktemp("both")
    ours = class_of(folder / "ours")
    stock = folder / "stock"
    shutil.copytree(ours, stock, symlinks=True)
    assert nbgrader("autograde", "small", cwd=stock).returncode == 0
    result = course("grade", "small", "--jobs", "2", cwd=ours)
    assert result.returncode == 0, result.stderr
    return stock, ours, result.stdout


@pytest.mark.slow
def test_same_gradebook(both) -> None:
    stock, ours, _ = both
    assert rows(url(ours)) == rows(url(stock))
    assert export(url(ours)) == export(url(stock))


@pytest.mark.slow
def test_same_files(both) -> None:
    stock, ours, _ = both
    assert tree(ours / "autograded") == tree(stock / "autograded")
    assert (ours / "autograded" / "carl" / "small" / "made.txt").read_text() == "mine"


@pytest.mark.slow
def test_summary(both) -> None:
    _, _, said = both
    assert "7 of 7 submissions graded" in said
    assert "pass 9, wrong 1, error 2, not-run 3, manual 6" in said


@pytest.mark.slow
def test_graded_files_that_have_gone_are_written_again(tmp_path) -> None:
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    hand_in(root, "ann", **RIGHT)
    assert course("grade", "small", "--jobs", "1", cwd=root).returncode == 0
    before = tree(root / "autograded"), rows(url(root))
    shutil.rmtree(root / "autograded" / "ann")
    for done in ("1 of 1 submissions graded", "1 unchanged"):
        result = course("grade", "small", "--jobs", "1", cwd=root)
        assert done in result.stdout, result.stdout + result.stderr
        assert (tree(root / "autograded"), rows(url(root))) == before
