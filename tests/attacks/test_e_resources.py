"""E. Taking all there is: time, memory, processes, output, disk."""

from __future__ import annotations

from course.grading.judging.results import Result
from tests.attacks.arena import Attack, fight, holds, slow

SHORT = slow(cell=1.0, notebook=30, patience=4)


def using(code: str) -> str:
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    return f"import os, sys, threading, time\ndef attacked(y, y_hat):\n{lines}    return np.zeros(y.shape)\n"


TIME = {
    "a loop": Attack(using("while True: pass"), "timeout", "1 second"),
    "a loop in C": Attack("import re\n" + using("re.match(r'(a+)+$', 'a' * 60 + 'b')"), "timeout"),
    "sleep": Attack(using("time.sleep(10**6)"), "timeout"),
    "a loop that cannot be interrupted": Attack(
        using("while True:\n    try: time.sleep(1)\n    except BaseException: pass"), "timeout"
    ),
    "a loop at the top level": Attack("while True: pass\n" + using("pass"), "error", "not defined"),
    "a stop signal": Attack(using("os.kill(os.getpid(), 19)"), "timeout"),
    "a deadlock": Attack(using("lock = threading.Lock()\nlock.acquire()\nlock.acquire()"), "timeout"),
    "input": Attack(using("input('password: ')"), "error"),
}

MEMORY = {
    "memory, touched": Attack(using("kept = []\nwhile True: kept.append(bytearray(10**7))"), "memory"),
    "an array too large": Attack(using("np.zeros(10**12)"), "memory"),
    "a list too large": Attack(using("[0] * 10**12"), "memory"),
    "shared memory": Attack(
        using(
            "for k in range(10**4):\n"
            "    with open(f'/dev/shm/attack{k}', 'wb') as f: f.write(bytes(5 * 10**6))"
        ),
        "memory",
    ),
    "memory that nobody maps": Attack(
        using(
            "import mmap\nkept = []\nfor _ in range(100):\n"
            "    m = mmap.mmap(-1, 7 << 20, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)\n"
            "    for o in range(0, 7 << 20, 4096): m[o] = 1\n"
            "    m.madvise(mmap.MADV_DONTNEED)\n    kept.append(m)"
        ),
        "memory",
    ),
    "memory that nobody maps, at once": Attack(using("import mmap\nmmap.mmap(-1, 64 << 20)"), "memory"),
    "memory that nobody maps, of many": Attack(
        using(
            "import mmap\nfor _ in range(20):\n    if os.fork() == 0:\n"
            "        kept = [mmap.mmap(-1, 7 << 20) for _ in range(4)]\n        time.sleep(600)\n"
            "time.sleep(600)"
        ),
        "memory",
    ),
    "a result too large": Attack(using("return np.zeros(2 * 10**7)"), "memory"),
    "an exception too large": Attack(using("raise ValueError('x' * (1 << 26))"), "error", "ValueError: xxx"),
}

COUNTS = {
    "processes": Attack(
        using(
            "for _ in range(300):\n    try:\n        if os.fork() == 0: time.sleep(600)\n"
            "    except OSError: pass\ntime.sleep(600)"
        ),
        "crashed",
    ),
    "threads": Attack(
        using(
            "for _ in range(300):\n    try: threading.Thread(target=time.sleep, args=(600,)).start()\n"
            "    except RuntimeError: pass\ntime.sleep(600)"
        ),
        "crashed",
    ),
    "disk": Attack(
        using(
            "for k in range(9):\n    with open(f'file{k}', 'wb') as f: f.write(bytes(950_000))\n"
            "time.sleep(600)"
        ),
        "crashed",
    ),
    "one large file": Attack(
        using("with open('file', 'wb') as f: f.write(bytes(8_600_000))\ntime.sleep(600)"), "crashed"
    ),
    "many files": Attack(using("for k in range(10**5): open(f'/tmp/{k}', 'w').close()"), "crashed"),
    "a deleted file that is still open": Attack(
        using(
            "f = open('gone', 'wb')\nos.unlink('gone')\nf.write(bytes(8_600_000))\nf.flush()\ntime.sleep(600)"
        ),
        "crashed",
    ),
    "many files in memory": Attack(
        using("for k in range(10**5): open(f'/dev/shm/attack{k}', 'w').close()"), "crashed"
    ),
    "descriptors": Attack(using("kept = [os.open('/dev/null', os.O_RDONLY) for _ in range(10**5)]"), "error"),
}

LOCKS = {
    "locks by the hundred thousand": using(
        "import fcntl\nwith open('locked', 'w') as f:\n"
        "    for k in range(200_000): fcntl.lockf(f, fcntl.LOCK_EX, 1, 2 * k)\n"
        "    assert open('/proc/locks').read().count(str(os.fstat(f.fileno()).st_ino)) < 10"
    ),
    "watches by the hundred thousand": using(
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.inotify_init1(0) == -1 and ctypes.get_errno() == 38"
    ),
}
OUTPUT = {
    "lines": using("for k in range(30000): print('x' * 50)"),
    "one line": using("print('x' * 3_000_000)"),
    "both streams in turn": using(
        "for k in range(300): print('x' * 1000, file=(sys.stdout, sys.stderr)[k % 2], flush=True)"
    ),
    "displays": using(
        "from IPython.display import HTML, display\n"
        "for k in range(300): display(HTML('<script>' + 'x' * 1000))"
    ),
    "a display that grows": using(
        "from IPython.display import display\nh = display('x', display_id=True)\n"
        "for k in range(50): h.update('x' * 10**5)"
    ),
    "past Python": using("for k in range(100): os.write(1, b'x' * 10**5)"),
    "a bell": using(r"print('\a\x1b[2J\x1b]0;title\x07' * 1000)"),
    "warnings": using(
        "import warnings\nwarnings.simplefilter('always')\n"
        "for k in range(3000): warnings.warn('x' * 300, ResourceWarning)"
    ),
}
# To write it all takes a busy machine its time, which is not what is tested.
WIDE = slow(cell=60, notebook=600, patience=20, memory=1 << 30)


def test_time():
    holds(TIME, limits=SHORT)


def test_memory():
    holds(MEMORY)


def test_locks_and_watches():
    holds(LOCKS, limits=WIDE)  # to the end, with a wrong answer


def test_output():
    # where it is cut is in the functions' cells and in those of the tests
    got = holds(OUTPUT | {"at the top level": "print('x' * 10**7)\n" + using("pass")}, limits=WIDE)
    assert len(got.shown) < 3 * 10**6


def test_processes_files_and_descriptors():
    holds(COUNTS)


def _many_cells(source: str, count: int):
    def change(notebook):
        own = [
            {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        ]
        notebook["cells"] = notebook["cells"][:3] + own * count + notebook["cells"][3:]

    return change


def test_output_of_many_cells_together():
    got = fight({}, change=_many_cells("print('x' * 90_000)", 60))
    assert len(got.shown) < 3 * 10**6
    assert got.verdicts == {"first": "pass", "last": "pass"}


def test_many_cells_that_end_the_kernel():
    # each costs a fresh kernel, which costs the notebook's time
    got = fight({}, limits=slow(notebook=4), change=_many_cells("__import__('os')._exit(0)", 1500))
    assert got.verdicts == {"first": "pass", "last": "not-run"}


def test_a_cell_that_ends_the_kernel_when_it_is_replayed():
    source = """
import os, threading
def attacked(y, y_hat): os._exit(0)
get_ipython().events.register("post_run_cell", lambda *a: threading.Timer(0.05, os._exit, [0]).start())
"""
    got = fight({"late": source, "later": "def attacked(y, y_hat): pass"}, limits=slow(notebook=10))
    assert got.verdicts["first"] == "pass"
    assert "pass" not in (got.verdicts["late"], got.verdicts["later"])


def test_all_time_used_up():
    got = fight({"a loop": TIME["a loop"], "another": TIME["a loop"]}, limits=slow(cell=3, notebook=3))
    assert got.verdicts == {"first": "pass", "a loop": "timeout", "another": "not-run", "last": "not-run"}
    assert isinstance(got.result, Result)
