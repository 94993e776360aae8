"""Finds notebooks that are copies of another one, solved or tried out: by their tests, not by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbformat import NotebookNode

from course.grading.problem_sets import notebooks

_MARK = re.compile(r"^[ \t]*(?:###|===) (?:BEGIN|END) .*$", re.MULTILINE)


def originals(written: Mapping[str, NotebookNode], name: str) -> dict[str, str]:
    """Return those of some notebooks, by their names, that are copies, and what each is a copy of.

    The original has marks of solutions and hidden tests. Of several with marks it is the one called `name`,
    or the one with most of them, or with the shortest name.
    """

    def rank(each: str) -> tuple[bool, bool, int, int, str]:
        marks = sum(len(_MARK.findall(cell.source)) for cell in written[each].cells)
        return not marks, each != name, -marks, len(each), each

    kept: list[str] = []
    copies: dict[str, str] = {}
    for each in sorted(written, key=rank):
        original = next((other for other in kept if is_copy(written[each], written[other])), None)
        if original is None:
            kept.append(each)
        else:
            copies[each] = original
    return copies


def is_copy(notebook: NotebookNode, original: NotebookNode) -> bool:
    """Say whether most tests of a notebook are those of another one, with or without their hidden parts."""
    tests, others = _tests(notebook), _tests(original)
    same = [name for name, lines in tests.items() if lines and lines <= others.get(name, set())]
    return 2 * len(same) > len(tests)


def _tests(notebook: NotebookNode) -> dict[str, set[str]]:
    """Return the lines of each test cell, without marks, by `grade_id`."""
    tests = {}
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("grade") and not settings.get("solution"):
            lines = map(str.strip, _MARK.sub("", cell.source).splitlines())
            tests[notebooks.grade_id(cell) or ""] = {line for line in lines if line}
    return tests
