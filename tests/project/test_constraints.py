"""constraints.txt: one version of every package, for every Python and every system that the course is for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers import ROOT

CONSTRAINTS = ROOT / "constraints.txt"
PYTHONS = ("3.11.0", "3.12", "3.13", "3.14")
PYPROJECT = ROOT / "pyproject.toml"
EXTRAS = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]


def pins() -> list[Requirement]:
    lines = CONSTRAINTS.read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.lstrip().startswith("#")]


def test_they_pin_versions_and_name_no_place() -> None:
    assert pins()
    for pin in pins():
        assert re.fullmatch(r"==[\w.!+]+", str(pin.specifier)), pin
        assert pin.url is None


def test_they_cover_every_direct_dependency() -> None:
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    declared = [*project["dependencies"], *(text for texts in EXTRAS.values() for text in texts)]
    names = {canonicalize_name(Requirement(text).name) for text in declared} - {"mlp-course"}
    assert names <= {canonicalize_name(pin.name) for pin in pins()}


def resolve(python: str, system: str, *extras: str) -> subprocess.CompletedProcess[str]:
    """Look for versions of all that the course needs, within the constraints, and none to be compiled."""
    read_registry()
    # of what was not read yet, such as a package of this system's alone, the registry is asked again
    without = compiled(python, system, *extras, "--offline")
    return without if without.returncode == 0 else compiled(python, system, *extras)


@cache
def read_registry() -> None:
    """Let uv learn what the registry has today, once for all tests: to ask takes ten times as long."""
    result = compiled(PYTHONS[0], "linux", *EXTRAS)
    assert result.returncode == 0, result.stderr


def compiled(python: str, system: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `uv pip compile` with these extras and options."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-annotate", "--no-header"]
    command += ["--constraint", str(CONSTRAINTS), "--only-binary", ":all:"]
    command += ["--python-version", python, "--python-platform", system]
    command += [word if word.startswith("--") else f"--extra={word}" for word in words]
    return subprocess.run(
        [*command, str(PYPROJECT)], capture_output=True, text=True, timeout=300, check=False
    )


def assert_pinned(result: subprocess.CompletedProcess[str]) -> None:
    assert result.returncode == 0, result.stderr
    versions = {f"{canonicalize_name(pin.name)}{pin.specifier}" for pin in pins()}
    resolved = {line.partition(";")[0].strip() for line in result.stdout.splitlines()}
    assert resolved
    assert resolved <= versions


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
def test_developers_can_install_with_them(python: str) -> None:
    assert_pinned(resolve(python, "linux", *EXTRAS))


@pytest.mark.slow
@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
@pytest.mark.parametrize("python", PYTHONS)
def test_students_can_install_with_them(python: str, system: str) -> None:
    assert_pinned(resolve(python, system, "lab"))
