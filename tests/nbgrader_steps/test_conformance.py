"""nbgrader's own tests of `autograde`, which its wheel ships, run with our steps in place of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.tests.apps.test_nbgrader_autograde import TestNbGraderAutograde as Upstream

from course.grading.nbgrader_steps.corrections import newest_tables
from tests.helpers import ROOT, without_control

CONTRADICTIONS = {
    "test_grade_empty_timestamp": "grades nobody whose timestamp is no time; here that is told, and not late",
    "test_hidden_tests_single_notebook": "deletes a function in the student's kernel",
    "test_no_execute": "wants the outputs that a student handed in, and these are never trusted",
}
"""what contradicts a promise of ours, and why"""
NAMES = sorted(name for name in vars(Upstream) if name.startswith("test_"))
CONFIG = ROOT / "nbgrader_config.py"
PARTS = 6
"""into how many runs of pytest they are divided"""


def test_at_most_three_contradict() -> None:
    assert len(CONTRADICTIONS) <= 3
    assert CONTRADICTIONS.keys() <= set(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_nbgraders_own(part: int, tmp_path: Path) -> None:
    # their course has no header, and they read nbgrader's messages as they are
    unlike = r"(?m)^c\.(IncludeHeaderFooter|CourseDirectory|NbGrader)\..*\n"
    (tmp_path / CONFIG.name).write_text(re.sub(unlike, "", CONFIG.read_text()))
    without_control(tmp_path)  # most of their sources hold stubs, no solutions
    chosen = [name for name in NAMES[part::PARTS] if name not in CONTRADICTIONS]
    where = f"{Upstream.__module__}::TestNbGraderAutograde"
    options = ["-q", "-W", "ignore", "-p", "no:cacheprovider", "--pyargs"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *(f"{where}::{name}" for name in chosen)],
        cwd=tmp_path,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    ran = dict(map(reversed, re.findall(r"(\d+) (passed|skipped)", result.stdout)))
    assert int(ran["passed"]) + int(ran.get("skipped", 0)) >= len(chosen)


@pytest.mark.slow
def test_a_new_gradebook_has_the_version_that_nbgrader_finds_itself() -> None:
    """Ours is found in this process, and nbgrader's by a command; what a config sets would hide it."""
    code = "from nbgrader.api import get_alembic_version as of_nbgrader; print(of_nbgrader())"
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command, env = [sys.executable, "-c", code], {**os.environ, "PATH": programs}
    theirs = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    assert newest_tables() == theirs.strip()
