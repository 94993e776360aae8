"""What an instructor can do when the control fails, by what a cell says of its failure."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Collection, Iterable, Iterator

from course.grading.sandbox.limits import Limits
from course.grading.sandbox.mounts import mounts
from course.grading.sandbox.readable import advice

# What a text says when a limit was passed; the setting in nbgrader_config.py, and its value now.
_LIMITS = (
    (r"The cell took more than", "c.Execute.timeout", "{0.cell:g} seconds"),
    (
        r"The notebook took more than|The notebook's time was used up",
        "c.SandboxedExecute.notebook_timeout",
        "{0.notebook:g} seconds",
    ),
    (r"of memory|more memory than|MemoryError", "c.SandboxedExecute.memory", "{0.memory} bytes"),
    (r"processes or threads", "c.SandboxedExecute.tasks", "{0.tasks}"),
    (r"MiB of files", "c.SandboxedExecute.file_bytes", "{0.files} bytes"),
)
_IMPORT = r"No module named '(\w+)|ImportError"


def passed_limits(text: str) -> list[tuple[str, str]]:
    """Return the settings of the limits that a text says were passed, each with its value's form."""
    return [(setting, value) for pattern, setting, value in _LIMITS if re.search(pattern, text)]


def remedies(
    texts: list[str], from_inside: Iterable[str], limits: Limits, in_plain_cells: Collection[str] = ()
) -> list[str]:
    """Return what can be done, each thing once.

    `texts` are what cells and tests say; `from_inside` are tests that pass within the notebook's process;
    `in_plain_cells` are names that a cell binds which students may change.
    """
    result = [
        f"`{setting}` in nbgrader_config.py sets this limit, now {value.format(limits)}"
        for text in texts
        for setting, value in passed_limits(text)
    ]
    result += [
        f"lock the cell that binds {name}, if it uses nothing that students write: then tests can use it, too"
        for text in texts
        for name in re.findall(r"NameError: name '(\w+)' is not defined", text)
        if name in in_plain_cells
    ]
    result += [
        f"{test} passes within the notebook's process only: tag its cell `in-kernel`, and it runs there; "
        'or set `c.SandboxedExecute.in_kernel_tests = "auto"` in nbgrader_config.py, for all such cells'
        for test in from_inside
    ]
    others = [text for text in texts if not passed_limits(text)]
    readable = advice(mounts()) if others else ""
    result += [readable] if readable else []
    result += _of_imports(others, bool(readable))
    result += [
        f"release {name} (course.files in the notebook's metadata lists it), or have the solution write it"
        for text in others
        for name in re.findall(r"FileNotFoundError: .*: '([^']+)'\)$", text)
    ]
    if any("NotImplementedError" in text for text in texts):
        result.append(
            "where the source holds no solutions, `c.SandboxedExecute.control = False` grades without them"
        )
    return list(dict.fromkeys(result))


def _of_imports(texts: list[str], is_explained: bool) -> Iterator[str]:
    for text in texts:
        match = re.search(_IMPORT, text)
        if match is None:
            continue
        name = match[1]
        if name and importlib.util.find_spec(name) is None:
            yield (
                f"{name} is not installed where grading runs: `{sys.executable} -m pip install {name}`, or, "
                "where it is a module of your own, put it beside the notebook in its source"
            )
        elif not is_explained:
            yield (
                "a student's process sees installed packages, the course, and what is released: put a "
                "module of your own beside the notebook in its source, or install it"
            )
