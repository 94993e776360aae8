"""Who imports whom: mlp_ref → course, never back, and a student's import stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import course
import mlp_ref

COURSE, REFERENCE = Path(course.__file__).parent, Path(mlp_ref.__file__).parent
OF_INSTRUCTORS = COURSE / "grading"
OF_STUDENTS = [path for path in sorted(COURSE.rglob("*.py")) if OF_INSTRUCTORS not in path.parents]


def relative(path):
    return path.relative_to(COURSE.parent).as_posix()


def imported(source):
    """Names of the modules that a source imports, wherever in it, also by importlib with a constant."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield ast.unparse(node.args[0]).strip("f'\"")


def imports_of(path):
    return set(imported(path.read_text(encoding="utf-8")))


def under(names, package):
    return {name for name in names if name == package or name.startswith(f"{package}.")}


def loaded_after(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=COURSE.parent, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_importing_the_course_is_light():
    loaded = loaded_after("from course import check, sigmoid, xor")
    assert "course.checking.check" in loaded
    for heavy in ("matplotlib", "mlp_ref", "IPython", "nbgrader", "ipywidgets", "course.grading"):
        assert not under(loaded, heavy), heavy


def test_the_explorer_is_loaded_when_it_is_asked_for_and_never_touches_pyplot():
    assert not under(loaded_after("import course"), "course.explorer")
    loaded = loaded_after("from course import LossExplorer; LossExplorer(steps=10).figure()")
    assert "course.explorer.view.picture" in loaded
    for unwanted in ("matplotlib.pyplot", "mlp_ref", "nbgrader", "course.grading"):
        assert not under(loaded, unwanted), unwanted


def test_running_every_visible_check_needs_no_reference():
    loaded = loaded_after(
        "from course.checking.check import checks_of; [one.cases() for one in checks_of('ps1').values()]"
    )
    assert "course.checking.tables.ps1" in loaded
    for package in ("mlp_ref", "nbgrader", "IPython"):
        assert not under(loaded, package), package


def test_the_reference_needs_no_grader():
    loaded = loaded_after("import mlp_ref.grading")
    assert "mlp_ref.cases" in loaded
    for package in ("course.grading", "nbgrader", "IPython", "matplotlib"):
        assert not under(loaded, package), package


@pytest.mark.parametrize("path", sorted(COURSE.rglob("*.py")), ids=relative)
def test_the_course_never_imports_the_reference(path):
    assert not under(imports_of(path), "mlp_ref")


@pytest.mark.parametrize("path", OF_STUDENTS, ids=relative)
def test_what_students_import_knows_no_grader(path):
    names = imports_of(path)
    assert not under(names, "course.grading")
    assert not under(names, "nbgrader")


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.py")), ids=relative)
def test_the_reference_never_imports_the_grader(path):
    assert not under(imports_of(path), "course.grading")
    assert not any(name.startswith(".") for name in imports_of(path)), "imports are absolute"


def test_imports_are_found_wherever_they_are():
    source = (
        "import a.b as c\nfrom d import e\n"
        "def f():\n    from g.h import i\n    importlib.import_module('j.k')\n    __import__('l')\n"
    )
    assert set(imported(source)) >= {"a.b", "d", "d.e", "g.h", "j.k", "l"}
