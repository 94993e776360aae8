"""Packages that a student's process cannot read: nothing starts, and a line says which and what to do."""

from __future__ import annotations

import os
import shutil
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.mounts import PYTHON, mounts
from course.grading.sandbox.readable import advice, unreadable
from course.grading.sandbox.zygote import zygotes
from tests.sandboxes import value_in

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only where root grades the student is another user of the machine"
)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of a package that every sandbox imports, which comes first on the path."""
    installed = Path(sysconfig.get_path("purelib"), "matplotlib_inline")
    copy = tmp_path / "site-packages" / installed.name
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(str(copy.parent))
    zygotes.close()
    yield copy
    zygotes.close()


@pytest.mark.slow
def test_what_root_alone_can_read_is_not_imported(package):
    for path in package.glob("*.py"):
        path.chmod(0o600)
    with pytest.raises(SandboxUnavailable) as caught:
        Guest()
    message = str(caught.value)
    assert "matplotlib_inline.config: PermissionError" in message
    assert f"cannot read {package}/__init__.py and" in message
    assert f"`chmod -R a+rX {package}`" in message
    assert "bubblewrap" not in message
    for path in package.glob("*.py"):
        path.chmod(0o644)
    with Guest() as guest:
        assert value_in(guest, "__import__('matplotlib_inline').__file__").startswith("'/opt/site-packages/")


@pytest.mark.slow
def test_a_folder_stands_for_all_in_it(package):
    package.chmod(0o750)
    assert list(unreadable(mounts())) == [package]
    assert advice(mounts()).endswith(f"cannot read {package}: `chmod -R a+rX {package}` lets it")
    package.chmod(0o755)
    assert advice(mounts()) == ""


@pytest.mark.slow
def test_only_folders_of_libraries_are_looked_at(tmp_path):
    (tmp_path / "chromium" / "extensions").mkdir(parents=True)
    (tmp_path / "chromium").chmod(0o700)
    seen = mounts()
    # as where the system's own Python grades
    shown = (*seen.shown, (tmp_path, PYTHON / "lib"))
    assert list(unreadable(replace(seen, shown=shown))) == []


@pytest.mark.slow
def test_a_broken_package_is_no_fault_of_bubblewraps(package):
    (package / "config.py").write_text("raise RuntimeError('broken')")
    with pytest.raises(SandboxUnavailable, match=r"matplotlib_inline\.config: RuntimeError: broken; install"):
        Guest()
