"""C. Looking for tests, the reference, the gradebook and other submissions."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from course.checking.seed import use_seed
from mlp_ref.cases import cases, network_pool
from tests.attacks.arena import Attack, holds

# What is found is told in every way there is: aloud, as an exception, as a result, as a file.
FOUND = """
def told(found):
    found = [str(one)[:2000] for one in found]
    if not found: raise LookupError("nothing there")
    print("found", found)
    open("found.txt", "w").write("\\\\n".join(found))
    raise ValueError(found)
"""

PLACES = """
from pathlib import Path
def attacked(y, y_hat):
    marks = [b"CAN" + b"ARY-", b"matches_" + b"reference", b"BEGIN " + b"HIDDEN"]
    found = []
    here = Path.cwd()
    for start in PLACES:
        for path in [start, *(start.rglob("*") if start.is_dir() else [])][:20000]:
            try:
                text = path.read_bytes()[:10**6] if path.is_file() else b""
                if any(mark in text for mark in marks): found.append(path)
            except OSError: pass
    told(found)
"""


def searching(places: str) -> Attack:
    return Attack(FOUND + PLACES.replace("PLACES", places), "error", "nothing there")


def finding(code: str) -> Attack:
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    return Attack(
        f"{FOUND}def attacked(y, y_hat):\n    found = []\n{lines}    told(found)\n", "error", "nothing there"
    )


DISK = {
    "the folders above": searching("[here, here.parent, here / '../..']"),
    "where grading happens": searching(
        "[here / '../../../gradebook.db', here / '../../../source', here / '../../../release',"
        " *map(Path, ('/srv', '/mnt', '/media', '/var', '/run', '/etc', '/boot'))]"
    ),
    "homes": searching("[Path('/root'), Path('/home'), Path.home(), Path('/tmp'), Path('/dev/shm')]"),
    "the course": searching(
        "[p for p in Path('/opt').glob('*') if 'python' != p.name and 'site' not in p.name]"
    ),
    "what is installed of the course": searching(
        "[p for site in Path('/opt').glob('site-packages*')"
        " for name in ('*course*', 'mlp*', '*.pth', '*.egg-link')"
        " for p in site.glob(name)]"
    ),
    "the names of everything": finding("""
from pathlib import Path
for name in ("gradebook.db", "mlp_ref", "submitted", "autograded", "source", "grading", "canary.txt"):
    for pattern in ("*/", "*/*/", "*/*/*/"):
        found += [p for p in Path("/").glob(pattern + name) if not str(p).startswith(("/proc", "/sys"))
                  and "packages/" not in str(p).replace("/opt/packages/", "") and "python" not in str(p)]
"""),
    "importing the reference": finding("""
import importlib, importlib.util
for name in ("mlp_ref", "mlp_ref.grading", "course.grading", "course.grading.judging", "tests.helpers"):
    try: found.append(importlib.import_module(name))
    except ImportError: pass
"""),
    "links out of here": finding("""
import os
for target in ("/proc/1/root", "/proc/1/cwd", "/proc/self/root/..", "/proc/self/fd/../../1/root"):
    try: found += [n for n in os.listdir(target) if n in ("work", "root", "srv", "mnt", "boot")]
    except OSError: pass
"""),
}

PROCESSES = {
    "/proc": finding("""
import glob
for path in [p for kind in ("environ", "cmdline", "maps", "comm", "mountinfo", "stack", "cgroup")
             for p in glob.glob(f"/proc/[0-9]*/{kind}")]:
    try: text = open(path, "rb").read()
    except OSError: continue
    if b"CAN" + b"ARY-" in text or b"/pytest-" in text or b"course/grading" in text: found.append(path)
"""),
    "memory": finding("""
import os, re
for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
    try:
        maps = open(f"/proc/{pid}/maps").read().splitlines()
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                if "[heap]" in line or "[stack]" in line:
                    low, high = (int(n, 16) for n in line.split()[0].split("-"))
                    memory.seek(low)
                    if re.search(rb"CAN[A]RY-[0-9a-f]{24}", memory.read(high - low)): found.append(line)
    except OSError: pass
"""),
    "the environment": finding("""
import os
found += [k for k, v in os.environ.items() if "CAN" + "ARY" in k + v or k in ("USER", "LOGNAME", "SUDO_USER")]
found += [k for k in os.environ if k.startswith(("NBGRADER", "PYTEST", "SSH", "AWS", "GITHUB"))]
"""),
    "frames and objects": finding("""
import gc, sys
frame = sys._getframe()
while frame:
    found += [v for v in map(str, frame.f_locals) if v in ("want", "finding", "case", "rng", "tolerance")]
    frame = frame.f_back
for thing in gc.get_objects():
    secret = ("Case", "Trial", "Judge", "Assignment", "InstructorsNotebook")
    if type(thing).__name__ in secret: found.append(type(thing))
found += [m for m in sys.modules if m.startswith(("mlp_ref", "course.grading", "nbgrader"))]
"""),
    "inspecting the caller": finding("""
import inspect
for level in inspect.stack():
    source = "".join(level.code_context or [])
    if "matches_ref" + "erence" in source or "grading" in level.filename: found.append(level.filename)
"""),
    "history and messages": finding("""
shell = get_ipython()
texts = [entry[2] for entry in shell.history_manager.get_range()]
texts += map(str, shell.user_ns.get("In", []))
texts += [str(vars(thing)) for thing in (shell.channel, shell.streams)]
found += [t for t in texts if "matches_ref" + "erence(" in t or "/pytest-" in t]
"""),
    "other processes": finding("""
import os, ctypes, signal
libc = ctypes.CDLL(None)
for pid in range(1, 300):
    if pid == os.getpid(): continue
    if libc.ptrace(16, pid, 0, 0) == 0: found.append(("traced", pid))
    if os.path.exists(f"/proc/{pid}") and pid != 1 and str(os.getppid()) != str(pid):
        leader = open(f"/proc/{pid}/status").read().split("Tgid:")[1].split()[0]
        if leader != str(os.getpid()): found.append(pid)
"""),
    "descriptors": finding("""
import os
for number in os.listdir("/proc/self/fd"):
    try: target = os.readlink(f"/proc/self/fd/{number}")
    except OSError: continue
    own = ("/dev/null", "/proc", "/home/student", "/tmp")
    if target.startswith("/") and not target.startswith(own): found.append(target)
"""),
}


def test_disk():
    holds(DISK)


def test_processes_and_memory():
    holds(PROCESSES)


@pytest.mark.slow
def test_messages_do_not_tell_what_is_expected():
    # an answer of 0 is wrong by exactly what is expected
    got = holds(
        {
            "zeros": "def attacked(y, y_hat): return np.zeros(y.shape)",
            "ones": "def attacked(y, y_hat): return y * 0 + 1",
        },
        seed=7,
    )
    with use_seed(7):
        hidden = cases(
            "ps1.dC_dyhat", np.random.default_rng([7, zlib.crc32(b"ps1.dC_dyhat")]), network_pool(7)
        )
    for case in hidden:
        for value in np.ravel(case.want):
            assert f"{value:.4g}" not in got.shown


def test_no_hidden_test_in_what_is_shown():
    got = holds({"an error": Attack("def attacked(y, y_hat): raise ValueError", "error")})
    assert "matches_reference" not in got.shown
    assert "mlp_ref" not in got.shown
