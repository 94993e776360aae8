"""I. Guessing the hidden inputs, remembering them, changing them, noticing the test."""

from __future__ import annotations

import numpy as np
import pytest

from course.checking.seed import LARGEST, fresh_seed
from tests.attacks.arena import HONEST, RIGHT, Attack, fight, holds

SEEDS = {
    "small seeds": """
import zlib
def attacked(y, y_hat):
    for seed in range(300):
        rng = np.random.default_rng([seed, zlib.crc32(b"ps1.dC_dyhat")])
        guesses = [rng.uniform(size=y.shape) for _ in range(3)]
        # of few numbers, any may be met by chance
        if y.size > 3 and any(np.allclose(guess, y) for guess in guesses): raise LookupError("found it")
    return 0 * y
""",
    "the clock": """
import time, zlib
def attacked(y, y_hat):
    now = int(time.time())
    for seed in range(now - 100, now + 2):
        rng = np.random.default_rng([seed, zlib.crc32(b"ps1.dC_dyhat")])
        if y.size > 3 and np.allclose(rng.uniform(size=y.shape), y): raise LookupError
    return 0 * y
""",
    "the process": """
import os, sys
def attacked(y, y_hat):
    texts = [text.lower() for pair in os.environ.items() for text in pair if "HASHSEED" not in text]
    if any("seed" in text for text in texts): raise LookupError
    if any("seed" in a for a in sys.argv): raise LookupError
    if any("seed" in module for module in sys.modules if module.startswith("course")): raise LookupError
    return 0 * y
""",
    "a seed of one's own": """
import secrets, sys, types
sys.modules["course.checking.seed"] = types.ModuleType("course.checking.seed")
sys.modules["course.checking.seed"].fresh_seed = sys.modules["course.checking.seed"].grading_seed = lambda: 1
secrets.randbelow = lambda n: 1
nothing = lambda *a, size=1, **k: np.zeros(size)
np.random.default_rng = lambda *a: types.SimpleNamespace(uniform=nothing, normal=nothing)
def attacked(y, y_hat): return np.zeros(y.shape)
""",
}

REMEMBERED = {
    "the first answer of a shape": f"""
known = {{}}
def attacked(y, y_hat): return known.setdefault(y.shape, {RIGHT})
""",
    "the first answer": f"""
import functools
known = []
def attacked(y, y_hat):
    known.append({RIGHT})
    return known[0]
""",
    "right once": f"""
calls = 0
def attacked(y, y_hat):
    global calls
    calls += 1
    return {RIGHT} if calls == 1 else 0 * y
""",
    "right at the second time": f"""
calls = 0
def attacked(y, y_hat):
    global calls
    calls += 1
    return {RIGHT} if calls % 2 == 0 else 0 * y
""",
    "right for own calls only": f"""
import sys
def attacked(y, y_hat):
    names = []
    frame = sys._getframe()
    while frame: names.append(frame.f_code.co_filename); frame = frame.f_back
    return 0 * y if any("answering" in name for name in names) else {RIGHT}
attacked(np.ones((2, 1)), np.ones((2, 1)))
""",
    "right for round numbers only": f"""
def attacked(y, y_hat): return {RIGHT} if np.all(y * 8 == np.rint(y * 8)) else 0 * y
""",
    "right for the numbers of the visible check": f"""
def attacked(y, y_hat): return {RIGHT} if y.shape in ((2, 1), (1, 1)) else 0 * y
""",
    "one array for all answers": f"""
shared = np.zeros((5, 1))
def attacked(y, y_hat):
    if y.shape != (5, 1): return {RIGHT}
    shared[:] = {RIGHT} + (shared != 0)
    return shared
""",
}

CHANGED = {
    "y set to zero": "def attacked(y, y_hat):\n    y[:] = y_hat\n    return 0 * y",
    "the last bit": f"""
def attacked(y, y_hat):
    result = {RIGHT}
    y[0] = np.nextafter(y[0], 9)
    return result
""",
    "a zero's sign": f"""
def attacked(y, y_hat):
    result = {RIGHT}
    y_hat[:] = -y_hat
    return result
""",
    "the shape": f"""
def attacked(y, y_hat):
    result = {RIGHT}
    y.shape = (1, len(y))
    return result
""",
    "the dtype": f"""
def attacked(y, y_hat):
    result = {RIGHT}
    y.dtype = np.int64
    return result
""",
    "the result is an input": """
def attacked(y, y_hat):
    y_hat -= y
    y_hat /= len(y)
    return y_hat
""",
    "by a thread": Attack(f"""
import threading
def attacked(y, y_hat):
    result = {RIGHT}
    def later(): result[:] = 0; y[:] = 0
    thread = threading.Thread(target=later)
    thread.start()
    thread.join()
    return result
"""),
}  # fmt: skip


def test_seeds():
    holds({name: SEEDS[name] for name in list(SEEDS)[:-1]})
    got = fight({"own": SEEDS["a seed of one's own"]})
    assert got.verdicts == {"first": "pass", "own": "wrong", "last": "pass"}
    assert got.result.seed > 1


def test_seeds_are_drawn_afresh_and_repeat_on_demand():
    assert len({fresh_seed() for _ in range(100)}) == 100
    assert all(0 <= fresh_seed() <= LARGEST for _ in range(100))
    source = "def attacked(y, y_hat): raise ValueError(y.tobytes().hex())"
    messages = [fight({"inputs": source}, seed=seed).messages["inputs"] for seed in (5, 5, None)]
    assert messages[0] == messages[1] != messages[2]


def test_remembered_answers():
    holds(REMEMBERED)


@pytest.mark.slow
def test_changed_inputs():
    got = holds(CHANGED)
    assert "argument" in got.messages["the last bit"]


def test_changed_and_restored_is_no_crime():
    source = f"""
def attacked(y, y_hat):
    before = y.copy()
    y[:] = 0
    y[:] = before
    return {RIGHT}
"""
    holds({"restored": Attack(source, "pass")})


def test_no_data_of_one_test_is_changed_for_another():
    # the instructor's own numbers, which this course's tests do not use: others may
    given = "import numpy as np\nfrom course import check\nnumbers = np.array([[1.0], [2.0]])\nhalf = [0.5]"
    test = "assert abs(attacked(numbers, numbers + half[0]) - 0.25).max() < 1e-9"
    spoiling = """
def attacked(y, y_hat):
    y[:] = np.nan; y_hat[:] = np.nan
    globals()["half"][:] = [np.nan]; globals()["numbers"][:] = np.nan
    return np.full(y.shape, 0.25)
"""
    got = fight({"spoiling": spoiling}, given=given, test=test)
    assert got.verdicts["first"] == got.verdicts["last"] == "pass"


def test_lies_about_shared_memory():
    lying = """
import course_guest.answering
course_guest.answering.shares_memory = lambda *a: True
def attacked(y, y_hat): return np.asarray(y, "f4")
"""
    holds({"lying": lying, "in between": Attack(HONEST, "pass")})
    assert np.float32 is not np.float64
