"""`course pack`: one zip archive with all a student needs."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from course.grading.course_folder import CourseFolder
from course.grading.errors import CourseError
from course.grading.folders import Folders
from course.grading.pack import imported, wheel
from course.grading.pack.to_read import to_read
from course.grading.problem_sets import release
from course.grading.problem_sets.release_rule import contents, released_files
from course.grading.replacing import replace_file
from course.grading.sandbox.mounts import COURSE

START = "START-HERE.html"
REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"
CONFIG = "nbgrader_config.py"
_SETTINGS = """# nbgrader's settings for this folder.
c = get_config()
# Other editors, and conda, save the names of kernels of their own in a notebook.
c.Execute.kernel_name = "python3"
"""
_THEN = (1980, 1, 1, 0, 0, 0)


def pack(root: Path, assignment: str, to: Path | None = None) -> Path:
    """Write the archive of `assignment` to a file, and return it: the same content gives the same bytes.

    Raises CourseError, and then writes nothing.
    """
    names, files = released(root, assignment)
    checkout = sources(root)
    constraints = _constraints(checkout)
    requirements = imported.requirements(files, checkout, constraints)
    try:
        with tempfile.TemporaryDirectory() as made:
            built = wheel.build(checkout, Path(made))
            files[built.name] = built.read_bytes()
    except OSError as error:
        raise CourseError(f"the students' package cannot be built: {error}; make room there") from error
    files[REQUIREMENTS] = _requirements(assignment, built.name, requirements).encode()
    files[CONSTRAINTS] = constraints
    files[CONFIG] = _SETTINGS.encode()
    texts = to_read()
    files |= texts
    files[START] = _start(assignment, names, built.name, _titles(texts)).encode()
    target = to or root / f"{assignment}.zip"
    replace_file(target, _zipped({f"{assignment}/{name}": content for name, content in files.items()}))
    return target


def sources(root: Path) -> Path:
    """Return the folder from which the students' package is built."""
    # Where the course was installed from a wheel, its sources may be in this folder.
    return next((top for top in (COURSE.parent, root) if (top / wheel.PROJECT).is_file()), COURSE.parent)


def released(root: Path, assignment: str) -> tuple[list[str], dict[str, bytes]]:
    """Return the notebooks of `assignment`, by name, and all its released files, by path.

    Raises CourseError if `release/` is not complete and current, or gives something away.
    """
    course = CourseFolder(root)
    meant = contents(root / course.folders.source / assignment).released
    names = [name for name in course.notebooks(assignment) if f"{name}.ipynb" in meant]
    return names, _released(root, course.folders, assignment, names)


def _released(root: Path, folders: Folders, assignment: str, names: list[str]) -> dict[str, bytes]:
    """Return what was released. Raises CourseError if that is not all, or gives something away."""
    source, there = (f"{folder}/{assignment}" for folder in (folders.source, folders.release))
    files = released_files(root / there)
    for name in names:
        if f"{name}.ipynb" not in files:
            raise CourseError(f"{there} holds no {name}.ipynb: `course release {assignment}` makes it")
    current = release.generate(root, assignment).files
    in_source = dict(release.leaking_files(root / folders.source, assignment, current))
    remedy = f"`course release {assignment}` makes it anew"
    problems = [
        f"{there}/{name} is not for students: {reason}; "
        + (f"take it out of {source}/{name}, then {remedy}" if name in in_source else remedy)
        for name, reason in sorted(release.not_for_students(root, assignment).items())
    ]
    if not problems and (changed := sorted(release.changed_files(root, assignment, current))):
        problems = [f"{there} is not what {source} gives ({', '.join(changed)}); {remedy}"]
    if problems:
        raise CourseError("\n".join(problems))
    return files


def _requirements(assignment: str, built: str, imports: Iterable[str]) -> str:
    return (
        f"# For {assignment}; {START} says how to install it.\n"
        f"--constraint {CONSTRAINTS}\n"
        f"./{built}[{wheel.LAB}]\n"
    ) + "".join(f"{requirement}\n" for requirement in imports)


def _constraints(checkout: Path) -> bytes:
    """Return the versions the course was tested with. Raises CourseError where they are not at hand."""
    try:
        return (checkout / CONSTRAINTS).read_bytes()
    except FileNotFoundError as error:
        raise CourseError(f"{error.filename} is missing: it says which versions students install") from None


def _titles(texts: Mapping[str, bytes]) -> dict[str, str]:
    """Return the titles of the pages, by their paths."""
    pages = {path: text.decode() for path, text in texts.items() if path.endswith(".html")}
    return {path: page.partition("<title>")[2].partition("</title>")[0] for path, page in pages.items()}


def _start(assignment: str, names: list[str], built: str, texts: Mapping[str, str]) -> str:
    environment = Environment(
        loader=PackageLoader("course.grading.pack", "."), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("start.html")
    files = [f"{name}.ipynb" for name in names]
    return page.render(assignment=assignment, notebooks=files, wheel=built, texts=texts) + "\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _THEN)
            info.create_system = 3  # files with Unix permissions, whatever this runs on
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    return buffer.getvalue()
