"""The grader's version changes with what can change a verdict, and with nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from course.grading.judging.versions import DECIDING, NOT_DECIDING, digest, grader_version
from tests.helpers import ROOT

PACKAGES = ("course", "mlp_ref")
ROOMS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT / "course", ROOT / "course" / "grading", ROOT / "mlp_ref")
    for path in folder.iterdir()
    if path.name not in ("grading", "__pycache__") and (path.is_dir() or path.suffix == ".py")
)
DECIDING_ROOMS = {f"course/{part}" for part in DECIDING} | {
    room for room in ROOMS if room.startswith("mlp_ref/")
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """Make a copy of the packages."""
    folder = tmp_path_factory.mktemp("tree")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def digest_of(tree: Path) -> str:
    return digest({name: tree / name / "__init__.py" for name in PACKAGES})


def test_a_copy_has_the_same_version(tree) -> None:
    assert grader_version(PACKAGES).endswith(f"+{digest_of(tree)}")


@pytest.mark.parametrize("room", ROOMS)
def test_a_change_in_a_room(room, tree) -> None:
    before = digest_of(tree)
    path = tree / room
    for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
        content = file.read_text()
        file.write_text(f"{content}\n# a comment\n")
        is_deciding = room in DECIDING_ROOMS and file not in {tree / "course" / name for name in NOT_DECIDING}
        assert (digest_of(tree) != before) == is_deciding, file
        file.write_text(content)


def test_what_decides_and_what_does_not() -> None:
    assert set(ROOMS) >= DECIDING_ROOMS
    deciding = {"guest", "judging", "problem_sets", "sandbox", "submissions"}
    assert {f"course/grading/{room}" for room in deciding} | {"course/checking"} <= DECIDING_ROOMS
    others = {"course/explorer", "course/grading/report", "course/grading/gradebook", "course/grading/cli.py"}
    assert not others & DECIDING_ROOMS
    assert all((ROOT / "course" / name).is_file() for name in NOT_DECIDING)


@pytest.mark.slow
def test_grading_loads_nothing_of_what_does_not_decide() -> None:
    code = "import sys, course.grading.judging.grade; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {f"{name.replace('.', '/')}.py" for name in run.stdout.split()}
    # the files that it chooses are in the assignment's version
    assert loaded & {f"course/{name}" for name in NOT_DECIDING} == {
        "course/grading/problem_sets/copies.py",
        "course/grading/problem_sets/release_rule.py",
        # it words why nobody can be graded
        "course/grading/sandbox/causes.py",
    }


def test_a_room_that_is_missing(tree) -> None:
    (tree / "course" / "checking").rename(tree / "course" / "checks")
    try:
        with pytest.raises(ModuleNotFoundError, match="checking, which decides verdicts"):
            digest_of(tree)
    finally:
        (tree / "course" / "checks").rename(tree / "course" / "checking")


@pytest.mark.slow
def test_a_wheel_has_the_version_of_its_checkout(tmp_path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])))
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path / "site")
    code = (
        "import course; from course.grading.judging.versions import grader_version; "
        f"print(course.__file__, grader_version({PACKAGES}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    file, version = result.stdout.split()
    assert Path(file).is_relative_to(tmp_path / "site")
    assert version == grader_version(PACKAGES)
