"""A library in a version that the course cannot use is named before anything is graded."""

from __future__ import annotations

import pytest

from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course

WORDS = (
    "course: ipython 9.0.2, nbgrader 0.10.0 cannot be used for grading; run "
    '`pip install "ipython<10,>=9.1" "nbgrader<0.10,>=0.9.6"`'
)


@pytest.fixture
def old(tmp_path) -> str:
    """Return a folder for the start of Python's path, where two libraries say that they are others."""
    for name, version in {"ipython": "9.0.2", "nbgrader": "0.10.0", "numpy": "2.0.0"}.items():
        folder = tmp_path / "old" / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        text = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
        (folder / "METADATA").write_text(text, encoding="utf-8")
    return str(tmp_path / "old")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["score", "small", "x.ipynb"], ["grade", "small"], ["verify"]], ids=lambda a: a[0]
)
def test_grading_says_which_version_is_wrong(tmp_path, old, arguments) -> None:
    root = small_course(tmp_path / "course")
    before = sorted(root.rglob("*"))
    result = course(*arguments, cwd=root, PYTHONPATH=old)
    assert (result.returncode, result.stdout, result.stderr.strip()) == (1, "", WORDS)
    assert sorted(root.rglob("*")) == before


@pytest.mark.slow
def test_stock_autograde_says_it_too(tmp_path, old) -> None:
    root = small_course(tmp_path / "course")
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    hand_in(root, "ann", **RIGHT)
    result = nbgrader("autograde", "small", cwd=root, PYTHONPATH=old)
    assert result.returncode != 0
    assert WORDS.removeprefix("course: ") in result.stderr
    assert "Traceback" not in result.stderr
    assert not (root / "autograded").exists()


@pytest.mark.slow
def test_other_commands_work_with_it(tmp_path, old) -> None:
    result = course("release", "--check", cwd=small_course(tmp_path / "course"), PYTHONPATH=old)
    assert "cannot grade" not in result.stderr


@pytest.mark.slow
def test_versions_here_are_within_the_bounds(tmp_path) -> None:
    result = course("score", "no-such", "x.ipynb", cwd=small_course(tmp_path / "course"))
    assert "there is no assignment 'no-such'" in result.stderr
