"""The class: what each student hands in, and which tests must give no points for it."""

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
    """A student, and the points that the submission must get."""

    name: str
    what: str
    """the submission in a few words"""
    lost: frozenset[str] | None = frozenset()
    """the test cells that must give no points; None means all of them"""
    rest_is_right: bool = False
    """whether the course's solutions fill in what the sample does not answer"""

    def answers(self, source: NotebookNode) -> dict[str, str]:
        """Return the student's answers to the problem set `source`, by `grade_id`."""
        if self.name == "perfect":
            return solutions(source)
        if self.name == "untouched":
            return {}
        sample = functions(SAMPLES / f"{self.name}.py")
        return solutions(source) | sample if self.rest_is_right else sample

    def expected(self, source: NotebookNode) -> dict[str, float]:
        """Return the points that each graded cell of `source` must give before anything is graded by hand."""
        points = {}
        for cell in source.cells:
            settings = cell.metadata.get("nbgrader", {})
            if settings.get("grade"):
                name = settings["grade_id"]
                is_zero = settings["solution"] or self.lost is None or name in self.lost
                points[name] = 0.0 if is_zero else float(settings["points"])
        return points


STUDENTS = (
    Student("perfect", "the solutions of the course"),
    Student("another_way", "all correct, but written very differently"),
    Student(
        "three_mistakes",
        "1/N applied twice in (5), the sigmoid of a sigmoid in (3a), W2 forgotten in (10)",
        # Two more tests call the wrong functions: the end-to-end test and the test of train.
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
    Student("crashing", "one function ends its process", frozenset({"test_dO_dZ"}), rest_is_right=True),
)


def solutions(source: NotebookNode) -> dict[str, str]:
    """Return the solutions in `source`, by `grade_id`, without what is for the reader of answers."""
    return {
        cell.metadata.nbgrader.grade_id: "\n".join(
            line
            for line in cell.source.partition("\n\n=== BEGIN MARK SCHEME ===")[0].splitlines()
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
    """Write the student's submission: the notebook of `release` with the answers in it.

    Raises KeyError when the student answers a cell that the notebook does not have.
    """
    (path,) = release.glob("*.ipynb")
    notebook = notebooks.read(path)
    known = {grade_id(cell) for cell in notebook.cells}
    answers = student.answers(source)
    if unknown := answers.keys() - known:
        raise KeyError(f"{student.name} answers cells that are not in {path.name}: {sorted(unknown)}")
    notebooks.write(notebooks.with_answers(notebook, answers), submission / path.name)
