"""The one loader: what of an assignment comes from the release, the source and the gradebook."""

from __future__ import annotations

import shutil

import pytest

from course.grading.course_folder import read_folders
from course.grading.errors import CourseError, NotebookError
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import GeneratedCell, load
from tests.helpers import cell, graded, notebook, small_course, solution

TEST = "assert double(2) == 4"
HIDDEN = f"{TEST}\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS"
STUB = "def double(x):\n    raise NotImplementedError()"
GENERATED = {"double": GeneratedCell(STUB, None), "test_double": GeneratedCell(HIDDEN, 1.0)}


@pytest.fixture
def root(tmp_path):
    """A course with one function, whose release is as it should be."""
    small_course(tmp_path)
    source = notebook(solution("double", "2 * x"), graded("test_double", HIDDEN))
    notebooks.write(source, tmp_path / "source" / "small" / "small.ipynb")
    released = notebook(cell(STUB, "double", solution=True), graded("test_double", TEST))
    notebooks.write(released, tmp_path / "release" / "small" / "small.ipynb")
    return tmp_path


def texts(assignment) -> dict[str, str]:
    return {notebooks.grade_id(cell): cell.source for cell in assignment.skeleton.cells}


@pytest.mark.parametrize("generated", [None, GENERATED], ids=["no gradebook", "gradebook"])
def test_stubs_and_hidden_tests(root, generated) -> None:
    assignment = load(root, "small", generated=generated)
    assert texts(assignment) == {"double": STUB, "test_double": HIDDEN}
    assert assignment.answers == {"double"}
    assert assignment.notice == ""


def test_files_are_those_of_the_release(root) -> None:
    (root / "source" / "small" / "answers.csv").write_text("7")
    (root / "source" / "small" / "data.csv").write_text("new")
    (root / "release" / "small" / "data.csv").write_text("old")
    (root / "release" / "small" / "link.csv").symlink_to(root / "nbgrader_config.py")
    assignment = load(root, "small")
    assert assignment.files == {"data.csv": b"old"}
    differs = f"release/small has other files than {root}/source/small gives (data.csv), and small is graded"
    assert differs in assignment.notice
    assert "was edited" not in assignment.notice
    assert "`nbgrader generate_assignment small --force` replaces it" in assignment.notice
    (root / "source" / "small" / "data.csv").write_text("old")
    assert load(root, "small").notice == ""
    (root / "release" / "small" / "more.csv").write_text("by hand")
    assert "(more.csv)" in load(root, "small").notice


def test_a_cell_of_the_header_is_no_edit(root) -> None:
    """nbgrader puts it on top of the notebook that it generates."""
    folders = read_folders(root)
    header = cell("# Conventions", "conventions", kind="markdown", locked=True)
    notebooks.write(notebook(header), root / "source" / "header.ipynb")
    (root / "source" / "scratch.ipynb").write_text("{")
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    released.cells.insert(0, header)
    notebooks.write(released, root / "release" / "small" / "small.ipynb")
    generated = {**GENERATED, "conventions": GeneratedCell(header.source, None)}
    assert load(root, "small", generated=generated, folders=folders).notice == ""
    header.source = "# Other conventions"
    notebooks.write(notebook(header), root / "source" / "header.ipynb")
    assert "(conventions)" in load(root, "small", generated=generated, folders=folders).notice
    (root / "source" / "header.ipynb").unlink()
    assert "(conventions)" in load(root, "small", generated=generated, folders=folders).notice


def test_a_cell_that_the_header_gets_later_is_an_edit(root) -> None:
    added = [graded("test_shared", HIDDEN), cell("import math", "imports", locked=True)]
    notebooks.write(notebook(*added, cell("plain = 1")), root / "source" / "header.ipynb")
    notice = load(root, "small", generated=GENERATED, folders=read_folders(root)).notice
    assert "(imports, test_shared)" in notice
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    released.cells[:0] = [graded("test_shared", TEST), added[1]]
    notebooks.write(released, root / "release" / "small" / "small.ipynb")
    # without a gradebook, hidden tests of the header are those of the header
    assert texts(load(root, "small", folders=read_folders(root)))["test_shared"] == HIDDEN


def test_what_was_generated_counts_and_an_edit_is_told(root) -> None:
    known = {**GENERATED, "test_double": GeneratedCell(TEST, 3.0)}
    assignment = load(root, "small", generated=known)
    assert texts(assignment)["test_double"] == TEST
    assert assignment.skeleton.cells[1].metadata.nbgrader.points == 3
    assert "(test_double)" in assignment.notice
    assert "`nbgrader generate_assignment small --force`" in assignment.notice


def test_a_question_more_or_less_in_the_source_is_told(root) -> None:
    source = notebook(solution("double", "2 * x"), graded("test_more", TEST))
    notebooks.write(source, root / "source" / "small" / "small.ipynb")
    assert "(test_double, test_more)" in load(root, "small", generated=GENERATED).notice


def test_the_source_may_be_elsewhere(root) -> None:
    shutil.rmtree(root / "source")
    assert texts(load(root, "small", generated=GENERATED)) == {"double": STUB, "test_double": HIDDEN}
    with pytest.raises(NotebookError, match=r"source/small/small\.ipynb"):
        load(root, "small")


def test_the_release_may_be_elsewhere_if_it_is_the_notebook_only(root) -> None:
    shutil.rmtree(root / "release")
    assert texts(load(root, "small", generated=GENERATED)) == {"double": STUB, "test_double": HIDDEN}
    (root / "source" / "small" / "data.csv").write_text("needed")
    with pytest.raises(NotebookError, match="generate_assignment small --force"):
        load(root, "small", generated=GENERATED)


@pytest.mark.parametrize("name", ["double", "test_new"])
def test_other_cells_than_the_gradebooks_are_refused(root, name) -> None:
    known = {**GENERATED, "test_new": GeneratedCell(TEST, 1.0)} if name not in GENERATED else {**GENERATED}
    if name in GENERATED:
        del known[name]
    with pytest.raises(
        CourseError, match="has other cells than the gradebook: run `nbgrader generate_assignment"
    ):
        load(root, "small", generated=known)


def test_a_test_that_nbgrader_makes_needs_the_gradebook(root) -> None:
    """Its source is a comment, which would pass."""
    path = root / "source" / "small" / "small.ipynb"
    path.write_text(path.read_text().replace(TEST, "### HASHED AUTOTEST double(2)"))
    with pytest.raises(CourseError, match="nbgrader makes the tests of test_double"):
        load(root, "small")
    for folder in ("source", "release"):
        small = root / folder / "small" / "small.ipynb"
        shutil.copy(small, small.with_name("part1.ipynb"))
    with pytest.raises(CourseError, match="`nbgrader generate_assignment small --force`"):
        load(root, "small", "part1")
    assignment = load(root, "small", generated=GENERATED)
    assert texts(assignment)["test_double"] == HIDDEN
    assert assignment.notice == ""
