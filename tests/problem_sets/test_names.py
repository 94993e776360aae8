"""The modules that a source imports."""

from __future__ import annotations

import pytest

from course.grading.problem_sets.names import imported_modules


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import os, helper", {"os", "helper"}),
        ("import numpy as np, tools2", {"numpy", "tools2"}),
        ("if True:\n    from a.b import c\n'import d'", {"a"}),
        ("from . import a\nfrom .b import c", set()),
        ("%matplotlib inline\nimport os, helper.x as h  # both\nfrom a.b import c", {"os", "helper", "a"}),
    ],
)
def test_imported_modules(source, modules) -> None:
    assert imported_modules(source) == modules
