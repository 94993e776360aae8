"""Finds installed files that a student's process cannot read, and says how to make them readable."""

from __future__ import annotations

import os
import shlex
import stat
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox.confinement import is_root
from course.grading.sandbox.mounts import Mounts

_LEFT_OUT = {"__pycache__", "site-packages", "dist-packages"}
"""folders within a folder of libraries that nothing is lost without, or that are shown by themselves"""


def unreadable(mounts: Mounts) -> Iterator[Path]:
    """Yield the files and folders of Python and its packages that a student's process cannot read.

    What a folder that cannot be read holds is not looked at.
    """
    # not all of /usr/lib, which is shown where the system's own Python grades
    standard = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    packages = {source for source, inside in mounts.shown if str(inside) in mounts.path}
    for folder in sorted(standard | packages):
        yield from _unreadable(folder)


def _unreadable(path: Path) -> Iterator[Path]:
    if not _is_readable(path):
        yield path
        return
    for above, folders, names in os.walk(path):
        closed = {name for name in folders if not _is_readable(Path(above, name))}
        yield from (Path(above, name) for name in sorted(closed))
        folders[:] = sorted(set(folders) - closed - _LEFT_OUT)
        yield from (file for file in (Path(above, name) for name in sorted(names)) if not _is_readable(file))


def _is_readable(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:  # a link that leads nowhere
        return True
    if not is_root():
        return os.access(path, os.R_OK | (os.X_OK if stat.S_ISDIR(mode) else 0))
    # where root grades, the student is a user who owns nothing, and in no group
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted


def require_readable(mounts: Mounts) -> None:
    """Raise SandboxUnavailable, with the command that changes it, where one of these files cannot be read."""
    paths = list(unreadable(mounts))
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        folder = paths[0] if not more else Path(os.path.commonpath(paths))
        raise SandboxUnavailable(
            f"the user that runs students' code cannot read {paths[0]}{more}",
            f"chmod -R a+rX {shlex.quote(str(folder))}",
        )


def advice(mounts: Mounts) -> str:
    """Return which of these files cannot be read, and the command that changes it; nothing if all can be."""
    try:
        require_readable(mounts)
    except SandboxUnavailable as error:
        return f"{error.cause}: `{error.command}` lets it"
    return ""


def on_host(text: str, mounts: Mounts) -> str:
    """Return a text with the paths of the sandbox's libraries as they are on this machine."""
    for source, inside in sorted(mounts.shown, key=lambda shown: -len(str(shown[1]))):
        if inside.is_relative_to(PurePosixPath("/opt")):
            text = text.replace(f"{inside}/", f"{source}/")
    return text


def cannot_import(error: str, mounts: Mounts) -> SandboxUnavailable:
    """Return the exception for a sandbox in which what every notebook needs cannot be imported."""
    what_to_do = advice(mounts) or f"install it anew for {sys.executable}, with pip"
    return SandboxUnavailable(
        f"nothing can be graded, since importing fails where students' code runs: "
        f"{on_host(error, mounts)}; {what_to_do}"
    )
