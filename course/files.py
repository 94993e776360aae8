"""Writes files that are there whole or not at all."""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path


def write(path: Path, content: bytes) -> Path:
    """Write `content` to `path`: either the whole file is there, or the old one still is."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def unused(path: Path) -> Path:
    """Return `path`, or the first of path-2, path-3, … that is not there yet."""
    others = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], others) if not name.exists())
