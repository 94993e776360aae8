"""The first program in a sandbox: gives up its rights, then is the kernel. It imports nothing of the course.

It says its process id on standard output, waits on standard input for its orders, a JSON object, and
tells what went wrong on standard error until the kernel starts.
"""

# Runs before anything but the standard library can be imported.
import ctypes
import json
import os
import resource
import struct
import sys
import traceback
from pathlib import Path
from typing import Any

PR_SET_DUMPABLE, PR_CAPBSET_DROP, LINUX_CAPABILITY_VERSION_3 = 4, 24, 0x20080522


def give_up_rights(orders: dict[str, Any]) -> None:
    """Set the limits of each process, then become the student. Nothing leads back."""
    for name, wanted in orders["limits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))
    libc = ctypes.CDLL(None)
    if orders["user"] is not None:
        for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        user = (orders["user"],) * 3
        os.setgroups([])
        os.setresgid(*user)
        os.setresuid(*user)
        if libc.capset(struct.pack("=II", LINUX_CAPABILITY_VERSION_3, 0), bytes(24)):
            raise PermissionError("the capabilities could not be given up")
        # The process may see its own /proc, which changing the user took from it.
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def main() -> None:
    """Run the kernel."""
    os.closerange(3, 1024)
    os.write(1, b"%d\n" % os.getpid())
    orders = json.loads(sys.stdin.buffer.read())
    give_up_rights(orders)
    os.umask(0o022)
    os.chdir(orders["folder"])
    sys.path[:] = [entry for entry in sys.path if entry.startswith("/opt/python/")] + orders["path"]
    sys.argv = ["kernel"]
    connection = Path(os.environ["JUPYTER_RUNTIME_DIR"], "connection.json")
    connection.parent.mkdir(parents=True)
    connection.write_text(json.dumps(orders["connection"]))
    # Nobody debugs here, and without this a kernel starts later.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    errors = os.dup(2)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    try:
        app.initialize(["-f", str(connection), *orders["arguments"]])
    except BaseException:
        os.write(errors, traceback.format_exc().encode())
        raise
    os.close(errors)
    app.start()


main()
