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
import select
import signal
import socket
import stat
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
LINUX_CAPABILITY_VERSION_3 = 0x20080522
SECCOMP_MODE_FILTER = 2
MADV_COLLAPSE = 25
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


def first(to_guest: socket.socket) -> None:
    """Be the first process of a guest's namespace: end when the guest ends, whose number comes on `to_guest`.

    Everything else in the namespace ends with it.
    """
    # Its children are those whose parents have ended.
    signal.signal(signal.SIGCHLD, lambda *_: reap())
    # A signal to a process group does not stop at a namespace.
    os.setsid()
    number = to_guest.recv(16)
    if number:
        guest = os.pidfd_open(int(number))
        # The guest's network is this process's, which tells of it however the guest's threads end.
        call("unshare", CLONE_NEWNET)
        network = os.open("/proc/self/ns/net", os.O_RDONLY)
        socket.send_fds(to_guest, [b"1"], [network])
        os.dup2(guest, 0)
        os.closerange(1, 1024)
        select.select([0], [], [])


def reap() -> None:
    """Take notice of all children that have ended, whose times then count as this process's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def start_firsts(requests: socket.socket, outside: int) -> None:
    """Start the first process of a namespace for each request; send the namespace back.

    This is a process of its own, from before anything is imported: a fork copies the page tables of all that.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        _, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
        if not descriptors:
            return
        with socket.socket(fileno=descriptors[0]) as to_guest:
            call("unshare", CLONE_NEWPID)
            fork(partial(first, to_guest))
            space = os.open("/proc/self/ns/pid_for_children", os.O_RDONLY)
            call("setns", outside, CLONE_NEWPID)
            socket.send_fds(requests, [b"1"], [space])
            os.close(space)


def start_guest(settings: dict[str, Any], grader: socket.socket, firsts: socket.socket, outside: int) -> None:
    """Start a guest in a process namespace of its own."""
    to_first, to_guest = socket.socketpair()
    with to_first:
        with to_guest:
            socket.send_fds(firsts, [b"1"], [to_guest.fileno()])
        space = socket.recv_fds(firsts, 1, 1)[1][0]
        here, there = socket.socketpair()

        def become_guest() -> None:
            firsts.close()
            here.close()
            os.close(outside)
            NewGuest(settings, grader, to_first, there).run()

        call("setns", space, CLONE_NEWPID)
        os.close(space)
        pid = fork(become_guest)
        call("setns", outside, CLONE_NEWPID)
        there.close()
        with here, suppress(OSError):  # the guest may have been killed meanwhile
            if settings["user"] is None and here.recv(1):
                for name, content in settings["maps"].items():
                    Path(f"/proc/{pid}/{name}").write_text(content)
                here.send(b"1")


class NewGuest:
    """A guest that is being made, in a process forked from the zygote, whose rights it has at first."""

    def __init__(
        self, settings: dict[str, Any], grader: socket.socket, first: socket.socket, zygote: socket.socket
    ) -> None:
        self.settings, self.grader, self.first, self.zygote = settings, grader, first, zygote

    def run(self) -> None:
        """Make namespaces, send the grader what it holds the guest by, and become the guest."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        is_same_user = self.settings["user"] is None
        if is_same_user:
            libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # or /proc/self belongs to another
        with self.first:
            self.first.send(b"%d" % os.getpid())
            network = socket.recv_fds(self.first, 1, 1)[1][0]
        call("setns", network, CLONE_NEWNET)
        os.close(network)
        call("unshare", CLONE_NEWNS | CLONE_NEWIPC)
        os.umask(0)
        self.mount_all()
        # When the machine runs out of memory, the system kills this process first.
        Path("/proc/self/oom_score_adj").write_text("1000")
        opened = [os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in self.settings["opened"]]
        # The first process has the zygote's rights, so the guest must not see it.
        mount("tmpfs", "/proc/1", "size=4k,mode=555", MS_RDONLY)
        mount("proc", "/proc", "", MS_NOEXEC | MS_RDONLY | MS_REMOUNT)
        channel, guest_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        handles = [os.pidfd_open(1), os.pidfd_open(os.getpid())]
        with self.grader, channel:
            socket.send_fds(self.grader, [b"%d" % os.getpid()], [*handles, channel.fileno(), *opened])
        for descriptor in (*handles, *opened):
            os.close(descriptor)
        with self.zygote:
            if is_same_user:
                call("unshare", CLONE_NEWUSER)
                libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
                self.zygote.send(b"1")
                if not self.zygote.recv(1):
                    return
        give_up_rights(self.settings)
        run_guest(self.settings, guest_end)

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


def use_huge_pages() -> None:
    """Move what is in memory to huge pages, if the system has such: they are forked faster."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, rights, _, device, *_ = line.split()
        if rights == "rw-p" and device == "00:00":
            begin, end = (int(address, 16) for address in place.split("-"))
            libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), MADV_COLLAPSE)


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
    firsts, requests = socket.socketpair()
    fork(partial(start_firsts, requests, outside))
    requests.close()
    if failure := prepare(start):
        grader.send(failure[:LONGEST_ERROR].encode(errors="replace"))
        return
    gc.freeze()  # collecting in a guest would touch, and so copy, all of this
    gc.enable()
    use_huge_pages()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    grader.send(b"ready")
    while request := grader.recv(LARGEST_REQUEST):
        start_guest(json.loads(request), grader, firsts, outside)


if __name__ == "__main__":
    main()
