"""The guide's steps for a machine with real accounts, on one with users, homes and a network of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.guides import steps
from tests.helpers import PATIENCE, ROOT
from tests.hub.conftest import COURSE, TRIAL

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GUIDE, SECTION = "docs/jupyterhub.md", "A machine with real accounts"
PEOPLE = ("ida", "ann", "guest")
# The machine's own folders, by what they hide.
FOLDERS = ("home", "srv", "opt", "usr/local/share")
MACHINE = """
import pathlib, subprocess, sys
trial, root, tree, environment, script = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(trial).parent))
import trial
python = {pathlib.Path(path).resolve() for path in (sys.prefix, sys.base_prefix)}
binds = [
    part
    for path in sorted(pathlib.Path(tree).iterdir())
    for part in ("--bind", str(path), "/" + path.name.replace("+", "/"))
]
command = [
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
    trial.bubblewrap.program(),
    *("--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"),
    *trial.opened({pathlib.Path(root), *python}),
    *binds,
    *("--bind", environment, "/opt/course", "--chdir", root),
    *("bash", "-ec", script),
]
sys.exit(subprocess.run(command).returncode)
"""


def machine(tree: Path) -> Path:
    """Make the folders of a machine with nobody's files on it."""
    # without what other tests, which have users of their own, make there for a moment
    passing = shutil.ignore_patterns("*.lock", "*[+]", "passwd.*", "group.*", "*shadow.*", "sub?id.*")
    shutil.copytree("/etc", tree / "etc", symlinks=True, ignore=passing)
    for name in FOLDERS:
        (tree / name.replace("/", "+")).mkdir(mode=0o755)
    (tree / "opt" / "course").mkdir()
    return tree


def script() -> str:
    """Return all that is typed there, the Hub's start at last, and people who come."""
    accounts = [f"useradd --create-home {name}; echo {name}:of-{name} | chpasswd" for name in PEOPLE]
    *blocks, start = steps(GUIDE, SECTION)
    typed = [command for block in blocks for command in block]
    people = " ".join(f"{name}=of-{name}" for name in PEOPLE) + " ann=of-ida"
    visitor = f"/opt/course/bin/python {ROOT}/tests/hub/visitor.py http://127.0.0.1:8000 {COURSE} {people}"
    # the machine has no network, and what is to be installed is there
    return "\n".join(
        [
            *accounts,
            "touch /opt/course/installed",
            "{",
            *typed,
            "} >&2",
            f"({'; '.join(start)}) >&2 &",
            visitor,
        ]
    )


@pytest.fixture(scope="module")
def shown(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    tree = machine(tmp_path_factory.mktemp("real") / "machine")
    result = subprocess.run(
        [environment / "bin" / "python", "-c", MACHINE, TRIAL, ROOT, tree, environment, script()],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize(("name", "kind", "status"), [("ida", "formgrade", 200), ("ann", "nbgrader", 403)])
def test_who_has_an_account_and_a_group_works_there(
    shown: dict[str, dict[str, Any]], name: str, kind: str, status: int
) -> None:
    person = shown[f"{name}=of-{name}"]
    assert person["groups"] == [f"{kind}-{COURSE}"]
    assert (person["formgrader"], person["lab"]) == (status, 200)


def test_others_are_told_why_not(shown: dict[str, dict[str, Any]]) -> None:
    assert "guest is in no group of the course" in shown["guest=of-guest"]["text"]
    assert "Invalid username or password" in shown["ann=of-ida"]["text"]
