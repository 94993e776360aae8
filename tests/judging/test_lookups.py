"""What tests look up of a notebook is what its names are then, whatever has run since they were told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from course.grading.judging.proxies import StudentFunction
from course.grading.judging.runner import Runner
from course.grading.problem_sets.assignment import with_tests
from course.grading.sandbox.execution import from_reply
from course.grading.sandbox.limits import Limits
from course.grading.sandbox.outputs import Displays, Outputs
from tests.helpers import cell, graded, notebook

NAMES = ("f", "g")
OWN = {name: ["own", name] for name in NAMES}


@pytest.fixture
def runner() -> Iterator[Runner]:
    empty = with_tests("empty", notebook(), notebook())
    started = Runner(empty, Limits(cell=2, notebook=100), {}, NAMES)
    started.run_cell(cell("def f(): return g\ndef g(): globals().update(f=3); return 1"))
    yield started
    started.close()


def looked_up(runner: Runner) -> object:
    return runner._ask({"values": list(NAMES)})


def test_functions_are_known_from_the_cell_before(runner, monkeypatch):
    monkeypatch.setattr("course.grading.judging.runner.ask", lambda *_: pytest.fail("it was asked"))
    assert looked_up(runner) == OWN


def test_what_a_call_makes_of_a_name_is_seen(runner):
    assert looked_up(runner) == OWN
    assert StudentFunction("g", runner._ask)() == 1
    assert looked_up(runner) == {**OWN, "f": ["int", "3"]}


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("f = 3", {**OWN, "f": ["int", "3"]}),
        ("del g", {"f": ["own", "f"]}),
        ("1 / 0", OWN),
        ("class g: pass", OWN),
        ("import time; f = 1\nwhile True: time.sleep(0.01)", {**OWN, "f": ["int", "1"]}),
    ],
)
def test_what_a_cell_makes_of_a_name_is_seen(runner, source, seen):
    runner.run_cell(cell(source))
    assert looked_up(runner) == seen


def test_what_a_test_in_the_process_makes_of_a_name_is_seen(runner):
    runner._run_in_guest(graded("test_f", "f = 3"), 1.0)
    assert looked_up(runner) == {**OWN, "f": ["int", "3"]}


def test_after_the_process_has_ended_they_are_asked_for_again(runner):
    runner.run_cell(cell("import os\ndel f\nos._exit(0)"))
    assert looked_up(runner) == OWN


def test_while_a_thread_may_change_names_they_are_asked_for(runner):
    source = "import threading, time\nthreading.Timer(0.2, lambda: globals().update(f=3)).start()"
    runner.run_cell(cell(source))
    time.sleep(0.5)
    assert looked_up(runner) == {**OWN, "f": ["int", "3"]}


@pytest.mark.parametrize(
    ("told", "known"),
    [("f", set()), (1, set()), ({"f": 1}, set()), (["f", 1, [], None, "h"], {"f"}), ([0] * 80_000, set())],
    ids=["a text", "a number", "an object", "a list", "a long list"],
)
def test_what_a_guest_tells_may_be_anything(told, known):
    reply = json.dumps({"status": "ok", "count": 1, "functions": told}).encode()
    execution = from_reply(reply, Outputs(1000, Displays(1000)), 0.0, NAMES)
    assert execution.functions == known
