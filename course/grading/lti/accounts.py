"""Tells the accounts of a machine that people from a platform may have from those they may not."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Set

from course.grading.errors import LtiError

_FIRST_PERSON = 1000
_OF_SYSTEM = range(61184, 65536)
"""user ids that systemd and others give to services, up to nobody's"""
_MIGHTY = {"adm", "admin", "disk", "docker", "incus-admin", "kvm", "libvirt", "lxd", "root", "shadow", "sudo"}
_MIGHTY |= {"wheel"}
"""groups whose members become root, or read what only root may"""


def require_account(name: str, grader: str, *, is_made: bool) -> None:
    """Raise LtiError unless a name is, or with `is_made` may become, the account of a person of the course.

    A platform's users may choose their names: whoever is called as an administrator there is none here.
    """
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        if not is_made:
            raise LtiError(
                f"{name} has no account on this machine", f"useradd --create-home {name}"
            ) from None
        return
    if name == grader or not is_of_person(account.pw_uid, _groups(account)):
        raise LtiError(f"{name} is an account of this machine, and of no person who could come from outside")


def is_of_person(number: int, groups: Set[str]) -> bool:
    """Return whether a user of this id and groups is an ordinary one."""
    return number >= _FIRST_PERSON and number not in _OF_SYSTEM and not groups & _MIGHTY


def _groups(account: pwd.struct_passwd) -> set[str]:
    numbers = set(os.getgrouplist(account.pw_name, account.pw_gid))
    return {group.gr_name for group in grp.getgrall() if group.gr_gid in numbers}
