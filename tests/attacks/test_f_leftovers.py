"""F. Things left behind for the next submission."""

from __future__ import annotations

from tests.attacks.arena import Attack, fight, holds

LEAVING = {
    "startup files": """
from pathlib import Path
for home in (Path.home(), Path("/home/student"), Path("/root")):
    folder = home / ".ipython/profile_default/startup"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "00-left.py").write_text("LEFT = 'startup'")
    except OSError: pass
""",
    "configuration": """
from pathlib import Path
for name in (".jupyter/config/ipython_kernel_config.py", ".config/matplotlib/matplotlibrc", ".pythonrc.py",
             ".bashrc", ".local/lib/python3.11/site-packages/sitecustomize.py", "work/matplotlibrc",
             "work/sitecustomize.py"):
    try:
        (Path.home() / name).parent.mkdir(parents=True, exist_ok=True)
        (Path.home() / name).write_text("LEFT = 1")
    except OSError: pass
""",
    "temporary files": """
import os, tempfile
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/kernel", "/opt", "/opt/packages", "/dev"):
    try: open(os.path.join(folder, "attack-left"), "w").write("left")
    except OSError: pass
""",
    "what is installed": """
import sys, os, pathlib
for folder in [*sys.path, "/usr/lib", "/etc", "/opt/packages/course", os.path.dirname(np.__file__)]:
    for name in ("sitecustomize.py", "left.pth", "__init__.py"):
        try: open(os.path.join(folder, name), "a").write("LEFT = 1")
        except OSError: pass
import py_compile
try: py_compile.compile(np.__file__)
except OSError: pass
""",
    "shared memory": """
from multiprocessing import shared_memory
try: block = shared_memory.SharedMemory("attack-left", create=True, size=100)
except OSError: pass
import ctypes
libc = ctypes.CDLL(None)
ids = [libc.shmget(0x1EF7, 4096, 0o1666), libc.semget(0x1EF7, 1, 0o1666), libc.msgget(0x1EF7, 0o1666)]
""",
    "NumPy's state": """
np.seterr(all="raise"); np.random.seed(0); np.set_printoptions(precision=1); np.LEFT = 1
import warnings; warnings.simplefilter("error")
""",
    "limits and priorities": """
import os, resource, signal
os.umask(0o777); os.nice(19)
try: resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
except ValueError: pass
""",
    "processes": """
import os, subprocess
subprocess.Popen(["/bin/sh", "-c", "while :; do sleep 1; done"], start_new_session=True)
if os.fork() == 0:
    os.setsid(); os.chdir("/")
    if os.fork() == 0: __import__("time").sleep(600)
    os._exit(0)
""",
    "a keyring": """
import ctypes
ctypes.CDLL(None).syscall(248, b"user", b"attack-left", b"left", 4, -4)
""",
    "a locked file": """
import fcntl
lock = open("/tmp/attack-lock", "w"); fcntl.flock(lock, fcntl.LOCK_EX)
""",
    "abstract sockets": """
import socket
left = socket.socket(socket.AF_UNIX); left.bind("\\0canary-socket"); left.listen()
""",
}

LOOKING = """
def attacked(y, y_hat):
    import glob, os, sys, subprocess, warnings, ctypes, socket
    found = [name for name in ("LEFT", "left") if name in globals() or hasattr(np, name)]
    found += glob.glob("/tmp/attack*") + glob.glob("/dev/shm/attack*") + glob.glob("/run/**/attack*")
    mine = glob.glob(os.path.expanduser("~/**/*"), recursive=True, include_hidden=True)
    found += [f for f in mine if "left" in f or "rc" in f[-3:]]
    found += [m for m in ("sitecustomize", "usercustomize") if hasattr(sys.modules.get(m), "LEFT")]
    found += [k for k, v in np.geterr().items() if v == "raise"]
    if np.get_printoptions()["precision"] != 8: found.append("precision")
    if os.nice(0) or os.umask(0o022) == 0o777: found.append("priority")
    libc = ctypes.CDLL(None)
    found += [n for n in ("shmget", "semget", "msgget") if getattr(libc, n)(0x1EF7, 1, 0) >= 0]
    if libc.syscall(250, 10, -4, b"user", b"attack-left", 0) > 0: found.append("key")
    own = (1, 2, os.getpid(), os.getppid())
    found += [p for p in os.listdir("/proc") if p.isdigit() and int(p) not in own]
    try: socket.socket(socket.AF_UNIX).connect("\\0canary-socket"); found.append("socket")
    except OSError: pass
    raise LookupError(found) if found else LookupError("nothing is left")
"""


def test_nothing_is_left_for_the_next():
    holds({name: code + "\ndef attacked(y, y_hat): pass" for name, code in LEAVING.items()}, last="pass")
    holds({"looking": Attack(LOOKING, "error", "nothing is left")})


def test_numpy_state_is_not_the_graders():
    import numpy as np

    before = np.geterr(), np.random.get_state()[1].tolist()  # noqa: NPY002  # the state an attack would leave
    fight({"state": LEAVING["NumPy's state"] + "\ndef attacked(y, y_hat): pass"})
    assert (np.geterr(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002  # the state an attack would leave


def test_random_numbers_are_not_the_same_each_time():
    drawn = "[random.random(), np.random.rand(), __import__('uuid').uuid4()]"
    source = f"import random\ndef attacked(y, y_hat): raise ValueError({drawn})"
    first, second = (fight({"draw": source}).messages["draw"] for _ in range(2))
    assert not set(first.split("[")[1].split("]")[0].split(", ")) & set(
        second.split("[")[1].split("]")[0].split(", ")
    )
