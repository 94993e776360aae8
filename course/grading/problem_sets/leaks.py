"""What a released notebook, or a reading, must not give away."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator

from nbformat import NotebookNode

from course.grading.problem_sets import notebooks

FORBIDDEN = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "mlp_ref")
OPERATIONS = (ast.Attribute, ast.BinOp, ast.Call, ast.Subscript, ast.UnaryOp)
TELLING = 4
"""operations from which on an expression says how something is computed"""


def found(source: NotebookNode, released: NotebookNode) -> Iterator[str]:
    """Yield a sentence for each thing in `released` that only `source` may hold."""
    text = notebooks.dumps(released)
    for word in FORBIDDEN:
        if word in text:
            yield f"the release contains {word!r}"
    for cell in released.cells:
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"cell {cell.id} of the release holds outputs"
    everything = "\n".join(cell.source for cell in released.cells)
    cells = {notebooks.grade_id(cell): cell for cell in released.cells}
    for cell in source.cells:
        name = notebooks.grade_id(cell)
        if name is None:
            continue
        secret = hidden(cell)
        if name in cells and lines(secret) & lines(cells[name].source):
            yield f"cell {name} of the release holds a line of its solution or hidden test"
        solution = region(cell.source, "SOLUTION").strip("\n")
        if len(solution.splitlines()) > 1 and solution in everything:
            yield f"the solution of {name} stands in the release"


def given_away(source: NotebookNode, reading: NotebookNode) -> Iterator[str]:
    """Yield a sentence for each answer of `source` that stands, in part or whole, in the notebook `reading`.

    Of code this is a telling expression, whatever its variables are called; of words, a line.
    """
    text = "\n".join(cell.source for cell in reading.cells)
    yield from (f"it contains {word!r}" for word in FORBIDDEN if word in text)
    told = {
        shape for cell in reading.cells if cell.cell_type == "code" for shape in _expressions(cell.source)
    }
    for cell in source.cells:
        if not cell.metadata.get("nbgrader", {}).get("solution"):
            continue
        if cell.cell_type != "code":
            given = any(line in text for line in lines(hidden(cell)))
        else:
            given = not told.isdisjoint(_expressions(region(cell.source, "SOLUTION") or cell.source))
        if given:
            yield f"it holds a part of the answer {notebooks.grade_id(cell)}"


def _expressions(code: str) -> Iterator[str]:
    """Yield the telling expressions of some code, with numbers for the names of variables."""
    for node in ast.walk(ast.parse(textwrap.dedent(code))):
        operations = sum(isinstance(part, OPERATIONS) for part in ast.walk(node))
        if isinstance(node, ast.expr) and operations >= TELLING:
            yield _without_names(ast.dump(node))


def _without_names(dump: str) -> str:
    numbers: dict[str, int] = {}
    return re.sub(r"\bid='(\w+)'", lambda match: f"id={numbers.setdefault(match[1], len(numbers))}", dump)


def hidden(cell: NotebookNode) -> str:
    """Return what of a source cell students must not see."""
    text = region(cell.source, "HIDDEN TESTS")
    if cell.metadata.nbgrader.solution:
        # a solution cell without a region is solution from top to bottom
        text += region(cell.source, "SOLUTION") or cell.source
    return text


def region(source: str, name: str) -> str:
    """Return what stands between the BEGIN and END marks of the regions `name`."""
    return "\n".join(re.findall(rf"### BEGIN {name}\n(.*?)### END {name}", source, flags=re.DOTALL))


def lines(text: str) -> set[str]:
    """Return the lines of a text, without indentation and empty ones."""
    return {line.strip() for line in text.splitlines() if line.strip()}
