"""A locked cell may read released data and import released modules, in every way of grading."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from course.grading.errors import HarnessFailure
from course.grading.judging.grade import grade
from course.grading.judging.results import Result
from course.grading.judging.test_cells import Judge
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import Assignment, load, with_tests
from course.grading.verify.prove import verify
from tests.helpers import RIGHT, cell, graded, notebook, small_course, solution

LOCKED = 'from helper import read\nfrom parts.more import ONE\nrows = read("data/points.csv")'
TEST = 'import helper\nassert rows == helper.read("data/points.csv") == [1, 2]\nassert double(ONE) == 2'
FILES = {
    "helper.py": "from pathlib import Path\n\n"
    "def read(path):\n    return [int(word) for word in Path(path).read_text().split(',')]\n",
    "parts/more.py": "ONE = 1\n",
    "data/points.csv": "1,2",
}


def a_course(root: Path, locked: str) -> Path:
    """Make a course whose notebook has this locked cell, and files beside it, all released."""
    small_course(root)
    cells = [cell(locked, "setup", locked=True), solution("double", "2 * x"), graded("test_double", TEST)]
    written = notebook(*cells)
    stub = {"double": "def double(x):\n    raise NotImplementedError()"}
    for folder, content in (("source", written), ("release", notebooks.with_answers(written, stub))):
        notebooks.write(content, root / folder / "small" / "small.ipynb")
        for name, text in FILES.items():
            path = root / folder / "small" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    return root


def graded_right(root: Path) -> Result:
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    answered = notebooks.with_answers(released, {"double": RIGHT["double"]})
    return grade(load(root, "small"), notebooks.dumps(answered).encode())


@pytest.mark.slow
def test_released_files_are_beside_a_locked_cell_and_a_test(tmp_path, monkeypatch) -> None:
    root = a_course(tmp_path / "course", LOCKED)
    # what a student hands in, or anybody's folder, is not where the grader imports from
    (tmp_path / "helper.py").write_text("raise SystemExit('not the released one')\n")
    monkeypatch.chdir(tmp_path)
    before = Path.cwd(), sys.path[:]
    result = graded_right(root)
    assert (result.status, result.score) == ("graded", 1), result.problem or result.cells
    assert (Path.cwd(), sys.path) == before
    assert not {"helper", "parts", "parts.more"} & sys.modules.keys()
    # of the next grading, the module is the one released by then
    helper = root / "release" / "small" / "helper.py"
    helper.write_text(helper.read_text().replace("int(word)", "int(word) + 1"))
    assert graded_right(root).score == 0


def reading(number: int, locked: str = "import helper\nnumber = helper.number()") -> Assignment:
    """An assignment whose released module and data have a number, and whose test wants it."""
    cells = [
        cell(locked, "setup", locked=True),
        cell("def double(x):\n    ...", "double", solution=True),
        graded("test_double", f"assert number == int(open('number.txt').read()) == {number}"),
    ]
    files = {
        "helper.py": b"def number():\n    return int(open('number.txt').read())\n",
        "number.txt": str(number).encode(),
        "lib/other.py": f"number = {number}\n".encode(),
    }
    return replace(with_tests("reading", notebook(*cells)), files=files)


def score(assignment: Assignment) -> tuple[float | None, str]:
    result = grade(assignment, notebooks.dumps(assignment.skeleton).encode())
    return result.score, result.problem


@pytest.mark.slow
def test_threads_do_not_see_each_others_files() -> None:
    before = Path.cwd(), sys.path[:]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(score, map(reading, range(8)))) == [(1.0, "")] * 8
    assert (Path.cwd(), sys.path) == before


def test_a_module_of_the_graders_own_has_the_name_of_a_released_one(monkeypatch) -> None:
    own = ModuleType("helper")
    monkeypatch.setitem(sys.modules, "helper", own)
    assert score(reading(1)) == (1.0, "")
    assert sys.modules["helper"] is own


def test_a_released_folder_that_a_locked_cell_imports_from() -> None:
    locked = 'import sys\nsys.path.insert(0, "lib")\nfrom other import number'
    assert [score(reading(number, locked)) for number in (1, 2)] == [(1.0, "")] * 2


@pytest.mark.slow
def test_verify_runs_beside_them_too(tmp_path) -> None:
    proof = verify(a_course(tmp_path / "course", LOCKED), "small", seeds=1)
    assert [function.ok for function in proof.functions] == [True]
    assert "fails test_double" not in "".join(proof.problems)


@pytest.mark.parametrize(
    ("locked", "words"),
    [
        ("import no_such", "ModuleNotFoundError: No module named 'no_such'; it is run beside the released"),
        ("y = double(1)", "NameError: name 'double' is not defined; students write double"),
        ("%matplotlib inline\n%timeit 1", "take a magic or command out"),
        ("y = 1 / 0", "ZeroDivisionError: division by zero; correct it, and generate the assignment again"),
    ],
)
def test_a_locked_cell_that_fails_is_named_with_a_remedy(tmp_path, locked, words) -> None:
    result = graded_right(a_course(tmp_path / "course", locked))
    assert result.status == "infrastructure-error"
    assert result.problem.startswith("the locked cell setup of small.ipynb fails in the grader: ")
    assert words in result.problem


def test_magics_of_display_and_reloading_run_in_the_students_process_only(tmp_path) -> None:
    """They are left out of the cells that the grader runs: a locked cell, a test, an answer's names."""
    locked = (
        "%matplotlib inline\n%load_ext autoreload\nif True:\n    %autoreload 2\n    ONE = '''\\n%config\\n'''"
    )
    root = a_course(tmp_path / "course", locked)
    for folder in ("source", "release"):
        path = root / folder / "small" / "small.ipynb"
        written = notebooks.read(path)
        for each in written.cells:
            if notebooks.grade_id(each) == "double":
                each.source = f"%precision 3\n{each.source}"
            elif notebooks.grade_id(each) == "test_double":
                each.source = "%precision 3\nassert double(1) == 2\nassert ONE == '\\n%config\\n'"
        notebooks.write(written, path)
    result = graded_right(root)
    assert (result.status, result.score) == ("graded", 1), result.problem or result.cells
    assert result.notebook is not None
    outputs = [output for each in result.notebook.cells for output in each.get("outputs", ())]
    assert [output.get("text") for output in outputs] == ["✓ passed\n"]  # and no error inside
    assert "fails" not in "".join(verify(root, "small", seeds=1).problems)


def test_a_test_that_fails_in_the_grader_is_named() -> None:
    with pytest.raises(HarnessFailure, match=r"^the test t of a\.ipynb fails in the grader: Mod"):
        Judge({}, {"f"}, seed=1).judge("import no_such", 1, lambda question: {}, "the test t of a.ipynb")


def test_an_answer_may_use_a_released_module(tmp_path) -> None:
    """It lies beside the notebook, where nothing hides a module that is installed."""
    body = "own.ONE and helper.read and int(numpy.add(x, x))"
    answer = f"import helper, numpy, own\n\ndef double(x):\n    return {body}"
    root = a_course(tmp_path / "course", LOCKED)
    released = notebooks.read(root / "release" / "small" / "small.ipynb")
    hiding = cell("open('numpy.py', 'w').write('raise SystemExit')\nopen('own.py', 'w').write('ONE = 1')")
    released.cells[:0] = [hiding, cell("import own")]
    answered = notebooks.with_answers(released, {"double": answer})
    result = grade(load(root, "small"), notebooks.dumps(answered).encode())
    assert (result.status, result.score) == ("graded", 1), result.problem or result.cells
