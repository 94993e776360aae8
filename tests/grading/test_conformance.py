"""nbgrader's own tests of `autograde`, which its wheel ships, pass with our steps in place of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.helpers import ROOT

# What contradicts a promise of ours, and why.
CONTRADICTIONS = {
    "test_grade_complex_autotest": "expects ValueError: a student's exceptions are one class in the grader",
    "test_hidden_tests_single_notebook": "expects ValueError, and deletes a function in the student's kernel",
    "test_no_execute": "wants the outputs a student handed in, and these are never trusted",
}
# Quarters, so that they can run beside each other.
PARTS = ("test_grade", "test_f or test_h or test_i", "test_late or test_m or test_n", "")


def selection(part: str) -> str:
    """Return the tests of a part; the last has what is in no other."""
    others = " or ".join(p for p in PARTS if p)
    return f"({part})" if part else f"not ({others})"


@pytest.mark.parametrize("part", PARTS, ids=["grade", "f-i", "l-n", "rest"])
def test_nbgraders_own_tests(part: str, tmp_path) -> None:
    config = (ROOT / "nbgrader_config.py").read_text()
    # their course has no header, and they read nbgrader's messages as they are
    kept = re.sub(r"(?m)^c\.(IncludeHeaderFooter|CourseDirectory|NbGrader)\..*\n", "", config)
    (tmp_path / "nbgrader_config.py").write_text(kept)
    left_out = " and ".join(f"not {name}" for name in CONTRADICTIONS)
    command = [sys.executable, "-m", "pytest", "--pyargs", "nbgrader.tests.apps.test_nbgrader_autograde"]
    options = ["-q", "-W", "ignore", "-p", "no:cacheprovider", "-k", f"{selection(part)} and {left_out}"]
    result = subprocess.run(
        [*command, *options],
        cwd=tmp_path,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path), "CI": ""},
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert int(re.search(r"(\d+) passed", result.stdout)[1]) >= 5


def test_at_most_three_contradict() -> None:
    assert len(CONTRADICTIONS) <= 3
