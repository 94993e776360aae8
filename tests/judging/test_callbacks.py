"""Functions that a test hands over stay in the grader: the code calls them, and sees nothing else of them."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from course.grading.errors import HarnessFailure
from course.grading.judging import proxies
from course.grading.judging.proxies import Callbacks, StudentError, StudentFunction
from course.grading.judging.runner import Runner
from course.grading.judging.test_cells import Judge
from course.grading.problem_sets.assignment import with_tests
from course.grading.sandbox.limits import Limits
from tests.helpers import cell, notebook

LIMITS = Limits(cell=20, notebook=100)
EMPTY = with_tests("empty", notebook(), notebook())


class Student:
    """The functions of a notebook, as a test has them."""

    def __init__(self, source: str, limits: Limits = LIMITS) -> None:
        self.runner = Runner(EMPTY, limits, {})
        self.runner.run_cell(cell(source))

    def __getattr__(self, name: str) -> StudentFunction:
        return StudentFunction(name, self.runner._ask)


@pytest.fixture
def student():
    students = []

    def start(source, limits=LIMITS):
        students.append(Student(source, limits))
        return students[-1]

    yield start
    for one in students:
        one.runner.close()


APPLY = "def apply(f, *args, **keywords): return f(*args, **keywords)\n"


class Scaled:
    factor = 3

    def times(self, x: Any) -> Any:
        return self.factor * x


@pytest.mark.slow
def test_every_kind_of_function(student):
    apply = student(APPLY).apply
    factor = 5
    assert apply(lambda x: factor * x, 2) == 10
    assert apply(functools.partial(pow, 2), 5) == 32
    assert apply(Scaled().times, 2) == 6
    assert apply(np.sin, 0.5) == np.sin(0.5)
    assert apply(max, [1, 3, 2]) == 3
    assert apply(lambda x, *, plus: x + plus, 1, plus=2) == 3
    np.testing.assert_array_equal(apply(lambda x: x.T @ x, np.eye(3)), np.eye(3))
    assert apply(lambda: None) is None
    assert apply(lambda: (1, [2.5, {"a": True}])) == (1, [2.5, {"a": True}])


def test_calls_are_recorded_here(student):
    calls: list[Any] = []

    def record(x):
        calls.append(x)
        return x

    code = "def many(f): return sum(f(k) for k in range(100))"
    assert student(code).many(record) == 4950
    assert calls == list(range(100))


def test_two_functions_keep_apart(student):
    both = student("def both(f, g): return [f(1), g(1), f(2)]").both
    assert both(lambda x: x, lambda x: -x) == [1, -1, 2]
    outcomes = both.call_all([(abs, lambda x: 0), (lambda x: 7, abs)])
    assert [result for result, _ in outcomes] == [[1, 0, 2], [7, 1, 7]]


def test_what_calls_change_is_told_and_left_alone_here(student):
    changing = student("def changing(x, f):\n    x[0] += f(1)\n    return x").changing
    x = np.zeros(2)
    (result, after), (again, _) = changing.call_all([(x, abs), (x, lambda _: 5)])
    assert (x == 0).all()
    np.testing.assert_array_equal(after[0], [1, 0])
    assert result is after[0]
    np.testing.assert_array_equal(again, [5, 0])
    assert changing(x, abs) is x
    np.testing.assert_array_equal(x, [1, 0])


def test_arguments_that_a_test_has_changed_go_out_as_they_are(student):
    total = student("def total(x): return float(sum(x))").total
    x = np.ones(3)
    calls = [(x,)]
    assert [total.call_all(calls, kept=True)[0][0] for _ in range(2)] == [3.0, 3.0]
    x[:] = 2
    assert total.call_all(calls)[0][0] == 6.0


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ValueError("secret"), "ValueError"),
        (ZeroDivisionError("secret"), "ZeroDivisionError"),
        (np.linalg.LinAlgError("secret"), "RuntimeError"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "secret"), "RuntimeError"),
        (ExceptionGroup("secret", [ValueError("secret")]), "RuntimeError"),
        (AssertionError("secret"), "AssertionError"),
        (StudentError("wrong", "secret"), "RuntimeError"),
        (StopIteration("secret"), "StopIteration"),
    ],
)
def test_an_exception_reaches_the_student_without_its_text(student, error, name):
    def failing():
        raise error

    code = """
import traceback
def told(f):
    try: f()
    except BaseException as error: return type(error).__name__, ''.join(traceback.format_exception(error))
"""
    kind, text = student(APPLY + code).told(failing)
    assert kind == name
    assert "secret" not in text
    with pytest.raises(StudentError) as raised:
        student(APPLY).apply(failing)
    assert raised.value.verdict == "error"
    assert name in raised.value.message
    assert "secret" not in raised.value.message + str(raised.value)


def test_a_failure_of_the_grader_is_no_answer(student):
    def failing():
        raise HarnessFailure("the grader's")

    with pytest.raises(HarnessFailure):
        student("def f(g):\n    try: g()\n    except BaseException: return 1").f(failing)


def test_there_is_nothing_to_look_into(student):
    code = """
import gc, inspect
def every(f, seen):
    for thing in gc.get_referents(f):
        if id(thing) not in seen and not inspect.ismodule(thing) and type(thing) in (dict, tuple, list, set,
                type(every), type((lambda x: lambda: x)(1).__closure__[0])):
            seen[id(thing)] = thing
            if type(thing) is not dict or len(thing) < 50: every(thing, seen)
    return seen
def look(f):
    own = {k: repr(getattr(f, k)) for k in dir(f)}
    return str(own) + str([repr(t) for t in every(f, {}).values()])
"""
    secret = "the-secret-of-the-test"
    weights = np.full(3, 123.456)

    def handed_over(x, weights=weights):
        return secret

    shown = student(code).look(handed_over)
    for private in (secret, "123.456", "handed_over", "weights"):
        assert private not in shown


@pytest.mark.slow
def test_a_callback_may_call_the_notebooks_functions(student):
    code = "def g(x): return x + 1\ndef f(h, x): return h(x) * 10\n"
    code += "def fails(x): raise ValueError('no')\ndef ends(x): import os; os._exit(0)\n"
    code += "def hangs(x):\n    while True: pass\ndef leaves(x): raise SystemExit(1)\n"
    code += "def tries(h, x):\n    try: return h(x)\n    except RuntimeError: return -1\n"
    one = student(code, replace(LIMITS, cell=1.0))
    assert one.f(lambda x: one.g(x), 1) == 20
    assert one.f(lambda x: one.f(lambda y: one.g(y) + 1, x), 1) == 300
    assert one.f(one.g, 1) == 20  # goes back as itself
    for name in ("fails", "leaves"):
        function = getattr(one, name)
        with pytest.raises(StudentError) as raised:
            one.f(lambda x, function=function: function(x), 1)
        assert raised.value.verdict == "error"
        assert one.tries(lambda x, function=function: function(x), 1) == -1
    assert one.g(1) == 2
    with pytest.raises(StudentError) as raised:
        one.f(lambda x: one.ends(x), 1)
    assert raised.value.verdict == "crashed"
    assert one.g(1) == 2
    with pytest.raises(StudentError) as raised:
        one.f(lambda x: one.hangs(x), 1)
    assert raised.value.verdict in ("error", "timeout")
    assert one.g(1) == 2


def test_calls_back_and_forth_without_end(student):
    one = student("def f(h, x): return h(x)\n")

    def again(x):
        return one.f(again, x)

    with pytest.raises(StudentError) as raised:
        one.f(again, 1)
    assert raised.value.verdict == "error"
    assert one.f(abs, -1) == 1


def test_threads_may_call_back(student):
    code = """
from concurrent.futures import ThreadPoolExecutor
def pooled(f):
    with ThreadPoolExecutor(4) as pool: return list(pool.map(f, range(200)))
"""
    assert student(code).pooled(lambda x: x * x) == [x * x for x in range(200)]


def test_a_function_that_is_kept_is_of_no_use_later(student):
    code = """
import threading, time
kept = []
def keep(f):
    kept.append(f)
    threading.Thread(target=lambda: [time.sleep(0.05), f(1)]).start()
    return f(1)
def later(_): return kept[0](1)
def value(): return 5
def forked(f):
    import os
    if os.fork() == 0:
        f(1); os._exit(0)
    return f(2)
"""
    calls: list[Any] = []
    one = student(code)
    assert one.keep(calls.append) is None
    assert one.value() == 5
    with pytest.raises(StudentError, match="is over"):
        one.later(calls.append)
    assert one.forked(abs) == 2
    assert one.value() == 5
    assert calls == [1]


def test_a_function_that_is_kept_is_of_no_use_in_the_next_call_of_a_batch(student):
    calls: list[Any] = []
    code = "kept = []\ndef f(g):\n    kept.append(g)\n    return kept[0](len(kept))"
    with pytest.raises(StudentError, match="is over"):
        student(code).f.call_all([(calls.append,), (calls.append,)])
    assert calls == [1]


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("np.matrix([[1.0]])", "a matrix, a subclass of array"),
        ("[1, {'a': (np.array([None]),)}]", "an array of dtype object"),
        ("{f: 1}", "of type function"),
        ("iter([3])", "of type list_iterator"),
    ],
)
def test_an_argument_that_cannot_leave_the_notebook_is_named(student, argument, words):
    calls: list[Any] = []
    code = f"import numpy as np\ndef f(g): return g(1, {argument})\ndef h(g): return g(x={argument})"
    for function in ("f", "h"):
        with pytest.raises(StudentError, match=words) as raised:
            getattr(student(code), function)(calls.append)
        assert "TypeError" in raised.value.message
    assert calls == []


def test_exit_in_a_call_is_told_in_pythons_words(student):
    with pytest.raises(StudentError, match=r"^SystemExit: exit\(\) or quit\(\) was called$"):
        student("def f(): exit()").f()


@pytest.mark.slow
def test_the_graders_time_is_not_the_students(student):
    import time

    one = student(APPLY, replace(LIMITS, cell=1.0))
    assert one.apply(lambda: time.sleep(2) or 1) == 1
    assert one.runner.seconds < 1


def test_callbacks_are_counted(student, monkeypatch):
    monkeypatch.setattr(proxies, "MOST_CALLBACKS", 50)
    calls: list[Any] = []
    with pytest.raises(RuntimeError):
        student("def f(g):\n    while True: g(1)").f(calls.append)
    assert len(calls) == 50


def test_what_callbacks_are_given_is_counted(student, monkeypatch):
    monkeypatch.setattr(proxies, "LARGEST_CALLBACKS", 1 << 20)
    calls: list[Any] = []
    with pytest.raises(RuntimeError):
        student("import numpy as np\ndef f(g):\n    while True: g(np.zeros(10_000))").f(calls.append)
    assert len(calls) == 9


ARGUMENTS = [["list", [["list", []], ["dict", []]]]]
MALFORMED = [
    b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"callback": 0}', b'{"callback": "0", "args": []}',
    *(
        json.dumps(request).encode()
        for request in (
            {"callback": 1, "args": ["list", [["list", []], ["dict", []]]]},
            {"callback": -1, "args": ["list", [["list", []], ["dict", []]]]},
            {"callback": 10**30, "args": ["list", [["list", []], ["dict", []]]]},
            {"callback": True, "args": None},
            {"callback": 0, "args": None},
            {"callback": 0, "args": ["list", []]},
            {"callback": 0, "args": ["list", [["int", "1"], ["dict", []]]]},
            {"callback": 0, "args": ["list", [["list", []], ["int", "1"]]]},
            {"callback": 0, "args": ["list", [["list", []], ["dict", [[["int", "1"], ["int", "1"]]]]]]},
            {"callback": 0, "args": ["list", [["list", [["array", "O", [1], "", "C"]]], ["dict", []]]]},
        )
    ),
    b'{"callback": 0, "args": ' + b"[" * 5000,
    b'{"callback": 0, "args": [' + b"[]," * 3_000_000 + b"[]]}",
]  # fmt: skip


@pytest.mark.parametrize("request_", MALFORMED, ids=lambda data: str(data[:40]))
def test_malformed_callbacks_are_refused(request_):
    calls: list[Any] = []
    callbacks = Callbacks()
    callbacks.refer(lambda *args, **keywords: calls.append(args))
    answer = json.loads(callbacks.answer(request_))
    assert [*answer] == ["error"]
    assert not calls


def test_malformed_callbacks_of_a_guest(student):
    code = """
import json
from course_guest.channel import CALLBACK
channel = get_ipython().channel
def forge(f):
    answers = []
    for number in (1, -1, 10**30, '0', None, 0.5):
        answers.append(channel.call_back(channel.request, {'callback': number, 'args': []}, None))
    return json.dumps(answers), f(1)
"""
    answers, result = student(code).forge(abs)
    assert {*map(str, json.loads(answers))} <= {"{'error': 'RuntimeError'}", "{'error': 'CodecError'}"}
    assert result == 1


def test_what_an_answer_raises_is_told_with_its_line(student):
    source = "def helper(a, b):\n    return a @ b  # here\n\ndef product(a, b):\n    return helper(a, b)\n"
    product = student(source).product
    with pytest.raises(StudentError) as raised:
        product(np.ones((2, 3)), np.ones((2, 3)))
    assert "raised in the line `return a @ b  # here`" in raised.value.message
    assert "called with shape (2, 3), shape (2, 3)" in raised.value.message
    assert "sizes do not fit together" in raised.value.message


def test_a_module_that_is_not_there_is_named_with_what_is(student):
    load = student("def load():\n    import not_there_at_all\n").load
    with pytest.raises(StudentError, match="No module named 'not_there_at_all'") as raised:
        load()
    assert "At grading there are Python's own modules, NumPy, Matplotlib" in raised.value.message


def test_a_function_that_is_missing_for_want_of_a_module_is_told_with_it():
    graded = with_tests("graded", notebook(), notebook())
    runner = Runner(graded, LIMITS, {})
    try:
        runner.run_cell(cell("import not_there_at_all\ndef f(): return 1\n"))
        judge = Judge({}, {"f"}, 0)
        test = cell("assert f() == 1", "test_f", points=1)
        message = runner.judge_cell(test, judge).message
    finally:
        runner.close()
    assert message.startswith("f is not defined. A cell could not import not_there_at_all.")
