"""Reads a submitted notebook without trusting any of it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST = 10 * 2**20
"""bytes of a notebook"""
LARGEST_GRADED = 128 * 2**20
"""bytes of a notebook with the outputs that grading kept"""
MOST_CELLS = 2000


class Unreadable(Exception):
    """A submission that cannot be graded; the message is for the student."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as it was handed in."""

    kind: str
    """`code` or `markdown`"""
    source: str
    grade_id: str | None
    identity: str
    """its cell id, or an empty string"""


def read(path: Path) -> bytes:
    """Return the notebook at `path`: a regular file, opened without following links.

    Raises Unreadable.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable("The notebook is missing.") from None
    except OSError:
        raise Unreadable("The notebook is a link, or cannot be opened.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("The notebook is not a regular file.")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Unreadable(f"The notebook is larger than {LARGEST >> 20} MiB.")
    return content


def read_graded(path: Path) -> bytes:
    """Return a graded notebook, under autograded/. Raises OSError, ValueError for what is no notebook."""
    state = path.stat()
    if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST_GRADED:
        raise ValueError(f"{path} is no regular file, or larger than {LARGEST_GRADED >> 20} MiB")
    return path.read_bytes()


def link_above(folder: Path) -> Path | None:
    """Return a folder STUDENT/PS or the one above it if that is a link, which may lead to anybody's work."""
    return next((path for path in (folder, folder.parent) if path.is_symlink()), None)


def submitted_cells(content: bytes) -> list[SubmittedCell]:
    """Return the well-formed cells of a notebook. Raises Unreadable when it is none."""
    try:
        notebook = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unreadable("The notebook cannot be read as JSON.") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("The file is not a notebook of format 4.")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"The notebook has more than {MOST_CELLS} cells.")
    return list(_well_formed(cells))


def kernel_name(content: bytes) -> str | None:
    """Return the kernel named in a readable notebook; None without one."""
    value = json.loads(content)
    for key in ("metadata", "kernelspec", "name"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _well_formed(cells: list[Any]) -> Iterator[SubmittedCell]:
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            continue
        source = cell.get("source")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if not isinstance(source, str):
            continue
        # a lone surrogate cannot be written to any file
        source = source.encode("utf-8", "replace").decode("utf-8")
        metadata = cell.get("metadata")
        settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        name = settings.get("grade_id") if isinstance(settings, dict) else None
        identity = cell.get("id")
        yield SubmittedCell(
            "code" if cell["cell_type"] == "code" else "markdown",
            source,
            name if isinstance(name, str) else None,
            identity if isinstance(identity, str) else "",
        )
