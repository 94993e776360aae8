"""Which system calls a sandbox does not carry out, and why: tables, each with the answer that a program gets.

The numbers are those on x86-64 and on 64-bit ARM (asm-generic), None where a machine has no such call.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

Numbers = tuple[int | None, int | None]
Calls = Mapping[str, Numbers]

REFUSED: Final[Mapping[str, Calls]] = {
    "other processes: no code of the course needs to look into them": {
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "process_madvise": (440, 440),
        "kcmp": (312, 272),
        "pidfd_getfd": (438, 438),
    },
    "namespaces and mounts, in which a process would have rights that it has not here": {
        "unshare": (272, 97),
        "setns": (308, 268),
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "open_tree": (428, 428),
        "move_mount": (429, 429),
        "fsopen": (430, 430),
        "fsconfig": (431, 431),
        "fsmount": (432, 432),
        "fspick": (433, 433),
        "mount_setattr": (442, 442),
        "open_tree_attr": (467, 467),
    },
    "the kernel's keyrings: kept by user, in no namespace, and outlive the sandbox": {
        "add_key": (248, 217),
        "request_key": (249, 218),
        "keyctl": (250, 219),
    },
    "memory that belongs to no process and to no file that is counted": {
        "shmget": (29, 194),
        "msgget": (68, 186),
        "semget": (64, 190),
        "mq_open": (240, 180),
        "vmsplice": (278, 75),
        "splice": (275, 76),
        "tee": (276, 77),
        "mbind": (237, 235),
        "set_mempolicy": (238, 237),
        "set_mempolicy_home_node": (450, 450),
        "migrate_pages": (256, 238),
        "move_pages": (279, 239),
    },
    "which pages of the host's files are in memory: another sandbox could change and read it": {
        "mincore": (27, 232),
        "cachestat": (451, 451),
        "fadvise64": (221, 223),
    },
    "large parts of the kernel that nothing here uses": {
        "bpf": (321, 280),
        "seccomp": (317, 277),
        "perf_event_open": (298, 241),
        "userfaultfd": (323, 282),
        "io_uring_setup": (425, 425),
        "io_uring_enter": (426, 426),
        "io_uring_register": (427, 427),
        "name_to_handle_at": (303, 264),
        "open_by_handle_at": (304, 265),
        "fanotify_init": (300, 262),
        "quotactl": (179, 60),
        "quotactl_fd": (443, 443),
        "syslog": (103, 116),
        "acct": (163, 89),
        "swapon": (167, 224),
        "swapoff": (168, 225),
        "reboot": (169, 142),
        "kexec_load": (246, 104),
        "kexec_file_load": (320, 294),
        "init_module": (175, 105),
        "finit_module": (313, 273),
        "delete_module": (176, 106),
    },
}
"""answered with EPERM, by reason"""

UNKNOWN: Final[Mapping[str, Calls]] = {
    "as if the kernel were older: a program then falls back to another call": {
        "clone3": (435, 435),
        "memfd_create": (319, 279),
        "memfd_secret": (447, 447),
    },
    "news of files: it would tell what another sandbox reads of the host's": {
        "inotify_init": (253, None),
        "inotify_init1": (294, 26),
    },
    "memory of the kernel's that nothing counts": {
        "io_setup": (206, 0),
        "landlock_create_ruleset": (444, 444),
    },
}
"""answered with ENOSYS, by reason"""

GRANTED: Final[Mapping[str, Calls]] = {
    "locks of files: one on a file of the host would be seen in every sandbox": {"flock": (73, 32)},
}
"""answered as if it were done, by reason"""


@dataclass(frozen=True)
class ByArgument:
    """A call that is refused where one of its arguments has certain values."""

    call: str
    numbers: Numbers
    argument: int
    """its place, from 0"""
    what: str
    """the values, and the reason"""
    answer: int
    """error number; 0 as if it were done"""
    equal: tuple[int, ...] = ()
    """the argument is one of these"""
    bits: int = 0
    """or has any of these bits"""
    all_of: tuple[int, ...] = ()
    """or each of these bits"""


_PARENT = 0x8000  # CLONE_PARENT
_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_CLONE, _MMAP, _FCNTL = (56, 220), (9, 222), (72, 25)
BY_ARGUMENT: Final = (
    ByArgument(
        *("mmap", _MMAP, 3),
        "MAP_SHARED | MAP_ANONYMOUS: pages that nobody maps could not be counted; Python's mmap uses a file",
        errno.ENOMEM,
        all_of=(0x01, 0x20),
    ),
    ByArgument("mmap", _MMAP, 3, "MAP_HUGETLB: the host's reserve", errno.ENOMEM, bits=0x40000),
    ByArgument(
        *("fcntl", _FCNTL, 1),
        "F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW: locks, as flock; they take memory too",
        0,
        equal=(6, 7, 37, 38),
    ),
    ByArgument(
        *("fcntl", _FCNTL, 1),
        "F_SETLEASE, F_NOTIFY, F_SET_RW_HINT, F_SET_FILE_RW_HINT: another sandbox would see them",
        errno.EPERM,
        equal=(1024, 1026, 1036, 1038),
    ),
    ByArgument(
        *("madvise", (28, 233), 2),
        "MADV_MERGEABLE, MADV_COLD, MADV_PAGEOUT: memory that would leave the count",
        errno.EINVAL,
        equal=(12, 20, 21),
    ),
    ByArgument(
        *("prctl", (157, 167), 0),
        "PR_SET_DUMPABLE, PR_SET_SECCOMP: a process that hides; filters without end",
        errno.EPERM,
        equal=(4, 22),
    ),
    ByArgument(
        *("setsockopt", (54, 208), 2),
        "SO_SNDBUF, SO_RCVBUF and both with FORCE: what waits in sockets is memory that is not counted",
        0,
        equal=(7, 8, 32, 33),
    ),
    ByArgument(
        *("clone", _CLONE, 0),
        "CLONE_NEW…, CLONE_PARENT: namespaces, and processes whose time would not be counted",
        errno.EPERM,
        bits=_NAMESPACES | _PARENT,
    ),
)

SOCKET: Final[Numbers] = (41, 198)
# Not AF_VSOCK, which reaches out of every namespace. libzmq asks through netlink which interfaces there are.
FAMILIES: Final = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
NETLINK, NETLINK_ROUTE = 16, 0


def numbers(column: int) -> dict[str, int]:
    """Return the numbers of all calls in the tables, by name, on the machine of a column."""
    rows: dict[str, Numbers] = {"socket": SOCKET}
    for table in (REFUSED, UNKNOWN, GRANTED):
        for calls in table.values():
            rows |= calls
    rows |= {rule.call: rule.numbers for rule in BY_ARGUMENT}
    return {name: number for name, row in rows.items() if (number := row[column]) is not None}


def refusals() -> Iterator[str]:
    """Yield what a sandbox refuses, in lines to be printed: calls, how they fail, and why."""
    yield f"sockets, except {', '.join(FAMILIES)} in a network without a link, and except netlink's routes"
    for answer, table in (("EPERM", REFUSED), ("ENOSYS", UNKNOWN), ("granted, not done", GRANTED)):
        for reason, calls in table.items():
            yield f"{', '.join(calls)}: {answer} ({reason})"
    for rule in BY_ARGUMENT:
        answer = errno.errorcode[rule.answer] if rule.answer else "granted, not done"
        yield f"{rule.call}: {answer} for {rule.what}"
