"""nbgrader's exchange between an instructor and two students who are users of one machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from course.grading.problem_sets import notebooks
from demo.students import solutions
from tests.guides import steps
from tests.helpers import ROOT
from tests.nbgrader_steps.accounts import Account, Machine, account

# A class is graded before the first of them, on a machine that may be busy.
pytestmark = pytest.mark.slow

SETUP, RELEASE, HAND_IN, GRADE, READ, AGAIN = steps("docs/instructor.md", "The exchange")
EXCHANGE = "share/nbgrader/exchange/mlp-gradients"
ANSWERS = {"right": {}, "wrong": {"sigmoid": "def sigmoid(z):\n    return z"}}


@dataclass(frozen=True)
class People:
    """An instructor and two students: one whose answers are right, and one with a wrong one."""

    machine: Machine
    instructor: Account
    ann: Account
    bob: Account

    @property
    def course(self) -> Path:
        return self.instructor.home / "course"

    def do(self, commands: Sequence[str], who: Account | None) -> str:
        """Run lines of the guide as a user, or as root; return what they say. None of them may fail."""
        folder = who.home if who else self.machine.tree
        own = {}
        if who is self.instructor:
            folder, own = self.course, {"PYTHONPATH": str(self.course)}
        said = ""
        for command in commands:
            result = self.machine.run(command, who, folder, **own)
            assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
            assert "| ERROR]" not in result.stderr, result.stderr
            said += result.stdout + result.stderr
        return said


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    if os.geteuid() != 0:
        pytest.skip("only root can make the users that this needs")
    tree = tmp_path_factory.mktemp("machine")
    tree.chmod(0o755)
    with ExitStack() as stack:
        yield People(Machine(tree), *(stack.enter_context(account(tree)) for _ in range(3)))


@pytest.fixture(scope="module")
def people(prepared: People) -> People:
    """What the guide says has been done, by each as a user of their own."""
    copy_course(prepared)
    prepared.do(SETUP, None)
    prepared.do(RELEASE, prepared.instructor)
    fetch, submit = HAND_IN
    for student, answers in zip((prepared.ann, prepared.bob), ANSWERS.values(), strict=True):
        prepared.do([fetch], student)
        answer(student, answers)
        prepared.do([submit], student)
    result = prepared.do(GRADE, prepared.instructor)
    assert "2 of 2 submissions graded" in result
    assert "cheating" not in result
    for student in (prepared.ann, prepared.bob):
        prepared.do(READ, student)
    return prepared


def copy_course(people: People) -> None:
    """Give the instructor a course of one problem set, in a home that others may enter, as they often may."""
    people.instructor.home.chmod(0o755)
    for name in ("course", "mlp_ref", "source/ps0", "release/ps0"):
        shutil.copytree(ROOT / name, people.course / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nbgrader_config.py", "source/header.ipynb"):
        shutil.copy(ROOT / name, people.course / name)
    people.instructor.take(people.course)


def answer(student: Account, answers: dict[str, str]) -> None:
    """Answer all questions, and sign one of the answers."""
    path = student.home / "ps0" / "ps0.ipynb"
    all_answers = solutions(notebooks.read(ROOT / "source/ps0/ps0.ipynb")) | answers
    all_answers["relative_error"] += f"\n# {student.name}"
    answered = notebooks.with_answers(notebooks.read(path), all_answers)
    path.write_text(notebooks.dumps(answered), encoding="utf-8")


def feedback(student: Account) -> str:
    (page,) = student.home.glob("ps0/feedback/*/ps0.html")
    assert page.owner() == student.name
    return page.read_text(encoding="utf-8")


def lost(page: str) -> list[str]:
    """Return the tests for which a feedback page gives no points."""
    row = r'<a href="#(test_\w+)">.*?</a></th>\n<td class="points">([\d.]+) / ([\d.]+)</td>'
    scores = re.findall(row, page)
    assert len(scores) > 2
    assert {got for _, got, most in scores} <= {"0", *(most for _, _, most in scores)}
    return [name for name, got, _ in scores if got == "0"]


def readable(people: People, who: Account) -> set[str]:
    """Return the files that a user finds and can read, less the user's own and an open home's settings."""
    tree, home = people.machine.tree, people.instructor.home
    search = rf"find {tree} \( -path {who.home} -o -path '{home}/.*' \) -prune -o -type f -readable -print"
    found = people.machine.run(search, who, tree).stdout.splitlines()
    return {str(Path(line).relative_to(tree)) for line in found}


def test_each_student_gets_the_own_feedback(people) -> None:
    ann, bob = feedback(people.ann), feedback(people.bob)
    assert (lost(ann), lost(bob)) == ([], ["test_sigmoid"])
    assert people.ann.name in ann
    assert people.bob.name in bob
    assert people.bob.name not in ann
    assert people.ann.name not in bob


def test_others_can_read_what_is_released_and_nothing_else(people) -> None:
    """Nobody else's submission or feedback, and neither the solutions nor the gradebook."""
    for who in (people.ann, people.bob):
        assert readable(people, who) == {f"{EXCHANGE}/outbound/ps0/ps0.ipynb"}
    # There is more, for whom it is meant.
    instructor = readable(people, people.instructor)
    assert sum(f"{EXCHANGE}/inbound/" in path and path.endswith(".ipynb") for path in instructor) == 2
    assert sum(f"{EXCHANGE}/feedback/" in path for path in instructor) == 2
    assert (people.course / "gradebook.db").is_file()


def test_others_can_change_and_remove_nothing(people) -> None:
    exchange = people.machine.tree / EXCHANGE
    before = sorted(exchange.rglob("*"))
    for attempt in (f"mv {exchange} {exchange}-2", f"touch {exchange}/outbound/ps0/x", f"rm -r {exchange}"):
        result = people.machine.run(attempt, people.bob, people.bob.home)
        assert result.returncode != 0
        assert re.search("Permission denied|Operation not permitted", result.stderr), result.stderr
    assert sorted(exchange.rglob("*")) == before


def test_a_submission_under_anothers_name_is_told_and_undone(people) -> None:
    """By what the guide says to do then: the right one is collected again."""
    submission = people.course / "submitted" / people.ann.name / "ps0" / "ps0.ipynb"
    before = submission.read_bytes()
    people.do([f"{HAND_IN[1]} --student={people.ann.name}"], people.bob)
    result = people.do([f"{GRADE[0]} --update"], people.instructor)
    found = re.search(
        r"^\s*(/.*) claims to be submitted by (\S+) but is owned by (\S+);", result, re.MULTILINE
    )
    assert found
    forged, *names = found.groups()
    assert names == [people.ann.name, people.bob.name]
    assert submission.read_bytes() != before
    undo = [line.replace("FOLDER", forged).replace("STUDENT", people.ann.name) for line in AGAIN]
    assert "claims to be" not in people.do(undo, people.instructor)
    assert submission.read_bytes() == before
