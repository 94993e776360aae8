"""Judges test cells in the grader's process, which calls the student's code through proxies."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from course.checking.naming import answers_of_one_student
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from course.grading.errors import HarnessFailure, SandboxUnavailable
from course.grading.guest import codec
from course.grading.judging.blame import LOCKED_CELL, TEST_CELL, AnswersSeen, is_ours
from course.grading.judging.credit import ends_in_students_value
from course.grading.judging.proxies import StudentError, StudentFunction, no_answer
from course.grading.judging.quiet import quiet
from course.grading.judging.results import CellResult
from course.grading.judging.students_files import named_files
from course.grading.problem_sets.names import free_names
from course.values import clone

Ask = Callable[..., Any]

NOT_DEFINED = "is not defined."
COULD_NOT_WORK = "The test could not work with this answer."
BESIDE_RELEASED = "it is run beside the released files"
OR_INSIDE = ", or, of a test that reads what a student's code writes, tag the cell `in-kernel`"


@dataclass(frozen=True)
class Judge:
    """Runs the instructor's cells: locked ones to bind names, tests to get verdicts."""

    namespace: dict[str, Any]
    """names bound by the instructor's imports and locked cells"""
    answers: Collection[str]
    """names of the solution cells: the only ones looked up in the student's process"""
    seed: int
    refused: list[str] = field(default_factory=list)
    """the functions of the student that tests have refused so far"""

    def setup(self, source: str, name: str = "a locked cell") -> None:
        """Run the locked cell that messages call `name`, for the names it binds. Raises HarnessFailure."""
        try:
            with quiet():
                run(source, self.namespace, LOCKED_CELL)
        except Exception as error:
            raise HarnessFailure(self._failure(name, error)) from error

    def judge(self, source: str, max_points: float, ask: Ask, name: str = "a test") -> CellResult:
        """Run the test cell that messages call `name`, and return its verdict. Raises HarnessFailure."""
        # a file that the test names may be the student's
        seen = AnswersSeen(ask, bool(named_files(source)))
        try:
            with use_seed(self.seed), answers_of_one_student(self.refused), quiet():
                namespace = self._own_names() | self._looked_up(source, seen.ask)
                value = run(source, namespace)
        except StudentError as error:
            return CellResult(error.verdict, 0.0, max_points, error.message)
        except (HarnessFailure, SandboxUnavailable):
            raise
        except WrongAnswer as error:
            return CellResult("wrong", 0.0, max_points, str(error), error.mistake)
        except AssertionError:
            return CellResult("wrong", 0.0, max_points, "The test's assertion does not hold.")
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if is_ours(error, seen.any):
                raise HarnessFailure(self._failure(name, error)) from error
            # its text may show what is expected
            cause = f"{type(error).__name__}: {error}"
            return CellResult("wrong", 0.0, max_points, COULD_NOT_WORK, cause=cause)
        if ends_in_students_value(source, self._names_to_look_up(source)):
            value = None  # the student's value, not points
        return scored(value, max_points)

    def _failure(self, name: str, error: BaseException) -> str:
        """Return what the instructor is told of a cell that fails in the grader."""
        match error:
            case NameError(name=str(answer)) if answer in self.answers:
                remedy = f"students write {answer}, and a locked cell cannot use it: do not lock this cell"
            case ImportError():
                remedy = (
                    f"{BESIDE_RELEASED}, with the packages installed here: release what it "
                    "needs (course.files in the notebook's metadata lists it), or install it here"
                )
            case OSError():
                remedy = (
                    f"{BESIDE_RELEASED} only: release what it reads (course.files in the notebook's "
                    f"metadata lists it){OR_INSIDE}"
                )
            case SyntaxError():
                remedy = "the grader runs plain Python: take a magic or command out, or do not lock this cell"
            case _:
                remedy = "correct it"
        message = f"{name} fails in the grader: {type(error).__name__}: {error}"
        return f"{message}; {remedy}, and generate the assignment again"

    def _own_names(self) -> dict[str, Any]:
        """Return the instructor's names; data as a copy, which an answer may change for one test only."""
        return {
            name: clone(value) if type(value) in (np.ndarray, list, tuple, dict, set) else value
            for name, value in self.namespace.items()
            if name != "__builtins__"  # Python's own, which it puts there
        }

    def _names_to_look_up(self, source: str) -> list[str]:
        """Return the names that `source` uses and that only the student's process has."""
        names = (free_names(source) & set(self.answers)) - self.namespace.keys() - vars(builtins).keys()
        return sorted(name for name in names if not name.startswith("_"))

    def _looked_up(self, source: str, ask: Ask) -> dict[str, Any]:
        """Return the student's names that `source` uses: a function as a proxy, data as a copy."""
        names = self._names_to_look_up(source)
        if not names:
            return {}
        reply = ask({"values": names})
        if not isinstance(reply, dict):
            raise no_answer()
        missing = [name for name in names if name not in reply]
        if missing:
            raise StudentError("error", f"{missing[0]} {NOT_DEFINED}")
        decoder = codec.Decoder(lambda name: StudentFunction(name, ask))
        try:
            return {name: _named(decoder.decode(reply[name]), name, ask) for name in names}
        except codec.CodecError:
            raise no_answer() from None


def _named(value: Any, name: str, ask: Ask) -> Any:
    # the function meant is the one the test names
    return StudentFunction(name, ask) if isinstance(value, StudentFunction) else value


def scored(value: Any, max_points: float) -> CellResult:
    """Return the verdict of a test that ran to its end, `value` being its last expression's."""
    if type(value) not in (int, float):
        return CellResult("pass", max_points, max_points)
    # NaN, which an answer can make of a test's number, is no points; an int may be no float
    points = 0.0 if value != value else float(min(max(value, 0), max_points))
    if points == max_points:
        return CellResult("pass", points, max_points)
    return CellResult("wrong", points, max_points, f"{points:g} of {max_points:g} points.")


def run(source: str, namespace: dict[str, Any], name: str = TEST_CELL) -> Any:
    """Run a cell and return the value of its last expression, None when it ends otherwise."""
    statements, value = _compiled(source, name)
    exec(statements, namespace)
    return None if value is None else eval(value, namespace)


@lru_cache(maxsize=256)
def _compiled(source: str, name: str) -> tuple[CodeType, CodeType | None]:
    """Return the statements of a cell, and the expression that ends it, if one does."""
    tree = ast.parse(source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return compile(tree, name, "exec"), None
    tree.body.pop()
    value = compile(ast.Expression(last.value), name, "eval")
    return compile(tree, name, "exec"), value
