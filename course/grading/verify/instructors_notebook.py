"""A problem set as functions and their tests, run in this process: for the course's own code only."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course.grading.errors import CourseError
from course.grading.folders import Folders
from course.grading.judging.quiet import quiet
from course.grading.problem_sets.magics import without_display_magics
from course.grading.problem_sets.release_rule import released_files
from course.grading.problem_sets.sources import read_source, shared_cells

MAGIC = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)
END_TO_END = re.compile(r"test_.*_end_to_end")


@dataclass(frozen=True)
class InstructorsNotebook:
    """The cells of a source notebook that grading is about, by `grade_id`."""

    assignment: str
    name: str
    setup: tuple[str, ...]
    """locked code, in order: imports and data"""
    header: tuple[str, ...]
    """other code that all notebooks share, in the header or the footer"""
    solutions: dict[str, str]
    tests: dict[str, str]
    points: dict[str, float]
    """of all cells that give some, written answers and tasks included"""
    files: dict[str, bytes]
    """what students receive beside the notebook"""

    @classmethod
    def read(cls, root: Path, assignment: str, name: str, folders: Folders) -> InstructorsNotebook:
        """Read a source notebook of the course at `root`, with header and footer. Raises NotebookError."""
        above, below = shared_cells(root, folders)
        setup, header, solutions, tests, points = [], [], {}, {}, {}
        for cell in read_source(root, assignment, name, folders).cells:
            settings = cell.metadata.get("nbgrader", {})
            if settings.get("grade") or settings.get("task"):
                points[settings["grade_id"]] = float(settings.get("points", 0))
            if cell.cell_type != "code":
                continue
            source = without_display_magics(cell.source)
            if not settings:
                header += [MAGIC.sub("", source)] if cell in (*above, *below) else []
            elif settings["solution"]:
                solutions[settings["grade_id"]] = source
            elif settings["grade"]:
                tests[settings["grade_id"]] = source
            else:
                setup.append(source)
        files = {
            name: content
            for name, content in released_files(root / folders.source / assignment).items()
            if not name.endswith(".ipynb")
        }
        return cls(assignment, name, tuple(setup), tuple(header), solutions, tests, points, files)

    def judged_by(self, function: str) -> set[str]:
        """Return the tests in which a wrong `function` may show.

        Its own; the end-to-end tests; and those of functions whose solutions call it.
        """
        callers, added = {function}, {function}
        while added:
            added = {
                name
                for name, source in self.solutions.items()
                if name not in callers and callers & _names(source)
            }
            callers |= added
        return {f"test_{name}" for name in callers} | {
            name for name in self.tests if END_TO_END.fullmatch(name)
        }

    def run(
        self,
        answers: Mapping[str, str],
        replaced: Mapping[str, Callable[..., Any]],
        only: Collection[str] | None = None,
    ) -> dict[str, BaseException | None]:
        """Run the setup, the `answers`, then the tests (`only` some); return what each test raised.

        A test that raises nothing has None. The functions `replaced` stand in for those of the answers.
        Prints and warnings are dropped.
        """
        tests = {name: source for name, source in self.tests.items() if only is None or name in only}
        with quiet():
            namespace = self.namespace(answers)
            namespace.update(replaced)
            return {name: _raised(source, dict(namespace), name) for name, source in tests.items()}

    def namespace(self, answers: Mapping[str, str]) -> dict[str, Any]:
        """Run the setup and the `answers`; return the names they define. Raises CourseError for the setup.

        An answer that raises ends its own cell only, as when it is graded, and so does shared code that is
        not locked.
        """
        namespace: dict[str, Any] = {"__name__": "__main__"}
        for source in self.header:
            _raised(source, namespace, f"{self.name} header")
        for source in self.setup:
            if error := _raised(source, namespace, f"{self.name} setup"):
                problem = f"a locked cell of {self.name}.ipynb fails: {type(error).__name__}: {error}"
                raise CourseError(f"{problem}; correct it in its source") from error
        for name, source in answers.items():
            _raised(source, namespace, f"{self.name} {name}")
        return namespace

    def tests_that_call(self, function: str) -> set[str]:
        """Return the tests that call `function`, one of the solutions, when all solutions are right."""
        calls = 0
        solution = self.namespace(self.solutions).get(function)
        if not callable(solution):
            return set()

        def counted(*args: Any) -> Any:
            nonlocal calls
            calls += 1
            return solution(*args)

        callers = set()
        for test in self.tests:
            before = calls
            self.run(self.solutions, {function: counted}, {test})
            if calls > before:
                callers.add(test)
        return callers


def stubs(release: NotebookNode) -> dict[str, str]:
    """Return the untouched answers of a released notebook."""
    cells = release.cells
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


def _raised(source: str, namespace: dict[str, Any], name: str) -> BaseException | None:
    try:
        exec(compile(source, f"<{name}>", "exec"), namespace)
    except Exception as error:
        return error
    return None


def _names(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
