"""Where sockets can be made: a path of a socket has at most 107 bytes."""

from __future__ import annotations

import os
import tempfile

_LONGEST = 70
"""bytes of a folder's path, which leave 37 for a socket's name in a folder of its own"""


def short_temporary_folder() -> str:
    """Return the path of the temporary folder, or of another one if that one's is too long for sockets."""
    usual = tempfile.gettempdir()
    others = (os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/var/tmp", "/dev/shm")
    short = (folder for folder in (usual, *others) if folder and len(os.fsencode(folder)) <= _LONGEST)
    return next((folder for folder in short if os.access(folder, os.W_OK | os.X_OK)), usual)
