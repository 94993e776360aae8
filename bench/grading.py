"""Measures stock nbgrader and `course grade`, sequential and parallel, and the cost by size of a class.

`python -m bench.grading --students 200 --sizes 50 200 1000`
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil
from matplotlib.figure import Figure
from nbgrader.api import Gradebook
from rich.console import Console
from sqlalchemy import select

from bench.generated_class import ROOT, SAMPLES, copy, generate
from bench.memory import Sampler
from course.grading.course_folder import CourseFolder
from course.grading.gradebook.history import GRADINGS
from course.grading.gradebook.reading import read_marks

TABLE = ROOT / "bench" / "grading.md"
FIGURE = ROOT / "docs" / "images" / "grading.png"
ASSIGNMENTS = ("ps0", SAMPLES, "ps2", "ps3")
STOCK_PART = 0.2
"""of a class, graded by stock nbgrader, which takes as long for every student, one after the other"""
STUDENTS, SIZES = 200, (50, 200, 1000)


@dataclass(frozen=True)
class Run:
    """One command that graded a class."""

    name: str
    assignment: str
    size: int
    seconds: float
    """of the whole command, including its start"""
    each: tuple[float, ...]
    """of each submission"""
    memory: tuple[float, ...] = ()
    """MiB of the largest worker, over time"""

    @property
    def a_minute(self) -> float:
        """Submissions a minute."""
        return 60 * self.size / self.seconds

    def quantile(self, fraction: float) -> float:
        """Return the seconds in which this fraction of the submissions was done."""
        ordered = sorted(self.each)
        return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def run_command(root: Path, *arguments: str) -> tuple[float, tuple[float, ...]]:
    """Run `python -m ARGUMENTS` in a course; return its seconds and its workers' memory over time, in MiB."""
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # under which every process compiles the course anew
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        sampler = Sampler(process.pid)
        sampler.start()
        failed = process.wait()
        seconds = time.monotonic() - begin
        memory = tuple(sampler.close())
        if failed:
            log.seek(0)
            raise RuntimeError(f"{' '.join(arguments)} failed in {root}:\n{log.read()[-2000:]}")
    return seconds, memory


def stock(root: Path, assignment: str, size: int) -> Run:
    """Grade with stock nbgrader, which grades one submission after the other."""
    started = time.time()
    seconds, _ = run_command(root, "nbgrader", "autograde", assignment)
    written = sorted(path.stat().st_mtime for path in root.glob(f"autograded/*/{assignment}/*.ipynb"))
    each = [after - before for before, after in pairwise([started, *written])]
    return Run("stock nbgrader", assignment, size, seconds, tuple(each))


def ours(root: Path, assignment: str, size: int, jobs: int) -> Run:
    """Grade with `course grade` and this many workers."""
    seconds, memory = run_command(root, "course.grading", "grade", assignment, "--jobs", str(jobs))
    with Gradebook(f"sqlite:///{root}/gradebook.db", "mlp-gradients") as gradebook:
        each = tuple(gradebook.db.scalars(select(GRADINGS.columns.seconds)))
    return Run(f"course grade --jobs {jobs}", assignment, size, seconds, each, memory)


def compare(folder: Path, assignment: str, size: int) -> list[Run]:
    """Grade one class in three ways, with stock nbgrader a part of it.

    Raises AssertionError when two of the ways give a student different points.
    """
    jobs = len(os.sched_getaffinity(0))
    few = min(size, max(4, round(STOCK_PART * size)))
    course = generate(folder / "class", assignment, size)
    roots = [copy(course, folder / str(number), stock=number == 0) for number in range(3)]
    for submission in sorted((roots[0] / "submitted").iterdir())[few:]:
        shutil.rmtree(submission)
    runs = [
        stock(roots[0], assignment, few),
        ours(roots[1], assignment, size, 1),
        ours(roots[2], assignment, size, jobs),
    ]
    of_some, of_all, again = (_points(root, assignment) for root in roots)
    assert (len(of_some), len(of_all)) == (few, size)
    assert of_all == again, "one worker and several give different points"
    assert of_some.items() <= of_all.items(), "stock nbgrader gives different points"
    for run in runs:  # the whole takes a quarter of an hour
        print(f"{run.assignment}, {run.name}: {run.a_minute:.0f} a minute", file=sys.stderr, flush=True)
    return runs


def _points(root: Path, assignment: str) -> dict[str, dict[str, float]]:
    marks = read_marks(CourseFolder(root).course, assignment)
    return {name: {cell: mark.points for cell, mark in cells.items()} for name, cells in marks.items()}


def scale(folder: Path, sizes: Sequence[int]) -> list[Run]:
    """Grade classes of these sizes with all processors."""
    runs = []
    for size in sizes:
        root = generate(folder / f"of-{size}", SAMPLES, size)
        runs.append(ours(root, SAMPLES, size, len(os.sched_getaffinity(0))))
        shutil.rmtree(root)
    return runs


def show(markdown: str, path: Path | None) -> None:
    """Print a table, and write it to a file."""
    Console(markup=False, highlight=False).print(markdown, soft_wrap=True)
    if path is not None:
        path.write_text(markdown, encoding="utf-8")


def machine() -> str:
    """Describe the machine: processors, memory, Linux and Python."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} × {names[0] if names else platform.machine()}, {memory:.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}"
    )


def table(compared: Sequence[Sequence[Run]], by_size: Sequence[Run]) -> str:
    """Return the measurements as Markdown; those of a problem set are compared with its first run."""
    lines = [
        f"Classes of {compared[0][-1].size} honest students, in one run; every way gives the same points.",
        "Stock nbgrader, which grades one student after the other, grades the first of them only.",
        f"Machine: {machine()}.",
        "",
        "| | | students | submissions a minute | × stock | p50 | p95 | peak memory of a worker |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for runs in compared:
        for run in runs:
            peak = f"{max(run.memory):.0f} MiB" if run.memory else ""
            times = run.a_minute / runs[0].a_minute
            lines.append(
                f"| {run.assignment} | {run.name} | {run.size} | {run.a_minute:.0f} | {times:.1f} | "
                f"{run.quantile(0.5):.2f} s | {run.quantile(0.95):.2f} s | {peak} |"
            )
    if by_size:
        lines += [
            "",
            "| class of, ps1 | seconds | seconds each | memory of a worker, second and last quarter |",
            "|--:|--:|--:|--:|",
        ]
    for run in by_size:
        # in the first quarter workers are still starting; a small class has fewer samples than quarters
        count = len(run.memory)
        parts = run.memory[count // 4 : count // 2], run.memory[3 * count // 4 :]
        memory = [f"{statistics.median(part):.0f}" for part in parts if part]
        each = run.seconds / run.size
        lines.append(f"| {run.size} | {run.seconds:.0f} | {each:.3f} | {' and '.join(memory) or '–'} MiB |")
    return "\n".join(lines) + "\n"


def figure(compared: Sequence[Sequence[Run]], by_size: Sequence[Run]) -> Figure:
    """Draw submissions a minute of each way, and the cost of classes by their size."""
    result = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = result.subplots(1, 2)
    every = [run for runs in compared for run in runs]
    names = [f"{run.assignment}, {run.name}" for run in every]
    bars = left.barh(names, [run.a_minute for run in every], color="#4477aa")
    left.bar_label(bars, fmt="%.0f", padding=3)
    left.invert_yaxis()
    left.set_xlabel("submissions a minute")
    left.margins(x=0.15)
    right.plot([run.size for run in by_size], [run.seconds / 60 for run in by_size], "o-", color="#4477aa")
    right.set_xlabel("submissions of ps1")
    right.set_ylabel("minutes")
    right.set_xlim(left=0)
    right.set_ylim(bottom=0)
    return result


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print the table, and write it and the figure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--students", type=int, default=STUDENTS, help="the class that is graded in every way"
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="classes for the cost by size")
    parser.add_argument("--keep", action="store_true", help="leave the table and the figure as they are")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mlp-course-bench-") as folder:
        compared = [compare(Path(folder, name), name, chosen.students) for name in ASSIGNMENTS]
        by_size = scale(Path(folder), chosen.sizes)
    markdown = table(compared, by_size)
    show(markdown, None if chosen.keep else TABLE)
    if not chosen.keep:
        FIGURE.parent.mkdir(parents=True, exist_ok=True)
        figure(compared, by_size).savefig(FIGURE, dpi=150)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
