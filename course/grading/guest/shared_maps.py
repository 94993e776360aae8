"""Backs anonymous shared memory maps by files in memory, whose pages are counted though nobody maps them."""

from __future__ import annotations

import mmap
import os
from typing import Any

_FOLDER = "/dev/shm"
_mmap = mmap.mmap


class SharedMap(_mmap):
    """Python's `mmap.mmap`, to which the system refuses shared maps without a file."""

    def __new__(cls, fileno: int, length: int, *arguments: Any, **options: Any) -> SharedMap:
        """Return a map, with the arguments of `mmap.mmap`. Raises MemoryError if there is no room for it."""
        options |= zip(("flags", "prot", "access", "offset"), arguments, strict=False)
        flags = options.get("flags", mmap.MAP_SHARED)
        is_private = flags & mmap.MAP_PRIVATE or options.get("access") == mmap.ACCESS_COPY
        if fileno != -1 or is_private or length <= 0:
            return super().__new__(cls, fileno, length, **options)
        if "flags" in options:
            options["flags"] = flags & ~mmap.MAP_ANONYMOUS
        file = os.open(_FOLDER, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            # at once: a page for which there is no room later would end the process
            os.posix_fallocate(file, 0, length + options.get("offset", 0))
            return super().__new__(cls, file, length, **options)
        except OSError as error:
            raise MemoryError(f"there is no room for a shared map of {length} bytes") from error
        finally:
            os.close(file)


def install() -> None:
    """Let everything that is imported from now on use it."""
    SharedMap.__name__ = SharedMap.__qualname__ = "mmap"
    SharedMap.__module__ = "mmap"
    mmap.mmap = SharedMap  # type: ignore[misc]  # it is a class, and stays one
