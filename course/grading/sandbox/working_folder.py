"""A sandbox's working folder: puts the assignment's files in, and collects what the student's code wrote."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

_DEEPEST = 6
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def put(folder: int, files: Mapping[str, bytes], owner: int | None) -> None:
    """Write files, by relative path, below an open folder in which no student's code has run yet.

    They are given to the user `owner`, if any. Raises ValueError for a path that leads elsewhere.
    """
    top = Path("/proc/self/fd", str(folder))
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise ValueError(f"{name!r} is no path inside the working folder")
        folders = [top / above for above in reversed(path.parents[:-1])]
        for above in folders:
            above.mkdir(exist_ok=True)
        (top / path).write_bytes(content)
        if owner is not None:
            for made in (*folders, top / path):
                os.chown(made, owner, owner)


def _is_harmless(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return (
        name.isprintable()
        and name == unicodedata.normalize("NFC", name) == name.strip(" .~-")
        and not set(name) & set('\\/:*?"<>|')
        and len(name.encode()) <= 100
        and not name.lower().endswith(".ipynb")
    )


def _regular_files(folder: int, before: str, depth: int, budget: list[int]) -> Iterator[tuple[str, int]]:
    """Yield the path and an open descriptor of each regular file; the descriptor is closed afterwards."""
    # One entry after the other, since there may be millions.
    with os.scandir(folder) as entries:
        for entry in entries:
            budget[0] -= 1
            if budget[0] < 0:
                return
            if not _is_harmless(entry.name):
                continue
            with suppress(OSError):
                descriptor = os.open(entry.name, _READ, dir_fd=folder)
                try:
                    mode = os.fstat(descriptor).st_mode
                    if stat.S_ISREG(mode):
                        yield before + entry.name, descriptor
                    elif stat.S_ISDIR(mode) and depth < _DEEPEST:
                        yield from _regular_files(descriptor, f"{before}{entry.name}/", depth + 1, budget)
                finally:
                    os.close(descriptor)


def collect(folder: int, largest: int, most: int) -> dict[str, bytes]:
    """Return the files below an open folder by their relative paths: `largest` bytes in all, `most` files.

    Only regular files with harmless names, and never a notebook; links are not followed. A file that does
    not fit is left out, as are all files once `most` names have been seen.
    """
    files: dict[str, bytes] = {}
    remaining = largest
    for path, descriptor in _regular_files(folder, "", 0, [most]):
        if os.fstat(descriptor).st_size > remaining:
            continue
        with os.fdopen(os.dup(descriptor), "rb") as file:
            # The file may grow while it is read.
            content = file.read(remaining + 1)
        if len(content) <= remaining:
            files[path] = content
            remaining -= len(content)
    return files
