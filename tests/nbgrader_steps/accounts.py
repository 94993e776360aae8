"""System users of a test's own, and what they see of this machine."""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course.grading.sandbox import bubblewrap
from tests.helpers import PATIENCE


@dataclass(frozen=True)
class Account:
    """A system user with a home of its own, which nobody else may enter."""

    name: str
    home: Path

    def take(self, path: Path) -> None:
        """Give this user a folder, with all that is in it."""
        _done(["chown", "-R", f"{self.name}:{self.name}", str(path)])


def _done(command: list[str]) -> None:
    # Somebody else may hold the lock on the list of users for a moment.
    deadline = time.monotonic() + PATIENCE
    while True:
        result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if result.returncode == 0:
            return
        assert time.monotonic() < deadline, f"{command}: {result.stderr}"
        time.sleep(0.5)


@contextmanager
def account(homes: Path) -> Iterator[Account]:
    """Make a system user with a home below `homes`; there is none any more afterwards."""
    name = f"course-{secrets.token_hex(4)}"
    result = Account(name, homes / name)
    _done(["useradd", "--no-create-home", "--user-group", "--home-dir", str(result.home), name])
    try:
        result.home.mkdir(mode=0o700)
        result.take(result.home)
        yield result
    finally:
        _done(["userdel", name])


def _closed(path: Path) -> Path | None:
    """Return the topmost folder above a path which users cannot enter, if there is one."""
    above = reversed(path.parents)
    return next((folder for folder in above if not folder.stat().st_mode & stat.S_IXOTH), None)


def _opened(paths: Collection[Path]) -> Iterator[str | Path]:
    """Yield bubblewrap's options by which these paths can be reached, and no others of a closed folder."""
    made: set[Path] = set()
    for path in sorted(paths):
        closed = _closed(path)
        if closed is None:
            continue
        if closed not in made:
            made.add(closed)
            yield from ("--perms", "0755", "--tmpfs", closed)
        for folder in reversed(path.parents):
            if closed in folder.parents and folder not in made:
                made.add(folder)
                yield from ("--perms", "0755", "--dir", folder)
        yield from ("--bind", path, path)


@dataclass(frozen=True)
class Machine:
    """This machine with an empty /usr/local/share, Python and `tree` in the reach of every user.

    Both may lie in a folder of root's. What else lies there is not to be seen.
    """

    tree: Path

    def _view(self) -> list[str | Path]:
        share = self.tree / "share"
        share.mkdir(mode=0o755, exist_ok=True)
        python = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable)).parents[1]}
        opened = _opened({self.tree, *python, *(path.resolve() for path in python)})
        return ["--dev-bind", "/", "/", *opened, "--bind", share, "/usr/local/share"]

    def run(
        self, command: str, who: Account | None, cwd: Path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a line of the shell as a user, or as root, with Python's programs at hand."""
        user = ["setpriv", f"--reuid={who.name}", f"--regid={who.name}", "--init-groups"] if who else []
        programs = f"{Path(sys.prefix, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin"
        home = str(who.home if who else self.tree)
        return subprocess.run(
            [bubblewrap.program(), *self._view(), "--chdir", cwd, *user, "sh", "-c", f"umask 022; {command}"],
            env={"HOME": home, "PATH": programs, "LANG": "C.UTF-8", "COLUMNS": "200", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
