"""Only what is meant is released: the notebook, data, and what it lists."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from course.grading.errors import CourseError
from course.grading.nbgrader_steps import release_hooks
from course.grading.pack.packing import pack
from course.grading.problem_sets import notebooks, release
from course.grading.problem_sets.leaks import visible_text
from course.grading.problem_sets.release_rule import DATA, contents, released_files
from tests.helpers import (
    RIGHT,
    ROOT,
    cell,
    course,
    graded,
    hand_in,
    nbgrader,
    notebook,
    small_course,
    solution,
)
from tests.problem_sets.stray_backup import commands_refuse_a_backup

RELEASED = {"small.ipynb": "", "points.csv": "1,2\n", "data/IMAGE.PNG": "\0", "sample.txt": "no answer"}
LEFT_OUT = {
    "small.ipynb~": "a backup",
    ".#small.ipynb": "a backup",
    "#small.ipynb#": "a backup",
    "points.csv.bak": "a backup",
    ".small.ipynb.swp": "a backup",
    "Untitled.ipynb": "a scratch copy",
    "small-Copy1.ipynb": "a scratch copy",
    "small-checkpoint.ipynb": "a scratch copy",
    ".secret.csv": "a hidden file",
    ".old/points.csv": "a hidden file",
    "draft/small.ipynb": "in subfolders",
    "helper.py": "no cell imports it",
    "small.ipynb.old": "not a known kind of data",
    "solutions.pdf": "its name contains 'solution'",
}


@pytest.fixture
def root(tmp_path) -> Path:
    """Make a course whose problem set has other files beside it."""
    root = small_course(tmp_path / "course")
    folder = root / "source" / "small"
    original = (folder / "small.ipynb").read_text()
    for name, content in (RELEASED | dict.fromkeys(LEFT_OUT, original)).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content or original)
    (folder / "link.csv").symlink_to(folder / "small.ipynb")
    return root


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def list_files(root: Path, *names: str) -> None:
    path = root / "source" / "small" / "small.ipynb"
    notebook = notebooks.read(path)
    notebook.metadata["course"] = {"files": list(names)}
    notebooks.write(notebook, path)


def test_the_rule(root) -> None:
    found = contents(root / "source" / "small")
    assert set(found.released) == RELEASED.keys()
    assert found.left_out.keys() == LEFT_OUT.keys() | {"link.csv"}
    for name, reason in LEFT_OUT.items():
        assert reason in found.left_out[name], name
    assert "a link" in found.left_out["link.csv"]
    assert released_files(root / "source" / "small")["points.csv"] == b"1,2\n"
    assert released_files(root / "nowhere") == {}


@pytest.mark.parametrize(
    "begin", ["### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TESTS ", "# BEGIN HIDDEN TESTS (2)\r"]
)
def test_a_module_that_a_cell_imports_is_released_and_one_that_only_an_answer_or_a_hidden_test_imports_is_not(
    root, begin
) -> None:
    folder = root / "source" / "small"
    notebook = notebooks.read(folder / "small.ipynb")
    cells = {notebooks.grade_id(cell): cell for cell in notebook.cells}
    cells["double"].source = "import answers\n" + cells["double"].source
    test = cells["test_double"]
    test.source = f"from shown.tools import plot\n{test.source}\n" + (
        f"{begin}\nimport oracle\n### END HIDDEN TESTS"
    )
    notebooks.write(notebook, folder / "small.ipynb")
    (folder / "shown").mkdir()
    for name in ("shown/tools.py", "answers.py", "oracle.py"):
        (folder / name).write_text("")
    found = contents(folder)
    assert "shown/tools.py" in found.released
    assert {"answers.py", "oracle.py", "helper.py"} <= found.left_out.keys()


def test_the_guide_names_the_endings_of_data() -> None:
    guide = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
    assert {ending for ending in DATA if f"`{ending}`" not in guide} == set()


@pytest.mark.slow
def test_course_release_names_what_it_leaves_out(root) -> None:
    result = course("release", cwd=root)
    assert result.returncode == 0, result.stderr
    assert files(root / "release" / "small") == RELEASED.keys()
    *named, last = result.stdout.splitlines()
    assert last == "release/small is current"
    assert {line.partition(" is not released: ")[0] for line in named} == {
        f"source/small/{name}" for name in (*LEFT_OUT, "link.csv")
    }
    assert "def double(x):\\n    return 2" not in (root / "release/small/small.ipynb").read_text()
    assert course("release", "--check", cwd=root).returncode == 0


@pytest.mark.slow
def test_what_nbgrader_ignores_is_neither_released_nor_named(root) -> None:
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('c.CourseDirectory.ignore = ["points.csv", "helper.py"]\n')
    result = course("release", cwd=root)
    assert files(root / "release" / "small") == RELEASED.keys() - {"points.csv"}
    assert "helper.py" not in result.stdout


@pytest.mark.slow
def test_stock_generate_assignment_releases_the_same(root) -> None:
    result = nbgrader("generate_assignment", "small", cwd=root)
    assert result.returncode == 0, result.stderr
    assert files(root / "release" / "small") == RELEASED.keys()
    for name in ("Untitled.ipynb", "small.ipynb~", "helper.py", "link.csv"):
        assert f"source/small/{name} is not released" in result.stderr
    with sqlite3.connect(root / "gradebook.db") as gradebook:
        assert gradebook.execute("SELECT name FROM notebook").fetchall() == [("small",)]


def test_listed_files_come_along_but_no_backups(root) -> None:
    (root / "source" / "small" / "helper.py").write_text("COLOUR = 'blue'\n")
    (root / "source" / "small" / "helper.py~").write_text("COLOUR = 'red'\n")
    (root / "source" / "small" / "solutions.pdf").write_text("of another course")
    list_files(root, "help*", "solutions.pdf")
    release.write(root, "small")
    assert files(root / "release" / "small") == RELEASED.keys() | {"helper.py", "solutions.pdf"}


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (["gone.csv"], "source/small holds no gone.csv, which its notebook lists"),
        ([3], "course.files in its metadata is not a list of names"),
    ],
)
def test_a_list_that_does_not_hold(listed, words, root) -> None:
    list_files(root, *listed)
    with pytest.raises(CourseError, match=words):
        release.write(root, "small")
    assert not (root / "release").exists()


def test_checkpoints_of_the_header_are_no_problem_set(root) -> None:
    folder = root / "source" / ".ipynb_checkpoints"
    folder.mkdir()
    (folder / "header-checkpoint.ipynb").write_bytes((root / "source" / "header.ipynb").read_bytes())
    assert release.assignments(root) == ["small"]


@pytest.mark.slow
def test_what_is_in_a_release_and_should_not_be(root) -> None:
    release.write(root, "small")
    folder = root / "release" / "small"
    strangers = ["data/solution.csv", "helper.py", "other.ipynb", "small.ipynb~"]
    for name in strangers:
        (folder / name).write_text("x = 1\n")
    notebooks.write(notebooks.read(root / "source/header.ipynb"), folder / "other.ipynb")
    lines = list(release.problems(root, "small"))
    assert [line.partition(" is not for students: ")[0] for line in lines] == [
        f"release/small/{name}" for name in strangers
    ]
    with pytest.raises(CourseError) as refusal:
        pack(root, "small")
    assert [line.partition("; ")[0] for line in str(refusal.value).splitlines()] == [
        line.partition("; ")[0] for line in lines
    ]
    release.write(root, "small")
    assert files(folder) == RELEASED.keys()


@pytest.mark.slow
def test_commands_refuse_such_a_release(root) -> None:
    release.write(root, "small")
    commands_refuse_a_backup(root)


@pytest.mark.slow
@pytest.mark.parametrize("grade", ["nbgrader", "course"])
def test_what_is_not_released_reaches_no_student_by_feedback_either(root, grade) -> None:
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    hand_in(root, "ann", **RIGHT)
    graded = (
        nbgrader("autograde", "small", cwd=root)
        if grade == "nbgrader"
        else course("grade", "small", cwd=root)
    )
    assert graded.returncode == 0, graded.stderr
    assert nbgrader("generate_feedback", "small", cwd=root).returncode == 0
    data = RELEASED.keys() - {"small.ipynb"}
    assert files(root / "autograded" / "ann" / "small") == data | {"small.ipynb"}
    assert files(root / "feedback" / "ann" / "small") == data | {"small.html"}


SOLVED = "def double(x):\n    return 2 * x\ndef half(x):\n    return x / 2\nassert double(3) == 6"


@pytest.mark.parametrize("place", ["small/mine.ipynb", "small/small_solution.ipynb", "notes/mine.ipynb"])
def test_a_solved_notebook_is_not_released_and_hides_no_leak(place, root) -> None:
    notebooks.write(notebook(cell(SOLVED)), root / "source" / place)
    assert release.assignments(root) == ["small"]
    assert place.removeprefix("small/") not in contents(root / "source" / "small").released
    leaking = dict(release.leaking_files(root / "source", "small", {"a.txt": SOLVED.encode()}))
    assert leaking.keys() == {"a.txt"}


def solved(root: Path, *, unmarked: bool = False, lost: bool = False) -> bytes:
    """Return the notebook solved: as a student has it, or the source `unmarked`; metadata may be `lost`."""
    written = notebooks.with_answers(notebooks.read(root / "source" / "small" / "small.ipynb"), RIGHT)
    for part in written.cells:
        part.source = re.sub(r"(?m)^ *### .*\n?", "", part.source if unmarked else visible_text(part))
    written = notebooks.with_answers(written, RIGHT)
    if lost:
        written.cells[0] = cell("Add one.", "other", kind="markdown", grade=True, solution=True, points=1)
        written.cells[1:] = [cell(part.source) for part in written.cells[1:]]
    return notebooks.dumps(written).encode()


@pytest.mark.parametrize("unmarked", [False, True])
@pytest.mark.parametrize("name", ["small_solved.ipynb", "small2.ipynb", "mine.ipynb", "a.ipynb"])
def test_a_copy_of_the_notebook_is_not_released_whatever_its_name(name, unmarked, root) -> None:
    (root / "source" / "small" / name).write_bytes(solved(root, unmarked=unmarked))
    assert "small.ipynb" in contents(root / "source" / "small").released
    reason = contents(root / "source" / "small").left_out[name]
    assert "is a copy of small.ipynb" in reason or "its name contains 'solved'" in reason
    assert release.notebook_names(root, "small") == ["small"]


def test_a_draft_with_more_in_it_does_not_take_the_notebooks_place(root) -> None:
    draft = notebooks.read(root / "source" / "small" / "small.ipynb")
    draft.cells += [solution("treble", "3 * x"), graded("test_treble", "assert treble(1) == 3")]
    notebooks.write(draft, root / "source" / "small" / "draft.ipynb")
    found = contents(root / "source" / "small")
    assert "small.ipynb" in found.released
    assert "is a copy of small.ipynb" in found.left_out["draft.ipynb"]


def test_a_copy_in_a_release_is_not_for_students(root) -> None:
    (root / "source" / "small" / "mine.ipynb").write_bytes(solved(root))
    release.write(root, "small")
    assert files(root / "release" / "small") == RELEASED.keys()
    (root / "release" / "small" / "mine.ipynb").write_bytes(solved(root))
    assert release.not_for_students(root, "small").keys() == {"mine.ipynb"}


def test_a_copy_that_is_listed_is_released(root) -> None:
    (root / "source" / "small" / "again.ipynb").write_bytes(solved(root))
    list_files(root, "again.ipynb")
    assert "again.ipynb" in contents(root / "source" / "small").released


def test_another_notebook_with_cells_of_the_same_names_is_no_copy(root) -> None:
    other = notebook(solution("double", "x + x"), graded("test_double", "assert double(5) == 10"))
    notebooks.write(other, root / "source" / "small" / "more.ipynb")
    assert {"small.ipynb", "more.ipynb"} <= set(contents(root / "source" / "small").released)


def test_a_solved_copy_that_has_lost_its_cells_names_is_refused_for_what_it_holds(root) -> None:
    (root / "source" / "small" / "mine.ipynb").write_bytes(solved(root, lost=True))
    with pytest.raises(
        CourseError, match=r"source/small/mine\.ipynb is not for students: it holds a part of"
    ):
        release.write(root, "small")


@pytest.mark.slow
def test_stock_generate_assignment_leaves_a_copy_out(root) -> None:
    (root / "source" / "small" / "mine.ipynb").write_bytes(solved(root))
    result = nbgrader("generate_assignment", "small", "--force", cwd=root)
    assert result.returncode == 0, result.stderr
    assert "source/small/mine.ipynb is not released: it is a copy of small.ipynb" in result.stderr
    assert files(root / "release" / "small") == RELEASED.keys()


@pytest.mark.parametrize(
    "name",
    [
        "Loesung.pdf",
        "ps1_solved.pdf",
        "gelöst.csv",
        "ps1-Lösung.csv",
        "lo\u0308sung.csv",
        "Musterloesung.txt",
        "answer key.pdf",
        "answers.csv",
        "ps1_key.csv",
        "ps1_SOL.pdf",
        "old/data.csv",
        "Backup/data.csv",
        "archive/data.csv",
        "Kopie von data.csv",
        "data (1).csv",
        "Copy of data.csv",
        "~$data.xlsx",
        "maps/Thumbs.db",
        "desktop.ini",
        "data - Copy.csv",
    ],
)
def test_names_of_answers_and_copies(name, root) -> None:
    path = root / "source" / "small" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("1")
    assert name in contents(root / "source" / "small").left_out


@pytest.mark.parametrize(
    "name", ["console.csv", "unsolved.csv", "keys.csv", "parasol.png", "monkey.csv", "resolution.csv"]
)
def test_names_of_other_things(name, root) -> None:
    (root / "source" / "small" / name).write_text("1")
    assert (name in contents(root / "source" / "small").released) == (name != "resolution.csv")


def test_a_name_with_brackets_is_listed_as_it_is(root) -> None:
    (root / "source" / "small" / "map[1].dbf").write_text("1")
    list_files(root, "map[1].dbf")
    assert "map[1].dbf" in contents(root / "source" / "small").released


def test_modules_that_a_released_module_imports_come_along(root) -> None:
    folder = root / "source" / "small"
    small = notebooks.read(folder / "small.ipynb")
    small.cells.append(cell("import os, tools"))
    notebooks.write(small, folder / "small.ipynb")
    (folder / "tools.py").write_text("import math, deeper\n")
    (folder / "deeper.py").write_text("")
    assert {"tools.py", "deeper.py"} <= set(contents(folder).released)


def hook(root: Path, monkeypatch) -> None:
    monkeypatch.chdir(root)
    release_hooks.remove_what_is_not_released(assignment="small", student=".", notebooks=[])


@pytest.mark.slow
def test_the_hook_removes_a_release_that_leaks(root, monkeypatch) -> None:
    release.write(root, "small")
    hook(root, monkeypatch)
    assert files(root / "release" / "small") == RELEASED.keys()
    (root / "release" / "small" / "a.txt").write_text(SOLVED)
    with pytest.raises(SystemExit):
        hook(root, monkeypatch)
    assert not (root / "release" / "small").exists()


def test_the_hook_removes_a_release_whose_list_is_a_string(root, monkeypatch) -> None:
    release.write(root, "small")
    path = root / "source" / "small" / "small.ipynb"
    small = notebooks.read(path)
    small.metadata["course"] = {"files": "*.csv"}
    notebooks.write(small, path)
    with pytest.raises(SystemExit):
        hook(root, monkeypatch)
    assert not (root / "release" / "small").exists()


@pytest.mark.slow
def test_stock_generate_assignment_fails_for_a_leak(root) -> None:
    (root / "source" / "small" / "a.txt").write_text(SOLVED)
    result = nbgrader("generate_assignment", "small", cwd=root)
    assert result.returncode == 1
    assert "source/small/a.txt is not for students: it holds a part of the solution of" in result.stderr
    assert not (root / "release" / "small").exists()


@pytest.mark.slow
def test_pack_refuses_what_was_put_into_the_release(root) -> None:
    release.write(root, "small")
    (root / "release" / "small" / "more.csv").write_text("1")
    with pytest.raises(CourseError, match=r"is not what source/small gives \(more\.csv\)"):
        pack(root, "small")


@pytest.mark.slow
def test_pack_says_that_the_cause_is_in_the_source(root) -> None:
    release.write(root, "small")
    for place in ("source", "release"):
        (root / place / "small" / "a.txt").write_text(SOLVED)
    with pytest.raises(CourseError, match=r"take it out of source/small/a\.txt, then"):
        pack(root, "small")
