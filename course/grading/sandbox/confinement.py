"""Settings of bubblewrap and of the guest's init: what a sandbox shares with the host, what is its own."""

from __future__ import annotations

import os
import platform
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from course.grading.sandbox import causes, seccomp
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.mounts import GUEST, Mounts

HOME = "/home/student"
WORK = f"{HOME}/work"
INIT = PurePosixPath("/opt/init.py")
# passwd and group, written for each guest.
_ACCOUNTS = "/run/accounts"
_LIBRARIES = Path("/etc/ld.so.cache")
_STUDENT = 1000
# Where bubblewrap has been root, each sandbox is a user of its own, one of those given to nobody.
_FIRST_USER, _USERS = 0x7000_0000, 0x0FF0_0000
_NOBODY = 65534
# What root needs to make a sandbox, to watch it and to end it, by the numbers of capabilities(7): CHOWN,
# DAC_OVERRIDE, KILL, SETGID, SETUID, SETPCAP, NET_ADMIN, SYS_PTRACE, SYS_ADMIN.
_ROOTS_RIGHTS = (0, 1, 5, 6, 7, 8, 12, 19, 21)
# The kernel's caps exceed the watcher's limits by this much, so that the watcher notices a breach first.
_SLACK = 1 << 20
_MORE_TASKS = 16
_MORE_FILES = 1000


def is_root() -> bool:
    """Return whether root makes the sandbox; the student is then another user of the host.

    Root of a container may lack the rights for it, or the other users: it makes sandboxes as a user does.
    """
    return os.geteuid() == 0 and _may_act_as_root()


@cache
def _may_act_as_root() -> bool:
    status = Path("/proc/self/status").read_text()
    rights = int(status.partition("CapEff:")[2].split()[0], 16)
    return all(rights >> right & 1 for right in _ROOTS_RIGHTS) and _highest_user() > _NOBODY


def fresh_user() -> int | None:
    """Return the id of an unprivileged user of the host, or None when the grader is not root."""
    if not is_root():
        return None
    is_wide = _highest_user() > _FIRST_USER + _USERS
    return _FIRST_USER + secrets.randbelow(_USERS) if is_wide else _NOBODY


@cache
def _highest_user() -> int:
    """Return the number after the highest that a user and a group may have here."""
    maps = [Path(f"/proc/self/{name}").read_text().splitlines() for name in ("uid_map", "gid_map")]
    return min(max(int(first) + int(count) for first, _, count in map(str.split, lines)) for lines in maps)


def checked(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables as they are. Raises ValueError if one is not nbgrader's."""
    invalid = [name for name in variables if not re.fullmatch(r"NBGRADER_[A-Z_]+", name)]
    if invalid:
        raise ValueError(f"only NBGRADER_ variables enter a sandbox, not {', '.join(invalid)}")
    return dict(variables)


def environment(mounts: Mounts) -> dict[str, str]:
    """Return the environment of all guests."""
    libraries = {"LD_LIBRARY_PATH": mounts.libraries} if mounts.libraries else {}
    return {
        "HOME": HOME,
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "random",
        "PYTHONPATH": ":".join(mounts.path),
        "IPYTHONDIR": f"{HOME}/.ipython",
        "JUPYTER_CONFIG_DIR": f"{HOME}/.jupyter/config",
        "JUPYTER_DATA_DIR": f"{HOME}/.jupyter/data",
        "JUPYTER_RUNTIME_DIR": f"{HOME}/.jupyter/runtime",
        **libraries,
    }


def process_limits(limits: Limits) -> dict[str, int]:
    """Return the limits of each single process, which hold between two looks of the watcher."""
    result = {
        "RLIMIT_AS": limits.address_space,
        "RLIMIT_FSIZE": limits.files + _SLACK,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 1 << 16,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_SIGPENDING": 1024,
    }
    # Before Linux 5.14 it counts what the grader's user runs elsewhere, too.
    release = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    if is_root() or release >= (5, 14):
        result["RLIMIT_NPROC"] = limits.tasks + _MORE_TASKS
    return result


@dataclass
class Confinement:
    """The options of one start of bubblewrap, and the open files it reads from."""

    options: list[str] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    _made: set[PurePosixPath] = field(default_factory=set)

    def add(self, *options: object) -> None:
        """Append options."""
        self.options += map(str, options)

    def data(self, content: bytes) -> int:
        """Return a descriptor from which `content` can be read."""
        descriptor = os.memfd_create("data")
        self.descriptors.append(descriptor)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    def folders(self, inside: PurePosixPath) -> None:
        """Make the folders above a path. bubblewrap would too, but for nobody else to enter."""
        for folder in reversed(inside.parents[:-1]):
            if folder not in self._made:
                self._made.add(folder)
                self.add("--perms", "0755", "--dir", folder)

    def show(self, source: object, inside: PurePosixPath) -> None:
        """Put a file or folder of the host into the sandbox, read-only."""
        self.folders(inside)
        self.add("--ro-bind", source, inside)

    def file(self, inside: PurePosixPath, content: bytes) -> None:
        """Put a file into the sandbox."""
        self.folders(inside)
        self.add("--perms", "0444", "--file", self.data(content), inside)

    def own(self, path: str, size: int, permissions: str) -> None:
        """Put an empty file system in memory there, writable and of a limited size in bytes."""
        self.folders(PurePosixPath(path))
        self.add("--perms", permissions, "--size", size, "--tmpfs", path)

    def close(self) -> None:
        """Close the descriptors; bubblewrap has its own by now."""
        while self.descriptors:
            os.close(self.descriptors.pop())


def confinement(mounts: Mounts, course: Mapping[PurePosixPath, bytes]) -> Confinement:
    """Return how to make a sandbox in which a zygote can fork guests. The caller closes it."""
    result = Confinement()
    _add_rights(result)
    for name, value in environment(mounts).items():
        result.add("--setenv", name, value)
    for source, inside in mounts.shown:
        result.show(source, inside)
    for target, inside in mounts.links:
        result.add("--symlink", target, inside)
    for inside in mounts.emptied:
        result.add("--tmpfs", inside, "--remount-ro", inside)
    for inside in mounts.blanked:
        result.add("--ro-bind", os.devnull, inside)
    for path, content in course.items():
        result.file(path, content)
    result.file(INIT, (GUEST / "init.py").read_bytes())
    for name in ("passwd", "group"):
        result.folders(PurePosixPath("/etc", name))
        result.add("--symlink", f"{_ACCOUNTS}/{name}", f"/etc/{name}")
    if _LIBRARIES.is_file():
        result.show(_LIBRARIES, PurePosixPath(_LIBRARIES))
    # /proc/self/mountinfo names the folders of the host that are shown, and so where the packages lie: in
    # the course's root, if that holds the environment. The system tells it of every bind mount. Nothing
    # else below that path can be reached or seen.
    result.add("--proc", "/proc", "--dev", "/dev")
    # It reads as zeros too, and cannot be mapped as memory that no process has and no file.
    result.add("--dev-bind", "/dev/full", "/dev/zero")
    # Each guest has file systems of its own in these places. What is imported may write a cache at home.
    for folder in ("/dev/shm", "/tmp", _ACCOUNTS, HOME):
        result.own(folder, _SLACK, "1777")
    result.add("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/")
    return result


def _add_rights(result: Confinement) -> None:
    if is_root():
        # All but the user namespace, in which root's files would belong to the student.
        for space in ("ipc", "pid", "net", "uts", "cgroup-try"):
            result.add(f"--unshare-{space}")
    else:
        # Another user would cost the right to mount.
        result.add("--unshare-all", "--unshare-user", "--uid", 0, "--gid", 0)
    # What init needs to make a guest's namespaces and user; the guest has none of it.
    result.add("--cap-drop", "ALL")
    for capability in ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", *([] if is_root() else ["SETFCAP"])):
        result.add("--cap-add", f"CAP_{capability}")
    result.add("--hostname", "sandbox", "--new-session", "--die-with-parent", "--clearenv")


def guest_settings(limits: Limits, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings by which init makes a guest. Raises ValueError and SandboxUnavailable."""
    causes.require_linux()
    user = fresh_user()
    number = _STUDENT if user is None else user
    sizes = {"/dev/shm": (limits.memory, 1777), "/tmp": (limits.files, 1777), HOME: (limits.files, 777)}
    return {
        "user": user,
        "maps": {
            "uid_map": f"{_STUDENT} 0 1",
            "setgroups": "deny",
            "gid_map": f"{_STUDENT} 0 1",
        },
        "accounts": {
            f"{_ACCOUNTS}/passwd": f"student:x:{number}:{number}::{HOME}:/bin/sh\n",
            f"{_ACCOUNTS}/group": f"student:x:{number}:\n",
        },
        "folders": [
            *(
                [folder, f"size={size + _SLACK},mode={mode},nr_inodes={2 * limits.file_count + _MORE_FILES}"]
                for folder, (size, mode) in sizes.items()
            ),
            [_ACCOUNTS, "size=16k,mode=755"],
        ],
        "sealed": _ACCOUNTS,
        "work": WORK,
        "opened": ["/proc", "/proc/1", HOME, "/tmp", "/dev/shm", WORK],
        "limits": process_limits(limits),
        "filter": seccomp.program().hex(),
        "variables": checked(variables),
    }
