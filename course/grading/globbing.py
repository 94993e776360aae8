"""Searches files by patterns in folders of any name."""

from __future__ import annotations

import glob
import os
import re


def glob_literally(pattern: str, *, hidden: bool = False) -> list[str]:
    """Return what `glob.glob` does; folders that exist are what the pattern calls them, `[` and all.

    With `hidden`, `*` stands for names that begin with a dot too.
    """
    end = 0
    for part in re.finditer(r"[^/]+", pattern):
        if part[0] == "*" or not os.path.lexists(pattern[: part.end()]):
            break
        end = part.end()
    # nbgrader compares these paths as text; pathlib would write some of them differently
    return glob.glob(glob.escape(pattern[:end]) + pattern[end:], include_hidden=hidden)  # noqa: PTH207
