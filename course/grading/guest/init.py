"""The zygote's program in bubblewrap's sandbox: imports what notebooks import, then forks a guest for each.

It never runs a student's code. Each guest lives in process, mount, network and ipc namespaces of its own,
as a user without rights. Standard input is a socket: for each JSON object of settings that comes, a guest is
made and the descriptors by which the grader holds it are sent back. Errors go to standard error.
"""

# Runs before anything but the standard library can be imported.
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import signal
import socket
import stat
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
LINUX_CAPABILITY_VERSION_3 = 0x20080522
SECCOMP_MODE_FILTER = 2
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (1 << n for n in (17, 27, 28, 29, 30))
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_REC, MS_PRIVATE = (
    1 << n for n in (0, 1, 2, 3, 5, 14, 18)
)
MS_BIND = 1 << 12
# Flags of a mount, as statvfs(2) tells them and as mount(2) takes them: a user may not take them off.
MOUNT_FLAGS = {
    1 << told: 1 << taken for told, taken in ((1, 1), (2, 2), (3, 3), (10, 10), (11, 11), (12, 21))
}
LARGEST_REQUEST = 1 << 16
LONGEST_ERROR = 1000

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> None:
    """Call a function of the C library that returns 0. Raises OSError."""
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(kind: str, where: str, options: str = "", flags: int = 0) -> None:
    """Mount a file system of this kind. Raises OSError."""
    flags |= MS_NOSUID | (MS_NODEV if kind != "devpts" else 0)
    call("mount", kind.encode(), where.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def seal_devices() -> None:
    """Make the host's devices in /dev read-only: they work, but nobody can set their times, which all see."""
    for entry in os.scandir("/dev"):
        if stat.S_ISCHR(entry.stat(follow_symlinks=False).st_mode):
            present = os.statvfs(entry.path).f_flag
            flags = MS_REMOUNT | MS_BIND | MS_RDONLY
            flags |= sum(taken for told, taken in MOUNT_FLAGS.items() if present & told)
            call("mount", None, entry.path.encode(), None, ctypes.c_ulong(flags), None)


def fork(body: Callable[[], object]) -> int:
    """Run `body` in a process of its own, which then ends; return its number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        body()
    except BaseException:
        os.write(2, traceback.format_exc().encode() + b"\0")
    finally:
        os._exit(1)


class NewGuest:
    """A guest that is being made, in two processes: the first of its namespaces, and the guest."""

    def __init__(self, settings: dict[str, Any], grader: socket.socket, outside: int) -> None:
        self.settings, self.grader, self.outside = settings, grader, outside

    def first(self) -> None:
        """Set up the namespaces, start the guest in them, and end when it ends."""
        os.close(self.outside)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # A signal to a process group does not stop at a namespace.
        os.setsid()
        call("unshare", CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET)
        os.umask(0)
        self.mount_all()
        here, there = socket.socketpair()
        channel, guest_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        guest = fork(lambda: self.guest(here, there, channel, guest_end))
        there.close()
        guest_end.close()
        here.recv(1)
        if self.settings["user"] is None:
            for name, content in self.settings["maps"].items():
                Path(f"/proc/{guest}/{name}").write_text(content)
        # When the machine runs out of memory, the system kills this process first.
        Path(f"/proc/{guest}/oom_score_adj").write_text("1000")
        opened = [os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in self.settings["opened"]]
        # This process has the zygote's rights and memory, so the guest must not see it.
        mount("tmpfs", "/proc/1", "size=4k,mode=555", MS_RDONLY)
        mount("proc", "/proc", "", MS_NOEXEC | MS_RDONLY | MS_REMOUNT)
        handles = [os.pidfd_open(os.getpid()), os.pidfd_open(guest), channel.fileno(), *opened]
        socket.send_fds(self.grader, [b"%d" % guest], handles)
        here.send(b"1")
        os.closerange(0, 1024)
        while os.wait()[0] != guest:
            pass

    def mount_all(self) -> None:
        """Mount file systems for this guest alone."""
        call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
        for folder, options in self.settings["folders"]:
            mount("tmpfs", folder, options)
        for path, content in self.settings["accounts"].items():
            Path(path).write_text(content)
        mount("tmpfs", self.settings["sealed"], "", MS_RDONLY | MS_REMOUNT)
        Path(self.settings["work"]).mkdir(mode=0o777)
        mount("devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=620,max=16", MS_NOEXEC)
        mount("proc", "/proc", "", MS_NOEXEC)

    def guest(
        self, here: socket.socket, there: socket.socket, channel: socket.socket, guest_end: socket.socket
    ) -> None:
        """Become the student, then the guest, once the first process has written the maps of user ids."""
        for connection in (self.grader, here, channel):
            connection.close()
        os.setsid()
        if self.settings["user"] is None:
            call("unshare", CLONE_NEWUSER)
            libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        there.send(b"1")
        with there:
            if not there.recv(1):
                return
        give_up_rights(self.settings)
        run_guest(self.settings, guest_end)


def give_up_rights(settings: dict[str, Any]) -> None:
    """Set the limits of each process, then become the student, for good."""
    for name, limit in settings["limits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (value, value))
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if settings["user"] is not None:
        user = (settings["user"],) * 3
        os.setgroups([])
        os.setresgid(*user)
        os.setresuid(*user)
    call("capset", struct.pack("=II", LINUX_CAPABILITY_VERSION_3, 0), bytes(24))
    # The process may see its own /proc, which changing the user took from it.
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    program = bytes.fromhex(settings["filter"])
    instructions = ctypes.create_string_buffer(program, len(program))
    sock_fprog = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, sock_fprog)


@contextmanager
def student(user: int | None) -> Iterator[None]:
    """Have the rights of a student's process on files within the block: nothing more can be imported then.

    `user` is None where the student is the grader's own user, who has no more rights.
    """
    if user is None:
        yield
        return
    os.setgroups([])
    os.setresgid(user, user, 0)
    os.setresuid(user, user, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        # another user has unset these
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def prepare(start: dict[str, Any]) -> str:
    """Import what notebooks import and make their shell, as a student; return what failed, if anything."""
    what = "the shell"
    try:
        with student(start["user"]):
            from course_guest import shared_maps

            shared_maps.install()
            for what in start["modules"]:
                importlib.import_module(what)
            what = "the shell"
            prepare_shell(Path(start["work"]), start["config"])
    except Exception as error:
        return f"{what}: {type(error).__name__}: {error}"
    return ""


def prepare_shell(work: Path, config: dict[str, Any]) -> None:
    """Make the shell of all guests, in the path where each will have its working folder."""
    import site

    from course_guest.shell import Shell
    from course_guest.warmup import faster_tracebacks, warm_up
    from traitlets.config import Config

    faster_tracebacks()
    work.mkdir()
    os.chdir(work)
    shell: Any = Shell.instance(config=Config(config))
    shell.extension_manager.load_extension("storemagic")  # as Jupyter does
    site.sethelper()  # Python has been started without the module
    site.setcopyright()
    # a notebook need not ask for it: the backend, which has been imported before there was a shell, would
    shell.enable_matplotlib("inline")
    warm_up(shell)
    os.chdir("/")


def run_guest(settings: dict[str, Any], channel: socket.socket) -> None:
    """Run the guest, which is asked on `channel`, until it ends."""
    import numpy as np
    from course_guest.server import Server

    os.umask(0o022)
    os.chdir(settings["work"])
    os.environ.update(settings["variables"])
    # No two guests draw the same numbers.
    random.seed()
    np.random.seed()  # noqa: NPY002  # the state that students use
    errors = os.dup(2)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    try:
        server = Server(channel)
    except BaseException:
        os.write(errors, traceback.format_exc().encode() + b"\0")
        raise
    os.close(errors)
    server.serve()


def main() -> None:
    """Import, then fork a guest for each request until the grader closes the socket."""
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.closerange(3, 1024)
    grader = socket.socket(fileno=os.dup(0))
    start = json.loads(grader.recv(LARGEST_REQUEST))
    # The working folder, whose name is empty here, comes last: nothing in it hides a module.
    python = [entry for entry in sys.path if entry.startswith("/opt/python/")]
    sys.path[:] = [*python, *start["path"], ""]
    sys.argv = ["guest"]
    # Nobody debugs here, and importing it takes time.
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # what makes an import fail
    gc.disable()  # imported modules are never freed
    outside = os.open("/proc/self/ns/pid", os.O_RDONLY)
    # Said before anything is imported where this process has not the rights that it needs.
    call("unshare", CLONE_NEWPID)
    call("setns", outside, CLONE_NEWPID)
    seal_devices()
    if failure := prepare(start):
        grader.send(failure[:LONGEST_ERROR].encode(errors="replace"))
        return
    gc.collect()
    gc.freeze()  # collecting in a guest would touch, and so copy, all of this
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    grader.send(b"ready")
    while request := grader.recv(LARGEST_REQUEST):
        # Done here, since a process in between would copy all page tables once more.
        call("unshare", CLONE_NEWPID)
        fork(NewGuest(json.loads(request), grader, outside).first)
        call("setns", outside, CLONE_NEWPID)


if __name__ == "__main__":
    main()
