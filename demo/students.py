"""The class: what each student hands in, and which tests it must cost points."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course.grading.problem_sets import notebooks
from course.grading.problem_sets.notebooks import grade_id

SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Student:
    """A student, and what is known about the submission before it is graded."""

    name: str
    what: str
    """the submission in a few words"""
    lost: frozenset[str] | None = frozenset()
    """the test cells that must give no points; None for all of them"""
    rest_is_right: bool = False
    """whether what the sample does not answer is answered as in the course's solutions"""

    def answers(self, source: NotebookNode) -> dict[str, str]:
        """Return the student's answers to the problem set `source`, by `grade_id`."""
        if self.name == "perfect":
            return solutions(source)
        if self.name == "untouched":
            return {}
        own = functions(SAMPLES / f"{self.name}.py")
        return solutions(source) | own if self.rest_is_right else own

    def expected(self, source: NotebookNode) -> dict[str, float]:
        """Return the points each graded cell of `source` must give before the written ones are read."""
        points = {}
        for cell in source.cells:
            settings = cell.metadata.get("nbgrader", {})
            if settings.get("grade"):
                name = settings["grade_id"]
                nothing = settings["solution"] or self.lost is None or name in self.lost
                points[name] = 0.0 if nothing else float(settings["points"])
        return points


STUDENTS = (
    Student("perfect", "the solutions of the course"),
    Student("another_way", "all correct, but written very differently"),
    Student(
        "three_mistakes",
        "1/N applied twice in (5), the sigmoid of a sigmoid in (3a), W2 forgotten in (10)",
        # Two tests call what went wrong: the end-to-end test both gradients, train all it needs.
        frozenset({"test_dyhat_dO", "test_dC_dW2", "test_dC_dW1", "test_gradients_end_to_end", "test_train"}),
        rest_is_right=True,
    ),
    Student("untouched", "as released", None),
    Student("raising", "one cell raises an exception", frozenset({"test_dZ_dH"}), rest_is_right=True),
    Student(
        "cheating",
        "four attempts to get points without an answer, the rest is correct",
        frozenset({"test_dC_dyhat", "test_dO_dW2", "test_dO_dZ", "test_dH_dW1"}),
        rest_is_right=True,
    ),
    Student("hanging", "one function never returns", frozenset({"test_dH_dW1"}), rest_is_right=True),
    Student("crashing", "one function ends the kernel", frozenset({"test_dO_dZ"}), rest_is_right=True),
)


def solutions(source: NotebookNode) -> dict[str, str]:
    """Return the solutions in `source`, by `grade_id`."""
    return {
        cell.metadata.nbgrader.grade_id: "\n".join(
            line
            for line in cell.source.splitlines()
            if "BEGIN SOLUTION" not in line and "END SOLUTION" not in line
        )
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def functions(path: Path) -> dict[str, str]:
    """Return the source text of each function in the file at `path`, decorators included, by its name."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(
            lines[min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1 : node.end_lineno]
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


def hand_in(student: Student, source: NotebookNode, release: Path, submission: Path) -> None:
    """Write the submission of `student`: the notebook of `release` with the student's answers in it."""
    (path,) = release.glob("*.ipynb")
    notebook = notebooks.read(path)
    known = {grade_id(cell) for cell in notebook.cells}
    answers = student.answers(source)
    if unknown := answers.keys() - known:
        raise KeyError(f"{student.name} answers what nobody asked: {sorted(unknown)}")
    notebooks.write(notebooks.with_answers(notebook, answers), submission / path.name)
