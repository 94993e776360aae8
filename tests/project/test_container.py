"""The container image: its steps make, out of bare Debian, a place in which a user without rights grades."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.grading.sandbox import bubblewrap
from course.grading.sandbox.causes import CONTAINER, POD_FIELDS
from tests.helpers import ROOT
from tests.project.environments import checkout, solve

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
USER = 1000


def instructions() -> Iterator[tuple[str, str]]:
    """Yield each line of the Containerfile: the instruction, and what follows it."""
    for line in (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest


def of_pip() -> tuple[dict[str, str], list[str]]:
    """How pip reaches its registry here: variables, and options of bubblewrap that show their files."""
    names = [name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")]
    variables = {name: os.environ[name] for name in names}
    options = []
    if certificates := variables.get("PIP_CERT"):
        # its own place would be in the way of Debian's
        variables["PIP_CERT"] = "/run/certificates.crt"
        options += ["--ro-bind", certificates, variables["PIP_CERT"]]
    settings = Path("/etc/pip.conf")
    text = " ".join([*variables.values(), settings.read_text() if settings.is_file() else ""])
    folders = {path for path in re.findall(r"/[\w./-]+", text) if Path(path).is_dir()}
    for path in sorted(folders | ({str(settings)} if settings.is_file() else set())):
        options += ["--ro-bind", path, path]
    return variables, options


class Image:
    """What the Containerfile makes, in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment: dict[str, str] = {}
        self.folder, self.user = "/", ""

    def build(self) -> None:
        """Do what each line says."""
        for name, rest in instructions():
            if name == "FROM":
                suite = re.fullmatch(r"docker\.io/library/debian:(\w+)-slim", rest)
                assert suite, rest
                command = [*AS_ROOT, "mmdebstrap", "--quiet", "--variant=apt", suite[1], str(self.root)]
                subprocess.run(command, check=True, capture_output=True, timeout=600)
            elif name == "COPY":
                *sources, target = rest.split()
                for source in sources:
                    self._copy(ROOT / source, self.root / target.lstrip("/"), is_within=target.endswith("/"))
            elif name == "RUN":
                variables, options = of_pip()
                done = self.run(rest, *options, **variables)
                assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
            elif name == "ENV":
                self.environment |= dict(pair.split("=", 1) for pair in rest.split())
            elif name == "WORKDIR":
                self.folder = rest
            elif name == "USER":
                self.user = rest
            else:
                assert name == "CMD"

    def _copy(self, source: Path, target: Path, is_within: bool) -> None:
        target = target / source.name if is_within else target
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)

    def run(self, command: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the shell in it, as its user, with other files shown in it."""
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            **self.environment,
        }
        settings = [
            word for name, value in (environment | variables).items() for word in ("--setenv", name, value)
        ]
        become = (
            ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups"] if self.user else []
        )
        # bubblewrap's own /proc would be covered in part, as a runtime's is without the options of the guide
        view = ["--bind", str(self.root), "/", "--bind", "/proc", "/proc", "--dev", "/dev"]
        view += ["--perms", "1777", "--tmpfs", "/dev/shm", "--tmpfs", "/run"]
        view += ["--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf", *options, "--chdir", self.folder]
        return subprocess.run(
            [*AS_ROOT, bubblewrap.program(), "--clearenv", *settings, *view, *become, "sh", "-c", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )


def test_the_guide_names_the_options_that_the_messages_name() -> None:
    guide = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
    assert f"\n{CONTAINER}\n" in guide


def test_the_pod_has_the_fields_that_the_messages_name() -> None:
    pod = (ROOT / "deploy" / "worker.yaml").read_text(encoding="utf-8")
    assert all(field in pod for field in POD_FIELDS)


def test_the_image_holds_what_a_checkout_needs() -> None:
    copied = {source for name, rest in instructions() if name == "COPY" for source in rest.split()[:-1]}
    assert copied >= {"course", "mlp_ref", "source", "release", "nbgrader_config.py", "pyproject.toml"}
    assert [rest for name, rest in instructions() if name == "RUN"] == ["sh /course/deploy/install"]


@pytest.mark.slow
def test_its_steps_make_a_place_that_grades(tmp_path) -> None:
    """From bare Debian, as its Containerfile says; then a checkout is mounted, as the guide says."""
    if shutil.which("mmdebstrap") is None:
        pytest.skip("Debian is made by mmdebstrap, which is not installed")
    image = Image(tmp_path / "image")
    image.build()
    assert "Uid:\t1000" in image.run("cat /proc/self/status").stdout
    root = checkout(tmp_path / "course")
    path = root / "submitted" / "ann" / "ps0" / "ps0.ipynb"
    path.parent.mkdir(parents=True)
    solve("ps0", path)
    for folder in (root, *root.rglob("*")):
        os.chown(folder, USER, USER)
    mounted = ("--bind", str(root), "/course")
    doctor = image.run("course doctor", *mounted)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "/usr/bin/bwrap, as a user" in doctor.stdout
    grade = image.run("nbgrader generate_assignment ps0 --force && course grade ps0", *mounted)
    assert "1 of 1 submissions graded" in grade.stdout, grade.stdout + grade.stderr
    assert (root / "gradebook.db").stat().st_uid == USER
