"""Finds answers and hidden tests in files meant for students."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from nbformat import NotebookNode

from course.grading.problem_sets import file_texts, notebooks
from course.grading.problem_sets.notebooks import region, without_region
from course.grading.problem_sets.plain_texts import plain_texts, squeezed
from course.grading.problem_sets.stubs import STUB_LINES, is_stub

FORBIDDEN = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "mlp_ref")
OPERATIONS = (ast.Attribute, ast.BinOp, ast.Call, ast.Subscript, ast.UnaryOp)
TELLING = 4
"""an expression with at least so many operations shows how something is computed"""
OPERATOR = re.compile(r"\*\*|[-+*/@]|(?<=\w)[(\[.]")
TELLING_LINE, TELLING_BODY = 5, 2
"""a line, or the body of a solution, with at least so many operators is not in another file by chance"""
LONG_LINE = 30
"""a line of prose with at least so many characters is not there by chance either"""
MARK = r"(?m)^.*(?:###|===) (?:BEGIN|END) .*\n?"


def leaks_in_notebook(source: NotebookNode, released: NotebookNode) -> Iterator[str]:
    """Yield a sentence for each thing in the notebook `released` that only its `source` may hold."""
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
        secret = lines(hidden_text(cell)) - STUB_LINES
        if name in cells and secret & lines(cells[name].source):
            yield f"cell {name} of the release holds a line of its solution or hidden test"
        solution = region(cell.source, "SOLUTION").strip("\n")
        if len(solution.splitlines()) > 1 and solution in everything and answer(cell):
            yield f"the solution of {name} stands in the release"


def secrets(source: NotebookNode, elsewhere: Iterable[NotebookNode] = ()) -> dict[str, str]:
    """Return texts of a notebook that no file for students may hold, without indentation, and what each is.

    - Of a solution: each line with many operators, the whole body, and the whole cell.
    - Of a hidden test: each line that calls an answer, or has many operators.
    - What students see in this notebook or `elsewhere`, in other problem sets, is not secret.
    """
    cells = [cell for cell in source.cells if notebooks.grade_id(cell)]
    shown = [visible_text(cell) for book in (source, *elsewhere) for cell in book.cells]
    answers = {name for cell in cells if _is_solution(cell) and (name := notebooks.grade_id(cell))}
    texts: dict[str, str] = {}
    for cell in cells:
        name = notebooks.grade_id(cell)
        if _is_solution(cell):
            texts |= dict.fromkeys(_solution(cell), f"the solution of {name}")
        for line in lines(region(cell.source, "HIDDEN TESTS")):
            names_an_answer = not answers.isdisjoint(re.findall(r"\w+", line))
            if _operators(line) >= (1 if names_an_answer else TELLING_LINE):
                texts[line] = f"the hidden test {name}"
    shown_texts = list(map(_flat, plain_texts("\n".join(shown))))
    return {text: what for text, what in texts.items() if not _stands_in(text, shown_texts)}


def _solution(cell: NotebookNode) -> Iterator[str]:
    """Yield the texts of a solution cell that tell its answer."""
    solution = answer(cell)
    if not solution:
        return
    if cell.cell_type != "code":
        yield from (line for line in lines(solution) if len(line) >= LONG_LINE)
        return
    yield from (line for line in lines(solution) if _operators(line) >= TELLING_LINE)
    if _operators(solution) >= TELLING_BODY:
        yield _flat(solution)
    whole = _flat(re.sub(MARK, "", cell.source))
    if "\n" in whole:
        yield whole


def leaks_in_file(texts: Mapping[str, str], content: bytes) -> Iterator[str]:
    """Yield a sentence for each of the secret `texts`, and each forbidden word, in a file of any kind."""
    try:
        texts_of_file = [_flat(text) for text in file_texts.texts(content)]
    except file_texts.UnpackingError as error:
        yield str(error)
        return
    for word in FORBIDDEN:
        if _stands_in(word, texts_of_file):
            yield f"it contains {word!r}"
    for text, what in texts.items():
        if _stands_in(text, texts_of_file):
            yield f"it holds a part of {what}"


def leaks_in_lecture(source: NotebookNode, reading: NotebookNode) -> Iterator[str]:
    """Yield a sentence for each answer of `source` that stands, in part or whole, in the notebook `reading`.

    Of code this is an expression of TELLING operations, whatever its variables are called; of text, a line.
    """
    text = "\n".join(cell.source for cell in reading.cells)
    yield from (f"it contains {word!r}" for word in FORBIDDEN if word in text)
    expressions = {
        shape for cell in reading.cells if cell.cell_type == "code" for shape in _expressions(cell.source)
    }
    for cell in source.cells:
        if not _is_solution(cell):
            continue
        if cell.cell_type != "code":
            is_leaked = any(line in text for line in lines(hidden_text(cell)))
        else:
            is_leaked = not expressions.isdisjoint(_expressions(answer(cell)))
        if is_leaked:
            yield f"it holds a part of the answer {notebooks.grade_id(cell)}"


def _expressions(code: str) -> Iterator[str]:
    """Yield the expressions of TELLING operations in some code, with numbers for the names of variables."""
    for node in ast.walk(ast.parse(textwrap.dedent(code))):
        operations = sum(isinstance(part, OPERATIONS) for part in ast.walk(node))
        if isinstance(node, ast.expr) and operations >= TELLING:
            yield _without_names(ast.dump(node))


def _without_names(dump: str) -> str:
    numbers: dict[str, int] = {}
    return re.sub(r"\bid='(\w+)'", lambda match: f"id={numbers.setdefault(match[1], len(numbers))}", dump)


def hidden_text(cell: NotebookNode) -> str:
    """Return the part of a source cell that students must not see."""
    return region(cell.source, "HIDDEN TESTS") + answer(cell)


def visible_text(cell: NotebookNode) -> str:
    """Return the part of a source cell that students see."""
    if _is_solution(cell) and not region(cell.source, "SOLUTION"):
        return ""
    text: str = cell.source
    for name in ("SOLUTION", "HIDDEN TESTS"):
        text = without_region(text, name)
    return text


def answer(cell: NotebookNode) -> str:
    """Return the answer in a source cell: what is between the marks, or all of a solution cell without them.

    A source without solutions has stubs in their place, which answer nothing.
    """
    text: str = region(cell.source, "SOLUTION") or (cell.source if _is_solution(cell) else "")
    return "" if is_stub(text, is_code=cell.cell_type == "code") else text


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _operators(code: str) -> int:
    return len(OPERATOR.findall(code))


def _flat(text: str) -> str:
    """Return a text without indentation and empty lines."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _stands_in(text: str, texts: Iterable[str]) -> bool:
    """Say whether a text is in one of these, some of which have no spaces."""
    without_spaces = squeezed(text)
    return any(text in each or without_spaces in each for each in texts)


def lines(text: str) -> set[str]:
    """Return the lines of a text, without indentation and empty ones."""
    return {line.strip() for line in text.splitlines() if line.strip()}
