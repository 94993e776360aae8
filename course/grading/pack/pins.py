"""The versions that students install: those the course was tested with, for every system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from itertools import product

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.grading.errors import CourseError

SYSTEMS = {"linux": ("Linux", "posix"), "darwin": ("Darwin", "posix"), "win32": ("Windows", "nt")}
"""by `sys_platform`: `platform_system` and `os_name`"""
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def requirements(dependencies: Iterable[str], constraints: str) -> list[str]:
    """Return a requirement for each package of `constraints` that `dependencies` lead to, with its version.

    A package that only some systems need says so. What only another system has is not pinned: pip chooses.
    Raises CourseError when a package is not installed here, so that what it needs is not known.
    """
    pins = dict(_pins(constraints))
    systems: dict[str, set[str]] = {}
    for system, python in product(SYSTEMS, PYTHONS):
        for name in _closure(list(dependencies), _environment(system, python)):
            systems.setdefault(name, set()).add(system)
    unknown = sorted(name for name in systems if name in pins and _required(name) is None)
    if unknown:
        raise CourseError(
            f"{', '.join(unknown)} is not installed here, and students need it: install the course again, "
            "`pip install -c constraints.txt -e .[grading]` in its folder"
        )
    return [f"{pins[name]}{_marker(systems[name])}" for name in sorted(systems) if name in pins]


def _pins(constraints: str) -> Iterator[tuple[str, str]]:
    for line in constraints.splitlines():
        if match := re.fullmatch(r"([\w.-]+)==\S+", line.strip()):
            yield canonicalize_name(match[1]), line.strip()


def _environment(system: str, python: str) -> dict[str, str]:
    platform_system, os_name = SYSTEMS[system]
    return {
        "sys_platform": system,
        "platform_system": platform_system,
        "os_name": os_name,
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


def _closure(dependencies: list[str], environment: dict[str, str]) -> set[str]:
    """Return the names of all packages that these need, as far as they are installed here."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in dependencies]
    while waiting:
        requirement, of_extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({**environment, "extra": of_extra}):
            continue
        name = canonicalize_name(requirement.name)
        found.add(name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += [(Requirement(text), extra) for text in _required(name) or ()]
    return found


def _required(name: str) -> list[str] | None:
    """Return what a package needs, or None when it is not installed."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return None


def _marker(systems: set[str]) -> str:
    if systems == set(SYSTEMS):
        return ""
    return "; " + " or ".join(f'sys_platform == "{system}"' for system in sorted(systems))
