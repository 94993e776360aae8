"""Where the system gives a control group, it holds by itself; where it gives none, nothing is lost."""

from __future__ import annotations

import subprocess
import sys

from course.grading.sandbox import control_group
from tests.sandboxes import MIB

EATS = "input()\nkept = []\nwhile True: kept.append(bytearray(b'x') * (1 << 20))"


def can_have_one() -> bool:
    folders = [folder / "cgroup.subtree_control" for folder in control_group.candidates()]
    return any(path.is_file() and "memory" in path.read_text().split() for path in folders)


def test_a_group_holds_its_limit_and_goes() -> None:
    with subprocess.Popen([sys.executable, "-c", EATS], stdin=subprocess.PIPE, text=True) as process:
        group = control_group.make(64 * MIB, process.pid)
        if group is None:
            process.kill()
            # root could have had one
            assert control_group.place() is None or not can_have_one()
            return
        assert not group.has_run_out()
        process.communicate("go\n")
        assert process.returncode == -9
        assert group.has_run_out()
        folder = group._folder
        group.close()
        group.close()
        assert not folder.exists()


def test_what_a_process_is_in_is_found_in_the_hierarchy_that_it_sees() -> None:
    for folder in control_group.candidates():
        assert (folder / "cgroup.procs").is_file()


def test_one_that_cannot_be_had_is_none() -> None:
    assert control_group.make(64 * MIB, 1 << 30) is None  # there is no such process
