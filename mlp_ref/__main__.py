"""Prints every place that belongs to a function or an equation: `python -m mlp_ref dC_dW1`, `… eq10`.

A cell of a function, such as `test_dC_dW1`, leads to it too.
The places are read from the files themselves, relative to the root of the checkout.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from mlp_ref.functions import FUNCTIONS

ROOT = Path(__file__).resolve().parents[1]
TABLES = {
    "table of functions": "mlp_ref/functions.py",
    "cases": "mlp_ref/cases",
    "mistakes": "mlp_ref/mistakes",
    "visible check": "course/checking/tables",
}
"""Files, or folders of files, with a dictionary entry for each function."""
CELL = re.compile(r"(?<![^.])(?:test|statement)_")
EQUATION = re.compile(r"(?:eq\.? ?)?\(?(\d+[a-z]?)\)?")


def named(word: str) -> list[str]:
    """Return the functions meant by "ps1.dC_dW1", "dC_dW1", "eq10", "10" or "delta"; none for other words.

    Equations may be written in other ways: "EQ10", "(10)", "eq(10)"; a function may be named by one of its
    cells: "test_dC_dW1".
    """
    word = CELL.sub("", word.strip())
    number = EQUATION.fullmatch(word.lower())
    equation = number[1] if number else word.lower()
    return [
        name
        for name, function in FUNCTIONS.items()
        if word in (name, name.partition(".")[2]) or (equation and equation == function.equation)
    ]


def places(name: str) -> Iterator[tuple[str, str]]:
    """Yield what belongs to the function `name`, and where it is."""
    code = FUNCTIONS[name].reference.__code__
    yield "reference", f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_firstlineno}"
    for what, table in TABLES.items():
        yield from ((what, place) for place in _entries(ROOT / table, name))
    yield from _cells(*name.split("."))
    marker = FUNCTIONS[name].marker
    yield "tests", f"pytest -m {marker}" if marker else f"pytest -k {name}"


def _entries(table: Path, name: str) -> Iterator[str]:
    """Yield where the dictionaries in `table` have the key `name`; of those of one file, the last."""
    for path in sorted(table.glob("*.py")) if table.is_dir() else [table]:
        lines = [
            key.lineno
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for key in (node.keys if isinstance(node, ast.Dict) else ())
            if isinstance(key, ast.Constant) and key.value == name
        ]
        if lines:
            yield f"{path.relative_to(ROOT)}:{max(lines)}"


def _cells(problem_set: str, function: str) -> Iterator[tuple[str, str]]:
    """Yield the cells about `function` in the source notebook: line in the file, and index from 0."""
    path = ROOT / "source" / problem_set / f"{problem_set}.ipynb"
    text = path.read_text(encoding="utf-8")
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in json.loads(text)["cells"]]
    for what, grade_id in (
        ("statement", f"statement_{function}"),
        ("solution", function),
        ("test cell", f"test_{function}"),
    ):
        if grade_id in ids:
            line = text[: text.index(f'"grade_id": "{grade_id}"')].count("\n") + 1
            yield what, f"{path.relative_to(ROOT)}:{line} (cell {ids.index(grade_id)})"


def _known() -> Iterator[str]:
    """Yield the equations, then the functions of each problem set, a line each."""
    markers = {function.marker for function in FUNCTIONS.values()} - {""}
    yield f"  equations: {', '.join(sorted(markers, key=_natural))}"
    for problem_set in dict.fromkeys(name.partition(".")[0] for name in FUNCTIONS):
        names = [name.partition(".")[2] for name in FUNCTIONS if name.startswith(f"{problem_set}.")]
        yield f"  {problem_set}: {', '.join(names)}"


def _natural(word: str) -> tuple[int, str]:
    """Return a key that sorts eq3a behind eq3, eq10 behind both, and words without a number last."""
    number = EQUATION.fullmatch(word)
    return (int(re.sub(r"\D", "", word)) if number else sys.maxsize), word


def main(words: list[str]) -> int:
    """Print the places for each of `words`; return 2, after what there is, at an unknown one."""
    unknown = ", ".join(repr(word) for word in words if not named(word))
    if unknown or not words:
        problem = f"unknown: {unknown}" if unknown else "name a function or an equation"
        print(f"mlp_ref: {problem}; there are", *_known(), sep="\n", file=sys.stderr)
        return 2
    for name in dict.fromkeys(name for word in words for name in named(word)):
        print(", ".join(filter(None, [name, FUNCTIONS[name].marker])))
        for what, place in places(name):
            print(f"  {what:<18} {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
