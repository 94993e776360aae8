"""Commands that refuse: one line, and nothing has changed."""

from __future__ import annotations

from pathlib import Path

from tests.helpers import course
from tests.lms.trees import tree


def refused(root: Path, *arguments: str | Path, words: str, **environment: str) -> None:
    """Assert that a command of `course` says `words` in its only line, and leaves everything as it is."""
    before = tree(root)
    result = course(*arguments, cwd=root, **environment)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("course: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert words in result.stderr
    assert tree(root) == before
