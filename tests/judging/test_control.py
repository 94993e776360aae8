"""The control: the instructor's own solution, graded as submissions are, before anybody is."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest

from course.grading.errors import ControlFailed
from course.grading.judging import control
from course.grading.problem_sets.assignment import IN_KERNEL, Assignment, with_tests
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.zygote import zygotes
from tests.helpers import cell, graded, notebook

RIGHT = "def double(x):\n    return 2 * x"
STUB = "def double(x):\n    raise NotImplementedError"
TEST = "assert double(2) == 4"


def problem(answer: str = RIGHT, test: str = TEST, tags: tuple[str, ...] = ()) -> Assignment:
    """An assignment of one function and its test, of a point."""

    def book(solution: str):
        cells = [
            cell(solution, "double", solution=True),
            graded("test_double", test),
        ]
        cells[-1].metadata["tags"] = list(tags)
        return notebook(*cells)

    return with_tests("small", book(STUB), book(answer))


def failure(assignment: Assignment, limits: Limits | None = None) -> str:
    with pytest.raises(ControlFailed) as caught:
        control.check(assignment, limits)
    return str(caught.value)


@pytest.fixture
def graded_solutions(monkeypatch):
    """Nothing is known yet; how often the solution is graded."""
    monkeypatch.setattr(control, "_outcomes", [])
    calls = []
    grade = control.grade

    def counted(*args, **kwargs):
        calls.append(args)
        return grade(*args, **kwargs)

    monkeypatch.setattr(control, "grade", counted)
    return calls


@pytest.mark.parametrize(
    "assignment",
    [
        problem(),
        problem(test="0.5 * sum(double(x) == 2 * x for x in (1, 2))"),
        problem(test="isinstance(double, type(lambda: 0)) and double(2) == 4 or 0", tags=(IN_KERNEL,)),
    ],
    ids=["whole points", "a number of the test's", "in the notebook's process"],
)
def test_a_right_solution_passes(assignment):
    control.check(assignment)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("assignment", "says", "advises"),
    [
        (
            problem("def double(x):\n    return 3 * x"),
            r"test_double: wrong, 0 of 1 points: The test's assertion does not hold\.",
            r"correct it in its source, and generate the assignment again",
        ),
        (
            problem(test="0.5 * (double(2) == 4)"),
            r"test_double: wrong, 0.5 of 1 points",
            r"correct it in its source",
        ),
        (
            problem("import no_such_library\n" + RIGHT),
            r"double: ModuleNotFoundError: No module named 'no_such_library'\n"
            r"  test_double: error, 0 of 1 points: double is not defined",
            r"`\S+ -m pip install no_such_library`",
        ),
        (
            problem(test="import no_such_library\n" + TEST),
            r"test_double: fails in the grader: ModuleNotFoundError",
            r"`\S+ -m pip install no_such_library`",
        ),
        (
            problem("import mlp_ref\n" + RIGHT),
            r"double: ModuleNotFoundError: No module named 'mlp_ref'",
            r"module of your own beside the notebook",
        ),
        (
            problem(test="assert double.__code__.co_argcount == 1"),
            r"test_double: wrong, .*\(AttributeError: .*__code__",
            r"test_double passes within the notebook's process only: tag its cell `in-kernel`",
        ),
        (
            problem("def double(x):\n    yield 2 * x", test="assert list(double(2)) == [4]"),
            r"test_double: wrong",
            r"tag its cell `in-kernel`",
        ),
        (
            problem(STUB),
            r"double: NotImplementedError|test_double: error, .* NotImplementedError",
            r"where the source holds no solutions, `c\.SandboxedExecute\.control = False`",
        ),
        (
            problem(test="assert double.no_such_name", tags=(IN_KERNEL,)),
            r"test_double: error, .* AttributeError: .*no_such_name",
            r"correct it in its source",
        ),
    ],
    ids=[
        "a wrong solution",
        "part of the points",
        "a library of the solution",
        "a library of the test",
        "a module that students do not receive",
        "an attribute of a function",
        "a result that does not cross",
        "no solution",
        "in the notebook's process",
    ],
)
def test_a_solution_without_full_credit_is_told_with_its_remedy(assignment, says, advises):
    message = failure(assignment)
    assert message.startswith("nobody is graded: of small, the instructor's own solution")
    assert re.search(says, message), message
    assert re.search(f"To do: .*{advises}", message), message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "limits", "setting"),
    [
        ("while True: pass", {"cell": 1.0}, r"`c\.Execute\.timeout` .* now 1 seconds"),
        ("while True: pass", {"notebook": 1.0}, r"`c\.SandboxedExecute\.notebook_timeout` .* now 1 seconds"),
        (
            "x = bytearray(b'1') * (300 << 20)\n    while x: pass",
            {"memory": 250 << 20},
            r"`c\.SandboxedExecute\.memory`",
        ),
        ("bytearray(2 << 30)", {"address_space": 1 << 30}, r"`c\.SandboxedExecute\.memory`"),
        (
            "open('f', 'wb').write(bytes(9 << 20))\n    while True: pass",
            {"files": 8 << 20},
            r"`c\.SandboxedExecute\.file_bytes`",
        ),
    ],
    ids=["a cell's time", "the notebook's time", "memory", "a request for memory", "files"],
)
def test_a_limit_that_was_passed_is_told_by_the_name_of_its_setting(body, limits, setting):
    message = failure(problem(f"def double(x):\n    {body}\n    return 2 * x"), Limits(**limits))
    assert re.search(f"To do: {setting}", message), message
    assert "in-kernel" not in message


WRITES = "def double(x):\n    return 2 * x\nopen('twice.py', 'w').write('4')"
READS = "assert open('twice.py').read() == '4'"


@pytest.mark.slow
def test_a_test_of_a_file_that_a_student_writes_has_one_remedy():
    message = failure(problem(WRITES, READS))
    cells, *actions = message.split("\n  To do: ")
    assert cells.endswith(
        "fails in the grader: FileNotFoundError: [Errno 2] No such file or directory: 'twice.py'"
    )
    (action,) = actions
    assert action.partition(": ")[2].startswith("tag its cell `in-kernel`, and it runs there; or set `c.")
    control.check(problem(WRITES, READS, tags=(IN_KERNEL,)))


@pytest.mark.slow
def test_several_tests_of_files_that_a_student_writes_are_all_told():
    cells = [cell(WRITES, "double", solution=True), graded("test_one", READS), graded("test_two", READS)]
    stub = cell(STUB, "double", solution=True)
    message = failure(with_tests("small", notebook(stub, *cells[1:]), notebook(*cells)))
    assert re.findall(r"To do: (\w+) passes within", message) == ["test_one", "test_two"]


@pytest.mark.slow
def test_a_test_of_a_file_that_is_not_released_has_one_remedy():
    message = failure(problem(RIGHT, READS))
    assert "it is run beside the released files only: release what it reads (course.files" in message
    assert "in-kernel" not in message


@pytest.mark.slow
def test_a_data_file_that_nobody_has_written_has_one_remedy():
    message = failure(problem(RIGHT, READS.replace(".py", ".csv")))
    assert "FileNotFoundError: [Errno 2] No such file or directory: 'twice.csv'" in message
    assert "To do: release twice.csv (course.files in the notebook's metadata lists it)" in message
    assert "in-kernel" not in message


@pytest.mark.slow
def test_what_differs_from_the_source_comes_first_and_once():
    edited = replace(problem("def double(x):\n    return 3 * x"), notice="the source was edited: run `this`")
    lines = failure(edited).splitlines()
    assert lines[1] == "  Likely cause: the source was edited: run `this`"
    assert sum("was edited" in line for line in lines) == 1


def test_what_nobody_could_get_points_for_is_not_run(graded_solutions):
    by_hand = cell("YOUR ANSWER HERE", "essay", kind="markdown", grade=True, solution=True, points=2)
    control.check(with_tests("small", notebook(by_hand), notebook(by_hand)))
    control.check(with_tests("small", notebook(graded("test_double", TEST))))
    assert graded_solutions == []


def test_without_source_a_line_says_what_is_not_checked():
    without = with_tests("small", notebook(graded("test_double", TEST)))
    assert control.left_out(without).startswith("small: without the solution in its source")
    assert control.left_out(problem()) == ""


@pytest.mark.slow
def test_an_outcome_is_kept_for_what_it_depends_on(graded_solutions):
    control.check(problem())
    control.check(problem())
    assert len(graded_solutions) == 1
    control.check(problem(test=f"{TEST}\nassert double(3) == 6"))
    assert len(graded_solutions) == 2, "another test"
    control.check(problem("def double(x):\n    return x + x"))
    assert len(graded_solutions) == 3, "another solution"
    control.check(problem(), Limits(cell=29.0))
    assert len(graded_solutions) == 4, "another limit"
    control.check(problem())
    assert len(graded_solutions) == 4


@pytest.mark.slow
def test_a_failure_is_kept_for_a_while(graded_solutions, monkeypatch):
    monkeypatch.setattr(control, "FAILURE_KEPT", 600.0)  # however slow the machine is
    wrong = problem(test="assert False")
    first = failure(wrong)
    before = len(graded_solutions)
    assert failure(wrong) == first
    assert len(graded_solutions) == before
    monkeypatch.setattr(control, "FAILURE_KEPT", -1.0)
    failure(wrong)
    assert len(graded_solutions) > before


@pytest.fixture
def as_root():
    if os.geteuid():
        pytest.skip("only where root grades the student is another user of the machine")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages that comes first on the path."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    zygotes.close()


@pytest.mark.slow
@pytest.mark.usefixtures("as_root")
def test_an_unreadable_package_is_told_with_the_command_that_opens_it(site):
    package = site / "slope"
    package.mkdir()
    (package / "__init__.py").write_text("def double(x):\n    return 2 * x\n")
    package.chmod(0o700)
    uses = problem("from slope import double")
    message = failure(uses)
    assert "double: ImportError: cannot import name 'double' from 'slope'" in message
    assert f"cannot read {package}: `chmod -R a+rX {package}`" in message
    assert "pip install" not in message
    # the refusal that is kept, or a new one where the last look at the packages is a second old
    assert re.sub(r"seed \d+", "", failure(uses)) == re.sub(r"seed \d+", "", message)
    package.chmod(0o755)  # within the second for which packages are not looked at again
    control.check(uses)


@pytest.mark.slow
def test_a_package_that_is_installed_later_is_proven_anew(site, graded_solutions):
    control.check(problem())
    (site / "slope").mkdir()
    control._surroundings.cache_clear()
    control.check(problem())
    assert len(graded_solutions) == 2
