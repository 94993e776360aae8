"""Reads who arrives from the platform, and keeps the record by which grades find their way back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.grading.errors import LtiError
from course.grading.lti.settings import Settings
from course.grading.replacing import replace_file
from course.text import printable

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
USERNAME = "username"
"""the custom parameter that has the user's name: username=$User.username"""
_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")


@dataclass(frozen=True)
class Launch:
    """A person who arrives, by a token whose signature has been checked."""

    username: str
    """name at the Hub, account on its machine, and id in the gradebook"""
    subject: str
    """the platform's id of the person"""
    teaches: bool
    lineitems: str
    """the address of the course's grades at the platform, or empty where it offers none"""


@dataclass(frozen=True)
class Launches:
    """All who arrived so far."""

    lineitems: str = ""
    subjects: Mapping[str, str] = field(default_factory=dict)
    """the platform's ids of people, by their usernames"""


def read_launch(claims: Mapping[str, Any], settings: Settings) -> Launch:
    """Return who arrives. Raises LtiError for everybody who is nobody in this course."""
    context = _part(claims, f"{CLAIM}context").get("id")
    deployment = claims.get(f"{CLAIM}deployment_id")
    if (settings.context, settings.deployment) != (context, deployment):
        raise LtiError(
            f"this link is in the platform's course {context} (deployment {deployment}), and the Hub's is "
            f"{settings.context or 'not set'} (deployment {settings.deployment or 'not set'}): whoever runs "
            "this Hub sets context and deployment in its settings for LTI"
        )
    # not in lower case yet: there the Kelvin sign is a k
    username = str(_part(claims, f"{CLAIM}custom").get(USERNAME) or "")
    if not username or username.startswith("$"):
        raise LtiError(
            "the platform does not tell your user name: the tool needs the custom parameter "
            f"{USERNAME}=$User.username"
        )
    if not _NAME.fullmatch(username):
        raise LtiError(
            f"the user name {printable(username, 80)} cannot be the name of an account on this machine"
        )
    username = username.lower()
    subject = claims.get("sub")
    if not subject:
        raise LtiError(f"the platform sends {username} without an id: let the tool know who its users are")
    roles = claims.get(f"{CLAIM}roles") or ()
    teaches, learns = ({f"{_ROLE}{role}", role} & set(roles) for role in ("Instructor", "Learner"))
    if not (teaches or learns):
        raise LtiError(f"{username} neither teaches nor learns in the platform's course {context}")
    return Launch(username, str(subject), bool(teaches), _part(claims, ENDPOINT).get("lineitems") or "")


def _part(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = claims.get(name)
    return part if isinstance(part, Mapping) else {}


def record(path: Path, launch: Launch, group: int) -> None:
    """Enter a launch into the record, which only the owner and the `group` may read. Raises CourseError.

    A name under which another user of the platform came before is refused: account, work and grades are the
    other's. Two users' names may differ by the case of letters alone.
    """
    launches = read_launches(path)
    if launches.subjects.get(launch.username, launch.subject) != launch.subject:
        raise LtiError(
            f"another user of the platform came as {launch.username} before: if that was the same person, "
            f"whoever runs this Hub takes {launch.username} out of {path}"
        )
    subjects = {**launches.subjects, launch.username: launch.subject}
    lineitems = launch.lineitems or launches.lineitems
    if (lineitems, subjects) == (launches.lineitems, launches.subjects):
        return
    previous = os.umask(0o077)
    try:
        replace_file(path, json.dumps({"lineitems": lineitems, "subjects": subjects}, indent=1).encode())
    finally:
        os.umask(previous)
    os.chown(path, -1, group)
    path.chmod(0o640)


def read_launches(path: Path) -> Launches:
    """Return the record; it is empty where nobody has arrived. Raises LtiError."""
    try:
        table = json.loads(path.read_bytes())
        return Launches(table["lineitems"], dict(table["subjects"]))
    except FileNotFoundError:
        return Launches()
    except OSError as error:
        raise LtiError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError):
        raise LtiError(f"{path} is damaged: remove it, and whoever signs in again is entered anew") from None
