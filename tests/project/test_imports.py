"""Who imports whom: a room imports only what stands below it, and what students import stays light."""

import ast
import importlib.util
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.helpers import ROOT

# The rooms from top to bottom: a module may import its own room and those of the rows below. Rooms in one row
# do not know each other. A room within a room has a row of its own.
ROWS = [
    "grading.__main__",
    "grading.cli",
    "grading.feedback grading.site grading.formgrader",
    "grading.whole_class grading.score grading.archive grading.lms grading.lti grading.report grading.pack "
    "grading.verify grading.doctor",
    "grading.nbgrader_steps",
    "grading.gradebook",
    "grading.judging grading.pages",
    "grading.submissions",
    "grading.problem_sets grading.sandbox",
    "grading.course_folder grading.replacing grading.requirements grading.locks grading.runs "
    "grading.short_folder",
    "grading.csv_rows grading.encoding grading.folders grading.globbing",
    "grading.guest grading.errors",
    "explorer lectures",
    "explorer.widget",
    "explorer.moves",
    "explorer.publisher explorer.opening explorer.traits",
    "explorer.view",
    "explorer.model explorer.background",
    "checking",
    "activations data gradcheck figures files text foreign values",
    "judged",
]
ROW_OF = {f"course.{room}": row for row, rooms in enumerate(ROWS) for room in rooms.split()}
# The packages that give names of their modules, or nothing, and belong to no room.
FACADES = {"course", "course.grading"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    name_of(path): path for package in ("course", "mlp_ref") for path in (ROOT / package).rglob("*.py")
}
OF_COURSE = sorted(name for name in MODULES if name.startswith("course."))


def imported(source: str, package: str = "") -> set[str]:
    """Names that a source imports, wherever in it, also by importlib with a constant; not those for types."""
    names = set()
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            relative = f"{'.' * node.level}{node.module or ''}"
            base = importlib.util.resolve_name(relative, package) if node.level else relative
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names.add(ast.unparse(node.args[0]).strip("f'\""))
    return names


def imports_of(name: str) -> set[str]:
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return imported(path.read_text(encoding="utf-8"), package)


def modules_of(name: str) -> set[str]:
    """The modules of the course and the reference that a module imports."""
    return (imports_of(name) & MODULES.keys()) - FACADES - {name}


def under(names: set[str], package: str) -> set[str]:
    return {name for name in names if name == package or name.startswith(f"{package}.")}


def room_of(name: str) -> str:
    return max((room for room in ROW_OF if under({name}, room)), key=len, default="")


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("name", [name for name in OF_COURSE if name not in FACADES])
def test_a_module_imports_only_rooms_below_its_own(name: str) -> None:
    room = room_of(name)
    assert room, f"{name} stands in no room of ROWS"
    others = {other: room_of(other) for other in modules_of(name) if not other.startswith("mlp_ref")}
    wrong = {other for other, its in others.items() if its != room and ROW_OF.get(its, 0) <= ROW_OF[room]}
    assert wrong == set()


def test_every_room_is_there() -> None:
    assert {room for room in ROW_OF if room not in MODULES} == set()


@pytest.mark.slow
def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter({name: modules_of(name) for name in MODULES}).prepare()


@pytest.mark.parametrize("name", OF_COURSE)
def test_the_course_never_imports_the_reference_except_to_prove_it(name: str) -> None:
    assert under({name}, "course.grading.verify") or not under(imports_of(name), "mlp_ref")


@pytest.mark.parametrize("name", sorted(under(set(OF_COURSE), "course.grading.guest")))
def test_the_guest_imports_its_own_modules_relatively(name: str) -> None:
    """In the sandbox the package has another name."""
    names = imported(MODULES[name].read_text(encoding="utf-8"), "course_guest")
    assert not under(names, "course.grading")


@pytest.mark.parametrize("name", sorted(under(set(OF_COURSE), "course.grading.verify.tried")))
def test_the_program_that_tries_functions_imports_nothing_of_the_grader(name: str) -> None:
    """It runs beside what students receive, where the grader is not."""
    names = imported(MODULES[name].read_text(encoding="utf-8"), "tried")
    assert not under(names, "course.grading")
    assert not under(names, "mlp_ref")


@pytest.mark.parametrize("name", [name for name in OF_COURSE if not under({name}, "course.grading")])
def test_what_students_import_knows_no_grader(name: str) -> None:
    names = imports_of(name)
    assert not under(names, "course.grading")
    assert not under(names, "nbgrader")


@pytest.mark.parametrize(
    "name", [name for name in OF_COURSE if name.startswith(("course.explorer", "course.lectures"))]
)
def test_the_explorer_and_the_lectures_know_no_check(name: str) -> None:
    assert not under(imports_of(name), "course.checking")
    assert "course.check" not in imports_of(name)


@pytest.mark.parametrize("name", sorted(under(set(MODULES), "mlp_ref")))
def test_the_reference_imports_nothing_of_the_course_but_checks_and_tools(name: str) -> None:
    rooms = {room_of(other) for other in modules_of(name) if not other.startswith("mlp_ref")}
    assert rooms <= {
        "course.checking",
        "course.activations",
        "course.data",
        "course.gradcheck",
        "course.values",
    }
    assert not under(imports_of(name), "course.grading")


def test_imports_are_found_wherever_they_are() -> None:
    source = (
        "import a.b as c\nfrom d import e\nfrom .k import l\nif TYPE_CHECKING:\n    import types\n"
        "def f():\n    from g.h import i\n    importlib.import_module('j.k')\n    __import__('m')\n"
    )
    assert imported(source, "own") == {"a.b", "d", "d.e", "own.k", "own.k.l", "g.h", "g.h.i", "j.k", "m"}


@pytest.mark.slow
def test_importing_the_course_is_light() -> None:
    loaded = loaded_after("from course import check, sigmoid, xor")
    assert "course.checking.check" in loaded
    for heavy in ("matplotlib", "mlp_ref", "IPython", "nbgrader", "ipywidgets", "course.grading"):
        assert not under(loaded, heavy), heavy


@pytest.mark.slow
def test_the_explorer_is_loaded_when_it_is_asked_for_and_never_touches_pyplot() -> None:
    assert not under(loaded_after("import course"), "course.explorer")
    loaded = loaded_after("from course import LossExplorer; LossExplorer(steps=10).figure()")
    assert "course.explorer.view.picture" in loaded
    for unwanted in ("matplotlib.pyplot", "mlp_ref", "nbgrader", "course.grading"):
        assert not under(loaded, unwanted), unwanted


@pytest.mark.slow
def test_running_every_visible_check_needs_no_reference() -> None:
    loaded = loaded_after(
        "from course.checking.check import checks_of; [check.cases() for check in checks_of('ps1').values()]"
    )
    assert "course.checking.tables.ps1" in loaded
    for package in ("mlp_ref", "nbgrader", "IPython"):
        assert not under(loaded, package), package


@pytest.mark.slow
def test_the_reference_needs_no_grader() -> None:
    loaded = loaded_after("import mlp_ref.grading")
    assert "mlp_ref.cases" in loaded
    for package in ("course.grading", "nbgrader", "IPython", "matplotlib"):
        assert not under(loaded, package), package
