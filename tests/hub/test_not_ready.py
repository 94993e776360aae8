"""A Hub whose machine is not ready does not start, and says in one line what to type."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.helpers import PATIENCE
from tests.hub.conftest import TRIAL

pytestmark = [pytest.mark.browser, pytest.mark.slow]

START = """
import pathlib, subprocess, sys
sys.path.insert(0, sys.argv[1])
import trial
tree = pathlib.Path(sys.argv[2])
trial.make_machine(tree)
(tree / sys.argv[3]).chmod(int(sys.argv[4], 8))
environment = trial.environment(1, "of-the-trial-only")
hub = subprocess.run(trial.command(tree), env=environment, timeout=float(sys.argv[5]))
sys.exit(hub.returncode)
"""


@pytest.mark.parametrize(
    ("folder", "mode", "cause", "command"),
    [
        ("share/nbgrader/exchange", "755", "has the rights 755", "chmod 1777 "),
        ("share/nbgrader/exchange", "777", "has the rights 777", "chmod 1777 "),
        ("home/grader/course", "755", "students too, can look into", "chmod go= "),
    ],
)
def test_wrong_rights_are_told_in_a_line(
    environment: Path, tmp_path: Path, folder: str, mode: str, cause: str, command: str
) -> None:
    python = environment / "bin" / "python"
    result = subprocess.run(
        # a Hub that does start is ended from within, with all that runs in it
        [python, "-c", START, TRIAL.parent, tmp_path, folder, mode, str(PATIENCE)],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert result.returncode == 1
    assert cause in result.stderr
    assert command in result.stderr
    assert result.stderr.startswith("jupyterhub: ")
    assert len(result.stderr.splitlines()) == 1, result.stderr


def test_the_environment_of_all_people_holds_no_reference(environment: Path) -> None:
    code = "import importlib.util as util, course; print(util.find_spec('mlp_ref'))"
    result = subprocess.run(
        [environment / "bin" / "python", "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "None"
