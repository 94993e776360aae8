"""Gives tests the modules that the notebook imports in cells which are not locked, as most notebooks do.

The imports are those of the instructor's notebook, which a student's version of the cell does not change.
"""

from __future__ import annotations

import ast
import contextlib
import re
from functools import lru_cache
from typing import Any, NamedTuple

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from course.grading.judging.quiet import quiet
from course.grading.problem_sets.assignment import Assignment, is_in_kernel
from course.grading.problem_sets.names import bound_names, free_names

_RUN_AS_USUAL = re.compile(r"\A\s*%%(?:capture|time)\b.*")
"""the first line of a cell whose other lines run as those of any cell"""


class _Cell(NamedTuple):
    """What the top level of a cell does with names."""

    imports: tuple[tuple[frozenset[str], str], ...] = ()
    """the names that each import binds, `*` for all of a module, with its text"""
    assigned: frozenset[str] = frozenset()
    """names bound otherwise"""
    read: frozenset[str] = frozenset()
    """names that are read and not bound"""


def imported(assignment: Assignment) -> dict[str, Any]:
    """Return, by name, what locked cells and tests read and the released notebook imports.

    Names that an answer binds otherwise are left out, and so is what cannot be imported here: whether a test
    needs it shows when it runs. Tests that run in the student's process have it there.
    """
    codes = [cell for cell in assignment.skeleton.cells if cell.cell_type == "code"]
    answers = [cell.source for cell in codes if cell.metadata.get("nbgrader", {}).get("solution")]
    answers += (assignment.solutions or {}).values()
    read = (_of(cell.source).read for cell in codes if _runs_here(cell))
    wanted = frozenset().union(*read).difference(*(_of(source).assigned for source in answers))
    namespace: dict[str, Any] = {}
    for names, statement in (each for cell in codes for each in _of(cell.source).imports):
        if names & (wanted | {"*"}):
            with contextlib.suppress(Exception), quiet():
                exec(statement, namespace)
    return {name: value for name, value in namespace.items() if name in wanted}


def _runs_here(cell: NotebookNode) -> bool:
    is_locked: bool = cell.metadata.get("nbgrader", {}).get("locked", False)
    return is_locked and not is_in_kernel(cell)


@lru_cache(maxsize=512)
def _of(source: str) -> _Cell:
    try:
        text = TransformerManager().transform_cell(_RUN_AS_USUAL.sub("", source))
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _Cell()
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    others = [node for node in tree.body if node not in imports]
    return _Cell(
        tuple((frozenset(bound_names(ast.Module([node], []))), ast.unparse(node)) for node in imports),
        frozenset(bound_names(ast.Module(others, []))),
        free_names(text),
    )
