"""Which files of Python and of the course a sandbox sees, and where in it they are."""

from __future__ import annotations

import os
import shutil
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
"""what the guest's package is called in the sandbox"""
CHECKS = GUEST / "checks.py"
"""what stands for the checks in the sandbox"""
PYTHON = PurePosixPath("/opt/python")
PACKAGES = PurePosixPath("/opt/packages")
"""holds `course` and the guest"""
PROGRAMS = (
    *("bash", "cat", "cp", "cut", "echo", "env", "grep", "head", "ls", "mkdir", "mv", "pwd", "rm", "rmdir"),
    *("sed", "seq", "sh", "sleep", "sort", "tail", "touch", "tr", "uniq", "wc"),
)
"""what notebooks call with `!`, as far as the system has it"""
_PYTHONS = ("python", "python3")
_PROGRAM_FOLDERS = os.pathsep.join(("/usr/bin", "/bin"))
# Folders of packages. Only those on the grader's own path are seen in the sandbox.
_SITE_FOLDERS = {"site-packages", "dist-packages"}

# What a hidden module is replaced by. Other modules can still import its names.
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
    """folders in it that are shown empty"""
    blanked: tuple[PurePosixPath, ...]
    """files in it that cannot be read"""
    links: tuple[tuple[str, PurePosixPath], ...]
    """symbolic links: target, and where"""
    executable: PurePosixPath
    """the interpreter"""
    path: tuple[str, ...]
    """the folders after the standard library on `sys.path`"""
    libraries: str
    """the value of LD_LIBRARY_PATH, often empty"""


def _installed_course(site: Path) -> tuple[list[Path], list[Path]]:
    """Return the traces of an installed course: folders with its code, and files with its path."""
    packages = [site / name for name in (COURSE.name, "mlp_ref")]
    patterns = ("*.pth", "*.egg-link", "__editable__*", "*.dist-info/direct_url.json")
    files = [path for pattern in patterns for path in site.glob(pattern)]
    return [path for path in packages if path.is_dir()], [path for path in files if path.is_file()]


def mounts() -> Mounts:
    """Return what the running interpreter, its packages and the C library need."""
    sites = dict.fromkeys(Path(p) for p in sys.path if Path(p).name in _SITE_FOLDERS)
    # whatever is installed changes its folder
    return _mounts(tuple((site, site.stat().st_mtime_ns) for site in sites if site.is_dir()))


def packages_state() -> tuple[tuple[str, int], ...]:
    """Return what changes when a package is installed or removed, or its folder's rights are changed."""
    seen = mounts()
    sites = [source for source, inside in seen.shown if str(inside) in seen.path]
    entries = [entry for site in sites for entry in os.scandir(site)]
    return tuple((entry.path, entry.stat(follow_symlinks=False).st_ctime_ns) for entry in entries)


@lru_cache(maxsize=1)
def _mounts(sites: tuple[tuple[Path, int], ...]) -> Mounts:
    system, links = _system()
    base = Path(sys.base_prefix)
    interpreter = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    shown = [*system, (interpreter, PYTHON / "bin" / interpreter.name)]
    shown += [(base / name, PYTHON / name) for name in ("lib", "lib64") if (base / name).is_dir()]
    emptied = [inside for folder, place in shown for inside in _package_folders(folder, place)]
    blanked: list[PurePosixPath] = []
    path = [str(PACKAGES)]
    for number, (site, _) in enumerate(sites):
        inside = PurePosixPath("/opt", f"{site.name}-{number}" if number else site.name)
        shown.append((site, inside))
        path.append(str(inside))
        packages, files = _installed_course(site)
        emptied += [inside / package.relative_to(site) for package in packages]
        blanked += [inside / file.relative_to(site) for file in files]
    links += [(str(PYTHON / "bin" / interpreter.name), PurePosixPath("/bin", name)) for name in _PYTHONS]
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED")) and base != Path("/usr")
    return Mounts(
        tuple(shown),
        tuple(emptied),
        tuple(blanked),
        tuple(links),
        PYTHON / "bin" / interpreter.name,
        tuple(path),
        str(PYTHON / "lib") if shared else "",
    )


def _system() -> tuple[list[tuple[Path, PurePosixPath]], list[tuple[str, PurePosixPath]]]:
    """Return the system's libraries and PROGRAMS, and the symbolic links that lead to them."""
    folders = [Path("/usr/lib"), Path("/usr/lib64")]
    shown = [(folder, PurePosixPath(folder)) for folder in folders if folder.is_dir()]
    links = []
    for name in ("lib", "lib64"):
        top = Path("/", name)
        if top.is_symlink():
            links.append((str(top.readlink()), PurePosixPath(top)))
        elif top.is_dir():
            shown.append((top, PurePosixPath(top)))
    found = ((name, shutil.which(name, path=_PROGRAM_FOLDERS)) for name in PROGRAMS)
    shown += [(Path(path).resolve(), PurePosixPath("/bin", name)) for name, path in found if path]
    return shown, links


def _package_folders(folder: Path, inside: PurePosixPath) -> list[PurePosixPath]:
    """Return where the folders of packages in a shown folder are in the sandbox."""
    patterns = ("python3*/*-packages", "*-packages") if folder.is_dir() else ()
    paths = [path for pattern in patterns for path in folder.glob(pattern)]
    return [inside / path.relative_to(folder) for path in paths if path.name in _SITE_FOLDERS]


def course_files(hidden: Collection[str] = ()) -> Mapping[PurePosixPath, bytes]:
    """Return the files of `course` as a student has them, and those of the guest.

    `grading` is not there, and of `checking` only a `check` that says that checks run at grading.
    A hidden module, named as `course.gradcheck`, is replaced: its names can still be imported, by the
    course's own modules too, but calling one raises ImportError. Raises ValueError for a module that is not
    there.
    """
    return _course_files(tuple(_states()), tuple(hidden))


def _states() -> Iterator[tuple[str, int, int]]:
    """Yield each file's path, time of change and size, which tell whether it is to be read again."""
    for top in (str(COURSE), str(GUEST)):
        for folder, folders, names in os.walk(top):
            left_out = {"__pycache__", "grading", "checking"} if folder == str(COURSE) else {"__pycache__"}
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
    if path == CHECKS:
        return PACKAGES / COURSE.name / "checking" / "check.py"
    if path.is_relative_to(GUEST):
        return PACKAGES / GUEST_NAME / path.relative_to(GUEST)
    return PACKAGES / COURSE.name / path.relative_to(COURSE)
