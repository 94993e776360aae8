"""Questions of any subject are judged from outside: right answers pass, wrong ones do not."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.errors import ControlFailed
from course.grading.guest import codec
from course.grading.judging import control
from course.grading.judging.grade import grade
from course.grading.judging.results import INSIDE
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import Assignment, with_tests
from tests.helpers import cell, graded, notebook

FILES = {"numbers.csv": b"1,2\n3,4\n"}
QUESTIONS = {
    # a right answer, a wrong one, the test
    "sets": (
        "def distinct(items):\n    return set(items)",
        "def distinct(items):\n    return list(items)",
        "assert distinct([1, 1, 2]) == {1, 2}",
    ),
    "frozen sets of a set": (
        "def pairs(items):\n    return {frozenset([a, b]) for a in items for b in items if a < b}",
        "def pairs(items):\n    return {frozenset(items)}",
        "assert pairs('abc') == {frozenset('ab'), frozenset('bc'), frozenset('ac')}",
    ),
    "a set that is changed": (
        "def add(s):\n    s.add(3)",
        "def add(s):\n    s | {3}",
        "s = {1}\nadd(s)\nassert s == {1, 3}",
    ),
    "a dictionary that is changed": (
        "def add(d):\n    d['a'] = 1",
        "def add(d):\n    d = {'a': 1}",
        "d = {}\nadd(d)\nassert d == {'a': 1}",
    ),
    "a list that is handed over by its name": (
        "def sort(values, reverse=False):\n    values.sort(reverse=reverse)",
        "def sort(values, reverse=False):\n    sorted(values, reverse=reverse)",
        "numbers = [1, 3]\nsort(values=numbers, reverse=True)\nassert numbers == [3, 1]",
    ),
    "a counter": (
        "from collections import Counter\ndef count(text):\n    return Counter(text)",
        "def count(text):\n    return dict.fromkeys(text, 1)",
        "assert count('aab') == {'a': 2, 'b': 1}",
    ),
    "bytes": (
        "def raw(text):\n    return text.encode()",
        "def raw(text):\n    return text",
        "assert raw('ä') == b'\\xc3\\xa4'",
    ),
    "dates": (
        "import datetime\ndef next_day(day):\n    return day + datetime.timedelta(days=1)",
        "import datetime\ndef next_day(day):\n    return day.replace(day=day.day % 28 + 1)",
        "from datetime import date, datetime, timedelta\n"
        "assert next_day(date(2028, 2, 28)) == date(2028, 2, 29)\n"
        "assert next_day(datetime(2026, 12, 31, 8)) - datetime(2026, 12, 31) == timedelta(days=1, hours=8)",
    ),
    "fractions": (
        "from fractions import Fraction\ndef half(x):\n    return Fraction(x, 2)",
        "def half(x):\n    return x // 2",
        "from fractions import Fraction\nassert half(3) == Fraction(3, 2)",
    ),
    "ranges": (
        "def upto(n):\n    return range(n)",
        "def upto(n):\n    return range(1, n)",
        "assert list(upto(3)) == [0, 1, 2]",
    ),
    "arrays of texts": (
        "import numpy as np\ndef upper(a):\n    return np.char.upper(a)",
        "def upper(a):\n    return a",
        "import numpy as np\nnp.testing.assert_array_equal(upper(np.array(['a', 'bc'])), ['A', 'BC'])",
    ),
    "arrays of dates": (
        "import numpy as np\nstart = np.arange('2026-01', '2026-04', dtype='datetime64[M]')",
        "import numpy as np\nstart = np.arange('2026-01', '2026-05', dtype='datetime64[M]')",
        "assert start.shape == (3,) and str(start[-1]) == '2026-03'",
    ),
    "an exception that is expected": (
        "def root(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x**0.5",
        "def root(x):\n    if x < 0:\n        raise TypeError('negative')\n    return x**0.5",
        "try:\n    root(-1)\nexcept ValueError as error:\n    assert 'negative' in str(error)\n"
        "else:\n    raise AssertionError('no ValueError')",
    ),
    "an exception of a class of its own": (
        "class Empty(LookupError):\n    pass\n"
        "def first(items):\n    if not items:\n        raise Empty\n    return items[0]",
        "def first(items):\n    return items[0] if items else None",
        "import unittest\nunittest.TestCase().assertRaises(LookupError, first, [])\nassert first([7]) == 7",
    ),
    "no exception": (
        "def ratio(a, b):\n    return a / b if b else 0.0",
        "def ratio(a, b):\n    return a / b",
        "assert ratio(1, 2) == 0.5 and ratio(1, 0) == 0",
    ),
    "what is printed": (
        "def table(n):\n    for k in range(n):\n        print(k, k * k)",
        "def table(n):\n    return ''.join(f'{k} {k * k}\\n' for k in range(n))",
        "import contextlib, io\nshown = io.StringIO()\n"
        "with contextlib.redirect_stdout(shown):\n    table(2)\nassert shown.getvalue() == '0 0\\n1 1\\n'",
    ),
    "a seed": (
        "import numpy as np\ndef draw(n):\n    return np.random.rand(n)",
        "import numpy as np\ndef draw(n):\n    return np.random.rand(n + 1)[1:]",
        "import numpy as np\nnp.random.seed(3)\nright = np.random.rand(4)\nnp.random.seed(3)\n"
        "assert np.array_equal(draw(2), right[:2]) and np.array_equal(np.random.rand(1), right[2:3])\n"
        "np.random.seed(3)\nassert np.array_equal(draw(4), right)",
    ),
    "Python's own seed": (
        "import random\ndef pick(items):\n    return random.choice(items)",
        "def pick(items):\n    return items[0]",
        "from random import choice, seed\nseed(5)\nright = [choice('abcdef') for _ in range(9)]\nseed(5)\n"
        "assert [pick('abcdef') for _ in range(9)] == right",
    ),
    "a file that a cell writes": (
        "with open('answer.txt', 'w') as file:\n    file.write('42')",
        "with open('answer.txt', 'w') as file:\n    file.write('41')",
        "assert open('answer.txt').read() == '42'",
    ),
    "a file that a call writes": (
        "def save(name, text):\n    with open(name, 'w') as file:\n        file.write(text)",
        "def save(name, text):\n    pass",
        "save('note.txt', 'one')\nassert open('note.txt').read() == 'one'\n"
        "save('note.txt', 'two')\nassert open('note.txt').read() == 'two'",
    ),
    "a released file": (
        "def total():\n    return sum(int(n) for line in open('numbers.csv') for n in line.split(','))",
        "def total():\n    return 0",
        "rows = [line.split(',') for line in open('numbers.csv')]\n"
        "assert total() == sum(int(n) for row in rows for n in row)",
    ),
    "a docstring": (
        "def f(x):\n    '''Return twice x.'''\n    return 2 * x",
        "def f(x):\n    return 2 * x",
        "assert f.__doc__ and 'twice' in f.__doc__ and f(2) == 4",
    ),
    "a way of writing": (
        "def f(x):\n    return x + x",
        "def f(x):\n    return 2 * x",
        "import inspect\nassert '*' not in inspect.getsource(f) and f(2) == 4",
    ),
}


def question(answer: str, test: str) -> Assignment:
    """An assignment of one answer and its test, beside a released file."""

    def book(text: str):
        return notebook(cell(text, "answer", solution=True), graded("test_answer", test))

    # which names are an answer's is read from the solution
    return with_tests("small", book("raise NotImplementedError"), book(answer), files=dict(FILES))


def graded_answer(assignment: Assignment, answer: str):
    handed_in = notebooks.with_answers(assignment.skeleton, {"answer": answer})
    result = grade(assignment, notebooks.dumps(handed_in).encode())
    assert result.status == "graded", result.problem
    return result.cells["test_answer"]


@pytest.mark.sampled
@pytest.mark.parametrize("name", QUESTIONS)
def test_right_answers_pass_and_wrong_ones_do_not(name):
    right, wrong, test = QUESTIONS[name]
    assignment = question(right, test)
    control.check(assignment)
    assert graded_answer(assignment, right).verdict == "pass"
    assert graded_answer(assignment, wrong).verdict in ("wrong", "error")


INSIDE_ONLY = {
    "class": ("class Stack(list):\n    pass", "s = Stack()\ns.append(1)\nassert s.pop() == 1"),
    "closure": ("def adder(n):\n    return lambda x: x + n", "assert adder(2)(3) == 5"),
    "deleted name": (
        "f = abs\ndef g():\n    return f()",
        "del f\ntry:\n    g()\nexcept NameError:\n    pass",
    ),
    "two things": (
        "class Stack(list):\n    pass\nopen('a.py', 'w').write('x')",
        "open('a.py')\ns = Stack()\ns.append(1)\nassert s.pop() == 1",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", INSIDE_ONLY)
def test_what_cannot_be_judged_from_outside_stops_grading_by_name_and_remedy(name):
    both = r"(?s)test_answer: .*tag its cell `in-kernel`.* `c\.SandboxedExecute\.in_kernel_tests = \"auto\"`"
    with pytest.raises(ControlFailed, match=both):
        control.check(question(*INSIDE_ONLY[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", INSIDE_ONLY)
def test_or_runs_within_the_notebooks_process_where_the_course_says_so(name):
    right, test = INSIDE_ONLY[name]
    assignment = control.check(replace(question(right, test), may_run_inside=True))
    cell = graded_answer(assignment, right)
    assert (cell.verdict, cell.message) == ("pass", INSIDE)
    cell = graded_answer(assignment, "pass")
    assert cell.points == 0
    assert INSIDE in cell.message


def test_what_can_be_judged_from_outside_stays_there_where_others_may_run_inside():
    right, wrong, test = QUESTIONS["sets"]
    assignment = control.check(replace(question(right, test), may_run_inside=True))
    assert graded_answer(assignment, right).message == ""
    assert graded_answer(assignment, wrong).verdict == "wrong"


@pytest.mark.slow
def test_a_wrong_solution_stops_grading_also_where_tests_may_run_inside():
    _, wrong, test = QUESTIONS["sets"]
    with pytest.raises(ControlFailed, match="test_answer: wrong"):
        control.check(replace(question(wrong, test), may_run_inside=True))


@pytest.mark.slow
def test_an_exception_that_the_test_does_not_expect_is_the_students():
    right, _, test = QUESTIONS["an exception that is expected"]
    cell = graded_answer(question(right, test), "def root(x):\n    return {}['x']")
    assert (cell.verdict, cell.message) == ("error", "KeyError: 'x', raised in the line `return {}['x']`")


@pytest.mark.parametrize("kind", ["SystemExit", "BaseExceptionGroup", "print", "no such", 7])
def test_no_other_class_of_pythons_crosses(kind):
    answer = (
        "import course_guest.answering as a\n"
        "def root(x): return x\n"
        f"a._call = lambda *_: {{'error': ['Odd', 'text'], 'kind': {kind!r}}}"
    )
    cell = graded_answer(question(*QUESTIONS["an exception that is expected"][::2]), answer)
    assert (cell.verdict, cell.message) == ("error", "Odd: text")


def test_a_pickle_of_the_students_is_not_read_in_the_grader(tmp_path):
    trace = tmp_path / "trace"
    evil = (
        "import pickle\n"
        "class Evil:\n"
        f"    def __reduce__(self): return exec, ('open({str(trace)!r}, \"w\")',)\n"
        "pickle.dump(Evil(), open('model.pkl', 'wb'))"
    )
    test = "import pickle\nassert pickle.load(open('model.pkl', 'rb')) == 1"
    harmless = "import pickle\npickle.dump(1, open('model.pkl', 'wb'))"
    assignment = question(harmless, test)
    assert graded_answer(assignment, harmless).verdict == "pass"
    assert graded_answer(assignment, evil).verdict == "wrong"
    assert not trace.exists()


@pytest.mark.slow
def test_a_module_that_the_student_writes_is_not_imported_in_the_grader():
    answer = "open('helper.py', 'w').write('value = 1')\nopen('data.txt', 'w').write('1')"
    test = "open('data.txt')\nopen('helper.py')"
    with pytest.raises(ControlFailed, match=r"helper\.py"):
        control.check(question(answer, test))
    test = "open('data.txt')\nimport helper\nassert helper.value == 1"
    with pytest.raises(ControlFailed, match="helper"):
        control.check(question(answer, test))


def test_a_released_file_is_what_was_released_whatever_the_student_wrote():
    answer = "open('numbers.csv', 'w').write('5')\nopen('other.csv', 'w').write('')\ndef total(): return 10"
    test = "open('other.csv')\nassert open('numbers.csv').read()[0] == '1' and total() == 10"
    assert graded_answer(question(answer, test), answer).verdict == "pass"


# in whole minutes: Python 3.11 reads one of some microseconds as UTC
zones = st.none() | st.integers(-23 * 60, 23 * 60).map(
    lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
)
leaves = (
    st.binary()
    | st.dates()
    | st.times(timezones=zones)
    | st.datetimes(timezones=zones)
    | st.timedeltas()
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.builds(range, *[st.integers(-9, 9)] * 2, st.integers(1, 5))
    | st.integers()
    | st.text()
    | st.none()
)


items = st.recursive(leaves, lambda inner: st.frozensets(inner, max_size=4), max_leaves=9)


@pytest.mark.slow
@given(items | st.sets(items, max_size=5) | st.lists(st.sets(items, max_size=3), max_size=5))
def test_values_cross_as_equal_values_of_the_same_kind(value):
    result = codec.Decoder().decode(codec.encode(value))
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    "array",
    [
        np.array(["a", "bcd"]),
        np.array([b"x"]),
        np.array([]).astype(str),
        np.array("é"),
        np.array(["2026-01-01", "NaT"], dtype="datetime64[D]"),
        np.timedelta64(3, "25s"),
    ],
    ids=repr,
)
def test_arrays_of_other_kinds_cross(array):
    result = codec.Decoder().decode(codec.encode(array))
    assert (result.dtype, result.shape) == (array.dtype, array.shape)
    assert result.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "node",
    [
        ["text", "Fraction", ["1", "0"]],
        ["text", "date", ["2026-02-30"]],
        ["text", "eval", ["1"]],
        ["text", "date", [1]],
        ["text", "Decimal", ["9" * 2000]],
        ["text", "range", ["1"]],
        ["text", "Decimal", ["x"]],
        ["set", [["list", []]]],
        ["frozenset", [["int", "x"]]],
        ["bytes", "?"],
        ["array", "<U9999999999", [1], "", "C"],
        ["array", "<M8[xx]", [1], "AAAAAAAAAAA=", "C"],
        ["array", "<U0", [5], "", "C"],
        ["text", "timedelta", ["1" + "0" * 20, "0", "0"]],
    ],
    ids=str,
)
def test_malformed_values_are_refused(node):
    with pytest.raises(codec.CodecError):
        codec.Decoder().decode(node)


def test_what_is_too_large_or_of_another_kind_crosses_as_a_description():
    import zoneinfo

    berlin = datetime.datetime(2026, 11, 20, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    for value in (Fraction(10**2000), range(10**2000), Decimal("1" * 2000), berlin):
        assert codec.encode(value)[0] == "foreign"
