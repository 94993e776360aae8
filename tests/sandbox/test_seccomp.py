"""The filter's numbers of system calls are the kernel's."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import seccomp, system_calls

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
    defined = dict(
        re.findall(r"^#define __NR(?:3264)?_(\w+)[ \t]+(\d+)$", paths[0].read_text(), re.MULTILINE)
    )
    defined.pop("syscalls", None)  # their number
    # A call that is younger than the headers cannot be looked up in them.
    newest = max(map(int, defined.values()))
    numbers = system_calls.numbers(MACHINES.index(machine))
    known = {name: number for name, number in numbers.items() if number <= newest}
    assert known == {name: int(defined.get(name, -1)) for name in known}
    assert len(known) > 60


def test_no_call_that_is_left_out_has_a_number() -> None:
    """What ARM does not have it does not have in the headers either."""
    text = Path("/usr/include/asm-generic/unistd.h").read_text()
    for name in set(system_calls.numbers(0)) - set(system_calls.numbers(1)):
        assert f"__NR_{name} " not in text


def test_the_tables_can_be_read() -> None:
    lines = list(system_calls.refusals())
    assert all(any(name in line for line in lines) for name in system_calls.numbers(0))
    assert "ptrace" in lines[1]
    assert "EPERM" in lines[1]


def test_an_unknown_machine_is_refused() -> None:
    difference = len(system_calls.numbers(0)) - len(system_calls.numbers(1))
    assert len(seccomp.program("x86_64")) - len(seccomp.program("aarch64")) == difference * 2 * 8
    with pytest.raises(SandboxUnavailable, match="x86_64 and aarch64, not of riscv64"):
        seccomp.program("riscv64")
