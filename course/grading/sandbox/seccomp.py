"""The seccomp filter: a program that the system runs on each system call, and that refuses some."""

from __future__ import annotations

import errno
import platform
import struct
from typing import Final

from course.grading.errors import SandboxUnavailable
from course.grading.sandbox import system_calls
from course.grading.sandbox.system_calls import ByArgument

_MACHINES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32: Final = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT, _ARGUMENT_SIZE = 0, 4, 16, 8

Step = tuple[int, int, int, int]
"""operation, steps to skip if true, steps to skip if false, constant"""


def program(machine: str | None = None) -> bytes:
    """Return the filter for a machine (this one's by default) as the BPF instructions of seccomp(2).

    Raises SandboxUnavailable for a machine whose system calls are not in the tables.
    """
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        names = " and ".join(_MACHINES)
        raise SandboxUnavailable(
            f"Grading needs a sandbox, and the sandbox knows the system calls of {names}, not of {machine}."
        )
    architecture, column = _MACHINES[machine]
    steps: list[Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        # On x86-64 the same calls have a second set of numbers; on ARM none is as large.
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    # These first: the system remembers its answer to a call whose arguments are not looked at.
    for rule in system_calls.BY_ARGUMENT:
        steps += _examined(rule, column)
    steps += _families(system_calls.SOCKET[column])
    for table, answer in (
        (system_calls.REFUSED, errno.EPERM),
        (system_calls.UNKNOWN, errno.ENOSYS),
        (system_calls.GRANTED, 0),
    ):
        for calls in table.values():
            for numbers in calls.values():
                if (number := numbers[column]) is not None:
                    steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | answer)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _argument(place: int) -> Step:
    """Load the lower half of an argument."""
    return (_LOAD, 0, 0, _ARGUMENTS_AT + _ARGUMENT_SIZE * place)


def _examined(rule: ByArgument, column: int) -> list[Step]:
    """Return the steps for a rule, at whose end the call's number is loaded again."""
    tests = [(_EQUAL, value) for value in rule.equal]
    if rule.bits:
        tests.append((_ANY_BIT, rule.bits))
    body: list[Step] = [_argument(rule.argument)]
    for left, (operation, value) in zip(range(len(tests) - 1, -1, -1), tests, strict=True):
        # to the answer, or to the next test, or after the last one past the answer
        body.append((operation, left, 0 if left else 1, value))
    for left, bit in zip(range(len(rule.all_of), 0, -1), rule.all_of, strict=True):
        body.append((_ANY_BIT, 0, left, bit))
    body.append((_RETURN, 0, 0, _ERROR | rule.answer))
    number = rule.numbers[column]
    assert number is not None
    return [(_EQUAL, 0, len(body), number), *body, (_LOAD, 0, 0, _NUMBER_AT)]


def _families(number: int | None) -> list[Step]:
    """Return the steps that allow sockets of these families only."""
    assert number is not None
    families = list(system_calls.FAMILIES.values())
    body = [
        _argument(0),
        *((_EQUAL, len(families) + 3 - place, 0, family) for place, family in enumerate(families)),
        (_EQUAL, 0, 2, system_calls.NETLINK),
        _argument(2),
        (_EQUAL, 1, 0, system_calls.NETLINK_ROUTE),
        (_RETURN, 0, 0, _ERROR | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return [(_EQUAL, 0, len(body), number), *body]
