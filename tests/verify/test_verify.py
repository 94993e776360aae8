"""`course verify`: the problem sets are ready, and one that is not is found out."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course.grading.cli import app
from course.grading.errors import CourseError
from course.grading.problem_sets import notebooks, release
from course.grading.verify.prove import verify
from tests import helpers
from tests.helpers import ROOT

KEPT = {"imports", "mse_cost", "test_mse_cost", "dC_dyhat", "test_dC_dyhat"}
HIDDEN = "### BEGIN HIDDEN TESTS"


@pytest.mark.slow
@pytest.mark.parametrize("assignment", release.assignments(ROOT))
def test_problem_set_is_ready(assignment):
    result = helpers.course("verify", assignment, "--seeds", "1", cwd=ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "100 % caught" in result.stdout
    assert "0 right answers refused" in result.stdout


@pytest.fixture
def small_course(tmp_path):
    """A course with two functions of ps1, and a way to change its source."""
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    shutil.copy(ROOT / "source" / "header.ipynb", tmp_path / "source")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    path = tmp_path / "source" / "ps1" / "ps1.ipynb"
    notebook = notebooks.read(ROOT / "source" / "ps1" / "ps1.ipynb")
    notebook.cells = [cell for cell in notebook.cells if notebooks.grade_id(cell) in KEPT]

    def changed(name=None, old="", new=""):
        for cell in notebook.cells:
            if notebooks.grade_id(cell) == name:
                assert old in cell.source
                cell.source = cell.source.replace(old, new)
        notebooks.write(notebook, path)
        release.write(tmp_path, "ps1")
        return tmp_path

    return changed


def problems_of(root, **options):
    proof = verify(root, "ps1", seeds=1, **options)
    problems = [*proof.problems, *(problem for function in proof.functions for problem in function.problems)]
    assert proof.ok == (not problems)
    return "\n".join(problems)


@pytest.mark.slow
def test_a_sound_problem_set(small_course):
    assert problems_of(small_course()) == ""


@pytest.mark.slow
def test_several_processes_find_the_same(small_course):
    root = small_course("mse_cost", "/ (2 * len(y))", "/ len(y)")
    several, alone = verify(root, "ps1", seeds=2, jobs=2), verify(root, "ps1", seeds=2)
    for proof in (several, alone):
        # grading draws inputs of its own every time
        *findings, grading = proof.problems
        assert grading.startswith("nobody is graded")
        proof.problems = findings
    assert several == alone


@pytest.mark.slow
def test_a_wrong_solution(small_course):
    assert "the solution fails test_mse_cost" in problems_of(
        small_course("mse_cost", "/ (2 * len(y))", "/ len(y)")
    )


@pytest.mark.slow
def test_a_test_that_tests_nothing(small_course):
    problems = problems_of(small_course("test_mse_cost", "matches_reference(", "print("))
    # the visible check still catches most
    assert problems == "" or "passes test_mse_cost" in problems
    problems = problems_of(small_course("test_mse_cost", 'check("ps1.mse_cost", mse_cost)', ""))
    assert "an untouched stub passes test_mse_cost" in problems
    assert "test_mse_cost did not call mse_cost: no mistake was tried in it" in problems
    assert "passes test_mse_cost" not in problems.replace("stub passes", "")


@pytest.mark.slow
def test_a_test_that_catches_nothing(small_course):
    root = small_course("test_mse_cost", "matches_reference(", "print(")
    root = small_course(
        "test_mse_cost", 'check("ps1.mse_cost", mse_cost)', "mse_cost(np.ones((2, 1)), np.ones((2, 1)))"
    )
    assert "'1/N missing' passes test_mse_cost" in problems_of(root)


@pytest.mark.slow
def test_a_test_that_fails_before_the_call(small_course):
    problems = problems_of(small_course("test_mse_cost", HIDDEN, f"check('ps1.no_such', mse_cost)\n{HIDDEN}"))
    assert "the solution fails test_mse_cost: " in problems
    assert "test_mse_cost did not call mse_cost" in problems
    assert "passes test_mse_cost" not in problems


@pytest.mark.slow
def test_one_function_only(small_course, monkeypatch):
    root = small_course("mse_cost", "/ (2 * len(y))", "/ len(y)")
    proof = verify(root, "ps1", seeds=1, only=["dC_dyhat"])
    assert [function.function for function in proof.functions] == ["dC_dyhat"]
    assert proof.untried == ["mse_cost"]
    assert proof.ok
    monkeypatch.chdir(root)
    result = CliRunner().invoke(app, ["verify", "ps1", "--seeds", "1", "--function", "dC_dyhat"])
    assert result.exit_code == 0, result.output
    assert "Nothing is wrong with what was tried: 1 of 2 functions." in result.output
    assert "Ready" not in result.output
    with pytest.raises(
        CourseError, match="ps1 has no function 'train'; its functions are: mse_cost, dC_dyhat"
    ):
        verify(root, "ps1", seeds=1, only=["dC_dyhat", "train"])


@pytest.mark.slow
def test_a_test_that_needs_another_function(small_course):
    problems = problems_of(
        small_course(
            "test_dC_dyhat", HIDDEN, f"assert mse_cost(np.ones((2, 1)), np.zeros((2, 1))) == 0.5\n{HIDDEN}"
        )
    )
    assert "'1/N missing' costs points in test_dC_dyhat" in problems


@pytest.mark.slow
def test_too_many_points_for_the_end_to_end_tests(small_course):
    root = small_course()
    path = root / "source" / "ps1" / "ps1.ipynb"
    notebook = notebooks.read(path)
    last = notebook.cells[-1].metadata.nbgrader
    last.grade_id = notebook.cells[-1].id = "test_all_end_to_end"
    notebooks.write(notebook, path)
    release.write(root, "ps1")
    problems = problems_of(root)
    assert "more than a fifth" in problems
    assert "functions without a test: dC_dyhat" in problems


@pytest.mark.slow
def test_a_release_that_is_not_current(small_course):
    root = small_course()
    path = root / "release" / "ps1" / "ps1.ipynb"
    path.write_text(path.read_text().replace("equation (1)", "equation 1"))
    assert "run `course release`" in problems_of(root)


@pytest.mark.slow
def test_a_leak(small_course):
    root = small_course()
    path = root / "release" / "ps1" / "ps1.ipynb"
    released = notebooks.read(path)
    solution = "return np.sum((y - y_hat) ** 2) / (2 * len(y))"
    for cell in released.cells:
        if notebooks.grade_id(cell) == "mse_cost":
            cell.source += f"\n    {solution}"
    notebooks.write(released, path)
    assert "mse_cost of the release holds a line of its solution" in problems_of(root)


@pytest.mark.slow
def test_a_lecture_that_tells_an_answer(small_course, tmp_path_factory, monkeypatch):
    lectures = tmp_path_factory.mktemp("lectures")
    monkeypatch.setattr("course.grading.verify.prove.LECTURES", lectures)
    telling = helpers.notebook(helpers.cell("C = lambda a, b: np.sum((a - b) ** 2) / (2 * len(a))"))
    notebooks.write(telling, lectures / "costs.ipynb")
    assert "the lecture costs tells too much: it holds a part of the answer mse_cost" in problems_of(
        small_course()
    )


@pytest.mark.slow
def test_not_ready_is_exit_code_1(small_course, monkeypatch):
    monkeypatch.chdir(small_course("mse_cost", "/ (2 * len(y))", "/ len(y)"))
    result = CliRunner().invoke(app, ["verify", "ps1", "--seeds", "1"])
    assert result.exit_code == 1
    assert "Not ready: ps1" in result.output


@pytest.mark.slow
def test_an_unknown_problem_set_is_one_line(small_course, monkeypatch):
    monkeypatch.chdir(small_course())
    result = CliRunner().invoke(app, ["verify", "ps7"])
    assert result.exit_code != 0
    assert "ps7" in str(result.exception)
    assert [path.name for path in Path("release").iterdir()] == ["ps1"]


@pytest.mark.slow
def test_a_test_that_ends_in_an_answer(small_course):
    root = small_course("test_mse_cost", "### END HIDDEN", "### END HIDDEN")
    assert "decides nothing" not in problems_of(root)
    path = root / "source" / "ps1" / "ps1.ipynb"
    notebook = notebooks.read(path)
    [cell] = [cell for cell in notebook.cells if notebooks.grade_id(cell) == "test_mse_cost"]
    cell.source += "\nmse_cost(1.0, 2.0)"
    notebooks.write(notebook, path)
    release.write(root, "ps1")
    assert "test_mse_cost ends in a value of the student's" in problems_of(root)


@pytest.mark.slow
def test_a_solution_that_raises_at_top_level_is_told(small_course):
    found = problems_of(small_course("mse_cost", "def mse_cost", "import no_such_library\ndef mse_cost"))
    assert "the solution fails test_mse_cost: " in found
    assert "ModuleNotFoundError: No module named 'no_such_library'" in found
    assert "the solution does not define mse_cost" in found


@pytest.mark.slow
@pytest.mark.parametrize("is_locked", [True, False])
def test_code_of_the_header_is_run(small_course, is_locked):
    settings = {"grade_id": "shared", "locked": True} if is_locked else {}
    magic = "" if is_locked else "%matplotlib inline\n"
    root = small_course()
    header = helpers.notebook(helpers.cell(f"{magic}import numpy as shared_numpy", **settings))
    notebooks.write(header, root / "source" / "header.ipynb")
    small_course("mse_cost", "np.sum", "shared_numpy.sum")
    assert problems_of(root) == ""


@pytest.mark.slow
@pytest.mark.parametrize("is_auto", [True, False])
def test_a_test_that_passes_in_the_notebooks_process_only(tmp_path, is_auto):
    """It is no fault where the settings let it be judged there, as grading does."""
    root = helpers.small_course(tmp_path)
    if is_auto:
        with (root / "nbgrader_config.py").open("a") as config:
            config.write('\nc.SandboxedExecute.in_kernel_tests = "auto"\n')
    uses = (
        "kept = double\ndel double\ntry:\n    half(2)\nexcept NameError:\n    double = kept\nelse:\n    1 / 0"
    )
    source = root / "source" / "small" / "small.ipynb"
    cells = [
        helpers.solution("double", "2 * x"),
        helpers.graded("test_double", "assert double(1) == 2"),
        helpers.solution("half", "x * x / double(x)"),
        helpers.graded("test_half", uses),
    ]
    notebooks.write(helpers.notebook(*cells), source)
    release.write(root, "small")
    for only in ((), ("half",)):
        problems = verify(root, "small", seeds=1, only=only).problems
        assert ("the solution fails test_half" in "".join(problems)) is not is_auto
        assert ("nobody is graded" in "".join(problems)) is not (is_auto or bool(only))


@pytest.mark.slow
def test_a_test_in_the_header_is_tried(small_course):
    root = small_course()
    header = helpers.notebook(helpers.graded("test_shared", "assert mse_cost is None"))
    notebooks.write(header, root / "source" / "header.ipynb")
    small_course()
    assert "the solution fails test_shared" in problems_of(root)


@pytest.mark.slow
def test_a_locked_cell_that_raises_is_told(small_course):
    with pytest.raises(CourseError, match=r"a locked cell of ps1\.ipynb fails: ZeroDivisionError"):
        problems_of(small_course("imports", "import numpy as np", "import numpy as np\n1 / 0"))
