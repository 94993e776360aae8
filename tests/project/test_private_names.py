"""Private names of other libraries: each stands in one module, and the library has it."""

from __future__ import annotations

import ast

import pytest
from matplotlib import font_manager
from matplotlib.mathtext import MathTextParser
from nbconvert.filters.markdown_mistune import IPythonRenderer
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.preprocessors import ClearHiddenTests
from pygments.formatters import Terminal256Formatter

from tests.project.test_imports import MODULES

USED = {
    ("course.grading.guest.warmup", "_setup_styles"): Terminal256Formatter,
    ("course.grading.guest.warmup", "_get_font"): font_manager,
    ("course.grading.guest.warmup", "_parse_cached"): MathTextParser,
    ("course.grading.nbgrader_steps.autograde", "_sanitizing"): Autograde,
    ("course.grading.nbgrader_steps.corrections", "_clean_old_notebooks"): GenerateAssignment,
    ("course.grading.nbgrader_steps.feedback", "_remove_hidden_test_region"): ClearHiddenTests,
}
PUBLIC = {
    "_asdict",  # of named tuples, as are the next
    "_fields",
    "_replace",
    "_mapping",  # of SQLAlchemy's rows
    "_exit",  # of os
    "_render_traceback_",  # what IPython asks of an exception
}

# what a subclass takes the place of
REPLACED = {"_path_to_record": ExchangeCollect, "_embed_image_or_attachment": IPythonRenderer}


def private_names(source: str) -> set[str]:
    """Return the private attributes that a module uses and does not define."""
    nodes = list(ast.walk(ast.parse(source)))
    own = {
        node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    own |= {
        node.attr
        for node in attributes
        if isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
        and isinstance(node.ctx, ast.Store)
    }
    return {
        node.attr for node in attributes if node.attr.startswith("_") and not node.attr.startswith("__")
    } - own


def test_each_is_in_one_module() -> None:
    used = {
        (module, name)
        for module, path in MODULES.items()
        for name in private_names(path.read_text(encoding="utf-8")) - PUBLIC
    }
    assert used == USED.keys()


@pytest.mark.parametrize(
    ("name", "owner"), [*((name, owner) for (_, name), owner in USED.items()), *REPLACED.items()]
)
def test_the_library_has_it(name: str, owner: object) -> None:
    assert hasattr(owner, name)
