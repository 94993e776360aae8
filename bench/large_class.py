"""Measures what an instructor waits for in a large class: report, export, and the Formgrader's lists.

`python -m bench.large_class --sizes 500 2000`
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Base
from nbgrader.apps.api import NbGraderAPI
from sqlalchemy import Connection, Table, create_engine, select

from bench.generated_class import ROOT, SAMPLES, generate
from bench.grading import machine, run_command, show
from course.grading.course_folder import CourseFolder
from course.grading.gradebook.history import GRADINGS
from course.grading.problem_sets import notebooks

TABLE = ROOT / "bench" / "large_class.md"
SIZES, GRADED = (500, 2000), 16
"""sizes of classes, and the students who are really graded: the others have the same rows in the gradebook"""
COMMANDS = {
    "report, for the first time": ("report", SAMPLES),
    "report, again": ("report", SAMPLES),
    "export": ("export", SAMPLES, "--to", "csv", "--provisional"),
}
LISTS: dict[str, Callable[[NbGraderAPI], Sequence[Any]]] = {
    "Formgrader: submissions": lambda api: api.get_submissions(SAMPLES),
    "Formgrader: manual grading": lambda api: api.get_notebook_submissions(SAMPLES, SAMPLES),
    "Formgrader: students": lambda api: api.get_students(),
}


def enlarge(root: Path, size: int) -> None:
    """Let a class that is graded have `size` students: copies of its rows and files, with other answers."""
    names = Base.metadata.tables
    folders = sorted(root.glob(f"autograded/*/{SAMPLES}/{SAMPLES}.ipynb"))
    templates = [path.parts[-3] for path in folders]
    with create_engine(f"sqlite:///{root}/gradebook.db").begin() as connection:
        for number in range(len(templates), size):
            template, student = templates[number % len(templates)], f"student{number:05d}"
            connection.execute(names["student"].insert(), {"id": student, "last_name": f"Number {number}"})
            of_student = {"student_id": student, "id": uuid.uuid4().hex}
            (old,) = _copy(connection, names["submitted_assignment"], "student_id", template, of_student)
            new = {"assignment_id": of_student["id"], "id": uuid.uuid4().hex}
            (notebook,) = _copy(connection, names["submitted_notebook"], "assignment_id", old, new)
            for table in (names["grade"], names["comment"]):
                _copy(connection, table, "notebook_id", notebook, {"notebook_id": new["id"]})
            _copy(connection, GRADINGS, "student", template, {"student": student, "seed": number})
    for number in range(len(templates), size):
        path = folders[number % len(templates)]
        _write_other_answers(path, root / "autograded" / f"student{number:05d}" / SAMPLES, number)


def _copy(connection: Connection, table: Table, key: str, old: str, values: dict[str, Any]) -> list[Any]:
    """Copy the rows of a table that have this value, with other `values`; return the ids of the old ones."""
    rows = connection.execute(select(table).where(table.columns[key] == old)).mappings().all()
    for row in rows:
        fresh = {} if table is GRADINGS else {"id": uuid.uuid4().hex}
        connection.execute(table.insert(), {n: v for n, v in row.items() if n != "id"} | fresh | values)
    return [row["id"] for row in rows]


def _write_other_answers(template: Path, folder: Path, number: int) -> None:
    """Write a graded notebook in whose answers a few statements are another's."""
    notebook, chosen = notebooks.read(template), random.Random(number)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            lines = (f"{chosen.choice('abcdefgh')} = [{k}] * {chosen.randrange(20)}" for k in range(3))
            cell.source += "".join(f"\n{line}" for line in lines)
    notebooks.write(notebook, folder / template.name)


def measure(root: Path, size: int) -> dict[str, float]:
    """Return the seconds of each command, with its start, and of each list. The class has `size` students."""
    seconds = {name: run_command(root, "course.grading", *words)[0] for name, words in COMMANDS.items()}
    course_folder = CourseFolder(root)
    api = NbGraderAPI(course_folder.course, config=course_folder.config)
    for name, ask in LISTS.items():
        begin = time.monotonic()
        assert len(ask(api)) == size
        seconds[name] = time.monotonic() - begin
    return seconds


def table(measured: dict[int, dict[str, float]]) -> str:
    """Return the measurements as Markdown."""
    head = "".join(f" {size} students |" for size in measured)
    lines = [
        f"What an instructor waits for in a class whose {SAMPLES} is graded, with the start of a command.",
        f"Machine: {machine()}.",
        "",
        f"| |{head}",
        f"|---|{'--:|' * len(measured)}",
    ]
    for name in (*COMMANDS, *LISTS):
        lines.append(f"| {name} |{''.join(f' {seconds[name]:.1f} s |' for seconds in measured.values())}")
    return "\n".join(lines) + "\n"


def graded(root: Path, sizes: Iterable[int]) -> dict[int, dict[str, float]]:
    """Return the measurements of a class that grows to these sizes."""
    generate(root, SAMPLES, GRADED)
    run_command(root, "course.grading", "grade", SAMPLES)
    measured = {}
    for size in sorted(sizes):
        enlarge(root, size)
        measured[size] = measure(root, size)
    return measured


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="students of the classes")
    parser.add_argument("--keep", action="store_true", help="leave the table as it is")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mlp-course-bench-") as folder:
        markdown = table(graded(Path(folder) / "class", chosen.sizes))
    show(markdown, None if chosen.keep else TABLE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
