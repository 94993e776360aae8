"""What the guides tell a reader to type."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from tests.helpers import ROOT

GUIDES = (
    "docs/instructor.md",
    "README.md",
    "docs/student.md",
    "docs/grading.md",
    "docs/site.md",
    "docs/jupyterhub.md",
)
CODE = re.compile(
    r"^#+ (?P<heading>[^\n]*)$|^```(?P<language>\w*)\n(?P<block>.*?)^```$|(?<!`)`(?P<inline>[^`\n]+)`(?!`)",
    re.MULTILINE | re.DOTALL,
)
# Beginnings of commands that are not on every machine.
PROGRAMS = ("course", "nbgrader", "apt", "dnf", "jupyter", "make", "pip", "source", "sudo", "systemd-run")


@dataclass(frozen=True)
class Code:
    """A fenced block of a guide, or code within a sentence."""

    guide: str
    section: str
    language: str | None
    """what is written at the fence; None for code within a sentence"""
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands in it, without comments."""
        if self.language == "console":
            lines = (re.sub(r"(^|\s+)#.*", "", line).strip() for line in self.text.splitlines())
            return [line for line in lines if line]
        program, _, rest = self.text.partition(" ")
        is_command = bool(rest) and (program in PROGRAMS or shutil.which(program) is not None)
        return [self.text] if self.language is None and is_command else []


def code(guide: str) -> Iterator[Code]:
    """Yield all code of a guide, in order."""
    section = ""
    for found in CODE.finditer((ROOT / guide).read_text(encoding="utf-8")):
        if found["heading"]:
            section = found["heading"]
        else:
            yield Code(guide, section, found["language"], found["block"] or found["inline"] or "")


def steps(guide: str, section: str) -> list[list[str]]:
    """Return the commands of a section, block by block."""
    return [
        found.commands for found in code(guide) if (found.section, found.language) == (section, "console")
    ]
