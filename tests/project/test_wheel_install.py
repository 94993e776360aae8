"""With the course installed from a wheel, and not in place, its folder is graded in as well."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.helpers import ROOT
from tests.project.environments import POINTS, checkout, clean, do, solve

pytestmark = pytest.mark.slow

STUDENT_SEES_NO_REFERENCE = """
import importlib.util, pathlib, sys
assert importlib.util.find_spec("mlp_ref") is None
assert {root!r} not in sys.path
assert not pathlib.Path({root!r}).exists()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """Return the Python of an environment with the course's wheel, and with the packages of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    python = folder / "env" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "env")], check=True)
    install = [
        *uv,
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        str(python),
        str(wheel),
    ]
    subprocess.run(install, check=True)
    (packages,) = folder.glob("env/lib/python*/site-packages")
    # A path's own .pth files are not read: the course that is installed in place stays out.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture
def root(tmp_path) -> Path:
    """Return a course folder with a submission, and with a `course/` that nobody may import."""
    root = checkout(tmp_path / "course", "mlp_ref", "nbgrader_config.py", "release", "source")
    (root / "course").mkdir()
    (root / "course" / "__init__.py").write_text("raise ImportError('the course of the folder')\n")
    solve("ps0", root / "submitted/alice/ps0/ps0.ipynb", STUDENT_SEES_NO_REFERENCE.format(root=str(root)))
    return root


def run(python: Path, root: Path, *arguments: str) -> str:
    """Run a module as its console script does, which has no current folder on its path."""
    scripts = sysconfig.get_path("scripts")  # alembic's
    return do(python, "-P", "-m", *arguments, cwd=root, env=clean(scripts))


def points(root: Path) -> float:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        return gradebook.find_submission("ps0", "alice").score


def test_the_environment_has_the_wheel_alone(python, root) -> None:
    code = "import course, importlib.util as u; print(course.__file__, u.find_spec('mlp_ref'))"
    origin, reference = do(python, "-P", "-c", code, cwd=root, env=clean()).split()
    assert origin.startswith(str(python.parents[1]))
    assert reference == "None"


def test_score(python, root) -> None:
    printed = run(python, root, "course.grading", "score", "ps0", "submitted/alice/ps0", "--json")
    result = json.loads(printed)
    assert (result["status"], result["score"]) == ("graded", POINTS), printed


def test_grade_and_stock_autograde(python, root) -> None:
    hidden = root / "course"
    decoy = hidden.rename(root / "decoy")  # nbgrader puts its folder first on the path
    run(python, root, "nbgrader", "generate_assignment", "ps0", "--force")
    decoy.rename(hidden)
    run(python, root, "course.grading", "grade", "ps0")
    assert points(root) == POINTS
    hidden.rename(decoy)
    run(python, root, "nbgrader", "autograde", "ps0", "--force")
    assert points(root) == POINTS
