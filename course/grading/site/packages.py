"""Which packages the browser's Python loads: the course's, its kernel's, and all that these need."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.grading.errors import CourseError
from course.grading.site.distribution import Distribution
from course.grading.site.wheels import Wheel, installed

IN_THE_PAGE = {"jupyterlab-widgets", "widgetsnbextension"}
"""packages for pages of notebooks, which the site has as extensions"""


@dataclass
class Packages:
    """Packages by their normalized names, as Pyodide's lock says them, with the files that the site holds."""

    distribution: Distribution
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes | Path] = field(default_factory=dict)

    def lock(self) -> dict[str, Any]:
        """Return what Pyodide reads to find packages."""
        return {"info": self.distribution.info, "packages": dict(sorted(self.entries.items()))}


def gather(distribution: Distribution, wheels: Iterable[Wheel], names: Iterable[str] = ()) -> Packages:
    """Return `wheels`, the packages `names`, and all that they need.

    A package comes from the distribution; what is not in it is taken as it is installed here. Raises
    CourseError where a package is missing, or not of a version that will do.
    """
    packages = Packages(distribution)
    known = {wheel.name: wheel for wheel in wheels}
    waiting = [Requirement(name) for name in (*known, *names)]
    environment = _environment(distribution)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in IN_THE_PAGE:
            continue
        if name not in packages.entries:
            if name in known or name not in distribution.packages:
                needs = _add_wheel(packages, known.get(name) or installed(name), environment)
            else:
                needs = _add_entry(packages, name)
            waiting += needs
        version = packages.entries[name]["version"]
        if not requirement.specifier.contains(version, prereleases=True):
            raise CourseError(f"the site would have {name} {version}, and needs {requirement}")
    return packages


def _environment(distribution: Distribution) -> dict[str, str]:
    """Return what decides which requirements count in the browser."""
    python = distribution.info["python"]
    return {
        **{key: str(value) for key, value in default_environment().items()},
        "extra": "",
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_system": "Emscripten",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "emscripten",
    }


def _add_wheel(packages: Packages, wheel: Wheel, environment: dict[str, str]) -> list[Requirement]:
    needs = [
        requirement
        for requirement in wheel.requirements
        if requirement.marker is None or requirement.marker.evaluate(environment)
    ]
    names = {canonicalize_name(requirement.name) for requirement in needs} - IN_THE_PAGE
    packages.entries[wheel.name] = entry(wheel, sorted(names))
    packages.files[wheel.file_name] = wheel.content
    return needs


def entry(wheel: Wheel, depends: list[str]) -> dict[str, Any]:
    """Return what a lock says of a wheel that stands beside it."""
    return {
        "name": wheel.name,
        "version": wheel.version,
        "file_name": wheel.file_name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.content).hexdigest(),
        "package_type": "package",
        "imports": wheel.imports,
        "depends": depends,
        "unvendored_tests": False,
    }


def _add_entry(packages: Packages, name: str) -> list[Requirement]:
    distribution = packages.distribution
    package = dict(distribution.packages[name])
    path = distribution.file_of(package)
    if path is None:
        package["file_name"] = urljoin(distribution.address, str(package["file_name"]))
    else:
        packages.files[str(package["file_name"])] = path
    packages.entries[name] = package
    return [Requirement(need) for need in package["depends"]]
