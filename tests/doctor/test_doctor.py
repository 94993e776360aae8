"""`course doctor`: every fault has a cause and what to type, and a machine without one passes."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from course.grading.course_folder import CourseFolder
from course.grading.doctor.allowances import allowances
from course.grading.sandbox import bubblewrap, system_calls
from course.grading.sandbox.causes import CONTAINER_OPTIONS
from course.grading.sandbox.limits import Limits
from tests import places
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.places import run_in

pytestmark = pytest.mark.slow

FINE = "Nothing is wrong: this machine can grade this course."
PLACES = {
    "container": "no sandbox can be made in this container, whose runtime refuses what makes one (seccomp)",
    "masked_proc": "no sandbox can be made in this container, whose runtime covers parts of /proc",
    "no_user_namespaces": "this machine's kernel may make none (user.max_user_namespaces",
}


@pytest.fixture
def root(tmp_path) -> Path:
    root = small_course(tmp_path / "course")
    CourseFolder(root).generate("small")
    return root


def faults(result: subprocess.CompletedProcess[str]) -> list[tuple[str, str, str]]:
    """The faults that were printed: the part, the cause, and what to type."""
    assert result.stderr == ""
    lines = [*result.stdout.splitlines(), ""]
    found = []
    for line, following in pairwise(lines):
        if line.startswith("FAULT"):
            _, part, cause = line.split(maxsplit=2)
            found.append((part, cause, following.partition("type: ")[2]))
    assert result.returncode == (1 if found else 0)
    assert (FINE in result.stdout) == (not found)
    return found


def one_fault(result: subprocess.CompletedProcess[str]) -> tuple[str, str, str]:
    (fault,) = faults(result)
    return fault


def test_where_nothing_is_wrong_all_is_tried_and_told(root) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    result = course("doctor", cwd=root)
    assert faults(result) == []
    said = result.stdout
    for line in (
        f"gradebook  {root}/gradebook.db",
        "imports    small: nothing",
        "its solution gets full credit",
    ):
        assert line in said
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


@pytest.mark.parametrize("place", ["ordinary_user", "root_of_one_user"])
def test_another_user_can_grade_too(root, place) -> None:
    result = run_in(place, "-m", "course.grading", "doctor", cwd=root)
    assert faults(result) == []
    assert "as a user" in result.stdout


@pytest.mark.parametrize("place", PLACES)
def test_a_place_without_a_sandbox_is_told_in_the_words_of_grading(root, place) -> None:
    part, cause, command = one_fault(run_in(place, "-m", "course.grading", "doctor", cwd=root))
    assert part == "sandbox"
    assert PLACES[place] in cause
    hand_in(root, "ann", **RIGHT)
    score = run_in(
        place, "-m", "course.grading", "score", "small", "submitted/ann/small/small.ipynb", cwd=root
    )
    assert (score.returncode, score.stdout) == (1, "")
    assert score.stderr == f"course: {cause}; run `{command}`\n"


def test_where_no_semaphore_can_be_made_a_class_is_refused_in_the_same_words(root) -> None:
    part, cause, command = one_fault(run_in("no_shared_memory", "-m", "course.grading", "doctor", cwd=root))
    assert (part, "/dev/shm" in cause, "mode=1777" in command) == ("workers", True, True)
    hand_in(root, "ann", **RIGHT)
    grade = run_in("no_shared_memory", "-m", "course.grading", "grade", "small", cwd=root)
    assert grade.returncode == 1
    assert grade.stderr.endswith(f"course: {cause}; run `{command}`\n")
    assert "Traceback" not in grade.stderr


def test_a_class_and_stock_autograde_refuse_in_the_same_words(root, tmp_path) -> None:
    program = places.stand_in(tmp_path / "system", places.REFUSED_USER)
    packages = places.no_wheel(tmp_path / "packages", program)
    environment = {"PATH": str(program.parent), "PYTHONPATH": f"{packages}:{places.ROOT}"}
    part, cause, command = one_fault(course("doctor", cwd=root, **environment))
    assert (part, "AppArmor" in cause, "apparmor_parser -r" in command) == ("sandbox", True, True)
    hand_in(root, "ann", **RIGHT)
    message = f"{cause}; run `{command}`"
    grade = course("grade", "small", cwd=root, **environment)
    assert (grade.returncode, message in grade.stderr) == (1, True), grade.stderr
    stock = nbgrader("autograde", "small", cwd=root, **environment)
    assert (stock.returncode != 0, message in stock.stderr) == (True, True), stock.stderr
    for result in (grade, stock):
        assert "Traceback" not in result.stderr
    assert not list(root.glob("autograded/*/small"))


def test_another_bubblewrap_is_named_when_it_serves(root, tmp_path) -> None:
    real = bubblewrap.program()
    system = places.stand_in(tmp_path / "system", places.without_rights(real))
    wheel = places.stand_in(tmp_path / "wheel", f'exec {real} "$@"')
    packages = places.no_wheel(tmp_path / "packages", wheel)
    result = course("doctor", cwd=root, PATH=str(system.parent), PYTHONPATH=f"{packages}:{places.ROOT}")
    assert faults(result) == []
    assert f"{wheel}, as" in result.stdout
    assert f"{system} is not used" in result.stdout


@pytest.mark.parametrize(("platform", "name"), [("darwin", "macOS"), ("win32", "Windows")])
@pytest.mark.parametrize("command", ["doctor", "grade small", "score small x.ipynb", "verify"])
def test_another_system_is_told_of_the_container(root, platform, name, command) -> None:
    code = f"sys.platform, sys.argv[1:] = {platform!r}, {command.split()}; cli.main()"
    result = run_in("", "-c", f"import sys, zoneinfo, course.grading.cli as cli; {code}", cwd=root)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("course: grading runs students' code in a sandbox that only Linux has")
    assert f"not {name}. Students miss nothing" in result.stderr
    assert f"run `docker run --rm -it {' '.join(CONTAINER_OPTIONS)} -v" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_library_is_told_with_its_installation(root) -> None:
    path = root / "source" / "small" / "small.ipynb"
    path.write_text(path.read_text().replace("return 2 * x", "import no_such_library; return 2 * x"))
    CourseFolder(root).generate("small")
    part, cause, command = one_fault(course("doctor", cwd=root))
    assert (part, command) == ("imports", f"{sys.executable} -m pip install no_such_library")
    assert cause.startswith("small imports no_such_library, which fails where students' code runs")


def test_a_wrong_solution_is_told_by_the_control(root) -> None:
    path = root / "source" / "small" / "small.ipynb"
    path.write_text(path.read_text().replace("return 2 * x", "return 3 * x"))
    CourseFolder(root).generate("small")
    result = course("doctor", cwd=root)
    part, cause, _ = one_fault(result)
    assert (part, "the instructor's own solution" in cause) == ("control", True)
    assert "test_double: wrong, 0 of 1 points" in result.stdout


def test_faults_of_the_machine(root, tmp_path) -> None:
    """Several at once, each with its command."""
    environment = {"TMPDIR": str(tmp_path / "none"), "LC_ALL": "C", "PYTHONUTF8": "0"}
    found = faults(course("doctor", cwd=root, **environment))
    assert [part for part, *_ in found] == ["TMPDIR", "locale"]
    assert [command for *_, command in found] == [f"mkdir -p {tmp_path}/none", "export LC_ALL=C.UTF-8"]
    assert "ascii" in found[1][1].lower() or "ANSI" in found[1][1]


def test_an_unknown_locale_is_told(root) -> None:
    part, cause, _ = one_fault(course("doctor", cwd=root, LC_ALL="de_XX.UTF-8"))
    assert (part, cause) == ("locale", "the locale de_XX.UTF-8 is not installed")


def test_a_library_in_a_wrong_version_is_told(root, tmp_path) -> None:
    folder = tmp_path / "old" / "ipython-9.0.2.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: ipython\nVersion: 9.0.2\n")
    part, cause, command = one_fault(course("doctor", cwd=root, PYTHONPATH=str(folder.parent)))
    assert (part, cause) == ("versions", "ipython 9.0.2 cannot be used for grading")
    assert command == 'pip install "ipython<10,>=9.1"'


def test_outside_of_a_course_the_machine_is_examined_all_the_same(tmp_path) -> None:
    result = course("doctor", cwd=tmp_path)
    part, cause, _ = one_fault(result)
    assert (part, "is not a course: it holds no nbgrader_config.py" in cause) == ("course", True)
    assert "ok     sandbox" in result.stdout


def test_settings_that_fail_are_told_without_a_traceback(root) -> None:
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Execute.timeout = 1 / 0\n")
    part, cause, _ = one_fault(course("doctor", cwd=root))
    assert part == "course"
    assert "nbgrader_config.py cannot be used: line " in cause
    assert ", ZeroDivisionError: division by zero; correct the file" in cause


def test_a_full_disk_is_told(root, tmp_path) -> None:
    view = ["--dev-bind", "/", "/", "--size", str(1 << 20), "--tmpfs", tmp_path / "course" / "small"]
    command = [bubblewrap.program(), *view, "--chdir", tmp_path / "course" / "small", "--"]
    (tmp_path / "course" / "small").mkdir()
    done = subprocess.run(
        [*command, sys.executable, "-m", "course.grading", "doctor"],
        env={"PYTHONPATH": str(places.ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    part, cause, command = faults(done)[0]
    assert (part, "0 MiB are free" in cause or "1 MiB are free" in cause) == ("disk", True), cause
    assert command.startswith(f"du -xh {tmp_path}/course/small")


def test_what_the_sandbox_allows_and_refuses_is_what_holds() -> None:
    lines = allowances(Limits(tasks=7, memory=3 << 20))
    allowed = " ".join(text for state, text in lines if state == "allowed")
    refused = " ".join(text for state, text in lines if state == "refused")
    assert "7 processes and threads, 3 MiB of memory" in allowed
    assert "network" in refused
    assert all(name in refused for name in system_calls.numbers(0))
