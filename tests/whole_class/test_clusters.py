"""Clusters as they are elsewhere: encrypted, without a worker at first, with no disk in common."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from distributed import Client
from distributed.security import Security
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from course.grading.sandbox import bubblewrap
from tests.helpers import PATIENCE, ROOT, course, hand_in
from tests.project.environments import checkout
from tests.whole_class.classes import COURSE_ID, a_class, url

pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a program of Dask's, `before` being what it is started by; it ends with the test."""
    processes = []

    def starting(*arguments: str | Path, cwd: Path, before=(sys.executable,), **environment: str):
        cwd.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [*map(str, before), "-m", "dask", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield starting
    for process in reversed(processes):
        process.terminate()
        process.communicate(timeout=600)


def line_with(words: str, process: subprocess.Popen[str]) -> str:
    """Wait for such a line of a program's standard error, and return it."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError("".join(lines))


@pytest.fixture
def address(start, tmp_path) -> str:
    """The address of a scheduler without workers."""
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", cwd=tmp_path / "s")
    return line_with("Scheduler at:", scheduler).split()[-1]


def scores(root: Path) -> list[float]:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        return sorted(submission.score for submission in gradebook.assignment_submissions("small"))


def test_a_worker_that_does_not_come_is_waited_for_as_long_as_is_said(tmp_path, address) -> None:
    result = course("grade", "small", "--cluster", address, "--wait", "1.5", cwd=a_class(tmp_path / "course"))
    assert result.returncode == 1
    assert result.stderr == (
        f"course: no worker has come to the cluster at {address} within 1.5 seconds (`--wait SECONDS` "
        f"changes that); start one; run `dask worker {address} --nthreads 1`\n"
    )


ADAPTIVE = """
import time
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=None) as cluster:
        cluster.adapt(minimum=0, maximum=1)
        print(cluster.scheduler_address, flush=True)
        input()
"""


def test_a_cluster_that_has_shrunk_to_nothing_starts_a_worker(tmp_path) -> None:
    script = tmp_path / "adaptive.py"
    script.write_text(ADAPTIVE)
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        root = a_class(tmp_path / "course")
        result = course("grade", "small", "--cluster", address, "--wait", str(PATIENCE), cwd=root)
        process.communicate("\n", timeout=600)
    assert result.returncode == 0, result.stderr
    assert scores(root) == [1, 1, 1, 3, 3, 3]


def test_threads_that_would_wait_are_told(tmp_path, start, address) -> None:
    start("worker", address, "--nthreads", "3", "--no-dashboard", cwd=tmp_path / "w")
    root = a_class(tmp_path / "course")
    result = course("grade", "small", "--cluster", address, "--wait", str(PATIENCE), cwd=root)
    assert result.returncode == 0, result.stderr
    assert "more than one thread is of no use to a worker (tcp://" in result.stderr
    assert "`--nworkers N --nthreads 1`" in result.stderr


@pytest.fixture
def keys(tmp_path) -> dict[str, str]:
    """Dask's own configuration of TLS, as variables of the environment: an authority, keys for each part."""
    security = Security.temporary()
    prefix, variables = "DASK_DISTRIBUTED__COMM__", {}
    for part, name in {"CA_FILE": "tls_ca_file"}.items() | {
        (f"{who}__{what}", f"tls_{who.lower()}_{what.lower()}")
        for who in ("CLIENT", "SCHEDULER", "WORKER")
        for what in ("CERT", "KEY")
    }:
        path = tmp_path / f"{name}.pem"
        path.write_text(getattr(security, name))
        variables[f"{prefix}TLS__{part}"] = str(path)
    return {**variables, f"{prefix}REQUIRE_ENCRYPTION": "True"}


def test_a_cluster_with_tls_by_dasks_own_configuration(tmp_path, start, keys) -> None:
    options = ("--protocol", "tls", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    address = line_with("Scheduler at:", start("scheduler", *options, cwd=tmp_path / "s", **keys)).split()[-1]
    assert address.startswith("tls://")
    start("worker", address, "--nthreads", "1", "--no-dashboard", cwd=tmp_path / "w", **keys)
    root = a_class(tmp_path / "course")
    grade = ("grade", "small", "--cluster", address, "--wait", str(PATIENCE))
    stranger = course(*grade, cwd=root)
    assert stranger.returncode == 1
    assert stranger.stderr == (
        f"course: connections to {address} are encrypted, and Dask's configuration names no keys for them "
        "(distributed.comm.tls: ca-file, client.cert and client.key)\n"
    )
    result = course(*grade, cwd=root, **keys)
    assert result.returncode == 0, result.stderr
    assert scores(root) == [1, 1, 1, 3, 3, 3]


OF_THE_REFERENCE = "from mlp_ref.tools import sigmoid\nassert sigmoid(0.0) == 0.5 and double(2) == 4"


def own_environment(folder: Path) -> list[str]:
    """Install the course in a folder of its own; return how Python starts where only this one is seen."""
    checkout(folder / "course", "course", "mlp_ref", "pyproject.toml", "README.md", "LICENSE")
    venv.create(folder / "env", with_pip=False)
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    _copy(Path(sysconfig.get_path("purelib")), packages)
    for path in packages.glob("*.pth"):
        path.unlink()
    (packages / "course.pth").write_text(f"{folder / 'course'}\n")
    view = ["--dev-bind", "/", "/", "--tmpfs", ROOT, "--tmpfs", folder.parents[1], "--bind", folder, folder]
    # what has been started there ends with it
    view += ["--unshare-pid", "--proc", "/proc", "--die-with-parent", "--chdir", folder]
    view += ["--unshare-uts", "--hostname", folder.name]
    return [bubblewrap.program(), *map(str, view), str(folder / "env/bin/python")]


def _copy(source: Path, target: Path) -> None:
    """Copy a folder, by links where both are on one disk, which takes a second and not a minute."""
    with suppress(OSError):
        shutil.copytree(source, target, copy_function=os.link, dirs_exist_ok=True, symlinks=True)
        return
    shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)


SUMMARY = """
import sys
from pathlib import Path
from course.grading.whole_class.cluster import Scheduler
from course.grading.whole_class.grade_class import grade_class
if __name__ == "__main__":
    summary = grade_class(Path.cwd(), "small", cluster=Scheduler(sys.argv[1]))
    print(summary.graded, len(summary.peak), summary.problems)
"""


def test_two_workers_with_environments_of_their_own_share_no_disk(tmp_path, start, address) -> None:
    root = a_class(tmp_path / "course")
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    (test,) = (cell for cell in source.cells if notebooks.grade_id(cell) == "test_double")
    test.source = f"### BEGIN HIDDEN TESTS\n{OF_THE_REFERENCE}\n### END HIDDEN TESTS"
    notebooks.write(source, path)
    CourseFolder(root).generate("small")
    for student in sorted(folder.name for folder in (root / "submitted").iterdir()):
        hand_in(root, student, double="def double(x):\n    return 2 * x")
    for name in ("first", "second"):
        folder = tmp_path / "workers" / name
        python = own_environment(folder)
        arguments = ("worker", address, "--nthreads", "1", "--no-dashboard", "--name", name)
        start(*arguments, cwd=folder, before=python, PYTHONPATH="", TMPDIR=str(folder))
    with Client(address) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        for path in (ROOT / "course", root, tmp_path / "workers" / "first" / "course"):
            seen = client.run(os.path.exists, str(path))
            assert sum(seen.values()) == (path.parent.name == "first")
    script = tmp_path / "summary.py"
    script.write_text(SUMMARY)
    command = [sys.executable, str(script), address]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout.strip() == "6 2 []", done.stderr
    assert scores(root) == [1] * 6
