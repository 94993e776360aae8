"""What Binder and a development container do with a checkout, as far as it needs neither of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tests.project.environments import checkout, clean, do, only_uv, pythons, solve

CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())


def test_binder_empties_no_folder_but_its_own(tmp_path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    build = [ROOT / ".binder" / "postBuild"]
    result = subprocess.run(build, cwd=tmp_path, env=clean(), capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "repo2docker" in result.stderr
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.slow
def test_binder_leaves_what_students_receive_and_it_works(tmp_path) -> None:
    names = [
        path.name
        for path in ROOT.iterdir()
        if path.name not in {".git", ".venv"} and ".cache" not in path.name
    ]
    root = checkout(tmp_path / "course", *names)
    env = clean(str(only_uv(tmp_path / "bin")), REPO_DIR=str(root))
    python = tmp_path / "env/bin/python"
    do("uv", "venv", "--python", pythons()[-1], tmp_path / "env", cwd=root, env=env)
    do("uv", "pip", "install", "--python", python, "-r", ".binder/requirements.txt", cwd=root, env=env)
    do(root / ".binder/postBuild", cwd=root, env=env)
    assert sorted(path.name for path in root.iterdir()) == ["lectures", "ps0", "ps1", "ps2", "ps3"]
    assert sorted((root / "lectures").iterdir())
    solve("ps0", root / "ps0/ps0.ipynb")
    printed = do(python.parent / "nbgrader", "validate", "ps0/ps0.ipynb", cwd=root, env=clean())
    assert "Success" in printed
    do(
        python,
        "-c",
        "import course, importlib.util; assert not importlib.util.find_spec('mlp_ref')",
        cwd=root,
        env=env,
    )


def test_a_container_opens_what_students_receive() -> None:
    assert CONTAINER["workspaceFolder"].endswith("/release")
    assert "cd .. && pip install" in CONTAINER["postCreateCommand"]
    for name in ("constraints.txt", "release"):
        assert Path(ROOT, name).exists()
