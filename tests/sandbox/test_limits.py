"""The limits hold for all processes of a notebook together, and cost only the one that passes them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.working_folder import put
from tests.helpers import slow_except
from tests.sandboxes import MIB, forget_peak, left_of, namespace_of, peak_memory, wait_until

FORK = """
import os, signal, time
def spawn(count, work):
    for _ in range(count):
        if os.fork() == 0:
            try:
                work()
                time.sleep(600)
            finally:
                os._exit(0)
"""
DAEMON = """
import os, time
def daemon(work):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            try:
                work()
            finally:
                os._exit(0)
        os._exit(0)
    os.wait()
"""

MAP = """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
def mapped(size, rights):
    p = libc.mmap(None, ctypes.c_size_t(size), rights, 0x4022, -1, ctypes.c_long(0))
    libc.madvise(ctypes.c_void_p(p), ctypes.c_size_t(size), 15)  # no huge pages
    return p
"""
PAGES_MAPPED_NOWHERE = """
import mmap
kept = []
for _ in range(100):
    m = mmap.mmap(-1, 7 << 20, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    for o in range(0, 7 << 20, 4096):
        m[o] = 1
    m.madvise(mmap.MADV_DONTNEED)
    kept.append(m)
"""

BOMBS = {
    "memory, at once": ("memory", "x = bytearray(b'x') * (600 << 20)"),
    "memory, of a process that hides it": (
        "memory",
        "import ctypes; ctypes.CDLL(None).prctl(4, 0); x = bytearray(b'x') * (600 << 20)",
    ),
    "memory, bit by bit": ("memory", "x = []\nwhile True: x.append(bytearray(b'x') * (1 << 20))"),
    "memory, asked for and not used": ("memory", "import numpy; numpy.ones(1 << 34)"),
    "memory, over many processes": (
        "memory",
        FORK + "held = []\nspawn(10, lambda: held.append(bytearray(b'x') * (60 << 20)))\ntime.sleep(600)",
    ),
    "memory, in a daemon": (
        "memory",
        DAEMON + "daemon(lambda: [bytearray(b'x') * (600 << 20), time.sleep(600)])\ntime.sleep(600)",
    ),
    "memory, shared and mapped by nobody": (
        "memory",
        "block = bytes(1 << 20)\nfor i in range(100):\n    with open(f'/dev/shm/{i}', 'wb') as f:\n"
        "        for _ in range(7): f.write(block)",
    ),
    "memory, mapped and shared": (
        "memory",
        "import mmap\nm = mmap.mmap(-1, 600 << 20)\nfor i in range(0, 600 << 20, 4096): m[i] = 1",
    ),
    "memory, mapped by nobody": ("memory", PAGES_MAPPED_NOWHERE),
    "memory, of maps that have shrunk": (
        "memory",
        MAP
        + PAGES_MAPPED_NOWHERE.replace(
            "m.madvise(mmap.MADV_DONTNEED)",
            "p = ctypes.addressof(ctypes.c_char.from_buffer(m)) + 4096\n"
            "    libc.munmap(ctypes.c_void_p(p), ctypes.c_size_t((7 << 20) - 4096))",
        ),
    ),
    "memory, touched by parents that have ended": (
        "memory",
        FORK
        + "import mmap\ndef work():\n    global kept\n    kept = [mmap.mmap(-1, 7 << 20) for _ in range(3)]\n"
        "    if os.fork():\n        for m in kept:\n            for i in range(0, 7 << 20, 4096): m[i] = 1\n"
        "        os._exit(0)\nfor _ in range(20):\n    spawn(1, work)\n    os.wait()\n"
        "time.sleep(600)",
    ),
    "memory, of mappings": (
        "memory",
        FORK + MAP + "p = mapped(60_000 << 12, 3)\n"
        "for i in range(0, 60_000, 2): libc.mprotect(ctypes.c_void_p(p + (i << 12)), 4096, 1)\n"
        "spawn(20, lambda: None)\ntime.sleep(600)",
    ),
    "memory, of page tables": (
        "memory",
        MAP + "import time\nsize = 1 << 38\np = mapped(size, 1)\n"
        "for i in range(0, size, 1 << 21): ctypes.c_char.from_address(p + i).value\ntime.sleep(600)",
    ),
    "memory, of many files in memory": (
        "crashed",
        "for i in range(1000): open(f'/dev/shm/{i}', 'w')\nimport time; time.sleep(600)",
    ),
    "memory, of many names": (
        "crashed",
        "import os\nopen('/dev/shm/a', 'w')\nfor i in range(1000): os.link('/dev/shm/a', f'/dev/shm/{i}')\n"
        "import time; time.sleep(600)",
    ),
    "processes, a fork bomb": (
        "crashed",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    ),
    "processes, sleeping": ("crashed", FORK + "spawn(40, lambda: None)\ntime.sleep(600)"),
    "threads": (
        "crashed",
        "import threading as t, time\nfor _ in range(60): t.Thread(target=time.sleep, args=(600,)).start()\n"
        "time.sleep(600)",
    ),
    "sockets": (
        "crashed",
        FORK + "import socket\nkept = []\n"
        "spawn(6, lambda: [kept.append(socket.socketpair()) for _ in range(60)])\ntime.sleep(600)",
    ),
    "processes, without a main thread": (
        "crashed",
        "import ctypes, threading, time\ndef fill():\n    kept = []\n"
        "    while True: kept.append(b'1' * 10**6); time.sleep(0.02)\n"
        "threading.Thread(target=fill).start()\nctypes.CDLL(None).syscall(60, 0)",
    ),
    "sockets, of a process without a main thread": (
        "crashed",
        FORK + "import ctypes, socket, threading\nkept = []\n"
        "def open_all():\n    time.sleep(0.3)\n"
        "    spawn(6, lambda: [kept.append(socket.socketpair()) for _ in range(60)])\n    time.sleep(600)\n"
        "threading.Thread(target=open_all).start()\nctypes.CDLL(None).syscall(60, 0)",
    ),
    "files, one large": (
        "crashed",
        "f = open('large', 'wb')\nfor _ in range(20): f.write(bytes(1 << 20)); f.flush()",
    ),
    "files, large together": (
        "crashed",
        "for i in range(20): open(f'/tmp/{i}', 'wb').write(bytes(500_000))\nimport time; time.sleep(600)",
    ),
    "files, deleted and still open": (
        "crashed",
        "import os, time\nkept = []\nfor i in range(20):\n    kept.append(open('x', 'wb')); os.unlink('x')\n"
        "    kept[-1].write(bytes(500_000)); kept[-1].flush()\ntime.sleep(600)",
    ),
    "files, many": ("crashed", "for i in range(400): open(f'/tmp/{i}', 'w')\nimport time; time.sleep(600)"),
    "files, folders in folders": (
        "crashed",
        "import os, time\nfor i in range(400): os.mkdir('d'); os.chdir('d')\ntime.sleep(600)",
    ),
}


QUICK_BOMBS = ("memory, over many processes", "processes, a fork bomb", "files, many")


@pytest.mark.slow
@pytest.mark.parametrize("name", slow_except(QUICK_BOMBS, BOMBS))
def test_bombs(start, name):
    status, code = BOMBS[name]
    kernel = start(sockets=300, address_space=1 << 39 if "page tables" in name else 4 << 30)
    before = forget_peak()
    result = kernel.execute(code)
    # A full file system or a refused fork may end the code before the watcher does.
    assert result.status == status or (name == "files, one large" and result.failure), result
    if result.status == "crashed":
        expected = {"processes": "processes", "threads": "processes", "sockets": "sockets"}
        expected |= {"files": "files", "memory": "files"}
        assert expected[name.split(",")[0]] in result.reason
    assert result.reason
    assert peak_memory() - before < 50 * MIB
    if not result.failure:
        assert not kernel.alive
        assert kernel.execute("1").status == "crashed"
        assert not left_of(start.spaces)


@pytest.mark.slow
def test_less_than_the_limits_is_fine(start):
    kernel = start()
    code = FORK + (
        "shared = bytearray(b'x') * (120 << 20)\nspawn(5, lambda: shared[5])\n"
        "import threading\nfor _ in range(5): threading.Thread(target=time.sleep, args=(1,)).start()\n"
        "open('file', 'wb').write(bytes(6 << 20))\ntime.sleep(1)"
    )
    # Five children share what their parent has: 120 MiB, not 720.
    assert kernel.execute(code).status == "ok"
    assert kernel.alive


def test_descriptors_run_out_inside_only(kernel):
    code = "kept = []\ntry:\n    while True: kept.append(open('/dev/null'))\n"
    code += "except OSError as error: print(error.errno, len(kept) < 256)\nkept.clear()"
    assert kernel.execute(code).outputs[0].text == "24 True\n"


@pytest.mark.slow
def test_no_core_is_written_and_a_file_has_a_largest_size(start):
    kernel = start()
    code = "import resource as r\n[r.getrlimit(n) for n in (r.RLIMIT_CORE, r.RLIMIT_FSIZE, r.RLIMIT_NPROC)]"
    limits = eval(kernel.execute(code).outputs[0].data["text/plain"])
    assert limits == [(0, 0), (9 * MIB, 9 * MIB), (46, 46)]
    assert kernel.execute("r.setrlimit(r.RLIMIT_NPROC, (100, 100))").failure.name == "ValueError"


LOOPS = {
    "Python": "while True: pass",
    "C": "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
    "a large power": "x = 10 ** 10 ** 9",
    "NumPy": "import numpy\na = numpy.ones((800, 800))\nwhile True: a @ a",
    "sleep": "import time; time.sleep(600)",
    "many processes": FORK + "def work():\n    while True: pass\nspawn(4, work)\ntime.sleep(600)",
    "a thread": "import threading\nt = threading.Thread(target=lambda: sum(0 for _ in iter(int, 1)))\n"
    "t.start(); t.join()",
    "interrupts caught": "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass",
    "signals ignored": "import signal, time\nfor s in range(1, 65):\n"
    "    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\ntime.sleep(600)",
    "signals blocked": "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
    "time.sleep(600)",
    "stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "all stopped": "import os, signal, time\nif os.fork() == 0: os.kill(-1, signal.SIGSTOP)\ntime.sleep(600)",
    "input": "import time\nwhile True: time.sleep(0.01)",
    "output": "while True: print('x' * 1000)",
    "daemon holds on": DAEMON + "daemon(lambda: time.sleep(600))\nwhile True: pass",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", slow_except(("Python", "interrupts caught"), LOOPS))
def test_loops_end(start, name):
    kernel = start()
    before = forget_peak()
    result = kernel.execute(LOOPS[name], seconds=0.5)
    assert result.status == "timeout", result
    assert "0.5 seconds" in result.reason
    assert peak_memory() - before < 50 * MIB
    # A kernel that stopped when asked goes on; one that did not has been killed.
    assert kernel.execute("1").status == ("ok" if kernel.alive else "crashed")
    if name in ("Python", "sleep", "NumPy"):
        assert kernel.alive
    if name in ("interrupts caught", "stopped", "signals ignored"):
        assert not kernel.alive


@pytest.mark.slow
def test_a_notebook_has_its_time_too(start):
    kernel = start(notebook=4.0)
    assert kernel.execute("import time; time.sleep(0.6)").status == "ok"
    assert kernel.seconds >= 0.6
    result = kernel.execute("time.sleep(600)")
    assert (result.status, "notebook" in result.reason) == ("timeout", True)
    assert kernel.execute("1").status == "timeout"


@pytest.mark.slow
def test_background_work_counts_towards_the_notebook(start):
    kernel = start(notebook=4.0)
    code = (
        "import threading\nthreading.Thread(target=lambda: sum(0 for _ in iter(int, 1)), daemon=True).start()"
    )
    assert kernel.execute(code).status == "ok"
    assert wait_until(lambda: kernel.seconds > 4.0)
    assert kernel.execute("1").status == "timeout"


WAITING = """
def waited():
    with open("/proc/self/schedstat") as file:
        return int(file.read().split()[1]) / 1e9
begin = waited()
while waited() - begin < 3: pass
"""


@pytest.mark.slow
def test_a_busy_machine_fails_nobody(start):
    """Six processes share each processor: the delay does not count as the student's time."""
    kernel = start()
    spin = [sys.executable, "-c", "import time\nprint(flush=True)\nend = time.monotonic() + 600\n"]
    spin[-1] += "while time.monotonic() < end: pass"
    # Sessions of their own, since processor time is shared out among sessions first.
    crowd = [
        subprocess.Popen(spin, start_new_session=True, stdout=subprocess.PIPE)
        for _ in range(6 * (os.cpu_count() or 1))
    ]
    try:
        for process in crowd:
            assert process.stdout.readline()
        result = kernel.execute(WAITING, seconds=2.5)
    finally:
        for process in crowd:
            process.kill()
            process.communicate()
    assert result.status == "ok", result


@pytest.mark.slow
def test_all_processes_count_towards_own_time(start, monkeypatch):
    kernel = start()
    # So that nothing else is counted.
    monkeypatch.setattr("course.grading.sandbox.execution.Clock.wall", lambda self: 0.0)
    busy = "    t = time.process_time()\n    while time.process_time() - t < 0.3: pass\n    os._exit(0)\n"
    result = kernel.execute(FORK + f"def work():\n{busy}spawn(3, work)\nfor _ in range(3): os.wait()")
    assert result.status == "ok"
    assert result.seconds >= 0.8


@pytest.mark.slow
def test_the_wall_clock_is_a_wide_limit(start, monkeypatch):
    kernel = start(patience=2.0)
    # As if the machine gave the kernel no time at all.
    monkeypatch.setattr("course.grading.sandbox.execution.Clock.own", lambda self: 0.0)
    assert kernel.execute("import time; time.sleep(600)", seconds=0.5).status == "timeout"


@pytest.mark.slow
def test_without_a_watcher_nothing_goes_on(start, monkeypatch):
    kernel = start()

    def blind(*_):
        raise OSError("Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("course.grading.sandbox.limits.file_usage", blind)
        with pytest.raises(SandboxUnavailable, match="could not be watched"):
            kernel.execute("import time; time.sleep(600)")
    assert not kernel.alive


@pytest.mark.slow
def test_a_limit_passed_between_two_cells_is_told_in_the_next(start):
    kernel = start()
    code = (
        "import os, threading, time\ndef grow():\n    while not os.path.exists('go'): time.sleep(0.01)\n"
        "    global x\n    x = b'x' * (600 << 20)\nthreading.Thread(target=grow).start()"
    )
    assert kernel.execute(code).status == "ok"
    space = namespace_of(kernel)
    put(kernel.sandbox.work, {"go": b""}, owner=None)
    assert wait_until(lambda: not kernel.alive)
    result = kernel.execute("1")
    assert (result.status, "memory" in result.reason) == ("memory", True)
    assert not left_of({space})


def test_the_defaults_are_the_promised_ones():
    limits = Limits()
    assert (limits.cell, limits.notebook, limits.memory) == (30, 120, 1 << 30)
    assert (limits.tasks, limits.files, limits.output) == (64, 64 * MIB, MIB)
