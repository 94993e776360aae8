"""What students receive: current, complete, and nothing in it that they should find out themselves."""

from __future__ import annotations

import ast
import shutil

import pytest

from course.grading.cli import app
from course.grading.errors import NotebookError
from course.grading.problem_sets import leaks, notebooks, release
from tests import helpers
from tests.helpers import ROOT, nbgrader, run, small_course
from tests.lms.refusals import refused

ASSIGNMENTS = release.assignments(ROOT)
NOTEBOOKS = sorted((ROOT / "source").rglob("*.ipynb")) + sorted((ROOT / "release").rglob("*.ipynb"))
NOTEBOOKS = [path for path in NOTEBOOKS if ".ipynb_checkpoints" not in path.parts]


def test_there_is_a_course() -> None:
    assert "ps1" in ASSIGNMENTS


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_release_is_current(assignment: str) -> None:
    assert release.difference(ROOT, assignment) == ""


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_stock_nbgrader_gives_the_same_release(assignment: str, tmp_path) -> None:
    shutil.copytree(ROOT / "source", tmp_path / "source")
    shutil.copytree(ROOT / "release", tmp_path / "release")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    result = nbgrader("generate_assignment", assignment, "--force", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    for path in sorted((ROOT / "release" / assignment).rglob("*.ipynb")):
        assert (tmp_path / path.relative_to(ROOT)).read_text() == path.read_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_committed_notebooks_are_canonical(path) -> None:
    notebook = notebooks.read(path)
    assert path.read_text(encoding="utf-8") == notebooks.dumps(notebooks.canonical(notebook))
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_release_leaks_nothing(assignment: str) -> None:
    source = notebooks.read(ROOT / "source" / assignment / f"{assignment}.ipynb")
    released = notebooks.read(ROOT / "release" / assignment / f"{assignment}.ipynb")
    assert sum(bool(leaks.hidden_text(cell)) for cell in source.cells if notebooks.grade_id(cell)) > 5
    assert list(leaks.leaks_in_notebook(source, released)) == []
    assert list(release.problems(ROOT, assignment)) == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_function_has_a_stub_and_its_test(assignment: str) -> None:
    released = notebooks.read(ROOT / "release" / assignment / f"{assignment}.ipynb")
    names = [notebooks.grade_id(cell) for cell in released.cells]
    for cell in released.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution") and cell.cell_type == "code":
            (function,) = (node for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef))
            assert function.name == settings["grade_id"]
            assert "raise NotImplementedError" in cell.source
            assert names.index(f"test_{function.name}") > names.index(function.name)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_conventions_come_first(assignment: str) -> None:
    header = notebooks.read(ROOT / "source" / "header.ipynb").cells
    released = notebooks.read(ROOT / "release" / assignment / f"{assignment}.ipynb").cells
    assert header
    assert [cell.source for cell in released[: len(header)]] == [cell.source for cell in header]


def test_end_to_end_tests_are_at_most_a_fifth_of_the_points() -> None:
    for assignment in ASSIGNMENTS:
        source = notebooks.read(ROOT / "source" / assignment / f"{assignment}.ipynb")
        settings = [cell.metadata.get("nbgrader", {}) for cell in source.cells]
        points = {cell["grade_id"]: cell["points"] for cell in settings if cell.get("grade")}
        whole = sum(value for name, value in points.items() if name.endswith("_end_to_end"))
        assert 5 * whole <= sum(points.values())


@pytest.mark.slow
def test_course_release_tidies_writes_and_checks(tmp_path) -> None:
    root = small_course(tmp_path)
    source = root / "source" / "small" / "small.ipynb"
    clean = source.read_text()
    run_in_lab = notebooks.read(source)
    run_in_lab.cells[0].execution_count = 3
    notebooks.write(run_in_lab, source)

    assert run(["course.grading", "release"], root).returncode == 0
    assert source.read_text() == clean
    assert run(["course.grading", "release", "--check"], root).returncode == 0

    released = root / "release" / "small" / "small.ipynb"
    released.write_text(released.read_text().replace("assert double(2) == 4", "pass"))
    checked = run(["course.grading", "release", "--check"], root)
    assert checked.returncode == 1
    assert '+    "assert double(2) == 4"' in checked.stdout


@pytest.mark.slow
def test_a_release_is_current_although_header_and_notebook_have_the_same_ids(tmp_path) -> None:
    """So they are where neither has any, as in nbgrader's own example: cells are then counted in each."""
    root = small_course(tmp_path)
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('\nc.IncludeHeaderFooter.header = "source/header.ipynb"\n')
    source = root / "source" / "small" / "small.ipynb"
    written = notebooks.read(source)
    written.cells.insert(0, helpers.cell("# What it is about", kind="markdown"))
    written.cells[0]["id"] = notebooks.read(root / "source" / "header.ipynb").cells[0].id
    notebooks.write(written, source)
    assert run(["course.grading", "release"], root).returncode == 0
    before = source.read_bytes()
    released = (root / "release" / "small" / "small.ipynb").read_bytes()
    assert run(["course.grading", "release", "--check"], root).returncode == 0
    assert run(["course.grading", "release"], root).returncode == 0
    assert (source.read_bytes(), (root / "release" / "small" / "small.ipynb").read_bytes()) == (
        before,
        released,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "cwd", "message"),
    [
        (["release", "ps9"], ROOT, "source/ps9 holds no notebook; the problem sets are: "),
        (["release"], None, "run this in the root of the course"),
    ],
)
def test_course_release_says_what_is_missing(arguments, cwd, message, tmp_path) -> None:
    result = run(["course.grading", *arguments, *(["--check"] if cwd else [])], cwd or tmp_path)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"5",
        b"{}",
        b'{"nbformat": 4}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [5]}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": []}',
    ],
)
def test_what_is_no_notebook(content) -> None:
    with pytest.raises(NotebookError, match=r"^small\.ipynb is not a readable notebook: .+"):
        notebooks.reads(content, "small.ipynb")


TEMPLATES = """
python3:
  dispatch: "type({{snippet}})"
  normalize: "str({{snippet}})"
  check: "assert {{snippet}} == '{{value}}', '{{message}}'"
  templates:
    default:
      - test: "{{snippet}}"
        fail: "wrong"
"""


@pytest.mark.slow
def test_tests_are_made_from_the_templates_in_the_courses_root(tmp_path) -> None:
    root = small_course(tmp_path)
    source = root / "source" / "small" / "small.ipynb"
    written = notebooks.with_answers(notebooks.read(source), {"test_half": "### AUTOTEST half(4)"})
    notebooks.write(written, source)
    (root / "autotests.yml").write_text(TEMPLATES)
    result = run(["course.grading", "release", "small"], root)
    assert result.returncode == 0, result.stderr
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    (test,) = (each.source for each in released.cells if notebooks.grade_id(each) == "test_half")
    assert "assert str(half(4)) == '2.0'" in test
    assert run(["course.grading", "release", "--check"], root).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "settings", "source", "words"),
    [
        (0, {"grade_id": "half"}, None, "Duplicate grade id: half; correct it there"),
        (0, {"grade_id": "a b"}, None, "grade_id 'a b' does not match"),
        (0, {"schema_version": 1}, None, "Outdated schema version: 1 (expected 3); keep a copy, then `nb"),
        (
            0,
            {},
            "def double(x):\n    ### BEGIN SOLUTION\n    x",
            "no end solution statement found, in the cell",
        ),
        (
            1,
            {},
            "### BEGIN HIDDEN TESTS\nassert True",
            "No end hidden tests statement found; correct it there",
        ),
    ],
)
def test_what_nbgrader_cannot_generate_is_told_in_one_line(number, settings, source, words, tmp_path) -> None:
    root = small_course(tmp_path)
    path = root / "source" / "small" / "small.ipynb"
    written = notebooks.read(path)
    written.cells[number].metadata.nbgrader.update(settings)
    written.cells[number].source = source or written.cells[number].source
    notebooks.write(notebooks.canonical(written), path)
    refused(root, "release", "small", words=f"source/small/small.ipynb: {words}")


@pytest.mark.slow
def test_course_release_names_an_unreadable_source(tmp_path) -> None:
    root = small_course(tmp_path)
    (root / "source" / "small" / "small.ipynb").write_text('{"cells": [')
    result = run(["course.grading", "release"], root)
    assert result.returncode == 1
    assert "small.ipynb is not a readable notebook" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_typer_one_line_says_what_to_install(tmp_path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('no typer')")
    result = run(["course.grading"], tmp_path)
    assert result.returncode == 1
    assert 'pip install "mlp-course[grading]"' in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_console_script_is_the_app() -> None:
    assert [command.callback.__name__ for command in app.registered_commands] == [
        "doctor",
        "release",
        "score",
        "grade",
        "feedback",
        "collect",
        "roster",
        "export",
        "lti_grades",
        "lti_key",
        "due",
        "extend",
        "archive",
        "pack",
        "site",
        "report",
        "diff",
        "verify",
    ]
