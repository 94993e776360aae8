"""Searches files by patterns in folders of any name."""

from __future__ import annotations

import glob
import os
import re


def glob_literally(pattern: str) -> list[str]:
    """Return what `glob.glob` does; folders that exist are what the pattern calls them, `[` and all."""
    end = 0
    for part in re.finditer(r"[^/]+", pattern):
        if part[0] == "*" or not os.path.lexists(pattern[: part.end()]):
            break
        end = part.end()
    # nbgrader compares these paths as text; pathlib would write some of them differently
    return glob.glob(glob.escape(pattern[:end]) + pattern[end:])  # noqa: PTH207
