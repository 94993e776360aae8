"""`make hub`: a Hub for a trial, on this machine alone, whose people and files end with it.

It runs in namespaces with users, homes and an exchange of its own. Nobody is entered into this machine's list
of users, and nothing is written outside a temporary folder.
"""

from __future__ import annotations

import argparse
import grp
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from course.grading.sandbox import bubblewrap

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COURSE = "mlp-gradients"
GROUPS = {f"formgrade-{COURSE}": ["ida"], f"nbgrader-{COURSE}": ["ann", "bob"]}
PEOPLE = ("grader", "ida", "ann", "bob", "guest")
OF_COURSE = ("course", "mlp_ref", "source", "release", "nbgrader_config.py")


def free_ids(number: int) -> list[int]:
    """Return numbers that no user and no group of this machine has."""
    ids: list[int] = []
    candidate = 30000
    while len(ids) < number:
        candidate += 1
        try:
            pwd.getpwuid(candidate)
        except KeyError:
            try:
                grp.getgrgid(candidate)
            except KeyError:
                ids.append(candidate)
    return ids


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens at."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def make_machine(tree: Path) -> None:
    """Fill a folder with what a machine has for a class: lists of users and groups, homes, an exchange."""
    tree.chmod(0o755)
    ids = dict(zip([*PEOPLE, *GROUPS], free_ids(len(PEOPLE) + len(GROUPS)), strict=True))
    users, groups = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
    for name in PEOPLE:
        users += f"{name}:x:{ids[name]}:{ids[name]}::{tree}/home/{name}:/bin/bash\n"
        groups += f"{name}:x:{ids[name]}:\n"
        home = tree / "home" / name
        home.mkdir(parents=True)
        if name == "grader":
            copy_course(home / "course")
        for path in (home, *home.rglob("*")):
            os.chown(path, ids[name], ids[name], follow_symlinks=False)
        home.chmod(0o700)
    for name, members in GROUPS.items():
        groups += f"{name}:x:{ids[name]}:{','.join(members)}\n"
    (tree / "passwd").write_text(users)
    (tree / "group").write_text(groups)
    exchange = tree / "share" / "nbgrader" / "exchange"
    exchange.mkdir(parents=True)
    exchange.chmod(0o1777)
    (tree / "hub").mkdir(mode=0o700)


def copy_course(folder: Path) -> None:
    """Copy what grades, and what students receive; nobody else may look into it."""
    folder.mkdir(mode=0o700)
    for name in OF_COURSE:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder)


def opened(paths: Collection[Path]) -> Iterator[str]:
    """Yield bubblewrap's options by which users reach these paths, and no others of a closed folder."""
    made: set[Path] = set()
    for path in sorted(paths):
        above = reversed(path.parents)
        closed = next((folder for folder in above if not folder.stat().st_mode & stat.S_IXOTH), None)
        if closed is None:
            continue
        if closed not in made:
            made.add(closed)
            yield from ("--perms", "0755", "--tmpfs", str(closed))
        for folder in reversed(path.parents):
            if closed in folder.parents and folder not in made:
                made.add(folder)
                yield from ("--perms", "0755", "--dir", str(folder))
        yield from ("--ro-bind", str(path), str(path))


def settings(tree: Path) -> Iterator[str]:
    """Yield bubblewrap's options for /etc: this machine's, with the users and groups of the tree.

    All is in a folder of its own: what is mounted on a file of this machine is gone as soon as that file is
    replaced, as `useradd` does.
    """
    yield from ("--tmpfs", "/etc")
    for path in sorted(Path("/etc").iterdir()):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        else:
            source = tree / path.name if path.name in ("passwd", "group") else path
            yield from ("--ro-bind-try", str(source), str(path))  # a lock, say, is gone a moment later


def command(tree: Path, program: Sequence[str] = ()) -> list[str]:
    """Return the command that starts the Hub, or another program, on the machine in the folder `tree`."""
    python = {
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(os.path.realpath(sys.executable)).parents[1],
        HERE,
    }
    return [
        # bubblewrap's own /proc is covered in part, and within that no sandbox can be made
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
        bubblewrap.program(),
        *("--dev-bind", "/", "/"),
        *opened({tree, *python, *(path.resolve() for path in python)}),
        *("--bind", str(tree), str(tree)),
        *settings(tree),
        *("--bind", str(tree / "share"), "/usr/local/share"),
        *("--die-with-parent", "--chdir", str(tree / "hub")),
        *(program or (sys.executable, "-m", "jupyterhub", "--config", str(HERE / "trial_config.py"))),
    ]


def environment(port: int, password: str, lti: Path | None = None) -> dict[str, str]:
    """Return the variables of the Hub: none that leads to packages or settings of whoever starts it."""
    hub_port, proxy_port, course_port = free_ports(3)
    return {
        "PATH": f"{Path(sys.prefix, 'bin')}:{os.environ.get('PATH', os.defpath)}",
        "LANG": "C.UTF-8",
        "HOME": "/",
        "COURSE_ID": COURSE,
        "COURSE_PORT": str(course_port),
        "TRIAL_PORT": str(port),
        "TRIAL_HUB_PORT": str(hub_port),
        "TRIAL_PROXY_PORT": str(proxy_port),
        "TRIAL_PASSWORD": password,
        **({"COURSE_LTI": str(lti)} if lti else {}),
    }


def main() -> None:
    """Run the Hub until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--folder", type=Path, help="where its files are kept; a temporary folder by default")
    parser.add_argument("--password", default=secrets.token_urlsafe(9))
    parser.add_argument("--lti", type=Path, help="settings with which people come by LTI, without a password")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("Only root can let several people work as users of their own: run `sudo make hub`")
    os.umask(0o022)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts it behind has it ignored
    with ExitStack() as stack:
        tree = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="course-hub-")))
        make_machine(tree)
        print(
            f"Sign in at http://127.0.0.1:{options.port} as ida (instructor), ann or bob (students), or "
            f"guest (in no group), with the password {options.password}; Ctrl-C ends it. Its log is "
            f"{tree}/hub/hub.log",
            flush=True,
        )
        with (tree / "hub" / "hub.log").open("w") as log:
            hub = subprocess.Popen(
                command(tree),
                env=environment(options.port, options.password, options.lti),
                stdout=log,
                stderr=log,
            )
            try:
                hub.wait()
                sys.exit((tree / "hub" / "hub.log").read_text()[-2000:])
            except KeyboardInterrupt:
                hub.kill()  # all that runs in it ends with it
                hub.wait()


if __name__ == "__main__":
    main()
