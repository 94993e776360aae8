"""A small assignment whose functions are all attacked at once, between two honest ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode

from course.grading.folders import Folders
from course.grading.judging.grade import grade
from course.grading.judging.results import CellResult, Result
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import Assignment, load, with_tests
from course.grading.sandbox.limits import Limits
from course.grading.verify.instructors_notebook import InstructorsNotebook
from tests.helpers import ROOT, cell

FAST = Limits(
    cell=3,
    notebook=40,
    patience=60,
    memory=400 << 20,
    address_space=3 << 30,
    files=8 << 20,
    output=100_000,
)

RIGHT = "(y_hat - y) / len(y)"
HONEST = f"def attacked(y, y_hat):\n    return {RIGHT}\n"
STUB = "def attacked(y, y_hat):\n    raise NotImplementedError\n"
IMPORTS = "import numpy as np\n\nfrom course import check, sigmoid"
TEST = """\
### BEGIN HIDDEN TESTS
from mlp_ref.grading import matches_reference
matches_reference("ps1.dC_dyhat", attacked)
### END HIDDEN TESTS
check("ps1.dC_dyhat", attacked)"""


class Attack(NamedTuple):
    """An answer that defines the function `attacked`, and the verdict it deserves."""

    source: str
    verdict: str = "wrong"
    says: str = ""
    """a part of the message"""


@dataclass(frozen=True)
class Fight:
    """What became of a notebook full of attacks."""

    result: Result
    verdicts: dict[str, str]
    """by the attack's name, the honest ones' too"""
    messages: dict[str, str]

    @property
    def shown(self) -> str:
        """All that a student gets to see."""
        cells = [] if self.result.notebook is None else self.result.notebook.cells
        outputs = [cell.outputs for cell in cells if cell.cell_type == "code"]
        return json.dumps([self.result.to_json(), outputs, self.result.repairs]) + repr(self.result.files)


def named(source: str, name: str) -> str:
    """Return a source in which the attacked function has its own name."""
    return source.replace("attacked", name)


def paper(names: Sequence[str], test: str = TEST, given: str = IMPORTS) -> Assignment:
    """Return an assignment with a function of each name, worth a point."""
    source, released = [], []
    for cells, answer in ((source, HONEST), (released, STUB)):
        cells.append(cell(given, "imports", locked=True))
        for name in names:
            cells.append(cell(named(answer, name), name, solution=True))
            cells.append(cell(named(test, name), f"test_{name}", grade=True, locked=True, points=1))
    book = nbformat.v4.new_notebook
    return with_tests("arena", book(cells=released), book(cells=source))


def filled(one: Assignment, answers: Mapping[str, str]) -> NotebookNode:
    """Return a submission: the skeleton as a student has it, with these answers."""
    return notebooks.with_answers(one.skeleton, answers)


def content(notebook: NotebookNode | dict[str, Any]) -> bytes:
    """Return the file of a notebook, however broken."""
    return json.dumps(notebook).encode()


def fight(
    attacks: Mapping[str, Attack | str],
    *,
    first: str = HONEST,
    limits: Limits = FAST,
    test: str = TEST,
    given: str = IMPORTS,
    seed: int | None = None,
    change: Callable[[NotebookNode], None] = lambda notebook: None,
) -> Fight:
    """Grade a notebook with all these attacks, an honest answer before and one after them."""
    attacks = {name: Attack(a) if isinstance(a, str) else a for name, a in attacks.items()}
    ids = {name: f"a{number}" for number, name in enumerate(attacks)}
    order = ["first", *ids.values(), "last"]
    one = paper(order, test, given)
    answers = {ids[name]: named(attack.source, ids[name]) for name, attack in attacks.items()}
    answers |= {"first": named(first, "first"), "last": named(HONEST, "last")}
    notebook = filled(one, answers)
    change(notebook)
    result = grade(one, content(notebook), limits=limits, seed=seed)
    found = {name: result.cells.get(f"test_{i}", CellResult("not-run", -1, 0)) for name, i in ids.items()}
    found |= {name: result.cells[f"test_{name}"] for name in ("first", "last") if result.cells}
    assert result.status == "graded", result.problem
    for name, one_cell in found.items():
        assert one_cell.points == (one_cell.verdict == "pass"), name
    return Fight(
        result,
        {name: one_cell.verdict for name, one_cell in found.items()},
        {name: one_cell.message for name, one_cell in found.items()},
    )


def holds(
    attacks: Mapping[str, Attack | str], *, first: str = "pass", last: str = "pass", **how: Any
) -> Fight:
    """Grade the attacks, and assert that each has the verdict it deserves."""
    attacks = {name: Attack(a) if isinstance(a, str) else a for name, a in attacks.items()}
    got = fight(attacks, **({"first": HONEST} | how))
    expected = {name: attack.verdict for name, attack in attacks.items()}
    assert got.verdicts == expected | {"first": first, "last": last}, got.messages
    for name, attack in attacks.items():
        assert attack.says in got.messages[name], name
    return got


def problem_set(name: str) -> tuple[Assignment, NotebookNode]:
    """Return a problem set of the course, and a submission that answers all of it right."""
    one = load(ROOT, name)
    solutions = InstructorsNotebook.read(ROOT, name, name, Folders()).solutions
    released = notebooks.read(ROOT / "release" / name / f"{name}.ipynb")
    return one, notebooks.with_answers(released, solutions)


def slow(limits: Limits = FAST, **changed: Any) -> Limits:
    """Return limits with some changed."""
    return replace(limits, **changed)
