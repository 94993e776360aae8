"""Who arrives from the platform is somebody in this course, or is told why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from course.grading.errors import LtiError
from course.grading.lti.accounts import is_of_person, require_account
from course.grading.lti.launches import CLAIM, Launch, read_launch, read_launches, record
from course.grading.lti.settings import read_settings
from tests.lti.conftest import lineitems
from tests.lti.platform import ROLE, Platform


def arriving(platform: Platform, folder: Path, name: str = "ann", **claims: Any) -> Launch:
    settings = read_settings(platform.write_settings(folder))
    others = {f"{CLAIM}{claim}": value for claim, value in claims.items() if claim != "sub"}
    token = platform.claims(name, "nonce", **others)
    return read_launch({**token, **({"sub": claims["sub"]} if "sub" in claims else {})}, settings)


@pytest.mark.slow
def test_a_student_and_an_instructor(platform: Platform, tmp_path: Path) -> None:
    assert arriving(platform, tmp_path) == Launch("ann", "sub-ann", False, lineitems(platform))
    assert arriving(platform, tmp_path, "ida").teaches


@pytest.mark.slow
@pytest.mark.parametrize(
    ("roles", "teaches"),
    [
        ([f"{ROLE}Learner", "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"], False),
        ([f"{ROLE}Instructor", "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#Grader"], True),
        (["Learner"], False),
    ],
)
def test_only_a_role_in_the_course_counts(
    platform: Platform, tmp_path: Path, roles: list[str], teaches: bool
) -> None:
    assert arriving(platform, tmp_path, roles=roles).teaches == teaches


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"context": {"id": "course-8"}}, "in the platform's course course-8 (deployment deployment-1)"),
        ({"deployment_id": "2"}, "the Hub's is course-7 (deployment deployment-1)"),
        ({"context": None}, "in the platform's course None"),
        ({"custom": None}, "needs the custom parameter username=$User.username"),
        ({"custom": {"username": "$User.username"}}, "needs the custom parameter"),
        ({"custom": {"username": "--gid=0"}}, "cannot be the name of an account"),
        ({"custom": {"username": "../root"}}, "cannot be the name of an account"),
        ({"custom": {"username": "\N{KELVIN SIGN}im"}}, "cannot be the name of an account"),
        ({"sub": ""}, "sends ann without an id"),
        ({"roles": [f"{ROLE}Mentor"]}, "neither teaches nor learns"),
    ],
)
def test_who_is_nobody_here_is_told_so(
    platform: Platform, tmp_path: Path, claims: dict[str, Any], words: str
) -> None:
    with pytest.raises(LtiError) as caught:
        arriving(platform, tmp_path, **claims)
    assert words in str(caught.value)


@pytest.mark.slow
def test_a_name_in_capitals_is_the_account_in_lower_case(platform: Platform, tmp_path: Path) -> None:
    assert arriving(platform, tmp_path, custom={"username": "Ann"}).username == "ann"


def test_nobody_comes_under_the_name_of_another(tmp_path: Path) -> None:
    """Two users of a platform may differ by the case of a name alone, or have one after the other."""
    path, group = tmp_path / "launches.json", tmp_path.stat().st_gid
    record(path, Launch("ann", "1", False, ""), group)
    with pytest.raises(LtiError, match="another user of the platform came as ann before"):
        record(path, Launch("ann", "2", False, ""), group)
    assert read_launches(path).subjects == {"ann": "1"}


@pytest.mark.parametrize(
    ("number", "groups", "is_ordinary"),
    [
        (1000, {"ann", "users", "nbgrader-mlp"}, True),
        (1_200_003, {"domain users"}, True),
        (999, {"sshd"}, False),
        (65534, {"nogroup"}, False),
        (1000, {"ubuntu", "sudo"}, False),
        (1001, {"docker"}, False),
    ],
)
def test_no_account_of_the_system_or_of_an_administrator(
    number: int, groups: set[str], is_ordinary: bool
) -> None:
    assert is_of_person(number, groups) == is_ordinary


@pytest.mark.parametrize("name", ["root", "nobody"])
def test_who_is_called_as_the_system_stays_outside(name: str) -> None:
    with pytest.raises(LtiError, match=f"{name} is an account of this machine"):
        require_account(name, "grader", is_made=True)


def test_the_record_is_for_its_owner_and_one_group(tmp_path: Path) -> None:
    path = tmp_path / "launches.json"
    record(path, Launch("ann", "1", False, "https://lms/items"), tmp_path.stat().st_gid)
    record(path, Launch("bob", "2", False, ""), tmp_path.stat().st_gid)
    launches = read_launches(path)
    assert launches.subjects == {"ann": "1", "bob": "2"}
    assert launches.lineitems == "https://lms/items"
    assert path.stat().st_mode & 0o777 == 0o640
    path.write_text("{")
    with pytest.raises(LtiError, match="is damaged: remove it"):
        read_launches(path)
