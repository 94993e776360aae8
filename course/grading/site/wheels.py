"""Wheels for Python in a browser: what is in one, and how one is made of a package installed here."""

from __future__ import annotations

import base64
import email
import hashlib
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from importlib import metadata
from pathlib import PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.grading.errors import CourseError

WITHOUT_COMPILED = frozenset({"psygnal"})
"""packages of which every compiled module stands beside the Python that it was made of"""
_COMPILED = (".so", ".pyd", ".dylib")
_LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "WHEEL"}
_WHEEL = "Wheel-Version: 1.0\nGenerator: mlp-course\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_THEN = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Wheel:
    """A wheel of pure Python, in memory."""

    file_name: str
    content: bytes = field(repr=False)

    @cached_property
    def _metadata(self) -> Message:
        with zipfile.ZipFile(io.BytesIO(self.content)) as file:
            path = next(path for path in file.namelist() if path.endswith(".dist-info/METADATA"))
            return email.message_from_bytes(file.read(path))

    @property
    def name(self) -> str:
        """The package's normalized name."""
        return canonicalize_name(self._metadata["Name"])

    @property
    def version(self) -> str:
        """The package's version."""
        return str(self._metadata["Version"])

    @property
    def requirements(self) -> list[Requirement]:
        """What the package needs, also what only some systems or extras need."""
        return [Requirement(text) for text in self._metadata.get_all("Requires-Dist", [])]

    @property
    def imports(self) -> list[str]:
        """The names under which the package is imported."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as file:
            paths = [PurePosixPath(name) for name in file.namelist() if name.endswith(".py")]
        tops = {path.parts[0].removesuffix(".py") for path in paths}
        return sorted(top for top in tops if top.isidentifier())


def installed(name: str, without_compiled: Iterable[str] = WITHOUT_COMPILED) -> Wheel:
    """Return a wheel of the package `name` as it is installed here: the same files give the same bytes.

    Compiled modules are left out of packages that do without. Raises CourseError where the package is not
    installed, or needs its compiled modules.
    """
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise CourseError(
            f"{name} is not installed here, and the site needs it", f"pip install {name}"
        ) from None
    files: dict[str, bytes] = {}
    for path in package.files or ():
        if ".." in path.parts or path.is_absolute() or "__pycache__" in path.parts:
            continue
        if path.suffix in _COMPILED:
            if name not in without_compiled:
                raise CourseError(
                    f"{name} is compiled for this machine and not part of the distribution of Pyodide: "
                    "take a distribution that has it, the whole one, say"
                )
        elif not (path.parent.suffix == ".dist-info" and path.name in _LEFT_OUT):
            files[path.as_posix()] = path.read_binary()
    information = f"{canonicalize_name(name).replace('-', '_')}-{package.version}"
    folder = next(str(path.parent) for path in package.files or () if path.name == "METADATA")
    files[f"{folder}/WHEEL"] = _WHEEL.encode()
    files[f"{folder}/RECORD"] = _record(files, f"{folder}/RECORD").encode()
    return Wheel(f"{information}-py3-none-any.whl", _zipped(files))


def _record(files: dict[str, bytes], own: str) -> str:
    lines = []
    for path, content in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    return "".join(lines) + f"{own},,\n"


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, _THEN), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
