"""What lies in a folder."""

from __future__ import annotations

from pathlib import Path


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files in a folder by their paths."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def submitted(root: Path, *, times: bool = False) -> dict[str, bytes]:
    """Return what is under `submitted/`, without the times if they do not matter."""
    files = tree(root / "submitted")
    return {name: content for name, content in files.items() if times or not name.endswith("timestamp.txt")}
