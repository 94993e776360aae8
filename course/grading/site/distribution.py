"""A distribution of Pyodide, Python for the browser: a folder here, or an address on the web."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.grading.errors import CourseError

LOCK = "pyodide-lock.json"
START = "pyodide.mjs"
CORE = (START, "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
"""the files that make Python itself"""
PATIENCE = 30
"""seconds that an address has to answer"""


@dataclass(frozen=True)
class Distribution:
    """A distribution, with the packages that it offers."""

    place: str
    """where it is, as an instructor wrote it"""
    packages: dict[str, dict[str, Any]] = field(repr=False)
    """the entries of its lock, by normalized names"""
    info: dict[str, str]
    """which Python it is for"""
    folder: Path | None
    """where its files are; none if they stay at its address"""

    @property
    def address(self) -> str:
        """The address of a distribution on the web, with a slash at its end."""
        return self.place.rstrip("/") + "/"

    def core(self) -> dict[str, Path]:
        """Return the files of Python itself that a site holds: none where they stay at an address.

        Raises CourseError.
        """
        if self.folder is None:
            return {}
        for name in CORE:
            if not (self.folder / name).is_file():
                raise CourseError(f"{self.place} is no distribution of Pyodide: it holds no {name}")
        return {name: self.folder / name for name in CORE}

    def file_of(self, entry: dict[str, Any]) -> Path | None:
        """Return the file of a package, whole; none if it stays at an address. Raises CourseError."""
        if self.folder is None:
            return None
        path = self.folder / str(entry["file_name"])
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:
            raise CourseError(
                f"{self.place} does not hold {path.name}, which the site needs: take the whole distribution"
            ) from None
        if digest != entry["sha256"]:
            raise CourseError(f"{path} is not the file that {LOCK} beside it means: copy it anew")
        return path


def read(place: str, release: str) -> Distribution:
    """Open the distribution in a folder or at an address. Raises CourseError."""
    if place.startswith(("http://", "https://")):
        return _opened(place, _fetched(place.rstrip("/") + "/" + LOCK), None)
    folder = Path(place)
    try:
        text = (folder / LOCK).read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"{place} is no distribution of Pyodide: {LOCK} cannot be read there ({error.strerror}); "
            f"unpack one of release {release}, and name the folder with that file"
        ) from None
    _require_release(folder, release)
    return _opened(place, text, folder)


def _require_release(folder: Path, release: str) -> None:
    """Raise CourseError where a folder says that it is another release than the site's kernel is for."""
    try:
        version = str(json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return  # the browser will say it
    if version.split(".")[0] != release.split(".")[0]:
        raise CourseError(
            f"{folder} is release {version} of Pyodide, and jupyterlite-pyodide-kernel is made for {release}"
        )


def _fetched(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise CourseError(
            f"{address} cannot be read ({reason}): a site is built from the list of packages there; "
            "connect this machine, or name a local distribution of Pyodide, --pyodide DIR"
        ) from None


def _opened(place: str, text: str, folder: Path | None) -> Distribution:
    try:
        lock = json.loads(text)
        return Distribution(place, dict(lock["packages"]), dict(lock["info"]), folder)
    except (ValueError, KeyError, TypeError):
        raise CourseError(
            f"{place}: {LOCK} is not the list of packages of a distribution of Pyodide"
        ) from None
