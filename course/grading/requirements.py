"""What a machine must have before it grades: libraries in versions that fit, and semaphores for its workers.

The versions are compared with those that the package `mlp-course` declares.
"""

from __future__ import annotations

import multiprocessing
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.grading.errors import CourseError

PACKAGE = "mlp-course"
EXTRAS = ("", "grading")
"""what grading needs: the students' dependencies and those of this extra"""
SHARED_MEMORY = "/dev/shm"
"""where Linux keeps semaphores"""


def require() -> None:
    """Raise CourseError when a package that grading needs is installed in a version that it cannot use.

    What is not installed is not looked at: the import that fails names it.
    """
    unusable = _unusable()
    if unusable:
        versions = ", ".join(f"{name} {metadata.version(name)}" for name in unusable)
        needed = " ".join(f'"{requirement.name}{requirement.specifier}"' for requirement in unusable.values())
        raise CourseError(f"{versions} cannot be used for grading", f"pip install {needed}")


def require_semaphores() -> str:
    """Return where the semaphores of workers are. Raises CourseError where none can be made."""
    try:
        multiprocessing.get_context("forkserver").Lock()
    except OSError as error:
        raise CourseError(
            f"no semaphore can be made in {SHARED_MEMORY} ({error.strerror}), and workers need them",
            f"mount -t tmpfs -o mode=1777 tmpfs {SHARED_MEMORY}",
        ) from None
    return f"semaphores in {SHARED_MEMORY}"


def _unusable() -> dict[str, Requirement]:
    """Return, by name of the package, the requirements that the installed versions do not meet."""
    try:
        declared = [Requirement(text) for text in metadata.requires(PACKAGE) or ()]
    except metadata.PackageNotFoundError:  # run from its sources
        return {}
    unmet: dict[str, Requirement] = {}
    for requirement in declared:
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in EXTRAS):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            unmet[canonicalize_name(requirement.name)] = requirement
    return unmet
