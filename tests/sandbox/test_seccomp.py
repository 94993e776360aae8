"""The filter's numbers of system calls are the kernel's."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import seccomp

MACHINES = ("x86_64", "aarch64")
"""the columns of the tables"""
HEADERS = {
    "x86_64": ("x86_64-linux-gnu/asm/unistd_64.h", "asm/unistd_64.h"),
    "aarch64": ("asm-generic/unistd.h",),
}
"""which headers of linux-libc-dev have the numbers; of x86-64 they are on such a machine only"""


@pytest.mark.parametrize("machine", sorted({"aarch64", os.uname().machine}))
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    paths = [path for name in HEADERS[machine] if (path := Path("/usr/include", name)).is_file()]
    if not paths:
        pytest.skip("the kernel's headers are not here; `apt-get install linux-libc-dev` brings them")
    defined = dict(re.findall(r"^#define __NR_(\w+)[ \t]+(\d+)$", paths[0].read_text(), re.MULTILINE))
    tables = seccomp.REFUSED | seccomp.UNKNOWN | seccomp.EXAMINED
    column = MACHINES.index(machine)
    # A call that is younger than the headers cannot be looked up in them.
    newest = max(map(int, defined.values()))
    numbers = {name: row[column] for name, row in tables.items() if row[column] <= newest}
    assert numbers == {name: int(defined.get(name, -1)) for name in numbers}
    assert len(numbers) > 40


def test_an_unknown_machine_is_refused() -> None:
    assert len(seccomp.program("x86_64")) == len(seccomp.program("aarch64"))
    with pytest.raises(SandboxUnavailable, match="x86_64 and aarch64, not of riscv64"):
        seccomp.program("riscv64")
