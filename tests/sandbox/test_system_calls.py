"""What the filter says of a call is what happens in a sandbox, and honest code works there all the same."""

from __future__ import annotations

import errno
import os

import pytest

from course.grading.sandbox import system_calls

COLUMN = ("x86_64", "aarch64").index(os.uname().machine)
CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def answer(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments))
    return ctypes.get_errno() if result == -1 else "done"
"""


def answers(value, calls: list[tuple[int, ...]]) -> list[object]:
    return eval(value(f"[answer(*call) for call in {calls}]", CALL))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "answer"),
    [
        (system_calls.REFUSED, errno.EPERM),
        (system_calls.UNKNOWN, errno.ENOSYS),
        (system_calls.GRANTED, "done"),
    ],
    ids=["refused", "unknown", "granted"],
)
def test_the_tables(value, table, answer) -> None:
    rows = {name: row[COLUMN] for calls in table.values() for name, row in calls.items()}
    numbers = {name: number for name, number in rows.items() if number is not None}
    # with a descriptor that nobody has, nothing happens should one be carried out
    got = answers(value, [(number, -1, 0, 0, 0, 0, 0) for number in numbers.values()])
    assert dict(zip(numbers, got, strict=True)) == dict.fromkeys(numbers, answer)


@pytest.mark.slow
@pytest.mark.parametrize("rule", system_calls.BY_ARGUMENT, ids=lambda rule: rule.what[:20])
def test_what_is_examined(value, rule) -> None:
    arguments = [*rule.equal, *(rule.bits & -rule.bits for _ in range(bool(rule.bits))), sum(rule.all_of)]
    calls = []
    for argument in filter(None, arguments):
        call = [rule.numbers[COLUMN], -1, 0, 0, 0, 0, 0]
        call[1 + rule.argument] = argument
        calls.append(tuple(call))
    assert answers(value, calls) == [rule.answer or "done"] * len(calls)


@pytest.mark.slow
def test_what_is_allowed_of_examined_calls(value) -> None:
    numbers = system_calls.numbers(COLUMN)
    calls = [
        (numbers["mmap"], 0, 4096, 3, 0x22, -1, 0),  # private
        (numbers["fcntl"], 1, 1, 0),  # F_GETFD
        (numbers["madvise"], 0, 0, 4),  # MADV_DONTNEED
        (numbers["prctl"], 3, 0, 0, 0, 0),  # PR_GET_DUMPABLE
        (numbers["socket"], 1, 1, 0),
        (numbers["socket"], 16, 3, 0),  # netlink's routes
    ]
    assert answers(value, calls) == ["done"] * len(calls)
    refused = [(numbers["socket"], family, 3, 15) for family in (16, 17, 38, 40)]  # packets, AF_ALG, AF_VSOCK
    assert answers(value, refused) == [errno.EAFNOSUPPORT] * len(refused)


HONEST = {
    "SQLite in the working folder": """
import sqlite3
one, other = sqlite3.connect("a.db"), sqlite3.connect("a.db")
one.execute("create table t (x)")
for mode in ("delete", "wal"):
    one.execute(f"pragma journal_mode = {mode}")
    one.execute("insert into t values (1)")
    one.commit()
    other.execute("insert into t values (2)")
    other.commit()
for connection in (one, other):
    assert connection.execute("select sum(x) from t").fetchone() == (6,)
""",
    "two connections that write": """
import sqlite3
one, other = sqlite3.connect("b.db"), sqlite3.connect("b.db", timeout=0)
one.execute("create table t (x)")
one.execute("begin immediate")
try: other.execute("begin immediate")
except sqlite3.OperationalError as error: assert "locked" in str(error)
else: raise AssertionError("not locked")
""",
    "locks of files": """
import fcntl
with open("lock", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.lockf(file, fcntl.LOCK_UN)
    fcntl.flock(file, fcntl.LOCK_UN)
""",
    "Matplotlib's lock": """
from matplotlib import cbook, pyplot
with cbook._lock_path("fontlist.json"): pass
pyplot.plot([1, 2]); pyplot.title("$x^2$"); pyplot.savefig("figure.png")
""",
    "arrays in files": """
import numpy as np
a = np.memmap("a.bin", dtype=float, mode="w+", shape=(1000, 100))
a[:] = 1; a.flush()
assert np.memmap("a.bin", dtype=float, mode="r").sum() == 100_000
""",
    "a shared map": """
import mmap, os
shared = mmap.mmap(-1, 1 << 20)
if os.fork() == 0:
    shared[5] = 7
    os._exit(0)
os.wait()
assert shared[5] == 7 and len(shared) == shared.size() == 1 << 20 and shared.closed is False
private = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
copy = mmap.mmap(-1, 4096, access=mmap.ACCESS_COPY)
both = mmap.mmap(-1, length=4096, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
with mmap.mmap(-1, 4096, access=mmap.ACCESS_WRITE) as written: written.write(b"x")
with open("mapped", "w+b") as file:
    file.write(b"hello"); file.flush()
    assert mmap.mmap(file.fileno(), 0)[:] == b"hello"
assert isinstance(shared, mmap.mmap) and both[0] == 0 and private[0] == copy[0] == 0
""",
    "multiprocessing": """
import multiprocessing
from multiprocessing import shared_memory
context = multiprocessing.get_context("fork")
def square(x): return x * x
def put(queue, array, value):
    with value.get_lock(): value.value += 1
    array[3] = 2.5
    queue.put("done")
with context.Pool(2) as pool: assert pool.map(square, range(5)) == [0, 1, 4, 9, 16]
queue, array, value = context.Queue(), context.Array("d", 10), context.Value("i", 1)
process = context.Process(target=put, args=(queue, array, value)); process.start()
assert queue.get() == "done"; process.join()
assert (array[3], value.value) == (2.5, 2)
block = shared_memory.SharedMemory(create=True, size=1 << 20)
block.buf[0] = 1; block.close(); block.unlink()
""",
    "pipes of a shell": """
import asyncio, subprocess
done = subprocess.run("echo hi | while read x; do echo $x; done", shell=True, capture_output=True)
assert done.stdout == b"hi\\n"
async def run():
    process = await asyncio.create_subprocess_exec("/bin/sh", "-c", "read x; echo $x", stdin=-1, stdout=-1)
    return (await process.communicate(b"two\\n"))[0]
assert await run() == b"two\\n"
""",
    "copies of files": """
import shutil, tempfile
with tempfile.NamedTemporaryFile() as file:
    file.write(b"x" * 100_000); file.flush()
    shutil.copy(file.name, "copied")
assert len(open("copied").read()) == 100_000
assert open("/dev/zero", "rb").read(3) == bytes(3)
""",
    "linear algebra and threads": """
import concurrent.futures, numpy as np
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    assert list(pool.map(lambda n: (np.ones((n, n)) @ np.ones((n, n)))[0, 0], (200, 300))) == [200, 300]
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HONEST)
def test_honest_code_works(start, name) -> None:
    result = start(memory=1 << 30).execute(HONEST[name])
    assert result.status == "ok", (result.reason, result.failure)


WAITING = """
import socket
one, other = socket.socketpair()
one.setblocking(False)
for end in (one, other):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 30)
sent = 0
try:
    while sent < 4 << 20: sent += one.send(bytes(4096))
except BlockingIOError: pass
print(sent)
"""


@pytest.mark.slow
def test_little_waits_in_a_socket_whatever_is_asked_for(start) -> None:
    assert 0 < int(start().execute(WAITING).outputs[0].text) < 1 << 20
