"""Which variants of a solution the hidden and the visible tests of a function find.

A variant stands in for the solution in its cell; all other cells are the instructor's. It is judged by the
function's own test alone. One that passes is put to the second oracle: when that sees no difference either,
it is no wrong answer, and is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np

from course.checking.compare import Tolerance
from course.checking.naming import mistakes_unnamed
from course.checking.seed import use_seed
from course.grading.judging.beside_files import beside
from course.grading.judging.quiet import quiet
from course.grading.problem_sets.notebooks import region, without_region
from course.grading.verify.given_answers import tolerance_of
from course.grading.verify.instructors_notebook import InstructorsNotebook
from course.grading.verify.mutants.equivalence import Call, differs, moved
from course.grading.verify.mutants.limited import Ended, limited
from course.grading.verify.mutants.variants import Variant, variants
from course.values import clone, unchanged

SECONDS = 20
"""of computing that a variant may use for its tests; the solution needs less than one"""
OTHER_SEEDS = range(1_000_000, 1_000_004)
"""of inputs for the second oracle"""
MOST_CALLS = 200

Outcome = Literal["killed", "ended", "survived", "equivalent"]
"""caught by a test, ended for its time or memory, passed though it is wrong, passed since it is right"""
Namespace = dict[str, Any]


@dataclass
class Rates:
    """What became of the variants of one function."""

    function: str
    variants: int = 0
    equivalent: int = 0
    ended: int = 0
    """of those caught, the ones that hung, ate memory or crashed"""
    hidden: list[Variant] = field(default_factory=list)
    """wrong ones that the hidden tests do not find"""
    visible: list[Variant] = field(default_factory=list)
    """wrong ones that the visible tests do not find"""
    problems: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """Variants that are no right answers."""
        return self.variants - self.equivalent

    @property
    def ok(self) -> bool:
        """Whether every wrong one was found, by the hidden tests and by the visible ones."""
        return not (self.hidden or self.visible or self.problems)


@dataclass(frozen=True)
class Solution:
    """An answer to vary: its source, and the names that it finds."""

    function: str
    source: str
    namespace: Namespace

    def defined(self, source: str) -> Namespace:
        """Return the names after running `source` in place of the solution."""
        namespace = dict(self.namespace)
        exec(compile(source, f"<{self.function}>", "exec"), namespace)
        return namespace


def rates(notebook: InstructorsNotebook, seeds: Sequence[int], function: str) -> Rates:
    """Try all variants of the solution of `function`."""
    with beside(notebook.files), quiet():
        namespace = notebook.namespace(notebook.solutions)
        return rates_of(notebook, seeds, Solution(function, notebook.solutions[function], namespace))


def rates_of(notebook: InstructorsNotebook, seeds: Sequence[int], solution: Solution) -> Rates:
    """Try all variants of any right solution of a function of `notebook`."""
    result = Rates(solution.function)
    tests = _tests(notebook, solution, seeds)
    if isinstance(tests, str):
        result.problems.append(tests)
        return result
    right = solution.defined(solution.source)[solution.function]
    tolerance = Tolerance(*tolerance_of(f"{notebook.assignment}.{solution.function}"))
    calls = _unseen_calls(tests["hidden"] or tests["visible"], solution, right)
    _draw_inputs(tests, solution)
    for variant in variants(solution.source):
        result.variants += 1
        try:
            outcome: dict[str, Outcome] = limited(
                partial(_tried, variant, solution, right, tests, calls, tolerance), SECONDS
            )
        except Ended:
            result.ended += 1
            continue
        if "equivalent" in outcome.values():
            result.equivalent += 1
            continue
        result.ended += "ended" in outcome.values()
        for part, survivors in (("hidden", result.hidden), ("visible", result.visible)):
            if outcome[part] == "survived":
                survivors.append(variant)
    return result


@dataclass(frozen=True)
class Part:
    """The hidden or the visible part of a test cell."""

    source: str
    seeds: Sequence[int]

    def passes(self, namespace: Namespace) -> bool:
        """Return whether a notebook with these names passes, on all seeds."""
        return all(self.error(namespace, seed) is None for seed in self.seeds)

    def error(self, namespace: Namespace, seed: int) -> BaseException | None:
        """Return what the test raises. MemoryError passes through."""
        try:
            with use_seed(seed), mistakes_unnamed():
                exec(compile(self.source, "<test>", "exec"), dict(namespace))
        except MemoryError:
            raise
        except Exception as error:
            return error
        return None


def _tests(
    notebook: InstructorsNotebook, solution: Solution, seeds: Sequence[int]
) -> dict[str, Part | None] | str:
    """Return the two parts of the test of a function, each able to run alone; or what is wrong with it."""
    cell = notebook.tests.get(f"test_{solution.function}")
    if cell is None:
        return f"there is no test_{solution.function}"
    visible = without_region(cell, "HIDDEN TESTS")
    namespace = solution.defined(solution.source)
    shown = Part(visible, seeds[:1])
    parts: dict[str, Part | None] = {"visible": shown, "hidden": None}
    if visible != cell:
        # what it imports or defines may stand in the visible part
        for source in (region(cell, "HIDDEN TESTS"), cell):
            if Part(source, seeds).passes(namespace):
                parts["hidden"] = Part(source, seeds)
                break
        else:
            return f"the solution fails test_{solution.function}"
    if not shown.passes(namespace):
        return f"the solution fails the visible part of test_{solution.function}"
    return parts


def _draw_inputs(tests: Mapping[str, Part | None], solution: Solution) -> None:
    """Let tests keep the inputs of their first seed, so that not every variant's child draws them anew."""
    for part in filter(None, tests.values()):
        part.error(solution.defined(solution.source), part.seeds[0])


def _unseen_calls(test: Part | None, solution: Solution, right: Callable[..., Any]) -> list[Call]:
    """Return calls that a test makes of the solution with inputs of other seeds, or moved ones."""
    by_seed: list[list[Call]] = []
    for seed in OTHER_SEEDS if test else ():
        calls: list[Call] = []

        def recorded(*args: Any, calls: list[Call] = calls) -> Any:
            calls.append(clone(args))
            return right(*args)

        assert test is not None
        test.error({**solution.defined(solution.source), solution.function: recorded}, seed)
        by_seed.append(calls)
    if len(by_seed) > 1 and unchanged(by_seed[0], by_seed[1]):
        return (by_seed[0] + moved(by_seed[0], np.random.default_rng(0)))[:MOST_CALLS]
    return [call for calls in by_seed for call in calls][:MOST_CALLS]


def _tried(
    variant: Variant,
    solution: Solution,
    right: Callable[..., Any],
    tests: Mapping[str, Part | None],
    calls: Sequence[Call],
    tolerance: Tolerance,
) -> dict[str, Outcome]:
    """Return what became of a variant in each part of the test."""
    outcome: dict[str, Outcome] = {}
    try:
        namespace = solution.defined(variant.source)
        for name, part in tests.items():
            outcome[name] = "killed" if part is None or not part.passes(namespace) else "survived"
        survived = "survived" in outcome.values()
        if survived and not differs(namespace[solution.function], right, calls, tolerance):
            return dict.fromkeys(tests, "equivalent")
    except MemoryError:
        return {**dict.fromkeys(tests, "ended"), **outcome}
    except Exception:  # the cell itself
        return dict.fromkeys(tests, "killed")
    return outcome
