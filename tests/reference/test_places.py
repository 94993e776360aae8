"""`python -m mlp_ref`: every place that belongs to a function, by its name or by its equation."""

import json
import re

import pytest

from mlp_ref.__main__ import main, named
from mlp_ref.functions import FUNCTIONS
from tests.helpers import ROOT, run

WITHOUT_A_CELL = ("ps1.gradients_end_to_end", "ps2.gradients_end_to_end")
PLACE = re.compile(r"  (\w+(?: \w+)*) +(\S+):(\d+)(?: \(cell (\d+)\))?")


def places(name, capsys):
    """What is printed of a function: file, line and cell (or None) by what it is."""
    assert main([name]) == 0
    title, *lines, tests = capsys.readouterr().out.splitlines()
    matches = [PLACE.fullmatch(line) for line in lines]
    assert all(matches), lines
    assert len({match[1] for match in matches}) == len(lines)
    return title, {match[1]: match.groups()[1:] for match in matches}, tests.split(maxsplit=1)[1]


def line_of(file, number):
    return (ROOT / file).read_text(encoding="utf-8").splitlines()[int(number) - 1]


@pytest.mark.sampled
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_place_is_where_it_is_said_to_be(name, capsys):
    problem_set, function = name.split(".")
    marker = FUNCTIONS[name].marker
    title, where, tests = places(name, capsys)
    assert title == (f"{name}, {marker}" if marker else name)
    assert tests == (f"pytest -m {marker}" if marker else f"pytest -k {name}")
    file, line, _ = where.pop("reference")
    assert line_of(file, line).startswith(f"def {FUNCTIONS[name].reference.__name__}(")
    expected = {
        "table of functions",
        "cases",
        "mistakes",
        "visible check",
        "statement",
        "solution",
        "test cell",
    }
    if name in WITHOUT_A_CELL:
        expected -= {"mistakes", "statement", "solution"}
    assert where.keys() == expected
    for what, (file, line, cell) in where.items():
        if cell is None:
            assert line_of(file, line).startswith(f'    "{name}": ')
            continue
        assert file == f"source/{problem_set}/{problem_set}.ipynb"
        settings = json.loads((ROOT / file).read_text(encoding="utf-8"))["cells"][int(cell)]["metadata"][
            "nbgrader"
        ]
        grade_id = {"statement": "statement_", "solution": "", "test cell": "test_"}[what] + function
        assert settings["grade_id"] == grade_id
        assert f'"grade_id": "{grade_id}"' in line_of(file, line)


NAMES = ["dC_dW1", "ps1.dC_dW1", "eq10", "10", "EQ10", "(10)", "eq(10)", "Eq. (10)"]
CELLS = ["test_dC_dW1", "statement_dC_dW1", "ps1.test_dC_dW1"]


@pytest.mark.parametrize("word", [*NAMES, *CELLS])
def test_a_function_has_several_names(word, capsys):
    assert named(word) == ["ps1.dC_dW1"]


def test_a_name_may_mean_several_functions():
    assert named("3a") == ["ps1.dyhat_dO"]
    assert named("train") == ["ps1.train", "ps2.train"]
    assert {"ps2.delta_step", "ps2.deltas"} < set(named("delta"))
    assert named("") == []


@pytest.mark.slow
def test_as_a_command():
    printed = run(["mlp_ref", "eq10", "dC_dW1", "3a"], ROOT)
    assert printed.returncode == 0
    assert re.findall(r"^\S.*", printed.stdout, flags=re.MULTILINE) == [
        "ps1.dC_dW1, eq10",
        "ps1.dyhat_dO, eq3a",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["dC_dW3"], ["eq10", "eq11"]])
def test_an_unknown_name_says_what_there_is(words):
    refused = run(["mlp_ref", *words], ROOT)
    assert (refused.returncode, refused.stdout) == (2, "")
    problem, equations, *problem_sets = refused.stderr.splitlines()
    assert not words or f"unknown: {words[-1]!r};" in problem
    assert ", eq3, eq3a, eq4, " in equations
    assert equations.endswith(", eq9, eq10, delta")
    known = dict(line.strip().split(": ") for line in problem_sets)
    assert {f"{key}.{name}" for key, names in known.items() for name in names.split(", ")} == {*FUNCTIONS}
