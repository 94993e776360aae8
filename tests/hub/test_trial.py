"""The machine on which the trial's Hub runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import PATIENCE
from tests.hub.conftest import TRIAL
from tests.nbgrader_steps.accounts import account

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0, reason="only root can let several people work as users of their own"
    ),
]

START = """
import pathlib, subprocess, sys
sys.path.insert(0, sys.argv[1])
import trial
tree = pathlib.Path(sys.argv[2])
trial.make_machine(tree)
sys.exit(subprocess.run(trial.command(tree, ["sh", "-c", "id -u ida; read line; id -u ida"])).returncode)
"""


def test_its_people_stay_when_this_machine_has_new_ones(tmp_path: Path) -> None:
    (tmp_path / "machine").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", START, TRIAL.parent, tmp_path / "machine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.strip().isdigit()
    (tmp_path / "homes").mkdir()
    with account(tmp_path / "homes"):
        rest, _ = process.communicate("\n", timeout=PATIENCE)
    assert (process.returncode, rest) == (0, first)
