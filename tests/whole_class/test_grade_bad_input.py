"""What `course grade` cannot grade is told in one line, and nothing is half written."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook
from rich.console import Console

from course.grading.course_folder import CourseFolder
from course.grading.sandbox import bubblewrap
from course.grading.whole_class.progress import ClassSummary, print_summary
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.lms import refusals
from tests.whole_class.classes import COURSE_ID, a_class, another_course, url


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return a_class(tmp_path_factory.mktemp("prepared") / "course")


@pytest.fixture
def root(prepared, tmp_path):
    return shutil.copytree(prepared, tmp_path / "course")


def refused(root, *arguments: str, words: str, **environment: str) -> None:
    """Assert that `course grade` says `words` in its only line, and leaves everything as it is."""
    refusals.refused(root, "grade", *arguments, words=words, **environment)


@pytest.mark.slow
def test_unknown_assignment(root) -> None:
    refused(root, "large", words="there is no assignment 'large'; there is: small")


@pytest.mark.slow
def test_not_a_course(tmp_path) -> None:
    refused(tmp_path, "small", words="run this in the course's root")


@pytest.mark.slow
def test_settings_with_a_fault(root) -> None:
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.Exchange.root = nowhere\n")
    refused(
        root, "small", words="nbgrader_config.py cannot be used: line 2, NameError: name 'nowhere' is not"
    )


PER_DAY = 'c.AssignLatePenalties.plugin_class = "course.grading.nbgrader_steps.late_policy.PerDay"\n'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('c.SandboxedExecute.memory = "2G"', "SandboxedExecute.memory expected an int, not the str '2G'"),
        ('c.Execute.timeout = "x"', "Execute.timeout expected an int, not the str 'x'"),
        (f"{PER_DAY}c.PerDay.percent = 200", "PerDay.percent should not be greater than 100.0"),
        ('c.AssignLatePenalties.plugin_class = "no.such"', "AssignLatePenalties.plugin_class must be a type"),
    ],
)
def test_a_setting_with_a_wrong_value(root, settings, reason) -> None:
    """Each way to grade, and the doctor, names it with its line, and writes nothing."""
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{settings}\n")
    number = len((root / "nbgrader_config.py").read_text().splitlines())
    words = f"nbgrader_config.py cannot be used: line {number}, c.{reason}"
    refused(root, "small", words=words)
    (line,) = nbgrader("autograde", "small", cwd=root).stderr.splitlines()
    assert words in line
    assert not (root / "autograded").exists()
    (fault,) = (line for line in course("doctor", cwd=root).stdout.splitlines() if line.startswith("FAULT"))
    assert words in fault


@pytest.mark.slow
def test_nobody_handed_in(root) -> None:
    shutil.rmtree(root / "submitted")
    refused(root, "small", words="nothing was handed in: there is no submitted/*/small")


@pytest.mark.slow
def test_unknown_student(root) -> None:
    refused(root, "small", "--student", "zoe", words="there is no submitted/zoe/small")


@pytest.mark.slow
def test_no_gradebook(root) -> None:
    (root / "gradebook.db").unlink()
    refused(root, "small", words="`nbgrader generate_assignment small --force` makes it")
    assert not (root / "gradebook.db").exists()


@pytest.mark.slow
def test_gradebook_of_another_course(root, tmp_path) -> None:
    elsewhere = another_course(tmp_path / "elsewhere")
    other = url(elsewhere)
    before = (elsewhere / "gradebook.db").read_bytes()
    refused(
        root,
        "small",
        words="gradebook of another course (philosophy, not mlp-gradients)",
        COURSE_DB_URL=other,
    )
    assert (elsewhere / "gradebook.db").read_bytes() == before


@pytest.mark.slow
def test_no_gradebook_at_all(root) -> None:
    (root / "gradebook.db").write_bytes(b"a text that somebody gave the wrong name" * 100)
    refused(root, "small", words="gradebook.db cannot be opened: file is not a database")


@pytest.mark.slow
def test_read_only_folder(root) -> None:
    """A file system that cannot be written; permissions would not keep root out."""
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    command = [bubblewrap.program(), "--dev-bind", "/", "/", "--ro-bind", root, root, "--chdir", root]
    grade = [sys.executable, "-m", "course.grading", "grade", "small"]
    result = subprocess.run([*command, *grade], capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("course: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert "gradebook.db cannot be" in result.stderr
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_other_notebooks_are_named_and_what_was_expected(tmp_path) -> None:
    """A solved copy beside the untouched notebook, or in its place under another name, is not overlooked."""
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    solved = hand_in(root, "ann", **RIGHT)
    solved.rename(solved.with_name("small (1).ipynb"))
    hand_in(root, "ann")
    hand_in(root, "bob", **RIGHT).rename(root / "submitted" / "bob" / "small" / "small (2).ipynb")
    hand_in(root, "cyd", **RIGHT).rename(root / "submitted" / "cyd" / "small" / "final.ipynb")
    hand_in(root, "dan", **RIGHT)
    for times in ("first", "unchanged"):
        result = course("grade", "small", cwd=root)
        assert result.returncode == 0, times
        assert (
            "  The notebook is missing: hand it in under the name under which it was handed out, "
            "small.ipynb.\n"
            "    2: bob, cyd\n"
            "other notebooks, which were not graded: 3\n"
            "  ann: small (1).ipynb\n"
            "  bob: small (2).ipynb\n"
            "  cyd: final.ipynb\n"
        ) in result.stdout
    table = course("score", "small", "submitted/bob/small", cwd=root).stdout
    assert "not run: The notebook is missing (there is small (2).ipynb): hand it in" in table


def test_of_many_with_other_notebooks_the_first_are_named(capsys) -> None:
    summary = ClassSummary(
        "small", total=30, skipped=30, extra={f"s{n:02}": ["a.ipynb"] * 7 for n in range(30)}
    )
    print_summary(summary, Console())
    out = capsys.readouterr().out
    assert "not graded: 30\n  s00: a.ipynb, a.ipynb, a.ipynb, a.ipynb, a.ipynb and 2 more\n" in out
    assert out.splitlines()[-2:] == [
        "  and 20 more",
        "`course grade small --all-names` names everybody, and grades nobody again",
    ]
    print_summary(summary, Console(), all_names=True)
    assert "  s29: a.ipynb" in capsys.readouterr().out


@pytest.mark.slow
def test_what_cannot_be_graded_does_not_stop_the_rest(tmp_path) -> None:
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    hand_in(root, "ann", **RIGHT)
    hand_in(root, "bob", **RIGHT).rename(root / "submitted" / "bob" / "small" / "small (1).ipynb")
    carl = hand_in(root, "carl", **RIGHT)
    (carl.parent / "timestamp.txt").write_text("yesterday, I think")
    dora = hand_in(root, "dora", **RIGHT)
    dora.rename(dora.with_suffix(".IPYNB"))
    hand_in(root, ".eve", **RIGHT)
    result = course("grade", "small", cwd=root)
    assert result.returncode == 1
    assert "3 of 5 submissions graded" in result.stdout
    assert "not-run 2" in result.stdout
    dotted = "nbgrader passes over submitted/.eve/small, since .eve begins with a dot: rename it"
    assert dotted in " ".join(result.stdout.split())
    assert "carl: submitted/carl/small/timestamp.txt: 'yesterday, I think' is no date" in result.stdout
    assert "dora  not graded  submitted/dora/small holds no notebook: rename small.IPYNB" in result.stdout
    with Gradebook(url(root), COURSE_ID) as gradebook:
        scores = {sub.student.id: sub.score for sub in gradebook.assignment_submissions("small")}
    assert scores == {"ann": 3, "bob": 0, "carl": 3}
