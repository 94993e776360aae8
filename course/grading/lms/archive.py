"""Reads zip archives from elsewhere: what they claim to hold is checked before anything is unpacked."""

from __future__ import annotations

import lzma
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from course.grading.errors import ArchiveError
from course.grading.submissions.notebook import LARGEST, LARGEST_FILE, needed
from course.grading.submissions.unreadable import Unreadable

MOST_ENTRIES = 200_000
MOST_UNPACKED = 32 << 30
MOST_TIMES_LARGER = 100
"""unpacked bytes for each packed one; notebooks, which are text, have about ten"""
SMALL = 64 << 20
"""bytes that any archive may unpack to, however small it is"""
_DIRECTORY_BYTES = 1000
"""most bytes of one entry in the central directory, the list at the end of an archive"""

_DAMAGE = (zipfile.BadZipFile, ValueError, EOFError, struct.error, zlib.error, lzma.LZMAError)
_ENCRYPTED, _UTF8 = 0x1, 0x800
_EXTRA_TIME, _EXTRA_NAME = 0x5455, 0x7075
_JUNK = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class ArchiveEntry:
    """A file in an archive."""

    path: PurePosixPath
    """relative, without `..`, in Unicode's composed form (NFC)"""
    size: int
    """unpacked, in bytes, as the archive claims"""
    time: datetime | None
    """when the file was last changed, in UTC, as the archive claims"""
    info: zipfile.ZipInfo
    problem: str = ""
    """why it cannot be taken: its path leads out of the archive, or it is a link"""


class Archive:
    """An open zip archive whose entries lead nowhere else, and are not larger than they claim."""

    def __init__(
        self, file: BinaryIO, name: str, most: int = MOST_ENTRIES, *, of_a_class: bool = False
    ) -> None:
        """Open the archive in `file`, which messages call `name`, if it has at most `most` entries.

        Raises ArchiveError for one that is damaged, encrypted or a zip bomb, or has a link or a path that
        leads out of it. In the archive `of_a_class` a link, a path and a size concern one student: such
        entries have a `problem`, and whoever takes files limits their sizes.
        """
        self.name = name
        self._of_a_class = of_a_class
        packed = file.seek(0, os.SEEK_END)
        if _directory_size(file, packed) > most * _DIRECTORY_BYTES:
            raise ArchiveError(f"{name} holds more than {most} files: nothing of it was taken")
        try:
            self._zip = zipfile.ZipFile(file)
        except (*_DAMAGE, OSError, NotImplementedError) as error:
            raise ArchiveError(_damaged(name, error)) from None
        infos = self._zip.infolist()
        if len(infos) > most:
            raise ArchiveError(f"{name} holds more than {most} files: nothing of it was taken")
        if not of_a_class and self._is_bomb(infos, SMALL + MOST_TIMES_LARGER * packed):
            unpacked = sum(info.file_size for info in infos)
            raise ArchiveError(
                f"{name} would unpack from {packed >> 10} KiB to {unpacked >> 20} MiB: nothing was taken"
            )
        self.entries = tuple(self._checked(infos))

    def _is_bomb(self, infos: list[zipfile.ZipInfo], most: int) -> bool:
        """Return whether the entries unpack to far more than such archives do; `most` is without outputs."""
        unpacked = sum(info.file_size for info in infos)
        if unpacked <= min(most, MOST_UNPACKED):
            return False
        outputs = sum(info.file_size for info in infos if self._has_large_outputs(info))
        return unpacked > MOST_UNPACKED or unpacked - outputs > most

    def _has_large_outputs(self, info: zipfile.ZipInfo) -> bool:
        """Return whether an entry is a notebook with much output, which may be packed very small."""
        if not (info.filename.lower().endswith(".ipynb") and LARGEST < info.file_size <= LARGEST_FILE):
            return False
        try:
            with self._zip.open(info) as file:
                needed(file)
        except (*_DAMAGE, OSError, RuntimeError, NotImplementedError, Unreadable):
            return False
        return True

    def _checked(self, infos: list[zipfile.ZipInfo]) -> Iterator[ArchiveEntry]:
        for info in infos:
            name = _name(info)
            path, problem = _path(name), ""
            kind = stat.S_IFMT(info.external_attr >> 16)
            if path is None or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                problem = "a path that leads out of it" if path is None else "a link, or no regular file"
                problem = f"holds {ascii(name)[:200]}, {problem}"
                path = path or (_inside(name) if self._of_a_class else None)
                if path is None or not self._of_a_class:
                    raise ArchiveError(f"{self.name} {problem}: nothing of it was taken")
            if info.flag_bits & _ENCRYPTED:
                raise ArchiveError(
                    f"{self.name} is encrypted: unpack it, and zip the files without a password"
                )
            if path.parts and not name.endswith("/") and kind != stat.S_IFDIR and not is_junk(path):
                yield ArchiveEntry(path, info.file_size, _time(info), info, problem)

    def read(self, entry: ArchiveEntry, most: int) -> bytes:
        """Return the content of an entry. Raises OSError, ArchiveError, also for more than `most` bytes."""
        if entry.size > most:
            raise ArchiveError(f"{entry.path} is larger than {most >> 20} MiB")
        try:
            with self._zip.open(entry.info) as file:
                content = file.read(most + 1)
        except (*_DAMAGE, RuntimeError, NotImplementedError) as error:
            raise ArchiveError(_damaged(self.name, error)) from None
        if len(content) != entry.size:
            raise ArchiveError(_damaged(self.name, f"{entry.path} is not as long as it claims"))
        return content

    def close(self) -> None:
        """Close the archive, not its file."""
        self._zip.close()


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the archive of a class at `path`. Raises ArchiveError, also where the file cannot be read."""
    if path.is_dir():
        raise ArchiveError(f"{path} is a folder: zip it again (Safari unpacks what it downloads)")
    try:
        with path.open("rb") as file:
            archive = Archive(file, path.name, of_a_class=True)
            try:
                yield archive
            finally:
                archive.close()
    except FileNotFoundError:
        if path.exists():
            raise
        raise ArchiveError(f"there is no file {path}") from None
    except PermissionError as error:
        if error.filename != str(path):
            raise
        raise ArchiveError(f"{path} cannot be read: {error.strerror}") from None


def casefolded(name: PurePosixPath | str) -> str:
    """Return a form of a name that is equal for names that a file system may treat as the same.

    They may differ in case, and in the composition of letters such as é.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(name)).casefold())


def is_junk(path: PurePosixPath) -> bool:
    """Return whether a path is one that operating systems and editors leave behind."""
    return any(part in _JUNK or part.startswith("._") for part in path.parts)


def _damaged(name: str, cause: object) -> str:
    if isinstance(cause, NotImplementedError):
        return (
            f"{name} is compressed in a way that cannot be read ({cause}): unpack it, and zip the files again"
        )
    reason = " ".join(str(cause).split())[:200] or type(cause).__name__
    return f"{name} is damaged, or no zip archive ({reason}): download it again"


def _directory_size(file: BinaryIO, packed: int) -> int:
    """Return the size of the central directory in bytes: zipfile would read all of it at once."""
    file.seek(max(0, packed - (1 << 16) - 22))
    end = file.read()
    file.seek(0)
    at = end.rfind(b"PK\5\6")
    if at < 0 or len(end) < at + 22:
        return 0
    size: int = struct.unpack_from("<L", end, at + 12)[0]
    return min(size, packed)


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name; many programs write UTF-8 without the flag for it."""
    name = info.orig_filename
    if info.flag_bits & _UTF8:
        return name
    extra = _extra(info, _EXTRA_NAME)
    for raw in (extra[5:] if extra else b"", name.encode("cp437", "replace")):
        try:
            if raw:
                return raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return name


def _path(name: str) -> PurePosixPath | None:
    """Return an entry's relative path, or None where it leads out of the archive or is no path."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in parts:
        return None
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        return None
    return PurePosixPath(*parts)


def _inside(name: str) -> PurePosixPath | None:
    """Return the path whose student an entry would be, None where its name starts outside the archive."""
    parts = [part for part in re.split(r"[/\\]", unicodedata.normalize("NFC", name)) if part not in ("", ".")]
    if not parts or parts[0] == ".." or name.startswith(("/", "\\")) or re.match("[A-Za-z]:", name):
        return None
    return PurePosixPath(*("".join(c if c.isprintable() else "_" for c in part) for part in parts))


def _time(info: zipfile.ZipInfo) -> datetime | None:
    extra = _extra(info, _EXTRA_TIME)
    try:
        if len(extra) >= 5 and extra[0] & 1:
            return datetime.fromtimestamp(struct.unpack_from("<l", extra, 1)[0], UTC)
        # The other time that an entry has is local: it is taken to be of this machine's time zone.
        local = datetime(*info.date_time)
        return local.astimezone(UTC) if local.year > 1980 else None
    except (ValueError, OverflowError, OSError):
        return None


def _extra(info: zipfile.ZipInfo, wanted: int) -> bytes:
    """Return the extra field of this kind, empty where there is none."""
    rest = info.extra
    while len(rest) >= 4:
        kind, length = struct.unpack_from("<HH", rest)
        if kind == wanted:
            return rest[4 : 4 + length]
        rest = rest[4 + length :]
    return b""
