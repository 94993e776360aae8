"""Workers of `course grade` that die, and workers that live elsewhere."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from tests.helpers import course, hand_in
from tests.whole_class.classes import COURSE_ID, STUDENTS, a_class, gradings, rows, url

pytestmark = pytest.mark.slow

# A test of the instructor's that ends the grader itself: no answer can do that, but a machine can.
DEADLY = "import os\nif double(3) == 666:\n    os.kill(os.getpid(), 9)\nassert double(2) == 4"
KILLING = "def double(x):\n    return 666"


def test_a_dead_worker_costs_one_submission_at_most(tmp_path) -> None:
    root = a_class(tmp_path / "course")
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    (test,) = (cell for cell in source.cells if notebooks.grade_id(cell) == "test_double")
    test.source = DEADLY
    notebooks.write(source, path)
    CourseFolder(root).generate("small")
    hand_in(root, "carl", double=KILLING)
    result = course("grade", "small", "--jobs", "2", cwd=root)
    assert result.returncode == 1
    assert "5 of 6 submissions graded" in result.stdout
    assert "carl  infrastructure-error  the worker process died" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    statuses = {student: status for student, status, _ in gradings(url(root))}
    assert statuses == dict.fromkeys(STUDENTS, "graded") | {"carl": "infrastructure-error"}
    assert "carl" not in {row[0] for row in rows(url(root))}
    assert not (root / "autograded" / "carl" / "small").exists()


MANY = """
import os, pathlib, time
from distributed import get_worker
from course.grading.whole_class.cluster import Died, LEAST_TASKS, MOST_TOGETHER, TaskMap, local

COUNT = 8 * MOST_TOGETHER * LEAST_TASKS

def report(number, folder):
    with open(f"{folder}/{number}", "a") as file:
        file.write("once ")
    if number == 42:
        os._exit(1)
    if number < 6:
        time.sleep(0.6)  # three of four then take longer than a task may
    return f"{number} {get_worker().get_current_task()}"

if __name__ == "__main__":
    folder = pathlib.Path("reports")
    folder.mkdir()
    with local(2) as client:
        tasks = TaskMap(client, report, COUNT)
        texts = dict(tasks.map(range(COUNT), lambda number: (number, str(folder.absolute())), lambda: False))
        together = [*TaskMap(client, report, COUNT).map([1, 2, 3], lambda number: (number, "reports"), bool)]
    died = [number for number, text in texts.items() if isinstance(text, Died)]
    right = [number for number, text in texts.items() if number not in died and text.startswith(f"{number} ")]
    tasks = {texts[number].split()[1] for number in right}
    tried = {path.name: path.read_text().count("once") for path in folder.iterdir()}
    again = sorted(int(name) for name, count in tried.items() if count > 1)
    checks = len(tasks) < COUNT / 2, 42 in again, len(again) < COUNT / 4
    print(len(texts), died, len(right), *checks, len(together))
"""


def test_of_many_jobs_several_go_together_and_the_one_that_kills_its_worker_is_told(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(MANY)
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.stdout == "256 [42] 255 True True True 3\n", done.stderr


HANGING = """
from course.grading.whole_class.task import ended_after

with ended_after(60):
    pass
with ended_after(0.1):
    2 ** 10**12
"""


def test_a_task_that_is_busy_for_ever_in_c_ends_its_process() -> None:
    result = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, timeout=600, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (1, b"", b"")


FORKED = """
import os
from course.grading.whole_class import cluster

def found():
    import gc, sys
    is_ready = "course.grading.whole_class.task" in sys.modules and gc.get_freeze_count() > 10_000
    return is_ready, os.environ["OMP_NUM_THREADS"], os.getppid()

if __name__ == "__main__":
    with cluster.local(2) as client:
        (first, second) = client.run(found).values()
    assert first == second, "workers of two processes"
    print(*first[:2], first[2] != os.getpid())
"""


def test_workers_are_forked_from_one_process_that_has_imported_all(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(FORKED)
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.stdout == "True 1 True\n", done.stderr


PLACED = """
import os
from course.grading.whole_class import cluster

def found():
    from course.grading.sandbox.guest import Guest
    with Guest() as kernel:
        (output,) = kernel.execute("import os; print(*os.sched_getaffinity(0))").outputs
    (mine,) = os.sched_getaffinity(0)
    return mine, int(output["text"])

if __name__ == "__main__":
    with cluster.local(3) as client:
        found_by_each = [client.submit(found, workers=worker, pure=False) for worker in client.nthreads()]
        print(*[number for future in found_by_each for number in future.result()])
"""


def test_a_worker_and_its_kernels_share_a_processor_and_take_the_next(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PLACED)
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    numbers = [*map(int, done.stdout.split())]
    assert len(numbers) == 6, done.stderr
    assert numbers[::2] == numbers[1::2]
    usable = os.sched_getaffinity(0)
    assert set(numbers) <= usable
    assert len(set(numbers)) == min(3, len(usable))


@pytest.fixture
def cluster(tmp_path):
    """Start a Dask scheduler and a worker, each in a folder of its own; yield the scheduler's address."""
    processes = []

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        folder = tmp_path / program
        folder.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", program, *arguments, "--host", "tcp://127.0.0.1"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    def worker(address: str, *arguments: str) -> None:
        start("worker", address, "--nthreads", "1", "--no-dashboard", *arguments)

    scheduler = start("scheduler", "--port", "0", "--no-dashboard")
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        if "Scheduler at:" in line:
            break
    try:
        yield line.split()[-1], worker
    finally:
        for process in reversed(processes):
            process.terminate()
            process.communicate(timeout=600)


def test_any_cluster_by_its_address(tmp_path, cluster) -> None:
    address, worker = cluster
    worker(address)
    root = a_class(tmp_path / "course")
    result = course("grade", "small", "--cluster", address, cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "6 of 6 submissions graded" in result.stdout
    with Gradebook(url(root), COURSE_ID) as gradebook:
        scores = [sub.score for sub in gradebook.assignment_submissions("small")]
    assert sorted(scores) == [1, 1, 1, 3, 3, 3]


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only where root grades the student is another user of the machine"
)
def test_a_worker_that_cannot_grade_gets_no_work(tmp_path, cluster, monkeypatch) -> None:
    address, worker = cluster
    package = tmp_path / "site-packages" / "slope"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def double(x):\n    return 2 * x\n")
    package.chmod(0o700)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    worker(address)
    monkeypatch.delenv("PYTHONPATH")
    root = a_class(tmp_path / "course")
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    source.cells[0].source = "### BEGIN SOLUTION\nfrom slope import double\n### END SOLUTION"
    notebooks.write(source, path)
    before = (root / "gradebook.db").read_bytes()
    result = course("grade", "small", "--cluster", address, cwd=root)
    assert result.returncode == 1
    assert result.stderr.startswith(f"course: {platform.node()}: nobody is graded"), result.stderr
    assert f"cannot read {package}: `chmod -R a+rX {package}`" in result.stderr
    assert (root / "gradebook.db").read_bytes() == before
    package.chmod(0o755)
    result = course("grade", "small", "--cluster", address, cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_cluster_there(tmp_path) -> None:
    root = a_class(tmp_path / "course")
    result = course("grade", "small", "--cluster", "tcp://127.0.0.1:9", cwd=root)
    assert result.returncode == 1
    assert result.stderr.startswith("course: no Dask scheduler answers at tcp://127.0.0.1:9")
    assert result.stderr.count("\n") == 1
    assert not (root / "autograded").exists()
