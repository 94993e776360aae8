"""What of Python and of the course is put into a sandbox, and where it is found there."""

from __future__ import annotations

import os
import stat
import sys
import sysconfig
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

COURSE = Path(__file__).parents[2]
"""the package that students import"""
GUEST = COURSE / "grading" / "guest"
GUEST_NAME = "course_guest"
"""of the guest's package in the sandbox: nothing there is called `grading`"""
PYTHON = PurePosixPath("/opt/python")
PACKAGES = PurePosixPath("/opt/packages")
"""holds `course` and the guest"""
# Of the system's Python too: other packages than the grader's are no part of the sandbox.
_SITE_FOLDERS = {"site-packages", "dist-packages"}

# Modules of the course import a hidden one's names as usual; only a call tells that they are not here.
_HIDDEN = '''"""Not a part of this problem set."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def not_here(*args, **kwargs):
        raise ImportError(f"{__name__}.{name} is not available in this problem set: write your own.")

    return not_here
'''


@dataclass(frozen=True)
class Mounts:
    """Folders and files of the host which the sandbox sees, none of them writable."""

    shown: tuple[tuple[Path, PurePosixPath], ...]
    """what is seen, and where"""
    emptied: tuple[PurePosixPath, ...]
    """folders in it of which nothing is seen"""
    blanked: tuple[PurePosixPath, ...]
    """files in it which cannot be read"""
    links: tuple[tuple[str, PurePosixPath], ...]
    """symbolic links: target, and where"""
    executable: PurePosixPath
    """the interpreter"""
    path: tuple[str, ...]
    """what follows the standard library on `sys.path`"""
    libraries: str
    """what LD_LIBRARY_PATH has to be, often nothing"""


def _names_the_course(site: Path) -> Iterator[tuple[Path, bool]]:
    # A course installed in place is named there with its path, and one that is not has its grader there.
    for pattern in ("*.pth", "*.egg-link", "__editable__*", "*.dist-info/direct_url.json"):
        yield from ((found, False) for found in site.glob(pattern) if found.is_file())
    for package in (COURSE.name, "mlp_ref"):
        if (site / package).is_dir():
            yield site / package, True


def mounts() -> Mounts:
    """Return what the running interpreter, its packages and the C library need."""
    sites = dict.fromkeys(Path(p) for p in sys.path if Path(p).name in _SITE_FOLDERS)
    # whatever is installed changes its folder
    return _mounts(tuple((site, site.stat().st_mtime_ns) for site in sites if site.is_dir()))


@lru_cache(maxsize=1)
def _mounts(sites: tuple[tuple[Path, int], ...]) -> Mounts:
    shown: list[tuple[Path, PurePosixPath]] = []
    emptied: list[PurePosixPath] = []
    blanked: list[PurePosixPath] = []
    links: list[tuple[str, PurePosixPath]] = []
    system = [Path("/usr/lib"), Path("/usr/lib64")]
    shown += [(folder, PurePosixPath(folder)) for folder in system if folder.is_dir()]
    for name in ("lib", "lib64"):
        top = Path("/", name)
        if top.is_symlink():
            links.append((str(top.readlink()), PurePosixPath(top)))
        elif top.is_dir():
            shown.append((top, PurePosixPath(top)))
    shown.append((Path("/bin/sh").resolve(), PurePosixPath("/bin/sh")))

    base = Path(sys.base_prefix)
    interpreter = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    shown.append((interpreter, PYTHON / "bin" / interpreter.name))
    shown += [(base / name, PYTHON / name) for name in ("lib", "lib64") if (base / name).is_dir()]
    for folder, inside in list(shown):
        if folder.is_dir():
            for pattern in ("python3*/*-packages", "*-packages"):
                emptied += [
                    inside / found.relative_to(folder)
                    for found in folder.glob(pattern)
                    if found.name in _SITE_FOLDERS
                ]

    path = [str(PACKAGES)]
    for number, (site, _) in enumerate(sites):
        inside = PurePosixPath("/opt", f"{site.name}-{number}" if number else site.name)
        shown.append((site, inside))
        path.append(str(inside))
        for found, is_folder in _names_the_course(site):
            (emptied if is_folder else blanked).append(inside / found.relative_to(site))
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED")) and base != Path("/usr")
    libraries = str(PYTHON / "lib") if shared else ""
    return Mounts(
        tuple(shown),
        tuple(emptied),
        tuple(blanked),
        tuple(links),
        PYTHON / "bin" / interpreter.name,
        tuple(path),
        libraries,
    )


def course_files(hidden: Collection[str] = ()) -> Mapping[PurePosixPath, bytes]:
    """Return the files of `course` as a student has them, without `grading`, and those of the guest.

    A hidden module, named as `course.gradcheck`, is replaced: its names can still be imported, by the
    course's own modules too, but calling one raises ImportError. Raises ValueError for a module that is not
    there.
    """
    return _course_files(tuple(_states()), tuple(hidden))


def _states() -> Iterator[tuple[str, int, int]]:
    """Yield each file's path, time of change and size, which tell whether it is to be read again."""
    for top in (str(COURSE), str(GUEST)):
        for folder, folders, names in os.walk(top):
            left_out = {"__pycache__", "grading"} if folder == str(COURSE) else {"__pycache__"}
            folders[:] = sorted(set(folders) - left_out)
            for name in sorted(names):
                path = os.path.join(folder, name)  # noqa: PTH118  # a third of the time, for every submission
                state = os.lstat(path)
                if stat.S_ISREG(state.st_mode):
                    yield path, state.st_mtime_ns, state.st_size


@lru_cache(maxsize=8)
def _course_files(
    states: tuple[tuple[str, int, int], ...], hidden: tuple[str, ...]
) -> Mapping[PurePosixPath, bytes]:
    files = {_place(Path(path)): Path(path).read_bytes() for path, *_ in states}
    for module in hidden:
        stem = PACKAGES.joinpath(*module.split("."))
        place = next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p in files), None)
        if place is None:
            raise ValueError(f"there is no module {module} to hide")
        if place.name == "__init__.py":
            files = {p: data for p, data in files.items() if stem not in p.parents}
        files[place] = _HIDDEN.encode()
    return files


def _place(path: Path) -> PurePosixPath:
    """Return where a file of the course or of the guest is in the sandbox."""
    if path.is_relative_to(GUEST):
        return PACKAGES / GUEST_NAME / path.relative_to(GUEST)
    return PACKAGES / COURSE.name / path.relative_to(COURSE)
