"""Two notebooks that are graded at once do not tell each other anything by the files that both can see."""

from __future__ import annotations

import pytest

PLACES = "import os, sys\nplaces = ['/dev/null', '/proc/self/exe', os.__file__, '/usr/lib', '/']\n"
OPENED = PLACES + "opened = [os.open(place, os.O_RDONLY) for place in places]\n"
TRY = """
def tried(work):
    said = []
    for file in opened:
        try: said.append(work(file))
        except OSError as error: said.append(error.errno)
    return said
"""
CHANNELS = {
    "flock": (
        "import fcntl\ntried(lambda f: fcntl.flock(f, fcntl.LOCK_EX))",
        "import fcntl\nprint(tried(lambda f: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)),\n"
        "      tried(lambda f: fcntl.flock(f, fcntl.LOCK_UN)))",
    ),
    "lockf": (
        "import fcntl\nopened[0] = os.open('/dev/null', os.O_RDWR)\n"
        "tried(lambda f: fcntl.lockf(f, fcntl.LOCK_EX))\ntried(lambda f: fcntl.lockf(f, fcntl.LOCK_SH))",
        "import fcntl, struct\nopened[0] = os.open('/dev/null', os.O_RDWR)\n"
        "print(tried(lambda f: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)),\n"
        "      tried(lambda f: fcntl.fcntl(f, fcntl.F_GETLK, struct.pack('hhqqi', 1, 0, 0, 0, 0))),\n"
        "      tried(lambda f: fcntl.lockf(f, fcntl.LOCK_UN)))",
    ),
    "locks of open files": (
        "import fcntl, struct\ntried(lambda f: fcntl.fcntl(f, 37, struct.pack('hhqqi', 0, 0, 0, 0, 0)))",
        "import fcntl, struct\n"
        "print(tried(lambda f: fcntl.fcntl(f, 36, struct.pack('hhqqi', 1, 0, 0, 0, 0))))",
    ),
    "leases": (
        "import fcntl\ntried(lambda f: fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_RDLCK))",
        "import fcntl\nprint(tried(lambda f: fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_WRLCK)))",
    ),
    "hints of lifetime": (
        "import fcntl, struct\ntried(lambda f: fcntl.fcntl(f, 1036, struct.pack('Q', 3)))",
        "import fcntl\nprint(tried(lambda f: fcntl.fcntl(f, 1035, bytes(8))))",
    ),
    "news of directories": (
        "[os.listdir(place) for place in places[3:]]; open(places[2]).read()",
        "import fcntl, signal\nseen = globals().setdefault('seen', [])\n"
        "signal.signal(signal.SIGIO, lambda *_: seen.append(1))\n"
        "print(tried(lambda f: fcntl.fcntl(f, fcntl.F_NOTIFY, 0x80000001)), seen)",
    ),
    "inotify": (
        "[os.listdir(place) for place in places[3:]]; open(places[2]).read()",
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "if 'news' not in globals():\n"
        "    news = libc.inotify_init1(0o4000)\n"
        "    for place in places: libc.inotify_add_watch(news, place.encode(), 0xfff)\n"
        "try: print(len(os.read(news, 10000)) > 0)\n"
        "except OSError: print(False)",
    ),
    "pages in memory": (
        "tried(lambda f: os.posix_fadvise(f, 0, 0, os.POSIX_FADV_DONTNEED))",
        "import ctypes, mmap\nimport numpy as np\nlibc = ctypes.CDLL(None)\n"
        "mapped = mmap.mmap(opened[2], 0, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE)\n"
        "start = np.frombuffer(mapped, np.uint8).ctypes.data\npages = (ctypes.c_ubyte * 100)()\n"
        "print(libc.mincore(ctypes.c_void_p(start), ctypes.c_size_t(len(mapped)), pages), [*pages])",
    ),
    "times of devices": (
        "for name in os.listdir('/dev'):\n"
        "    try: os.utime('/dev/' + name)\n"
        "    except OSError: pass",
        "print([os.stat('/dev/' + name).st_mtime_ns for name in\n"
        "       ('null', 'zero', 'full', 'random', 'urandom', 'tty')])",
    ),
    "counts of requests to the disk": (
        "import ctypes\nlibc = ctypes.CDLL(None)\ncontext = ctypes.c_ulong()\n"
        "libc.syscall(206 if os.uname().machine == 'x86_64' else 0, 5000, ctypes.byref(context))",
        "print(open('/proc/sys/fs/aio-nr').read())",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANNELS)
def test_nothing_is_told(start, name) -> None:
    act, look = CHANNELS[name]
    one, other = start(), start()
    for kernel in (one, other):
        assert kernel.execute(OPENED + TRY).status == "ok"
    before = other.execute(look)
    assert before.status == "ok", before.failure
    one.execute(act)
    after = other.execute(look)
    assert after.outputs[0].text == before.outputs[0].text


DRAWN = """
import os, random, secrets, tempfile, uuid
import numpy as np
print([random.random(), random.Random().random(), np.random.rand(), np.random.default_rng().random(),
       np.random.RandomState().rand(), secrets.token_hex(), str(uuid.uuid1()), str(uuid.uuid4()),
       tempfile.mktemp(), tempfile.mkdtemp()])
"""


@pytest.mark.slow
def test_no_two_draw_the_same(start) -> None:
    one, other = (eval(start().execute(DRAWN).outputs[0].text) for _ in range(2))
    assert not set(one) & set(other)


@pytest.mark.slow
def test_devices_work(start) -> None:
    code = """
for name in ('null', 'zero', 'full', 'random', 'urandom'):
    with open('/dev/' + name, 'rb') as device: print(name, len(device.read(8)))
with open('/dev/null', 'wb') as device: print(device.write(b'text'))
"""
    text = "null 0\nzero 8\nfull 8\nrandom 8\nurandom 8\n4\n"
    assert start().execute(code).outputs[0].text == text
