"""Measures the way from submissions to grades, feedback, report and export, stock nbgrader's and ours.

`python -m bench.whole_way --students 100`
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.generated_class import ROOT, SAMPLES, copy, generate
from bench.grading import machine, run_command, show

TABLE = ROOT / "bench" / "whole_way.md"
STUDENTS = 100
# by the step; stock nbgrader has no report
STOCK = {
    "grades": ("nbgrader", "autograde", SAMPLES),
    "feedback": ("nbgrader", "generate_feedback", SAMPLES),
    "export": ("nbgrader", "export"),
}
OURS = {
    "grades": ("course.grading", "grade", SAMPLES),
    "feedback": ("course.grading", "feedback", SAMPLES),
    "report": ("course.grading", "report", SAMPLES),
    "export": ("course.grading", "export", SAMPLES, "--to", "csv", "--provisional"),
}


def measure(root: Path, steps: Mapping[str, Sequence[str]], size: int) -> dict[str, float]:
    """Return the seconds of each step. Raises AssertionError when a student has no feedback afterwards."""
    seconds = {step: run_command(root, *arguments)[0] for step, arguments in steps.items()}
    assert len(list(root.glob(f"feedback/*/{SAMPLES}/*.html"))) == size
    return seconds


def table(stock: Mapping[str, float], ours: Mapping[str, float], size: int) -> str:
    """Return the measurements as Markdown."""
    lines = [
        f"From {size} submissions of {SAMPLES} to grades, feedback, report and export, in one run.",
        f"Machine: {machine()}.",
        "",
        "| | stock nbgrader | ours | × stock |",
        "|---|--:|--:|--:|",
    ]
    for step, seconds in ours.items():
        before = stock.get(step)
        parts = ("", "") if before is None else (f"{before:.1f} s", f"{before / seconds:.1f}")
        lines.append(f"| {step} | {parts[0]} | {seconds:.1f} s | {parts[1]} |")
    before, seconds = sum(stock.values()), sum(ours.values())
    lines.append(
        f"| from submissions to grades, feedback, report and export | {before:.1f} s | {seconds:.1f} s "
        f"| {before / seconds:.1f} |"
    )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=STUDENTS, help="the size of the class")
    parser.add_argument("--keep", action="store_true", help="leave the table as it is")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mlp-course-bench-") as folder:
        course = generate(Path(folder) / "class", SAMPLES, chosen.students)
        roots = [copy(course, Path(folder) / name, stock=name == "stock") for name in ("stock", "ours")]
        shutil.rmtree(course)
        stock, ours = (
            measure(root, steps, chosen.students) for root, steps in zip(roots, (STOCK, OURS), strict=True)
        )
    markdown = table(stock, ours, chosen.students)
    show(markdown, None if chosen.keep else TABLE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
