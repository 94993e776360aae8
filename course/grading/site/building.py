"""`course site`: a folder for any web server, on which a class works with nothing installed."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePath

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined

from course import lectures
from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.pack import packing, wheel
from course.grading.problem_sets import release
from course.grading.replacing import PendingFolder, Replacement
from course.grading.site import distribution, lite
from course.grading.site.distribution import Distribution
from course.grading.site.packages import Packages, gather
from course.grading.site.wheels import Wheel

START = "index.html"
WORK = "work"
"""the folder of JupyterLite in a site"""
EXPLORER = "explorer.html"
READINGS = "lectures"


@dataclass(frozen=True)
class Site:
    """A site that was built."""

    folder: Path
    assignments: list[str]
    megabytes: float
    python: str
    """where the students' browsers get Python from, if not from the site"""


def build(root: Path, to: Path, pyodide: str | None = None) -> Site:
    """Build the site of the course in `root` in the folder `to`; its old content is replaced as a whole.

    `pyodide` is a folder with a distribution of Pyodide, or an address; otherwise browsers get it where
    JupyterLite's kernel looks for it. Raises CourseError, and then changes nothing.
    """
    lite.require()
    _require_ours(to)
    contents, paths = _contents(root)
    number, address = lite.release()
    python = distribution.read(pyodide or address, number)
    try:
        pending = PendingFolder(to.absolute().parent, f".{to.name}.building-")
        try:
            new = pending.path / "new"
            _make(new, python, root, contents, pending.path / "temporary")
            (new / START).write_text(_start_page(contents, paths), encoding="utf-8")
            _put(new, to, pending.path / "old")
        finally:
            pending.close()
    except OSError as error:
        raise CourseError(
            f"{to} cannot be written: {error}; make room there, or name another folder"
        ) from error
    size = sum(path.stat().st_size for path in to.rglob("*") if path.is_file()) / 1e6
    return Site(to, sorted(paths), size, "" if python.folder else python.address)


def _make(new: Path, python: Distribution, root: Path, contents: dict[str, bytes], temporary: Path) -> None:
    """Make all of a site but its start page in the folder `new`. Raises CourseError, OSError."""
    temporary.mkdir()
    packages = gather(python, [_students_wheel(root, temporary), *lite.kernel_wheels()], lite.PRELOADED)
    core = python.core()
    start = f"./{lite.PYTHON}/{distribution.START}" if core else python.address + distribution.START
    lite.build(contents, start, temporary, new / WORK)
    _write_python(packages, core, new / WORK / lite.PYTHON)
    _write_explorer(new / EXPLORER)


def _put(new: Path, to: Path, old: Path) -> None:
    """Put the new site in the place of the old one, or leave that. Raises OSError."""
    replacement = Replacement(new, to, old)
    try:
        replacement.swap()
    except OSError:
        replacement.undo()
        raise
    replacement.done()


def _require_ours(to: Path) -> None:
    """Raise CourseError if a folder holds what no site is, and would be lost."""
    if to.exists() and not to.is_dir():
        raise CourseError(f"{to} is not a folder: name another place for the site")
    if to.is_dir() and any(to.iterdir()) and not (to / WORK / "jupyter-lite.json").is_file():
        raise CourseError(f"{to} holds other files than those of a site: name a new folder")


def _contents(root: Path) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """Return the files that students open, by path, and the notebooks of each problem set."""
    course = CourseFolder(root)
    names = release.assignments(root)
    if not names:
        raise CourseError(f"{root} holds no problem set under {course.folders.source}/")
    contents: dict[str, bytes] = {}
    paths: dict[str, list[str]] = {}
    for name in names:
        notebook_names, files = packing.released(root, name)
        contents |= {f"{name}/{path}": content for path, content in files.items()}
        paths[name] = [f"{name}/{notebook}.ipynb" for notebook in notebook_names]
    for path in sorted(Path(lectures.__file__).parent.glob("*.ipynb")):
        contents[f"{READINGS}/{path.name}"] = path.read_bytes()
    return contents, paths


def _students_wheel(root: Path, temporary: Path) -> Wheel:
    built = wheel.build(packing.sources(root), temporary)
    return Wheel(built.name, built.read_bytes())


def _write_python(packages: Packages, core: dict[str, Path], to: Path) -> None:
    to.mkdir()
    for name, path in core.items():
        shutil.copyfile(path, to / name)
    for name, content in packages.files.items():
        if isinstance(content, bytes):
            (to / name).write_bytes(content)
        else:
            shutil.copyfile(content, to / name)
    (to / distribution.LOCK).write_text(json.dumps(packages.lock()), encoding="utf-8")


def _write_explorer(to: Path) -> None:
    from course import LossExplorer  # late: it needs Matplotlib

    explorer = LossExplorer()
    explorer.save(to)
    explorer.close()


def _start_page(contents: dict[str, bytes], paths: dict[str, list[str]]) -> str:
    environment = Environment(
        loader=PackageLoader("course.grading.site", "."), autoescape=True, undefined=StrictUndefined
    )
    titles = {path: _title(path, content) for path, content in contents.items() if path.endswith(".ipynb")}
    readings = [path for path in titles if path.startswith(f"{READINGS}/")]
    template = environment.get_template("start.html")
    return template.render(paths=paths, titles=titles, readings=readings, work=WORK, explorer=EXPLORER) + "\n"


def _title(path: str, content: bytes) -> str:
    """Return the first heading of a notebook, or its name."""
    for cell in nbformat.reads(content.decode(), as_version=4).cells:
        for line in cell.source.splitlines():
            if cell.cell_type == "markdown" and line.startswith("# "):
                return str(line.removeprefix("# "))
    return PurePath(path).stem
