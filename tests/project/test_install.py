"""Installed as on a fresh machine, the course grades: old and new Pythons, lowest and tested versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.project.environments import POINTS, checkout, clean, do, only_uv, pythons, solve

pytestmark = pytest.mark.slow


def score(python: Path, root: Path) -> None:
    """Score a solved ps0 with the course installed for `python`, and expect all points."""
    solve("ps0", root / "mine.ipynb")
    printed = do(python.parent / "course", "score", "ps0", "mine.ipynb", "--json", cwd=root, env=clean())
    (line,) = printed.splitlines()
    result = json.loads(line)
    assert (result["status"], result["score"]) == ("graded", POINTS), line


def test_make_installs_with_the_oldest_python_and_pip(tmp_path) -> None:
    root = checkout(tmp_path / "course")
    # to compile all files, most of which are never imported, takes longer than the rest
    env = clean(PIP_COMPILE="0")
    do("make", ".venv/installed", f"PYTHON={pythons()[0]}", cwd=root, env=env)
    score(root / ".venv/bin/python", root)


def test_make_installs_with_the_newest_python_and_uv(tmp_path) -> None:
    root = checkout(tmp_path / "course")
    env = clean(str(only_uv(tmp_path / "bin")), UV_COMPILE_BYTECODE="0")
    do("make", ".venv/installed", f"PYTHON={pythons()[-1]}", cwd=root, env=env)
    assert "Installed" in (root / ".venv/install.log").read_text()  # uv's word
    score(root / ".venv/bin/python", root)


def lowest(root: Path, extra: str) -> Path:
    """Install the course of `root`, all it declares in the lowest version; return the interpreter."""
    env, python = clean(str(only_uv(root.parent / "bin"))), root.parent / "env/bin/python"
    do("uv", "venv", "--python", pythons()[0], root.parent / "env", cwd=root, env=env)
    install = ("uv", "pip", "install", "--python", python, "--resolution", "lowest-direct")
    do(*install, f".{extra}", cwd=root, env=env)
    return python


def test_the_lowest_versions_grade(tmp_path) -> None:
    root = checkout(tmp_path / "course")
    python = lowest(root, "[grading]")
    score(python, root)
    solve("ps0", root / "submitted/alice/ps0/ps0.ipynb")
    for command in (
        ("nbgrader", "generate_assignment", "ps0", "--force"),
        ("course", "grade", "ps0"),
        ("nbgrader", "autograde", "ps0", "--force"),
        ("nbgrader", "generate_feedback", "ps0"),
        ("course", "report", "ps0"),
        ("course", "export", "ps0", "--to", "csv"),
        ("course", "pack", "ps0"),
    ):
        do(python.parent / command[0], *command[1:], cwd=root, env=clean())
    assert (root / "feedback/alice/ps0/ps0.html").is_file()


def test_the_lowest_versions_do_for_students(tmp_path) -> None:
    root = checkout(tmp_path / "course")
    python = lowest(root, "")
    names = ["ps0", "ps1", "ps2", "ps3"]
    for name in names:
        solve(name, tmp_path / f"solved/{name}.ipynb")
    script = Path(__file__).with_name("solved_notebooks.py")
    printed = do(python, script, tmp_path / "solved", cwd=tmp_path, env=clean(MPLBACKEND="agg"))
    ran = [line for line in printed.splitlines() if line.endswith(" ran")]
    assert ran == [f"{name} ran" for name in names]
