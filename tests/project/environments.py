"""Environments of their own, on the Pythons that a machine has, for tests of installing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import uv

from course.grading.problem_sets import notebooks
from tests.helpers import ROOT

CHECKOUT = (
    "LICENSE",
    "Makefile",
    "README.md",
    "constraints.txt",
    "course",
    "mlp_ref",
    "nbgrader_config.py",
    "pyproject.toml",
    "release",
    "source",
)
POINTS = 20
"""of a solved ps0"""
_ASK = """
import ensurepip, json, sys
print(json.dumps([sys.executable, sys.prefix == sys.base_prefix, sys.version_info[:3]]))
"""


@cache
def pythons() -> list[Path]:
    """Return the Pythons of this machine that can install the course, the oldest first."""
    folders = [Path(folder) for folder in os.get_exec_path()] + [Path("/usr/bin"), Path("/usr/local/bin")]
    # pyenv, uv and others keep one version beside the other
    folders += Path(sys.base_prefix).parent.glob("*/bin")
    versions: dict[tuple[int, ...], Path] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("python3*"))):
        if path.name.removeprefix("python3").strip(".0123456789"):  # python3-config
            continue
        answer = subprocess.run([path, "-c", _ASK], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            executable, is_no_environment, version = json.loads(answer.stdout)
            if is_no_environment and version >= [3, 11]:
                versions.setdefault(tuple(version), Path(executable))
    return [versions[version] for version in sorted(versions)]


def checkout(root: Path, *names: str) -> Path:
    """Make `root` a copy of these files and folders, all that an installation needs when none is named."""
    root.mkdir(parents=True)
    for name in names or CHECKOUT:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, root)
    return root


def solve(assignment: str, path: Path, before: str = "") -> None:
    """Write the solved notebook of a problem set to `path`, `before` at the start of its first answer."""
    source = notebooks.read(ROOT / "source" / assignment / f"{assignment}.ipynb")
    answers = {
        notebooks.grade_id(cell): cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code"
    }
    first = next(iter(answers))
    answers[first] = before + answers[first]
    released = notebooks.read(ROOT / "release" / assignment / f"{assignment}.ipynb")
    notebooks.write(notebooks.with_answers(released, answers), path)


def clean(path: str = "", **variables: str) -> Mapping[str, str]:
    """Return an environment that leads neither to these tests' packages nor to a make that runs them."""
    own = ("PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS", "UV_COMPILE", "JUPYTER", "IPYTHON", "COV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"PATH": f"{path}{os.pathsep}{os.defpath}"} | variables


def do(*command: str | Path, cwd: Path, env: Mapping[str, str]) -> str:
    """Run a command that has to succeed, and return what it wrote to stdout."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout[-4000:]}{result.stderr[-4000:]}"
    return result.stdout


def only_uv(folder: Path) -> Path:
    """Return a new folder in which there is uv and nothing else."""
    folder.mkdir()
    (folder / "uv").symlink_to(uv.find_uv_bin())
    return folder
