"""The zygote of all kernels: kept while it can be trusted, and out of every kernel's reach."""

from __future__ import annotations

import ast
import contextlib
import os
import signal
import threading
from pathlib import Path

import pytest

from course.grading.sandbox.guest import Guest
from course.grading.sandbox.zygote import zygotes
from tests.sandboxes import descendants, left_of, namespace, namespace_of, value_in, wait_until


@pytest.mark.slow
def test_kernels_are_forked_from_one_zygote_which_has_imported_already(start):
    first = start()
    zygote = first.sandbox.zygote
    loaded = (
        "[m in __import__('sys').modules for m in ('numpy', 'matplotlib.pyplot', 'course_guest.answering')]"
    )
    assert value_in(first, loaded) == "[True, True, True]"
    first.close()
    assert start().sandbox.zygote is zygote
    assert start().sandbox.zygote is zygote


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["import os; os._exit(0)", "x = bytearray(10**9)[::4096] + b'1' * 10**9"])
def test_after_a_kernel_that_did_not_end_well_there_is_another_zygote(start, ending):
    kernel = start()
    zygote = kernel.sandbox.zygote
    honest = start()
    assert kernel.execute(ending).status in ("crashed", "memory")
    if kernel.alive:  # MemoryError, which is no breach
        assert kernel.execute("import os; os._exit(0)").status == "crashed"
    kernel.close()
    assert start().sandbox.zygote is not zygote
    assert honest.execute("1").status == "ok"  # what the old one has under way goes on
    honest.close()
    assert not Path(f"/proc/{zygote.pid}").exists()


@pytest.mark.slow
def test_one_that_was_killed_is_replaced(start):
    kernel = start()
    zygote = kernel.sandbox.zygote
    kernel.close()
    os.kill(zygote.pid, signal.SIGKILL)
    assert wait_until(lambda: not zygote.alive)
    assert start().execute("1").status == "ok"


@pytest.mark.slow
def test_another_course_has_another_zygote(start):
    plain = start()
    hiding = start(hidden=["course.gradcheck"])
    assert plain.sandbox.zygote is not hiding.sandbox.zygote
    assert start(hidden=["course.gradcheck"]).sandbox.zygote is hiding.sandbox.zygote
    assert plain.execute("import course; course.relative_error(1.0, 2.0)").status == "ok"
    assert hiding.execute("import course; course.relative_error(1.0, 2.0)").status == "error"


@pytest.mark.slow
def test_it_outlives_the_thread_that_asked_for_it():
    zygotes.close()
    kernels = []
    thread = threading.Thread(target=lambda: kernels.append(Guest()))
    thread.start()
    assert wait_until(lambda: not Path(f"/proc/self/task/{thread.native_id}").exists())
    with kernels[0] as kernel:
        assert kernel.execute("1").status == "ok"


@pytest.mark.slow
def test_no_kernel_reaches_it(start):
    kernel = start()
    assert kernel.execute("import ctypes, os, signal; libc = ctypes.CDLL(None)").status == "ok"
    processes = kernel.sandbox.processes()
    inside = descendants(processes.bubblewrap)
    assert len(inside) == 5  # bubblewrap's own child, and what starts first processes, besides these
    assert {*processes[1:]} < inside
    for pid in (processes.bubblewrap, *inside, 1):
        kernel.execute(f"os.kill({pid}, signal.SIGTERM) if {pid} != os.getpid() else None")
        kernel.execute(f"os.kill({pid}, signal.SIGCONT)")
    kernel.execute("for n in (1, 9, 10, 15, 19): os.kill(1, n)")
    for pid in range(1, 50):
        for n in (0, 1):
            kernel.execute(f"os.setpriority({n}, {pid}, 19)")
    assert all(Path(f"/proc/{pid}").exists() for pid in inside)
    assert start().execute("1").status == "ok"
    nices = {pid: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16] for pid in inside}
    assert list(nices.values()).count("19") <= 1  # its own


@pytest.mark.slow
def test_signals_to_groups_and_sessions_stay_inside(start):
    kernel, other = start(), start()
    before = descendants(kernel.sandbox.processes().bubblewrap)
    for number in (signal.SIGTERM, signal.SIGKILL):
        kernel.execute(
            "import os\nfor group in range(0, 100):\n"
            f"    try: os.killpg(group, {number})\n    except OSError: pass"
        )
        kernel.execute(f"import os; os.kill(-1, {number})")
    assert not kernel.alive
    assert other.execute("1").status == "ok"
    kernel.close()
    assert len(before - descendants(other.sandbox.processes().bubblewrap)) == 2


def test_no_memory_and_no_descriptor_is_shared(start):
    kernel = start()
    shared = "[l for l in open('/proc/self/maps') if 'w' in l.split()[1] and l.split()[1][3] == 's']"
    assert value_in(kernel, shared) == "[]"
    kernel.execute("import os")
    links = "[os.readlink(p) for n in range(200) if os.path.lexists(p := f'/proc/self/fd/{n}')]"
    inside = set(eval(value_in(kernel, links)))
    outside = set()
    for pid in (os.getpid(), *descendants(os.getpid()) - _in(kernel)):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                outside.add(str(path.readlink()))
    assert {link for link in inside & outside if link.startswith(("pipe", "socket"))} == set()


def _in(kernel):
    return {pid for pid in descendants(os.getpid()) if namespace(pid) == namespace_of(kernel)}


OF_ITS_OWN = """
_shell = get_ipython()
import os, random, sys
assert _shell.display_pub.shell is _shell.displayhook.shell is _shell, "another's shell"

_links = [os.readlink(path) for n in range(3, 64) if os.path.lexists(path := f"/proc/self/fd/{n}")]
[random.random(), __import__("numpy").random.rand(), *(link for link in _links if "socket" in link)]
"""
AT_HOME = """
import os
assert _dh == [__import__("pathlib").Path.cwd()], _dh
assert _shell.starting_dir == os.getcwd() == os.path.expanduser("~/work"), _shell.starting_dir
x = 3
%store x
del x
%store -r x
assert os.listdir(_shell.profile_dir.location + "/db/autorestore") == ["x"], "nothing was stored"
x
"""


@pytest.mark.slow
def test_a_shell_made_in_the_zygote_is_each_kernels_own_and_at_home(start):
    kernels = [start(), start()]
    names = [ast.literal_eval(value_in(kernel, OF_ITS_OWN)) for kernel in kernels]
    assert len({*names[0], *names[1]}) == 6, "a channel or a random number that two have"
    for kernel in kernels:
        assert value_in(kernel, AT_HOME) == "3"
        assert kernel.execute("%history -n 1").count == 3, "not its own count"


@pytest.mark.slow
def test_kernels_of_one_zygote_do_not_meet(start):
    one, other = start(), start()
    assert one.execute(
        "import os, socket\n"
        "for p in ('/tmp/left', '/dev/shm/left', os.path.expanduser('~/left')): open(p, 'w').close()\n"
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0left'); s.listen(); terminal = os.openpty()"
    ).status == "ok"  # fmt: skip
    left = ("/tmp/left", "/dev/shm/left", "/home/student/left", "/dev/pts/0")
    look = f"[os.path.exists(p) for p in {left}]"
    other.execute("import os, socket")
    assert value_in(other, look) == "[False, False, False, False]"
    assert other.execute("socket.socket(socket.AF_UNIX).connect('\\0left')").status == "error"
    for kind in ("pid", "mnt", "net", "ipc"):
        assert namespace_of(one, kind) != namespace_of(other, kind)
    users = {Path(f"/proc/{kernel.sandbox.processes().guest}").stat().st_uid for kernel in (one, other)}
    assert len(users) == (2 if os.geteuid() == 0 else 1)


def test_when_it_is_closed_nothing_is_left():
    with Guest() as kernel:
        spaces = {namespace(pid) for pid in descendants(kernel.sandbox.processes().bubblewrap)}
    zygotes.close()
    assert not left_of(spaces - {namespace("self")})


@pytest.mark.slow
def test_a_forked_grader_leaves_it_alone():
    with Guest() as kernel:
        pid = os.fork()
        if pid == 0:
            try:
                with Guest() as own:
                    is_another = own.sandbox.zygote is not kernel.sandbox.zygote
                    os._exit(0 if value_in(own, "1 + 1") == "2" and is_another else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert kernel.execute("1").status == "ok"
