"""Lectures are run for the archive, with Jupyter's own kernel, whatever the machine is doing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT

MAKE = """
from course.grading.errors import CourseError
from course.grading.pack.to_read import to_read

try:
    print(*to_read())
except CourseError as error:
    print(error)
"""
NOTES_ITS_CONNECTION = """
import pathlib, runpy, sys

place = pathlib.Path(sys.argv[sys.argv.index("-f") + 1])
(pathlib.Path(__file__).parent / f"seen-{place.name}").write_bytes(place.read_bytes())
runpy.run_module("ipykernel_launcher", run_name="__main__")
"""


def made(kernels: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run MAKE with `command` as Jupyter's Python kernel."""
    spec = kernels / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": [*command], "display_name": "Python", "language": "python"}))
    return subprocess.run(
        [sys.executable, "-c", MAKE],
        cwd=ROOT,
        env={**os.environ, "JUPYTER_PATH": str(kernels), **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_a_kernel_that_does_not_start_is_told_in_one_line(tmp_path) -> None:
    done = made(tmp_path, sys.executable, "-c", "raise SystemExit(1)")
    assert done.stdout.startswith("the lecture one_hidden_layer.ipynb cannot be run: ")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.slow
def test_no_port_is_taken_where_the_temporary_folder_has_a_long_path_too(tmp_path) -> None:
    """Of ports, another program may have taken one between the choice of it and the kernel's start."""
    kernel, temporary = tmp_path / "kernel.py", tmp_path / ("long" * 30)
    kernel.write_text(NOTES_ITS_CONNECTION)
    temporary.mkdir()
    done = made(tmp_path, sys.executable, str(kernel), "-f", "{connection_file}", TMPDIR=str(temporary))
    assert "lectures/learning_rate.html" in done.stdout.split()
    seen = [json.loads(path.read_bytes()) for path in tmp_path.glob("seen-*")]
    assert [connection["transport"] for connection in seen] == ["ipc"] * 4
    assert list(temporary.iterdir()) == []
