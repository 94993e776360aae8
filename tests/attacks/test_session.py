"""A class of honest and hostile submissions, in any order: every honest score is what it would be alone."""

from __future__ import annotations

import random

import pytest

from course.grading.errors import SandboxUnavailable
from course.grading.judging import runner
from course.grading.problem_sets import notebooks
from tests.attacks.arena import FAST, HONEST, content, filled, grade, named, paper, problem_set, slow
from tests.attacks.test_a_comparison import PATCHES
from tests.attacks.test_b_harness import LATE
from tests.attacks.test_d_forging import REPLIES
from tests.attacks.test_f_leftovers import LEAVING

PAPER = paper(["one", "two", "three"])
WRONG = "def attacked(y, y_hat): return y"


def submission(*answers: str) -> bytes:
    names = ("one", "two", "three")
    return content(filled(PAPER, {n: named(a, n) for n, a in zip(names, answers, strict=True)}))


ALICE = {
    "all right": (submission(HONEST, HONEST, HONEST), 3),
    "one wrong": (submission(HONEST, WRONG, HONEST), 2),
    "nothing": (submission(WRONG, "", "pass"), 0),
}
PLAIN = "\ndef attacked(y, y_hat): return y"
HOSTILE = {
    "patched": submission(PATCHES["the course agrees"], WRONG, WRONG),
    "children": submission(LATE["children that go on"], WRONG, WRONG),
    "left": submission(*(LEAVING[n] + PLAIN for n in ("startup files", "NumPy's state", "processes"))),
    "silent": submission(REPLIES["no reply"] + PLAIN, WRONG, WRONG),
    "gone": submission("import os\nos._exit(0)", "def attacked(y, y_hat): os._exit(1)", "while True: pass"),
    "memory": submission("kept = [bytearray(10**7) for _ in range(10**3)]", WRONG, WRONG),
    "broken": b'{"cells": [{"cell_type": "code", "source": 5, "id": null}]}',
    "no notebook": b"\x00",
}


def test_honest_scores_stay():
    limits = slow(FAST, cell=2, notebook=8)
    seeds = {name: number for number, name in enumerate(ALICE)}
    before = {name: grade(PAPER, book, seed=seeds[name], limits=limits) for name, (book, _) in ALICE.items()}
    order = [*ALICE, *HOSTILE]
    random.Random(1).shuffle(order)
    for name in order:
        if name in HOSTILE:
            result = grade(PAPER, HOSTILE[name], limits=limits)
            assert (result.status, result.score) == ("graded", 0), (name, result)
        else:
            result = grade(PAPER, ALICE[name][0], seed=seeds[name], limits=limits)
            assert result.score == before[name].score == ALICE[name][1]
            assert result.cells == before[name].cells


def test_a_grader_that_fails_on_the_way_gives_no_score(monkeypatch):
    start, started = runner.Guest, []

    def once(*args, **kwargs):
        if started:
            raise SandboxUnavailable("no more")
        started.append(start(*args, **kwargs))
        return started[0]

    monkeypatch.setattr(runner, "Guest", once)
    ending = "import os\ndef attacked(y, y_hat): os._exit(1)"
    with pytest.raises(SandboxUnavailable):
        grade(PAPER, submission(ending, HONEST, HONEST), limits=FAST)


def test_a_problem_set_with_some_cells_attacked():
    one, book = problem_set("ps1")
    right = grade(one, content(book), seed=3)
    assert {cell.verdict for cell in right.cells.values()} == {"pass", "manual"}
    answers = {
        "mse_cost": "def mse_cost(y, y_hat):\n    import os\n    os._exit(0)",
        "dO_dZ": "class Equal(np.ndarray):\n    __eq__ = lambda *a: True\n"
        "def dO_dZ(W2): return np.zeros(len(W2) - 1).view(Equal)",
        "dH_dW1": "def dH_dW1(X):\n    X += 1\n    return X - 1",
    }
    hostile = grade(one, content(notebooks.with_answers(book, answers)), seed=3)
    touched = {
        "test_mse_cost": "crashed",
        "test_dO_dZ": "wrong",
        "test_dH_dW1": "wrong",
    }
    for name, cell in hostile.cells.items():
        if name in touched:
            assert (cell.verdict, cell.points) == (touched[name], 0)
        elif name != "test_train":  # may call mse_cost
            assert cell == right.cells[name]
